"""The contract of a report: ours keep it, so does the one in the guide, and each breach is named."""

import datetime as dt
import importlib
import os
import socket
import subprocess
import sys
import tomllib
import zipfile
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from harvester.analysis import measures
from harvester.reporting.formats import MARKDOWN
from harvester.reporting.page_fields import docstrings, fields_of, parts_of, type_words
from harvester.reporting.report import Report
from harvester.reporting.report_input import PageRequest
from harvester.reporting.rows import measured, own_rows
from harvester.reporting.testing import ROWS, _Check, check_report, report_input, row
from harvester.sdk import plugins
from tests.conftest import blocks
from tests.environments import run, stand_in

GUIDE = Path(__file__).parent.parent / "docs" / "writing-a-report.md"
KINDS = [name for name, each in plugins.available(plugins.REPORTS).items() if each.value.startswith("harvester.")]
MORE = {
    "announcement": {"request": PageRequest(about="github.com/org/app#1")},
    "mentoring": {"request": PageRequest(mentees=True), "persons": ("grace", "ada")},
}
"""What a kind needs beside rows, by name: fields of `ReportInput`."""
HISTORY = 'ada 2026-07-03T09:00:00+02:00 pay/key.py "Carry the order\'s key"\n'


@pytest.mark.parametrize("kind", ["accomplishments", "announcement"])
def test_ours_keep_the_contract(kind):
    check_report(plugins.load(plugins.REPORTS, kind), **MORE.get(kind, {}))


@pytest.mark.parametrize("kind", sorted({*KINDS} - {"accomplishments", "announcement"}))
def test_the_others_keep_what_only_it_tries(kind):
    """Their formats, their drafts and what the public sees are tried in test_pages and test_audience."""
    check = _Check(plugins.load(plugins.REPORTS, kind), list(ROWS), MORE.get(kind, {}))
    (check.first_page,) = check.pages("a page", check.given, MARKDOWN)
    check.pages("no rows", check.input(()), MARKDOWN, may_refuse=True)
    check.repeatable()
    check.incomplete_and_hostile()
    check.own_template()
    assert check.breaches == []


@pytest.fixture(scope="module")
def weekly(tmp_path_factory):
    """The package of the guide, built from its blocks as anyone would, and installed in a folder of its own."""
    source, site = tmp_path_factory.mktemp("weekly"), tmp_path_factory.mktemp("site")
    (source / "harvester_weekly").mkdir()
    (source / "harvester_weekly" / "__init__.py").write_text(blocks(GUIDE, "python")[0])
    (source / "harvester_weekly" / "weekly.md.j2").write_text(blocks(GUIDE, "jinja")[0])
    (source / "pyproject.toml").write_text(blocks(GUIDE, "toml")[0])
    build = f"from setuptools import build_meta; build_meta.build_wheel({str(site)!r})"
    subprocess.run([sys.executable, "-c", build], cwd=source, check=True, capture_output=True, env=dict(os.environ))
    (wheel,) = site.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(site)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(site)
        importlib.invalidate_caches()
        yield site
        patch.delitem(sys.modules, "harvester_weekly", raising=False)


@pytest.mark.usefixtures("weekly")
def test_the_report_in_the_guide_is_installed_and_run(tmp_path):
    """It is listed, written in HTML and verified, and a user's own template may extend its page."""
    environment = stand_in(tmp_path, HISTORY)
    assert "\nweekly           what somebody did, week by week\n" in "\n" + run(environment, "report", "--list")[1]
    (environment.cwd / "own.md.j2").write_text(
        '{% extends "weekly.md.j2" %}{% block about_figures %}{{ weeks | length }} week{% endblock %}'
    )
    arguments = ("report", "weekly", "--period", "2026Q3", "--template", "own.md.j2", "--output", "weekly.html")
    status, _, err = run(environment, *arguments)
    assert (status, err) == (0, "Wrote weekly.html.\n")
    page = (environment.cwd / "weekly.html").read_text()
    assert "Week of 29 June 2026</h2>" in page
    assert "<p>1 week</p>" in page


def test_what_two_people_did_together_counts_once():
    """In the rows that a third party's report takes, as on our pages and in the measures of its JSON."""
    theirs = {"kind": "review", "role": "reviewer", "owners": ("stranger",)}
    rows = [row(1, dt.date(2026, 7, 3), **theirs, account=each, id=f"review/{each}") for each in ("ada", "grace")]
    given = report_input(rows, persons=("ada", "grace"))
    assert measures.count(own_rows(given), "reviews") == measured(given)["reviews"] == 1


@pytest.mark.usefixtures("weekly")
def test_the_test_in_the_guide_passes():
    names = {}
    exec(blocks(GUIDE, "python")[1], names)
    names["test_the_report_keeps_the_contract"]()


def test_the_guide_is_short_and_its_entry_point_is_ours():
    """As few lines as a connector needs, and the same group of entry points."""
    code = [line for part in ("python", "jinja") for line in blocks(GUIDE, part)[0].splitlines() if line.strip()]
    assert len(code) <= 70
    assert list(tomllib.loads(blocks(GUIDE, "toml")[0])["project"]["entry-points"]) == [plugins.REPORTS]


@dataclass(frozen=True)
class Titles:
    """A page of titles."""

    titles: list[str]
    first: str
    number: int = 0
    call: object = None


def installed(install, template, module="careless"):
    """A package with this template, for a report made in a test."""
    place = install(module, "")
    (place / module).mkdir()
    (place / module / "__init__.py").write_text("")
    (place / module / "page.md.j2").write_text(template)
    (place / f"{module}.py").unlink()


def refused(report, rows=ROWS):
    with pytest.raises(AssertionError) as caught:
        check_report(report, rows)
    head, *breaches = str(caught.value).splitlines()
    assert head == "the report breaks the contract:"
    return breaches


def test_what_a_careless_report_does_is_named(install):
    """It numbers its pages, remembers other pages' rows, asks the network, and escapes nothing."""
    installed(install, "# Page {{ number }}\n{% for each in titles %}\n- {{ each | ours }}\n{% endfor %}\n")
    numbers, remembered = count(), []

    def context(report_input):
        socket.getaddrinfo("localhost", 80)
        remembered.extend(report_input.frame["title"].tolist())
        return Titles(sorted(remembered), remembered[0] if remembered else "", next(numbers))

    breaches = refused(Report("careless", "careless", "page.md.j2", context, page=Titles))
    for expected in (
        "- the same rows give two pages",
        "- it fetches while its page is made (socket.getaddrinfo)",
        "- a text of a source is not escaped: md has an element",
        "- a text of a source is not escaped: md has a mention",
        "- a text of a source is not escaped: md has a link to javascript:",
        "- a text of a source is not escaped: md has a reference that closes an issue",
        "- it has no summary, which `harvester report --list` shows",
    ):
        assert expected in breaches


def test_what_a_fragile_report_does_is_named(install):
    """It needs a row, follows their order, has values that are none of its page's, and a template that fails."""
    installed(install, "{{ first | upper }}{% if number > 2 %}{{ numbr }}{% endif %}\n")

    def context(report_input):
        titles = report_input.frame["title"].tolist()
        return Titles(titles, titles[0], len(titles) if report_input.draft else 0, lambda: None)

    breaches = refused(Report("fragile", "careless", "page.md.j2", context, "fragile", page=Titles))
    starts = (
        "- a page in json: ",
        "- no rows: IndexError: ",
        "- a draft in md: UndefinedError: 'numbr' is undefined",
        "- the order of rows changes the page",
        "- its page cannot be given to another process: ",
    )
    for start in starts:
        assert any(each.startswith(start) for each in breaches), start


def test_a_report_that_always_fails_is_named(install):
    """The error that it raises is the cause of the one that lists the breaches."""
    installed(install, "x")
    with pytest.raises(AssertionError, match="a page: ZeroDivisionError") as caught:
        check_report(Report("failing", "careless", "page.md.j2", lambda _: 1 / 0, "failing"), ROWS[:1])
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_a_report_without_its_template_is_named(install):
    """As where `package-data` is forgotten."""
    installed(install, "x")
    breaches = refused(Report("gone", "careless", "gone.md.j2", lambda _: {"a": 1}, "gone"))
    assert "- its package 'careless' has no template 'gone.md.j2'" in breaches


@dataclass(frozen=True)
class Part:
    """A part."""

    name: str
    """What it is called."""
    more: dict[str, list["int"]] = field(default_factory=dict)

    @property
    def size(self) -> int | None:
        """How large it is."""
        return None


@dataclass(frozen=True)
class Whole(Part):
    """A page."""

    parts: tuple[Part, ...] = ()
    """Its parts."""


def test_a_page_says_what_is_in_it():
    """Fields that are inherited and properties too, with their types in words and their docstrings."""
    assert list(parts_of(Whole)) == [Part]
    assert docstrings(Whole) == {"name": "What it is called.", "parts": "Its parts."}
    assert [(each.name, each.type, each.meaning) for each in fields_of(Whole)] == [
        ("name", "text", "What it is called."),
        ("more", "list of number by text", ""),
        ("parts", "list of Part", "Its parts."),
        ("size", "number or none", "How large it is."),
    ]
    assert type_words(list[Part | None], lambda part: f"[{part.__name__}]") == "list of [Part] or none"
