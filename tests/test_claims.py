"""Work is claimed by explicit structure or by decision, with its reason; what is open is only suggested."""

import datetime as dt
import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester.analysis.frame import make_frame
from harvester.goals import load, model
from harvester.goals.claims import claim
from harvester.goals.decisions import Decision, Decisions
from harvester.model.contribution import Contribution, to_table
from harvester.model.people import People, Person
from harvester.model.periods import calendar

BERLIN = calendar("Europe/Berlin")
JULY = dt.datetime(2026, 7, 10, 9, tzinfo=dt.UTC)
PEOPLE = People((Person("teammate", "A Teammate", accounts={"github": ("Mate",)}),), {"forge": "github"})
numbers = itertools.count()


def row(subject="github.com/org/repo#1", kind="pull_request", *, role="author", at=JULY, **values):
    return Contribution(
        **{
            "id": f"{kind}:{next(numbers)}", "source": "forge", "scope": "github.com/org", "kind": kind,
            "work_item": subject, "account": "ada", "role": role, "occurred_at": at,
        } | values
    )  # fmt: skip


def goals_with(*matches, criteria=(), **keys):
    tables = [{"name": f"g{n}", "title": f"Goal {n}", "match": match} | keys for n, match in enumerate(matches)]
    file = model.GoalsFile.model_validate({"goals": tables, "criteria": list(criteria)})
    return load.from_file(file, Path("goals.toml"), model.KnownNames())


def claims(rows, made, decisions=None, kind="goal"):
    frame = make_frame(to_table(rows), PEOPLE)
    found = claim(frame, made, decisions, calendar=BERLIN, people=PEOPLE, tickets={"PAY": "acme.atlassian.net"})
    found = found[found["target_kind"] == kind]
    return [tuple(each) for each in found[["row", "target", "status", "reason"]].itertuples(index=False)]


def one(one_row, match):
    """The status and reason of one row for one goal."""
    return [each[2:] for each in claims([one_row], goals_with(match))]


@pytest.mark.parametrize(
    ("match", "values", "reason"),
    [
        ({"labels": ["payments"]}, {"labels": ("x", "Payments")}, "label Payments"),
        ({"labels": ["area/*"]}, {"labels": ("area/pay",)}, "label area/pay"),
        ({"projects": ["org/*"]}, {"project": "Org/repo"}, "in Org/repo"),
        ({"tickets": ["PAY-7"]}, {"closes": ("PAY-7",)}, "closes PAY-7"),
        ({"tickets": ["PAY-*"]}, {"title": "PAY-7 Charge once"}, "names PAY-7"),
        ({"tickets": ["PAY-*"]}, {"body": "Part of PAY-7."}, "names PAY-7"),
        ({"tickets": ["PAY-*"]}, {"parent": "https://acme.atlassian.net/browse/PAY-1"}, "part of PAY-1"),
        ({"tickets": ["org/repo#1"]}, {}, "ticket github.com/org/repo#1"),
        ({"tickets": ["*-7"]}, {"closes": ("PAY-7",)}, "closes PAY-7"),
        ({"tickets": ["PAY-*"]}, {"related_to": ("PAY-7",)}, "related to PAY-7"),
        ({"tickets": ["acme.*/PAY-7"]}, {"closes": ("acme.atlassian.net/PAY-7",)}, "closes PAY-7"),
        ({"scopes": ["pay"]}, {"title": "fix(pay): refuse"}, "title scope pay"),
        ({"scopes": ["pay"]}, {"title": "feat(queue, Pay)!: carry"}, "title scope Pay"),
        ({"scopes": ["pay"]}, {"title": "pay: refuse"}, "title scope pay"),
        ({"people": ["teammate"]}, {"owners": ("mate",)}, "with A Teammate"),
        ({"kinds": ["pull_request"]}, {}, "a pull request"),
        ({"paths": ["services/pay/"]}, {"paths": ("services/pay/a.py",)}, "1 of 1 file under services/pay"),
        ({"kinds": ["pull_request"], "labels": ["x"]}, {"labels": ("x",)}, "label x, a pull request"),
        ({"any": [{"labels": ["no"]}, {"labels": ["x"]}]}, {"labels": ("x",)}, "label x"),
        ({"all": [{"labels": ["y"]}, {"labels": ["x"]}]}, {"labels": ("x", "y")}, "label y, label x"),
    ],
)
def test_explicit_structure_claims_with_its_reason(match, values, reason):
    assert one(row(**values), match) == [("claimed", reason)]


@pytest.mark.parametrize(
    ("match", "values"),
    [
        ({"labels": ["pay"]}, {"labels": ("payments",)}),
        ({"labels": []}, {"labels": ("",)}),
        ({"paths": []}, {"paths": ("a.py",)}),
        ({"any": []}, {}),
        ({}, {"labels": ("x",)}),
        ({"tickets": ["PAY-7"]}, {"closes": ("PAY-71", "XPAY-7")}),
        ({"tickets": ["PAY-*"]}, {"body": "about PAY-7"}),
        ({"tickets": ["PAY-*"]}, {"body": "Broken by PAY-7, see PAY-8"}),
        ({"tickets": ["OPS-*"]}, {"title": "OPS-7 Charge once", "body": "Part of OPS-8"}),
        ({"scopes": ["pay"]}, {"title": "repay: it (pay)"}),
        ({"scopes": ["pay"]}, {"title": "fix the pay page"}),
        ({"scopes": ["pay"]}, {"title": "x" * 1_000_000}),
        ({"people": ["teammate"]}, {"owners": ("mates",)}),
        ({"people": ["teammate"]}, {"source": "elsewhere", "owners": ("mate",)}),
        ({"kinds": ["review"]}, {}),
        ({"kinds": ["pull_request"], "labels": ["x"]}, {}),
        ({"all": [{"labels": ["y"]}, {"labels": ["x"]}]}, {"labels": ("x",)}),
        ({"labels": ["x"], "not": [{"labels": ["dependencies"]}]}, {"labels": ("x", "dependencies")}),
        ({"paths": ["services/pay/"]}, {}),
        ({"paths": ["services/pay/"]}, {"paths": ("services/payments/a.py",)}),
        ({"paths": ["a/"], "not": [{"paths": ["a/old/"]}]}, {"paths": ("a/old/x.py",)}),
    ],
)
def test_what_is_not_there_claims_nothing(match, values):
    assert one(row(**values), match) == []


PAY, DOCS = {"paths": ["services/pay/"]}, {"paths": ["services/ship/"]}


def files(pay=0, ship=0, other=0, tests=0, lock=0):
    return tuple(
        f"{folder}/{n}.{ending}"
        for folder, count, ending in (
            ("services/pay", pay, "py"), ("services/ship", ship, "py"), ("tools", other, "py"), ("tests", tests, "py"),
            ("all", lock, "lock"),
        )
        for n in range(count)
    )  # fmt: skip


@pytest.mark.parametrize(
    "other",
    [
        {"paths": ["services/pay/"], "kinds": ["review"]},
        {"all": [{"paths": ["services/pay/"]}, {"kinds": ["review"]}]},
        {"paths": ["services/pay/"], "not": [{"any": [{"kinds": ["pull_request", "commit"]}]}]},
        {"any": [{"all": [{"paths": ["services/pay/"]}, {"labels": ["no"]}]}, {"labels": ["none"]}]},
        {"paths": ["services/"], "not": [{"paths": ["services/pay/"]}]},
    ],
)
def test_a_rule_that_cannot_match_competes_for_nothing(other):
    made = claims([row(paths=("services/pay/a.py",))], goals_with({"paths": ["services/pay/"]}, other))
    assert [each[1:3] for each in made] == [("g0", "claimed")]


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (files(pay=12, other=1), [("g0", "claimed", "12 of 13 files under services/pay")]),
        (files(pay=2, ship=1), [("g0", "claimed", "2 of 3 files under services/pay")]),
        (
            files(pay=3, ship=2),
            [
                (
                    "g0",
                    "suggested",
                    "3 of 5 files under services/pay, and nearly as many or more under another goal's paths",
                )
            ],
        ),
        (
            files(pay=1, other=1),
            [("g0", "suggested", "1 of 2 files under services/pay, which is no more than half")],
        ),
        (files(pay=1, other=2), []),
        # Tests follow whatever a change is made for, wherever they stand; they break a tie and no more.
        (
            files(pay=1, tests=3),
            [("g0", "claimed", "1 of 1 file under services/pay (without 3 tests, texts and build files)")],
        ),
        (
            files(pay=1, lock=1),
            [("g0", "claimed", "1 of 1 file under services/pay (without 1 test, text or build file)")],
        ),
        (
            files(pay=39, other=21),
            [("g0", "suggested", "39 of 60 files under services/pay, in a change of more than 50 files")],
        ),
        # More than 50 files are needed for that, and four fifths of them are enough.
        (files(pay=30, other=20), [("g0", "claimed", "30 of 50 files under services/pay")]),
        (
            files(pay=31, other=20),
            [("g0", "suggested", "31 of 51 files under services/pay, in a change of more than 50 files")],
        ),
        (files(pay=48, other=12), [("g0", "claimed", "48 of 60 files under services/pay")]),
        (files(pay=59, other=1), [("g0", "claimed", "59 of 60 files under services/pay")]),
    ],
)
def test_most_files_must_be_under_one_goals_globs(paths, expected):
    assert [each[1:] for each in claims([row(paths=paths)], goals_with(PAY, DOCS))] == expected


def test_a_tie_is_a_suggestion_for_both_goals():
    found = claims([row(paths=files(pay=1, ship=1))], goals_with(PAY, DOCS))

    assert [each[1:3] for each in found] == [("g0", "suggested"), ("g1", "suggested")]


TESTS, GUIDES = {"paths": ["tests/"]}, {"paths": ["docs/", "README.md"]}


@pytest.mark.parametrize(
    ("match", "paths", "values", "status"),
    [
        (TESTS, ["tests/a.py"], {}, "claimed"),
        (TESTS, ["tests/a.py", "CHANGES.md", "AUTHORS"], {}, "claimed"),
        (TESTS, ["tests/a.py", "tests/conftest.py", "tox.ini"], {}, "claimed"),
        (TESTS, ["tests/a.py", "docs/a.rst"], {}, "suggested"),
        # A feature that brings its tests is no work on tests, however many they are.
        (TESTS, ["src/a.py", "tests/a.py", "tests/b.py", "tests/c.py"], {}, ""),
        (TESTS, ["src/a.py", *(f"tests/{n}.py" for n in range(30))], {}, "suggested"),
        (TESTS, ["src/a.py", "tests/a.py", "tests/b.py"], {"change_type": "fix"}, ""),
        (TESTS, ["src/a.py", "tests/a.py", "tests/b.py"], {"change_type": "test"}, "claimed"),
        (TESTS, ["src/a.py", "tests/a.py"], {"change_type": "test"}, "suggested"),
        (TESTS, ["src/a.py", "src/b.py", "tests/a.py"], {"change_type": "test"}, ""),
        (TESTS | {"share": 0.1}, ["src/a.py", *(f"tests/{n}.py" for n in range(3))], {}, "suggested"),
        (GUIDES, ["docs/a.rst", "README.md", "uv.lock"], {}, "claimed"),
        (GUIDES, ["docs/a.rst", "docs/examples/a.py"], {}, "claimed"),
        (GUIDES, ["src/a.py", "docs/a.rst", "docs/b.rst"], {}, ""),
        (GUIDES, ["src/a.py", "docs/a.rst", "docs/b.rst"], {"change_type": "docs"}, "claimed"),
        ({"paths": ["CHANGELOG*"]}, ["CHANGELOG.md"], {}, "claimed"),
        ({"paths": ["CHANGELOG*"]}, ["CHANGELOG.md", "docs/a.md"], {}, "suggested"),
        ({"paths": ["CHANGELOG*"]}, ["CHANGELOG.md", "src/a.py"], {}, ""),
        ({"paths": [".github/workflows/"]}, [".github/workflows/ci.yml"], {}, "claimed"),
        ({"paths": [".github/workflows/"]}, [".github/workflows/ci.yml", "src/a.py"], {}, ""),
        ({"paths": [".github/"]}, [".github/ci.yml", ".github/b.yml", "src/a.py"], {"change_type": "ci"}, "claimed"),
        ({"paths": ["pyproject.toml", "uv.lock"]}, ["pyproject.toml", "uv.lock"], {}, "claimed"),
        ({"paths": ["pyproject.toml", "uv.lock"]}, ["pyproject.toml", "uv.lock", "src/a.py"], {}, ""),
        # Where all is tests, as in a repository of end-to-end tests, they are compared with each other.
        ({"paths": ["tests/pay/"]}, ["tests/pay/a.py", "tests/pay/b.py", "tests/util.py"], {}, "claimed"),
        ({"paths": ["tests/pay/"]}, ["tests/pay/a.py", "tests/ship/a.py", "tests/util.py"], {}, ""),
        # A goal that names tests together with source files means all of its files.
        ({"paths": ["src/pay.py", "tests/pay/"]}, ["src/pay.py", "src/a.py", "tests/pay/a.py"], {}, "claimed"),
        ({"any": [{"paths": ["src/pay/"]}, TESTS]}, ["src/a.py", "tests/a.py", "tests/b.py"], {}, "claimed"),
        # Not in its `not`, which excludes work on tests and not what brings them.
        ({"paths": ["src/"], "not": [TESTS]}, ["src/a.py", "tests/a.py", "tests/b.py"], {}, "claimed"),
        ({"paths": ["src/", "tests/"], "not": [TESTS]}, ["tests/a.py"], {}, ""),
        (TESTS | {"not": [{"paths": ["src/old/"]}]}, ["src/a.py", "tests/a.py", "tests/b.py"], {}, ""),
    ],
)
def test_a_goal_for_tests_takes_changes_for_tests(match, paths, values, status):
    """So it is with docs, settings and lock files: they are claimed where the change is made for them."""
    assert [each[0] for each in one(row(paths=tuple(paths), **values), match)] == ([status] if status else [])


def test_a_goal_for_tests_takes_no_fix_from_another():
    """“Fewer flaky tests” was met by a fix of a feature, which its own goal then missed."""
    fix = row(paths=("services/pay/a.py", "tests/a.py", "tests/b.py", "tests/c.py"))
    flaky = row(paths=("tests/a.py",))

    assert [each[:3] for each in claims([fix, flaky], goals_with(PAY, TESTS))] == [
        (0, "g0", "claimed"), (1, "g1", "claimed"),
    ]  # fmt: skip


def test_a_rule_may_require_another_share():
    paths = files(pay=2, other=1)

    assert one(row(paths=paths), {"paths": ["services/pay/"], "share": 0.8}) == []
    assert one(row(paths=files(pay=1, other=2)), {"paths": ["services/pay/"], "share": 0.3}) == [
        ("claimed", "1 of 3 files under services/pay")
    ]


def test_a_goal_that_cannot_win_does_not_compete():
    only_reviews = {"kinds": ["review"], "paths": ["services/"]}
    no_bots = {"paths": ["services/"], "not": [{"labels": ["x"]}]}

    found = claims([row(paths=files(pay=1), labels=("x",))], goals_with(PAY, only_reviews, no_bots))

    assert [each[1:3] for each in found] == [("g0", "claimed")]


def test_a_ticket_takes_the_files_of_what_closed_it():
    rows = [
        row("acme.atlassian.net/PAY-7", "issue", role="assignee"),
        row("github.com/org/repo#1", closes=("PAY-7",), paths=files(pay=3, other=1)),
        row("github.com/org/repo#1", source="git", closes=("PAY-7",), paths=files(pay=3, other=1)),
    ]

    found = claims(rows, goals_with(PAY))

    assert found[0] == (0, "g0", "claimed", "3 of 4 files under services/pay in what closed it")


def test_a_reason_names_the_files_left_out():
    rule = PAY | {"share": 0.8}
    paths = (*files(pay=4, tests=1), "go.sum")
    assert one(row(paths=paths), rule) == [
        ("claimed", "4 of 4 files under services/pay (without 2 tests, texts and build files)")
    ]
    assert one(row(paths=paths), PAY) == [("claimed", "4 of 6 files under services/pay")]


def test_a_row_may_serve_two_goals():
    found = claims([row(labels=("x",), title="fix(pay): it")], goals_with({"labels": ["x"]}, {"scopes": ["pay"]}))

    assert [each[1] for each in found] == ["g0", "g1"]


def test_a_goal_takes_rows_of_its_own_days_only():
    made = goals_with({"labels": ["x"]}, **{"from": dt.date(2026, 7, 1), "until": dt.date(2026, 9, 30)})
    times = ["2026-06-30T21:59:59", "2026-06-30T22:00:00", "2026-09-30T21:59:59", "2026-09-30T22:00:00"]
    rows = [row(labels=("x",), occurred_at=dt.datetime.fromisoformat(each).replace(tzinfo=dt.UTC)) for each in times]
    everything = Decisions((Decision("github.com/org/repo#1", "g0", accept=True, date=dt.date(2026, 8, 3)),))

    assert [each[0] for each in claims(rows, made)] == [1, 2]
    assert [each[0] for each in claims(rows, made, everything)] == [1, 2]


def test_a_goal_of_all_days_takes_every_row():
    """The first and the last day of the calendar are no days that times could be compared with."""
    made = goals_with({"labels": ["x"]}, **{"from": dt.date.min, "until": dt.date.max})

    assert len(claims([row(labels=("x",))], made)) == 1


def test_the_persons_decision_comes_before_every_rule():
    rows = [row("github.com/org/repo#1", labels=("x",)), row("github.com/Org/repo#2"), row("github.com/org/repo#3")]
    day = dt.date(2026, 8, 3)
    decided = Decisions(
        (
            Decision("github.com/org/repo#1", "g0", accept=False, date=day),
            Decision("github.com/org/Repo#2", "g0", accept=True, date=day),
            Decision("github.com/org/repo#3", "gone", accept=True, date=day),
        )
    )

    assert claims(rows, goals_with({"labels": ["x"]}), decided) == [
        (1, "g0", "claimed", "decided by hand, 3 August 2026")
    ]


def test_a_decision_about_a_criterion_comes_last():
    """Before its rule, a note that names it, and the goals that serve it."""
    rows = [
        row("github.com/org/repo#1", labels=("x",)), row("github.com/org/repo#2", labels=("y",)),
        row("github.com/org/repo#3"), row("notebook/a", "note", extra={"criterion": "other\nleads"}),
    ]  # fmt: skip
    leads = {"name": "leads", "text": "Leads", "match": {"labels": ["y"]}}
    made, day = goals_with({"labels": ["x"]}, criteria=[leads], criterion="leads"), dt.date(2026, 8, 3)

    assert claims(rows, made, kind="criterion") == [
        (0, "leads", "claimed", "through the goal “Goal 0”"),
        (1, "leads", "claimed", "label y"),
        (3, "leads", "claimed", "the note names this criterion"),
    ]
    decided = [
        Decision(item, "", accept, day, "", "leads")
        for item, accept in (("github.com/org/Repo#3", True), ("notebook/a", False), ("github.com/org/repo#1", False))
    ]
    assert claims(rows, made, Decisions(tuple(decided)), kind="criterion") == [
        (1, "leads", "claimed", "label y"),
        (2, "leads", "claimed", "decided by hand, 3 August 2026"),
    ]
    assert [each[0] for each in claims(rows, made, Decisions(tuple(decided)))] == [0]


def test_a_note_serves_the_goal_it_names():
    rows = [
        row("notebook/a", "note", extra={"goal": "g1\ng0"}),
        row("notebook/b", "note", extra={"outcome": "g1 = 4"}),
        row("notebook/c", "note", body="g1"),
        row("notebook/d", "note", extra={"outcome": "g1 = four\ng1 =\ng1"}),
    ]
    counted, figures = goals_with(None, None), goals_with(None, None, measure="outcome", baseline=9, target=0)

    named = [(0, "g0", "claimed", "the note names this goal"), (0, "g1", "claimed", "the note names this goal")]
    assert claims(rows, counted) == named
    assert claims(rows, figures) == [*named, (1, "g1", "claimed", "the note gives its outcome")]


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        (files(pay=1), files(lock=4), ["1 of 1 file under services/pay (without 4 tests, texts and build files)"]),
        (files(other=1), ("services/pay/a.lock", "services/pay/b.lock"), []),
    ],
)  # fmt: skip
def test_a_ticket_takes_the_files_of_all_its_closers(first, second, found):
    ticket = row("acme.atlassian.net/PAY-7", "issue", role="assignee")
    pulls = [
        row(f"github.com/acme/x#{number}", closes=("PAY-7",), paths=paths)
        for number, paths in enumerate((first, second))
    ]
    made = [each[3] for each in claims([ticket, *pulls], goals_with(PAY)) if each[:3] == (0, "g0", "claimed")]
    assert made == [f"{each} in what closed it" for each in found]


def test_what_serves_a_goal_serves_its_criterion():
    criteria = [{"name": "leads", "text": "Leads", "match": {"kinds": ["review"]}}]
    rows = [row(labels=("x",)), row(kind="review", role="reviewer"), row()]

    found = claims(rows, goals_with({"labels": ["x"]}, criteria=criteria, criterion="leads"), kind="criterion")

    assert found == [
        (0, "leads", "claimed", "through the goal “Goal 0”"),
        (1, "leads", "claimed", "a review"),
    ]


def test_a_goals_suggestion_is_its_criterions_too():
    criteria = [{"name": "leads", "text": "Leads"}]
    made = goals_with(PAY, criteria=criteria, criterion="leads")

    assert [each[2] for each in claims([row(paths=files(pay=1, other=1))], made, kind="criterion")] == ["suggested"]


def test_a_part_of_a_frame_is_claimed_as_in_the_whole():
    rows = [
        row(f"github.com/org/repo#{n}", labels=("x",) * (n % 2), paths=files(pay=n % 3), owners=("mate",) * (n == 3))
        for n in range(6)
    ]
    rows.append(row("notebook/a", "note", extra={"goal": "g2"}))
    made = goals_with({"labels": ["x"]}, PAY, {"people": ["teammate"]})
    frame = make_frame(to_table(rows), PEOPLE)

    def found(part):
        return {tuple(each) for each in claim(part, made, calendar=BERLIN, people=PEOPLE).itertuples(index=False)}

    for part in (frame.iloc[2:], frame.iloc[2:5], frame[frame.index % 2 == 1], frame.iloc[::-1]):
        assert found(part) == {each for each in found(frame) if each[0] in part.index}


def test_no_goals_and_no_rows_make_no_claims():
    assert claims([row()], goals_with()) == []
    assert claims([], goals_with(PAY)) == []


places = st.sampled_from(
    ["services/pay/a.py", "services/pay/b.py", "services/ship/a.py", "tools/a.py", "tests/a.py", "x.lock"]
)
rows_of_work = st.lists(
    st.tuples(
        st.lists(places, unique=True), st.sampled_from([(), ("x",)]), st.sampled_from(["pull_request", "review"])
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(rows_of_work, st.randoms(use_true_random=False))
def test_order_and_repetition_change_no_claim(made, random):
    rows = [row(f"commit/{n:040x}", kind, paths=tuple(p), labels=labels) for n, (p, labels, kind) in enumerate(made)]
    shuffled = rows * 2
    random.shuffle(shuffled)
    goals = goals_with({"any": [PAY, {"labels": ["x"], "kinds": ["review"]}]}, DOCS)

    def by_work_item(rows):
        return {(rows[at].work_item, *rest) for at, *rest in claims(rows, goals)}

    assert by_work_item(shuffled) == by_work_item(rows)


@settings(max_examples=60, deadline=None)
@given(rows_of_work)
def test_paths_claim_a_row_for_one_goal_at_most(made):
    rows = [row(f"commit/{n:040x}", paths=tuple(p)) for n, (p, _, _) in enumerate(made)]
    sure = [each[0] for each in claims(rows, goals_with(PAY, DOCS)) if each[2] == "claimed"]

    assert len(sure) == len(set(sure))
