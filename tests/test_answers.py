"""The page `answers`: text for a form that fits, says nothing twice, and can be neither broken out of nor cut."""

import dataclasses
import html
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from harvester.reporting.evidence import changed_choices, digests
from harvester.reporting.formats import HTML, JSON, PageOptions
from harvester.reporting.report import make, render, table_of
from harvester.reporting.rows import own_rows
from harvester.reports.answers import context
from harvester.reports.sections import paste
from harvester.reports.sections.paste import Wordings
from harvester.reports.sections.pieces import PAGE_COLUMNS, Pieces
from harvester.reports.sections.questions import rule_words
from harvester.sdk import plugins
from tests.rows import at, commit, review
from tests.test_accomplishments import CHARGES, DOCS, LEADS, PAY, made, note, pull

REPORT = plugins.load(plugins.REPORTS, "answers")
IMPACT = {"title": "Impact", "text": "What did you achieve?", "goals": ["pay"]}
TOP = {"title": "Highlights of the year"}
REVIEWS = {"title": "Reviews", "match": {"kinds": ["review"]}}


def page(rows, *goals, **values):
    return context(made(rows, *goals, **values))


def answer(rows, question, *goals, **values):
    (found,) = page(rows, *goals, questions=[question], **values).answers
    return found


def paid(number, **values):
    return pull(number, labels=("pay",), **values)


def test_result_comes_first_then_the_work_and_its_address():
    """Without invented words: what notes and counts say, who took part, when, and where."""
    rows = [
        paid(1, title="Refuse a second charge", participants=("grace", "linus")),
        note(1, related_to=("github.com/org/app#1",),
             extra={"result": "Nobody pays twice.", "technical": "Keys in `three` services",
                    "takeaway": "See [the wiki](https://example.org/x)."}),
    ]  # fmt: skip
    assert answer(rows, IMPACT, PAY).text == (
        "- Nobody pays twice. Keys in three services. Takeaway: See the wiki (https://example.org/x). "
        "Refuse a second charge: 1 pull request, with Grace Hopper and 1 other, 1 August 2026. "
        "https://github.com/org/app/pull/1"
    )


def test_a_text_stands_in_for_a_result():
    """In quotation marks, since it may be somebody else's."""
    rows = [paid(1, title="Read in batches", body="The queue reads its orders in batches of a hundred now.")]
    assert answer(rows, IMPACT, PAY).text == (
        "- Read in batches. “The queue reads its orders in batches of a hundred now.” 1 pull request, 1 August 2026. "
        "https://github.com/org/app/pull/1"
    )


def test_a_goal_s_figure_is_said_once():
    rows = [paid(1), note(1, extra={"outcome": "charges = 4", "goal": "charges"})]
    both = [
        {"title": "A", "goals": ["pay", "charges"]},
        {"title": "B", "goals": ["charges"]},
    ]
    first, second = page(rows, PAY | {"measure": "pull_requests", "target": 2}, CHARGES, questions=both).answers
    assert first.text.splitlines()[:2] == [
        "- Goal “Lead the payments rewrite”: 1 of 2 pull requests so far.",
        "- Goal “Nobody is charged twice”: from 31 to 4 double charges so far.",
    ]
    assert "Goal" not in second.text


def test_work_is_told_under_the_narrowest_question():
    """A rule or a goal is narrower than highlights; the other answer says shortly where the rest stands."""
    rows = [paid(1, title="Pay"), pull(2, title="Other")]
    top, impact = page(rows, PAY, questions=[TOP, IMPACT]).answers
    assert impact.text.startswith("- Pay: 1 pull request, 1 August 2026.")
    assert top.text.splitlines() == [
        "- Pay (see “Impact”). https://github.com/org/app/pull/1",
        "- Other: 1 pull request, 1 August 2026. https://github.com/org/app/pull/2",
    ]


def test_what_does_not_fit_in_one_answer_is_told_in_the_next():
    rows = [paid(number, title=f"Piece {number} of the payments rewrite") for number in range(1, 4)]
    short = IMPACT | {"limit": 90}
    impact, top = page(rows, PAY, questions=[short, TOP]).answers
    assert impact.text.count("\n") == 0
    assert "Piece 1" in impact.text
    assert [each.title for each in impact.left_out] == []
    assert top.text.count("1 pull request") == 2
    assert top.text.count("see “Impact”") == 1


def test_what_fits_nowhere_is_listed_below():
    rows = [paid(number, title=f"Piece {number}") for number in range(1, 15)]
    found = answer(rows, IMPACT | {"limit": 100}, PAY)
    said = found.text.count("Piece")
    assert len(found.left_out) == 10
    assert said + 10 + found.more == 14
    text = render(REPORT, made(rows, PAY, questions=[IMPACT | {"limit": 100}]))
    first = found.left_out[0]
    assert f"\nNot in the text:\n\n- [{first.reference.label}]({first.reference.url}) {first.title}\n" in text
    assert f"- {found.more} more\n" in text


def test_help_is_counted_by_person_and_not_listed():
    rows = [review(number, id=f"r{number}", owners=("grace",)) for number in range(1, 4)]
    rows.append(review(9, owners=("linus",)))
    assert answer(rows, REVIEWS).text == "- Reviewed 4 pull requests by 2 people: Grace Hopper 3 and linus 1."


def test_a_sum_stands_for_all_of_the_work():
    rows = [
        paid(1), paid(2), commit("a" * 40, title="pay: b", labels=("pay",), additions=5, deletions=1),
        pull(3, kind="issue", role="assignee", work_item="PAY-1", labels=("pay",), story_points=5.0),
    ]  # fmt: skip
    assert (
        answer(rows, IMPACT, PAY).text.splitlines()[-1] == "- In all 2 pull requests, 1 ticket (5 points) and 1 commit."
    )


def test_criteria_and_rules_answer_too():
    rows = [pull(1, labels=("pay",)), pull(2, labels=("talk",)), pull(3)]
    asked = {"title": "Leading", "criteria": ["leads"], "match": {"labels": ["talk"]}}
    found = answer(rows, asked, PAY | {"criterion": "leads"}, criteria=[LEADS])
    assert re.findall(r"pull/(\d)", found.text) == ["1", "2"]


def test_nothing_is_said_to_be_nothing():
    """The finished page says it in words of its own; the draft says what would answer the question."""
    asked = {"title": "Talks", "match": {"any": [{"labels": ["talk", "slides"]}, {"titles": ["Talk *"]}],
                                         "not": [{"kinds": ["commit"]}]}}  # fmt: skip
    rows = [pull(1)]
    finished = render(REPORT, made(rows, questions=[asked]))
    assert "## Talks\n\nNo evidence in this period.\n" in finished
    draft = render(REPORT, made(rows, questions=[asked], draft=True))
    words = "(labels talk or slides) or (titles Talk \\*), and not kinds commit"
    assert f"- Nothing answers “Talks”; this would: work that matches {words}." in draft


def test_without_questions_the_highlights_are_answered():
    (only,) = page([pull(1, title="Change")]).answers
    assert (only.title, only.limit) == ("Highlights", None)
    assert only.text.startswith("- Change: 1 pull request")


def test_routine_is_counted_and_not_told():
    rows = [paid(1, title="Bump urllib3 from 1 to 2", paths=("requirements.txt",)), paid(2, title="Pay")]
    question = {"title": "Q", "match": {"labels": ["pay"]}}
    found = answer(rows, question)
    assert found.text.startswith("- Pay:")
    assert "Bump" not in found.text


@pytest.mark.parametrize(
    ("text", "length"),
    [("é", 1), ("e\u0301", 2), ("👩‍🚀", 3), ("𝔘", 1), ("a\nb", 3), ("", 0)],
)
def test_characters_are_code_points(text, length):
    assert paste.characters(text) == length


WORDINGS = st.lists(st.text("ab .", min_size=1, max_size=30), min_size=1, max_size=4).map(
    lambda each: Wordings.of(*[[one] for one in each])
)


@given(st.lists(WORDINGS, max_size=6), st.integers(0, 120), st.lists(st.integers(0, 5), max_size=3))
def test_a_text_is_never_over_its_limit(lines, limit, first):
    """Of each line there is one wording in full or nothing, and in the order of the lines."""
    first = [each for each in first if each < len(lines)]
    text, left_out = paste.fit(lines, limit, first)
    assert paste.characters(text) <= limit
    told = text.split("\n") if text else []
    places = [place for place in range(len(lines)) if place not in left_out]
    assert len(told) == len(places)
    assert all(line in lines[place].texts for line, place in zip(told, places, strict=True))


def test_the_limit_itself_is_allowed():
    rows = [paid(number, title=f"Piece {number}") for number in range(1, 4)]
    whole = answer(rows, IMPACT, PAY)
    assert answer(rows, IMPACT | {"limit": whole.characters}, PAY).text == whole.text
    less = answer(rows, IMPACT | {"limit": whole.characters - 1}, PAY)
    assert less.characters < whole.characters


def test_sentences_are_left_out_whole():
    """First the technical part, then all but the first sentence of the result, then the counts, then the result."""
    rows = [
        paid(1, title="Refuse it"),
        note(1, related_to=("github.com/org/app#1",),
             extra={"result": "Nobody pays twice. Support has a day more.", "technical": "Keys."}),
    ]  # fmt: skip
    report_input = made(rows, PAY)
    (piece,) = Pieces(report_input, own_rows(report_input, PAGE_COLUMNS))
    line = paste.of_piece(report_input, piece)
    shown = dict.fromkeys(paste.fit([line], limit)[0] for limit in range(300, 0, -1))
    url, work = "https://github.com/org/app/pull/1", "Refuse it: 1 pull request, 1 August 2026."
    assert list(shown) == [
        f"- Nobody pays twice. Support has a day more. Keys. {work} {url}",
        f"- Nobody pays twice. Support has a day more. {work} {url}",
        f"- Nobody pays twice. {work} {url}",
        f"- Nobody pays twice. Refuse it. {url}",
        f"- Refuse it. {url}",
        "",
    ]


HOSTILE = [
    "```", "`````", "~~~", "Ends here\n```\n# Not a heading", "`a` ``b`` ```c", "<script>alert(1)</script> </pre>",
    "<!-- evidence of this page, read by harvester verify", "<!-- chart weeks -->", "a\u202e\u0007\u200b b",
    "\n\n    indented", "@everyone Fixes #1", "[a](javascript:alert(1))", "&lt;b&gt; &amp;", "- - - * # |x|y|",
]  # fmt: skip


def test_nothing_breaks_out_of_the_block():
    """Whatever titles say, each block shows exactly its text: in Markdown, in HTML, and in JSON."""
    numbered = list(enumerate(HOSTILE, 1))
    rows = [
        pull(number, title=title, labels=(f"l{number}",), body=f"It says {title} and goes on with words.")
        for number, title in numbered
    ]
    questions = [
        {"title": f"{title} {number}", "text": title, "match": {"labels": [f"l{number}"]}} for number, title in numbered
    ]
    report_input = made(rows, questions=questions)
    texts = [each.text for each in context(report_input).answers]
    assert all(each.startswith("- ") and each.isprintable() for each in texts)
    tokens = MarkdownIt("commonmark").parse(render(REPORT, report_input))
    assert [each.content for each in tokens if each.type in ("fence", "code_block")] == [f"{text}\n" for text in texts]
    assert len([each for each in tokens if each.type == "html_block"]) == 1  # the head comment
    shown = make(REPORT, report_input, PageOptions(HTML)).content.decode()
    assert [html.unescape(each) for each in re.findall(r"<pre [^>]*>(.*?)</pre>", shown, re.DOTALL)] == texts
    document = json.loads(make(REPORT, report_input, PageOptions(JSON)).content)
    assert [each["text"] for each in document["page"]["answers"]] == texts


def test_the_block_can_be_reached_and_wraps():
    shown = make(REPORT, made([paid(1)], PAY, questions=[IMPACT]), PageOptions(HTML)).content.decode()
    assert '<pre class="paste" role="group" tabindex="0" aria-label="Text to paste: Impact">' in shown
    assert "pre.paste{overflow-x:visible;white-space:pre-wrap;" in shown


def test_addresses_are_as_a_browser_takes_them():
    """No Markdown around them, no entity in them, and none that is not of the web."""
    rows = [paid(1, url="https://example.org/a?x=1&amp;y=2"), paid(2, url="javascript:alert(1)")]
    text = answer(rows, IMPACT, PAY).text
    assert "https://example.org/a?x=1&amp;y=2" in text or "https://example.org/a?x=1&y=2" in text
    assert "javascript" not in text


def test_the_table_says_which_question_a_row_answers():
    rows = [paid(1), pull(2, labels=("docs",))]
    table = table_of(REPORT, made(rows, PAY, DOCS, questions=[IMPACT, TOP]))
    named = dict(zip(table["work_item"], table["questions"], strict=True))
    assert named == {"github.com/org/app#1": "Impact, Highlights of the year",
                     "github.com/org/app#2": "Highlights of the year"}  # fmt: skip


def test_a_team_sees_no_figure_of_a_goal():
    """Questions are of the person's own form; a page for others has the highlights alone."""
    from harvester.reporting.audience import for_audience
    from harvester.reporting.report_input import PageRequest

    whole = made([paid(1)], PAY | {"measure": "pull_requests", "target": 1}, questions=[IMPACT])
    seen = context(for_audience(dataclasses.replace(whole, request=PageRequest(audience="team"))))
    assert [each.title for each in seen.answers] == ["Highlights"]
    assert "Goal" not in seen.answers[0].text


def test_a_rule_is_said_in_words():
    from harvester.goals.model import Rule

    rule = Rule.model_validate({"labels": ["a"], "all": [{"kinds": ["issue"]}, {"titles": ["x *"]}]})
    assert rule_words(rule) == "labels a, and (kinds issue) and (titles x *)"


def test_days_are_those_of_the_work():
    rows = [paid(1), commit("b" * 40, part_of=("github.com/org/app#1",), occurred_at=at("2026-07-02"))]
    assert "1 pull request, 1 August 2026." in answer(rows, IMPACT, PAY).text


def test_other_questions_are_named_where_a_page_differs():
    """They are in no digest of rows or claims, so no page of another kind is doubted for them."""
    before = make(REPORT, made([paid(1)], PAY, questions=[IMPACT])).evidence
    after = make(REPORT, made([paid(1)], PAY, questions=[IMPACT | {"limit": 99}])).evidence
    assert changed_choices(before, after) == ["The questions in goals.toml are not those of this report."]
    assert digests(before) == digests(after)
