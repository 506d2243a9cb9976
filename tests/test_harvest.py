"""Harvesting: what each source is asked, side by side, each failing alone, and an end whenever somebody wants it."""

import _thread
import dataclasses
import datetime as dt
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harvester.errors import AccessError, LedgerError, SecretError, SourceError
from harvester.files import Cancelled
from harvester.harvesting.buffer import RowBuffer
from harvester.harvesting.plan import plan
from harvester.harvesting.reader import SourceReader, changeset_of, read_source, rows_of
from harvester.harvesting.run import harvest
from harvester.ledger import Ledger, UpsertCounts
from harvester.ledger.coverage import WHOLE, Coverage, covered, resume_points, updated
from harvester.model.contribution import from_table
from harvester.sdk.connector import Event, Gap, Request, Retraction, ScopeCompleted
from tests.scripted import EVER, NOW, Scripted, World, act, span, utc

ROOT = Path(__file__).parent.parent
ANN, BOB = frozenset({"ann"}), frozenset({"bob"})
Q1, Q2, Q3, Q4 = (span(utc(2026, 1 + 3 * n), utc(2026 + (n == 3), (4 + 3 * n - 1) % 12 + 1)) for n in range(4))
YEAR = span(utc(2026), utc(2027))


@pytest.fixture
def ledger(tmp_path):
    return Ledger.open(tmp_path / "ledger")


def run(ledger, connectors, wanted=None, period=EVER, **more):
    makers = {name: (lambda made=made: made) for name, made in connectors.items()}
    wanted = dict.fromkeys(connectors) if wanted is None else wanted
    return harvest(ledger, makers, wanted, period, clock=more.pop("clock", lambda: NOW), **more)


def known(period, accounts=None, scope=WHOLE, cursor=None, gaps=(), day=0):
    return Coverage("work", scope, accounts, period, NOW + dt.timedelta(days=day), cursor, tuple(gaps))


def asked(coverage, accounts=None, period=YEAR, **more) -> Request:
    (planned,) = plan(["work"], {"work": accounts}, period, coverage, **more)
    return planned.request


@dataclass(frozen=True)
class Yields:
    """A connector that yields what it was given, and then perhaps fails."""

    events: tuple[object, ...]
    error: BaseException | None = None
    closed: list[str] = field(default_factory=list)

    def fetch(self, request: Request) -> Iterator[Event]:
        try:
            yield from self.events
            if self.error:
                raise self.error
        finally:
            self.closed.append("closed")


class TestPlanning:
    def test_nothing_known_asks_for_everything(self):
        assert asked([], ANN) == Request(YEAR, ANN)

    def test_what_was_finished_is_covered_and_its_cursor_handed_back(self):
        request = asked([known(Q1, ANN), known(Q1, ANN, "org", "c1")], ANN)
        assert request.covered == (Q1,)
        assert request.cursors == {"org": "c1"}
        assert request.missing == [span(Q2.since, Q4.until)]

    def test_a_reading_of_everyone_covers_anybody(self):
        assert asked([known(YEAR), known(YEAR, None, "org", "c")], ANN | BOB).covered == (YEAR,)

    def test_a_reading_of_me_covers_neither_my_team_nor_everyone(self):
        rows = [known(YEAR, ANN), known(YEAR, ANN, "org", "c")]
        for accounts in (None, BOB, ANN | BOB):
            assert asked(rows, accounts) == Request(YEAR, accounts, newest={"org": "c"}, previous={"org": "c"})

    def test_two_people_read_apart_are_covered_together_by_the_older_cursor(self):
        rows = [
            known(YEAR, ANN),
            known(YEAR, ANN, "org", "old"),
            known(Q1, BOB, day=1),
            known(Q1, BOB, "org", "new", day=1),
        ]
        request = asked(rows, ANN | BOB)
        assert request.covered == (Q1,)
        assert request.cursors == {"org": "old"}

    def test_accounts_are_the_same_by_address_and_without_case(self):
        rows = [known(YEAR, frozenset({"Ann <A@X.org>"})), known(YEAR, frozenset({"a@x.org"}), "org", "c")]
        assert asked(rows, frozenset({"A@x.ORG"})).covered == (YEAR,)

    def test_a_hole_does_not_cover(self):
        rows = [known(YEAR, gaps=[Gap("org", "no access")]), known(YEAR, None, "lab", "c")]
        request = asked(rows)
        assert request.covered == ()
        assert request.finished == {"lab": (YEAR,)}
        assert request.missing_of("lab") == []
        assert request.missing_of("org") == [YEAR]

    def test_a_hole_of_some_months_uncovers_only_those(self):
        rows = [
            known(YEAR, gaps=[Gap("org", "too many", Q2)]),
            known(YEAR, None, "org", "c", [Gap("org", "too many", Q2)]),
        ]
        assert asked(rows).missing == [Q2]

    def test_a_scope_that_appeared_later_has_no_cursor_and_is_read_anew(self):
        rows = [known(YEAR), known(YEAR, None, "org", "c"), known(Q4, None, "new", "n")]
        assert asked(rows).cursors == {"org": "c"}

    def test_without_cursors_nothing_counts_as_covered_since_nobody_could_ask_what_changed(self):
        assert asked([known(YEAR)]) == Request(YEAR)

    def test_refresh_asks_for_everything(self):
        assert asked([known(YEAR), known(YEAR, None, "org", "c")], refresh=True) == Request(YEAR, previous={"org": "c"})

    def test_another_source_covers_nothing(self):
        rows = [dataclasses.replace(known(YEAR), source="play"), known(YEAR, None, "org", "c")]
        assert asked(rows).covered == ()

    @pytest.mark.parametrize("wanted", [{}, {"work": frozenset()}])
    def test_where_nobody_has_an_account_the_source_is_not_asked(self, wanted):
        (planned,) = plan(["work"], wanted, YEAR, [])
        assert planned.request is None
        assert planned.skipped


class TestCoverage:
    def test_a_new_reading_replaces_what_it_tells_again(self):
        assert updated([known(Q1), known(Q1, ANN)], [known(YEAR, day=1)]) == [known(YEAR, day=1)]

    def test_a_reading_of_me_does_not_replace_one_of_everyone(self):
        assert len(updated([known(Q1)], [known(Q1, ANN, day=1)])) == 2

    def test_only_the_overlap_is_replaced(self):
        rows = updated([known(YEAR)], [known(Q2, day=1)])
        assert [row.period for row in rows] == [Q1, Q2, span(Q3.since, Q4.until)]

    def test_a_failed_reading_does_not_undo_one_that_went_well(self):
        rows = updated([known(YEAR)], [known(YEAR, gaps=[Gap("", "no access")], day=1)])
        assert covered(rows, None, YEAR) == [YEAR]
        assert [row.complete for row in rows] == [True, False]

    def test_a_failed_reading_replaces_an_earlier_failure(self):
        failures = [known(YEAR, gaps=[Gap("", "no access")], day=day) for day in range(3)]
        assert updated(updated(failures[:1], failures[1:2]), failures[2:]) == failures[2:]

    def test_a_period_that_moves_on_daily_adds_a_day_each_time(self):
        rows: list[Coverage] = []
        day = dt.timedelta(days=1)
        for number in range(200):
            period = span(utc(2026) + number * day, utc(2026) + (number + 30) * day)
            rows = updated(rows, [known(period, day=number), known(period, None, "org", f"c{number}", day=number)])
        assert len(rows) == 2 * 200
        everything = span(utc(2026), utc(2026) + 229 * day)
        assert covered([row for row in rows if row.scope == WHOLE], None, everything) == [everything]
        last = span(utc(2026) + 199 * day, utc(2026) + 229 * day)
        assert resume_points(rows, None, last, [last])["org"].cursor == "c199"
        assert resume_points(rows, None, everything, [everything])["org"].cursor == "c0"


class TestReading:
    def test_rows_come_back_in_order_from_memory_batches_and_spilled_files(self):
        for stage in (RowBuffer(), RowBuffer(batch_rows=3), RowBuffer(batch_rows=3, spill_bytes=1)):
            rows = [act(number) for number in range(10)]
            for row in rows:
                stage.add(row)
            assert from_table(stage.table()) == rows
            assert stage.count == 10

    def test_a_spilled_reading_leaves_no_file_behind(self, tmp_path):
        stage = RowBuffer(batch_rows=2, spill_bytes=1, folder=tmp_path)
        for number in range(8):
            stage.add(act(number))
        assert list(tmp_path.iterdir()) == []
        assert len(stage.table()) == 8

    def test_a_reading_for_which_there_is_no_room_is_told_in_words(self, tmp_path):
        stage = RowBuffer(batch_rows=1, spill_bytes=1, folder=tmp_path / "missing")
        with pytest.raises(LedgerError, match="no room for what is read"):
            stage.add(act(1))

    def test_the_last_row_of_a_key_stands_and_a_retraction_takes_only_what_came_before(self):
        events = [
            act(1),
            act(2, work_item="PAY-1"),
            Retraction("org", work_item="PAY-1"),
            act(2, work_item="PAY-1", title="Closed again"),
            act(1, title="New"),
            act(3),
            Retraction("org", id=act(3).id),
        ]
        reading = read_source("work", Yields(tuple(events)), Request(EVER))
        assert rows_of([reading]) == [events[3], events[4]]

    def test_an_error_becomes_a_hole_and_what_came_before_is_kept(self):
        reading = read_source(
            "work", Yields((act(1),), SourceError("The server is away.", hint="Wait.")), Request(EVER)
        )
        assert rows_of([reading]) == [act(1)]
        assert reading.gaps == [Gap(WHOLE, "The server is away. Wait.")]

    @pytest.mark.parametrize("event", ["nonsense", act(1, source="play"), act(1, title="\ud800")])
    def test_what_a_broken_connector_yields_is_told_as_its_bug(self, ledger, event):
        outcome = run(ledger, {"work": Yields((act(2), event))})
        assert "a bug" in outcome.sources[0].gaps[-1].reason
        assert not outcome.complete

    def test_a_row_that_cannot_be_kept_costs_neither_its_neighbours_nor_what_was_finished(self, ledger):
        bad = act(3, scope="lab", title="\ud800")
        events = (
            act(1),
            ScopeCompleted("org", "c"),
            act(2, scope="lab"),
            bad,
            act(4, scope="lab"),
            ScopeCompleted("lab", "c"),
        )
        outcome = run(ledger, {"work": Yields(events)})
        assert not outcome.complete
        assert {row.id for row in from_table(ledger.rows())} == {act(number).id for number in (1, 2, 4)}
        assert asked(ledger.coverage(), period=EVER).cursors == {"org": "c"}

    def test_a_keyboard_interrupt_passes_through_and_the_connector_is_closed(self):
        connector = Yields((act(1),), KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            read_source("work", connector, Request(EVER))
        assert connector.closed == ["closed"]

    def test_a_stop_closes_the_connector_so_that_it_cleans_up(self):
        stop = threading.Event()
        stop.set()
        connector = Yields((act(1), act(2)))
        reading = read_source("work", connector, Request(EVER), stop=stop)
        assert isinstance(reading.failed, Cancelled)
        assert connector.closed == ["closed"]
        assert rows_of([reading]) == [act(1)]

    def test_a_failed_reading_takes_nothing_back_in_scopes_it_did_not_finish(self):
        events = (Retraction("org", id="1"), Retraction("lab", id="2"), ScopeCompleted("org", "c"))
        reading = read_source("work", Yields(events, SourceError("Away.")), Request(EVER))
        assert changeset_of(reading, NOW).retracted == (events[0],)


class TestHarvesting:
    def test_what_was_read_is_in_the_ledger_and_a_second_time_only_changes_are_asked_for(self, ledger):
        world = World()
        world.put(act(1), act(2))
        connector = Scripted(world)
        assert run(ledger, {"work": connector}).sources[0].counts == UpsertCounts(new=2)
        world.put(act(2, title="New"), act(3, occurred_at=utc(2020)))
        world.remove("org", act(1).id)
        outcome = run(ledger, {"work": connector})
        assert outcome.complete
        assert outcome.sources[0].counts == UpsertCounts(new=1, replaced=1, dropped=1)
        assert outcome.sources[0].rows == 2
        assert connector.requests[1].covered == (EVER,)
        assert {row.id for row in from_table(ledger.rows())} == {act(2).id, act(3).id}

    def test_nothing_new_commits_no_rows(self, ledger):
        world = World()
        world.put(act(1))
        run(ledger, {"work": Scripted(world)})
        before = ledger.info()
        outcome = run(ledger, {"work": Scripted(world)})
        assert outcome.sources[0].counts == UpsertCounts()
        assert ledger.info() == before

    def test_a_connector_without_cursors_drops_what_did_not_come_again_but_of_nobody_else(self, ledger):
        world = World()
        world.put(act(1), act(2), act(3, account="bob"), act(4, occurred_at=utc(2027)))
        connector = Scripted(world, "plain")
        run(ledger, {"work": connector})
        for number in (1, 3, 4):
            world.remove("org", act(number).id)
        outcome = run(ledger, {"work": connector}, {"work": ANN}, YEAR)
        assert outcome.sources[0].counts == UpsertCounts(dropped=1, unchanged=1)
        assert {row.id for row in from_table(ledger.rows())} == {act(number).id for number in (2, 3, 4)}

    def test_refreshing_me_leaves_my_team_and_other_periods_alone(self, ledger):
        world = World()
        world.put(act(1), act(2, account="bob"), act(3, occurred_at=utc(2020)))
        run(ledger, {"work": Scripted(world)})
        world.rows.clear()
        outcome = run(ledger, {"work": Scripted(world)}, {"work": ANN}, YEAR, refresh=True)
        assert outcome.sources[0].counts == UpsertCounts(dropped=1)
        assert {row.id for row in from_table(ledger.rows())} == {act(2).id, act(3).id}

    def test_a_hole_drops_nothing_there_and_is_told(self, ledger):
        world = World()
        world.put(act(1), act(2, scope="lab"))
        run(ledger, {"work": Scripted(world, "plain")})
        hole = Gap("org", "no access")
        outcome = run(ledger, {"work": Scripted(world, "plain", hole=hole)})
        assert outcome.sources[0].gaps == (hole,)
        assert not outcome.complete
        assert len(ledger.rows()) == 2
        assert [row.gaps for row in ledger.coverage() if not row.complete] == [(hole,)]

    def test_a_hole_that_may_lie_in_any_scope_leaves_none_finished(self, ledger):
        """Otherwise the next harvest asks only for changes, and what was taken back before it stands for ever."""
        world = World()
        world.put(act(1))
        died = changeset_of(read_source("work", Scripted(world), Request(EVER)), NOW)
        ledger.commit(dataclasses.replace(died, coverage=()))
        world.remove("org", act(1).id)
        run(ledger, {"work": Scripted(world, hole=Gap(WHOLE, "no access"))})
        assert len(ledger.rows()) == 1
        run(ledger, {"work": Scripted(world)})
        assert len(ledger.rows()) == 0

    def test_one_that_fails_costs_the_others_nothing(self, ledger):
        connectors = {
            "work": Yields((act(1), ScopeCompleted("org", "c"), act(2)), AccessError("The token has expired.")),
            "play": Yields((act(1, source="play"),)),
        }
        outcome = run(ledger, connectors)
        work, play = outcome.sources
        assert (work.complete, play.complete, outcome.complete) == (False, True, False)
        assert isinstance(work.failed, AccessError)
        assert work.gaps == (Gap(WHOLE, "The token has expired."),)
        assert len(ledger.rows()) == 3
        request = asked(ledger.coverage(), period=EVER)
        assert request.covered == ()
        assert request.finished == {"org": (EVER,)}

    def test_a_connector_that_cannot_be_made_is_that_sources_failure(self, ledger):
        def refuse():
            raise SecretError("The environment has no 'TOKEN'.")

        outcome = harvest(
            ledger, {"work": refuse, "play": lambda: Yields(())}, {"work": None, "play": None}, EVER, clock=lambda: NOW
        )
        assert isinstance(outcome.sources[0].failed, SecretError)
        assert outcome.sources[1].complete

    def test_a_source_that_knows_nobody_asked_for_is_not_asked_and_says_so(self, ledger):
        connector = Scripted(World())
        outcome = run(ledger, {"work": connector}, {"work": frozenset()})
        assert connector.requests == []
        assert outcome.sources[0].skipped
        assert outcome.complete
        assert ledger.coverage() == []

    def test_sources_are_read_side_by_side(self, ledger):
        """Neither of two connectors that wait for each other would end if they were read in turn."""
        meeting = threading.Barrier(2, timeout=20)

        @dataclass(frozen=True)
        class Meets:
            def fetch(self, request: Request) -> Iterator[Event]:
                meeting.wait()
                yield ScopeCompleted("org", "c")

        outcome = run(ledger, {"work": Meets(), "play": Meets()})
        assert outcome.complete

    def test_progress_is_told_by_source(self, ledger):
        told = []
        done = []
        world = World()
        world.put(act(1), act(2))
        run(ledger, {"work": Scripted(world)}, progress=lambda *each: told.append(each), finished=done.append)
        assert ("work", 2) in told
        assert [each.source for each in done] == ["work"]

    def test_a_row_whose_account_was_mapped_to_another_address_is_replaced(self, ledger):
        world = World()
        world.put(act(1, account="Ann <old@x.org>"))
        both = frozenset({"old@x.org", "new@x.org", "Ann <old@x.org>", "Ann <new@x.org>"})
        run(ledger, {"work": Scripted(world)}, {"work": both})
        world.put(act(1, account="Ann <new@x.org>"))
        run(ledger, {"work": Scripted(world)}, {"work": both})
        assert [row.account for row in from_table(ledger.rows())] == ["Ann <new@x.org>"]


@dataclass(frozen=True)
class Endless:
    """Secures one scope and then goes on for ever, until it is closed."""

    source: str
    secured: threading.Event
    ended: threading.Event

    def fetch(self, request: Request) -> Iterator[Event]:
        try:
            yield act(1, source=self.source)
            yield ScopeCompleted("org", "c1")
            self.secured.set()
            while True:
                time.sleep(0.01)
                yield act(2, source=self.source, scope="lab")
        finally:
            self.ended.set()


@dataclass(frozen=True)
class Hangs:
    """Hangs in a call that nothing interrupts, as a socket may."""

    secured: threading.Event
    release: threading.Event

    def fetch(self, request: Request) -> Iterator[Event]:
        self.secured.set()
        self.release.wait(30)
        yield act(1)


def interrupt_when(*events: threading.Event) -> None:
    def wait() -> None:
        for event in events:
            event.wait(20)
        _thread.interrupt_main()

    threading.Thread(target=wait, daemon=True).start()


class TestInterrupting:
    def test_an_interrupt_stops_all_keeps_what_was_secured_and_leaves_no_thread(self, ledger):
        before = threading.active_count()
        connectors = {name: Endless(name, threading.Event(), threading.Event()) for name in ("work", "play")}
        interrupt_when(*(each.secured for each in connectors.values()))
        begun = time.monotonic()
        outcome = run(ledger, connectors)
        assert time.monotonic() - begun < 10
        assert outcome.interrupted
        assert not outcome.complete
        assert all(each.ended.is_set() for each in connectors.values())
        assert [each.committed for each in outcome.sources] == [True, True]
        assert all("interrupted" in each.gaps[-1].reason for each in outcome.sources)
        request = asked(ledger.coverage(), period=EVER)
        assert request.cursors == {"org": "c1"}
        assert request.covered == ()
        deadline = time.monotonic() + 5
        while threading.active_count() > before and time.monotonic() < deadline:
            time.sleep(0.01)
        assert threading.active_count() <= before

    def test_a_connector_that_hangs_holds_nobody_up_and_commits_nothing_later(self, ledger):
        secured, release = threading.Event(), threading.Event()
        interrupt_when(secured)
        outcome = run(ledger, {"work": Hangs(secured, release)}, grace=0.2)
        assert outcome.interrupted
        assert "did not stop" in outcome.sources[0].gaps[0].reason
        release.set()
        for thread in threading.enumerate():
            if thread.name == "harvest work":
                thread.join(5)
        assert len(ledger.rows()) == 0

    def test_whoever_waits_for_another_harvest_of_the_source_stops_too(self, ledger):
        stop = threading.Event()
        with ledger.source_lock("work"):
            threading.Timer(0.2, stop.set).start()
            outcome = run(ledger, {"work": Scripted(World())}, stop=stop)
        assert isinstance(outcome.sources[0].failed, Cancelled)
        assert not outcome.sources[0].committed

    def test_a_process_ends_promptly_though_a_connector_hangs(self, tmp_path):
        code = f"""
import sys, threading, _thread
sys.path.insert(0, {str(ROOT)!r})
from tests.test_harvest import Hangs, Ledger, interrupt_when, run
secured = threading.Event()
interrupt_when(secured)
run(Ledger.open({str(tmp_path / "ledger")!r}), {{"work": Hangs(secured, threading.Event())}}, grace=0.2)
"""
        subprocess.run([sys.executable, "-c", code], check=True, timeout=20)


def test_a_reading_of_a_hundred_thousand_rows_stays_small(tmp_path):
    """Rows stream through batches and a file: the peak is far below what they would take as objects and a table."""
    code = f"""
import resource, sys
sys.path.insert(0, {str(ROOT)!r})
from tests.scripted import EVER, NOW, act, utc
from harvester.harvesting.run import harvest
from harvester.ledger import Ledger

class Many:
    def fetch(self, request):
        for number in range(100_000):
            yield act(number, occurred_at=utc(2006 + number % 20), body="word " * 200, paths=("a/b.py", str(number)))

ledger = Ledger.open({str(tmp_path / "ledger")!r})
outcome = harvest(ledger, {{"work": Many}}, {{"work": None}}, EVER, clock=lambda: NOW)
assert outcome.complete and outcome.sources[0].counts.new == 100_000, outcome
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert int(done.stdout) < 1024


def test_a_reading_names_the_source_it_is_of():
    reading = SourceReader("work", Request(EVER))
    with pytest.raises(ValueError, match="source 'play' came from 'work'"):
        reading.take(act(1, source="play"))


def test_no_secret_is_kept_that_a_connector_quotes_in_a_gap_or_an_error():
    class Quoting:
        def fetch(self, request: Request) -> Iterator[Event]:
            yield Gap("org", "the server said: bad token hunter2")
            raise SourceError("refused with hunter2", hint="hunter2")

    reading = read_source("work", Quoting(), Request(EVER), redact=lambda text: text.replace("hunter2", "***"))
    assert len(reading.gaps) == 2
    assert all("hunter2" not in gap.reason and "***" in gap.reason for gap in reading.gaps)
