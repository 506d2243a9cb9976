"""The contract of a connector: a good one passes it, and each breach is named."""

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from harvester.errors import SourceError
from harvester.model.contribution import Contribution
from harvester.model.periods import Period, calendar, parse
from harvester.sdk.capabilities import Part
from harvester.sdk.connector import Event, Gap, Request, Retraction, ScopeCompleted
from harvester.sdk.testing import check_connector, connector_context
from tests.conftest import GUIDE, blocks

JULY = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)
REQUEST = Request(Period(JULY, JULY + dt.timedelta(days=90)), frozenset({"ann"}))


def row(day: int, **changes: object) -> Contribution:
    made = Contribution(
        id=f"note/author/{day}", source="test", scope="s", kind="note", work_item=f"note/{day}", account="Ann",
        role="author", occurred_at=JULY + dt.timedelta(days=day),
    )  # fmt: skip
    return dataclasses.replace(made, **changes)


@dataclass(frozen=True)
class Good:
    """A connector that fulfils the contract: rows of ten days, a gap, and a cursor."""

    rows: tuple[Contribution, ...] = tuple(row(day) for day in range(0, 90, 10))
    after: tuple[object, ...] = ()

    def fetch(self, request: Request) -> Iterator[Event]:
        yield from (each for each in self.rows if each.occurred_at in request.period)
        yield Gap("other", "no access")
        yield Retraction("s", id="note/author/99")
        yield ScopeCompleted("s", "cursor")
        yield from self.after


@dataclass(frozen=True)
class Closed:
    """One that takes the period's end for part of it."""

    def fetch(self, request: Request) -> Iterator[Event]:
        return (row(day) for day in range(91) if request.period.since <= row(day).occurred_at <= request.period.until)


@dataclass(frozen=True)
class Capped:
    """One that gives no more than a page and says nothing."""

    def fetch(self, request: Request) -> Iterator[Event]:
        return (row(day) for day in [day for day in range(90) if row(day).occurred_at in request.period][:10])


@dataclass(frozen=True)
class Counting:
    """One that numbers its rows by the order of fetching."""

    seen: list[int] = field(default_factory=list)

    def fetch(self, request: Request) -> Iterator[Event]:
        self.seen.append(1)
        yield row(1, id=f"reading/{len(self.seen)}")


@dataclass(frozen=True)
class Inventive:
    """One that finds more when it goes on from a cursor."""

    def fetch(self, request: Request) -> Iterator[Event]:
        extra = [row(40, id="sudden")] if request.cursors else []
        yield from (each for each in (row(1), *extra) if each.occurred_at in request.period)
        yield ScopeCompleted("s", "cursor")


def test_a_good_connector_gives_back_its_rows():
    assert check_connector(Good, REQUEST) == list(Good().rows)


@pytest.mark.parametrize(
    ("make", "breach"),
    [
        (lambda: Good(after=("a text",)), "yielded 'a text', which is not an event"),
        (lambda: Good(after=(Gap("s", ""),)), "a gap in 's' has no reason"),
        (lambda: Good(after=(row(95),)), "note/author/95 at 2026-10-04T00:00:00+00:00 is outside the period"),
        (lambda: Good((row(1, account="Bo"),)), "note/author/1 is by 'Bo', who was not asked for"),
        (lambda: Good((row(1), row(2, source="b"))), "names several sources: ['b', 'test']"),
        (lambda: Good((row(1, kind="pr"),)), "note/author/1 has an unknown kind or role: 'pr', 'author'"),
        (lambda: Good((row(1, role="boss"),)), "an unknown kind or role: 'note', 'boss'"),
        (lambda: Good((row(1, kind="issue", role="resolver"),)), "a ticket that somebody closed, and names no owners"),
        (lambda: Good((row(1, id=""),)), "a row has an empty 'id'"),
        (lambda: Good((row(1, work_item=""),)), "note/author/1 has an empty 'work_item'"),
        (lambda: Good((row(1), row(1, title="x"))), "note/author/1 came twice in s with different contents"),
        (
            lambda: Good((row(1, title="\ud83d"),)),
            "'title' of row 'note/author/1' from 'test' cannot be stored as string",
        ),
        (lambda: Good((row(1, occurred_at=JULY.replace(tzinfo=None)),)), None),
        (lambda: Good((row(1, labels=["a"]),)), "note/author/1 changes on its way through Arrow"),
        (lambda: Good((row(1, additions=1.5),)), "note/author/1 changes on its way through Arrow"),
        (Closed, "two adjacent periods share rows"),
        (Closed, "is outside the period"),
        (Capped, "two fetches of adjacent periods differ from one fetch of both"),
        (Inventive, "a fetch that goes on from the cursors yields ('s', 'sudden'), which the first one did not"),
    ],
)
def test_each_breach_is_named(make: Callable[[], Good], breach: str | None):
    if breach is None:
        make = Naive
        breach = "'occurred_at' of row 'note/author/1' from 'test' cannot be stored as timestamp[us, tz=UTC]"
    with pytest.raises(AssertionError) as caught:
        check_connector(make, REQUEST)
    assert str(caught.value).startswith("the connector breaks the contract:\n- ")
    assert breach in str(caught.value)


@dataclass(frozen=True)
class Naive:
    """One whose times have no zone."""

    def fetch(self, request: Request) -> Iterator[Event]:
        yield row(1, occurred_at=JULY.replace(tzinfo=None))


@dataclass(frozen=True)
class Divided(Good):
    """A good one that reads its scope in two parts, odd and even rows, which may be changed."""

    scope: str = "s"
    names: tuple[str, str] = ("even", "odd")
    also: tuple[Event, ...] = ()
    joined: int = 1

    def parts(self, request: Request) -> Iterator[Part | Event]:
        yield Gap("other", "no access")
        yield from (Part(name, self.scope) for name in self.names)

    def fetch_part(self, request: Request, part: Part) -> Iterator[Event]:
        rest = int(part.name == "odd")
        yield from (each for each in self.rows[rest::2] if each.occurred_at in request.period)
        yield Retraction("s", id="note/author/99")
        yield from self.also
        yield ScopeCompleted("s", "cursor")

    def join(self, request: Request, completed: Sequence[ScopeCompleted]) -> Iterator[ScopeCompleted]:
        assert len(completed) == 2
        yield from completed[: self.joined]


def test_a_connector_that_reads_in_parts_passes():
    assert check_connector(Divided, REQUEST) == list(Divided().rows)


@pytest.mark.parametrize(
    ("changes", "breach"),
    [
        ({"names": ("odd", "odd")}, "2 parts are called 'odd'"),
        ({"names": ("even", "neither")}, "the parts together yield other rows than a fetch"),
        ({"scope": "elsewhere"}, "the part 'odd' of 'elsewhere' yields 's'"),
        ({"also": (row(3),)}, "the parts together yield other rows than a fetch"),
        ({"also": (Gap("third", "no access"),)}, "the parts together and a fetch differ in a gap of 'third'"),
        ({"also": (Retraction("s", id="x"),)}, "differ in Retraction(scope='s', id='x', work_item=None, kind=None)"),
        ({"joined": 0}, "differ in the completed 's', whole: False, with a cursor: True"),
        ({"joined": 2}, "differ in the completed 's', whole: False, with a cursor: True"),
    ],
)
def test_each_breach_in_parts_is_named(changes: dict[str, object], breach: str):
    with pytest.raises(AssertionError) as caught:
        check_connector(lambda: Divided(**changes), REQUEST)
    assert breach in str(caught.value)


def test_a_fetch_that_differs_is_a_breach():
    """A fetch that differs from the last is a breach."""
    seen: list[int] = []
    with pytest.raises(AssertionError, match="a second fetch from the unchanged source differs from the first"):
        check_connector(lambda: Counting(seen), REQUEST)


def test_all_breaches_are_listed():
    """Several breaches are reported at once."""
    with pytest.raises(AssertionError) as caught:
        check_connector(lambda: Good((row(1, kind="pr", account="Bo"),)), REQUEST)
    assert len(str(caught.value).splitlines()) == 3


def test_waits_are_written_down_and_the_clock_stands(tmp_path):
    waited: list[tuple[float, str]] = []
    handed = connector_context(tmp_path, now=JULY, waited=waited, calendar=calendar("Asia/Tokyo"))
    handed.wait(60, "the rate limit")
    assert (waited, handed.clock(), handed.calendar.zone.key) == ([(60, "the rate limit")], JULY, "Asia/Tokyo")
    assert connector_context(tmp_path).clock().tzinfo is not None


@pytest.fixture
def guide(diary):
    """The connector of the guide, imported as a user's would be."""
    import harvester_diary

    return harvester_diary.Diary


def test_the_test_in_the_guide_passes(guide, tmp_path):
    names: dict[str, object] = {}
    exec(blocks(GUIDE, "python")[1], names)
    test = names["test_the_diary_keeps_the_contract"]
    assert callable(test)
    test(tmp_path)


def test_the_guides_connector_reports_gaps(guide, tmp_path):
    """The connector in the guide says what it could not read."""
    lines = ["day,who,what,link", "2026-07-14,Ann,A class,", "soon,Ann,A talk,", "2026-07-15,,Nobody's,", "2026-07-16"]
    (tmp_path / "diary.csv").write_text("\n".join([*lines, "2026-07-17,bo,Another's,"]), encoding="utf-8")
    handed = connector_context(tmp_path)
    request = Request(parse("2026Q3", calendar("UTC"), handed.clock()), frozenset({"ann"}))
    assert [each.title for each in check_connector(lambda: guide(handed, "diary.csv"), request)] == ["A class"]
    gaps = [each for each in guide(handed, "diary.csv").fetch(request) if isinstance(each, Gap)]
    assert [each.reason.partition(":")[0] for each in gaps] == [
        f"entry {number} cannot be read" for number in (3, 4, 5)
    ]
    with pytest.raises(SourceError, match=r"The diary 'none.csv' cannot be read: "):
        list(guide(handed, "none.csv").fetch(request))


def test_the_connector_in_the_guide_is_short():
    code = [line for line in blocks(GUIDE, "python")[0].splitlines() if line.strip()]
    assert len(code) <= 50
