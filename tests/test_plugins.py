"""Connectors and reports by entry point, ours as anyone's."""

import pytest
from pydantic import ValidationError

from harvester.errors import ConfigError, UnknownError
from harvester.sdk import plugins
from harvester.sdk.testing import connector_context


@pytest.mark.usefixtures("diary")
def test_a_third_partys_connector_is_found_and_made(tmp_path):
    assert "diary" in plugins.available(plugins.CONNECTORS)
    handed = connector_context(tmp_path)
    made = plugins.make_connector("diary", {"file": "x.csv"}, handed)
    assert (made.file, made.project, made.context) == ("x.csv", None, handed)


def test_ours_are_found_the_same_way():
    assert plugins.available(plugins.CONNECTORS)["git"].value == "harvester.connectors.git:Git"
    assert plugins.available(plugins.REPORTS)["accomplishments"].value == "harvester.reports.accomplishments:REPORT"


@pytest.mark.usefixtures("diary")
def test_the_keys_of_a_section_are_the_fields():
    """The keys of a section are the fields with their descriptions."""
    model = plugins.settings_model(plugins.load_connector("diary"))
    described = {key: (info.is_required(), info.description) for key, info in model.model_fields.items()}
    assert described == {
        "file": (True, "the diary, from the folder of harvester.toml"),
        "project": (False, "what the diary is about"),
    }


@pytest.mark.usefixtures("diary")
def test_an_invalid_section_is_not_repeated(tmp_path):
    """An error does not repeat a value, which may be a secret."""
    with pytest.raises(ValidationError) as caught:
        plugins.make_connector("diary", {"file": "x", "token": "s3cr3t"}, connector_context(tmp_path))
    assert "token" in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.usefixtures("diary")
def test_an_unknown_name_gets_the_nearest():
    """An error suggests the nearest name, else lists what is installed."""
    with pytest.raises(UnknownError, match=r"^Unknown connector 'dairy'") as caught:
        plugins.load(plugins.CONNECTORS, "dairy")
    assert caught.value.hint == "Did you mean 'diary'?"
    with pytest.raises(UnknownError, match=r"^Unknown connector 'zzz'") as caught:
        plugins.load(plugins.CONNECTORS, "zzz")
    assert "diary" in caught.value.hint
    with pytest.raises(UnknownError, match=r"^Unknown report 'zzz'"):
        plugins.load(plugins.REPORTS, "zzz")


@pytest.mark.parametrize(
    ("text", "value"),
    [("import no_such_module", "broken:X"), ("", "broken:X"), ("", "no_such_module:X")],
)
def test_a_plugin_that_cannot_be_loaded(install, text, value):
    """A plugin that cannot be loaded says what is missing."""
    install("broken", text, broken=value)
    with pytest.raises(UnknownError, match="The connector 'broken' cannot be loaded: ") as caught:
        plugins.load(plugins.CONNECTORS, "broken")
    assert caught.value.hint == "Are its dependencies installed?"


def test_two_plugins_of_one_name_are_an_error(install):
    """Neither is chosen silently."""
    install("one", "class X: pass", same="one:X")
    install("two", "class X: pass", same="two:X")
    with pytest.raises(UnknownError, match="Several packages have a connector 'same': one:X, two:X"):
        plugins.load(plugins.CONNECTORS, "same")


@pytest.mark.parametrize(
    "text",
    [
        "class X: pass",
        "def X(): pass",
        "from dataclasses import dataclass\n@dataclass\nclass X:\n    file: str",
        "from dataclasses import dataclass\n@dataclass\nclass Y:\n    context: object\nX = Y(1)",
    ],
)
def test_what_cannot_be_a_connector_is_refused(install, tmp_path, text):
    install("shapeless", text, shapeless="shapeless:X")
    with pytest.raises(ConfigError, match="not a dataclass with a field `context`"):
        plugins.make_connector("shapeless", {}, connector_context(tmp_path))
