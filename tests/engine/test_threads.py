"""Threads over the whole in parts are those of all rows together, however rows are divided and results merged."""

import datetime as dt
import functools
import itertools

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester.analysis import threads, threads_in_parts
from harvester.engine.exchange import ClusterTasks, cells_of, opened, packed, received
from harvester.engine.rows import LedgerPieces
from harvester.engine.threads import threads as threads_over_all
from harvester.ledger import Changeset, Ledger
from harvester.model.contribution import Contribution, to_table

JIRA = {"OPS": "acme.atlassian.net"}
HASHES = [start.ljust(40, end) for start in ("abcdef1", "abcdef12", "1234567", "fedcba9") for end in "05"]
PROJECTS = ["github.com/org/app", "github.com/Org/web", "gitlab.com/team/sub/pay", "local/tool"]


class InProcess:
    """Runs the steps one after the other in this process, with tables packed as between the processes of a cluster."""

    def map(self, function, *columns):
        return [opened(packed(function(*values))) for values in zip(*columns, strict=True)]

    def exchange(self, types, count, function, *columns):
        cells = pd.concat([cells_of(each) for each in self.map(function, *columns)])
        schema = pa.schema([*types.items()])
        return [opened(received(cells[cells["to"] == to], schema)) for to in range(count)]


def read_from(table, columns):
    return table.select(columns)


def of_the_whole(table, tickets):
    return threads.threads(table.to_pandas(types_mapper=pd.ArrowDtype), tickets).tolist()


def in_parts(tables, tickets, **options):
    tasks, parts = InProcess(), [functools.partial(read_from, each) for each in tables]
    return tasks.map(threads_of_part, parts, threads_over_all(tasks, parts, tickets, **options))


def threads_of_part(part, answer):
    return threads_in_parts.thread_of(part(["work_item"])["work_item"].combine_chunks(), answer).to_pylist()


numbers = st.integers(1, 3)
projects = st.sampled_from(PROJECTS)
hashes = st.sampled_from(HASHES)
shorts = hashes.flatmap(lambda each: st.integers(7, 9).map(lambda end: each[:end]))
keys = st.tuples(st.sampled_from(["PAY", "OPS", "UTF"]), numbers).map(lambda each: f"{each[0]}-{each[1]}")
hosts = st.sampled_from(["acme.atlassian.net", "other.example/jira"])
pulls = st.tuples(projects, st.sampled_from("#!"), numbers).map(lambda each: f"{each[0]}{each[1]}{each[2]}")
tracked = st.tuples(hosts, keys).map("/".join)
commits = st.one_of(hashes, shorts).map(lambda each: f"commit/{each}")
work_items = st.one_of(pulls, tracked, commits, st.sampled_from(["notebook/one", "github.com/org/app@v1"]))
references = st.one_of(
    work_items,
    keys,
    hashes,
    numbers.map(lambda each: f"#{each}"),
    numbers.map(lambda each: f"web#{each}"),
    shorts.map(lambda each: f"https://github.com/org/app/commit/{each}"),
    keys.map(lambda each: f"https://acme.atlassian.net/browse/{each}"),
    st.sampled_from(["nothing", "#9"]),
)
lists = st.one_of(st.just(()), st.lists(references, max_size=2).map(tuple))
SCOPES = [*PROJECTS, "PAY", "/home/ada/app", "notebook.md"]


@st.composite
def contributions(draw):
    work_item = draw(work_items)
    kinds = ["issue"] if "acme" in work_item or "other" in work_item else ["issue", "pull_request", "review", "commit"]
    return Contribution(
        id="1", source=draw(st.sampled_from(["git", "hub"])), scope=draw(st.sampled_from(SCOPES)),
        kind=draw(st.sampled_from([*kinds, "comment"])), work_item=work_item, account=draw(st.sampled_from("ab")),
        role="author", occurred_at=dt.datetime(2026, 7, draw(numbers), tzinfo=dt.UTC),
        title=draw(st.one_of(st.just("Work"), keys)), body=draw(st.one_of(st.none(), keys.map("Fixes {}".format))),
        extra=draw(st.one_of(st.just({}), keys.map(lambda each: {"topic": f"fix/{each.lower()}"}))),
        url=draw(st.sampled_from([None, "https://github.com/org/app/commit/1234567"])),
        closes=draw(lists), part_of=draw(lists), picked_from=draw(lists), reverts=draw(lists),
    )  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(st.data(), st.lists(contributions(), min_size=1, max_size=14), st.integers(1, 5), st.integers(1, 7))
def test_parts_have_the_threads_of_the_whole(data, rows, parts, groups):
    place = data.draw(st.lists(st.integers(0, parts - 1), min_size=len(rows), max_size=len(rows)))
    together = data.draw(st.integers(2, 4))
    divided = [[row for row, at in zip(rows, place, strict=True) if at == part] for part in range(parts)]
    expected = iter(of_the_whole(to_table([*itertools.chain(*divided)]), JIRA))

    found = in_parts([to_table(each) for each in divided], JIRA, groups=groups, together=together)

    assert found == [list(itertools.islice(expected, len(each))) for each in divided]


def test_a_cluster_has_the_threads_of_a_ledger(client, tmp_path):
    """Read in pieces by source; its pull requests and issues make chains over projects and sources."""
    rows = [
        Contribution(
            id=str(number), source=("hub", "git", "lab")[number % 3], scope="github.com/org",
            kind=("pull_request", "issue")[number % 2], work_item=f"github.com/org/app{number % 7}#{number}",
            account="ada", role="author",
            occurred_at=dt.datetime(2026, 7, 1, tzinfo=dt.UTC) + dt.timedelta(hours=number * 7 % 300),
            closes=(f"org/app{(number + 1) % 7}#{number + 1}",) if number % 10 else (),
        )
        for number in range(300)
    ]  # fmt: skip
    ledger = Ledger.open(tmp_path)
    for source in ("hub", "git", "lab"):
        ledger.commit(Changeset(source, to_table([row for row in rows if row.source == source])))
    pieces = ledger.pieces(None, ["hub", "git", "lab"], size=1)
    stored = LedgerPieces(str(tmp_path), tuple(pieces), None)
    parts = [functools.partial(stored.read, each) for each in pieces]
    tasks = ClusterTasks(client)

    threads_by_part = tasks.map(threads_of_part, parts, threads_over_all(tasks, parts, JIRA, groups=2))

    expected = of_the_whole(pa.concat_tables([stored.read(each) for each in pieces]), JIRA)
    assert len(pieces) == 3
    assert list(itertools.chain(*tasks.results(threads_by_part))) == expected


def test_no_parts_have_no_threads():
    assert threads_over_all(InProcess(), [], JIRA) == []


@pytest.mark.parametrize("groups", range(1, 8))
def test_a_first_time_is_that_of_all_groups(groups):
    """A commit of two clones is the first of its thread by the row that lies in the other group."""
    first, second, app = f"commit/{'a' * 40}", f"commit/{'b' * 40}", "github.com/org/app"
    base = {"source": "git", "kind": "commit", "account": "ada", "role": "author"}
    rows = [
        Contribution(id=str(day), work_item=item, scope=scope, picked_from=picked,
                     occurred_at=dt.datetime(2026, 7, day, tzinfo=dt.UTC), **base)
        for item, scope, picked, day in ((first, app, (), 3), (second, app, (first,), 2), (first, "local/app", (), 1))
    ]  # fmt: skip

    found = in_parts([to_table([each]) for each in rows], JIRA, groups=groups)

    assert found == [[first]] * 3
