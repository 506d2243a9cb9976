"""goals.toml is read whole, and every mistake in it is named with its file and key."""

import datetime as dt
import json

import pytest

from harvester.errors import ConfigError
from harvester.goals import load as loading
from harvester.goals import model
from harvester.model.periods import EVER, VALID_DAYS, calendar

EXAMPLE = """
[[criteria]]
name = "leads"
level = "Senior engineer"
text = "Leads projects."
match = { any = [{ kinds = ["review"] }, { paths = ["docs/"] }] }

[[goals]]
name = "payments"
title = "Lead the payments rewrite"
criterion = "leads"
from = 2026-07-01
until = 2026-09-30
checkins = [2026-08-15]
away = ["2026-07-20..2026-08-02", 2026-09-01, "5 September to 6 September 2026"]
measure = "pull_requests"
target = 12
words = ["payment"]
[goals.match]
any = [{ paths = "services/pay/", share = 0.5 }, { tickets = ["PAY-*"] }]
not = [{ labels = ["dependencies"] }]

[[questions]]
title = "Impact"
text = "What did you achieve?"
limit = 1000
goals = "payments"
criteria = ["leads"]
match = { any = [{ labels = ["impact"] }] }

[[questions]]
title = " Anything else "
"""
KNOWN = model.KnownNames(measures=["pull_requests", "reviews"], people=["me", "teammate"], tickets=["PAY"])


def load(tmp_path, text, known=KNOWN):
    path = tmp_path / "goals.toml"
    path.write_text(text, encoding="utf-8")
    return loading.load(path, known)


def wrong(tmp_path, text):
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    lines = caught.value.message.splitlines()
    assert [line.startswith(f"{tmp_path / 'goals.toml'}: ") for line in lines] == [True] * len(lines)
    return [line.partition("goals.toml: ")[2] for line in lines]


def test_a_whole_file_is_read(tmp_path):
    made = load(tmp_path, EXAMPLE)
    goal = made.goal("payments")

    assert made.warnings == ()
    assert goal.away == [
        (dt.date(2026, 7, 20), dt.date(2026, 8, 2)),
        (dt.date(2026, 9, 1), dt.date(2026, 9, 1)),
        (dt.date(2026, 9, 5), dt.date(2026, 9, 6)),
    ]
    assert [rule.paths for _, rule in goal.match.rules("match")] == [None, ["services/pay/"], None, None]
    assert made.serving("leads") == (goal,)
    assert made.criterion("leads").match.any[0].kinds == ["review"]
    assert [place for place, _ in made.rules()][-2:] == ["questions[1].match", "questions[1].match.any[1]"]
    impact, rest = made.questions
    assert (impact.goals, impact.criteria, impact.limit, impact.takes_highlights) == (
        ["payments"],
        ["leads"],
        1000,
        False,
    )
    assert (rest.title, rest.text, rest.limit, rest.takes_highlights) == ("Anything else", "", None, True)


def test_a_goal_runs_by_the_persons_days(tmp_path):
    berlin = calendar("Europe/Berlin")
    period = load(tmp_path, EXAMPLE).goal("payments").period(berlin)

    assert dt.datetime(2026, 6, 30, 22, tzinfo=dt.UTC) in period
    assert dt.datetime(2026, 9, 30, 22, tzinfo=dt.UTC) not in period


GOAL = '[[goals]]\nname = "a"\ntitle = "A"\nmatch = { labels = ["x"] }\n'
QUESTION = '[[questions]]\ntitle = "Q"\n'


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (GOAL + GOAL, "goals[2].name: 'a' is already the name of goals[1]"),
        (
            GOAL + "target = 3",
            "goals[1].target: a target needs a measure; there are: outcome, pull_requests, reviews",
        ),
        (GOAL + 'measure = "revews"', "goals[1].measure: there is no measure 'revews'; did you mean 'reviews'?"),
        (
            GOAL + 'measure = "reviews"\ntarget = 0',
            "goals[1].target: a count cannot reach 0; the target must be more than 0",
        ),
        (GOAL + 'measure = "outcome"\ntarget = 0', "goals[1].baseline: an outcome needs a baseline and a target"),
        (
            GOAL + 'measure = "outcome"\nbaseline = 4\ntarget = 4',
            "goals[1].target: it equals the baseline, so there is nothing to reach",
        ),
        (
            GOAL + "from = 2026-10-01\nuntil = 2026-07-01",
            "goals[1].until: the goal ends (2026-07-01) before it begins (2026-10-01)",
        ),
        (
            GOAL + "from = 2026-07-01\nuntil = 2026-09-30\ncheckins = [2026-09-30, 2026-10-01]",
            "goals[1].checkins[2]: 2026-10-01 is outside the goal (2026-07-01..2026-09-30)",
        ),
        (
            GOAL + "from = 2026-07-01\ncheckins = [2026-06-30]",
            "goals[1].checkins[1]: 2026-06-30 is outside the goal (2026-07-01..)",
        ),
        (
            GOAL + 'away = ["2026-08-03..2026-07-20"]',
            "goals[1].away[1]: '2026-08-03..2026-07-20' ends before it begins; did you mean 2026-07-20..2026-08-03?",
        ),
        (GOAL + "until = 20260930", f"goals[1].until: write {VALID_DAYS}"),
        (GOAL + "until = 2026-09-30T12:00:00", f"goals[1].until: write {VALID_DAYS}"),
        (GOAL + 'until = ""', f"goals[1].until: write {VALID_DAYS}"),
        (GOAL + 'until = "2026-09"', "goals[1].until: write one day, such as 2026-09-30"),
        (
            GOAL + 'until = "2026-09-31"',
            (
                "goals[1].until: '2026-09-31' is not a valid period: day is out of range for month; "
                f"did you mean '2026-09-30'? Write {VALID_DAYS}"
            ),
        ),
        (GOAL + 'criterion = "leads"', "goals[1].criterion: there is no criterion 'leads'"),
        (GOAL + "form = 2026-07-01", "goals[1].form: there is no such key; did you mean 'from'?"),
        (
            '[[goals]]\nname = "a"\ntitle = "A"\n[goals.match]\nany = [{ lables = ["x"] }]',
            "goals[1].match.any[1].lables: there is no such key; did you mean 'labels'?",
        ),
        (
            '[[goals]]\nname = "a"\ntitle = "A"\nmatch = { people = ["teamate"] }',
            "goals[1].match.people: there is no person 'teamate'; did you mean 'teammate'?",
        ),
        ('[[goals]]\nname = "a"', "goals[1].title: this key is missing"),
        (
            GOAL.replace('"a"', '"a b"'),
            "goals[1].name: a name has letters from A to Z, digits, _ . and - only",
        ),
        (GOAL.replace("[[goals]]", "[goals]"), "goals: write [[goals]], with two brackets; there may be several"),
        (
            '[[goals]]\nname = "a"\ntitle = "A"\nmatch = { not = { labels = ["x"] } }',
            "goals[1].match.not: write not = [{ … }], in brackets; there may be several",
        ),
        (
            '[[goals]]\nname = "a"\ntitle = "A"\n[[goals.match]]\nlabels = ["x"]',
            "goals[1].match: write [goals.match], with one bracket",
        ),
        (GOAL + "target = nan\nmeasure = 'reviews'", "goals[1].target: input should be a finite number"),
        (QUESTION.replace('"Q"', '" "'), "questions[1].title: string should have at least 1 character"),
        (QUESTION + QUESTION, "questions[2].title: 'Q' is already the title of questions[1]"),
        (
            GOAL.replace('"a"', '"payments"') + QUESTION + 'goals = ["payment"]',
            "questions[1].goals: there is no goal 'payment'; did you mean 'payments'?",
        ),
        (QUESTION + 'criteria = "leads"', "questions[1].criteria: there is no criterion 'leads'"),
        (QUESTION + "limit = 0", "questions[1].limit: input should be greater than or equal to 1"),
        (QUESTION + 'macth = { labels = ["x"] }', "questions[1].macth: there is no such key; did you mean 'match'?"),
        (
            QUESTION + 'match = { people = ["teamate"] }',
            "questions[1].match.people: there is no person 'teamate'; did you mean 'teammate'?",
        ),
        (
            GOAL + 'away = ["in July"]',
            f"goals[1].away[1]: 'in July' is not a valid period; write {VALID_DAYS}",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path, text, line):
    assert wrong(tmp_path, text) == [line]


def test_every_mistake_is_named_at_once(tmp_path):
    assert len(wrong(tmp_path, GOAL + 'target = 3\ncriterion = "x"\n' + GOAL)) == 3


@pytest.mark.parametrize(
    ("rule", "warning"),
    [
        ("{ paths = ['./src'] }", "goals[1].match.paths: './src' can never match"),
        ("{ paths = ['# src'] }", "goals[1].match.paths: '# src' can never match: it is empty or a comment"),
        ("{ paths = ['!src'] }", "goals[1].match.paths: '!src' can never match"),
        (
            "{ tickets = ['PAI-*'] }",
            "match.tickets: 'PAI-*' is not a key of a configured Jira project; did you mean 'PAY'?",
        ),
        ("{ tickets = ['payments'] }", "match.tickets: 'payments' can never match; write PAY-7, PAY-* or org/repo#12"),
        ("{ tickets = ['PAY-1?'] }", "match.tickets: 'PAY-1?' can never match; write PAY-7, PAY-* or org/repo#12"),
        ("{ any = [] }", "goals[1].match.any: an empty list can never match"),
        ("{ any = [{}] }", "goals[1].match.any[1]: it has no key that matches anything"),
        ("{ not = [{ labels = ['x'] }] }", "goals[1].match: it has no key that matches anything"),
        (
            "{ kinds = ['reviews'] }",
            "match.kinds: no source yields 'reviews', so it can never match; did you mean 'review'?",
        ),
        ("{ kinds = ['note'], paths = ['docs/'] }", "match.paths: a note changes no files, so it can never match"),
        (
            "{ kinds = ['commit'], not = [{ kinds = ['Commit', 'issue'] }] }",
            "goals[1].match.not: it excludes commit, which is all that the rule matches, so it can never match",
        ),
        (
            "{ any = [{ kinds = ['review'] }], not = [{ kinds = ['re*'] }] }",
            "goals[1].match.not: it excludes review, which is all",
        ),
        ("{ labels = ['x'], not = [{ kinds = ['*'] }] }", "goals[1].match.not: it excludes every kind, which is all"),
        (
            "{ paths = ['docs/'], not = [{ paths = ['**'] }] }",
            "goals[1].match.not[1].paths: ['**'] are all files, so it excludes every change of files",
        ),
        (
            "{ all = [{ labels = ['x'], not = [{ labels = ['y'] }, { paths = ['*'] }] }] }",
            "goals[1].match.all[1].not[2].paths: ['*'] are all files",
        ),
        (
            "{ paths = ['docs/'], labels = ['x'], not = [{ paths = ['docs/', 'tests/'] }] }",
            "goals[1].match.not[1]: it excludes all that the rule matches, so the rule can never match",
        ),
    ],
)
def test_a_rule_that_can_never_match_is_a_warning(tmp_path, rule, warning):
    made = load(tmp_path, f'[[goals]]\nname = "a"\ntitle = "A"\nmatch = {rule}')

    assert [warning in each for each in made.warnings] == [True]


@pytest.mark.parametrize(
    "rule",
    [
        "{ kinds = ['commit', 'issue'], not = [{ kinds = ['issue'] }] }",
        "{ kinds = ['commit'], not = [{ kinds = ['commit'], labels = ['x'] }] }",
        "{ paths = ['docs/'], not = [{ paths = ['*', '!docs/'] }, { paths = ['docs/*.md'] }] }",
        "{ paths = ['docs/'], not = [{ paths = ['docs/'], share = 0.9 }] }",
        "{ paths = ['docs/'], not = [{ paths = ['docs/'], labels = ['x'] }] }",
        "{ labels = ['x'], any = [{ kinds = ['commit'] }, { labels = ['y'] }], not = [{ kinds = ['commit'] }] }",
    ],
)
def test_a_not_that_leaves_something_is_no_warning(tmp_path, rule):
    assert load(tmp_path, f'[[goals]]\nname = "a"\ntitle = "A"\nmatch = {rule}').warnings == ()


CRITERION = '[[criteria]]\nname = "leads"\ntext = "Leads."\n'


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        (QUESTION + "goals = []", "questions[1].goals: an empty list answers nothing"),
        (
            QUESTION + "match = {}",
            "questions[1].match: it has no key that matches anything; add paths, labels, tickets, …",
        ),
        (
            QUESTION + 'match = { tickets = ["payments"] }',
            "questions[1].match.tickets: 'payments' can never match; write PAY-7, PAY-* or org/repo#12",
        ),
        (
            CRITERION + QUESTION + 'criteria = "leads"',
            "questions[1].criteria: no goal serves 'leads' and it has no `match`, so only notes and decisions do",
        ),
        (
            QUESTION + "limit = 99",
            "questions[1].limit: a line with its address is seldom below 100 characters, so little fits",
        ),
    ],
)
def test_a_question_without_an_answer_is_a_warning(tmp_path, text, warning):
    assert [each.partition("goals.toml: ")[2] for each in load(tmp_path, text).warnings] == [warning]


@pytest.mark.parametrize(
    "text",
    [
        QUESTION + "limit = 100",
        CRITERION + GOAL + 'criterion = "leads"\n' + QUESTION + 'criteria = "leads"',
        CRITERION + 'match = { kinds = ["review"] }\n' + QUESTION + 'criteria = "leads"',
    ],
)
def test_a_question_with_an_answer_is_no_warning(tmp_path, text):
    assert load(tmp_path, text).warnings == ()


COUNTED = model.KnownNames(measures=["pull_requests", "reviews", "tickets", "notes"])


@pytest.mark.parametrize(
    ("measure", "rule", "kinds"),
    [
        ("pull_requests", "{ kinds = ['commit', 'issue'] }", "pull_request, and `match` is for commit and issue"),
        ("reviews", "{ any = [{ kinds = ['commit'] }, { all = [{ kinds = ['note'] }] }] }",
         "review, and `match` is for commit and note"),
        ("tickets", "{ kinds = ['issue', 'commit'], not = [{ kinds = ['issue'] }] }",
         "issue, and `match` is for commit"),
    ],
)  # fmt: skip
def test_a_measure_that_counts_nothing_is_a_warning(tmp_path, measure, rule, kinds):
    made = load(tmp_path, f'[[goals]]\nname = "a"\ntitle = "A"\nmeasure = "{measure}"\nmatch = {rule}', COUNTED)

    assert [each.partition("goals.toml: ")[2] for each in made.warnings] == [
        f"goals[1].measure: it counts {kinds} only, so nothing counts"
    ]


@pytest.mark.parametrize(
    ("measure", "rule"),
    [
        ("pull_requests", "{ kinds = ['Pull_*'] }"),
        ("pull_requests", "{ any = [{ kinds = ['commit'] }, { labels = ['x'] }] }"),
        ("pull_requests", "{ labels = ['x'] }"),
        ("notes", "{ kinds = ['review'] }"),
    ],
)
def test_a_measure_that_counts_some_is_no_warning(tmp_path, measure, rule):
    text = f'[[goals]]\nname = "a"\ntitle = "A"\nmeasure = "{measure}"\nmatch = {rule}'

    assert load(tmp_path, text, COUNTED).warnings == ()


@pytest.mark.parametrize(
    ("days", "warned"),
    [
        ("from = 2026-07-01\nuntil = 2026-10-01", True),
        ("from = 2026-07-01\nuntil = 2026-09-30", False),
        ("from = 2026-07-01\nuntil = 2026-07-01", False),
        ("from = 2026-07-15\nuntil = 2026-10-01", False),
        ("until = 2026-10-01", False),
    ],
)
def test_an_end_on_a_first_of_a_month_is_a_warning(tmp_path, days, warned):
    """It was probably meant as the day after the last one, as goals.toml had it before."""
    warning = (
        "goals[1].until: 1 October 2026 is the last day, which counts too; "
        "for a goal up to 30 September 2026 write 2026-09-30"
    )

    assert [each.partition("goals.toml: ")[2] for each in load(tmp_path, GOAL + days).warnings] == [warning] * warned


@pytest.mark.parametrize("words", ["2026-09-30", '"2026-09-30"', '"30 September 2026"', '" 30 Sep 2026"'])
def test_a_day_is_written_as_in_a_period(tmp_path, words):
    assert load(tmp_path, GOAL + f"until = {words}").goal("a").until == dt.date(2026, 9, 30)


def test_a_goal_of_one_day_has_that_day(tmp_path):
    goal = load(tmp_path, GOAL + "from = 2026-03-29\nuntil = 2026-03-29").goal("a")
    period = goal.period(calendar("Europe/Berlin"))

    assert period.until - period.since == dt.timedelta(hours=23)
    assert [goal.includes(dt.date(2026, 3, each)) for each in (28, 29, 30)] == [False, True, False]


def test_a_goal_may_last_for_all_of_time(tmp_path):
    """The first and the last day of the calendar mean that there is no end, in every zone."""
    goal = load(tmp_path, GOAL + "from = 0001-01-01\nuntil = 9999-12-31").goal("a")

    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"):
        assert goal.period(calendar(zone)) == EVER


@pytest.mark.parametrize(
    ("away", "warned"),
    [
        ('["2026-08-15..2026-10-31", "2026-07-01..2026-08-14"]', True),
        ('["July 2026", "2026-08..2026-09"]', True),
        ('["2026-07-01..2026-08-14", "2026-08-16..2026-09-30"]', False),
        ('["2026-07-02..2026-09-30"]', False),
        ('["2026-07-01..2026-09-29"]', False),
    ],
)
def test_a_goal_with_all_days_away_is_a_warning(tmp_path, away, warned):
    made = load(tmp_path, GOAL + f"from = 2026-07-01\nuntil = 2026-09-30\naway = {away}")
    warning = "goals[1].away: all days of the goal are away, so nothing is ever expected of it"

    assert [each.partition("goals.toml: ")[2] for each in made.warnings] == [warning] * warned


def test_names_that_differ_only_in_case_are_a_warning(tmp_path):
    made = load(tmp_path, GOAL + GOAL.replace('"a"', '"b"') + GOAL.replace('"a"', '"A"'))

    assert [each.partition("goals.toml: ")[2] for each in made.warnings] == [
        "goals[3].name: 'A' differs only in case from 'a' of goals[1]"
    ]


@pytest.mark.parametrize(
    "key", ["OPS-*", "ops-3", "pay-7", "PAY-*7", "*", "#12", "org/repo#12", "group/app!3", "acme.atlassian.net/OPS-3",
            "https://acme.atlassian.net/browse/OPS-3"],
)  # fmt: skip
def test_a_ticket_of_any_source_is_no_warning(tmp_path, key):
    assert load(tmp_path, f'[[goals]]\nname="a"\ntitle="A"\nmatch = {{ tickets = ["{key}"] }}').warnings == ()


def test_a_line_that_excludes_is_no_warning(tmp_path):
    assert load(tmp_path, '[[goals]]\nname="a"\ntitle="A"\nmatch = { paths = ["docs/*", "!docs/old"] }').warnings == ()


def test_broken_toml_names_its_line(tmp_path):
    assert "line 1" in wrong(tmp_path, "[[goals]")[0]


def test_the_schema_has_the_keys_of_the_file():
    made = loading.json_schema()

    assert {"from", "until", "checkins", "away"} <= made["$defs"]["Goal"]["properties"].keys()
    assert {"any", "all", "not", "paths", "share"} <= made["$defs"]["Rule"]["properties"].keys()
    assert json.loads(json.dumps(made)) == made
