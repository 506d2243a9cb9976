"""Reports and exports in every format from the command line, and what `verify` says of each."""

import io
import json
import re
import subprocess
from pathlib import Path

import jsonschema
import openpyxl
import pyarrow.parquet as pq
import pytest

from harvester.cli.terminal import Terminal
from tests.environments import TerminalStream, run, stand_in
from tests.test_cli import PRELUDE_NAMES, SOME

DOCS = Path(__file__).parent.parent / "docs"
Q3 = ("--period", "2026Q3")
"""Reports with a page type."""

PAGES = ("md", "html", "json")
TABLES = ("csv", "xlsx", "parquet")


@pytest.fixture
def environment(tmp_path):
    return stand_in(tmp_path, SOME)


def write(environment, suffix, *more):
    """A report in a file with this suffix."""
    status, _, err = run(environment, "report", *Q3, "-o", f"mine.{suffix}", *more)
    assert (status, err) == (0, f"Wrote mine.{suffix}.\n")
    return environment.cwd / f"mine.{suffix}"


def commit(environment, title="Came late"):
    late = f'{PRELUDE_NAMES}ada 2026-09-20T09:00:00+02:00 late.md "{title}"\n'
    subprocess.run(["sh", "-c", late], cwd=environment.cwd, env=environment.environ, check=True)


def clone(environment, *words):
    subprocess.run(["git", "clone", "--quiet", *words], cwd=environment.cwd, env=environment.environ, check=True)


@pytest.mark.parametrize("suffix", [*PAGES, *TABLES])
def test_a_report_is_written_read_and_verified(environment, suffix):
    path = write(environment, suffix)
    content = path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    assert write(environment, suffix).read_bytes() == content
    assert run(environment, "verify", path.name)[:2] == (
        0, "Same: 1 row, 0 claims and all sources are unchanged.\n"
    )  # fmt: skip
    commit(environment)
    status, out, _ = run(environment, "verify", path.name)
    assert (status, "Came late" in out) == (1, True)


@pytest.mark.parametrize("suffix", [*PAGES, *TABLES])
def test_an_edited_file_is_left_alone_in_every_format(environment, suffix):
    path = write(environment, suffix)
    path.write_bytes(path.read_bytes() + b"\nMy own words.\n")
    status, _, err = run(environment, "report", *Q3, "-o", path.name)
    assert (status, "has been edited and was not overwritten" in err) == (1, True)
    assert path.read_bytes().endswith(b"My own words.\n")
    assert write(environment, suffix, "--force").read_bytes().count(b"My own") == 0


@pytest.mark.parametrize("suffix", [*PAGES, *TABLES])
def test_a_file_of_somebody_else_is_left_alone(environment, suffix):
    path = environment.cwd / f"mine.{suffix}"
    path.write_text("=mine")
    status, _, err = run(environment, "report", *Q3, "-o", path.name)
    assert (status, "is not a report that harvester wrote and was not overwritten" in err) == (1, True)
    assert path.read_text() == "=mine"


def with_another_figure(path):
    """The last figure of its content changed, a year."""
    content, mark, evidence = path.read_text().partition("\n<!-- evidence")
    before, year, after = content.rpartition("2026")
    assert year
    path.write_text(f"{before}2025{after}{mark}{evidence}")


@pytest.mark.parametrize("suffix", PAGES)
def test_edited_words_are_said_and_the_figures_hold(environment, suffix):
    path = write(environment, suffix)
    path.write_text(path.read_text().replace("Say what this is for", "Say in words what this is for"))
    status, out, _ = run(environment, "verify", path.name)
    assert status == 0
    edit, same = out.splitlines()
    assert re.fullmatch(
        rf"The wording of {path.name} has been edited \(.* changed or added\); its figures hold\.", edit
    )
    assert same.startswith("Same: 1 row")


@pytest.mark.parametrize("suffix", [*PAGES, "csv"])
def test_an_edited_figure_is_found(environment, suffix):
    path = write(environment, suffix)
    with_another_figure(path)
    status, out, _ = run(environment, "verify", path.name)
    assert status == 1
    assert "2025" in out
    assert "and this data gives '" in out


def test_a_row_that_is_gone_is_found(environment):
    """In a table each row is a figure, since they are added up."""
    path = write(environment, "csv")
    path.write_text(path.read_text().splitlines(keepends=True)[0])
    status, out, _ = run(environment, "verify", path.name)
    assert (status, out) == (1, "mine.csv: it has 1 line, and this data gives 2.\n")


@pytest.mark.parametrize("suffix", ["xlsx", "parquet"])
def test_an_edited_table_is_said_to_be_unchecked(environment, suffix):
    path = write(environment, suffix)
    path.write_bytes(path.read_bytes() + b"\n")
    status, out, _ = run(environment, "verify", path.name)
    assert status == 4
    assert out.startswith(f"Not checked: mine.{suffix} has been edited: what its cells say was not compared")


@pytest.mark.parametrize("suffix", [*PAGES, *TABLES])
def test_without_evidence_nothing_is_checked(environment, suffix):
    path = write(environment, suffix)
    path.with_name(f"{path.name}.evidence.json").unlink()
    status, out, err = run(environment, "verify", path.name)
    assert (status, err) == (4, "")
    assert out.startswith(
        f"Not checked: There is no evidence in mine.{suffix}, and no mine.{suffix}.evidence.json beside"
    )
    assert ("as it was written, by its own digest" in out) == (suffix in PAGES)


@pytest.mark.parametrize("suffix", PAGES)
def test_evidence_travels_within_the_page(environment, suffix):
    """A receiver with the page alone finds what has changed."""
    path = write(environment, suffix, "--embed-evidence")
    path.with_name(f"{path.name}.evidence.json").unlink()
    assert run(environment, "verify", path.name)[0] == 0
    with_another_figure(path)
    assert run(environment, "verify", path.name)[0] == 1
    commit(environment)
    assert "row new: commit/" in run(environment, "verify", path.name)[1]


def test_evidence_of_another_page_is_no_evidence(environment):
    write(environment, "md", "--embed-evidence")
    run(environment, "report", "--period", "2026", "-o", "other.md", "--embed-evidence")
    begins = "\n<!-- evidence of this page"
    texts = [(environment.cwd / name).read_text().partition(begins) for name in ("mine.md", "other.md")]
    commit(environment, "Another")
    run(environment, "report", *Q3, "-o", "more.md", "--embed-evidence")
    other = (environment.cwd / "more.md").read_text().partition(begins)
    (environment.cwd / "mine.md").write_text(texts[0][0] + "".join(other[1:]))
    status, out, _ = run(environment, "verify", "mine.md")
    assert status == 1
    assert "The evidence in mine.md is not what mine.md was made with: its rows differ." in out


def test_a_source_that_cannot_be_read_is_unchecked(environment):
    """Its rows are in the ledger; nothing says that they are still those of the source."""
    (environment.cwd / "harvester.toml").write_text(
        '[people.me]\nname = "Ada"\nemails = ["ada@example.org"]\n[sources.here]\nconnector = "git"\n'
        'repositories = [".", "other"]\n'
    )
    clone(environment, ".", "../other")
    (environment.cwd.parent / "other").rename(environment.cwd / "other")
    write(environment, "md")
    (environment.cwd / "other").rename(environment.cwd / "gone")
    status, out, _ = run(environment, "verify", "mine.md")
    assert status == 4
    assert out == "Not checked: here could not be read as for the report, so the text was not compared.\n"


def test_another_version_s_wording_is_not_compared(environment):
    path = write(environment, "md")
    beside = path.with_name("mine.md.evidence.json")
    facts = json.loads(beside.read_text())
    beside.write_text(json.dumps(facts | {"harvester": "0.0.1"}))
    assert run(environment, "verify", "mine.md")[0] == 0
    with_another_figure(path)
    status, out, _ = run(environment, "verify", "mine.md")
    assert (status, "was made by harvester 0.0.1" in out) == (4, True)


FORGED = "Ada led 40 people."


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"remarks": [FORGED]}, 4, f"Not checked: mine.md says '{FORGED}', which this data does not."),
        ({"source_remarks": {"app": [["", FORGED]]}}, 4, f"Not checked: mine.md says '{FORGED}', which this data"),
        ({"remarks": ["Ada was promoted."]}, 0, "mine.md says 'Ada was promoted.', which this data does not."),
        ({"persons": "Bob, 900 reviews"}, 0, "mine.md says 'Bob, 900 reviews' for 'Ada Lovelace'."),
        ({"period": "99 releases"}, 0, "mine.md says '99 releases' for '2026-07-01..2026-09-30'."),
        ({"period": "FY2026Q4"}, 0, None),
        ({}, 0, None),
    ],
)
def test_what_only_the_evidence_says_is_named(environment, change, status, said):
    """Names and remarks are in no digest, so whoever hands in a page may have written any into both."""
    path = write(environment, "md")
    beside = path.with_name("mine.md.evidence.json")
    facts, page = json.loads(beside.read_text()), path.read_text()
    if name := change.get("persons"):
        change, page = {"persons": [facts["persons"][0] | {"name": name}]}, page.replace("# Ada", f"# {name}", 1)
    if name := change.get("period"):
        change, page = {"period": facts["period"] | {"name": name}}, page.replace("Q3 2026", name)
    for remark in change.get("remarks", ()):
        page = page.replace("**In short.**", f"{remark}\n\n**In short.**", 1)
    beside.write_text(json.dumps(facts | change))
    path.write_text(page)
    found, out, _ = run(environment, "verify", "mine.md")
    assert found == status
    assert said is None or said in out
    assert (" says " in out) == (said is not None)


@pytest.mark.parametrize(
    "words",
    [
        ("-o", "a.pdf"), ("-o", "a.txt"), ("-o", "a.csv", "--format", "md"), ("-o", "a.html", "--charts", "mermaid"),
        ("--format", "csv", "--embed-evidence"), ("--format", "html", "-o", "a.docx"), ("-o", ""), ("-o", " "),
    ],
)  # fmt: skip
def test_a_wrong_output_is_refused_before_reading(environment, words):
    status, out, err = run(environment, "report", *Q3, *words)
    assert (status, out, err.startswith("Error: ")) == (1, "", True)
    assert not list(environment.cwd.glob("a.*"))
    assert not (environment.cwd / ".harvester").exists()


@pytest.mark.parametrize("folder", ["out", "out/", "deep/er/"])
def test_a_folder_gets_a_file_with_a_name(environment, folder):
    (environment.cwd / "out").mkdir()
    status, _, err = run(environment, "report", *Q3, "-o", folder, "--format", "html")
    (path,) = (environment.cwd / folder).glob("*.html")
    assert path.name.startswith("accomplishments-ada-")
    assert (status, err) == (0, f"Wrote {Path(folder) / path.name}.\n")


def test_a_folder_s_name_says_no_format(environment):
    (environment.cwd / "out.pdf").mkdir()
    assert run(environment, "report", *Q3, "-o", "out.pdf")[0] == 0
    assert len(list((environment.cwd / "out.pdf").glob("*.md"))) == 1


@pytest.mark.parametrize("words", [(), ("-o", "-")])
def test_the_terminal_gets_text(environment, words):
    status, out, _ = run(environment, "report", *Q3, "--format", "csv", *words)
    assert (status, out.split(",")[0]) == (0, "person")
    assert not list(environment.cwd.glob("*.json"))


def in_bytes(environment):
    """The same environment with standard output that takes bytes, as a pipe does."""
    return Terminal(
        environ=environment.environ, cwd=environment.cwd, clock=environment.clock,
        stdout=io.TextIOWrapper(io.BytesIO(), encoding="ascii"), stderr=io.StringIO(),
    )  # fmt: skip


@pytest.mark.parametrize("format_", ["xlsx", "parquet"])
def test_no_terminal_gets_bytes_and_a_pipe_does(environment, format_):
    from harvester.cli.main import main

    environment.stdout = TerminalStream()
    for words in (("report", *Q3), ("ledger", "export", "-")):
        status, out, err = run(environment, *words, "--format", format_)
        assert (status, out) == (1, "")
        assert "is not text and was not written to the terminal" in err
    piped = in_bytes(environment)
    assert main(["report", *Q3, "--format", format_], piped) == 0
    path = environment.cwd / f"mine.{format_}"
    path.write_bytes(piped.stdout.buffer.getvalue())
    rows = pq.read_table(path).num_rows if format_ == "parquet" else openpyxl.load_workbook(path)["Work"].max_row - 1
    assert rows == 1


def test_an_incomplete_table_says_so(tmp_path):
    """No page heads it, so standard error does, and the exit status."""
    environment = stand_in(tmp_path, SOME + 'ada 2026-09-03T09:00:00+02:00 README.md "More"\n')
    clone(environment, "--depth", "2", f"file://{environment.cwd}", "../shallow")
    words = ("--repo", "../shallow", "--person", "ada@example.org", "-o", "mine.csv")
    status, _, err = run(environment, "report", *Q3, *words)
    assert status == 3
    assert "Incomplete: here: " in err


def test_json_with_evidence_is_as_its_schema_says(environment):
    """The page's evidence has a place in the schema; tests/test_pages.py tries each kind of report."""
    out = run(environment, "report", *Q3, "--format", "json", "--embed-evidence")[1]
    schema = json.loads((DOCS / "reports" / "accomplishments.schema.json").read_text("utf-8"))
    jsonschema.validate(json.loads(out), schema)


EXPORTS = ("work.parquet", "work.csv", "work.xlsx", "work.json", "work.jsonl")


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_has_the_format_of_its_name(environment, name):
    run(environment, "harvest", *Q3, "--everyone")
    assert run(environment, "ledger", "export", name)[:2] == (0, f"Wrote 2 rows to {name}.\n")
    path = environment.cwd / name
    assert path.stat().st_mode & 0o077 == 0
    read = {
        ".parquet": lambda: pq.read_table(path).to_pylist(),
        ".csv": lambda: path.read_text().splitlines()[1:],
        ".xlsx": lambda: list(openpyxl.load_workbook(path)["Work"].values)[1:],
        ".json": lambda: json.loads(path.read_text()),
        ".jsonl": lambda: [json.loads(each) for each in path.read_text().splitlines()],
    }
    assert len(read[path.suffix]()) == 2
    assert b"Compile" in path.read_bytes() or path.suffix in {".parquet", ".xlsx"}
    assert sorted(each.name for each in environment.cwd.iterdir() if each.name.startswith((".work", "work"))) == [name]


def test_an_export_replaces_only_an_export(environment):
    """Parquet says who wrote it; any other file may have been edited since."""
    run(environment, "harvest", *Q3, "--everyone")
    for name in EXPORTS:
        assert run(environment, "ledger", "export", name)[0] == 0
        status, _, err = run(environment, "ledger", "export", name)
        assert (status, "exists and was not overwritten" in err) == ((0, False) if "parq" in name else (1, True))
        assert run(environment, "ledger", "export", name, "--force")[0] == 0
    (environment.cwd / "other.parquet").write_text("mine")
    assert run(environment, "ledger", "export", "other.parquet")[0] == 1
    assert run(environment, "ledger", "export", "missing/work.csv")[0] == 1
    status, out, _ = run(environment, "ledger", "export", "-", "--format", "jsonl")
    assert (status, len(out.splitlines())) == (0, 2)
