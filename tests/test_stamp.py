"""What a page says of itself, and its evidence within it: read back as written, and closed by nothing in it."""

import base64
import dataclasses
import json
import random
import zlib

import pytest

from harvester.errors import ReportError
from harvester.reporting.evidence import LARGEST_FILE, MOST_VALUES, evidence, parse
from harvester.reporting.formats import HTML, JSON, MARKDOWN
from harvester.reporting.report_input import PageRequest
from harvester.reporting.stamp import PageOf, content_digest, dump_json, parse_page, read_page, stamp
from harvester.text import escape_json
from tests.rows import row
from tests.test_report import report_input

HOSTILE = "--> <!-- --!> </template></script><script>alert(1)</script> ]]> \x00\x1b[2J\u202e text 0123456789abcdef -->"
GIVEN = report_input([row(title=HOSTILE)])
(ME,) = GIVEN.persons
EVIDENCE = evidence(GIVEN, "accomplishments") | {"page": {"format": "md", "digest": "0" * 16}}
CONTENTS = {
    MARKDOWN: "# Ada\n\nWork.\n",
    HTML: '<!doctype html>\n<html lang="en"><title>Ada</title></html>\n',
    JSON: dump_json({"schema": 1, "page": {"heading": "Ada"}}),
}


def stamped(format_, *, embed=False, content=None):
    return stamp(content or CONTENTS[format_], format_, "accomplishments", GIVEN, EVIDENCE, embed=embed)


@pytest.mark.parametrize("embed", [False, True])
@pytest.mark.parametrize("format_", CONTENTS, ids=lambda each: each.name)
def test_a_page_is_read_as_it_was_written(format_, embed):
    page = parse_page(stamped(format_, embed=embed))
    assert (page.format, page.content, page.unedited) == (format_, CONTENTS[format_], True)
    assert page.evidence == (EVIDENCE if embed else None)
    assert page.other_digests(EVIDENCE) == []
    assert page.other_digests(EVIDENCE | {"rows": []}) == ["rows"]


@pytest.mark.parametrize(
    ("request_", "who"),
    [
        (PageRequest(), ME),
        (PageRequest(team="payments"), "team payments"),
        (PageRequest(everyone=True), "everyone"),
        (PageRequest(mentees=True), f"mentees of {ME}"),
        (PageRequest(about="github.com/org/pay#12"), f"{ME}, about github.com/org/pay#12"),
        (PageRequest(team="payments", audience="public"), "team payments, for public"),
    ],
)
def test_a_head_says_what_a_page_is_of(request_, who):
    """Two pages that are for others, or about something else, are two pages; who is in a team may change."""
    given = dataclasses.replace(GIVEN, request=request_)
    for format_ in (MARKDOWN, HTML):
        page = parse_page(stamp(CONTENTS[format_], format_, "digest", given, EVIDENCE, embed=False))
        assert page.of == PageOf("digest", who, *GIVEN.calendar.dates(GIVEN.period))
        assert page.complete
    assert parse_page(stamped(JSON)).of is None


@pytest.mark.parametrize("embed", [False, True])
@pytest.mark.parametrize("format_", CONTENTS, ids=lambda each: each.name)
def test_an_edit_is_seen_wherever_it_is(format_, embed):
    page = parse_page(stamped(format_, embed=embed).replace("Ada", "Grace", 1))
    assert not page.unedited
    assert page.evidence == (EVIDENCE if embed else None)


@pytest.mark.parametrize("format_", CONTENTS, ids=lambda each: each.name)
def test_line_ends_of_another_system_are_no_edit(format_):
    text = stamped(format_, embed=True)
    for changed in (text.replace("\n", "\r\n"), "\ufeff" + text):
        page = parse_page(changed)
        assert (page.unedited, page.evidence) == (True, EVIDENCE)


def test_json_may_be_laid_out_otherwise():
    page = parse_page(json.dumps(json.loads(stamped(JSON, embed=True))))
    assert (page.unedited, page.evidence) == (True, EVIDENCE)


@pytest.mark.parametrize("format_", [MARKDOWN, HTML], ids=lambda each: each.name)
def test_no_title_closes_the_comment_of_evidence(format_):
    text = stamped(format_, embed=True)
    assert text.count("-->") == text.count("<!--") == 2
    assert "script" not in text
    assert all(each.isprintable() for each in text.splitlines())


def test_html_begins_with_its_doctype():
    """A comment before it would put browsers into their quirks mode."""
    lines = stamped(HTML).splitlines()
    assert lines[0] == "<!doctype html>"
    assert lines[1].startswith("<!-- harvester ")


def test_words_after_the_evidence_are_an_edit():
    page = parse_page(stamped(MARKDOWN, embed=True) + "My own words.\n")
    assert page.content == CONTENTS[MARKDOWN] + "My own words.\n"
    assert (page.unedited, page.evidence) == (False, EVIDENCE)


def test_text_that_looks_like_evidence_is_none():
    """It is only read where a page has it in our form, the last of several."""
    begins = "\n<!-- evidence of this page, read by harvester verify\n"
    assert parse_page(stamped(MARKDOWN, content=f"# Ada\n{begins}not base64!\n-->\n")).evidence is None
    page = parse_page(stamped(MARKDOWN, embed=True, content=f"# Ada\n{begins}AAAA\n-->\n"))
    assert page.evidence == EVIDENCE


@pytest.mark.parametrize(
    "packed",
    [b"junk", zlib.compress(b"{}")[:-1], zlib.compress(b"{}"), zlib.compress(b"[" * 100_000), zlib.compress(b"\xff")],
)
def test_damaged_evidence_is_an_error(packed):
    text = stamped(MARKDOWN)
    text += f"\n<!-- evidence of this page, read by harvester verify\n{base64.b64encode(packed).decode()}\n-->\n"
    with pytest.raises(ReportError, match="The evidence in the page"):
        parse_page(text)


def test_evidence_that_unpacks_without_end_is_stopped():
    packer = zlib.compressobj(9)
    packed = [packer.compress(bytes(1 << 20)) for _ in range((LARGEST_FILE >> 20) + 1)]
    bomb = base64.b64encode(b"".join([*packed, packer.flush()])).decode()
    text = f"{stamped(MARKDOWN)}\n<!-- evidence of this page, read by harvester verify\n{bomb}\n-->\n"
    with pytest.raises(ReportError, match="is damaged"):
        parse_page(text)


def test_evidence_of_too_many_values_is_refused():
    """Before it is read: as objects they would need many times the memory of their text."""
    with pytest.raises(ReportError, match="more values than evidence can have"):
        parse("[" + "{}," * MOST_VALUES + ",{}]", "page.md")


@pytest.mark.parametrize("format_", CONTENTS, ids=lambda each: each.name)
def test_evidence_that_is_too_large_is_not_embedded(format_):
    noise = random.Random(1).randbytes(9 << 20).hex()
    large = EVIDENCE | {"remarks": [noise]}
    with pytest.raises(ReportError, match="too large to be embedded"):
        stamp(CONTENTS[format_], format_, "accomplishments", GIVEN, large, embed=True)


@pytest.mark.parametrize(
    "text", ["", "# Ada\n", "{", "{}", '{"made_by": 7}', '{"made_by": {}}', "[]", "<!doctype html>\n", "{" * 100_000]
)
def test_another_file_is_no_page(text):
    assert parse_page(text) is None


def test_a_file_that_is_no_text_is_no_page(tmp_path):
    (tmp_path / "a").write_bytes(b"\xff\x00")
    assert read_page(tmp_path / "a") is None


def test_json_has_nothing_that_a_terminal_obeys():
    text = dump_json({"title": HOSTILE + "\x9b\u2028\ufeff"})
    assert json.loads(text) == {"title": HOSTILE + "\x9b\u2028\ufeff"}
    assert all(each.isprintable() for each in text.splitlines())
    assert escape_json('"é😀"') == '"é😀"'
    assert len(content_digest(text)) == 16
