"""Secrets: found in four places, and shown in none."""

import logging
import sys
import time
import traceback

import keyring
import pytest
from keyring.backend import KeyringBackend
from pydantic import BaseModel, ValidationError

from harvester.errors import SecretError
from harvester.sdk.connector import ConnectorContext
from harvester.sdk.secrets import Secret, SecretStore
from harvester.sdk.testing import connector_context

VALUE = "s3cr3t/with+signs="


def python(code):
    return Secret(f'command:{sys.executable} -c "{code}"')


def test_the_environment(tmp_path):
    assert SecretStore({"TOKEN": f" {VALUE}\n"}, tmp_path).reveal(Secret("env:TOKEN")) == VALUE


def test_a_file_beside_the_configuration(tmp_path):
    (tmp_path / "token").write_text(f"{VALUE}\n")
    store = SecretStore({}, tmp_path)
    assert store.reveal(Secret("file:token")) == store.reveal(Secret(f"file:{tmp_path}/token")) == VALUE


def test_a_command_with_arguments_and_environment(tmp_path):
    store = SecretStore({"PART": VALUE}, tmp_path)
    assert store.reveal(python("import os; print(os.environ['PART'], os.getcwd())")) == f"{VALUE} {tmp_path}"


def test_a_command_is_not_read_by_a_shell(tmp_path):
    assert SecretStore({}, tmp_path).reveal(python("print('a; touch b > c')")) == "a; touch b > c"
    assert not list(tmp_path.iterdir())


def test_the_keyring(tmp_path):
    class InMemory(KeyringBackend):
        priority = 1

        def get_password(self, service, username):
            return VALUE if (service, username) == ("a/b", "ann") else None

        def set_password(self, service, username, password):
            raise NotImplementedError

    before = keyring.get_keyring()
    keyring.set_keyring(InMemory())
    try:
        assert SecretStore({}, tmp_path).reveal(Secret("keyring:a/b/ann")) == VALUE
        with pytest.raises(SecretError, match="The keyring has no entry of the name"):
            SecretStore({}, tmp_path).reveal(Secret("keyring:a/b/bo"))
        with pytest.raises(SecretError, match="lacks a service or a user"):
            SecretStore({}, tmp_path).reveal(Secret("keyring:ann"))
    finally:
        keyring.set_keyring(before)


def test_a_keyring_with_an_error_of_its_own(tmp_path):
    """A backend is another's program: whatever it raises is a secret that was not found, and is not repeated."""

    class Broken(KeyringBackend):
        priority = 1

        def get_password(self, service, username):
            raise ZeroDivisionError(VALUE)

        def set_password(self, service, username, password):
            raise ZeroDivisionError(VALUE)

    before = keyring.get_keyring()
    keyring.set_keyring(Broken())
    try:
        with pytest.raises(SecretError, match="The keyring did not answer \\(ZeroDivisionError\\)") as caught:
            SecretStore({}, tmp_path).reveal(Secret("keyring:a/ann"))
        assert VALUE not in "".join(traceback.format_exception(caught.value))
    finally:
        keyring.set_keyring(before)


def test_a_missing_keyring_says_what_to_install(tmp_path, monkeypatch):
    """A keyring that is not installed says what to install."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(SecretError, match="pip install 'contribution-harvester\\[keyring\\]'"):
        SecretStore({}, tmp_path).reveal(Secret("keyring:service/user"))


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("env:NONE", "The environment variable 'NONE' is not set."),
        ("env:EMPTY", "The secret 'env:EMPTY' is empty."),
        ("env:hunter2", "The environment variable that `env:…` names is not set."),
        ("file:none", "The file that `file:…` names is not there."),
        ("file:.", "is not a regular file."),
        ("file:binary", "binary: line 1 is not UTF-8 text (byte 0)."),
        ("file:a\0b", "The file that `file:…` names is not there."),
        ("file:~nobody-of-that-name/x", "The file that `file:…` names is not there."),
        ("file:" + "a" * 5000, "The file that `file:…` names is not there."),
        ("file:/dev/zero", "/dev/zero is not a regular file."),
        ("command:no-such-program-here x", "The program 'no-such-program-here' was not found."),
        ("command:false", "'false' returned no secret (it failed)."),
        ("command:true", "The secret 'command:true …' is empty."),
        ("command:true --token=hunter2", "The secret 'command:true …' is empty."),
        ("command:hunter2", "The program '…' was not found."),
        ("command:a\0b", "The command '…' returned no secret (ValueError)."),
        ("command:echo 'open", "returned no secret (ValueError)."),
    ],
)
def test_a_reference_that_leads_nowhere_says_so(tmp_path, reference, message):
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SecretError) as caught:
        SecretStore({"EMPTY": " "}, tmp_path).reveal(Secret(reference))
    assert message in caught.value.message
    assert caught.value.hint


def test_a_command_that_hangs_is_ended(tmp_path):
    """The grandchild keeps the pipe open; waiting for it would take a minute."""
    store = SecretStore({"PATH": "/usr/bin:/bin"}, tmp_path, command_seconds=0.3)
    began = time.monotonic()
    with pytest.raises(SecretError, match=r"returned no secret \(no answer in 0.3 seconds\)"):
        store.reveal(Secret("command:sh -c 'sleep 60 & sleep 60'"))
    assert time.monotonic() - began < 30


def test_what_a_failing_command_said_is_not_repeated(tmp_path, capfd):
    store = SecretStore({"S": VALUE}, tmp_path)
    with pytest.raises(SecretError) as caught:
        store.reveal(python("import os, sys; print(os.environ['S']); sys.exit(os.environ['S'])"))
    assert VALUE not in "".join(traceback.format_exception(caught.value))
    assert VALUE not in "".join(capfd.readouterr())


def test_a_secret_shows_itself_nowhere(tmp_path, caplog):
    secret = Secret("env:TOKEN")
    store = SecretStore({"TOKEN": VALUE, "OTHER": "another one"}, tmp_path)
    assert store.reveal(secret) == VALUE
    handed = connector_context(tmp_path, environ={"TOKEN": VALUE})
    assert isinstance(handed, ConnectorContext)
    handed.reveal(secret)
    logging.getLogger("test").error("%r %s %r %s", store, store, handed, handed.reveal)
    for shown in (caplog.text, repr(store), str(store), repr(handed), repr(handed.reveal), repr(secret), str(secret)):
        assert VALUE not in shown
        assert "another one" not in shown
    assert repr(secret) == "Secret(env:…)"


@pytest.mark.parametrize(
    "written",
    [
        VALUE,
        "env:",
        "env: ",
        "ENV:TOKEN",
        "https://example.org",
        "",
        "env:ghp_" + "a1B2" * 9,
        "command:echo github_pat_" + "a1B2" * 9,
        "env:glpat-" + "a1B2" * 5,
        "command:echo acme-glcbt-64_" + "a1B2" * 5,
        "ATATT3xFfGF0" + "a1B2" * 9,
    ],
)
def test_a_secret_written_out_is_not_repeated(written):
    """A secret written out is refused and not repeated."""

    class Section(BaseModel, hide_input_in_errors=True):
        token: Secret

    with pytest.raises(ValueError, match="must say where the secret is") as plain:
        Secret(written)
    with pytest.raises(ValidationError) as caught:
        Section.model_validate({"token": written})
    for error in (plain.value, caught.value):
        text = "".join(traceback.format_exception(error))
        assert not written.strip() or len(written) < 12 or written not in text


@pytest.mark.parametrize(
    ("written", "scheme"),
    [("evn:X", "env"), ("cmd:gh auth token", "command"), ("https://x.test", None), ("key-ring:a/b", "keyring")],
)
def test_an_unknown_scheme_gets_the_nearest(written, scheme):
    """An error suggests the nearest scheme."""
    with pytest.raises(ValueError, match="must say where the secret is") as caught:
        Secret(written)
    assert str(caught.value).endswith(f"; did you mean {scheme!r}?" if scheme else "and not be the secret")


def test_redaction_takes_out_what_was_given_out(tmp_path):
    store = SecretStore({"A": VALUE, "B": VALUE + "longer"}, tmp_path)
    assert store.redact(f"x {VALUE}") == f"x {VALUE}"
    store.reveal(Secret("env:A"))
    store.reveal(Secret("env:B"))
    assert store.redact(f"{VALUE}longer and {VALUE}, twice {VALUE}") == "*** and ***, twice ***"
    assert store.redact("https://x.test/?token=s3cr3t%2Fwith%2Bsigns%3D&a=b") == "https://x.test/?token=***&a=b"
