"""What many messages need alike: near names, numbers with their nouns, text for a terminal."""

import pytest

from harvester.words import nearest, numbered, printable


def test_the_nearest_word_is_asked_about():
    assert nearest("paymets", ["mentoring", "payments"]) == "; did you mean 'payments'?"


def test_where_no_word_is_near_the_sentence_ends_as_it_was_told_to():
    assert nearest("xyz", ["payments"], ".") == "."


@pytest.mark.parametrize(("number", "words"), [(0, "0 rows"), (1, "1 row"), (1200, "1,200 rows")])
def test_a_number_takes_the_form_of_its_noun(number, words):
    assert numbered(number, "row") == words


def test_a_noun_may_have_a_plural_of_its_own():
    assert numbered(2, "criterion", "criteria") == "2 criteria"


def test_a_terminal_gets_no_control_characters():
    assert printable("a\x1b[31mb\nc\u202e") == "a?[31mb\nc?"


def test_what_must_stay_one_line_stays_one():
    assert printable("a\nb", lines=False) == "a?b"
