"""Connectors, reports and publishers, found by entry points: ours exactly as a third party's."""

from __future__ import annotations

import dataclasses
import functools
import sys
import typing
from collections.abc import Mapping
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from typing import TYPE_CHECKING, Any

from harvester.errors import ConfigError, UnknownError
from harvester.sdk.connector import Connector, ConnectorContext
from harvester.text import most_like

if TYPE_CHECKING:
    from pydantic import BaseModel

CONNECTORS = "harvester.connectors"
REPORTS = "harvester.reports"
PUBLISHERS = "harvester.publishers"


def available(group: str) -> dict[str, EntryPoint]:
    """The plugins of a group by name; imports none."""
    return {each.name: each for each in sorted(_installed(group, tuple(sys.path)), key=lambda each: each.name)}


@functools.cache
def _installed(group: str, path: tuple[str, ...]) -> EntryPoints:
    """The entry points of all distributions on a path; cached, since reading them is slow where there are many."""
    return entry_points(group=group)


def load(group: str, name: str) -> Any:
    """The plugin of this name; raises UnknownError, which suggests the nearest name, where none can be loaded."""
    found = available(group)
    what = group.rpartition(".")[2].removesuffix("s")
    if name not in found:
        near = most_like(name, found)
        hint = f"Did you mean {near!r}?" if near else f"Installed: {', '.join(found) or 'none'}."
        raise UnknownError(f"Unknown {what} {name!r}.", hint=hint)
    values = sorted({each.value for each in _installed(group, tuple(sys.path)) if each.name == name})
    if len(values) > 1:
        raise UnknownError(
            f"Several packages have a {what} {name!r}: {', '.join(values)}.", hint="Uninstall all but one."
        )
    try:
        return found[name].load()
    except (ImportError, AttributeError) as error:
        raise UnknownError(
            f"The {what} {name!r} cannot be loaded: {error}.", hint="Are its dependencies installed?"
        ) from error


@functools.lru_cache(maxsize=64)
def settings_model(connector: type) -> type[BaseModel]:
    """A pydantic model of a connector's section: its dataclass fields but `context`; unknown keys are refused.

    A text in a field's `Annotated` is the description of its key. No error of the model repeats a value.
    """
    from pydantic import ConfigDict, Field, create_model

    hints = typing.get_type_hints(connector, include_extras=True)
    settings: dict[str, Any] = {
        each.name: (hints[each.name], Field(**_default(each) | _description(hints[each.name])))
        for each in dataclasses.fields(connector)
        if each.init and each.name != "context"
    }
    return create_model(
        connector.__name__, __config__=ConfigDict(extra="forbid", hide_input_in_errors=True), **settings
    )


def make_connector(name: str, section: Mapping[str, object], context: ConnectorContext) -> Connector:
    """A connector of this kind from its section; raises pydantic's ValidationError where the section is invalid."""
    made = load_connector(name)
    settings = settings_model(made).model_validate(dict(section))
    values = {key: getattr(settings, key) for key in type(settings).model_fields}
    return typing.cast("Connector", typing.cast("type[typing.Any]", made)(**values, context=context))


def load_connector(name: str) -> type:
    """The class of a connector; raises UnknownError without one, ConfigError for anything that cannot be one."""
    made = load(CONNECTORS, name)
    if not isinstance(made, type) or "context" not in getattr(made, "__dataclass_fields__", {}):
        raise ConfigError(
            f"The connector {name!r} is not a dataclass with a field `context`.",
            hint="See docs/writing-a-connector.md.",
        )
    return made


def _description(hint: Any) -> dict[str, Any]:
    texts = [each for each in getattr(hint, "__metadata__", ()) if isinstance(each, str)]
    return {"description": texts[0]} if texts else {}


def _default(each: dataclasses.Field[Any]) -> dict[str, Any]:
    if each.default is not dataclasses.MISSING:
        return {"default": each.default}
    if each.default_factory is not dataclasses.MISSING:
        return {"default_factory": each.default_factory}
    return {}
