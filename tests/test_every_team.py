"""A page for each team: the sources are read once, and each page is the one of that team alone."""

import pytest

from tests.environments import run, stand_in

CONFIGURATION = """
[me]
person = "ada"
[people.ada]
name = "Ada Lovelace"
emails = "ada@example.org"
[people.grace]
name = "Grace Hopper"
emails = "grace@example.org"
[people.linus]
name = "Linus Example"
emails = "linus@example.org"
mentee = { since = 2026-07-01, consent = false }
[people.bo]
name = "Bo"
[teams.pay]
name = "Payments"
members = ["ada", { person = "grace", until = 2026-08-03 }]
[teams.search]
members = [{ person = "grace", from = 2026-08-04 }]
[sources.here]
connector = "git"
repositories = ["."]
"""
SILENT = """
[teams.closed]
members = ["linus"]
[teams.later]
members = [{ person = "ada", from = 2026-10-01 }]
[teams.unknown]
members = ["bo"]
"""
"""Teams of which nothing can be said in August."""
HISTORY = """
ada 2026-08-03T10:00:00+02:00 services/pay/queue.py "A queue"
grace 2026-08-03T11:00:00+02:00 services/pay/key.py "A key"
grace 2026-08-05T11:00:00+02:00 search/index.py "An index"
who='Linus Example' mail=linus@example.org did 2026-08-06T11:00:00+02:00 search/secret.py "A secret"
"""
EVERY_TEAM = ("report", "digest", "--every-team", "--period", "2026-08", "-o", "pages/")


@pytest.fixture
def teams(tmp_path):
    environment = stand_in(tmp_path, HISTORY)
    (environment.cwd / "harvester.toml").write_text(CONFIGURATION)
    return environment


def pages(environment):
    return {each.name: each.read_bytes() for each in sorted((environment.cwd / "pages").glob("*.*"))}


@pytest.mark.parametrize(
    ("form", "more"), [("md", ()), ("json", ("--audience", "public")), ("csv", ("--audience", "team"))]
)
def test_each_page_is_that_of_the_team_alone(teams, form, more):
    """Byte for byte, its evidence too: what a team's page says does not depend on the other teams."""
    status, _, said = run(teams, *EVERY_TEAM, "--format", form, *more)
    assert status == 0, said
    together = pages(teams)
    assert [name for name in together if not name.endswith(".evidence.json")] == [
        f"digest-payments-august-2026.{form}", f"digest-search-august-2026.{form}"
    ]  # fmt: skip
    for team in ("pay", "search"):
        arguments = ("report", "digest", "--team", team, "--period", "2026-08", "-o", "pages/", "--force")
        assert run(teams, *arguments, "--no-harvest", "--format", form, *more)[0] == 0
    assert pages(teams) == together


def test_the_sources_are_read_once(teams):
    """Of the members of all teams together, and of nobody who has not agreed."""
    run(teams, *EVERY_TEAM)
    out = run(teams, "sources", "--json")[1]
    assert out.count("ada@example.org") == out.count("grace@example.org")
    assert run(teams, "ledger", "info")[1].count("here: 3 rows") == 1
    assert "secret" not in "".join(str(each) for each in pages(teams).values())


def test_a_page_of_each_kind(teams):
    """Every kind that may be about a team has its pages."""
    assert run(teams, "report", "--every-team", "--period", "2026-08", "-o", "pages/")[0] == 0
    assert "accomplishments-search-august-2026.md" in pages(teams)


def test_a_team_without_a_page_stops_no_other(teams):
    """It is named with the reason, and the exit status is that of a source that is not complete."""
    (teams.cwd / "harvester.toml").write_text(CONFIGURATION.replace("[teams.pay]", SILENT + "[teams.pay]"))
    status, _, said = run(teams, *EVERY_TEAM)
    assert status == 3
    assert "Not written: closed: Nobody in the team 'closed' has agreed to be read." in said
    assert "Not written: later: The team later has no members in August 2026." in said
    assert "Not written: unknown: Bo has no address and no account" in said
    assert "Linus" not in said
    assert len(pages(teams)) == 4
    assert run(teams, *EVERY_TEAM, "--no-harvest", "--allow-incomplete")[0] == 0


def test_what_could_not_be_read_is_on_each_page(teams):
    """A source that fails is missing for all teams, as for one."""
    (teams.cwd / "harvester.toml").write_text(CONFIGURATION.replace('["."]', '[".", "../gone"]'))
    status, _, _ = run(teams, *EVERY_TEAM)
    assert status == 3
    own = [text.decode() for name, text in pages(teams).items() if name.endswith(".md")]
    assert [("gone" in text, "could not be read" in text or "not complete" in text) for text in own] == [
        (True, True)
    ] * 2


def test_teams_of_one_name_have_a_file_each(teams):
    """Also where their keys differ in letters alone that a file's name does not have."""
    same = '[teams."{}"]\nname = "Pay"\nmembers = ["ada"]\n'
    named = "".join(map(same.format, ["a", "a!", "a?"])) + '[teams.own]\nname = "Pay A"\nmembers = ["grace"]\n'
    (teams.cwd / "harvester.toml").write_text(CONFIGURATION[: CONFIGURATION.index("[teams")] + named + SOURCE)
    assert run(teams, *EVERY_TEAM)[0] == 0
    names = {name.removesuffix(".md") for name in pages(teams) if name.endswith(".md")}
    assert names == {f"digest-{each}-august-2026" for each in ("pay-a", "pay-2-a", "pay-3-a", "pay-4-a")}


SOURCE = CONFIGURATION[CONFIGURATION.index("[sources") :]


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("digest", "--every-team"), 2, "--every-team writes several pages: name a folder with --output"),
        (("digest", "--every-team", "-o", "page.md"), 2, "name a folder with --output"),
        (("digest", "--every-team", "--each", "-o", "pages/"), 2, "Give either --each or --every-team."),
        (("digest", "--every-team", "--team", "pay", "-o", "pages/"), 1, "--every-team is each of the teams."),
        (("digest", "--every-team", "--everyone", "-o", "pages/"), 1, "Leave out --person, --team and --everyone."),
        (("mentoring", "--every-team", "-o", "pages/"), 1, "about those whom you mentor"),
        (("checkin", "--every-team", "-o", "pages/"), 1, "which are yours"),
        (("announcement", "--every-team", "--about", "x#1", "-o", "pages/"), 1, "about one piece of work"),
    ],
)
def test_teams_are_named_in_one_way(teams, arguments, status, says):
    """Anything else is an error that says what to do, before anything is read."""
    found, _, said = run(teams, "report", *arguments)
    assert (found, says in said) == (status, True), said


def test_without_teams(teams):
    """The error says where to write one."""
    (teams.cwd / "harvester.toml").write_text(CONFIGURATION[: CONFIGURATION.index("[teams")] + SOURCE)
    status, _, said = run(teams, *EVERY_TEAM)
    assert (status, "There are no teams." in said, "[teams.NAME]" in said) == (1, True, True)


def test_a_stranger_whom_nobody_knows_gets_no_page(teams):
    """As where the page is asked for alone: nothing is written of anybody."""
    for more in ((), ("--each", "--person", "ada")):
        arguments = (
            "report",
            "accomplishments",
            "--period",
            "2026-08",
            "--no-harvest",
            *more,
            "--person",
            "nobody@nowhere.org",
        )
        status, _, said = run(teams, *arguments, "-o", "pages/")
        assert (status, "Unknown person 'nobody@nowhere.org'" in said) == (1, True)
    assert not (teams.cwd / "pages").exists()
