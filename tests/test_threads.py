"""Threads join what belongs together, whatever order or source it came from, and nothing else."""

import datetime as dt
import itertools
import time

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester.analysis.frame import make_frame
from harvester.analysis.links import components
from harvester.analysis.references import resolve
from harvester.analysis.threads import A_DAY, about, closers, threads
from harvester.model.contribution import Contribution, to_table
from harvester.model.people import People

JIRA = {"PAY": "acme.atlassian.net"}
numbers = itertools.count()


def row(subject, kind="pull_request", *, role="author", **values):
    return Contribution(
        **{
            "id": f"{kind}:{next(numbers)}", "source": "github", "scope": "github.com/org", "kind": kind,
            "work_item": subject, "account": "ada", "role": role, "occurred_at": dt.datetime(2026, 7, 1, tzinfo=dt.UTC),
        } | values
    )  # fmt: skip


def framed(*rows):
    return make_frame(to_table(rows), People())


def thread_of(*rows, tickets=JIRA):
    return threads(framed(*rows), tickets).tolist()


@pytest.mark.parametrize(
    ("reference", "base", "subject"),
    [
        ("#12", "github.com/org/repo", "github.com/org/repo#12"),
        ("!12", "gitlab.com/group/sub/project", "gitlab.com/group/sub/project!12"),
        ("other/repo#3", "github.com/org/repo", "github.com/other/repo#3"),
        ("a/b/c!5", "gitlab.com/group/project", "gitlab.com/a/b/c!5"),
        ("sibling!7", "gitlab.com/group/project", "gitlab.com/group/sibling!7"),
        ("github.com/Org/Repo#3", "gitlab.com/group/project", "github.com/org/repo#3"),
        ("localhost:8080/org/repo#3", "gitlab.com/group/project", "localhost:8080/org/repo#3"),
        ("PAY-7", "github.com/org/repo", "acme.atlassian.net/pay-7"),
        ("UTF-8", "github.com/org/repo", None),
        ("OPS-1", "github.com/org/repo", None),
        ("acme.atlassian.net/OPS-1", "github.com/org/repo", "acme.atlassian.net/ops-1"),
        ("commit/ABCDEF1", "github.com/org/repo", "commit/abcdef1"),
        ("abcdef1", "github.com/org/repo", None),
        ("a" * 40, "github.com/org/repo", "commit/" + "a" * 40),
        ("https://github.com/org/repo/pull/3#issuecomment-1", "x.y/z", "github.com/org/repo#3"),
        ("https://github.com/org/repo/issues/3", "x.y/z", "github.com/org/repo#3"),
        ("https://gitlab.com/a/b/-/merge_requests/3?tab=x", "x.y/z", "gitlab.com/a/b!3"),
        ("https://gitlab.com/a/b/-/work_items/3", "x.y/z", "gitlab.com/a/b#3"),
        ("https://acme.atlassian.net/browse/PAY-3", "x.y/z", "acme.atlassian.net/pay-3"),
        ("https://acme.example:8443/jira/browse/PAY-3", "x.y/z", "acme.example/jira/pay-3"),
        ("https://github.acme.example:8443/org/repo/pull/3", "x.y/z", "github.acme.example/org/repo#3"),
        ("http://gitlab.acme.example:8080/a/b/-/merge_requests/3", "x.y/z", "gitlab.acme.example/a/b!3"),
        ("https://acme.example/jira/browse/PAY-3?focusedId=1", "x.y/z", "acme.example/jira/pay-3"),
        ("https://github.com/org/repo/commit/abcdef12", "x.y/z", "commit/abcdef12"),
        # GitLab: groups within groups, dots and dashes in their names, a path before them, hosts with a port or no dot
        ("a/b/c/d/e/f/g/h/i/j/k/l!5", "gitlab.com/x/y", "gitlab.com/a/b/c/d/e/f/g/h/i/j/k/l!5"),
        ("acme.io/web/pay!5", "gitlab.com/Acme.io/app", "gitlab.com/acme.io/web/pay!5"),
        ("acme.io/web/pay!5", "gitlab.com/other/app", "acme.io/web/pay!5"),
        ("acme.io/pay#5", "gitlab.com/other/app", "gitlab.com/acme.io/pay#5"),
        ("my-group/a.b_c-d!5", "gitlab.com/x/y", "gitlab.com/my-group/a.b_c-d!5"),
        ("a.b-c#5", "gitlab.com/x.y/z", "gitlab.com/x.y/a.b-c#5"),
        ("gitlab/acme/pay!5", "gitlab/acme/shop", "gitlab/acme/pay!5"),
        ("gitlab/acme/pay!5", "gitlab.com/x/y", "gitlab.com/gitlab/acme/pay!5"),
        ("!5", "intranet.acme.org/gitlab/acme/pay", "intranet.acme.org/gitlab/acme/pay!5"),
        ("shop#5", "intranet.acme.org/gitlab/acme/pay", "intranet.acme.org/gitlab/acme/shop#5"),
        ("intranet.acme.org/gitlab/a/b#5", "intranet.acme.org/gitlab/acme/pay", "intranet.acme.org/gitlab/a/b#5"),
        ("https://git.acme.org:8443/gitlab/a/b/-/merge_requests/5/diffs#note_1", "x.y/z", "git.acme.org/gitlab/a/b!5"),
        ("https://git.acme.org:8443/a.b/c-d/-/issues/5", "x.y/z", "git.acme.org/a.b/c-d#5"),
        ("http://gitlab/a/b/-/work_items/5", "x.y/z", "gitlab/a/b#5"),
        ("a mere mention", "github.com/org/repo", None),
        ("", "github.com/org/repo", None),
        ("#1x", "github.com/org/repo", None),
    ],
)
def test_a_reference_is_resolved_by_its_project(reference, base, subject):
    assert resolve(pa.array([reference]), pa.array([base]), JIRA).to_pylist() == [subject]


def test_a_thread_joins_sources_and_has_the_ticket_s_name():
    sha = "c" * 40
    found = thread_of(
        row("github.com/org/repo#12", closes=("PAY-7",)),
        row("github.com/org/repo#12", "review", role="reviewer"),
        row(f"commit/{sha}", "commit", scope="github.com/org/repo", part_of=("#12",)),
        row("commit/" + "d" * 40, "commit", scope="/home/ada/repo", picked_from=("commit/ccccccc",)),
        row("github.com/org/repo#20", reverts=("#12",)),
        row("acme.atlassian.net/PAY-7", "issue", role="assignee"),
        row("github.com/org/repo#99"),
    )

    assert found == ["acme.atlassian.net/PAY-7"] * 6 + ["github.com/org/repo#99"]


def test_mentions_epics_and_what_a_note_is_about_join_nothing():
    found = thread_of(
        row("github.com/org/repo#1", body="see #2", parent="PAY-1"),
        row("github.com/org/repo#2", parent="PAY-1"),
        row("notebook/x", "note", related_to=("#1", "#2")),
    )

    assert len(set(found)) == 3


def test_a_word_that_only_looks_like_a_ticket_joins_nothing():
    found = thread_of(row("github.com/org/repo#1", closes=("UTF-8",)), row("github.com/org/repo#2", closes=("UTF-8",)))

    assert found == ["github.com/org/repo#1", "github.com/org/repo#2"]


TICKET = "acme.atlassian.net/PAY-7"


@pytest.mark.parametrize(
    "values",
    [
        {"title": "PAY-7 Charge once"},
        {"title": "fix(pay): charge once [PAY-7]"},
        {"title": "feature/PAY-7-charge-once"},
        {"title": "Charge once (PAY-7, PAY-8)"},
        {"title": "修复PAY-7的问题"},
        {"title": "Charge once", "body": "Part of PAY-7."},
        {"title": "PAY-8 Charge", "body": "See https://acme.atlassian.net/browse/PAY-7?x=1 and PAY-8"},
        {"extra": {"topic": "bug/PAY-7"}, "kind": "commit", "subject": "commit/" + "c" * 40},
        {"extra": {"topic": "bug/pay-7-once"}, "kind": "commit", "subject": "commit/" + "c" * 40},
        {"title": "PAY-7 Charge once", "kind": "review"},
        {"title": "Release", "body": "PAY-7, PAY-8 and PAY-9"},
    ],
)
def test_a_change_belongs_to_the_ticket_that_it_names(values):
    """In its title, its branch, its text: Jira knows no words that close."""
    subject, kind = values.get("subject", "github.com/org/repo#1"), values.get("kind", "pull_request")
    change = row(subject, kind, **{key: each for key, each in values.items() if key not in {"subject", "kind"}})
    found = thread_of(row(TICKET, "issue", role="assignee"), change)
    assert found[0] == found[1]


@pytest.mark.parametrize(
    "body",
    [
        "PAY-7",
        "Charge once.\n\nPAY-7, PAY-8",
        "PAY-7: charge once",
        "[PAY-7] Charge once",
        "* [PAY-7](https://acme.atlassian.net/browse/PAY-7)",
        "https://acme.atlassian.net/browse/PAY-7?focusedCommentId=1",
        "## Jira ticket: PAY-7 (part 2)",
        "**Ticket**: [PAY-7](https://acme.atlassian.net/browse/PAY-7)",
        "Refs: PAY-8, PAY-7",
        "This fixes PAY-7.",
        "Also addresses the issue PAY-7",
        "Fixes PAY-8 and PAY-7",
        "This PR is part of PAY-7, which comes in pieces.",
        "Done. This is for PAY-7.",
        "The first part of PAY-7",
        "Ticket #PAY-7.",
        "See https://acme.atlassian.net/browse/PAY-7",
        "Merge branch 'feature/PAY-7-once' into main",
    ],
)
def test_a_text_refers_to_its_ticket(body):
    """As a line of its own, a title, a label, a trailer, or in words; in messages and descriptions alike."""
    found = thread_of(row(TICKET, "issue", role="assignee"), row("github.com/org/repo#1", title="Charge", body=body))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    "body",
    [
        "about PAY-7",
        "Broken by PAY-7.",
        "PAY-7 introduced a change that broke this.",
        "As described in PAY-7, it charges twice (see PAY-7).",
        "See PAY-7 for why not.",
        "A follow-up of PAY-7, blocked by PAY-7",
        "Unlike https://acme.atlassian.net/browse/PAY-7 this asks first",
        "Until somebody has a fix, PAY-7 stays",
        "https://ci.example.com/job/PAY-7/3",
        "docs/PAY-7.md and docs/PAY-7/index.md",
        "Related: PAY-7",
        "Note: PAY-7 broke it",
        "Bug PAY-7 came with this.",
        "x" * 2000 + " fixes PAY-7",
    ],
)
def test_a_mere_mention_of_a_ticket_joins_nothing(body):
    """It claims nothing either: a text that names a ticket in passing is more often about another one."""
    found = thread_of(row(TICKET, "issue", role="assignee"), row("github.com/org/repo#1", title="Charge", body=body))
    assert found[0] != found[1]


@pytest.mark.parametrize(
    ("others", "joined"),
    [
        ([], True),
        ([("acme.atlassian.net/PAY-70", "issue")], True),
        ([("other.example/jira/PAY-1", "issue")], False),
        ([("other.example/jira/PAY-1", "note")], True),
    ],
)
def test_a_project_is_known_by_its_tickets(others, joined):
    """Where no configuration names it; of a key that two trackers have neither is meant."""
    rows = [row(TICKET, "issue", role="assignee"), row("github.com/org/repo#1", title="PAY-7 Charge once")]
    found = thread_of(*rows, *(row(each, kind) for each, kind in others), tickets={})
    assert (found[0] == found[1]) == joined


@pytest.mark.parametrize(
    "values",
    [
        {"title": "UTF-8 and OPS-7", "body": "SHA-1"},
        {"title": "XPAY-7, PAY-70, PAY-7x, PAY-7.1, PAY_7, pay-7"},
        {"title": "Copied", "body": "https://other.example/browse/PAY-7"},
        {"title": "Copied", "body": "https://acme.atlassian.net/jira/browse/PAY-7"},
        {"title": "Release 2", "body": "PAY-6, PAY-7, PAY-8, PAY-9"},
        {"title": "Charge", "body": "Do PAY-7 first", "kind": "review"},
        {"extra": {"topic": "ops-7"}, "kind": "commit", "subject": "commit/" + "c" * 40},
        {"title": "PAY-7 again", "kind": "note"},
        {"title": "PAY-7 again", "kind": "issue", "subject": "acme.atlassian.net/PAY-12"},
    ],
)
def test_what_names_no_ticket_of_ours_joins_none(values):
    """Another project, another Jira, a list of tickets, and what is no change."""
    subject, kind = values.get("subject", "github.com/org/repo#1"), values.get("kind", "pull_request")
    other = row(subject, kind, **{key: each for key, each in values.items() if key not in {"subject", "kind"}})
    found = thread_of(row(TICKET, "issue", role="assignee"), other)
    assert found[0] != found[1]


def test_a_long_text_without_an_end_is_read_quickly():
    """However often an address begins in it."""
    body = "https://" * 20_000 + "PAY-7" + "\nPAY-7: " * 20_000 + "PAY-7, " * 20_000 + " and" * 20_000
    start = time.perf_counter()
    thread_of(row("github.com/org/repo#1", body=body))
    assert time.perf_counter() - start < 2


def test_an_abbreviated_commit_joins_only_where_one_commit_begins_so():
    first, second = "commit/" + "abcdef1" + "0" * 33, "commit/" + "abcdef1" + "1" * 33
    pick = row("commit/" + "f" * 40, "commit", picked_from=("commit/abcdef1",))

    assert thread_of(row(first, "commit"), pick) == [first, first]
    assert len(set(thread_of(row(first, "commit"), row(second, "commit"), pick))) == 3


def test_the_same_number_in_two_repositories_of_unknown_host_is_two_tickets():
    rows = [
        row("commit/" + letter * 40, "commit", scope=f"/home/ada/{place}", closes=("#1",))
        for letter, place in (("a", "one"), ("b", "one"), ("c", "two"))
    ]

    found = thread_of(*rows)

    assert found[0] == found[1] != found[2]


def test_an_empty_frame_has_no_threads():
    assert threads(framed(row("github.com/org/repo#1")).iloc[:0], JIRA).tolist() == []


def test_a_frame_that_was_selected_keeps_its_index():
    frame = framed(row("github.com/org/repo#1"), row("github.com/org/repo#2"), row("github.com/org/repo#3")).iloc[1:]

    assert threads(frame, JIRA).to_dict() == {1: "github.com/org/repo#2", 2: "github.com/org/repo#3"}


def test_a_slice_of_a_frame_has_the_threads_of_its_own_rows():
    rows = [row("github.com/org/repo#9", closes=("#8",)), *(row(f"github.com/org/repo#{n}") for n in (1, 2))]
    frame = framed(*rows, row("github.com/org/repo#3", closes=("#2",)))

    assert threads(frame.iloc[1:], JIRA).tolist() == [
        "github.com/org/repo#1", "github.com/org/repo#2", "github.com/org/repo#2",
    ]  # fmt: skip


def test_a_note_is_about_the_one_work_item_that_its_words_end():
    frame = framed(
        row("github.com/org/pay#131", closes=("PAY-7",)),
        row("acme.atlassian.net/PAY-7", "issue"),
        row("github.com/org/other#131"),
        row("notebook/a", "note", scope="notebook.md", related_to=("pay#131", "pay#9", "#131")),
        row("notebook/b", "note", scope="notebook.md", related_to=("PAY-7",)),
        row("github.com/org/pay#9"),
        row("notebook/c", "note", scope="notebook.md", related_to=("#9", "#1")),
    )

    thread = threads(frame, JIRA)
    found = [(note, thread[row]) for note, row in about(frame, JIRA)]

    ticket = "acme.atlassian.net/PAY-7"
    assert found == [(3, ticket), (3, "github.com/org/pay#9"), (4, ticket), (6, "github.com/org/pay#9")]


def test_a_note_names_a_commit_by_its_first_digits():
    """As git shows it, in full or not; digits that several begin with, or fewer than seven, lead to none."""
    shas = [f"abcdef1{end}".ljust(40, "0") for end in "12"]
    words = ("ABCDEF11", "abcdef1", "abcdef", shas[1], "abcdef12f")
    frame = framed(
        *(row(f"commit/{sha}", "commit") for sha in shas),
        *(row(f"notebook/{n}", "note", scope="notebook.md", related_to=(word,)) for n, word in enumerate(words)),
    )

    assert about(frame, JIRA) == [(2, 0), (5, 1)]


def test_a_note_is_about_work_as_a_report_names_it():
    """Without what tells folders of one name apart, and with the joiner that a page has within a reference."""
    words = ("pay#131", "pay#\u2060131", "shop#\u20607", "docs#1", "docs~00000002#1", "local/pay#131")
    frame = framed(
        row("local/pay~1a2b3c4d#131", scope="local/pay~1a2b3c4d"),
        row("github.com/org/shop#7"),
        row("local/docs~00000001#1", scope="local/docs~00000001"),
        row("local/docs~00000002#1", scope="local/docs~00000002"),
        *(row(f"notebook/{n}", "note", scope="notebook.md", related_to=(word,)) for n, word in enumerate(words)),
    )

    assert about(frame, JIRA) == [(4, 0), (5, 0), (6, 1), (8, 3), (9, 0)]


def test_a_ticket_is_closed_by_its_pull_request_once_whichever_sources_saw_it():
    rows = [
        row("acme.atlassian.net/PAY-7", "issue", role="assignee"),
        row("github.com/org/repo#12", closes=("PAY-7",), paths=("a.py",)),
        row("github.com/org/repo#12", source="git", closes=("PAY-7",), paths=("a.py", "b.py")),
        row("commit/" + "c" * 40, "commit", closes=("PAY-7",), paths=("c.py",)),
        row("github.com/org/repo#13", "review", role="reviewer", closes=("PAY-7",), paths=("d.py",)),
    ]

    ticket, change = closers(framed(*rows), JIRA)

    assert (ticket.tolist(), change.tolist()) == ([0], [2])


@pytest.mark.parametrize(("late", "closed"), [(-A_DAY, [0]), (A_DAY, [0]), (A_DAY + 1, [])])
def test_a_change_closes_a_ticket_up_to_a_day_late(late, closed):
    """To the microsecond: what landed later than a day after the ticket was closed did not close it."""
    at = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)
    ticket = row("acme.atlassian.net/PAY-7", "issue", role="assignee", occurred_at=at)
    change = row("github.com/org/repo#12", closes=("PAY-7",), occurred_at=at + dt.timedelta(microseconds=late))

    assert closers(framed(ticket, change), JIRA)[0].tolist() == closed


subjects = st.integers(0, 9).map(lambda number: f"github.com/org/repo#{number}")
references = st.lists(st.integers(0, 9).map(lambda number: f"#{number}"), max_size=2).map(tuple)
work = st.lists(
    st.tuples(subjects, references, st.sampled_from(["closes", "part_of", "picked_from", "reverts"])), max_size=12
)


def partition(rows):
    found = dict(zip([each.work_item for each in rows], thread_of(*rows), strict=True))
    return {subject: frozenset(other for other in found if found[other] == found[subject]) for subject in found}, found


@settings(max_examples=60, deadline=None)
@given(work, st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_changes_threads(made, random):
    rows = [row(subject, **{column: refs}) for subject, refs, column in made]
    again = [row(each.work_item, source="git", **{made[n][2]: made[n][1]}) for n, each in enumerate(rows)]
    shuffled = rows + again
    random.shuffle(shuffled)

    assert partition(shuffled) == partition(rows)


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 40).flatmap(lambda n: st.tuples(st.just(n), st.lists(st.tuples(*[st.integers(0, n - 1)] * 2)))))
def test_components_are_those_a_plain_search_finds(graph):
    count, edges = graph
    expected = list(range(count))
    for _ in range(count):
        for left, right in edges:
            expected[left] = expected[right] = min(expected[left], expected[right])
    pairs = np.array(edges, np.int64).reshape(-1, 2)

    assert components(count, pairs[:, 0], pairs[:, 1]).tolist() == expected


def test_a_chain_of_a_hundred_thousand_is_one_component():
    order = np.random.default_rng(1).permutation(100_000)

    assert set(components(100_000, order[:-1], order[1:]).tolist()) == {0}
