"""What many messages need alike: near names, numbers with their nouns, text for a terminal."""

import pytest

from harvester.text import count_noun, did_you_mean, diff_excerpt, number_text, printable


def test_the_nearest_word_is_asked_about():
    assert did_you_mean("paymets", ["mentoring", "payments"]) == "; did you mean 'payments'?"


def test_without_a_near_word_the_sentence_ends():
    assert did_you_mean("xyz", ["payments"], ".") == "."


@pytest.mark.parametrize(("number", "words"), [(0, "0 rows"), (1, "1 row"), (1200, "1,200 rows")])
def test_a_number_takes_the_form_of_its_noun(number, words):
    assert count_noun(number, "row") == words


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        (None, ""), (0.0, "0"), (0.5, "0.5"), (1200, "1,200"), (1234567, "1,234,567"), (12345678.0, "12,345,678"),
        (2 / 3, "0.666667"), (1234567.25, "1,234,567.2"), (-3.0, "-3"), (float("inf"), "inf"),
    ],
)  # fmt: skip
def test_a_figure_has_all_its_digits(figure, words):
    """Lines of a large team, and rows of an organisation, are above a million."""
    assert number_text(figure) == words


def test_a_noun_may_have_a_plural_of_its_own():
    assert count_noun(2, "criterion", "criteria") == "2 criteria"


def test_a_terminal_gets_no_control_characters():
    assert printable("a\x1b[31mb\nc\u202e") == "a?[31mb\nc?"


def test_what_must_stay_one_line_stays_one():
    assert printable("a\nb", lines=False) == "a?b"


@pytest.mark.parametrize(
    ("one", "other", "cut"),
    [
        ("one", "other", ("one", "other")),
        ("", "x", ("", "x")),
        ("a" * 12, "", ("a" * 9 + "…", "")),
        ("same " * 4 + "old", "same " * 4 + "new", ("…me old", "…me new")),
        ("same " * 4 + "old and more", "same " * 4, ("…me old an…", "…me ")),
    ],
)
def test_texts_are_cut_around_the_first_difference(one, other, cut):
    assert diff_excerpt(one, other, 9) == cut
