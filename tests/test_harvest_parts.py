"""Reading a source in parts ends as one fetch does, whatever the parts, and claims nothing that a lost part had."""

import dataclasses
import pickle
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester.errors import AccessError, SourceError
from harvester.files import Cancelled
from harvester.harvesting.parts import PartsReader, divide, lost, read_part
from harvester.harvesting.reader import INTERRUPTED, changeset_of, read_source
from harvester.harvesting.run import harvest
from harvester.ledger import Ledger
from harvester.ledger.coverage import WHOLE
from harvester.model.contribution import from_table
from harvester.sdk.capabilities import Part
from harvester.sdk.connector import Event, Gap, Remark, Request, Retraction, ScopeCompleted
from tests.scripted import EVER, NOW, Scripted, World, act
from tests.test_ledger_sequences import Story, put, quick, reading, remove

REQUEST = Request(EVER)
few = settings(quick, max_examples=8)


@dataclass(frozen=True)
class Parted:
    """What another connector yields, in parts at random: each scope in one, or both scattered over all."""

    of: Scripted
    chance: random.Random
    by_scope: bool
    count: int = 3
    fails: bool = False
    events: list[list[Event]] = field(default_factory=list)

    def parts(self, request: Request) -> Iterator[Part | Event]:
        self.events[:] = [[] for _ in range(self.count)]
        places = {scope: self.chance.randrange(self.count) for scope in ("org", "lab", "")}
        for each in self.of.fetch(request):
            if isinstance(each, ScopeCompleted) and not self.by_scope:
                for some in self.events:
                    some.append(each)
            else:
                at = places[each.scope] if self.by_scope else self.chance.randrange(self.count)
                self.events[at].append(each)
        for number, some in enumerate(self.events):
            scopes = {each.scope for each in some}
            yield Part(str(number), scopes.pop() if len(scopes) == 1 else "")

    def fetch_part(self, request: Request, part: Part) -> Iterator[Event]:
        events = self.events[int(part.name)]
        broken = self.fails and self.chance.random() < 0.5
        yield from events[: self.chance.randrange(len(events) + 1)] if broken else events
        if broken:
            raise SourceError("The connection broke.")

    def join(self, request: Request, completed: Sequence[ScopeCompleted]) -> Iterator[ScopeCompleted]:
        yield from dict.fromkeys(completed)


def in_parts(seed: int, *, by_scope: bool, fails: bool = False):
    """Reads in parts one after another, in any order, each handed over as bytes."""
    chance = random.Random(seed)

    def read(source, connector, request, progress, stop, redact):
        parted = Parted(connector, chance, by_scope, fails=fails)
        made = PartsReader(source, request, travelled(divide(source, lambda: parted, request)))
        numbered = list(enumerate(made.divided.parts))
        for number, part in chance.sample(numbered, len(numbered)):
            made.add(number, travelled(read_part(source, lambda: parted, request, part)))
        return made.joined(parted.join)

    return read


def travelled(read):
    return pickle.loads(pickle.dumps(read))


class PartedStory(Story):
    """A story whose harvests read in parts."""

    reads = None

    def read(self, connector, period, accounts, refresh=False):
        outcome = harvest(
            self.ledger, {"work": lambda: connector}, {"work": accounts}, period, clock=self.now, refresh=refresh,
            read=self.reads,
        )  # fmt: skip
        assert outcome.sources[0].committed
        return outcome


def held(ledger):
    return {(row.scope, row.id): row for row in from_table(ledger.rows())}, ledger.coverage()


unbroken = reading.filter(lambda step: step[5] != "breaks")


@few
@given(st.lists(st.one_of(put, put, remove, unbroken), min_size=3, max_size=12), st.integers(0), st.booleans())
def test_any_division_ends_as_one_fetch(steps, seed, by_scope):
    """After any harvest rows and coverage are the same as with one fetch."""
    with tempfile.TemporaryDirectory() as folder:
        one, parted = Story(Ledger.open(folder + "/one")), PartedStory(Ledger.open(folder + "/parts"))
        parted.reads = in_parts(seed, by_scope=by_scope)
        for step in steps:
            one.tell(step)
            parted.tell(step)
        assert held(one.ledger) == held(parted.ledger)


@few
@given(st.lists(st.one_of(put, put, remove, reading), min_size=3, max_size=14), st.integers(0), st.booleans())
def test_lost_parts_are_made_up_for(steps, seed, by_scope):
    """Whatever parts fail, a harvest that says it is complete is, and so is the last one."""
    with tempfile.TemporaryDirectory() as folder:
        story = PartedStory(Ledger.open(folder + "/ledger"))
        story.reads = in_parts(seed, by_scope=by_scope, fails=True)
        for step in steps:
            story.tell(step)
        story.reads = in_parts(seed, by_scope=by_scope)
        story.read(Scripted(story.world), EVER, None)
        story.check(EVER, None)


@dataclass(frozen=True)
class Given:
    """A connector whose parts yield what is given, the first of it without a part."""

    first: tuple[object, ...] = ()
    of_parts: tuple[tuple[object, ...], ...] = ()
    scopes: tuple[str, ...] = ("org", "lab")
    error: Exception = field(default_factory=lambda: SourceError("The connection broke."))

    def fetch(self, request: Request) -> Iterator[Event]:
        raise NotImplementedError

    def parts(self, request: Request) -> Iterator[Part | Event]:
        yield from self._events(self.first)
        yield from (Part(str(number), self.scopes[number]) for number in range(len(self.of_parts)))

    def fetch_part(self, request: Request, part: Part) -> Iterator[Event]:
        yield from self._events(self.of_parts[int(part.name)])

    def join(self, request: Request, completed: Sequence[ScopeCompleted]) -> Iterator[ScopeCompleted]:
        yield from completed

    def _events(self, events):
        for each in events:
            if each is BROKEN:
                raise self.error
            yield each


BROKEN = object()
ORG, LAB = ScopeCompleted("org", "c"), ScopeCompleted("lab", "d")


def read(connector, request=REQUEST, redact=str, order=1):
    divided = travelled(divide("work", lambda: connector, request, redact))
    made = PartsReader("work", request, divided)
    for number, part in list(enumerate(divided.parts))[::order]:
        made.add(number, travelled(read_part("work", lambda: connector, request, part, redact)))
    return made.joined(connector.join)


def broken(scope):
    return Gap(scope, "The connection broke.")


def test_a_part_that_failed_costs_its_scope_alone():
    """Its rows are kept, and the other scope is finished."""
    reader = read(Given((), ((act(1), BROKEN), (act(2, scope="lab"), LAB))))
    assert reader.gaps == [broken("org")]
    assert reader.done == [LAB]
    assert len(reader.table()) == 2
    assert isinstance(reader.failed, SourceError)
    by_scope = {each.scope: each.gaps for each in changeset_of(reader, NOW).coverage}
    assert by_scope == {"lab": (), WHOLE: (broken("org"),)}


def test_a_part_of_no_scope_that_failed_costs_all():
    """But what it finished itself before."""
    reader = read(Given((), ((act(1), ORG, BROKEN), (act(2, scope="lab"), LAB)), ("", "lab")))
    assert reader.done == [ORG]
    assert reader.gaps_of("org") == ()


def test_one_lost_part_of_a_scope_costs_the_scope():
    """What the other part completed would have the next harvest skip what was never read."""
    reader = read(Given((), ((act(1), ORG), (act(2), BROKEN)), ("org", "org")))
    assert reader.done == []
    assert len(reader.table()) == 2
    assert changeset_of(reader, NOW).replaced_ranges == ()


def test_retractions_of_a_lost_scope_wait():
    """What replaces the row that is retracted may have been in the part that was lost."""
    gone = Retraction("org", id="x"), Retraction("lab", id="y")
    reader = read(Given((), ((gone[0], ORG), (gone[1], LAB), (BROKEN,)), ("org", "lab", "org")))
    assert changeset_of(reader, NOW).retracted == (gone[1],)


def test_a_retraction_removes_what_came_before_in_its_part():
    """In whatever order the parts arrive."""
    retraction = Retraction("org", id=act(1).id)
    connector = Given((), ((act(1), retraction, act(1, title="new")), (act(2), act(3))), ("org", "org"))
    for order in (1, -1):
        table = read(connector, order=order).table()
        assert [row.title for row in from_table(table)] == ["new", "Change 2", "Change 3"]


def test_of_a_key_that_comes_twice_the_last_part_counts():
    connector = Given((), ((act(1, title="old"),), (act(1, title="new"),)), ("org", "org"))
    for order in (1, -1):
        assert [row.title for row in from_table(read(connector, order=order).table())] == ["new"]


def test_what_several_parts_report_alike_is_said_once():
    same = Gap("org", "no access"), Remark("org", "sizes are unknown")
    reader = read(Given(same, (same, same), ("org", "org")))
    assert (reader.gaps, reader.remarks) == ([same[0]], [same[1]])


def test_parts_that_cannot_be_named_are_not_read():
    reader = read(Given((act(1), BROKEN), ((act(2),),)))
    assert reader.gaps == [broken(WHOLE)]
    assert len(reader.table()) == 1


def test_nothing_but_parts_is_one_empty_fetch():
    """As one fetch that yields nothing: all of the period was read."""
    one = read_source("work", Scripted(World(), "plain"), REQUEST)
    assert changeset_of(read(Given()), NOW).coverage == changeset_of(one, NOW).coverage
    assert changeset_of(read(Given()), NOW).replaced_ranges == changeset_of(one, NOW).replaced_ranges


def test_a_bug_in_join_completes_nothing():
    @dataclass(frozen=True)
    class Bad(Given):
        def join(self, request, completed):
            raise KeyError("x")

    reader = read(Bad((), ((act(1), ORG),), ("org",)))
    assert reader.done == []
    assert reader.gaps == [Gap(WHOLE, "the connector broke off with KeyError (a bug; see --debug)")]


def test_a_row_that_cannot_be_stored_is_a_gap_of_its_part():
    reader = read(Given((), ((act(1, title="\ud83d"), ORG), (act(2, scope="lab"), LAB))))
    assert reader.done == [LAB]
    assert {gap.scope for gap in reader.gaps} == {"org"}


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (AccessError("No s3cret.", hint="Not s3cret."), AccessError, "No ***."),
        (KeyError("s3cret"), SourceError, "the connector broke off with KeyError (a bug; see --debug)"),
        (Cancelled(), Cancelled, ""),
    ],
)
def test_an_error_travels_without_secrets(error, kind, message):
    reader = read(Given((), ((BROKEN,),), ("org",), error), redact=lambda text: text.replace("s3cret", "***"))
    assert type(reader.failed) is kind
    assert getattr(reader.failed, "message", "") == message
    assert "s3cret" not in repr(reader) + repr(vars(reader.failed))
    if kind is Cancelled:
        assert reader.gaps == [Gap(WHOLE, INTERRUPTED)]
    else:
        assert "in fetch_part" in "".join(reader.failed.__notes__)


def test_what_never_came_back_is_a_gap():
    made = PartsReader("work", REQUEST, divide("work", lambda: Given((), ((), ()), ("org", "lab")), REQUEST))
    made.add(0, lost("org", "it ended three workers", SourceError("x")))
    made.add(1, read_part("work", lambda: Given((), ((), (LAB,))), REQUEST, Part("1", "lab")))
    reader = made.joined(lambda request, completed: completed)
    assert reader.gaps == [Gap("org", "it ended three workers")]
    assert reader.done == [LAB]


def test_rows_of_many_parts_are_spilled(tmp_path):
    """No more than one part is in memory at a time, and the rows come in the order of the parts."""
    events = tuple((act(number), act(number + 100)) for number in range(20))
    connector = Given((), events, ("org",) * 20)
    divided = divide("work", lambda: connector, REQUEST)
    made = PartsReader("work", REQUEST, divided)
    made.buffer = dataclasses.replace(made.buffer, spill_bytes=1, folder=tmp_path)
    for number, part in reversed(list(enumerate(divided.parts))):
        made.add(number, read_part("work", lambda: connector, REQUEST, part))
    assert not made.buffer._in_memory
    rows = from_table(made.joined(connector.join).table())
    assert [row.additions for row in rows] == [number + more for number in range(20) for more in (0, 100)]
