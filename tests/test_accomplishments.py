"""The page `accomplishments`: what it says, in which order, and that it says nothing twice."""

import datetime as dt
import re

import pytest

from harvester.analysis.frame import records
from harvester.goals.assessment import GoalsAndDecisions, assess
from harvester.goals.decisions import Decisions
from harvester.goals.decisions import Highlight as Pin
from harvester.goals.model import Criterion, Goal, Goals, Question
from harvester.ledger.coverage import SourceStatus
from harvester.model.periods import calendar
from harvester.reporting.anchors import anchors
from harvester.reporting.report import render, table_of
from harvester.reporting.report_input import ReportInput
from harvester.reports.accomplishments import context
from harvester.reports.sections.highlights import MOST
from harvester.sdk import plugins
from tests.rows import PEOPLE, at, commit, framed, review, row

BERLIN = calendar("Europe/Berlin")
QUARTER = BERLIN.quarter(2026, 3)
REPORT = plugins.load(plugins.REPORTS, "accomplishments")
DAY = dt.date(2026, 9, 1)
PULL = "github.com/org/app#"
PAY = {"name": "pay", "title": "Lead the payments rewrite", "match": {"labels": ["pay"]}}
DOCS = {"name": "docs", "title": "Texts for newcomers", "match": {"labels": ["docs"]}}
CHARGES = {
    "name": "charges", "title": "Nobody is charged twice", "measure": "outcome", "baseline": 31, "target": 0,
    "unit": "double charges",
}  # fmt: skip
LEADS = {"name": "leads", "text": "Leads projects", "level": "Senior"}


def made(rows, *goals, criteria=(), questions=(), highlights=None, **values):
    """The report input of Ada's rows in the third quarter."""
    agreed = GoalsAndDecisions(
        Goals(
            goals=tuple(Goal.model_validate(each) for each in goals),
            criteria=tuple(Criterion.model_validate(each) for each in criteria),
            questions=tuple(Question.model_validate(each) for each in questions),
        ),
        Decisions(highlighted=tuple(Pin(key, value, DAY) for key, value in (highlights or {}).items())),
    )
    shared = {"persons": ("ada",), "period": QUARTER, "calendar": BERLIN, "people": PEOPLE}
    statuses = [SourceStatus("hub", QUARTER, read_at=at("2026-10-02"))]
    assessment = assess(framed(rows), agreed, now=at("2026-10-02"), **shared)
    return ReportInput(assessment=assessment, statuses=statuses, **shared | values)


def pull(number, **values):
    url = f"https://github.com/org/app/pull/{number}"
    return row(**{"work_item": f"{PULL}{number}", "url": url, "title": f"Change {number}"} | values)


def note(number, **values):
    given = {
        "kind": "note", "source": "notebook", "account": "ada", "work_item": f"notebook/{number}", "project": None,
        "title": f"Note {number}",
    }  # fmt: skip
    return row(**given | values)


def page(*arguments, **values):
    return context(made(*arguments, **values))


def text(*arguments, **values):
    return render(REPORT, made(*arguments, **values))


def titles(highlights):
    return [each.title for each in highlights]


def test_highlights_sort_by_proof_goal_and_weight():
    """A measured result comes first, then what a note gives a result of, then a goal, then size; a text adds to it."""
    rows = [
        pull(1, title="Large", additions=9000, deletions=0),
        pull(2, title="For a goal", labels=("pay",)),
        pull(3, title="With a text", body="It reads the ledger by customer now."),
        pull(4, title="Measured"),
        pull(5, title="Without a text"),
        pull(6, title="With a result"),
        note(2, related_to=(f"{PULL}6",), extra={"result": "Nobody waits."}),
        note(1, related_to=(f"{PULL}4",), extra={"result": "None since.", "outcome": "charges = 0"}),
    ]
    assert titles(page(rows, PAY, CHARGES).highlights) == [
        "Measured", "With a result", "For a goal", "Large", "With a text",
    ]  # fmt: skip


def test_a_text_moves_work_across_a_weight_limit():
    """Work just lighter than the fifth is read, too, and comes before it for its text."""
    rows = [pull(n, additions=20, deletions=0, paths=("a.py",)) for n in range(1, 6)]
    rows.append(pull(6, title="Told", additions=10, deletions=0, body="The queue carries the key of the order now."))
    assert titles(page(rows).highlights)[0] == "Told"


def test_highlights_are_at_most_five():
    assert len(page([pull(number) for number in range(9)]).highlights) == MOST == 5


@pytest.mark.parametrize(
    "rows",
    [
        [review(3, title="Only a review")],
        [commit("a" * 40, title="A lone commit without a word")],
        [row(kind="release", work_item="github.com/org/app/releases/1", title="1.0")],
        [note(1, extra={"outcome": "charges = 4"})],
    ],
)
def test_what_is_no_highlight(rows):
    """Help with the work of others, a lone commit or release without a word on it, and a note without a result."""
    assert titles(page([pull(1), *rows]).highlights) == ["Change 1"]


def test_a_person_pins_and_drops_highlights():
    rows = [pull(1, additions=900, deletions=0), pull(2), review(3, title="A review that mattered")]
    decided = {f"{PULL}1": False, f"{PULL}3": True}
    assert titles(page(rows, highlights=decided).highlights) == ["A review that mattered", "Change 2"]


def test_a_topic_is_one_highlight():
    """Commits that one merge brought are one piece of work, with the text of the merge."""
    topic = {"topic": "al/writev", "topic_text": "Vectored writes, so that a packet needs one call."}
    rows = [
        commit(sha * 40, title=f"Step {sha}", extra=topic, body="A step.", url="https://a.example/c") for sha in "ab"
    ]
    (only,) = page(rows).highlights
    assert (only.title, only.counted, only.proof) == ("writev", "2 commits", "observed")
    assert only.quote.text == "Vectored writes, so that a packet needs one call."
    assert (only.quote.source.label, only.quote.source.url) == ("the merge of al/writev", None)


def test_no_commit_speaks_for_a_topic():
    """Where the merge says nothing, nothing is quoted; a topic named by a subject line is called so in full."""
    name = "Rewrite the queue so that nobody waits for the key of an order that was never sent by anybody"
    rows = [commit(sha * 40, title=f"Step {sha}", extra={"topic": name}, body="A step for the queue.") for sha in "ab"]
    (only,) = page(rows).highlights
    assert (only.title, only.quote) == (name, None)


def test_the_title_of_anothers_work_is_not_ones_own():
    """A commit within somebody else's pull request is called as its author called it."""
    rows = [
        pull(1, account="grace", title="Grace's large change"),
        commit("a" * 40, title="Add stress tests", part_of=(f"{PULL}1",), body="The queue is read by ten threads."),
    ]
    assert titles(page(rows).highlights) == ["Add stress tests"]


def test_counts_of_themes_and_routine_add_up():
    """Every change is in one theme or in one kind of routine."""
    rows = [
        *(pull(n, paths=(f"src/pager/{n}.py",)) for n in range(4)),
        *(pull(n, title=f"Bump x from 1.{n} to 2.{n}", paths=("uv.lock",)) for n in range(10, 13)),
        *(commit(sha * 40, title=f"Step {sha}", extra={"topic": "al/writev"}) for sha in "ab"),
        pull(20, paths=("docs/a.md",)), review(30),
    ]  # fmt: skip
    made_page = page(rows)
    assert [(each.name, each.changes) for each in made_page.themes] == [("pager", 4), ("Other", 3)]
    assert [(each.name, each.changes) for each in made_page.routine] == [("dependency updates", 3)]
    assert {each.goal for each in made_page.items} == {"pager", "Other", "dependency updates", ""}


def test_a_lone_commits_message_is_no_themes_text():
    rows = [
        commit(sha * 40, title=f"Step {sha}", paths=(f"src/pager/{sha}.py",), body="An aside that says little.")
        for sha in "abcdefgh"
    ]
    assert [each.quote for each in page(rows).themes] == [None]


def test_a_result_is_said_once():
    """What a highlight says is not said again under its goal, nor under a second goal that claims the work."""
    rows = [
        pull(1, labels=("pay",)),
        pull(2, labels=("pay",), closes=(f"{PULL}1",)),
        note(
            1, related_to=(f"{PULL}1",),
            extra={
                "result": "Nobody waits.", "takeaway": "Ask early.", "technical": "One queue.",
                "outcome": "charges = 3",
            },
        ),
    ]  # fmt: skip
    other = {"name": "other", "title": "Another", "match": {"labels": ["pay"]}}
    written = text(rows, PAY, other, CHARGES)
    assert [written.count(each) for each in ("Nobody waits.", "Ask early.", "One queue.")] == [1, 1, 1]
    assert "[Highlight 1](#highlights)" in written
    assert "More under “Lead the payments rewrite”." in written


def test_a_second_result_is_not_lost():
    """A highlight gives the first results, and the goal's section the rest."""
    notes = [note(n, related_to=(f"{PULL}1",), extra={"result": f"Result {n}."}) for n in range(4)]
    written = text([pull(1, labels=("pay",)), *notes], PAY)
    assert [written.count(f"Result {n}.") for n in range(4)] == [1, 1, 1, 1]


def test_a_criterion_names_the_kind_of_proof():
    goal = {**PAY, "criterion": "leads"}
    proofs = {
        "evidence needed": [pull(1, labels=("pay",))],
        "observed": [pull(1, labels=("pay",), body="The queue carries the key.")],
    }
    for words, rows in proofs.items():
        assert f"Criterion: *Leads projects* (Senior), {words}." in text(rows, goal, criteria=[LEADS])
    assert "evidence needed" in text([], goal, criteria=[LEADS])


AGREED = {"witness": "grace", "consent": "2026-08-14"}


def confirmed(number, about=1, **extra):
    said = {"result": "The shift went without a call.", **AGREED} | extra
    return note(number, related_to=(f"{PULL}{about}",), extra={key: value for key, value in said.items() if value})


def test_a_witness_who_agreed_confirms():
    """The page names the witness and the note wherever it says so, as the highlight and for the criterion."""
    goal = {**PAY, "criterion": "leads"}
    made_text = text([pull(1, labels=("pay",)), confirmed(2)], goal, criteria=[LEADS])
    assert "· confirmed by Grace Hopper *(notebook, 1 Aug)*" in made_text
    assert "Criterion: *Leads projects* (Senior), confirmed by Grace Hopper." in made_text
    dropped = text([pull(1, labels=("pay",)), confirmed(2)], goal, highlights={f"{PULL}1": False})
    assert re.search(r", confirmed by Grace Hopper \*\(notebook, \d+ \w+\)\*\.", dropped)


@pytest.mark.parametrize("extra", [{"consent": ""}, {"witness": "ada"}, {"witness": ""}])
def test_without_consent_nobody_is_named(extra):
    """Nor is anything confirmed by its own author; only the page for the author says whom to ask."""
    rows = [pull(1, labels=("pay",)), confirmed(2, **extra)]
    finished, draft = text(rows, PAY), text(rows, PAY, draft=True)
    assert "confirmed" not in finished
    assert "Grace" not in finished
    assert ("Ask Grace Hopper whether to name them as a witness of “Note 2” (notebook, " in draft) == (
        extra == {"consent": ""}
    )


def test_what_is_measured_comes_before_what_is_confirmed():
    rows = [
        pull(1, title="Confirmed"), confirmed(11, 1),
        pull(2, title="Measured"), note(12, related_to=(f"{PULL}2",), extra={"outcome": "charges = 0"}),
        pull(3, title="With a result", url=None), note(13, related_to=(f"{PULL}3",), extra={"result": "None waits."}),
    ]  # fmt: skip
    chosen = page(rows, CHARGES).highlights
    assert [(each.title, each.proof) for each in chosen] == [
        ("Measured", "measured"), ("Confirmed", "confirmed"), ("With a result", "activity"),
    ]  # fmt: skip
    assert chosen[1].reason.startswith("confirmed by Grace Hopper; ")


def test_a_table_names_no_witness_without_consent():
    """Its column `extra` has those who agreed."""
    rows = [pull(1), confirmed(2), confirmed(3, consent="")]
    extras = {row["work_item"]: dict(row["extra"] or ()) for row in records(table_of(REPORT, made(rows)))}
    assert extras["notebook/2"]["witness"] == "grace"
    assert "witness" not in extras["notebook/3"]
    assert extras["notebook/3"]["result"]


def test_a_finished_page_gives_no_advice():
    """No command, no suggestion, nothing still to do; the page for its author has them."""
    rows = [pull(1, labels=("pay",)), pull(2)]
    finished, draft = text(rows, PAY), text(rows, PAY, draft=True)
    assert "`harvester" not in finished
    assert "For the author" not in finished
    assert "`harvester triage`" in draft
    assert "still to be written" in draft


def test_the_paragraph_says_goals_places_and_counts():
    rows = [
        *(pull(n, project="org/app", paths=(f"src/pager/{n}.py",)) for n in range(6)),
        *(pull(n, project="org/app", paths=(f"src/parser/{n}.py",)) for n in range(6, 10)),
        pull(11, labels=("pay",)),
        review(30),
    ]
    goal = {**PAY, "measure": "pull_requests", "target": 1, "from": "2026-07-01", "until": "2026-10-01"}
    assert page(rows, goal).sentences == [
        "Met 1 of 1 goal: “Lead the payments rewrite” (1 of 1 pull request).",
        "Most other changes were in pager and parser.",
        "Merged 11 pull requests; reviewed 1 pull request by 1 person.",
    ]


def test_most_is_said_only_of_more_than_half():
    rows = [pull(n, project=f"org/{n}") for n in range(8)]
    assert not any("Most" in each for each in page(rows).sentences)


@pytest.mark.parametrize(("elsewhere", "said"), [(9, "Most "), (20, "The areas with the most "), (21, "")])
def test_small_areas_do_not_open_a_page(elsewhere, said):
    """Where all that has a name is less than a third of the changes, the work was elsewhere."""
    named = [pull(n, paths=(f"src/{'pager' if n % 2 else 'parser'}/{n}.py",)) for n in range(10)]
    others = [pull(10 + n, paths=(f"{n}/a.c",)) for n in range(elsewhere)]
    found = [each for each in page([*named, *others]).sentences if "changes were" in each]
    assert [each.partition("changes were")[0] for each in found] == ([said] if said else [])


def test_the_persons_own_paragraph_is_used():
    """A summary in the notebook replaces the one that is made."""
    own = note(1, state="summary", extra={"summary": "I led the rewrite.", "period": "2026-07-01..2026-09-30"})
    written = text([pull(1), own])
    assert "**In short.** I led the rewrite.\n" in written
    assert "Merged 1 pull request" not in written


def test_everything_counted_is_in_the_appendix_once():
    rows = [
        pull(1, labels=("pay",)), commit("a" * 40, part_of=(f"{PULL}1",)), commit("b" * 40), review(3, id="r1"),
        review(3, id="r2", occurred_at=at("2026-08-09")), note(1, related_to=(f"{PULL}1",)),
    ]  # fmt: skip
    items = page(rows, PAY).items
    assert sorted(each.id for each in items) == sorted(
        ["pull_request/author/github.com/org/app#1", f"commit/author/commit/{'b' * 40}", "r2", "note/author/notebook/1"]
    )
    assert {each.id: each.goal for each in items}["note/author/notebook/1"] == PAY["title"]


def test_shared_credit_is_said():
    extra = {"own_commits": "4/7", "begun_by": "Doiken <doiken@example.org>"}
    said = text([pull(1, source="here", account="Ada <ada@example.org>", extra=extra)])
    assert "4 of its 7 commits; Doiken began it" in said


def test_files_that_are_not_work_are_said():
    """That a size leaves files out stands beside the sources."""
    row = commit("a" * 40, additions=1, deletions=0, extra={"not_work": "1 +500 -0"})
    said = "1 change above also changes vendored or generated files, lock files or snapshots, which are in no size."
    assert said in text([row])
    assert "in no size" not in text([commit("a" * 40)])


def test_co_authored_work_is_help():
    """To share in routine is no help, and what holds own work is told with that."""
    shared = {"role": "co-author", "source": "here", "account": "Ada <ada@example.org>"}
    rows = [
        pull(1, title="Carry the key", **shared), pull(2, title="Bump six from 1.16.0 to 1.17.0", **shared),
        pull(3, title="With a commit of mine", **shared),
        commit("a" * 40, part_of=(f"{PULL}3",)),
    ]  # fmt: skip
    assert "Co-author of 1 change by others (not counted): " in text(rows)
    assert "Carry the key.\n" in text(rows)
    assert "Carry the key.\n" in text([pull(1, title="Carry the key.", **shared)])


def test_reviews_are_said_by_person():
    owners = ["grace"] * 3 + ["linus"] * 2 + ["a", "b", "c", "d", "e"]
    rows = [review(n, owners=(owner,)) for n, owner in enumerate(owners)]
    assert (
        "Reviewed 10 pull requests by 7 people: Grace Hopper 3, linus 2, a 1, b 1, c 1, 2 others 2." in text(rows)
    )  # fmt: skip


def by_trailer(kind, role, number, owner="Grace <grace@example.org>", **values):
    """What Ada did for the work of somebody else, as git knows it."""
    sha = f"{number:040}"
    given = {"source": "here", "scope": "github.com/org/app", "account": "Ada <ada@example.org>", "owners": (owner,)}
    given |= {"kind": kind, "role": role, "work_item": f"commit/{sha}", "id": f"{kind}/{role}/{sha}/ada"}
    return row(**given | values)


def test_what_a_maintainer_did_is_said():
    """Reviews, merges and patches applied are told by person, and are no work of one's own."""
    topics = [
        by_trailer("commit", "merger", n, title=f"gg/part-{n}", state="merged", extra={"topic": "t", "commits": str(n)})
        for n in range(2, 6)
    ]
    rows = [
        *topics,
        by_trailer("pull_request", "merger", 9, work_item=f"{PULL}9", state="merged", owner="Bob <bob@example.org>"),
        *(by_trailer("commit", "merger", n, state="applied") for n in (11, 12)),
        by_trailer("review", "reviewer", 21, state="trailer"),
        by_trailer("help", "tester", 22), by_trailer("help", "mentor", 23),
    ]  # fmt: skip
    written = text(rows)
    assert "Reviewed 1 change by 1 person; merged 1 pull request and 4 topics by 2 other people; " in written
    assert "applied 2 commits of others; helped with 2 changes of 1 person." in written
    assert "Reviewed 1 change by 1 person: Grace Hopper 1." in written
    assert "Merged 1 pull request and 4 topics by 2 people: Grace Hopper 4, " in written
    assert "The largest: `0000000000` part 5 (5 commits), `0000000000` part 4 (4 commits), " in written
    assert "Applied 2 commits of others." in written
    assert "Helped with 2 changes (mentored 1, tested 1) of 1 person: Grace Hopper 2." in written
    assert "- **August 2026 (5):** " in written
    assert "| merged" not in written
    assert "mentored 1 Aug" in written
    assert not {"## Highlights", "## Work by theme"} & set(written.splitlines())


def test_help_with_tickets_is_said_so():
    """Work logged on tickets of others, beside changes whose commits name the person."""
    rows = [
        by_trailer("help", "helper", n, id=f"help/helper/{n}", work_item=f"jira.example.com/PAY-{n % 2}")
        for n in range(5)
    ]
    assert "Helped with 2 tickets of 1 person: Grace Hopper 2." in text(rows)
    rows.append(by_trailer("help", "tester", 22, owner="Bob <bob@example.org>"))
    assert "Helped with 1 change and 2 tickets of 2 people." in text(rows)
    of_pull = by_trailer("help", "tester", 1, work_item=f"{PULL}1")
    assert "Helped with 1 pull request of 1 person" in text([of_pull])


def test_who_only_applied_patches_did_work():
    assert "**In short.** Applied 1 commit of others." in text([by_trailer("commit", "merger", 1, state="applied")])


@pytest.mark.parametrize("hostile", ["Sources and coverage", "Highlights", "Appendix: all work"])
def test_a_title_cannot_take_an_anchor(hostile):
    """Headings of the work come before ours; links lead to ours all the same."""
    rows = [pull(1, labels=("pay",), title=hostile), pull(2, labels=("pay",), closes=(f"{PULL}1",))]
    goal = {**PAY, "title": hostile}
    made_page = page(rows, goal)
    headings = re.findall(r"^#+ (.*)$", text(rows, goal), re.MULTILINE)
    found = {"sources": made_page.sources_anchor, "appendix": made_page.anchors.appendix}
    expected = dict(zip(anchors(headings), headings, strict=True))
    assert expected[found["sources"]] == "Sources and coverage"
    assert expected[found["appendix"]] == "Appendix: all work"
    assert made_page.anchors.goals["pay"] in expected


def words_before_appendix(written):
    """Words as a reader sees them: no addresses and no table rules."""
    shown = re.sub(r"\]\([^)]*\)", "]", written.partition("-->\n")[2].split("## Appendix")[0])
    return len([each for each in shown.split() if re.search(r"\w", each)])


def test_a_year_of_300_items_is_read_in_three_minutes():
    """At most 1,500 words before the appendix, with three goals, notes, reviews and texts."""
    start = dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC)
    said = "This changes how the queue carries the key of the order, so that nobody waits for it any more. "
    rows = [
        pull(
            n, title=f"Carry the key of the order through part {n} of the queue", body=3 * said, additions=n,
            deletions=1,             labels=(("pay", "docs", "ci", "other")[n % 4],), paths=(f"src/part{n % 9}/a.py",),
            occurred_at=start + dt.timedelta(hours=7 * n),
        )
        for n in range(240)
    ]  # fmt: skip
    rows += [review(1000 + n, occurred_at=start + dt.timedelta(hours=30 * n)) for n in range(50)]
    rows += [note(n, related_to=(f"{PULL}{n}",), extra={"result": said, "takeaway": said}) for n in range(10)]
    goals = [
        {"name": name, "title": f"Goal {name}", "why": said, "match": {"labels": [name]}}
        for name in ("pay", "docs", "ci")
    ]
    assert words_before_appendix(text(rows, *goals)) <= 1500
    assert words_before_appendix(text(rows)) <= 1500


def test_a_goals_work_leaves_out_nothing_that_has_room():
    """What one goal does not need is there for another; together they list 24."""
    pay = [pull(n, labels=("pay",)) for n in range(30)]
    sections = page([*pay, pull(50, labels=("docs",))], PAY, DOCS).sections
    assert [(len(each.other), each.more) for each in sections] == [(23, 7), (1, 0)]


def test_reverted_work_has_no_heading():
    """A change and its revert come last among the other work for a goal."""
    rows = [
        commit("a" * 40, title="pay: queue", labels=("pay",), reverted_by=(f"commit/{'b' * 40}",)),
        commit("b" * 40, title='Revert "pay: queue"', labels=("pay",), reverts=(f"commit/{'a' * 40}",)),
        pull(1, labels=("pay",)),
    ]
    (section,) = page(rows, PAY).sections
    assert not section.threads
    assert {each.title for each in section.other} >= {"Change 1", "pay: queue"}


def test_a_note_is_no_item_beside_its_work():
    """What it says stands with its name above the work; alone it is an item."""
    about = note(1, related_to=(f"{PULL}1",), extra={"takeaway": "Ask early."})
    (thread,) = page([pull(1, labels=("pay",)), about], PAY).sections[0].threads
    assert [each.label for each in thread.items] == ["app#1"]


def test_a_draft_with_nothing_to_do_is_the_finished_page():
    """No heading stands above nothing."""
    rows = [pull(1)]
    assert page(rows, draft=True).draft is None
    assert text(rows, draft=True) == text(rows)


def test_a_draft_has_a_few_suggestions():
    """The best; a list of thirty is not read."""
    rows = [pull(n, title=f"Rewrite payments of {'abcdefghijklmnopqrst'[n] * 9}") for n in range(20)]
    others = [pull(100 + n, title=f"Index the words of volume {n}") for n in range(80)]
    goal = {**PAY, "words": ["rewrite payments"], "match": {"labels": ["pay"]}}
    assert len(page([*rows, *others], goal, draft=True).draft.suggestions) == 8


def test_a_theme_says_which_highlights_are_in_it():
    """They are in its counts and are not named a second time."""
    rows = [pull(n, title=f"Part {n}", additions=n, paths=(f"src/pager/{n}.py",)) for n in range(9)]
    (theme,) = page(rows).themes
    assert (theme.changes, len(theme.examples), theme.more, theme.highlights) == (9, 3, 1, [1, 2, 3, 4, 5])
    assert "and 1 more · [highlights 1, 2, 3, 4 and 5](#highlights)" in text(rows)


def noted(number, *about, **values):
    """A note about these pull requests that says three things."""
    said = {name: f"{name} of {number}." for name in ("result", "technical", "takeaway")}
    return note(number, **{"related_to": tuple(f"{PULL}{each}" for each in about), "extra": said} | values)


WHAT_NOTES_ARE_ABOUT = {
    "more work than there are highlights": ([pull(n) for n in range(8)], [noted(n, n) for n in range(8)]),
    "more work than a goal's section lists": (
        [pull(n, labels=("pay",)) for n in range(40)], [noted(n, n) for n in range(40)],
    ),
    "a review": ([pull(1), review(3)], [noted(1, 3)]),
    "two changes": ([pull(1), pull(2)], [noted(1, 1, 2)]),
    "two changes, one of them for a goal": (
        [pull(1, additions=900, deletions=0), pull(2, labels=("pay",))], [noted(1, 1, 2)],
    ),
    "routine": ([pull(1, title="Bump six from 1.16.0 to 1.17.0")], [noted(1, 1)]),
    "nothing but itself": ([pull(1)], [noted(1)]),
    "help": ([pull(1)], [noted(1, role="helper", participants=("grace",))]),
    "work that is no highlight": ([pull(1)], [noted(1, 1, extra={"highlight": "no", "takeaway": "takeaway of 1."})]),
}  # fmt: skip


@pytest.mark.parametrize("case", WHAT_NOTES_ARE_ABOUT)
@pytest.mark.parametrize("goals", [(), (PAY, CHARGES)], ids=["no goals", "goals"])
def test_what_a_note_says_stands_once(case, goals):
    """The person's own words are never left out, however full the page is, and never said twice."""
    work, notes = WHAT_NOTES_ARE_ABOUT[case]
    written = text([*work, *notes], *goals)
    said = [value for each in notes for name, value in each.extra.items() if name != "highlight"]
    assert {value: written.count(value) for value in said} == dict.fromkeys(said, 1)
