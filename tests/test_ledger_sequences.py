"""Whatever happens between harvests, the ledger ends as one reading of the final state would."""

import dataclasses
import datetime as dt
import tempfile
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harvester.errors import SourceError
from harvester.harvesting.plan import plan
from harvester.harvesting.reader import changeset_of, read_source
from harvester.harvesting.run import harvest
from harvester.ledger import Ledger, by_accounts
from harvester.model.contribution import from_table
from harvester.model.periods import Period
from harvester.sdk.connector import Gap
from tests.scripted import EVER, NOW, Scripted, World, act, span, utc

MONTHS = [span(utc(2025, month), utc(2025, month + 1)) for month in (10, 11)] + [
    span(utc(2025, 12), utc(2026, 1)),
    span(utc(2026, 1), utc(2026, 2)),
]
PEOPLE = ("ann", "bob")

months = st.integers(0, 3)
periods = st.tuples(months, months).map(lambda pair: span(MONTHS[min(pair)].since, MONTHS[max(pair)].until))
accounts = st.sampled_from([None, frozenset({"ann"}), frozenset({"bob"}), frozenset(PEOPLE)])
put = st.builds(
    lambda number, month, account, title, scope: ("put", number, month, account, title, scope),
    st.integers(0, 7), months, st.sampled_from(PEOPLE), st.integers(0, 2), st.sampled_from(["org", "lab"]),
)  # fmt: skip
remove = st.builds(lambda number, scope: ("remove", number, scope), st.integers(0, 7), st.sampled_from(["org", "lab"]))
reading = st.builds(
    lambda *parts: ("harvest", *parts),
    periods,
    accounts,
    st.sampled_from(["cursor", "cursor", "missing", "missing", "plain", "whole"]),
    st.booleans(),
    st.sampled_from(
        ["well", "well", "well", "between", "breaks", "hole", "holed scope", "holed month", "holed scope month"]
    ),
    st.integers(0, 6),
)


@dataclasses.dataclass
class Story:
    """One ledger, one world, and a clock that moves on with every step."""

    ledger: Ledger
    world: World = dataclasses.field(default_factory=World)
    ticks: count = dataclasses.field(default_factory=count)

    def now(self) -> dt.datetime:
        return NOW + dt.timedelta(minutes=next(self.ticks))

    def tell(self, step: tuple) -> None:
        kind, *rest = step
        getattr(self, kind)(*rest)

    def put(self, number: int, month: int, account: str, title: int, scope: str) -> None:
        at = MONTHS[month].since + dt.timedelta(days=number)
        self.world.put(act(number, occurred_at=at, account=account, title=f"Title {title}", scope=scope))

    def remove(self, number: int, scope: str) -> None:
        self.world.remove(scope, f"commit:author:{number}")

    def harvest(self, period: Period, accounts, style: str, refresh: bool, fate: str, number: int) -> None:
        if fate == "between":
            return self.die_between_the_commits(period, accounts, style, refresh)
        holes = {
            "hole": Gap("", "no access"),
            "holed scope": Gap("org", "no access"),
            "holed scope month": Gap("org", "too many", MONTHS[number % 4]),
            "holed month": Gap("", "too many", MONTHS[number % 4]),
        }
        connector = Scripted(self.world, style, number if fate == "breaks" else None, holes.get(fate))
        outcome = self.read(connector, period, accounts, refresh)
        if outcome.complete:
            self.check(period, accounts)
        return None

    def read(self, connector, period, accounts, refresh=False):
        outcome = harvest(
            self.ledger, {"work": lambda: connector}, {"work": accounts}, period, clock=self.now, refresh=refresh
        )
        (source,) = outcome.sources
        assert source.committed
        assert isinstance(source.failed, SourceError | None)
        return outcome

    def die_between_the_commits(self, period, accounts, style, refresh) -> None:
        (planned,) = plan(["work"], {"work": accounts}, period, self.ledger.coverage(), refresh=refresh)
        change = changeset_of(read_source("work", Scripted(self.world, style), planned.request), self.now())
        self.ledger.commit(dataclasses.replace(change, coverage=()))

    def check(self, period, accounts) -> None:
        wanted = by_accounts({"work": accounts})
        held = {(row.scope, row.id): row for row in from_table(self.ledger.rows(period, wanted))}
        assert held == self.world.seen(period, accounts)


def unfold(steps: list[tuple]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        story = Story(Ledger.open(folder + "/ledger"))
        for step in steps:
            story.tell(step)
        story.read(Scripted(story.world), EVER, None)
        story.check(EVER, None)
        held = story.ledger.rows()
        assert len(held) == len({(row.scope, row.id) for row in from_table(held)})


quick = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=False)


@quick
@given(st.lists(st.one_of(put, put, remove, reading), min_size=3, max_size=14))
def test_any_sequence_of_changes_and_harvests_ends_as_one_reading_of_the_final_state(steps):
    unfold(steps)


@pytest.mark.soak
@settings(quick, max_examples=3000)
@given(st.lists(st.one_of(put, put, remove, reading), min_size=3, max_size=30))
def test_any_long_sequence_ends_as_one_reading_of_the_final_state(steps):
    unfold(steps)
