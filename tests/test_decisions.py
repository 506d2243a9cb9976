"""Decisions are in a file that a person can read, edit and commit, and nothing they wrote in it is lost."""

import datetime as dt
import stat
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester.errors import ConfigError, ReportError
from harvester.goals import decisions
from harvester.goals.decisions import Decision, Highlight, IgnoreRule, goal_subject

DAY = dt.date(2026, 8, 3)
PAY = Decision("github.com/example/pay#131", "payments", accept=True, date=DAY)


def test_a_decision_is_written_so_that_one_can_read_it(tmp_path):
    path = tmp_path / "decisions.toml"

    decisions.decide(path, PAY)

    assert path.read_text() == (
        "# What I decided about my work, by work item and goal: accept or reject. Edit it as you like.\n\n"
        '[[decisions]]\nwork_item = "github.com/example/pay#131"\ngoal = "payments"\n'
        'decision = "accept"\ndate = 2026-08-03\n'
    )
    assert decisions.load(path).entries == (PAY,)


def test_no_file_is_no_decisions(tmp_path):
    assert decisions.load(tmp_path / "decisions.toml") == decisions.Decisions()
    assert decisions.remove(tmp_path / "decisions.toml", goal_subject("x", "y")) == []


BY_HAND = """\
# mine
[[decisions]]   # the first
goal = 'payments'
work_item = "GitHub.com/example/pay#131"
decision = 'accept' # sure?
date = 2026-08-03
note = "talked it over"

# about the second
[[decisions]]
work_item = "x"
goal = "payments"
decision = "accept"
date = 2026-08-04
# the end
"""


def test_a_later_decision_replaces_the_earlier_one(tmp_path):
    path = tmp_path / "decisions.toml"
    path.write_text(BY_HAND)

    decisions.decide(path, Decision(PAY.work_item, "payments", accept=False, date=dt.date(2026, 9, 1)))

    assert path.read_text() == BY_HAND.replace(
        "'accept' # sure?\ndate = 2026-08-03", '"reject" # sure?\ndate = 2026-09-01'
    )


@pytest.mark.parametrize(
    ("note", "before", "after"),
    [
        ("", 'note = "why"', 'note = "why"'),
        ('a "new" one', 'note = "w \\" y" # hm', 'note = "a \\"new\\" one" # hm'),
        ("new", "# no note", 'note = "new"'),
        ("new", "", 'note = "new"'),
    ],
)  # fmt: skip
def test_a_later_note_replaces_the_earlier_one(tmp_path, note, before, after):
    path = tmp_path / "decisions.toml"
    decisions.decide(path, PAY)
    path.write_text(path.read_text() + before)

    decisions.decide(path, Decision(PAY.work_item, PAY.goal, accept=True, date=DAY, note=note))

    assert after in path.read_text()
    assert tomllib.loads(path.read_text())["decisions"][0].get("note", "") == (note or "why")


def test_a_decision_is_removed_and_returned(tmp_path):
    path = tmp_path / "decisions.toml"
    path.write_text(BY_HAND)

    removed = decisions.remove(path, goal_subject(PAY.work_item, "payments"))

    assert removed == [Decision("GitHub.com/example/pay#131", "payments", accept=True, date=DAY, note="talked it over")]
    assert path.read_text() == "# mine\n" + BY_HAND[BY_HAND.index("\n# about the second") :]
    assert [each.work_item for each in decisions.load(path).entries] == ["x"]


def test_undoing_a_decision_restores_the_file(tmp_path):
    path = tmp_path / "decisions.toml"
    path.write_text(BY_HAND)
    for _ in range(2):
        decisions.decide(path, Decision("y", "payments", accept=True, date=DAY))
        decisions.remove(path, goal_subject("y", "payments"))

    assert path.read_text() == BY_HAND


def test_a_file_with_a_byte_order_mark_is_edited(tmp_path):
    path = tmp_path / "decisions.toml"
    decisions.decide(path, PAY)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    decisions.decide(path, Decision("x", "payments", accept=False, date=DAY))

    assert [each.work_item for each in decisions.load(path).entries] == [PAY.work_item, "x"]


def test_a_file_of_another_layout_is_unchanged(tmp_path):
    path = tmp_path / "decisions.toml"
    inline = 'decisions = [{ work_item = "x", goal = "g", decision = "accept", date = 2026-08-03 }]\n'
    path.write_text(inline)

    with pytest.raises(ConfigError, match="cannot be edited by this command; it is unchanged"):
        decisions.decide(path, Decision("x", "g", accept=False, date=DAY))
    assert path.read_text() == inline


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[[decisions]]\nwork_item = "x"\ngoal = "g"\ndecision = "maybe"\ndate = 2026-08-03', "[1].decision: "),
        ('[[decisions]]\nwork_item = "x"\ngoal = "g"\ndecison = "accept"\ndate = 2026-08-03', "mean 'decision'?"),
        ('[[decisions]]\nwork_item = "x"\ngoal = "g"\ndecision = "accept"', "decisions[1].date: this key is missing"),
        (BY_HAND + '[[decisions]]\nwork_item = "X"\ngoal = "payments"\ndecision = "reject"\ndate = 2026-08-05',
         "decisions[3]: decisions[2] decides about 'X' and 'payments' already"),
        ("[[decisions]\n", "line 1"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_and_nothing_is_written(tmp_path, text, line):
    path = tmp_path / "decisions.toml"
    path.write_text(text)

    with pytest.raises(ConfigError) as caught:
        decisions.decide(path, PAY)
    assert line in caught.value.message
    assert str(path) in caught.value.message
    assert path.read_text() == text


def test_a_decision_about_what_is_gone_is_a_warning():
    made = decisions.Decisions((PAY, Decision("gone#1", "paiments", accept=True, date=DAY)))

    assert list(decisions.lint_decisions(made, ["payments"], ["GitHub.com/example/pay#131"])) == [
        "decisions.toml: decisions[2].goal: there is no goal 'paiments'; did you mean 'payments'?",
        "decisions.toml: decisions[2].work_item: no work item 'gone#1' was read",
    ]


def test_a_decision_is_about_a_goal_or_a_criterion(tmp_path):
    """Of the same name they are two things; a decision about neither or both is refused."""
    path = tmp_path / "decisions.toml"
    leads = Decision(PAY.work_item, "", accept=False, date=DAY, criterion="payments")
    decisions.decide(path, PAY, leads)
    known = decisions.load(path)

    assert known.entries == (PAY, leads)
    assert list(known.of("payments").values()) == [PAY]
    assert list(known.of_criterion("payments").values()) == [leads]
    assert list(decisions.lint_decisions(known, ["payments"], [PAY.work_item], ["payment"])) == [
        "decisions.toml: decisions[2].criterion: there is no criterion 'payments'; did you mean 'payment'?",
    ]
    assert decisions.remove(path, decisions.criterion_subject(PAY.work_item.upper(), "payments")) == [leads]
    for keys in ("", 'goal = "a"\ncriterion = "b"\n'):
        path.write_text(f'[[decisions]]\nwork_item = "x"\n{keys}decision = "accept"\ndate = 2026-09-01\n')
        with pytest.raises(ConfigError, match="name a goal or a criterion"):
            decisions.load(path)


SHA = "1a2b3c4d5e6f7a8b9c0d1a2b3c4d5e6f7a8b9c0d"
WORK_ITEMS = [
    "github.com/example/pay#131", "github.com/Other/repay#131", "acme.atlassian.net/PAY-9", f"commit/{SHA}",
    "github.com/example/pay#13", "github.com/one/app#5", "github.com/two/app#5",
]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("pay#131", "; did you mean 'github.com/example/pay#131'?"),
        ("example/pay#131", "; did you mean 'github.com/example/pay#131'?"),
        ("https://github.com/Example/pay/pull/131", "; did you mean 'github.com/example/pay#131'?"),
        ("repay#131", "; did you mean 'github.com/Other/repay#131'?"),
        ("github.com/exmaple/pay#131", "; did you mean 'github.com/example/pay#131'?"),
        ("pay-9", "; did you mean 'acme.atlassian.net/PAY-9'?"),
        ("https://acme.atlassian.net/browse/PAY-9", "; did you mean 'acme.atlassian.net/PAY-9'?"),
        (SHA[:8].upper(), f"; did you mean 'commit/{SHA}'?"),
        (f"commit/{SHA[:8]}", f"; did you mean 'commit/{SHA}'?"),
        (f"https://github.com/example/pay/commit/{SHA}", f"; did you mean 'commit/{SHA}'?"),
        ("app#5", "; did you mean 'github.com/one/app#5' or 'github.com/two/app#5'?"),
        ("github.com/example/pay#132", ""),
        ("pay", ""),
        ("/", ""),
    ],
)
def test_a_short_work_item_names_the_full_one(written, meant):
    made = decisions.Decisions((Decision(written, "payments", accept=True, date=DAY),))

    assert list(decisions.lint_decisions(made, ["payments"], WORK_ITEMS)) == [
        f"decisions.toml: decisions[1].work_item: no work item {written!r} was read{meant}"
    ]


def test_a_link_stays_a_link(tmp_path):
    real, link = tmp_path / "real.toml", tmp_path / "decisions.toml"
    real.write_text("")
    real.chmod(0o600)
    link.symlink_to(real)

    decisions.decide(link, PAY)

    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
    assert decisions.load(link).entries == (PAY,)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["decisions.toml", "real.toml"]


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(ReportError, match="cannot be written"):
        decisions.decide(tmp_path / "none" / "decisions.toml", PAY)


def test_several_tables_are_edited_side_by_side(tmp_path):
    """Each answer is found among those of its own table, and the order of the file is kept."""
    path = tmp_path / "decisions.toml"
    ignored = '[[ignored]] # builds\ntitle = "[ci] *"\ndate = 2026-08-01\n\n'
    path.write_text(ignored + BY_HAND + '\n[[highlights]]\nwork_item = "x"\nhighlight = true # !\ndate = 2026-08-04\n')

    decisions.decide(path, Highlight("X", highlight=False, date=DAY), Decision("x", "payments", accept=False, date=DAY))

    stored = decisions.load(path)
    assert stored.highlights == {"x": False}
    assert [each.accept for each in stored.entries] == [True, False]
    assert "highlight = false # !\ndate = 2026-08-03\n" in path.read_text()
    removed = decisions.remove(path, *((each.table, each.key) for each in stored.answers))
    assert removed == list(stored.answers)
    assert path.read_text() == "\n# mine\n\n# about the second\n# the end\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[[highlights]]\nwork_item = "x"\nhighlight = "yes!"\ndate = 2026-08-03', "highlights[1].highlight: "),
        ("[[ignored]]\ndate = 2026-08-03", "ignored[1]: say what to ignore: one of title, label, path, author"),
        ('[[ignored]]\ntitle = " "\ndate = 2026-08-03', "ignored[1].title: "),
        ('[[ignored]]\ntitel = "x"\ndate = 2026-08-03', "mean 'title'?"),
        ('[[ignored]]\ntitle = "x"\ndate = 2026-08-03\n[[ignored]]\ntitle = "X"\ndate = 2026-08-05',
         "ignored[2]: ignored[1] decides about title=X already"),
    ],
)  # fmt: skip
def test_a_mistake_in_another_table_is_named(tmp_path, text, line):
    path = tmp_path / "decisions.toml"
    path.write_text(text)

    with pytest.raises(ConfigError) as caught:
        decisions.load(path)
    assert line in caught.value.message


TEXT = st.text(min_size=1, max_size=8)
WORD = TEXT.filter(str.strip).map(str.strip)
NOTED = {"date": st.dates(), "note": st.text(max_size=5)}
made = st.one_of(
    st.builds(Decision, TEXT, TEXT, accept=st.booleans(), **NOTED),
    st.builds(Highlight, TEXT, highlight=st.booleans(), **NOTED),
    st.builds(IgnoreRule, title=WORD, label=st.none() | WORD, path=st.none() | WORD, author=st.none() | WORD, **NOTED),
)


@settings(max_examples=50, deadline=None)
@given(st.lists(made, max_size=5, unique_by=lambda each: (each.table, each.key)))
def test_whatever_is_decided_is_read_again(tmp_path_factory, wanted):
    path = tmp_path_factory.mktemp("d") / "decisions.toml"
    for each in wanted:
        decisions.decide(path, each)

    assert sorted(decisions.load(path).answers, key=repr) == sorted(wanted, key=repr)
    for each in wanted:
        assert decisions.remove(path, (each.table, each.key)) == [each]
    assert decisions.load(path).answers == ()
    assert not path.exists() or tomllib.loads(path.read_text(encoding="utf-8")) == {}
