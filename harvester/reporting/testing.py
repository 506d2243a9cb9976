"""Tests of the contract of a report, for ours and for any other."""

from __future__ import annotations

import contextlib
import contextvars
import dataclasses
import datetime as dt
import functools
import pickle
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from harvester.analysis.frame import prepare
from harvester.errors import ReportError
from harvester.goals.assessment import GoalsAndDecisions, assess
from harvester.goals.model import Goal, Goals, Rule
from harvester.ledger.coverage import SourceStatus
from harvester.model.contribution import Contribution, to_table
from harvester.model.people import People, Person
from harvester.model.periods import calendar
from harvester.reporting.audience import for_audience
from harvester.reporting.formats import CSV, HTML, JSON, MARKDOWN, Format, PageOptions
from harvester.reporting.json_page import check_json
from harvester.reporting.own_template import OwnTemplate, shared_texts
from harvester.reporting.report import Report, content_of, make, page_markdown, template_job, viewed
from harvester.reporting.report_input import ReportInput
from harvester.sdk.connector import Gap

CALENDAR = calendar("Europe/Berlin")
PERIOD = dataclasses.replace(CALENDAR.days(dt.date(2026, 7, 1), dt.date(2026, 9, 30)), name="Q3 2026")
"""The period of the rows here."""

READ_AT = dt.datetime(2026, 10, 2, tzinfo=dt.UTC)
ADA = Person(
    "ada", "Ada Lovelace", ("ada@example.org",), {"hub": ("ada",), "notes": ("ada",)}, named_in_public=True
)  # fmt: skip
GRACE = Person(
    "grace", "Grace Hopper", ("grace@example.org",), {"hub": ("grace",)}, mentored_since=dt.date(2026, 1, 5),
    named_in_public=True,
)  # fmt: skip
PEOPLE = People((ADA, GRACE), {"hub": "github", "here": "git", "notes": "notebook"})
GOALS = GoalsAndDecisions(
    Goals((), (Goal.model_validate({
        "name": "pay", "title": "Payments that can be trusted", "measure": "pull_requests", "target": 4,
        "from": dt.date(2026, 7, 1), "until": dt.date(2026, 12, 31), "match": Rule(labels=("pay",)),
    }),))
)  # fmt: skip
"""One goal, which some of the rows serve."""

HOSTILE = "<img src=x onerror=alert(1)> @canary [x](javascript:alert(1)) Fixes #1"
_READ_BY_FORGES = {"@canary": "a mention", "Fixes #1": "a reference that closes an issue"}
_CANARY = "canary"
_REASON = "401: the token has expired"
_FETCHING = ("socket.connect", "socket.getaddrinfo", "socket.sendto", "subprocess.Popen", "os.system", "urllib.Request")


def row(number: int, day: dt.date, **values: Any) -> Contribution:
    """A merged pull request of Ada's on GitHub, `org/app#number`, at noon of a day, but for what is given."""
    work_item = values.get("work_item", f"github.com/org/app#{number}")
    given: dict[str, Any] = {
        "id": f"{values.get('kind', 'pull_request')}/{values.get('role', 'author')}/{work_item}", "source": "hub",
        "scope": "org/app", "kind": "pull_request", "role": "author", "work_item": work_item, "account": "ada",
        "occurred_at": dt.datetime.combine(day, dt.time(12), dt.UTC), "title": f"Piece {number}", "project": "org/app",
        "is_private": False,
    }  # fmt: skip
    if not {"url", "work_item"} & values.keys():
        given["url"] = f"https://github.com/org/app/pull/{number}"
    return Contribution(**given | values)


ROWS = (
    row(1, dt.date(2026, 7, 3), title="feat(pay): carry the order's key", labels=("pay",), additions=340, deletions=12),
    row(2, dt.date(2026, 7, 9), title="feat(pay): refund once", labels=("pay",), body="A refund was paid twice."),
    row(3, dt.date(2026, 8, 4), title="Write the guide"),
    row(4, dt.date(2026, 8, 20), account="grace", title="Try it in the night"),
    row(4, dt.date(2026, 8, 21), kind="review", role="reviewer", owners=("grace",), state="approved"),
    row(5, dt.date(2026, 9, 2), kind="issue", role="assignee", owners=("ada",), story_points=3.0, title="Paid twice"),
    row(
        6, dt.date(2026, 9, 8), kind="commit", source="here", work_item=f"commit/{'a' * 40}", title="Sort the orders",
        account="Ada <ada@example.org>", additions=20, deletions=4,
    ),
    row(
        7, dt.date(2026, 9, 9), kind="note", source="notes", scope="notebook.md", work_item="notebook/1", project=None,
        url=None, title="Spoke about refunds", extra={"result": "Forty people came.", "goal": "pay"},
    ),
)  # fmt: skip
"""Work of two people of which a report can be made: changes, a review, a ticket, a commit and a note."""


def report_input(rows: Iterable[Contribution] = ROWS, *, gaps: Sequence[Gap] = (), **values: Any) -> ReportInput:
    """What a report of Ada's third quarter of 2026 is made from: these rows, and what could not be read.

    `values` are other fields of `ReportInput`, and `goals` (`GoalsAndDecisions`). People are `ada` and `grace`, sources
    are `hub` (github), `here` (git) and `notes` (notebook).
    """
    given: dict[str, Any] = {"period": PERIOD, "persons": ("ada",), "calendar": CALENDAR, "people": PEOPLE}
    given |= values
    goals = given.pop("goals", GOALS)
    shared = {name: given[name] for name in ("persons", "period", "calendar", "people")}
    if "statuses" not in given:
        sources = given["people"].connectors
        given["statuses"] = [
            SourceStatus(each, given["period"], gaps=tuple(gaps) if each == "hub" else (), read_at=READ_AT)
            for each in sources
        ]
    assessment = assess(prepare(to_table(rows), given["people"]), goals, now=READ_AT, **shared)
    return ReportInput(assessment=assessment, **given)


def check_report(report: Report, rows: Iterable[Contribution] = ROWS, **values: Any) -> str:
    """Test a report against the contract; returns its page in Markdown, of these rows.

    `rows` and `values` are as in `report_input`. Raises AssertionError, which lists every breach:

    - a format cannot be made: of these rows, of none, of several people, as a draft, or from an incomplete source;
    - the same rows, or the same in another order, give another page;
    - it connects to something, or starts a program;
    - it is silent about a source that could not be read in full;
    - a text of a source is not escaped, or an address is not http or https;
    - JSON does not fit the schema of its page;
    - a page for the public has a word of what is private;
    - its template makes another page when it is a user's own.
    """
    check = _Check(report, list(rows), values)
    if report.template in shared_texts(report.package):
        check.all()
    else:
        check.breaches.append(f"its package {report.package!r} has no template {report.template!r}")
    if not report.summary:
        check.breaches.append("it has no summary, which `harvester report --list` shows")
    if check.breaches:
        listed = "\n".join(f"- {each}" for each in dict.fromkeys(check.breaches))
        raise AssertionError(f"the report breaks the contract:\n{listed}") from check.first_error
    return check.first_page


@dataclasses.dataclass
class _Check:
    """A report that is tested, and the breaches that were found."""

    report: Report
    rows: list[Contribution]
    values: Mapping[str, Any]
    breaches: list[str] = dataclasses.field(default_factory=list)
    first_error: Exception | None = None
    first_page: str = ""

    def all(self) -> None:
        """Test everything."""
        self.made_anyhow()
        self.repeatable()
        self.incomplete_and_hostile()
        self.public()
        self.own_template()

    @functools.cached_property
    def given(self) -> ReportInput:
        """What the page is made from."""
        return self.input()

    def input(self, rows: Iterable[Contribution] | None = None, **values: Any) -> ReportInput:
        return report_input(self.rows if rows is None else rows, **{**self.values, **values})

    def pages(self, what: str, given: ReportInput, *formats: Format, may_refuse: bool = False) -> list[str]:
        """The page as text in each of these formats, empty where it cannot be made.

        It must be made without an error and without fetching; JSON must be as its schema says. With `may_refuse` a
        ReportError, which says what is missing, is no breach.
        """
        seen = viewed(self.report, given)
        page = self.context(what, seen, may_refuse=may_refuse)
        return ["" if page is None else self._page(what, seen, page, each) for each in formats]

    def context(self, what: str, seen: ReportInput, *, may_refuse: bool = False) -> Any:
        """The page itself, None where it cannot be made."""

        def made() -> Any:
            with contextlib.suppress(*[ReportError] * may_refuse):
                return self.report.context(seen)

        with _watched(self.breaches):
            return self.tried(what, made)

    def _page(self, what: str, seen: ReportInput, page: Any, format_: Format) -> str:
        if format_ == JSON and not self.report.page:
            return ""
        content = self.tried(
            f"{what} in {format_.name}", lambda: content_of(self.report, seen, page, PageOptions(format_))
        )
        if content and format_ == JSON and (page_type := self.report.page):
            self.tried(f"{what} as its schema says", lambda: check_json(page_type, content))
        return content or ""

    def tried(self, what: str, call: Callable[[], Any]) -> Any:
        """What a call gives; an error is a breach."""
        try:
            return call()
        except Exception as error:  # noqa: BLE001 - whatever a report raises is a breach
            self.breaches.append(f"{what}: {type(error).__name__}: {' '.join(str(error).split())[:300]}")
            self.first_error = self.first_error or error
        return None

    def made_anyhow(self) -> None:
        """In every format; of no rows, of several people, and as a draft."""
        self.first_page, *_ = self.pages("a page", self.given, MARKDOWN, JSON)
        with _watched(self.breaches):
            self.tried("its table", lambda: make(self.report, self.given, PageOptions(CSV)))
        everybody = tuple(dict.fromkeys((*self.given.persons, *(each.key for each in self.given.people.persons))))
        self.pages("no rows", self.input(()), MARKDOWN, JSON, may_refuse=True)
        self.pages("several people", self.input(persons=everybody), MARKDOWN)
        self.pages("a draft", dataclasses.replace(self.given, draft=True), MARKDOWN, JSON)

    def repeatable(self) -> None:
        """The same rows again, in another order."""
        (again,) = self.pages("a page", self.input(self.rows[::-1]), MARKDOWN)
        if again == self.first_page:
            return
        (same,) = self.pages("a page", self.given, MARKDOWN)
        what = "the same rows give two pages" if same != self.first_page else "the order of rows changes the page"
        self.breaches.append(what)

    def incomplete_and_hostile(self) -> None:
        """A source that refused access heads the page, and the texts and addresses of the others do nothing there."""
        hostile = [_with_texts(each, HOSTILE, "javascript:alert(1)") for each in self.rows]
        given = self.input(hostile, gaps=[Gap("org", _REASON)])
        text, html = self.pages("hostile texts", given, MARKDOWN, HTML)
        self.breaches += [f"a text of a source is not escaped: md has {each}" for each in _done_by(text)]
        wrong = [each for each in ("<img", 'href="javascript:') if each in html]
        self.breaches += [f"a text of a source is not escaped: HTML has {each!r}" for each in wrong]
        for name, page, heading in (("md", text, r"^## "), ("HTML", html, "<h2")):
            if page and _REASON not in re.split(heading, page, maxsplit=1, flags=re.MULTILINE)[0]:
                self.breaches.append(f"an incomplete source does not head the page in {name}")

    def public(self) -> None:
        """Work that is private, or of which that is not known, with a word in it that the page must not have."""
        if "public" not in self.report.audiences:
            return
        private = [
            dataclasses.replace(
                _with_texts(each, _CANARY, f"https://{_CANARY}.example/"), id=f"{each.id}/{_CANARY}/{known}",
                work_item=f"github.com/{_CANARY}/{_CANARY}#{at}", scope=_CANARY, is_private=known,
            )
            for known in (True, None) for at, each in enumerate(self.rows, 1)
        ]  # fmt: skip
        request = dataclasses.replace(self.given.request, audience="public")
        given = for_audience(self.input([*self.rows, *private], request=request))
        for text in self.pages("a page for the public", given, MARKDOWN, JSON):
            if _CANARY in text.casefold():
                self.breaches.append("a page for the public has a word of what is private")

    def own_template(self) -> None:
        """Its template as a user's own, in the sandbox and in another process."""
        from harvester.reporting.sandbox import render

        shared, name = shared_texts(self.report.package), self.report.template
        page = self.context("a page", viewed(self.report, self.given))
        if page is None:
            return
        job = template_job(self.report, OwnTemplate(name, name, {name: shared[name]}), page)
        self.tried("its page cannot be given to another process", lambda: pickle.dumps(job))
        made = self.tried("its template as a user's own", lambda: render(job))
        if made is not None and made != self.tried("its template", lambda: page_markdown(self.report, page)):
            self.breaches.append("its template makes another page when it is a user's own")


def _done_by(text: str) -> Iterator[str]:
    """What `HOSTILE` does in Markdown where it is not escaped; in code it does nothing."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    blocks = parser.parse(text)
    for token in (*blocks, *(part for block in blocks for part in block.children or ())):
        if token.type in {"html_block", "html_inline"} and "<img" in token.content:
            yield "an element"
        if str(token.attrs.get("href", "")).startswith("javascript:"):
            yield "a link to javascript:"
        if token.type == "text":
            yield from (what for words, what in _READ_BY_FORGES.items() if words in token.content)


def _with_texts(contribution: Contribution, text: str, url: str) -> Contribution:
    """A row with this text in place of every one that people write, and this address."""
    return dataclasses.replace(
        contribution, title=text, body=f"{text}\n\n```\n{text}\n~~~\n{text}", milestone=text,
        project=contribution.project and text, labels=(text, *contribution.labels), url=url,
        extra={name: text if name == "result" else value for name, value in contribution.extra.items()},
    )  # fmt: skip


_calls: contextvars.ContextVar[list[str] | None] = contextvars.ContextVar("calls", default=None)


@contextlib.contextmanager
def _watched(breaches: list[str]) -> Iterator[None]:
    """Within the block each connection and each program that is started is a breach."""
    _watch()
    token = _calls.set(breaches)
    try:
        yield
    finally:
        _calls.reset(token)


@functools.cache
def _watch() -> None:
    """Have Python report connections and programs; that cannot be undone, and costs nothing elsewhere."""

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event in _FETCHING and (breaches := _calls.get()) is not None:
            breaches.append(f"it fetches while its page is made ({event})")

    sys.addaudithook(hook)
