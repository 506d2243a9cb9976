"""What a team and the public see: nothing of the rest, in no format, in no evidence and in no digest."""

import dataclasses
import datetime as dt
import functools
import io
import json
import zipfile

import pyarrow.parquet as pq
import pytest

from harvester.analysis import measures
from harvester.goals.assessment import GoalsAndDecisions, assess
from harvester.goals.decisions import Decision, Decisions, Highlight
from harvester.goals.model import Criterion, Goal, Goals, Rule
from harvester.grouping import Excluded, GroupingRules
from harvester.ledger.coverage import SourceStatus
from harvester.model.contribution import EXTRA
from harvester.model.people import People, Person
from harvester.model.periods import Period, calendar
from harvester.model.teams import Membership, Team
from harvester.reporting.audience import for_audience, is_public
from harvester.reporting.evidence import dump, evidence
from harvester.reporting.formats import REPORT_FORMATS, PageOptions
from harvester.reporting.report import make, render
from harvester.reporting.report_input import FirstContributions, Newcomer, PageRequest, ReportInput
from harvester.reporting.rows import measured
from harvester.sdk import plugins
from harvester.sdk.connector import Gap, Remark
from tests.environments import run, stand_in
from tests.rows import at, commit, framed, review, row

QUARTER = Period(at("2026-07-01"), at("2026-10-01"), "Q3 2026")
REPORT = plugins.load(plugins.REPORTS, "accomplishments")
KINDS = [
    name for name in plugins.available(plugins.REPORTS) if "public" in plugins.load(plugins.REPORTS, name).audiences
]
"""The kinds of reports that may be for the public, ours and others that are installed."""

WORDS = ("canary", "Kestrel")
"""What stands in every place that is private; a page must not depend on which of these it is."""


def rows_with(word):
    """Public work whose private columns have the word in them, and private work that has it everywhere."""
    texts = {"title": f"{word} title", "url": f"https://github.com/{word}/{word}/pull/1", "project": f"{word}/{word}"}
    lists = dict.fromkeys(("labels", "paths", "owners", "participants", "related_to"), (word,))
    lists |= dict.fromkeys(("closes", "part_of", "picked_from", "reverts", "reverted_by"), (f"{word}/{word}#7",))
    extra = {"extra": {key: word for key in EXTRA if key not in ("period", "own_commits", "commits", "not_work")}}
    private = {"scope": word, "body": word, "parent": word, "milestone": word, "state": "merged", **texts, **lists}
    beside = {
        "scope": word, "body": f"{word} body", "parent": f"{word.upper()}-9",
        "participants": (f"{word}-login", "grace"), "owners": (f"{word}-login",),
        "closes": (f"{word}/{word}#7", f"{word.upper()}-7", "#3"), "part_of": (f"{word}/{word}#7",),
        "related_to": (word,), "picked_from": (), "reverts": (f"{word}/{word}@1",), "reverted_by": (),
        "extra": {"parent_title": word, "topic_text": word, "begun_by": f"{word}-login", "credited": word,
                  "hours": "2", "link": word, "goal": word},
    }  # fmt: skip
    public = {"is_private": False, **beside}
    note = {"kind": "note", "source": f"{word}-notes", "account": "ada", "scope": f"{word}.md", "project": None}
    return [
        row(title="Open the till", url="https://github.com/org/app/pull/1", additions=340, deletions=20, **public),
        row(work_item="github.com/org/app#2", title="Close it", url="https://github.com/org/app/pull/2", **public),
        review(3, title="Count it", url="https://github.com/org/app/pull/3", **public),
        row(
            kind="issue", role="assignee", work_item="github.com/org/app#5", title="Till sticks",
            **public | {"id": f"issue/assignee/1/{word}"},
        ),
        commit("a" * 40, title="A commit in the open", url=f"https://github.com/org/app/commit/{'a' * 40}",
               **beside | {"id": f"commit/co-author/{'a' * 40}/{word}@example.org",
                           "account": f"Ada {word} <ada@{word}.example>"}),
        commit("b" * 40, **{**private, **extra}, id="1"),
        row(work_item=f"github.com/{word}/{word}#8", is_private=True, id="2", **private, **extra),
        row(work_item=f"github.com/{word}/{word}#9", is_private=None, id="3", **private, **extra),
        row(work_item=f"acme.example/{word}-1", source="tickets", account="5b10", kind="issue", role="assignee",
            id="4", **private),
        row(**note, work_item="notebook/1", id="5", is_private=True, title=word, body=word,
            participants=(word,), labels=(word,), extra={"result": word, "goal": word, "outcome": f"{word} = 1"}),
        row(**note, work_item="notebook/2", id="6", is_private=False, title="Spoke about tills", body=word,
            participants=(f"{word}-friend", "grace"), labels=(word, "talks"),
            extra={"result": "Forty people came.", "goal": word, "outcome": f"{word} = 1"}),
        row(**note, work_item="notebook/3", id="7", is_private=True, role="author", state="summary", title=word,
            extra={"summary": word, "period": "2026Q3"}),
        row(work_item="github.com/org/app#4", id="8", title="Before", occurred_at=at("2026-06-01"), **public),
    ]  # fmt: skip


@functools.cache
def world(word="canary"):
    """A report input in which the word is everywhere where the public must not look."""
    people = People(
        (
            Person("me", "Ada Lovelace", ("ada@example.org", f"ada@{word}.example"),
                   {"github": ("ada",), "jira": ("5b10",), f"{word}-notes": ("ada",)}, named_in_public=True),
            Person(f"{word}", f"Grace {word}", ("grace@example.org",), {"github": ("grace",)}),
        ),
        {f"{word}-hub": "github", f"{word}-git": "git", f"{word}-notes": "notebook", "tickets": "jira"},
    )  # fmt: skip
    names = {"hub": f"{word}-hub", "here": f"{word}-git"}
    rows = [dataclasses.replace(each, source=names.get(each.source, each.source)) for each in rows_with(word)]
    goal = {
        "name": word, "title": word, "why": word, "criterion": word, "measure": "pull_requests", "target": 9,
        "unit": word, "from": dt.date(2026, 5, 1), "match": {"projects": ["org/app"]}, "words": [word],
    }  # fmt: skip
    goals = Goals((Criterion(name=word, level=word, text=word),), (Goal.model_validate(goal),), (word,))
    decisions = Decisions(
        (Decision("github.com/org/app#2", word, True, dt.date(2026, 8, 1), word),),
        (Highlight("github.com/org/app#2", True, dt.date(2026, 8, 1), word),
         Highlight(f"github.com/{word}/{word}#8", True, dt.date(2026, 8, 1), word)),
    )  # fmt: skip
    statuses = [
        SourceStatus(f"{word}-hub", QUARTER, (Gap(f"{word}/{word}", f"{word}: not found"),), read_at=at("2026-10-02"),
                     remarks=(Remark(word, f"{word} looks like Ada"),)),
        SourceStatus(f"{word}-git", QUARTER, read_at=at("2026-10-02")),
        SourceStatus("tickets", QUARTER, unread=(QUARTER,)),
    ]  # fmt: skip
    given = {
        "period": QUARTER, "persons": ("me",), "statuses": statuses, "calendar": calendar("Europe/Berlin"),
        "people": people, "remarks": (f"{word} was not read",), "names": {f"github:{word}-login": word},
        "grouping": GroupingRules({"Tills": Rule(titles=[f"{word}*"])}, {"rest": Rule(titles=[word])}, (), people),
        "excluded": Excluded(None, {word: 3}), "has_look_alikes": True, "unread": (f"{word} is known to no source",),
        "teams": {word: Team(word, word, (Membership(word),))},
        "first_contributions": FirstContributions(
            (Newcomer(word, f"{word}/{word}", at("2026-08-01")), Newcomer(word, "org/app", at("2026-08-01"))),
            (f"{word}-git",), (word,),
        ),
    }  # fmt: skip
    shared = {name: given[name] for name in ("persons", "period", "calendar", "people")}
    agreed = GoalsAndDecisions(goals, decisions, {word.upper(): f"{word}.example"})
    assessment = assess(framed(rows, people), agreed, now=at("2026-10-02"), **shared)
    return ReportInput(assessment=assessment, others=framed(rows_of_others(word), people), **given)


def rows_of_others(word):
    """What colleagues did, in public and in private."""
    by = {"source": f"{word}-hub", "account": f"{word}-login", "owners": ("ada",), "participants": (word,)}
    return [
        review(1, id=word, title="Open the till", url="https://github.com/org/app/pull/1", body=word, is_private=False,
               **by),
        review(8, id="2", title=word, work_item=f"github.com/{word}/{word}#8", is_private=True,
               **by | {"account": f"{word}-private"}),
    ]  # fmt: skip


@functools.cache
def for_the_public(word="canary"):
    request = PageRequest(audience="public", about=f"acme.example/{word}-1")
    return for_audience(dataclasses.replace(world(word), request=request))


def texts_in(content, name):
    """Everything that a file of a format holds, as text."""
    if name == "xlsx":
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            return "\n".join(book.read(each).decode() for each in book.namelist())
    if name == "parquet":
        table = pq.read_table(io.BytesIO(content))
        return json.dumps(table.to_pylist(), default=str) + str(table.schema.metadata)
    return content.decode()


@pytest.fixture(params=KINDS)
def report(request):
    return plugins.load(plugins.REPORTS, request.param)


@pytest.mark.parametrize("name", list(REPORT_FORMATS))
def test_the_public_sees_no_private_word(report, name):
    """Neither in a page nor in its evidence, whatever the format, and none of their digests depends on one."""
    embed = not REPORT_FORMATS[name].is_table
    options = PageOptions(REPORT_FORMATS[name], mermaid=name == "md", embed_evidence=embed)
    made = [make(report, for_the_public(word), options) for word in WORDS]
    for each, word in zip(made, WORDS, strict=True):
        assert word.casefold() not in texts_in(each.content, name).casefold()
        assert word.casefold() not in dump(each.evidence).casefold()
    assert made[0] == made[1]


def test_the_public_sees_what_is_public():
    text = render(REPORT, for_the_public())
    for each in ("Ada Lovelace", "Open the till", "app#1", "A commit in the open", "Spoke about tills", "Forty people"):
        assert each in text.replace("\u2060", ""), each


def test_the_public_s_numbers_are_of_what_is_shown():
    """What is left out is one number, the measure `withheld`; nothing else on the page counts it."""
    shown = for_the_public()
    numbers = measured(shown)
    assert (numbers["pull_requests"], numbers["tickets"], numbers["reviews"], numbers["notes"]) == (2, 1, 1, 1)
    assert (numbers["withheld"], numbers["left_out"]) == (4, 0)
    assert measured(world())["withheld"] == 0


def test_people_are_named_in_public_only_if_they_agreed():
    """Two colleagues stay two people, so that numbers of people are right, and no key says who they are."""
    shown = for_the_public()
    names = {shown.name(each) for row in shown.frame["collaborators"].dropna() for each in row}
    assert names == {"a colleague"}
    same = world().frame.loc[shown.frame.index]
    assert measures.count(shown.frame, "collaborators") == measures.count(same, "collaborators") == 3
    agreed = dataclasses.replace(
        world().people,
        persons=tuple(dataclasses.replace(each, named_in_public=True) for each in world().people.persons),
    )
    shown = for_audience(dataclasses.replace(world(), people=agreed, request=PageRequest(audience="public")))
    assert {shown.name(each) for row in shown.frame["collaborators"].dropna() for each in row} == {
        "a colleague", "Grace canary"
    }  # fmt: skip
    assert "grace@" not in dump(evidence(shown, "r"))


@pytest.mark.parametrize(
    ("said", "named", "expected"),
    [
        (False, None, True), (None, None, False), (True, None, False),
        (False, True, True), (None, True, True), (True, True, False),
        (False, False, False), (None, False, False), (True, False, False),
    ],
)  # fmt: skip
def test_what_nobody_calls_public_is_private(said, named, expected):
    """Neither a source nor harvester.toml can make public what the other one says is private."""
    frame = framed([row(is_private=said)])
    assert list(is_public(frame, {} if named is None else {"hub": named}, {"hub": "github"})) == [expected]


COMMIT = {"url": f"https://GitHub.com/Org/App/commit/{'a' * 40}"}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([commit("a" * 40, **COMMIT)], False),
        ([commit("a" * 40, **COMMIT), row(is_private=False)], True),
        ([commit("a" * 40, **COMMIT), row(is_private=False), row(work_item="github.com/org/app#2", is_private=True)],
         False),
        ([commit("a" * 40, **COMMIT), row(work_item="github.com/ada/app#1", is_private=False)], False),
        ([commit("a" * 40, **COMMIT), row(kind="issue", role="assignee", is_private=False)], False),
        ([commit("a" * 40, url=None), row(is_private=False)], False),
        ([commit("a" * 40, url=f"https://gitlab.com/o/p/-/commit/{'a' * 40}"),
          row(work_item="gitlab.com/o/p!3", is_private=False)], True),
        ([row(source="here", work_item="github.com/org/app#2"), row(is_private=False)], True),
        ([row(work_item="github.com/org/app#2"), row(is_private=False)], False),
    ],
)  # fmt: skip
def test_a_clone_is_as_public_as_its_forge_says(rows, expected):
    """A confidential issue says nothing of a repository, and a fork is another repository."""
    connectors = {"here": "git", "hub": "github"}
    assert is_public(framed(rows), {}, connectors)[0] == expected


def test_what_is_not_pushed_is_not_public():
    """Such a commit has no address where others of its repository have one; a host without addresses has none."""
    pushed, unpushed = commit("a" * 40, **COMMIT), commit("b" * 40, url=None)
    asked = {"here": True}, {"here": "git"}
    assert is_public(framed([pushed, unpushed]), *asked).tolist() == [True, False]
    assert is_public(framed([unpushed]), *asked).tolist() == [True]


def test_a_team_sees_work_and_no_agreement():
    """It sees a goal's title with its work, and neither its figures nor what only two agreed on."""
    rows = [
        row(title="Open the till", body="Why it matters", is_private=True),
        review(3, title="Reviewed"),
        row(kind="note", role="mentor", work_item="notebook/1", title="Paired", participants=("grace",)),
        row(kind="note", role="helper", work_item="notebook/2", title="Spoke with Grace", participants=("grace",)),
        row(kind="note", work_item="notebook/3", title="Tills are faster", body="Between us",
            extra={"result": "Half a second", "outcome": "speed = 2", "goal": "speed"}),
        row(kind="note", work_item="notebook/4", state="summary", title="I grew", extra={"summary": "I grew"}),
    ]  # fmt: skip
    people = People(
        (Person("ada", "Ada Lovelace", accounts={"github": ("ada",)}),
         Person("grace", "Grace Hopper", accounts={"github": ("grace",)}, mentored_since=dt.date(2026, 1, 1))),
        {"hub": "github"},
    )  # fmt: skip
    goals = [
        {"name": "speed", "title": "Faster tills", "why": "Secret why", "measure": "outcome", "baseline": 4,
         "target": 1, "unit": "seconds", "match": {"titles": ["Open*"]}},
        {"name": "grow", "title": "Learn to listen", "measure": "reviews", "target": 9},
        {"name": "help", "title": "Make Grace independent", "match": {"any": [{"people": ["grace"]}]}},
    ]  # fmt: skip
    agreed = GoalsAndDecisions(
        Goals((Criterion(name="c", level="Senior", text="Does all"),), tuple(map(Goal.model_validate, goals)))
    )
    shared = {"persons": ("ada",), "period": QUARTER, "calendar": calendar("Europe/Berlin"), "people": people}
    assessment = assess(framed(rows, people), agreed, now=at("2026-10-02"), **shared)
    shown = for_audience(
        ReportInput(statuses=(), assessment=assessment, request=PageRequest(audience="team"), **shared)
    )
    text = render(REPORT, shown) + dump(evidence(shown, "r")) + json.dumps(measured(shown))
    for each in ("Open the till", "Reviewed", "Why it matters", "Faster tills", "Tills are faster", "Half a second"):
        assert each in text.replace("\u2060", ""), each
    for each in (
        "Paired",
        "Spoke with",
        "I grew",
        "Between us",
        "Secret why",
        "seconds",
        "Senior",
        "Does all",
        "listen",
    ):
        assert each not in text, each
    assert shown.assessment.progress["speed"].done is None
    assert measured(shown)["withheld"] == 2


def test_a_manager_sees_everything():
    whole = world()
    assert for_audience(whole) is whole


def test_every_field_of_a_report_input_is_decided():
    """What the public sees is made from these fields alone: whoever adds one says here what becomes of it."""
    shown, whole = for_the_public(), world()
    as_it_is = {"period", "calendar", "draft"}
    request = {"request"}
    for each in dataclasses.fields(ReportInput):
        if each.name in as_it_is:
            assert getattr(shown, each.name) == getattr(whole, each.name)
    made_anew = {"persons", "statuses", "assessment", "people", "names", "grouping", "withheld", "unnamed", "others"}
    made_anew |= {"unread", "teams", "first_contributions"}
    left_out = {"remarks", "excluded", "has_look_alikes", "public_sources", "kept", "mentees_left_out", "members"}
    left_out |= {"undelivered"}
    empty = ReportInput(QUARTER, (), (), shown.assessment, shown.calendar, shown.people)
    for name in left_out:
        assert getattr(shown, name) == getattr(empty, name)
    assert {each.name for each in dataclasses.fields(ReportInput)} == as_it_is | request | made_anew | left_out


PUBLIC_AND_PRIVATE = """
ada 2026-07-06T10:00:00+0000 src/till.py "Open the till"
ada 2026-07-07T10:00:00+0000 src/till.py "Close the till"
git init --quiet --initial-branch=main ../CANARY && cd ../CANARY
ada 2026-07-08T10:00:00+0000 src/CANARY.py "CANARY title"
grace 2026-07-08T11:00:00+0000 src/CANARY.py "CANARY too"
git remote add origin https://github.com/CANARY/CANARY.git
"""
CONFIGURATION = """
[me]
person = "me"
timezone = "UTC"
[people.me]
name = "Ada Lovelace"
emails = ["ada@example.org", "CANARY@example.org"]
accounts = { github = "CANARY-login" }
[people.CANARY]
name = "Grace CANARY"
emails = ["grace@example.org"]
mentee = { since = 2026-01-01, consent = true }
[sources.CANARY-open]
connector = "git"
repositories = ["."]
public = true
[sources.CANARY-closed]
connector = "git"
repositories = ["../CANARY", "../CANARY-gone"]
[sources.CANARY-notes]
connector = "notebook"
[tickets]
CANARY = "https://CANARY.example"
[[exclude]]
name = "CANARY excluded"
titles = ["Close*"]
[routine]
"CANARY routine" = { titles = ["CANARY*"] }
[themes]
"CANARY theme" = { projects = ["CANARY/*"] }
"""
NOTES = """# Notebook

## 2026-07-09 CANARY note
goal: CANARY
result: CANARY result
outcome: CANARY = 3

## 2026-07-10 Gave a talk on tills
with: CANARY
goal: CANARY
result: Forty people came.
public: yes

CANARY further text
"""
GOALS = """
[[criteria]]
name = "CANARY"
level = "CANARY"
text = "CANARY"
[[goals]]
name = "CANARY"
title = "CANARY"
why = "CANARY"
criterion = "CANARY"
from = 2026-05-01
until = 2026-09-30
measure = "commits"
target = 9
unit = "CANARY"
match = { titles = ["Open*"] }
"""


def test_no_canary_leaves_the_workspace(tmp_path):
    """From files to files: a page, a table, their evidence and the names of both; and `verify` still works."""
    environment = stand_in(tmp_path, PUBLIC_AND_PRIVATE)
    for name, text in (("harvester.toml", CONFIGURATION), ("notebook.md", NOTES), ("goals.toml", GOALS)):
        (environment.cwd / name).write_text(text)
    harvest = ("--harvest",)
    for name in ("md", "csv"):
        command = ("report", "--period", "2026Q3", "--audience", "public", "--format", name, "-o", "pages/")
        status, _, err = run(environment, *command, *harvest)
        assert (status, "Wrote" in err) == (3, True), err
        harvest = ("--no-harvest",)
    made = sorted((environment.cwd / "pages").iterdir())
    assert len(made) == 4
    for each in made:
        text = texts_in(each.read_bytes(), each.suffix[1:])
        assert "canary" not in text.casefold() + each.name.casefold(), each.name
        assert "Open the till" in text.replace("\u2060", "")
        if not each.name.endswith(".evidence.json"):
            assert run(environment, "verify", f"pages/{each.name}", "--no-harvest")[0] == 0, each.name
    (environment.cwd / "harvester.toml").write_text(CONFIGURATION.replace("Ada Lovelace", "Somebody Else"))
    status, out, _ = run(environment, "verify", f"pages/{made[0].name}", "--no-harvest")
    assert (status, "names no account of Ada Lovelace, so it was not checked." in out) == (4, True)


def test_nobody_s_page_is_public_without_their_consent(tmp_path):
    environment = stand_in(tmp_path, PUBLIC_AND_PRIVATE)
    (environment.cwd / "harvester.toml").write_text(CONFIGURATION)
    asked = ("report", "--period", "2026Q3", "--audience", "public", "--person", "CANARY")
    status, out, err = run(environment, *asked)
    assert (status, out) == (1, "")
    assert "Grace CANARY did not agree to be named in public" in err
    agreed = CONFIGURATION.replace('name = "Grace CANARY"', 'name = "Grace Hopper"\nnamed_in_public = true')
    (environment.cwd / "harvester.toml").write_text(agreed)
    assert "# Grace Hopper – accomplishments" in run(environment, *asked)[1]
