"""The notebook is read as it was written by hand, half-written entries are named, and an edit counts nothing twice."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester.connectors.notebook import Notebook, noon
from harvester.errors import ConfigError, SourceError
from harvester.model.contribution import Contribution
from harvester.model.outcomes import read_outcome
from harvester.model.periods import Period, calendar
from harvester.notebook.entry_ids import identities
from harvester.notebook.notebook import Entry, add, load, own_witness, parse, render, unknown_names
from harvester.sdk.capabilities import Finding
from harvester.sdk.connector import Gap, Request, ScopeCompleted
from harvester.sdk.testing import check_connector, connector_context

BERLIN = calendar("Europe/Berlin")
QUARTER = BERLIN.quarter(2026, 3)
ME = frozenset({"me"})

NOTEBOOK = """\
# Notebook

What no tracker sees.

## 2026-08-12 Paired on the first on-call shift
with: teammate, other
goal: mentoring
result: The second shift went without a call
  for help.
link: https://example.org/wiki/checklist

She asked for a list first.
Note: this is text.

## 2026-07-21 Retries that cannot charge twice
about: PAY-7
outcome: no-double-charges = 0
labels: payments
"""


def notebook(tmp_path, text=NOTEBOOK, **settings):
    (tmp_path / "notebook.md").write_text(text, encoding="utf-8")
    return Notebook(context=connector_context(tmp_path, "notebook", calendar=BERLIN), **settings)


def fetched(connector, period=QUARTER, accounts=ME):
    return list(connector.fetch(Request(period, accounts)))


def test_an_entry_is_a_row_with_everything_in_it(tmp_path):
    first, second = check_connector(lambda: notebook(tmp_path), Request(QUARTER, ME))

    assert first == Contribution(
        id=first.id,
        source="notebook",
        scope="notebook.md",
        kind="note",
        work_item=first.id.replace("note:", "notebook/"),
        account="me",
        role="helper",
        occurred_at=dt.datetime(2026, 8, 12, 10, tzinfo=dt.UTC),
        title="Paired on the first on-call shift",
        body="She asked for a list first.\nNote: this is text.",
        url="https://example.org/wiki/checklist",
        labels=("mentoring",),
        participants=("teammate", "other"),
        extra={
            "result": "The second shift went without a call\nfor help.",
            "link": "https://example.org/wiki/checklist",
            "goal": "mentoring",
        },
        is_private=True,
    )
    assert (second.role, second.related_to, second.labels) == ("author", ("PAY-7",), ("payments",))
    assert second.extra == {"outcome": "no-double-charges = 0"}


def test_an_entry_is_of_its_day_in_the_persons_zone(tmp_path):
    made = notebook(tmp_path, "## 2026-09-30 Last day\n\n## 2026-10-01 Next quarter\n")

    assert [row.title for row in fetched(made)] == ["Last day"]
    assert [row.title for row in fetched(made, BERLIN.quarter(2026, 4))] == ["Next quarter"]


def test_it_is_read_for_its_writer_only(tmp_path):
    assert fetched(notebook(tmp_path, person="me"), accounts=frozenset({"teammate"})) == []
    assert {row.account for row in fetched(notebook(tmp_path, person="ada"), accounts=None)} == {"ada"}
    mine = Notebook(context=connector_context(tmp_path, "notebook", calendar=BERLIN, person="me"))
    assert {row.account for row in fetched(mine, accounts=None)} == {"me"}
    assert fetched(mine, accounts=frozenset({"teammate"})) == []
    with pytest.raises(SourceError, match="whose notebook") as caught:
        fetched(notebook(tmp_path), accounts=None)
    assert caught.value.hint == 'Add person = "me" to [sources.notebook].'


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("## 2026-08-12\n", 1, "the entry has neither a title nor a result, so it is not counted"),
        (
            "## 2026-08-12 Fewer\ntakeaway: y\noutcome: four\n",
            3,
            "the outcome 'four' is not `goal = number`, so it moves no goal",
        ),
        (
            "\n### 2026-08-12 Lower\nresult: x\n",
            2,
            "'### 2026-08-12 Lower' is not a heading such as `## 2026-08-12 …`, so the entry is not counted",
        ),
        (
            "## **2026-08-12** Bold\n",
            1,
            "'**2026-08-12** Bold' does not begin with a day such as 2026-08-12, so it is not counted",
        ),
    ],
)
def test_a_half_written_entry_is_a_gap_in_its_day(tmp_path, text, line, reason):
    found = fetched(notebook(tmp_path, text + "\n## 2026-08-01 Whole\n"))

    gaps = [each for each in found if isinstance(each, Gap)]
    day = Period(BERLIN.midnight(dt.date(2026, 8, 12)), BERLIN.midnight(dt.date(2026, 8, 13)))
    assert [(each.reason, each.period) for each in gaps] == [(f"notebook.md:{line}: {reason}", day)]
    assert [row.title for row in found if isinstance(row, Contribution)][-1] == "Whole"
    assert ScopeCompleted("notebook.md", whole=True) in found


@pytest.mark.parametrize(
    ("heading", "reason"),
    [
        ("## Ideas for later", "'Ideas for later' does not begin with a day such as 2026-08-12, so it is not counted"),
        ("## 2026-02-30 No such day", "does not begin with a day"),
    ],
)
def test_a_heading_without_a_day_is_no_gap(tmp_path, heading, reason):
    connector = notebook(tmp_path, f"{heading}\nresult: x\n\n## 2026-08-01 Whole\n")

    assert [each.title for each in fetched(connector)] == ["Whole"]
    (found,) = connector.check()
    assert found.message.startswith("notebook.md:1: ")
    assert reason in found.message


@pytest.mark.parametrize("other", ["### 2026-08-02 B", "# 2026-08-02", "2026-08-02 B\n---", "2026-08-02 B\n==="])
def test_any_dated_heading_ends_the_entry(other):
    (entry, last), (warning,) = parse(f"## 2026-08-01 A\nresult: a\n\n{other}\nresult: b\ntext\n\n## 2026-08-03 C\n")

    assert (entry.texts, entry.body, last.title) == ({"result": "a"}, "", "C")
    assert (warning.line, warning.missing_on) == (4, dt.date(2026, 8, 2))


def test_an_underlined_dated_heading_ends_the_entry():
    (entry,), (warning,) = parse("## 2026-08-01 A\nresult: a\n\nPaired, 2026-08-02\n---\nresult: b\n")

    assert (entry.texts, entry.body) == ({"result": "a"}, "")
    assert (warning.line, warning.missing_on) == (4, None)


def test_a_field_with_a_day_above_a_line_is_no_heading():
    (entry,), warnings = parse("## 2026-08-01 A\n\nresult: All since 2026-08-02\n---\n")

    assert (entry.texts, entry.body, warnings) == ({"result": "All since 2026-08-02"}, "---", [])


def test_headings_and_dates_within_an_entry_are_text():
    listed = "2026-08-02 x\ntwo lines\n---\n\n- 2026-08-02 x\n---\n2026-08-03 y"
    body = f"### Details\n\n{listed}\n```\n# 2026-08-04\n```\n# 5 August"
    (entry,), warnings = parse(f"## 2026-08-01 A\n\n{body}\n")

    assert (entry.body, warnings) == (body, [])


def test_each_line_of_an_outcome_is_judged_by_itself():
    text = "## 2026-08-01 A\noutcome: falling = many\noutcome: falling = 12\noutcome: rising = 1\n  rising = 2\n"
    (entry,), warnings = parse(text)

    assert read_outcome(entry.texts["outcome"]) == {"falling": 12, "rising": 2}
    assert [(each.line, each.reason, each.missing_on) for each in warnings] == [
        (2, "the outcome 'falling = many' is not `goal = number`, so it moves no goal", dt.date(2026, 8, 1)),
        (4, "the entry has a later outcome of 'rising', which replaces 'rising = 1'", None),
    ]


def test_the_first_web_address_is_the_url_of_the_row(tmp_path):
    links = "link: javascript:alert(1)\nlink: https://example.org/1\nlink: https://example.org/2\n"
    connector = notebook(tmp_path, f"## 2026-08-01 A\n{links}")

    (row,) = fetched(connector)
    assert row.url == "https://example.org/1"
    assert row.extra["link"] == "javascript:alert(1)\nhttps://example.org/1\nhttps://example.org/2"
    assert [each.message for each in connector.check()] == [
        "notebook.md:2: 'javascript:alert(1)' is not an http or https address, so reports do not link to it"
    ]


def test_a_note_of_the_future_is_a_warning(tmp_path):
    def on(day):
        now = dt.datetime(2026, 8, day, 1, tzinfo=dt.UTC)
        return Notebook(context=connector_context(tmp_path, "notebook", now=now, calendar=BERLIN))

    notebook(tmp_path, "## 2026-08-01 A\n\n## 2026-08-12 B\n")

    assert [each.title for each in fetched(on(11))] == ["A"]
    assert on(11).latest() == noon(dt.date(2026, 8, 1), BERLIN)
    assert [each.message for each in on(11).check()] == [
        "notebook.md:3: 12 August 2026 is in the future; the entry counts from that day on"
    ]
    assert [each.title for each in fetched(on(12))] == ["A", "B"]
    assert [each.state for each in on(12).check()] == ["ok"]


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("## 2026-08-01 A\n\n## 2026-08-02 Z\n\n## 2026-08-02 B\n", "B"),
        ("## 2026-08-02 B\n\n## 2026-08-02 Z\n\n## 2026-08-01 A\n", "B"),
    ],
    ids=["oldest first", "newest first"],
)
def test_the_entry_written_later_is_the_later_one(tmp_path, text, last):
    rows = fetched(notebook(tmp_path, text))

    assert max(rows, key=lambda row: row.occurred_at).title == last
    assert {row.title: row.occurred_at - noon(dt.date(2026, 8, 2), BERLIN) for row in rows}["Z"] == dt.timedelta(0)


def test_a_half_written_entry_outside_is_no_gap(tmp_path):
    assert fetched(notebook(tmp_path, "## 2025-08-12\n\n## 0001-01-01\n\n## 9999-12-31\n")) == []


def test_the_result_may_be_the_title(tmp_path):
    assert [row.title for row in fetched(notebook(tmp_path, "## 2026-08-12\nresult: It works.\n\nAlways.\n"))] == [
        "It works."
    ]


@pytest.mark.parametrize("key", ["result", "technical", "takeaway"])
def test_prose_that_wraps_goes_on_in_its_field(key):
    text = f"{key}: One line,\nanother: even 2026-08-12\nand a third.\n  Indented.\nwith: grace\n\nText.\n"
    (entry,), warnings = parse(f"## 2026-08-12 A\n{text}")

    assert entry.texts == {key: "One line, another: even 2026-08-12 and a third.\nIndented."}
    assert (entry.lists, entry.body, warnings) == ({"with": ("grace",)}, "Text.", [])


def test_prose_may_begin_below_the_name_of_its_field():
    (entry,), warnings = parse("## 2026-08-12 A\nresult:\nNobody is\ncharged twice.\n")

    assert (entry.texts, entry.body, warnings) == ({"result": "Nobody is charged twice."}, "", [])


@pytest.mark.parametrize("line", ["- a list", "1. a list", "### More", "> said", "| a | b |", "```\ncode\n```", "---"])
def test_what_is_no_prose_does_not_go_on_in_a_field(line):
    (entry,), _ = parse(f"## 2026-08-12 A\nresult: It works.\n{line}\n")

    assert (entry.texts, entry.body) == ({"result": "It works."}, line)


def test_a_field_of_one_line_ends_with_the_line():
    (entry,), _ = parse("## 2026-08-12 A\ngoal: payments\nWhat I did.\n")

    assert (entry.lists, entry.body) == ({"goal": ("payments",)}, "What I did.")


def test_a_misspelt_field_below_prose_is_a_warning():
    (entry,), (warning,) = parse("## 2026-08-12 A\nresult: It works.\ntakeway: y\n")

    assert (entry.texts, entry.body, warning.line) == ({"result": "It works."}, "takeway: y", 3)


def test_an_empty_field_is_one_warning():
    (entry,), warnings = parse("## 2026-08-12 A\ngoal:\ntakeaway:\nresult:\ntakeaway: y\nresult:\n\nText.\n")

    assert (entry.texts, entry.lists, entry.body) == ({"takeaway": "y"}, {}, "Text.")
    assert [(each.line, each.missing_on) for each in warnings] == [(2, None), (4, None)]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("## 2026-08-12 A\nresult:\n\ntechnical: x\n", 2, "`result:` says nothing yet"),
        ("## 2026-08-12 A\ngoal: ,\ngoal:\nWhat I did.\n", 2, "`goal:` says nothing yet"),
        ("## 2026-08-12 A\nwith: x\noutcome:\n", 3, "`outcome:` says nothing yet"),
    ],
)
def test_an_empty_field_loses_nothing_and_is_a_warning(tmp_path, text, line, reason):
    connector = notebook(tmp_path, text)

    assert [each.title for each in fetched(connector)] == ["A"]
    assert [each.message for each in connector.check()] == [f"notebook.md:{line}: {reason}"]


def test_check_reports_a_misspelt_field(tmp_path):
    made = notebook(tmp_path, "## 2026-08-12 A\nresutl: It works.\n")

    assert fetched(made)[0].body == "resutl: It works."
    assert list(made.check()) == [
        Finding(
            "warning",
            "notebook.md:2: 'resutl' is not a field and is read as text; did you mean 'result'?",
            "Fix that line.",
        )
    ]


def test_an_open_fence_ends_at_the_next_entry(tmp_path):
    text = (
        "## 2026-08-12 A\n```\n## no heading\nresult: no\n```\n## 2026-08-13 B\n```\nopen\n## 2026-08-14 C\nresult: c\n"
    )

    rows = fetched(notebook(tmp_path, text))

    assert [(row.title, row.extra.get("result")) for row in rows] == [("A", None), ("B", None), ("C", "c")]
    assert rows[0].body == "```\n## no heading\nresult: no\n```"


def test_a_heading_in_code_is_no_note():
    for fence, end in (("```", "```"), ("~~~", "~~~"), ("````md", "`````"), ("~~~", "~~~~ ")):
        body = f"{fence}\n## 2026-08-13 An example\nresult: no\n``\n{end}\nText."
        (entry, after), warnings = parse(f"## 2026-08-12 A\n\n{body}\n\n## 2026-08-14 B\n")

        assert (entry.title, entry.texts, entry.body, after.title, warnings) == ("A", {}, body, "B", [])


def test_code_before_the_first_entry_is_no_note():
    (entry,), warnings = parse("# Notebook\n\n```\n## 2026-08-12 An example\n```\n\n## 2026-08-14 B\n")

    assert (entry.title, entry.line, warnings) == ("B", 7, [])


def test_code_ends_with_a_fence_of_its_own_kind_only():
    (entry,), warnings = parse("## 2026-08-12 A\n~~~\n```\n## 2026-08-13 B\n```\n~~~\nresult: x\n")

    assert (entry.texts, warnings) == ({"result": "x"}, [])


@pytest.mark.parametrize("comment", ["<!-- {} -->", "<!--\n{}\n-->", "  <!-- soon:\n\n{}\n\nor never -->"])
@pytest.mark.parametrize("what", ["## 2026-08-13 B\nresult: no", "result: no", "# 2026-08-13", "2026-08-13 B\n---"])
def test_what_is_commented_out_is_nothing(comment, what):
    for before in ("", "## 2026-08-12 A\ntakeaway: y\n"):
        found, warnings = parse(f"{before}{comment.format(what)}\n\n## 2026-08-14 C\nText.\n")

        assert [each.title for each in found] == [*(["A"] if before else []), "C"]
        assert [each.body for each in found] == [*([""] if before else []), "Text."]
        assert [dict(each.texts) for each in found] == [*([{"takeaway": "y"}] if before else []), {}]
        assert warnings == []


def test_a_comment_in_a_field_is_left_out():
    text = "## 2026-08-12 A <!-- b -->\ngoal: x <!-- or y -->\nresult: <!-- what? -->\n"
    (entry,), (warning,) = parse(text + "takeaway: One <!-- or two -->\nthing <!-- more -->.\n")

    assert (entry.title, entry.lists, entry.texts) == ("A", {"goal": ("x",)}, {"takeaway": "One thing ."})
    assert (warning.line, warning.reason) == (3, "`result:` says nothing yet")


def test_text_behind_a_comment_stays_text():
    (entry,), _ = parse("## 2026-08-12 A\n<!-- a\n## 2026-08-13 B --> seen\n")

    assert entry.body == "seen"


def test_unclosed_code_or_comment_swallows_no_entry():
    found, warnings = parse("## 2026-08-12 A\n```py\nopen\n## 2026-08-13 B\n<!-- open\n## 2026-08-14 C\n")

    assert [(each.title, each.body) for each in found] == [("A", "```py\nopen"), ("B", "<!-- open"), ("C", "")]
    assert [(each.line, each.reason, each.missing_on) for each in warnings] == [
        (2, "the code that begins with '```py' has no end, so the next entry ends it", None),
        (5, "the comment that begins here has no end, so it is read as text", None),
    ]


def test_an_unclosed_body_includes_no_other_note(tmp_path):
    path = tmp_path / "notebook.md"
    bodies = ("```\nopen", "<!-- open", "~~~\nopen\n```py", "-->\n```\n~~~", "```\n## 2026-01-01 x\n```")
    for day, body in enumerate(bodies, 1):
        add(path, Entry(dt.date(2026, 9, day), f"T{day}", body=body))

    found, warnings = parse(path.read_text())

    assert [each.title for each in found] == ["T1", "T2", "T3", "T4", "T5"]
    assert [each.body.split() for each in found] == [each.split() for each in bodies]
    assert found[4].body == bodies[4]
    assert warnings == []


def test_a_note_inside_unclosed_code_is_not_written(tmp_path):
    path = tmp_path / "notebook.md"
    path.write_text("## 2026-09-01 A\n```\nopen\n")
    add(path, Entry(dt.date(2026, 9, 2), "B"))
    before = path.read_text()

    with pytest.raises(ConfigError, match="code or a comment without an end"):
        add(path, Entry(dt.date(2026, 9, 3), "C", body="```\ncode\n```"))
    assert path.read_text() == before


def test_check_reports_the_number_of_entries(tmp_path):
    assert [each.message for each in notebook(tmp_path).check()] == ["2 entries in notebook.md"]
    one = notebook(tmp_path, "## 2026-08-01 A\n")
    assert [each.message for each in one.check()] == ["1 entry in notebook.md"]


def test_without_a_notebook_there_are_no_rows(tmp_path):
    connector = notebook(tmp_path, "")
    assert fetched(connector) == []
    (tmp_path / "notebook.md").unlink()
    assert fetched(connector) == []
    (found,) = connector.check()
    assert (found.state, found.message) == ("warning", "There is no notebook 'notebook.md' yet.")


def test_a_misspelt_file_names_the_nearest_one(tmp_path):
    (found,) = notebook(tmp_path, file="notbook.md").check()
    assert found.message == "There is no notebook 'notbook.md' yet; did you mean 'notebook.md'?"


def test_a_missing_folder_is_not_an_empty_notebook(tmp_path):
    connector = notebook(tmp_path, file="disk/notebook.md")
    with pytest.raises(SourceError, match="no folder for the notebook"):
        fetched(connector)
    assert [each.state for each in connector.check()] == ["error"]


def test_a_notebook_from_windows_is_read(tmp_path):
    assert len(fetched(notebook(tmp_path, "\ufeff" + NOTEBOOK.replace("\n", "\r\n")))) == 2


def test_latin_1_is_an_error_that_names_the_byte(tmp_path):
    connector = notebook(tmp_path)
    (tmp_path / "notebook.md").write_bytes(b"## 2026-08-12 caf\xe9\n")

    with pytest.raises(SourceError, match="byte 17"):
        fetched(connector)


@pytest.mark.parametrize(
    "heading",
    [
        "## 2026.08.23 A",
        "## 23.08.2026 A",
        "## 2026/8/23 A",
        "## 2026\N{EN DASH}08\N{EN DASH}23 A",
        "## 2026\N{NON-BREAKING HYPHEN}08\N{NON-BREAKING HYPHEN}23 A",
        "##\u00a02026-08-23\u00a0A",
        "\ufeff## 2026-08-23 A",
        "\u200b## 2026-08-23 A",
        "##2026-08-23: A",
        "# Notebook\n## 2026-08-23 A",
        "<details>\n## 2026-08-23 A",
    ],
)
def test_a_heading_that_is_plainly_a_notes_is_one(heading):
    (entry,), warnings = parse(f"{heading}\nresult: x\n")

    assert (entry.date, entry.title, entry.texts, warnings) == (dt.date(2026, 8, 23), "A", {"result": "x"}, [])


@pytest.mark.parametrize("end", ["\r", "\r\n", "\u2028", "\x85", "\x0c"])
def test_any_line_end_ends_a_line(tmp_path, end):
    """A file with lone CR line ends was one line: all of its notes were lost, and `doctor` said ok."""
    path = tmp_path / "notebook.md"
    path.write_text(f"# Notebook{end}{end}## 2026-08-12 A{end}result: x{end}## 2026-08-11 B{end}", newline="")

    found, warnings = load(path)
    assert [(each.title, each.line, each.texts) for each in found] == [("A", 3, {"result": "x"}), ("B", 5, {})]
    assert warnings == []
    add(path, Entry(dt.date(2026, 8, 13), "C"))
    assert [each.title for each in load(path)[0]] == ["C", "A", "B"]


@pytest.mark.parametrize(
    "line",
    [
        "> ## 2026-08-23 A",
        "- ## 2026-08-23 A",
        "- 2026-08-23 A",
        "1. 2026-08-23 A",
        "- [ ] 2026-08-23 A",
        "**2026-08-23**",
        "**2026-08-23 A**",
        "> **2026-08-23** A",
        "_2026-08-23_ A",
        "2026-08-23",
        "23.08.2026 A",
        "2026/8/23 A\n---",
        "2026-08-23 A\n===",
        "| 2026-08-23 | A |",
        "<h2>2026-08-23 A</h2>",
        "<summary>2026-08-23 A</summary>",
        "   ## 2026-08-23 A",
        "\t## 2026-08-23 A",
        "\\## 2026-08-23 A",
        "### 2026-08-23 A",
    ],
)
@pytest.mark.parametrize("before", ["", "# Notebook\n", "Some words.\n\n", "<details>\n", "## Later\n"])
def test_a_day_that_begins_no_note_is_a_gap(tmp_path, before, line):
    connector = notebook(tmp_path, f"{before}{line}\nresult: x\n")

    number = before.count("\n") + 1
    assert [each.reason.split(": ")[0] for each in fetched(connector) if isinstance(each, Gap)] == [
        f"notebook.md:{number}"
    ]
    assert f"notebook.md:{number}" in [each.message.split(": ")[0] for each in connector.check()]


@pytest.mark.parametrize(
    "line", ["On Wednesday, 2026-08-23: A", "08/12/2026 A", "20260823 A", "- Since 2026-08-23", "## 12 August 2026 A"]
)
def test_a_day_that_is_unclear_is_a_warning(line):
    found, warnings = parse(f"# Notebook\n\n{line}\n\n## 2026-08-24 B\n")

    assert [each.title for each in found] == ["B"]
    assert [(each.line, each.missing_on) for each in warnings] == [(3, None)]


@pytest.mark.parametrize(
    ("line", "lost"),
    [
        ("> ## 2026-08-23 B", True),
        ("- ## 2026-08-23 B", True),
        ("  ## 2026-08-23 B", True),
        ("**2026-08-23** B", True),
        ("2026-08-23 B\ngoal: x", True),
        ("<summary>2026-08-23 B</summary>", True),
        ("2026-08-23 B", False),
        ("- 2026-08-23 B", False),
        ("> 2026-08-23 B", False),
        (" ## 2026-08-23 B", False),
        ("Since 2026-08-23 B", False),
    ],
)
def test_a_day_in_a_note_is_its_text_or_a_gap(line, lost):
    (entry,), warnings = parse(f"## 2026-08-01 A\nText.\n\n{line}\n")

    assert entry.title == "A"
    assert [(each.line, each.missing_on) for each in warnings] == ([(4, dt.date(2026, 8, 23))] if lost else [])


days = st.dates(dt.date(2026, 7, 1), dt.date(2026, 9, 30))
marks = st.sampled_from(["", "> ", "- ", "* ", "1. ", "# ", "## ", "### ", "**", "_", "| ", "<p>", "> - ", "\t", "  "])
starts = st.sampled_from(["", "# Notebook\n", "\n", "Words.\n\n", "---\n", "<div>\n"])


@settings(max_examples=300, deadline=None)
@given(starts, marks, days, st.sampled_from(["%Y-%m-%d", "%Y.%m.%d", "%Y/%m/%d", "%d.%m.%Y"]))
def test_no_line_with_a_day_is_silently_no_note(before, mark, day, form):
    found, warnings = parse(f"{before}{mark}{day.strftime(form)} A\n")

    assert [each.date for each in found] + [each.missing_on for each in warnings] == [day]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_utf_16_is_an_error_and_no_empty_notebook(tmp_path, encoding):
    connector = notebook(tmp_path)
    (tmp_path / "notebook.md").write_bytes("## 2026-08-12 A\n".encode(encoding))

    with pytest.raises(SourceError, match="not UTF-8"):
        fetched(connector)


def test_moving_an_entry_adds_no_row(tmp_path):
    before = {row.id for row in fetched(notebook(tmp_path))}
    after = {row.id for row in fetched(notebook(tmp_path, NOTEBOOK.replace("2026-08-12", "2026-09-02")))}

    assert after == before


def test_entries_of_one_title_differ_by_day_and_number():
    entries, _ = parse("## 2026-08-12 1:1\n\n## 2026-08-19 1:1\n\n## 2026-08-19 1:1\n\n## 2026-08-20 Other\n")
    names = identities(entries)

    assert len(set(names)) == 4
    assert names[0] == identities(entries[:1])[0]
    assert names[1:3] == [f"{names[0]}-2026-08-19", f"{names[0]}-2026-08-19-2"]


def test_an_entry_that_is_added_renames_none(tmp_path):
    for order in ("oldest first", "newest first"):
        path = tmp_path / f"{order}.md"
        days = (11, 12) if order == "oldest first" else (12, 11)
        path.write_text("".join(f"## 2026-08-{day} {day}\n\n" for day in days))
        known = {}
        for day, title in ((12, "1:1"), (12, "1:1"), (19, "1:1"), (19, "Other"), (26, "1:1")):
            add(path, Entry(dt.date(2026, 8, day), title, body=str(len(known))))
            entries, _ = parse(path.read_text())
            names = {
                (each.date, each.title, each.body): name
                for each, name in zip(entries, identities(entries), strict=True)
            }
            assert known.items() <= names.items()
            known = names
        assert len(set(known.values())) == 7


def test_an_unknown_goal_or_person_is_a_warning():
    entries, _ = parse(NOTEBOOK)

    assert [
        (each.line, each.reason) for each in unknown_names(entries, ["mentorin", "no-double-charges"], ["teammate"])
    ] == [
        (5, "there is no goal 'mentoring'; did you mean 'mentorin'?"),
        (5, "there is no person 'other'"),
    ]


WITNESSED = "## 2026-08-12 Paired\nwitness: teammate, Grace Hopper\ncriterion: grows\nconsent: "


@pytest.mark.parametrize("written", ["2026-09-03", "3.9.2026", "2026/9/3"])
def test_a_witness_and_the_consent_are_in_extra(tmp_path, written):
    (noted,) = fetched(notebook(tmp_path, WITNESSED + written))

    assert noted.extra == {"witness": "teammate\nGrace Hopper", "consent": "2026-09-03", "criterion": "grows"}
    assert noted.participants == ()


@pytest.mark.parametrize(
    ("written", "line", "reason"),
    [
        ("yes", 4, "`consent` is the day on which the witness agreed, such as 2026-08-12, and not 'yes'"),
        ("2026-08-32", 4, "`consent` is the day on which the witness agreed"),
        ("", 2, "no `consent:` says when the witness agreed to be named, so reports name nobody"),
    ],
)
def test_without_a_day_nobody_agreed(tmp_path, written, line, reason):
    (noted,) = fetched(notebook(tmp_path, WITNESSED + written))
    _, warnings = parse(WITNESSED + written)

    assert "consent" not in noted.extra
    assert any(each.line == line and each.reason.startswith(reason) and not each.missing_on for each in warnings)


def test_consent_alone_is_a_warning():
    _, (warning,) = parse("## 2026-08-12 Paired\nconsent: 2026-08-12\n")

    assert (warning.line, warning.reason) == (2, "`consent:` is that of a `witness`, and there is none")


def test_a_consent_to_come_is_not_given_yet(tmp_path):
    """It is a warning until that day."""
    connector = notebook(tmp_path, WITNESSED + "2999-01-01")
    (noted,), findings = fetched(connector), [each.message for each in connector.check()]

    assert "consent" not in noted.extra
    assert findings == [
        "notebook.md:1: the consent is of 1 January 2999, in the future; nobody is named before that day"
    ]


def test_nobody_is_their_own_witness():
    entries, _ = parse(WITNESSED + "2026-09-03")

    assert [each.reason for each in own_witness(entries, ["Grace Hopper"])] == [
        "'Grace Hopper' is yourself, and nobody is their own witness"
    ]
    assert [each.reason for each in unknown_names(entries, [], ["teammate"], ["grow"])] == [
        "there is no criterion 'grows'; did you mean 'grow'?", "there is no person 'Grace Hopper'",
    ]  # fmt: skip


def test_a_note_is_added_where_the_newest_stand(tmp_path):
    path = tmp_path / "notebook.md"
    note = Entry(dt.date(2026, 9, 1), "New", {"goal": ("mentoring",)}, {"result": "Two\nlines"})
    path.write_text(NOTEBOOK)

    add(path, note)

    head, tail = NOTEBOOK.split("## 2026-08-12")
    assert path.read_text() == head + "## 2026-09-01 New\ngoal: mentoring\nresult: Two\n  lines\n\n## 2026-08-12" + tail


def test_the_first_note_starts_a_notebook(tmp_path):
    path = tmp_path / "notebook.md"
    for day, title in ((1, "One"), (2, "Two")):
        add(path, Entry(dt.date(2026, 9, day), title))

    assert [entry.title for entry in parse(path.read_text())[0]] == ["One", "Two"]


def test_an_unknown_field_or_no_title_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="did you mean 'result'"):
        add(tmp_path / "n.md", Entry(dt.date(2026, 9, 1), "A", {}, {"resutl": "x"}))
    with pytest.raises(ConfigError, match="title"):
        add(tmp_path / "n.md", Entry(dt.date(2026, 9, 1), "  "))


line = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=20)
word = st.text("abcxyz-", min_size=1, max_size=8)
entries = st.builds(
    Entry,
    st.dates(),
    line.map(lambda text: " ".join(f"t {text}".split())),
    st.dictionaries(
        st.sampled_from(["with", "goal", "about", "labels"]), st.lists(word, min_size=1, unique=True).map(tuple)
    ),
    st.dictionaries(st.sampled_from(["result", "technical", "takeaway"]), word),
    st.lists(line.map(lambda text: f"text {text}".rstrip()), max_size=3).map("\n".join),
)


@settings(max_examples=100, deadline=None)
@given(entries, st.booleans())
def test_what_is_written_is_read_again(entry, periods):
    text = render(entry)
    (read,), warnings = parse(text.replace("\n", "\r\n") if periods else text)

    assert warnings == []
    assert (read.date, read.title, read.lists, read.texts) == (entry.date, entry.title, entry.lists, entry.texts)
    assert read.body == entry.body


def test_text_like_a_field_or_a_heading_stays_text(tmp_path):
    path = tmp_path / "notebook.md"
    add(path, Entry(dt.date(2026, 9, 1), "A", body="## 2026-01-01 B\ngoal: x\n# 2026-01-02\n2026-01-03 C\n---\n```"))
    add(path, Entry(dt.date(2026, 9, 2), "C"))

    found, _ = parse(path.read_text())

    assert [(each.title, each.lists) for each in found] == [("A", {}), ("C", {})]


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_text_can_be_read(text):
    found, _ = parse(text)

    assert all(each.title for each in found)


def test_noon_is_in_the_day_when_the_clock_changes():
    period = Period(BERLIN.midnight(dt.date(2026, 10, 25)), BERLIN.midnight(dt.date(2026, 10, 26)))

    assert noon(dt.date(2026, 10, 25), BERLIN) == dt.datetime(2026, 10, 25, 11, tzinfo=dt.UTC)
    assert noon(dt.date(2026, 10, 25), BERLIN) in period


SUMMARY = """\
## 2026-10-03 How it went
period: 2026Q3
summary: Payments are exact to the cent
since August.
highlight: Yes

## 2026-08-01 Half-way
summary: On track.
period: 2026Q3
"""


def test_a_summary_is_a_row_of_the_period_it_is_for(tmp_path):
    """Of the period's last day where it was written later; its state says that it is no work."""
    late, half = check_connector(lambda: notebook(tmp_path, SUMMARY), Request(QUARTER, ME))

    assert (late.state, late.occurred_at, late.started_at) == (
        "summary", noon(dt.date(2026, 9, 30), BERLIN), noon(dt.date(2026, 10, 3), BERLIN),
    )  # fmt: skip
    assert late.extra == {
        "summary": "Payments are exact to the cent since August.", "period": "2026Q3", "highlight": "yes",
    }  # fmt: skip
    assert half.occurred_at == half.started_at == noon(dt.date(2026, 8, 1), BERLIN)
    assert late.id != half.id


def test_a_summary_written_early_is_of_the_first_day(tmp_path):
    """Written before its period begins, it counts on the first day of the period."""
    text = "## 2026-06-30 Plan\nsummary: Four of four.\nperiod: 2026Q3"
    assert [each.occurred_at for each in fetched(notebook(tmp_path, text))] == [noon(dt.date(2026, 7, 1), BERLIN)]


@pytest.mark.parametrize(
    ("field", "expected"),
    [("yes", "yes"), ("TRUE", "yes"), ("no", "no"), ("False", "no"), ("maybe", None), ("1", None), ("", None)],
)
def test_a_highlight_is_yes_or_no(tmp_path, field, expected):
    (made,) = fetched(notebook(tmp_path, f"## 2026-08-12 A\nhighlight: {field}"))
    assert made.extra.get("highlight") == expected


@pytest.mark.parametrize(
    ("fields", "warnings"),
    [
        ("highlight: maybe", [(2, "`highlight` is yes or no, and not 'maybe'")]),
        ("highlight:", [(2, "`highlight:` says nothing yet")]),
        ("highlight: yes", []),
        (
            "summary: Well",
            [(2, "no report shows this summary: it needs a period below it, such as `period: 2026Q3`")],
        ),
        ("period: 2026Q3", [(2, "`period:` says which report a `summary` is for, and there is none")]),
        (
            "result: x\nsummary: Well\nperiod: soon",
            [(4, "'soon' is not a valid period, so no report shows this summary")],
        ),
        ("summary: Well\nperiod: last-quarter", []),
        ("summary: Well\nperiod:", [
            (2, "no report shows this summary: it needs a period below it, such as `period: 2026Q3`"),
            (3, "`period:` says nothing yet"),
        ]),
        ("sumary: Well", [(2, "'sumary' is not a field and is read as text; did you mean 'summary'?")]),
    ],
)  # fmt: skip
def test_a_summary_that_no_report_shows_is_named(fields, warnings):
    """With its line; nothing is missing in a report because of it."""
    found = parse(f"## 2026-08-12 A\n{fields}\n")[1]

    assert [(each.line, each.reason) for each in found] == warnings
    assert not any(each.missing_on for each in found)


def test_a_summary_without_a_period_is_no_work(tmp_path):
    """It counts on its own day, and nobody's list of notes has it."""
    (made,) = fetched(notebook(tmp_path, "## 2026-08-12 A\nsummary: Well\nperiod: soon"))
    assert (made.state, made.occurred_at) == ("summary", noon(dt.date(2026, 8, 12), BERLIN))
