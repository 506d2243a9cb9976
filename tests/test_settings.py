"""harvester.toml: every error with the file, the key and the nearest word, and no secret in any."""

import datetime as dt
import traceback

import jsonschema
import pytest

from harvester.config import settings, toml
from harvester.errors import ConfigError
from harvester.model.periods import Period
from harvester.model.teams import Membership, Team

EXAMPLE = """\
#:schema harvester.schema.json
[me]
person = "ann"
timezone = "Europe/Berlin"
year_starts = "October"
week_starts = "Sunday"

[people.ann]
name = "Ann Smith"
emails = ["ann@example.org", "Ann <ann@old.example.org>"]
accounts = { diary = "ann", git = ["ann@laptop"] }

[people.bo]
emails = "bo@example.org"
mentee = { since = 2026-07-01, consent = true }
away = ["2026-07-20..2026-08-03", 2026-09-01]

[teams.payments]
name = "Payments team"
members = [
  "ann",
  { person = "bo", from = 2026-07-01, until = 2026-09-15 },
  { person = "bo", from = 2026-11-02 },
]

[ledger]
location = "s3://bucket/ledger"

[sources.written]
connector = "diary"
file = "diary.csv"
"""


def written(folder, text, encoding="utf-8"):
    path = folder / "harvester.toml"
    path.write_text(text, encoding=encoding)
    return path


@pytest.mark.usefixtures("diary")
def test_a_whole_configuration(tmp_path):
    path = written(tmp_path, EXAMPLE)
    loaded = settings.load(path)
    assert (loaded.root, loaded.path, loaded.me, loaded.ledger) == (tmp_path, path, "ann", "s3://bucket/ledger")
    year = Period(dt.datetime(2025, 9, 30, 22, tzinfo=dt.UTC), dt.datetime(2026, 9, 30, 22, tzinfo=dt.UTC))
    assert (loaded.calendar.year(2026), loaded.calendar.week_starts) == (year, 6)
    members = (
        Membership("ann"),
        Membership("bo", dt.date(2026, 7, 1), dt.date(2026, 9, 15)),
        Membership("bo", dt.date(2026, 11, 2)),
    )
    assert loaded.teams == {"payments": Team("payments", "Payments team", members)}
    away = [(dt.date(2026, 7, 20), dt.date(2026, 8, 3)), (dt.date(2026, 9, 1), dt.date(2026, 9, 1))]
    assert [each.away for each in loaded.people.persons] == [(), tuple(away)]
    assert loaded.people.away_of("bo", loaded.calendar) == [loaded.calendar.days(*each) for each in away]
    assert loaded.people.away_of("<stranger@example.org>", loaded.calendar) == []
    assert loaded.sources["written"].settings == {"file": "diary.csv"}
    for account in ("x <ANN@example.org>", "ann@old.example.org", "y <ann@laptop>"):
        assert loaded.people.person_of("any", account) == "ann"
    assert (loaded.people.name("ann"), loaded.people.name("bo")) == ("Ann Smith", "bo")


HUB = """
[me]
person = "ann"
[people.ann]
accounts = {{ work = "ann" }}
[sources.here]
connector = "git"
repositories = ["."]
[sources.work]
connector = "github"
token = "env:TOKEN"
organisations = ["acme"]
{url}
"""


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("", "github.com"),
        ('url = "https://GitHub.com/"', "github.com"),
        ('url = "https://git.acme.org:8443/"', "git.acme.org"),
        ('url = "https://octo.ghe.com"', "octo.ghe.com"),
    ],
)
def test_a_github_login_is_also_a_no_reply_address(tmp_path, url, host):
    """Only on the host that the source reads."""
    people = settings.load(written(tmp_path, HUB.format(url=url))).people
    hosts = ("github.com", "git.acme.org", "octo.ghe.com", "github.acme.org")
    found = [each for each in hosts if people.person_of("here", f"Ann <12+ann@users.noreply.{each}>") == "ann"]
    assert found == [host]
    assert people.accounts_of("ann", "here") == (f"ann@users.noreply.{host}",)


LABS = """
[me]
person = "ann"

[people.ann]
emails = ["ann@example.org"]
accounts = { gitlab = "Ann.D", other = "ann2" }

[sources.here]
connector = "git"
repositories = ["."]

[sources.gitlab]
connector = "gitlab"

[sources.intranet]
connector = "gitlab"
url = "https://intranet.acme.org:8443/gitlab"

[sources.other]
connector = "gitlab"
url = "https://gitlab.acme.org"
"""


@pytest.mark.parametrize(
    ("address", "is_ann"),
    [
        ("7-ann.d@users.noreply.gitlab.com", True),
        ("Ann <12-Ann.D@users.noreply.intranet.acme.org>", True),
        ("3-ann2@users.noreply.gitlab.acme.org", True),
        ("3-ann.d@users.noreply.gitlab.acme.org", False),
        ("3-ann2@users.noreply.gitlab.com", False),
    ],
)
def test_a_gitlab_username_is_also_a_no_reply_address(tmp_path, address, is_ann):
    """On the hosts that the sources read, with a port and a path or not; a source's own username holds there alone."""
    people = settings.load(written(tmp_path, LABS)).people
    assert (people.person_of("here", address) == "ann") == is_ann


def test_an_empty_file_is_a_configuration(tmp_path):
    loaded = settings.load(written(tmp_path, ""), default_zone="Asia/Tokyo")
    assert (loaded.me, loaded.ledger, loaded.sources, loaded.teams) == ("me", ".harvester/ledger", {}, {})
    assert loaded.calendar.zone.key == "Asia/Tokyo"


def test_a_byte_order_mark_is_no_error(tmp_path):
    assert (
        settings.load(written(tmp_path, '[me]\ntimezone = "Asia/Tokyo"\n', "utf-8-sig")).calendar.zone.key
        == "Asia/Tokyo"
    )


@pytest.mark.usefixtures("diary")
@pytest.mark.parametrize(
    ("text", "errors"),
    [
        ("[you]", ["you: there is no such key"]),
        ("[mee]\nperson = 'x'", ["mee: there is no such key; did you mean 'me'?"]),
        ("[me]\ntimezon = 'UTC'", ["me.timezon: there is no such key; did you mean 'timezone'?"]),
        ("[me]\ntimezone = 'Europe/Berln'", ["me.timezone: There is no time zone 'Europe/Berln'."]),
        (
            "[sources.here]\nconnector = 'git'\nrepositories = ['.']\nbranches = 'locl'",
            ["sources.here.branches: input should be 'default', 'local' or 'unpushed'; did you mean 'local'?"],
        ),
        (
            "[sources.here]\nconnector = 'git'\nrepositories = ['.']\nforge = 'githb'",
            [
                (
                    "sources.here.forge: input should be 'github', 'gitlab', 'bitbucket', "
                    "'bitbucket-server', 'azure-devops' or 'gitea'; did you mean 'github'?"
                ),
            ],
        ),
        (
            "[sources.here]\nconnector = 'git'\nrepositories = ['.']\nbranches = 7",
            ["sources.here.branches: input should be 'default', 'local' or 'unpushed'"],
        ),
        (
            "[people.me]\nemails = ['a@b', 'ada']",
            ["people.me.emails[2]: an e-mail address has an @; a login belongs under `accounts`"],
        ),
        ("[me]\nperson = 3", ["me.person: input should be a valid string"]),
        ("[people.ann]\nemail = 'x'", ["people.ann.email: there is no such key; did you mean 'emails'?"]),
        ("[me]\nperson = 'an'\n[people.ann]", ["me.person: there is no person 'an'; did you mean 'ann'?"]),
        (
            "[themes]\nA = { people = ['an'] }\n[[exclude]]\nany = [{ people = 'bob' }]\n[people.ann]\n[people.me]",
            [
                "themes.A.people: there is no person 'an'; did you mean 'ann'?",
                "exclude[1].any[1].people: there is no person 'bob'",
            ],
        ),
        (
            "[routine]\nformatting = { title = ['x'] }",
            ["routine.formatting.title: there is no such key; did you mean 'titles'?"],
        ),
        ("[exclude]\ntitles = ['x']", ["exclude: write [[exclude]], with two brackets; there may be several"]),
        ("[me]\nperson = 'ann'", ["me.person: there is no person 'ann'"]),
        ("[people.me]\nemails = ['']", ["people.me.emails[1]: string should have at least 1 character"]),
        ("[people.me]\nemails = ['a@b', 3]", ["people.me.emails[2]: input should be a valid string"]),
        ("[people.me]\nmentee = { consent = true }", ["people.me.mentee.since: this key is missing"]),
        (
            "[people.me]\nmentee = { since = 2026-01-01, consent = true, untill = 1 }",
            ["people.me.mentee.untill: there is no such key"],
        ),
        ("[people.'a:b']", ["people.a:b: a name has letters from A to Z, digits, _ . and - only"]),
        (
            "[tickets]\npay = 'x.example'",
            ["tickets.pay: a key has two or more capital letters, digits and _ only, and begins with a letter"],
        ),
        ("[[me]]\nperson = 'me'", ["me: write [me], with one bracket"]),
        ("[[sources]]\nconnector = 'git'", ["sources: write [sources.NAME], with one bracket"]),
        (
            "[teams.a]\nmembers = { b = 1 }",
            ["teams.a.members: write members = [{ … }], in brackets; there may be several"],
        ),
        (
            "[people.me]\naccounts = { diry = 'x' }",
            ["people.me.accounts: there is no connector or source 'diry'; did you mean 'diary'?"],
        ),
        (
            "[people.me]\n[teams.t]\nmembers = ['me', 'mee']",
            ["teams.t.members[2]: there is no person 'mee'; did you mean 'me'?"],
        ),
        ("[teams.t]\nmembers = []", ["teams.t.members: list should have at least 1 item after validation, not 0"]),
        (
            "[people.me]\n[teams.t]\nmembers = [{ persn = 'me' }, 3]",
            [
                "teams.t.members[1].person: this key is missing",
                "teams.t.members[1].persn: there is no such key; did you mean 'person'?",
                'teams.t.members[2]: write a key of [people], or { person = "grace", from = 2026-07-01 }',
            ],
        ),
        (
            "[people.me]\n[teams.t]\nmembers = [{ person = 'me', from = 2026-07-02, until = 2026-07-01 }]",
            ["teams.t.members[1]: the last day (2026-07-01) is before the first (2026-07-02)"],
        ),
        (
            (
                "[people.me]\n[teams.t]\n"
                "members = [{ person = 'me', from = 2026-07-02 }, { person = 'me', until = 2026-07-02 }]"
            ),
            ["teams.t.members: 'me' is a member twice on the same day"],
        ),
        ("[people.me]\n[teams.t]\nmembers = ['me', 'me']", ["teams.t.members: 'me' is a member twice on the same day"]),
        (
            "[people.me]\naway = [2026-07-20, '2026-08-03..2026-07-20']",
            [
                (
                    "people.me.away[2]: '2026-08-03..2026-07-20' ends before it begins; did you mean "
                    "2026-07-20..2026-08-03?"
                )
            ],
        ),
        ("[sources.x]\nfile = 'y'", ["sources.x.connector: this key is missing"]),
        (
            "[sources.x]\nconnector = 'diaries'",
            ["sources.x.connector: there is no connector 'diaries'; did you mean 'diary'?"],
        ),
        (
            "[sources.x]\nconnector = 'diary'\nfil = 'y'",
            ["sources.x.file: this key is missing", "sources.x.fil: there is no such key; did you mean 'file'?"],
        ),
        (
            "[people.me]\nemails = 'me@x.test'\n[people.bo]\nemails = ['<ME@x.test>']",
            ["people.bo: '<ME@x.test>' already belongs to people.me"],
        ),
        (
            (
                "[people.me]\nemails = 'me@x.test'\n[people.bo]\naccounts = { git = 'me@x.test' }\n"
                "[sources.git]\nconnector = 'git'\nrepositories = ['.']"
            ),
            ["people.bo: 'me@x.test' already belongs to people.me"],
        ),
        (
            "[people.me]\naccounts = { diary = 'A' }\n[people.bo]\naccounts = { diary = ['b', 'a'] }",
            ["people.bo: 'a' already belongs to people.me"],
        ),
        ("[ledger]\nlocation = 3", ["ledger.location: input should be a valid string"]),
        ("bots = [{}]", ["bots[1]: input should be a valid string"]),
    ],
)
def test_each_error_names_the_file_and_the_key(tmp_path, text, errors):
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        settings.load(path)
    assert caught.value.message.splitlines() == [f"{path}: {each}" for each in errors]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[me]\nperson = 'x'\ntimezone = \n", 3),
        ("[me\n", 1),
        ("a = 1\na = 2", 2),
        ("[me]\ntoken = ghp_not_quoted_but_secret\n", 2),
        ('[me]\n\n\ntoken = "ghp_not_closed_but_secret\n', 4),
    ],
)
def test_broken_toml_is_named_by_its_line(tmp_path, text, line):
    """The message does not repeat the line, which may have a secret."""
    path = written(tmp_path, text)
    with pytest.raises(ConfigError, match=rf"this is not TOML: .*line {line}\b") as caught:
        settings.load(path)
    assert caught.value.message.startswith(f"{path}: ")
    assert "secret" not in "".join(traceback.format_exception(caught.value))


def test_a_file_that_is_no_text_or_not_there_says_so(tmp_path):
    with pytest.raises(ConfigError, match=r"line 1 is not UTF-8 text \(byte 1\)"):
        settings.load(written(tmp_path, "aé", "latin-1"))
    with pytest.raises(ConfigError, match=r"none.toml' cannot be read: No such file or directory"):
        settings.load(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="is not a regular file"):
        settings.load(tmp_path)


@pytest.mark.parametrize(
    ("begun", "month"),
    [("Okt", "October"), ("Octobre", "October"), ("jan", "January"), ("Mai", "May"), ("Sept", "September")],
)
def test_a_month_is_guessed_by_its_first_letters(tmp_path, begun, month):
    with pytest.raises(ConfigError, match=rf"did you mean '{month}'\?$"):
        settings.load(written(tmp_path, f"[me]\nyear_starts = '{begun}'"))


def test_days_and_months_are_taken_in_any_case(tmp_path):
    reckoned = settings.load(written(tmp_path, "[me]\nweek_starts = 'sunday'\nyear_starts = 'OCTOBER'")).calendar
    assert (
        reckoned == settings.load(written(tmp_path, "[me]\nweek_starts = 'Sunday'\nyear_starts = 'October'")).calendar
    )


SECRETIVE = """
from dataclasses import dataclass
from harvester.sdk.connector import ConnectorContext
from harvester.sdk.secrets import Secret

@dataclass(frozen=True)
class Vaulted:
    context: ConnectorContext
    token: Secret
    limit: int = 0
"""


def test_a_secret_in_plain_text_is_not_repeated(tmp_path, install):
    """It is refused with its key alone."""
    install("vaulted", SECRETIVE, vaulted="vaulted:Vaulted")
    path = written(tmp_path, "[sources.x]\nconnector = 'vaulted'\ntoken = 'ghp_s3cr3t'\nlimit = 'also-s3cr3t'\n")
    with pytest.raises(ConfigError) as caught:
        settings.load(path)
    assert "s3cr3t" not in "".join(traceback.format_exception(caught.value))
    first, second = caught.value.message.splitlines()
    assert first.startswith(f"{path}: sources.x.token: must say where the secret is (env:NAME, command:gh auth token")
    assert second.startswith(f"{path}: sources.x.limit: input should be a valid integer")


NESTED = """
from dataclasses import dataclass
from harvester.sdk.connector import ConnectorContext

@dataclass(frozen=True)
class Query:
    name: str
    limit: int = 0

@dataclass(frozen=True)
class Nested:
    context: ConnectorContext
    main: Query | None = None
    queries: tuple[Query, ...] = ()
"""


def test_keys_in_tables_of_a_connector_are_checked(tmp_path, install):
    install("nested", NESTED, nested="nested:Nested")
    text = "[sources.x]\nconnector = 'nested'\nmain = { nam = 's3cr3t' }\n[[sources.x.queries]]\nname = 'a'\nlimt = 3\n"
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        settings.load(path)
    assert sorted(caught.value.message.splitlines()) == [
        f"{path}: sources.x.main.nam: there is no such key; did you mean 'name'?",
        f"{path}: sources.x.main.name: this key is missing",
        f"{path}: sources.x.queries[1].limt: there is no such key; did you mean 'limit'?",
    ]


def test_repr_shows_no_settings_of_a_source():
    """They may be secrets."""
    file = settings.File.model_validate({"sources": {"x": {"connector": "vaulted", "token": "ghp_s3cr3t"}}})
    assert "s3cr3t" not in f"{file!r} {file} {file.sources['x']!r}"
    assert "token" in repr(file)


def test_a_connector_that_fails_to_load_is_named(tmp_path, install):
    """With the key that names it."""
    install("halfway", "import a_module_that_is_not_there", halfway="halfway:Any")
    with pytest.raises(ConfigError, match=r"sources\.x\.connector: The connector 'halfway' cannot be loaded"):
        settings.load(written(tmp_path, "[sources.x]\nconnector = 'halfway'"))


def test_the_nearest_file_above_is_found(tmp_path, monkeypatch):
    path = written(tmp_path, "")
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert settings.find(deep) == settings.find(tmp_path) == path
    monkeypatch.chdir(deep)
    assert settings.find(settings.Path()) == path


def _plain(value):
    """TOML's dates as JSON has them, which is how editors hold them against a schema."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return (
        [_plain(each) for each in value]
        if isinstance(value, list)
        else str(value)
        if isinstance(value, dt.date)
        else value
    )


def _without_description(schema, where=""):
    for name, key in schema.get("properties", {}).items():
        if not key.get("description"):
            yield f"{where}.{name}"
    for name, section in schema.get("$defs", {}).items():
        yield from _without_description(section, name)


@pytest.mark.usefixtures("diary")
def test_the_schema_accepts_only_what_is_valid(tmp_path):
    """It accepts the example and refuses mistakes."""
    schema = settings.json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    example = _plain(toml.read_toml(written(tmp_path, EXAMPLE)))
    validator.validate(example)
    for wrong in (
        {"mee": {}},
        {"me": {"timezon": "UTC"}},
        {"sources": {"x": {"connector": "diary"}}},
        {"sources": {"x": {"connector": "diary", "file": "y", "fil": "z"}}},
        {"sources": {"x": {"connector": "none"}}},
    ):
        assert not validator.is_valid(example | wrong), wrong


@pytest.mark.usefixtures("diary")
def test_every_key_in_the_schema_has_a_description():
    assert list(_without_description(settings.json_schema())) == []
