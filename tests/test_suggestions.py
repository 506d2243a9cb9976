"""Words suggest, the best first and with their reason; what they suggest is never a claim."""

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester.analysis.frame import make_frame
from harvester.goals import load, model
from harvester.goals.claims import claim
from harvester.goals.suggestions import suggest, words_of
from harvester.model.contribution import Contribution, to_table
from harvester.model.people import People
from harvester.model.periods import calendar

GOALS = load.from_file(
    model.GoalsFile.model_validate(
        {
            "goals": [
                {"name": "payments", "title": "Lead the payments rewrite", "words": ["invoice", "double charge"]},
                {"name": "search", "title": "Quick search", "words": ["index", "ranking"]},
                {"name": "onboarding", "title": "Welcome new colleagues", "words": ["checklist"]},
                {"name": "speed", "title": "Faster builds", "words": ["cache"]},
            ]
        }
    ),
    Path("goals.toml"),
    model.KnownNames(),
)


def framed(*texts):
    rows = [
        Contribution(
            id=f"{n}", source="s", scope="s", kind="commit", work_item=f"commit/{n:040x}", account="ada", role="author",
            occurred_at=dt.datetime(2026, 7, 1, tzinfo=dt.UTC), title=title, body=body,
        )
        for n, (title, body) in enumerate(texts)
    ]  # fmt: skip
    return make_frame(to_table(rows), People())


def best(*texts):
    found = suggest(framed(*texts), GOALS)
    return found[found["rank"] == 1].set_index("row")["target"].to_dict()


def test_a_row_with_a_goals_words_suggests_it():
    found = best(("Send invoices nightly", None), ("Rebuild the ranking", None), ("Tidy", "Adds the on-call checklist"))

    assert found == {0: "payments", 1: "search", 2: "onboarding"}


def test_words_spelt_alike_and_parts_of_names_count():
    assert best(("Cached artefacts", None), ("Rename rebuildIndexNow", None)) == {0: "speed", 1: "search"}


def test_the_reason_names_the_words():
    found = suggest(framed(("No double charge on time-out", None)), GOALS)

    assert found[["target", "rank", "reason"]].iloc[0].tolist() == [
        "payments",
        1,
        "the words double charge",
    ]


def test_a_row_without_words_of_goals_suggests_none():
    assert len(suggest(framed(("Tidy up", None), (None, None)), GOALS)) == 0


def test_at_most_three_goals_with_the_best_first():
    found = suggest(framed(("invoice index checklist cache", None)), GOALS)

    assert found["rank"].tolist() == [1, 2, 3]
    assert found["score"].is_monotonic_decreasing


def scores(goals, *texts, target=None):
    """The scores by goal of one row, or those of a target by row."""
    made = model.GoalsFile.model_validate({"goals": [{"title": "-", **goal} for goal in goals]})
    found = suggest(framed(*texts), load.from_file(made, Path("goals.toml"), model.KnownNames()), best=len(goals))
    found = found if target is None else found[found["target"] == target]
    return found.set_index("target" if target is None else "row")["score"].to_dict()


def test_words_weigh_most_and_why_least():
    """A goal's `words` say most, then those in `title` and `name`, then those in `why`: 3 to 2 to 1."""
    goals = [{"name": "ledger"}, {"name": "a", "why": "ledger"}, {"name": "b", "title": "ledger"}]
    found = scores([*goals, {"name": "c", "words": ["ledger"]}], ("ledger", None))

    unit = found["a"]
    assert list(found) == ["c", "ledger", "b", "a"]
    assert found == pytest.approx({"c": 3 * unit, "ledger": 2 * unit, "b": 2 * unit, "a": unit})


def test_a_word_of_a_phrase_weighs_less_than_one_alone():
    found = scores([{"name": "a", "words": ["double charge"]}, {"name": "b", "words": ["double"]}], ("double", None))

    assert found["a"] == pytest.approx(0.6 * found["b"])


def test_a_word_in_the_body_weighs_less():
    goals = [{"name": "a", "words": ["ledger"]}, {"name": "b"}]
    found = scores(goals, ("ledger", None), ("-", "ledger"), target="a")

    assert found[1] == pytest.approx(0.3 * found[0])


def test_a_whole_phrase_counts_extra():
    goals = [{"name": "a", "words": ["double charge"]}, {"name": "b"}]
    found = scores(goals, ("double charge", None), ("charge double", None), target="a")

    assert found[0] == pytest.approx(found[1] + 9)


def test_plain_rows_teach_a_goal_their_words():
    """A word that at least three rows of one goal have, and rows of other goals have less often, suggests that goal."""
    weak = [(f"cached {n}", None) for n in range(4)]
    first, more = [[("invoice frobnicate", None)] * count for count in (2, 2)]

    assert 6 not in best(*weak, *first, ("frobnicate", None))
    assert best(*weak, *first, *more, ("frobnicate", None))[8] == "payments"


def test_words_never_claim():
    frame = framed(("Send invoices nightly: no double charge", "payments invoice"))

    assert len(claim(frame, GOALS, calendar=calendar("UTC"))) == 0


def test_long_titles_and_empty_frames_are_read():
    assert best(("invoice " * 125_000, "x" * 1_000_000)) == {0: "payments"}
    assert len(suggest(framed(("a", None)).iloc[:0], GOALS)) == 0
    assert len(suggest(framed(("invoice", None)), model.Goals())) == 0


def test_a_name_in_camel_case_is_its_parts_and_itself():
    assert words_of("Fix rebuildIndex in db.pool") == ["rebuild", "index", "rebuildindex", "db", "pool", "dbpool"]


texts = st.lists(st.text("abcdefg éß.-", max_size=20), min_size=1, max_size=6)


@settings(max_examples=25, deadline=None)
@given(texts, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_suggestion(made, random):
    shuffled = list(enumerate(made))
    random.shuffle(shuffled)
    first = suggest(framed(*((f"{text} index cache", text) for text in made)), GOALS)
    again = suggest(framed(*((f"{text} index cache", text) for _, text in shuffled)), GOALS)

    def by_text(found, names):
        return sorted(
            (names[row], target, rank) for row, target, rank in found[["row", "target", "rank"]].itertuples(index=False)
        )

    assert by_text(again, [n for n, _ in shuffled]) == by_text(first, list(range(len(made))))
