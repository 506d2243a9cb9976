"""The page `evidence`: criteria and their proof, themes in the words of their sources, shared credit, and quarters."""

import json
import re

import pytest

from harvester.reporting.report import render
from harvester.reports.evidence import WORDS, context, numbered, page_charts
from harvester.reports.sections.criteria import brief
from harvester.sdk import plugins
from tests.environments import run
from tests.rows import at, commit, row
from tests.test_accomplishments import AGREED, BERLIN, LEADS, PAY, PULL, made, note, pull
from tests.test_reports import the_world_of

REPORT = plugins.load(plugins.REPORTS, "evidence")
GROWS = {"name": "grows", "text": "Grows others", "level": "Senior"}
FOR_LEADS = {**PAY, "criterion": "leads", "why": "Refunds cost a day a week."}
YEAR = BERLIN.year(2026)


def page(rows, *goals, criteria=(LEADS, GROWS), **values):
    return context(made(rows, *goals, criteria=criteria, **values))


def text(rows, *goals, criteria=(LEADS, GROWS), **values):
    return render(REPORT, made(rows, *goals, criteria=criteria, **values))


def about(number, work, **extra):
    return note(number, related_to=(f"{PULL}{work}",), extra=extra)


def test_every_part_of_a_theme_is_somebodys_words():
    """Problem, own part and outcome, each with its source; a ticket says the problem where no note does."""
    rows = [
        pull(1, labels=("pay",), body="A payment keeps its key in the queue.", closes=("tickets.example/PAY-7",)),
        about(2, 1, result="None since.", technical="Keys go through three services.", **AGREED),
        row(
            kind="issue", role="assignee", source="tickets", account="5b10", work_item=f"{PULL}7", labels=("pay",),
            title="Charged twice", body="Customers pay twice when the line drops.", state="resolved",
        ),
    ]  # fmt: skip
    (theme,) = page(rows, FOR_LEADS).themes
    assert [(each.text, each.source.label, each.quoted) for each in theme.problem] == [
        ("Customers pay twice when the line drops.", "app#7", True)
    ]
    assert [(each.text, each.source.label) for each in theme.own_part] == [
        ("Keys go through three services.", "notebook, 1 Aug")
    ]
    assert [each.text for each in theme.results] == ["None since."]
    assert (theme.why, theme.counted, theme.unknown) == (
        "Refunds cost a day a week.", "1 pull request and 1 ticket", [],
    )  # fmt: skip
    (noted,) = page([*rows, about(3, 1, problem="Support refunded by hand.")], FOR_LEADS).themes
    assert [each.text for each in noted.problem] == ["Support refunded by hand."]


def test_a_scope_counts_what_is_claimed():
    """As the appendix lists it: a ticket may have changes that no goal claims."""
    closes = ("tickets.example/PAY-7",)
    rows = [pull(1, labels=("pay",), closes=closes), pull(2, closes=closes), about(3, 1, result="None.", **AGREED)]
    (theme,) = page(rows, FOR_LEADS).themes
    assert theme.counted == "1 pull request"


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ([], ""),
        ([2], "criterion 2"),
        ([2, 3], "criteria 2 and 3"),
        ([1, 2, 3, 5, 7, 8], "criteria 1 to 3, 5, 7 and 8"),
    ],
)
def test_criteria_are_named_by_number(numbers, words):
    assert numbered(numbers) == words


def test_what_nothing_says_is_left_out():
    """The page for its author names it, with the command that writes it."""
    rows = [pull(1, labels=("pay",)), pull(2, labels=("pay",))]
    finished, draft = text(rows, FOR_LEADS), text(rows, FOR_LEADS, draft=True)
    for part in ("Problem", "Own part", "Outcome"):
        assert f"**{part}:**" not in finished
    command = '`harvester note "…" --about app#1 --problem "…" --technical "…" --result "…"`'
    assert f"- Nothing says the problem, your own part and what came of it of “{PAY['title']}”: {command}" in draft
    assert "For the author" not in finished


def test_gaps_come_first_in_the_draft():
    """First what lacks evidence, then what is thin, and how each is changed; the finished page has the gaps alone."""
    rows = [pull(1, labels=("pay",), body="The queue carries the key of the order now.")]
    finished, draft = text(rows, FOR_LEADS), text(rows, FOR_LEADS, draft=True)
    first, second, *_ = re.findall(r"^- (.*)$", draft.partition("## For the author")[2], re.MULTILINE)
    assert first == (
        "No work is linked to criterion 2, for which there is no goal and no rule. Link it by hand, such as: "
        "`harvester decide ITEM --criterion grows`"
    )
    assert second.startswith(
        "Criterion 1, *Leads projects*: nobody confirms it, and no figure with a baseline shows it."
    )
    assert "| 1 | Leads projects | thin | observed: [Lead the payments rewrite](#lead-the-payments-rewrite) |" in (
        finished
    )
    assert "- No work in this period is linked to criterion 2.\n" in finished


def test_themes_cover_criteria_before_they_repeat():
    """Strong proof comes first, and activity alone makes a theme only where there are no two others."""
    goals = [
        {"name": f"g{n}", "title": f"Goal {n}", "criterion": "leads", "match": {"labels": [f"l{n}"]}} for n in range(6)
    ]
    rows = [pull(n, labels=(f"l{n}",)) for n in range(6)]
    rows += [about(10 + n, n, result=f"Result {n}.", **AGREED) for n in range(5)]
    rows.append(note(20, extra={"criterion": "grows", "result": "She leads it now."}, url="https://example.org/n"))
    made_page = page(rows, *goals)
    assert [each.title for each in made_page.themes] == ["Goal 0", "Goal 1", "Goal 2", "Note 20"]
    assert [each.title for each in page(rows[:6], *goals).themes] == ["Goal 0", "Goal 1"]
    assert [each.brief for each in made_page.themes[-1].shows] == ["Grows others"]


def test_the_opening_has_at_most_120_words():
    """It names the criteria with strong proof and what proves them, each in full, as many as there is room for."""
    names = ["First", "Second", "Third", "Fourth"]
    asked = [{"name": each, "text": f"{each} thing.", "level": "Senior"} for each in names]
    results = {"First": "word " * 60, "Second": "other " * 60, "Third": "Short.", "Fourth": ""}
    rows = [
        note(number, extra={"criterion": name, "result": results[name], **(AGREED if results[name] else {})})
        for number, name in enumerate(names)
    ]
    made_page = page(rows, criteria=asked)
    assert sum(len(text.split()) for each in made_page.opening for text in (each.text, *each.criteria)) <= WORDS
    assert [(each.text[-6:], each.criteria) for each in made_page.opening] == [
        ("enior.", []), (" word ", ["First thing"]), ("Short.", ["Third thing"]), ("eeded.", []),
    ]  # fmt: skip
    assert made_page.opening[0].text == "There is strong evidence for 3 of the 4 criteria of Senior."
    assert made_page.opening[-1].text == "For 1 criterion evidence is needed."
    same = [note(9, extra={"criterion": "First\nThird", **AGREED})]
    assert "*First thing* and *Third thing*: Confirmed by Grace Hopper. *(notebook, 1 Aug)*" in (
        text(same, criteria=asked)
    )


def test_the_persons_own_opening_is_used():
    """Where it is longer than a committee listens, the author is told, and nothing is cut."""
    own = note(1, state="summary", extra={"summary": "I led it. " * 41, "period": "2026-07-01..2026-09-30"})
    written, draft = text([pull(1), own]), text([pull(1), own], draft=True)
    assert written.count("I led it.") == 41
    assert "- Your opening has 123 words; a committee has time for 120." in draft


def test_without_criteria_the_page_says_so():
    """And is about the work that goals claim and the rest of one's own."""
    written = text([pull(1, labels=("pay",)), pull(2)], PAY, criteria=())
    assert "**In short.** No criteria are given for this page. Merged 2 pull requests." in written
    assert "## Criteria" not in written
    assert "## Sustained over time" not in written
    assert (
        "| [app#1](https://github.com/org/app/pull/1) | Change 1 | merged 1 Aug |  | Lead the payments rewrite |"
        in written
    )
    assert "goals.toml has no criteria" in text([pull(1)], criteria=(), draft=True)


def test_others_are_named_for_what_they_did():
    """Who began a change, who co-wrote it, who took part; an id that Jira has in place of a name names nobody."""
    body = "Keys.\n\nCo-authored-by: Grace Hopper <grace@example.org>"
    rows = [
        pull(1, labels=("pay",), participants=("grace", "doiken"), extra={"begun_by": "doiken", "own_commits": "4/7"}),
        commit("a" * 40, labels=("pay",), body=body, participants=("Grace Hopper <grace@example.org>",)),
        pull(3, labels=("pay",), participants=("grace",)),
        row(
            kind="issue", role="assignee", source="tickets", account="5b10", work_item="acme.example/PAY-7",
            labels=("pay",), title="Charged twice", state="resolved", participants=("712020:aa",),
        ),
    ]  # fmt: skip
    made_page = page(rows, FOR_LEADS)
    (shared,) = made_page.shared
    found = {
        each.name: [[one.label for one in part] for part in (each.began, each.co_wrote, each.took_part)]
        for each in shared.people
    }
    assert found == {"Grace Hopper": [[], ["aaaaaaaaaa"], ["app#1", "app#3"]], "doiken": [["app#1"], [], []]}
    assert (shared.more, made_page.themes[0].others) == (0, 2)
    assert "Wrote 4 of the 7 commits of [app#1]" in text(rows, FOR_LEADS)


def test_quarters_are_those_of_the_calendar():
    """A piece that reaches over two is in both; a note about work adds none."""
    rows = [
        pull(1, labels=("pay",), occurred_at=at("2026-02-01"), closes=("org/app#9",)),
        row(
            kind="issue", role="assignee", work_item=f"{PULL}9", labels=("pay",), state="resolved",
            occurred_at=at("2026-05-02"), title="Charged twice",
        ),
        pull(2, labels=("pay",), occurred_at=at("2026-05-03")),
        note(3, related_to=(f"{PULL}2",), occurred_at=at("2026-08-01"), extra={"goal": "pay", **AGREED}),
    ]  # fmt: skip
    made_page = page(rows, FOR_LEADS, period=YEAR)
    cells = [(each.pieces, each.strong) for each in made_page.sustained.rows[0].cells]
    assert [each.name for each in made_page.sustained.steps] == ["Q1 2026", "Q2 2026", "Q3 2026", "Q4 2026"]
    assert cells == [(1, 0), (2, 1), (0, 0), (0, 0)]
    assert made_page.sustained.overlaps
    years = page(rows, FOR_LEADS, period=BERLIN.days(at("2022-04-01").date(), at("2026-12-31").date()))
    assert [each.name for each in years.sustained.steps][:2] == ["1 April to 31 December 2022", "2023"]
    assert [each.pieces for each in years.sustained.rows[0].cells] == [0, 0, 0, 0, 2]


def test_the_chart_is_of_work_for_the_criteria():
    """What is for none of them is not drawn."""
    rows = [
        pull(1, labels=("pay",), occurred_at=at("2026-07-02")),
        pull(2, labels=("pay",), occurred_at=at("2026-09-02")),
        pull(3, occurred_at=at("2026-08-02")),
    ]
    report_input = made(rows, FOR_LEADS, criteria=[LEADS])
    drawn = page_charts(report_input, context(report_input))
    assert [sum(each.numbers) for each in drawn["weeks"].kinds] == [2]
    assert page_charts(made(rows), context(made(rows))) == {}


@pytest.mark.parametrize(
    ("whole", "beginning"),
    [
        ("Leads projects.", "Leads projects"),
        (
            "Raises the quality of what ships: tests, tooling and reviews catch faults early.",
            "Raises the quality of what ships",
        ),
        (
            "Owns a broad area end to end, and makes decisions that other teams depend on.",
            "Owns a broad area end to end…",
        ),
        (
            "Solves the 'hard problem' in a project e.g. a new kind of card and sees it through to resolution",
            "Solves the 'hard problem' in a project e.g. a new kind of card and…",
        ),
        (
            "1. Highly proficient in their domain. Writes code and documentation that peers consider high quality.",
            "Highly proficient in their domain",
        ),
        ("Word " * 30, "Word Word Word Word Word Word Word Word Word Word Word Word Word Word…"),
        ("x" * 90, "x" * 70 + "…"),
    ],
)
def test_a_criterion_is_named_by_its_beginning(whole, beginning):
    assert brief(whole) == beginning


PIECES = {"pay#3": "PAY-7", "pay#5": "PAY-7"}
"""What belongs to a ticket in the world `year`, beside the commit that names PAY-12."""


def test_every_number_is_recounted(tmp_path):
    """Without the measures' code: from the rows and claims of the evidence, by hand."""
    with the_world_of("evidence", tmp_path) as environment:
        period = ("--period", "2026-01..2026-09")
        run(environment, "report", "evidence", *period, "-o", "page.json")
        document = json.loads((environment.cwd / "page.json").read_text())
        evidence = json.loads((environment.cwd / "page.json.evidence.json").read_text())
    made_page, rows = document["page"], {each["id"]: each for each in evidence["rows"]}

    def piece(each):
        name = each["work_item"].rpartition("/")[2]
        return "PAY-12" if "PAY-12" in each["title"] else PIECES.get(name, name)

    for line, over_time in zip(made_page["criteria"], made_page["sustained"]["rows"], strict=True):
        claims = [
            each for each in evidence["claims"]
            if (each["target_kind"], each["target"], each["status"]) == ("criterion", line["name"], "claimed")
        ]  # fmt: skip
        claimed = [rows[each["id"]] for each in claims]
        numbers = {"pull request": 0, "ticket": 0, "commit": 0, "review": 0, "note": 0}
        for kind, word in {"pull_request": "pull request", "issue": "ticket"}.items():
            numbers[word] = len({each["work_item"] for each in claimed if each["kind"] == kind})
        for kind in ("commit", "review", "note"):
            numbers[kind] = len({each["work_item"] for each in claimed if each["kind"] == kind})
        said = {word: int(number) for number, word in re.findall(r"(\d+) ([a-z ]+?)s?(?:,|$| and)", line["counted"])}
        assert said == {word: number for word, number in numbers.items() if number}
        listed = [each for each in made_page["items"] if str(line["number"]) in each["goal"].split(", ")]
        assert {each["label"] for each in listed if each["label"] != "notebook"} == {
            each["work_item"].rpartition("/")[2][: 10 if each["kind"] == "commit" else None]
            for each in claimed if each["kind"] != "note"
        }  # fmt: skip
        work = [each for each in claimed if each["title"] != "Retries that cannot charge twice"]
        by_quarter = [
            len({piece(each) for each in work if (int(each["occurred_at"][5:7]) - 1) // 3 == quarter})
            for quarter in range(3)
        ]
        assert [each["pieces"] for each in over_time["cells"]] == by_quarter
    rewrite = made_page["themes"][0]
    sizes = [
        re.fullmatch(r"\+(\d+) −(\d+)", each["size"]) for each in made_page["items"] if "1" in each["goal"].split(", ")
    ]
    added, deleted = (sum(int(each[n]) for each in sizes if each) for n in (1, 2))
    assert rewrite["size"] == f"+{added} −{deleted}"
    assert rewrite["others"] == len(made_page["shared"][0]["people"]) == 3
    words = [each["text"] for each in made_page["opening"]]
    assert sum(len(each.split()) for each in words) <= WORDS
    strong = sum(each["state"] == "strong" for each in made_page["criteria"])
    assert (
        words[0]
        == f"There is strong evidence for {strong} of the {len(made_page['criteria'])} criteria of Senior engineer."
    )
