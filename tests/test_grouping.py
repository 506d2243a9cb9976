"""Themes and routine: few headings that work shares, what is folded, and what is left out."""

import dataclasses
import random

import pandas as pd
import pytest

from harvester.analysis import measures
from harvester.analysis.threads import threads
from harvester.config.rule import Exclusion, Rule
from harvester.grouping import GroupingRules, exclude, routine, themes
from harvester.grouping.lint import lint
from harvester.grouping.theme_keys import folder_name, scope_name, topic_name
from harvester.model.periods import Period
from tests.rows import ADA, PEOPLE, at, commit, framed, review, row

YEAR = Period(at("2026-01-01"), at("2027-01-01"))
FIRST, SECOND = (("github.com/org/app#1",), ("github.com/org/app#2",))
FOREST = ("oak", "elm", "ash", "fir", "yew", "box", "bay", "fig", "may", "tea", "gum", "ivy")


def sha(number):
    return f"{number:040x}"


def pull(number, **values):
    """A pull request of Ada's in git and on the forge, by its number."""
    return row(work_item=f"github.com/org/app#{number}", **values)


def rows_of(contributions, serves=()):
    """The prepared rows of a report's frame; those at the positions in `serves` serve a goal."""
    frame = framed(contributions)
    serving = pd.Series([at in serves for at in range(len(frame))], frame.index, "bool[pyarrow]")
    return frame.assign(thread=threads(frame), serves_goal=serving)


def rules_of(themes=None, routine=None, exclude=()):
    made = [{name: Rule.model_validate(rule) for name, rule in (named or {}).items()} for named in (themes, routine)]
    return GroupingRules(*made, tuple(map(Exclusion.model_validate, exclude)), PEOPLE)


def theme_of(contributions, **given):
    """The heading of each row, in order."""
    return themes(rows_of(contributions), rules_of(**given))["theme"].tolist()


def routine_of(contributions, **given):
    found = routine(rows_of(contributions), rules_of(**given))["routine"]
    return [None if name is pd.NA else name for name in found.tolist()]


def one_routine(title, **values):
    (found,) = routine_of([pull(1, title=title, paths=("src/app/queue.py",), **values)])
    return found


def test_what_shares_a_title_scope_has_its_heading():
    titles = ("feat(pager): scroll", "pager: draw", "fix(pager, keys): move", "Say hello")
    made = theme_of([pull(number, title=title) for number, title in enumerate(titles)])
    assert made == ["pager", "pager", "pager", "Other"]


@pytest.mark.parametrize(
    ("scope", "above", "heading"),
    [
        ("feat(pager)", 0, "pager"),
        ("pager", 0, "pager"),
        ("fix", 0, ""),
        ("fix(deps)", 0, ""),
        ("dev-cmd/bump", 0, "bump"),
        ("dev-cmd/bump", 1, "dev-cmd"),
        ("pager", 1, ""),
        ("docs", 0, "Documentation"),
        ("refs.c", 0, "refs"),
        ("a", 0, ""),
        ("123", 0, ""),
    ],
)
def test_a_scope_is_readable_or_says_nothing(scope, above, heading):
    assert scope_name(scope, above) == heading


def test_a_ticket_in_brackets_is_no_scope():
    titles = ("[Fix #12] scroll", "[Fix #12] draw", "Merge branch 'x': y")
    assert set(theme_of([pull(number, title=title) for number, title in enumerate(titles)])) == {"app"}


def test_a_topic_is_called_what_its_branch_is():
    assert topic_name("ps/writev") == "writev"
    assert topic_name("jk/fetch-auto-gc") == "fetch auto gc"


def test_a_topic_is_one_piece_of_work():
    """Its commits have one heading, that of most of them; alone it is no theme."""
    made = [commit(sha(n), title=f"odb: {n}", extra={"topic": "ps/writev"}) for n in range(3)]
    aside = commit(sha(8), title="writev: b", extra={"topic": "ps/writev"})
    assert theme_of([*made, aside]) == ["app"] * 4
    assert theme_of([*made, aside, commit(sha(9), title="odb: nine"), pull(1)]) == ["odb"] * 5 + ["Other"]


def test_an_epic_comes_before_scope_and_folder():
    epic = {"parent": "acme.atlassian.net/PAY-7", "title": "odb: a"}
    made = rows_of([commit(sha(n), extra={"topic": f"x/{n}"}, **epic) for n in range(3)])
    found = themes(made, rules_of())
    assert set(found["theme"]) == {"PAY-7"}
    assert set(found["reason"]) == {"part of acme.atlassian.net/PAY-7, as of 3 pieces of work here"}


def test_a_telling_heading_wins_over_a_larger_one():
    made = [commit(sha(n), title=f"odb: {n}", parent="acme.atlassian.net/PAY-7" if n < 4 else None) for n in range(5)]
    assert theme_of([*made, commit(sha(9), title="Nine")]) == ["PAY-7"] * 4 + ["Other"] * 2


def test_an_epic_among_the_rows_gives_its_title():
    epic = row(kind="issue", role="assignee", work_item="acme.atlassian.net/PAY-7", source="tickets", title="Payments")
    parts = [pull(n, parent="acme.atlassian.net/PAY-7", title=f"Part {n}") for n in range(2)]
    assert theme_of([*parts, epic])[:2] == ["Payments", "Payments"]


def test_an_epic_without_a_row_has_its_tickets_title():
    """A ticket's row names the title of its parent, which nobody may have worked on."""
    named = {"parent": "acme.atlassian.net/PAY-7", "extra": {"parent_title": "Payments"}}
    tickets = [
        row(kind="issue", role="assignee", work_item=f"acme.atlassian.net/PAY-{n}", source="tickets", **named)
        for n in (8, 9, 10)
    ]
    assert theme_of(tickets) == ["Payments"] * 3


@pytest.mark.parametrize(
    ("folder", "heading"),
    [
        ("src/click/_termui_impl", "termui_impl"),
        ("src", ""),
        ("tests/test_parser", "parser"),
        ("pay/queue_test", "queue"),
        (".github/workflows", "Continuous integration"),
        ("src/click/__init__", ""),
        ("x", ""),
    ],
)
def test_a_folder_is_readable_or_says_nothing(folder, heading):
    assert folder_name(folder) == heading


def test_the_deepest_folder_with_half_the_files():
    """Tests and texts beside source files say nothing; of two halves neither is taken."""
    made = [
        pull(1, title="A", paths=("src/pay/queue.py", "tests/test_other.py", "docs/a.md")),
        pull(2, title="B", paths=("src/pay/queue.py", "src/pay/money.py", "src/pay/queue/deep.py")),
        pull(3, title="C", paths=("src/pay/money.py", "src/pay/coins.py")),
        pull(4, title="D", paths=("src/search/rank.py",)),
        pull(5, title="E", paths=("src/search/index.py", "src/search/rank.py")),
    ]
    assert theme_of(made) == ["queue", "queue", "Other", "search", "search"]


def test_work_on_texts_or_tests_alone_is_called_so():
    texts = [pull(n, title=f"Text {n}", paths=(f"docs/{FOREST[n]}/{FOREST[n + 6]}.md",)) for n in range(3)]
    checks = [pull(n + 9, title=f"Check {n}", paths=(f"tests/{FOREST[n + 3]}/{FOREST[n + 9]}.py",)) for n in range(3)]
    assert theme_of([*texts, *checks]) == ["Documentation"] * 3 + ["Tests"] * 3


def test_a_few_source_files_hide_no_text_or_test():
    """Where no folder has a heading, what kind half of all its files are does."""
    made = [
        pull(n, title=f"{n}", paths=(f"docs/{FOREST[n]}.md", f"docs/{FOREST[n + 7]}.md", f"src/{FOREST[n + 4]}.py"))
        for n in range(3)
    ]
    assert theme_of(made) == ["Documentation"] * 3


def test_a_change_with_its_tests_is_not_about_tests():
    """However many test files it changes."""
    made = [
        pull(n, title=f"{n}", paths=(f"src/{FOREST[n]}.py", *(f"tests/{FOREST[n]}/{FOREST[k]}.py" for k in range(4))))
        for n in range(3)
    ]
    assert set(theme_of(made)) == {"app"}


def test_a_folder_named_as_the_project_says_nothing():
    made = [pull(n, title=f"Work {n}", paths=(f"app/{FOREST[n]}.py",), project="org/app") for n in range(4)]
    found = themes(rows_of(made), rules_of())
    assert set(found["theme"]) == {"app"}
    assert set(found["reason"]) == {"shares none of the headings with enough other work"}


def test_one_name_in_two_spellings_is_one_heading():
    made = [pull(1, title="active_record: a"), pull(2, title="B", paths=("activerecord/lib/x.rb",))]
    assert len(set(theme_of([*made, pull(3, title="active_record: c")]))) == 1


def test_work_in_several_projects_stands_under_them():
    made = [row(work_item=f"github.com/org/{name}#{n}", project=f"org/{name}", title=f"{n}")
            for name in ("pay", "search") for n in range(3)]  # fmt: skip
    made.append(row(work_item="github.com/org/odd#1", project="org/odd", title="Odd"))
    assert theme_of(made) == ["pay"] * 3 + ["search"] * 3 + ["Other"]


@pytest.mark.parametrize("number", [20, 60, 300])
def test_there_are_three_to_seven_headings(number):
    pick = random.Random(number)
    scopes = [pick.choice(FOREST) + pick.choice(("", "-leaf", "-root")) for _ in range(number)]
    made = theme_of([pull(n, title=f"{scope}: grow {n}") for n, scope in enumerate(scopes)])
    assert 3 <= len(set(made)) <= 7


def test_no_heading_is_for_one_thread():
    made = theme_of([pull(n, title=f"{FOREST[n % 12]}: grow") for n in range(15)])
    assert all(made.count(name) > 1 for name in set(made) - {"app"})


def test_all_rows_of_a_thread_have_one_heading():
    made = [
        pull(1, title="pager: a"), pull(2, title="pager: b"),
        commit(sha(1), part_of=FIRST, title="keys: a"), commit(sha(2), part_of=FIRST, title="keys: b"),
    ]  # fmt: skip
    assert theme_of(made) == ["pager"] * 4


def test_the_order_of_rows_changes_no_heading():
    pick = random.Random(7)
    made = [pull(n, title=f"{pick.choice(FOREST)}: grow", paths=(f"src/{pick.choice(FOREST)}.py",)) for n in range(60)]
    frame = rows_of(made)
    expected = themes(frame, rules_of())
    for _ in range(5):
        shuffled = frame.sample(frac=1, random_state=pick.randrange(1000))
        pd.testing.assert_frame_equal(themes(shuffled, rules_of()).loc[frame.index], expected)


def test_work_with_a_goal_decides_no_heading():
    made = [pull(1, title="pager: a"), pull(2, title="pager: b"), pull(3, title="keys: c")]
    found = themes(rows_of(made, serves=(1,)), rules_of())
    assert found["theme"].tolist() == ["app"] * 3


def test_nobodys_work_has_no_heading():
    for found in (themes(rows_of([]), rules_of()), routine(rows_of([]), rules_of())):
        assert len(found) == 0


def test_a_theme_of_ones_own_comes_first():
    """One piece of work is enough for it, and the first rule in the file is taken."""
    given = {"Screens": {"labels": ["ui"]}, "Later": {"scopes": ["keys", "pager"]}}
    made = [pull(1, title="pager: a", labels=("ui",)), pull(2, title="pager: b"), pull(3, title="pager: c")]
    found = themes(rows_of(made), rules_of(themes=given))
    assert found["theme"].tolist() == ["Screens", "Later", "Later"]
    assert found["reason"].tolist()[0] == "[themes] in harvester.toml: label ui"


def test_a_theme_by_paths_needs_half_of_the_files():
    given = {"Money": {"paths": ["src/pay/"]}}
    made = [
        pull(1, title="A", paths=("src/pay/a.py", "src/b.py")),
        pull(2, title="B", paths=("src/pay/a.py", "b", "c")),
    ]
    assert theme_of(made, themes=given) == ["Money", "Other"]


def test_a_theme_that_matches_all_leaves_a_page():
    made = [pull(n, title=f"{FOREST[n]}: a") for n in range(9)]
    assert set(theme_of(made, themes={"All": {"titles": ["*"]}})) == {"All"}


def test_hostile_names_are_headings_of_one_line():
    title = "x" * 1_000_000 + ": a"
    made = [pull(n, title=title, extra={"topic": f"{n}/\u202eb\n\n# c" + "y" * 1_000_000}) for n in range(2)]
    (heading,) = set(theme_of(made))
    assert "\n" not in heading
    assert len(heading) <= 60


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("build(deps): bump django from 5.2.1 to 5.2.7 in /testing", "dependency updates"),
        ("Bump the all group with 2 updates across multiple ecosystems", "dependency updates"),
        ("Update dependency vite to v5", "dependency updates"),
        ("[pre-commit.ci] pre-commit autoupdate", "dependency updates"),
        ("Bump actions/cache from 4 to 5", "dependency updates"),
        ("Upgrade sigstore gem to 0.2.2", "dependency updates"),
        ("update dev dependencies", "dependency updates"),
        ("Bump timeout from 10 to 30", None),
        ("Bump minimum supported SQLite to 3.23.0", None),
        ("Update Safari user agent to 26.0", None),
        ("Fix the upgrade of dependencies on Windows", None),
        ("v1.2.3", "releases and version bumps"),
        ("Release version 8.2.0 (#12)", "releases and version bumps"),
        ("Prepare release 2.0.0-rc1", "releases and version bumps"),
        ("Bump version to 8.2.1.dev", "releases and version bumps"),
        ("Git 2.50-rc1", "releases and version bumps"),
        ("Cherry pick 8.4.1 release notes", "releases and version bumps"),
        ("Merge pull request #13264 from pytest-dev/release-8.3.5", "releases and version bumps"),
        ("Release connections when a query fails", None),
        ("Fix a typo in the 9.0 changelog", None),
        ("Support Python 3.14", None),
        ("prepare-release-pr: open PRs as draft", None),
        ("Fix version parsing", None),
        ("Fix RuboCop failures.", "formatting"),
        ("utils/github: fix style.", "formatting"),
        ("Fix multiline hash key/value indentation", "formatting"),
        ("Run black", "formatting"),
        ("style(api): format with prettier", "formatting"),
        ("Fix date formatting", None),
        ("style: handle unwriteable cache directory.", None),
        ("Remove blank lines from reports", "formatting"),
        ("Format numbers in invoices", None),
        ("Merge branch 'main' into topic", "merges back"),
        ("Merge remote-tracking branch 'origin/main' into x", "merges back"),
        ("Merge branch '8.3.x'", "merges back"),
        ("Back-merge release 2.1", "merges back"),
        ("Merge branch 'ps/writev' into main", None),
        ("Merge branch 'maintenance-window' into main", None),
        ("[automated] Update plugin list", "by bots"),
        ("Automatic updates of the plugin list were slow", None),
        ("", None),
    ],
)
def test_titles_that_are_routine(title, kind):
    assert one_routine(title) == kind


def test_labels_paths_and_accounts_of_routine():
    assert one_routine("Newer queue", labels=("Dependencies",)) == "dependency updates"
    assert one_routine("Go on", kind="release") == "releases and version bumps"
    assert one_routine("Weekly data", account="data-bot <data-bot@example.org>") == "by bots"
    assert one_routine("Weekly data", account="Talbot <talbot@example.org>") is None
    locked = pull(2, title="Go back to net-smtp as released", paths=("Gemfile", "Gemfile.lock"))
    assert routine_of([locked, pull(3, title="Same", paths=("Gemfile.lock", "lib/mail.rb"))]) == [
        "dependency updates", None,
    ]  # fmt: skip


def test_work_with_an_assistant_is_no_routine():
    assert one_routine("Carry the key", participants=("copilot-swe-agent[bot]",)) is None


def reverts(*, by="Ada <ada@example.org>", last=False):
    first = commit(sha(1), title="Add x", reverted_by=() if last else (f"commit/{sha(2)}",))
    second = commit(
        sha(2), title='Revert "Add x"', account=by, reverts=(f"commit/{sha(1)}",),
        reverted_by=(f"commit/{sha(3)}",) if last else (),
    )  # fmt: skip
    return [first, second, *([commit(sha(3), title="Reapply", reverts=(f"commit/{sha(2)}",))] if last else [])]


def test_a_change_and_ones_own_revert_are_routine():
    assert routine_of(reverts()) == ["changes and their reverts"] * 2


def test_the_revert_of_somebody_elses_change_is_work():
    assert routine_of(reverts(by="Grace <grace@example.org>")) == [None, None]


def test_a_revert_after_the_period_folds_nothing():
    assert routine_of(reverts()[:1]) == [None]
    assert routine_of(reverts()[1:]) == [None]


def test_what_was_restored_is_work_again():
    assert routine_of(reverts(last=True)) == [None, "changes and their reverts", "changes and their reverts"]


def test_rows_that_are_not_judged_follow_their_thread():
    made = [
        pull(1, title="Bump django from 1.0 to 2.0"), commit(sha(1), part_of=FIRST, title="Try django 2"),
        pull(2, title="Carry keys"), commit(sha(2), part_of=SECOND, title="Bump django from 1.0 to 2.0"),
        review(3, title="Bump django from 1.0 to 2.0"),
    ]  # fmt: skip
    assert routine_of(made) == ["dependency updates", "dependency updates", None, None, None]


def test_routine_of_ones_own_extends_what_there_is():
    given = {"formatting": {"titles": ["tidy *"]}, "nightly data": {"authors": ["Grace*"], "paths": ["data/"]}}
    made = [
        pull(1, title="Tidy up"),
        commit(sha(1), account="Grace <grace@example.org>", title="x", paths=("data/a.csv",)),
        commit(sha(2), title="x", paths=("data/a.csv",)),
    ]
    assert routine_of(made, routine=given) == ["formatting", "nightly data", None]


def test_a_theme_of_ones_own_is_no_routine():
    """What `[themes]` names is routine only where a rule in `[routine]` says so."""
    made = [pull(1, title="Release 1.2")]
    assert routine_of(made, themes={"Releases": {"titles": ["release *"]}}) == [None]
    both = {"themes": {"Releases": {"titles": ["release *"]}}, "routine": {"releases": {"titles": ["release *"]}}}
    assert routine_of(made, **both) == ["releases"]


def test_routine_decides_no_heading():
    made = [pull(n, title=f"build(deps): bump x from 1.{n} to 1.9") for n in range(5)]
    assert set(theme_of([*made, pull(9, title="pager: a")])) == {"app"}


def left_out(contributions, *rules):
    rows, excluded = exclude(framed(contributions), rules_of(exclude=rules))
    return rows["work_item"].tolist(), excluded.of(YEAR, ["ada"])


def test_what_is_excluded_takes_what_belongs_to_it():
    """The other source's row, the reviews and the commits of a pull request; not the ticket that it closes."""
    made = [
        pull(1, title="[ci] a", closes=("PAY-7", f"commit/{sha(7)}")),
        row(work_item="github.com/org/app#1", source="here", account="Ada <ada@example.org>", title="ci"),
        commit(sha(1), part_of=FIRST),
        commit(sha(7)),
        review(1, account="grace", title="Other"),
        row(kind="issue", role="assignee", work_item="acme.atlassian.net/PAY-7", source="tickets", account="5b10"),
        pull(2, title="ci"),
        commit(sha(2)),
    ]
    kept, excluded = left_out(made, {"titles": ["[ci] *"]})
    assert kept == ["acme.atlassian.net/PAY-7", "github.com/org/app#2", f"commit/{sha(2)}"]
    assert excluded.by_rule == {"exclude[1]": 1}
    assert excluded.total == 1


def test_a_commit_stays_with_its_pull_request():
    made = [pull(1, title="Carry keys"), commit(sha(1), part_of=FIRST, title="[ci] again")]
    assert len(left_out(made, {"titles": ["[ci] *"]})[0]) == 2


def test_what_is_left_out_is_counted_by_rule():
    made = [pull(n, title=f"[{kind}] {n}") for n, kind in enumerate(("ci", "ci", "me", "x"))]
    made.append(pull(9, title="[ci] by Grace", account="grace"))
    rules = ({"name": "builds", "titles": ["[ci] *"]}, {"titles": ["[none]*"]}, {"titles": ["[me] *", "[ci] 0"]})
    kept, excluded = left_out(made, *rules)
    assert kept == ["github.com/org/app#3"]
    assert excluded.by_rule == {"builds": 2, "exclude[3]": 1}
    assert excluded.total == measures.count(excluded.rows, "left_out")
    assert set(excluded.rows["exclude_reason"]) == {"its title"}


def test_without_a_rule_nothing_is_left_out():
    frame = framed([pull(1)])
    kept, excluded = exclude(frame, rules_of())
    assert kept is frame
    assert (excluded.total, excluded.of(YEAR, ["ada"]).rows) == (0, None)


@pytest.mark.parametrize(
    ("rule", "warning"),
    [
        ({"titles": ["*"]}, "it matches everything, so all work is under this heading"),
        ({"paths": ["**"]}, "it matches everything, so all work is under this heading"),
        ({"any": [{"labels": ["x"]}, {"projects": ["*"]}]}, "it matches everything, so all work is under"),
        ({"all": [{"authors": "*"}, {"kinds": "*"}]}, "it matches everything, so all work is under this heading"),
        ({}, "it has no key that matches anything"),
        ({"kinds": ["pull-request"]}, "no source yields 'pull-request'"),
        ({"titles": ["*"], "projects": ["org/app"]}, ""),
        ({"titles": ["*"], "not": [{"labels": ["x"]}]}, ""),
        ({"paths": ["src/"]}, ""),
    ],
)
def test_rules_that_match_all_or_nothing_are_warnings(rule, warning):
    @dataclasses.dataclass
    class Configuration:
        themes: dict
        routine: dict = dataclasses.field(default_factory=dict)
        exclude: tuple = ()
        people = dataclasses.replace(PEOPLE, persons=(ADA,))
        tickets = {}  # noqa: RUF012  # a double of a configuration that nothing changes

    found = list(lint(Configuration({"Screens": Rule.model_validate(rule)})))
    assert len(found) == bool(warning)
    assert all(line.startswith("themes.Screens") and warning in line for line in found)
