"""The first plain paragraph of a body."""

import time

import pytest

from harvester.analysis.excerpts import LONGEST, cut, excerpt

PARSE = "Parse the option before the value."

PLAIN = {
    "a paragraph in lines": ("Parse the option\nbefore the value.\n\nThen more.", PARSE),
    "windows line ends": ("Parse the option\r\nbefore the value.\r\n\r\nMore.", PARSE),
    "template headings": (f"## Summary\n\n{PARSE}\n\n## Test plan\n\nRun it.", PARSE),
    "a heading underlined": (f"Summary\n=======\n\n{PARSE}", PARSE),
    "a heading of AsciiDoc": (f"= Parse options\n\n{PARSE}", PARSE),
    "a word for the builders": ("Parse the option before the value. [ci skip]", PARSE),
    "a heading in bold": (f"**What**\n\n{PARSE}", PARSE),
    "a heading as a label": (f"Summary:\n{PARSE}\n\nTest Plan:\nRan the tests twice.", PARSE),
    "a label before the text": (f"**Summary:** {PARSE}", PARSE),
    "a section for reviewers first": (f"### How was this tested?\n\nBy hand, on two.\n\n### Why\n{PARSE}", PARSE),
    "a comment of a template": (f"<!-- Please say what\n\nand why. -->\n{PARSE}", PARSE),
    "a comment within": ("Parse the option <!-- sic --> before the value.", PARSE),
    "a check list": (f"- [x] I ran the tests\n- [ ] I wrote docs\n\n{PARSE}", PARSE),
    "a list in lines": (f"* one item\n  goes on\nlazily\n\n  and has a paragraph\n\n{PARSE}", PARSE),
    "a numbered list": (f"1. one item\n2. another item\n\n{PARSE}", PARSE),
    "a number at a line's start": ("It takes as long as\n2. or 3. seconds.", "It takes as long as 2. or 3. seconds."),
    "a quotation": (f"> It fails on my machine.\n\n{PARSE}", PARSE),
    "code": (f"```\nnot a sentence of ours\n\n```\n\n{PARSE}", PARSE),
    "code with tildes in it": (f"~~~~\n~~~\nnot ours\n~~~~\n{PARSE}", PARSE),
    "indented code": (f"    make a list of it\n\n{PARSE}", PARSE),
    "a table": (f"| Old | New |\n|---|---|\n| one | two |\n\n{PARSE}", PARSE),
    "front matter": (f"---\ntitle: a title of three\n---\n\n{PARSE}", PARSE),
    "an image": (f"![a picture of it](https://x.example/a.png)\n\n{PARSE}", PARSE),
    "a badge": (f"[![state of the build](https://x.example/a.svg)](https://x.example)\n{PARSE}", PARSE),
    "folded text": (f"<details>A log\n<details>inner</details>\n\nmore of the log\n</details>\n\n{PARSE}", PARSE),
    "where links lead": (f"[one]: https://x.example 'a title of it'\n\n{PARSE}", PARSE),
    "a reference first": (f"Fixes #12\n\n{PARSE}", PARSE),
    "a reference in the paragraph": (f"Closes https://github.com/org/repo/issues/12.\n{PARSE}\nRefs: PAY-7", PARSE),
    "a reference as a sentence": (f"Follow-up to #12. {PARSE}", PARSE),
    "a greeting": (f"Hi there! Thanks for this great tool. {PARSE}", PARSE),
    "trailers": (f"Signed-off-by: Ada <ada@x.example>\nChange-Id: I12\n\n{PARSE}", PARSE),
    "what points at a list": (f"- one\n- two\n\nIn the above example it fails.\n\n{PARSE}", PARSE),
    "trailers below": (f"{PARSE}\nSigned-off-by: Ada <ada@x.example>", PARSE),
    "a header of mail": (f"From: Ada <ada@x.example>\nDate: today\n\n{PARSE}", PARSE),
    "an introduction to a list": (f"{PARSE} Three things follow:\n\n- one\n- two", PARSE),
    "a sentence that ends in code": (f"{PARSE} This lets us avoid the\n\n    call()", PARSE),
    "a link": ("Parse [the option](https://x.example/a_(b) 'title') before [the value][value].", PARSE),
    "a link with brackets": ("Parse [the option[s]](https://x.example) before.", "Parse the option[s] before."),
    "emphasis": ("Parse **the _option_** before ~~my~~ *the* value.", "Parse the option before my the value."),
    "names with underscores": ("Call __init__ and _a_name of **kwargs.", "Call __init__ and _a_name of **kwargs."),
    "patterns": ("Read *.c and *.h as two lists.", "Read *.c and *.h as two lists."),
    "html": ("<p align=center>Parse<br/>the <b>option</b> before the value.</p>", PARSE),
    "what looks like html": ("Parse <branch> before the value.", "Parse <branch> before the value."),
    "entities": ("Parse &lt;branch&gt; before the value.", "Parse <branch> before the value."),
    "escapes": (r"Parse \*the\* option\_name first.", "Parse *the* option_name first."),
    "code in text": ("Parse `a_*b*_[c](d)` before the value.", "Parse `a_*b*_[c](d)` before the value."),
    "code of reST": ("Parse :func:`click.echo` before ``--value``.", "Parse `click.echo` before `--value`."),
    "code in a link": ("Parse [`option`](https://x.example) before the value.", "Parse `option` before the value."),
    "code in html": ("Parse <code>option</code> before the value.", "Parse `option` before the value."),
    "code with a backtick": ("Parse ``a`b`` before the value.", "Parse ``a`b`` before the value."),
    "unbalanced backticks": ("Parse `the option before the value.", PARSE),
    "an address of a merge request": (
        "As in https://git.example:8443/g/a.b/c-d/-/merge_requests/12#note_3 it is so.",
        "As in g/a.b/c-d!12 it is so.",
    ),
    "an address of a work item": ("As in https://gitlab.com/g/p/-/work_items/12 it is so.", "As in g/p#12 it is so."),
    "an address of an issue": ("As in https://github.com/org/repo/issues/12 it is so.", "As in org/repo#12 it is so."),
    "an address of a commit": (f"As in https://x.example/o/r/commit/{'a1' * 20} it is.", "As in o/r@a1a1a1a1a1 it is."),
    "a hash": (f"Since {'a1' * 20} it is parsed.", "Since a1a1a1a1a1 it is parsed."),
    "footnotes": ("It is parsed.[1] And said.[^a] So a[1] stays.", "It is parsed. And said. So a[1] stays."),
    "direction marks": ("Parse \u202ethe option\u200f before\0 the value.", PARSE),
    "another script": ("値を読む前にオプションを解析する。", "値を読む前にオプションを解析する。"),
    "the end of a comment": ("Parse --> before the value.", "Parse --> before the value."),
}  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), PLAIN.values(), ids=PLAIN)
def test_a_first_plain_paragraph(body, expected):
    """What is no plain paragraph is passed over, and markup within one is dropped."""
    assert excerpt(body) == expected


NOTHING = {
    "nothing": None,
    "empty": "",
    "blank": " \n\t\n",
    "trailers alone": "Signed-off-by: Ada <ada@x.example>\nReviewed-by: Bob <bob@x.example>",
    "references alone": "Fixes #12, closes org/repo#3 and GH-4.\n\nSee https://github.com/org/repo/pull/12",
    "a list alone": "- adds one thing\n- drops another thing",
    "a template that is empty": "## Summary\n\n<!-- what? -->\n\n## Checklist\n- [ ] tests",
    "an unclosed comment": "<!-- Please say what this is.\n\nAnd why it is so.",
    "an unclosed fence": "```\nsome lines of code here\n\nand more of them",
    "a bot's": "Bumps [rack](https://x.example) from 2.0 to 3.0.\n- [Release notes](https://x.example)\n\n---\n"
    "updated-dependencies:\n- dependency-name: rack\n  dependency-type: direct:production\n...\n",
    "a bot's instructions": "You can trigger a rebase of this by a comment.\n<details>\n\nlong text of it\n</details>",
    "code alone": "`select the value from the list`",
    "two words": "Code clean-up.",
    "release notes": "## What's Changed\n* One by @ada in https://x.example/o/r/pull/12\n\n"
    "**Full Changelog**: https://github.com/org/repo/compare/v1...v2",
    "a patch": "diff --git a/one b/one two three",
    "a revert": "This reverts commit e7e25874b9, reversing changes made to 310aa1aeae.",
    "conflicts": "# Conflicts:\n#\tsrc/one/two/three.py",
}  # fmt: skip


@pytest.mark.parametrize("body", NOTHING.values(), ids=NOTHING)
def test_no_excerpt(body):
    """There is no excerpt where nothing plain remains."""
    assert excerpt(body) is None


def test_no_excerpt_that_repeats_the_title():
    """A paragraph that says no more than the title is passed over; the next may say more."""
    assert excerpt("Parse the `option`, first.", title="Parse option first, the (#12)") is None
    assert excerpt(f"Parses option first.\n\n{PARSE}", title="Parse option first") == PARSE


def test_no_paragraph_that_goes_on_with_a_list():
    """After an introduction that was dropped, what goes on with it is none either."""
    assert excerpt("It reads lines such as these:\n\n    a = 1\n\nwhere a is the number of lines.") is None
    assert excerpt(f"It reads lines such as these:\n\n    a = 1\n\nHowever that may be.\n\n{PARSE}") == PARSE


def test_cut_at_a_sentence():
    """An excerpt ends with the last whole sentence, or else at a word and with an ellipsis."""
    first = f"It takes {'very ' * 30}long, e.g. A minute."
    assert excerpt(f"{first} {'And on ' * 40}") == first
    assert cut(f"It is {'`a b` ' * 200}") == f"It is {'`a b` ' * 45}".rstrip() + "…"
    assert cut(f"It is as {'a' * 500}") == "It is as…"
    assert cut("a" * 500) == "a" * (LONGEST - 1) + "…"
    assert cut("一" * 200 + "。" + "二" * 200) == "一" * 200 + "。"


HOSTILE = {
    "one line": "word ",
    "one word": "a",
    "backticks": "`",
    "runs of backticks": "a``b`",
    "brackets": "[",
    "links": "[a](",
    "images": "![",
    "comments": "<!--",
    "comments in lines": "x <!-- \n",
    "details": "<details>\n",
    "fences": "```\n",
    "tags": "<a ",
    "stars": "**a",
    "underscores": "_a_",
    "pipes": "|",
    "rules": "- - ",
    "blank lines": "\n",
    "blanks": " ",
    "front matter": "---\nkey: value\n",
    "references": "Fixes #1.\n\n",
    "reference words": "fixes ",
    "greetings": "hi! ",
    "labels": "Summary: ",
    "direction marks": "\u202e",
    "colons": "three words and:\n\n",
    "trailers": "a-b-c: d\n",
    "hyphens": "a-",
    "escapes": "\\",
    "entities": "&amp;",
    "addresses": "https://a/",
    "ends of comments": "-->",
    "nulls": "\0",
    "mentions": "@ada ",
    "full stops": ". ",
}


@pytest.mark.parametrize("part", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_megabyte(part):
    """A body of a megabyte takes no longer than forty plain bodies of the longest that is read."""
    body = part * (1_000_000 // len(part))

    def seconds(text):
        began = time.perf_counter()
        found = excerpt(text)
        assert found is None or (len(found) <= LONGEST and found.isprintable())
        return time.perf_counter() - began

    plain = "".join(f"- an item of a list, the {each}th\n" for each in range(2_000))
    assert min(seconds(body) for _ in range(3)) <= 40 * min(seconds(plain) for _ in range(3))
