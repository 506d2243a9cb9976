"""The ledger: what is committed comes back as it was, once, and refuses in words what it cannot do."""

import dataclasses
import datetime as dt
import json
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester.errors import LedgerError
from harvester.ledger import Changeset, Ledger, ReplacedRange, UpsertCounts, by_accounts
from harvester.ledger.coverage import WHOLE, Coverage
from harvester.ledger.delta_table import VERSION_KEY, CommitConflict, with_version
from harvester.ledger.queries import FORGOTTEN
from harvester.model.contribution import VERSION, Contribution, arrow_schema, from_table, to_table
from harvester.sdk.connector import Gap, Retraction
from tests.scripted import EVER, NOW, act, span, utc


@pytest.fixture(params=["folder", "url"])
def ledger(request, tmp_path):
    """A ledger in a folder, and one that is reached as an object store is."""
    place = tmp_path / "ledger"
    return Ledger.open(place if request.param == "folder" else f"file://{place}")


def held(ledger: Ledger, *narrowed) -> dict[str, Contribution]:
    return {row.id: row for row in from_table(ledger.rows(*narrowed))}


def keep(ledger: Ledger, *rows: Contribution, **more) -> UpsertCounts:
    return ledger.commit(Changeset(more.pop("source", "work"), to_table(rows), **more))


def covered(source="work", scope=WHOLE, accounts=None, period=EVER, **more) -> Coverage:
    return Coverage(source, scope, accounts, period, more.pop("read_at", NOW), **more)


FULL_ROW = act(
    1,
    started_at=utc(2025, 12, 1),
    body="'; DROP TABLE x; --\n\x00",
    url="https://example.org",
    project="org/repo",
    state="merged",
    change_type="fix",
    parent="E-1",
    milestone="v1",
    paths=("a/b", ""),
    owners=("ann",),
    participants=(),
    closes=("#1",),
    part_of=("#2",),
    picked_from=("commit/1",),
    reverts=("commit/2",),
    related_to=("x",),
    extra={"result": "ä", "": "y"},
    additions=0,
    deletions=None,
    files_changed=2**40,
    comment_count=7,
    story_points=0.5,
    is_private=True,
    occurred_at=utc(2026, 1, 1).replace(microsecond=1),
)
EMPTY_ROW = act(2, title=None, labels=(), extra={}, additions=None)


def test_rows_come_back_as_they_were_with_nulls_lists_maps_and_microseconds(ledger):
    keep(ledger, FULL_ROW, EMPTY_ROW)
    assert held(ledger) == {FULL_ROW.id: FULL_ROW, EMPTY_ROW.id: EMPTY_ROW}
    assert ledger.rows().schema == arrow_schema()


def test_an_empty_ledger_gives_an_empty_table_of_the_right_types(ledger):
    assert ledger.rows().schema == arrow_schema()
    assert len(ledger.rows()) == 0
    assert ledger.coverage() == []


FIRST, LAST = utc(1971), utc(2200)
texts = st.text(st.characters(codec="utf-8"), max_size=8)
times = st.datetimes(FIRST.replace(tzinfo=None), LAST.replace(tzinfo=None), timezones=st.just(dt.UTC))
any_row = st.builds(
    Contribution, id=texts, source=st.just("work"), scope=texts, kind=st.just("note"), work_item=texts, account=texts,
    role=st.just("author"), occurred_at=times, title=st.none() | texts, labels=st.lists(texts, max_size=3).map(tuple),
    extra=st.dictionaries(texts, texts, max_size=2), additions=st.none() | st.integers(-(2**63), 2**63 - 1),
    story_points=st.none() | st.floats(allow_nan=False), is_private=st.none() | st.booleans(),
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(any_row, any_row), max_size=6, unique_by=lambda pair: (pair[0].scope, pair[0].id)))
def test_whatever_text_a_source_sends_the_last_one_of_a_key_stands(tmp_path_factory, pairs):
    """Keys, too, are hostile: separators, quotes and control characters make no two of them the same."""
    ledger = Ledger.open(tmp_path_factory.mktemp("any") / "ledger")
    before = [first for first, _ in pairs]
    after = [dataclasses.replace(second, scope=first.scope, id=first.id) for first, second in pairs]
    keep(ledger, *before)
    counts = keep(ledger, *after)
    assert sorted(from_table(ledger.rows()), key=repr) == sorted(after, key=repr)
    assert counts.replaced == sum(old != new for old, new in zip(before, after, strict=True))


@pytest.mark.parametrize("name", ["it's", 'a"b', "../up", "a/b", "ä ö%20", "source=x", "*"])
def test_a_source_may_have_any_name(ledger, name):
    row = act(1, source=name)
    keep(ledger, row, source=name)
    keep(ledger, act(2))
    wanted = by_accounts({name: frozenset({"ann"})})
    assert list(held(ledger, EVER, wanted).values()) == [row]
    keep(ledger, dataclasses.replace(row, title="New"), source=name)
    assert {each.title for each in held(ledger).values()} == {"New", "Change 2"}


def test_a_row_that_comes_again_replaces_the_old_one_also_in_another_year(ledger):
    keep(ledger, act(1, occurred_at=utc(2024, 5)), act(2, occurred_at=utc(2024, 6)))
    counts = keep(ledger, act(1, occurred_at=utc(2026, 5)))
    assert counts == UpsertCounts(replaced=1)
    assert sorted(row.occurred_at for row in held(ledger).values()) == [utc(2024, 6), utc(2026, 5)]


def test_the_same_id_in_another_scope_or_source_is_another_row(ledger):
    keep(ledger, act(1), act(1, scope="lab"))
    keep(ledger, act(1, source="play"), source="play")
    assert len(ledger.rows()) == 3


def test_rows_that_come_again_unchanged_write_nothing(ledger):
    keep(ledger, act(1), act(2))
    before = ledger.info()
    assert keep(ledger, act(1), act(2)) == UpsertCounts(unchanged=2)
    assert ledger.info() == before


def test_counts_say_what_a_commit_did(ledger):
    keep(ledger, act(1), act(2), act(3))
    counts = keep(ledger, act(1), act(2, title="New"), act(4), replaced_ranges=(ReplacedRange(EVER),))
    assert counts == UpsertCounts(new=1, replaced=1, dropped=1, unchanged=1)
    assert sorted(held(ledger)) == [act(1).id, act(2).id, act(4).id]


@pytest.mark.parametrize(
    ("retraction", "left"),
    [
        (Retraction("org", id=act(1).id), [2, 3]),
        (Retraction("org", work_item="PAY-1"), [3]),
        (Retraction("org", work_item="PAY-1", kind="issue"), [2, 3]),
        (Retraction("lab", work_item="PAY-1"), [1, 2, 3]),
        (Retraction("org", id="' OR '1'='1"), [1, 2, 3]),
    ],
)
def test_a_retraction_takes_rows_by_id_or_by_subject(ledger, retraction, left):
    keep(ledger, act(1, work_item="PAY-1", kind="issue"), act(2, work_item="PAY-1", kind="comment"), act(3))
    keep(ledger, retracted=(retraction,))
    assert sorted(held(ledger)) == [act(number).id for number in left]


def test_a_retraction_takes_no_row_that_has_moved_out_of_what_was_asked(ledger):
    keep(
        ledger,
        act(1, occurred_at=utc(2026, 5)),
        act(2, occurred_at=utc(2026, 1), account="bob"),
        act(3, occurred_at=utc(2026, 1)),
    )
    taken = tuple(Retraction("org", id=act(number).id) for number in (1, 2, 3))
    keep(ledger, retracted=taken, accounts=frozenset({"ann"}), period=span(utc(2026, 1), utc(2026, 2)))
    assert sorted(held(ledger)) == [act(1).id, act(2).id]


def test_replacing_a_slice_spares_other_people_other_periods_and_other_scopes(ledger):
    inside = utc(2026, 1, 15)
    keep(
        ledger,
        act(1, occurred_at=inside),
        act(2, occurred_at=inside, account="bob"),
        act(3, occurred_at=utc(2026, 2)),
        act(4, occurred_at=inside, scope="lab"),
        act(5, occurred_at=utc(2026, 1)),
    )
    month = span(utc(2026, 1), utc(2026, 2))
    counts = keep(ledger, accounts=frozenset({"ANN"}), replaced_ranges=(ReplacedRange(month, "org"),))
    assert counts == UpsertCounts(dropped=2)
    assert sorted(held(ledger)) == [act(number).id for number in (2, 3, 4)]


def test_accounts_are_compared_by_address_and_without_case(ledger):
    rows = [
        act(1, account="Ann <Ann@Example.org>"),
        act(2, account="Anna <ann@example.org.evil>"),
        act(3, account="Someone <>"),
        act(4, account="Other <>"),
    ]
    keep(ledger, *rows)
    assert list(held(ledger, None, by_accounts({"work": frozenset({"ann@example.org"})}))) == [act(1).id]
    assert list(held(ledger, None, by_accounts({"work": frozenset({"someone <>"})}))) == [act(3).id]
    keep(ledger, accounts=frozenset({"ANN@example.org"}), replaced_ranges=(ReplacedRange(EVER),))
    assert sorted(held(ledger)) == [act(number).id for number in (2, 3, 4)]


def test_a_period_is_half_open_and_exact_to_the_microsecond(ledger):
    tick = dt.timedelta(microseconds=1)
    times = [utc(2026, 1) - tick, utc(2026, 1), utc(2026, 2) - tick, utc(2026, 2)]
    for number, at in enumerate(times):
        keep(ledger, act(number, occurred_at=at))
    assert sorted(row.occurred_at for row in held(ledger, span(utc(2026, 1), utc(2026, 2))).values()) == times[1:3]


def test_nobody_wanted_gives_nobody_and_not_everyone(ledger):
    keep(ledger, act(1))
    assert held(ledger, None, by_accounts({"work": frozenset()})) == {}
    assert held(ledger, None, by_accounts({})) == {}
    assert len(held(ledger, None, by_accounts({"work": None}))) == 1


def test_coverage_comes_back_as_it_was(ledger):
    rows = (
        covered(accounts=frozenset({"ann", "Bob <b@x>"}), gaps=(Gap("lab", "no 'access'\n"), Gap("", "x", EVER))),
        covered(scope="org", cursor='{"tips": "é"}'),
    )
    keep(ledger, coverage=rows)
    assert sorted(ledger.coverage(), key=repr) == sorted(rows, key=repr)


def test_coverage_of_one_source_leaves_that_of_others(ledger):
    keep(ledger, coverage=(covered(),))
    keep(ledger, coverage=(covered("play"),), source="play")
    later = covered(read_at=NOW + dt.timedelta(days=1))
    keep(ledger, coverage=(later,))
    assert sorted(ledger.coverage(), key=repr) == sorted([later, covered("play")], key=repr)


def test_a_commit_planned_before_another_one_is_refused_and_changes_nothing(ledger):
    turn = ledger.source_version("work")
    keep(ledger, act(1))
    with pytest.raises(CommitConflict):
        ledger.commit(Changeset("work", to_table([act(1, title="Old")])), turn)
    keep(ledger, act(1, source="play"), source="play")
    ledger.commit(Changeset("work", to_table([act(2)]), coverage=(covered(),)), ledger.source_version("work"))
    assert {row.title for row in from_table(ledger.rows())} == {"Change 1", "Change 2"}


def test_reading_that_only_covered_counts_as_a_turn(ledger):
    turn = ledger.source_version("work")
    keep(ledger, coverage=(covered(),))
    with pytest.raises(CommitConflict):
        ledger.commit(Changeset("work", to_table([act(1)])), turn)


def test_the_folder_is_private_and_ignores_itself_in_git(tmp_path):
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    keep(Ledger.open(tmp_path / ".harvester" / "ledger"), act(1))
    assert stat.S_IMODE((tmp_path / ".harvester" / "ledger").stat().st_mode) == 0o700
    done = subprocess.run(["git", "status", "--porcelain"], cwd=tmp_path, check=True, capture_output=True)
    assert done.stdout == b""


def test_what_people_wrote_is_not_in_the_log(tmp_path):
    ledger = Ledger.open(tmp_path / "ledger")
    keep(
        ledger,
        act(1, title="Wholly secret", account="ann@example.org"),
        coverage=(covered(accounts=frozenset({"ann@example.org"})),),
    )
    logs = b"".join(path.read_bytes() for path in tmp_path.rglob("_delta_log/*") if path.is_file())
    assert b"secret" not in logs
    assert b"ann@" not in logs
    assert b"numRecords" in logs


def test_there_is_no_ledger_where_none_was_made(tmp_path):
    with pytest.raises(LedgerError, match="There is no ledger"):
        Ledger.open(tmp_path / "ledger", create=False)
    assert not (tmp_path / "ledger").exists()


def test_a_file_in_its_place_is_told_in_words(tmp_path):
    (tmp_path / "ledger").write_text("x")
    with pytest.raises(LedgerError, match="cannot be opened"):
        Ledger.open(tmp_path / "ledger")


def test_a_folder_that_is_used_for_something_else_is_left_alone(tmp_path):
    (tmp_path / ".gitignore").write_text("mine")
    (tmp_path / "code.py").write_text("mine")
    before = stat.S_IMODE(tmp_path.stat().st_mode)
    with pytest.raises(LedgerError, match=r"is not a ledger: it contains 'code\.py'"):
        Ledger.open(tmp_path)
    assert (tmp_path / ".gitignore").read_text() == "mine"
    assert stat.S_IMODE(tmp_path.stat().st_mode) == before


def test_after_a_death_between_rows_and_coverage_no_cursor_is_given_until_all_was_read_again(ledger):
    told = covered(scope="org", cursor="1")
    keep(ledger, act(1), coverage=(covered(), told))
    assert [each.cursor for each in ledger.coverage() if each.scope == "org"] == ["1"]
    keep(ledger, act(2))
    assert [each.cursor for each in ledger.coverage() if each.scope == "org"] == [None]
    other = span(utc(2100), utc(2101))
    keep(ledger, coverage=(covered(period=other), covered(scope="org", period=other, cursor="2")))
    assert {each.cursor for each in ledger.coverage() if each.scope == "org"} == {None, "2"}
    ledger.compact()
    assert {each.cursor for each in ledger.coverage() if each.scope == "org"} == {None, "2"}


def test_what_is_left_of_a_cursor_that_named_a_forgotten_person_goes_too(ledger):
    both = frozenset({"ann", "bob"})
    keep(ledger, act(1), coverage=(covered(accounts=both), covered(scope="org", accounts=both, cursor="digest of bob")))
    ledger.forget(by_accounts({"work": frozenset({"bob"})}))
    assert {(each.accounts, each.cursor) for each in ledger.coverage()} == {(frozenset({"ann"}), None)}


def test_a_damaged_file_is_told_in_words(tmp_path):
    ledger = Ledger.open(tmp_path / "ledger")
    keep(ledger, act(1))
    (path,) = (tmp_path / "ledger" / "contributions").glob("*.parquet")
    path.write_bytes(b"PAR1 no more")
    with pytest.raises(LedgerError, match="damaged"):
        keep(ledger, act(1, title="New"))
    with pytest.raises(LedgerError, match="cannot be read"):
        ledger.rows()


@pytest.mark.parametrize("version", [VERSION - 1, VERSION + 1])
def test_a_ledger_of_another_schema_is_refused(tmp_path, version):
    """It is left as it is, and the way out is named: to harvest again elsewhere."""
    ledger = Ledger.open(tmp_path / "ledger")
    keep(ledger, act(1))
    uri = f"{ledger.location}/contributions"
    rows = DeltaTable(uri).to_pyarrow_table()
    schema, columns = with_version(rows.schema, version), ["source", "year"]
    write_deltalake(uri, rows.cast(schema), mode="overwrite", schema_mode="overwrite", partition_by=columns)
    before = everything_on_disk(tmp_path)
    with pytest.raises(LedgerError, match=f"schema {version}, .*; this harvester reads {VERSION}") as refused:
        Ledger.open(tmp_path / "ledger")
    assert "harvest again" in str(refused.value)
    assert everything_on_disk(tmp_path) == before


def test_a_table_of_somebody_else_is_not_taken_for_a_ledger(tmp_path):
    write_deltalake(str(tmp_path / "ledger" / "contributions"), pa.table({"x": [1]}))
    with pytest.raises(LedgerError, match="not a ledger"):
        Ledger.open(tmp_path / "ledger")


def everything_on_disk(place: Path) -> str:
    """All that is readable in a folder: logs as they are, Parquet files as their rows."""
    parts = [
        path.read_text(errors="replace") for path in place.rglob("*") if path.is_file() and path.suffix != ".parquet"
    ]
    tables = [pq.ParquetFile(path).read().to_pylist() for path in place.rglob("*.parquet")]
    return "\n".join([*parts, json.dumps(tables, default=str)])


def test_forgetting_somebody_leaves_nothing_of_them_on_disk(tmp_path):
    ledger = Ledger.open(tmp_path / "ledger")
    for title in ("First", "Second"):
        keep(
            ledger,
            act(1, account="Cy <cy@example.org>", title=title),
            act(2, account="Cy <CY@example.org>", occurred_at=utc(2020)),
            act(3, owners=("Cy <cy@example.org>", "ann"), participants=("cy@example.org",), title=title),
            act(4, occurred_at=utc(2021)),
            coverage=(covered(accounts=frozenset({"cy@example.org", "ann"})), covered(scope="org", accounts=None)),
        )
    gone = ledger.forget(by_accounts({"work": frozenset({"Cy@example.org"})}))
    assert gone == 2
    assert "cy@example.org" not in everything_on_disk(tmp_path).casefold()
    rows = held(ledger)
    assert sorted(rows) == [act(3).id, act(4).id]
    assert rows[act(3).id].owners == (FORGOTTEN, "ann")
    assert rows[act(3).id].participants == (FORGOTTEN,)
    assert rows[act(4).id] == act(4, occurred_at=utc(2021))


def test_after_forgetting_a_reading_of_everyone_no_longer_counts_as_one(tmp_path):
    ledger = Ledger.open(tmp_path / "ledger")
    keep(ledger, act(1, account="cy"), act(2), coverage=(covered(),))
    keep(ledger, act(3, source="play"), source="play", coverage=(covered("play"),))
    ledger.forget(by_accounts({"work": frozenset({"cy"})}))
    assert ledger.coverage() == [covered("play")]


def test_forgetting_deletes_what_killed_runs_left(tmp_path):
    ledger = Ledger.open(tmp_path / "ledger")
    keep(ledger, act(1))
    left = tmp_path / "ledger" / "contributions" / "left-behind.parquet"
    pq.write_table(to_table([act(1)]), left)
    ledger.forget(by_accounts({"work": frozenset({"ann"})}))
    assert not left.exists()
    assert len(ledger.rows()) == 0


def test_forgetting_nobody_changes_nothing(ledger):
    keep(ledger, act(1), coverage=(covered(),))
    assert ledger.forget(by_accounts({"work": frozenset({"nobody"})})) == 0
    assert held(ledger) == {act(1).id: act(1)}
    assert ledger.coverage() == [covered()]


def test_many_small_harvests_leave_few_files_and_every_row(ledger):
    for number in range(40):
        keep(ledger, act(number))
    assert len(ledger.rows()) == 40
    assert ledger.info().files <= 6


def test_compacting_leaves_one_file_a_source_and_year_and_the_same_rows(ledger):
    for number in range(5):
        keep(ledger, act(number), act(number + 100), act(number + 200, occurred_at=utc(2020)))
    before = held(ledger)
    ledger.compact()
    assert ledger.info().files == 2
    assert held(ledger) == before
    keep(ledger, act(1, title="New"))
    assert len(ledger.rows()) == len(before)


def test_info_tells_rows_by_source(ledger):
    keep(ledger, act(1), act(2))
    keep(ledger, act(1, source="play"), source="play")
    info = ledger.info()
    assert info.rows == {"work": 2, "play": 1}
    assert info.schema == VERSION
    assert info.files == 2
    assert info.size > 0


def test_the_schema_version_is_in_the_table(tmp_path):
    Ledger.open(tmp_path / "ledger")
    state = DeltaTable(str(tmp_path / "ledger" / "contributions"))
    assert state.schema().fields[0].metadata[VERSION_KEY] == str(VERSION)
    assert state.metadata().partition_columns == ["source", "year"]
    assert state.metadata().configuration["delta.enableExpiredLogCleanup"] == "false"


def test_other_tools_read_the_table_as_it_is(tmp_path):
    ledger = Ledger.open(tmp_path / "ledger")
    keep(ledger, act(1), act(2, occurred_at=utc(2024)))
    keep(ledger, act(1, title="New"))
    read = DeltaTable(f"{ledger.location}/contributions").scan(predicate="occurred_at >= '2026-01-01T00:00:00Z'")
    assert pa.table(read.read_all()).select(["title"]).to_pylist() == [{"title": "New"}]


def test_importing_the_ledger_imports_no_pandas():
    code = "import sys, harvester.harvesting.run; assert not {'pandas', 'pyarrow', 'deltalake'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("gone", ["contributions", "contributions/_delta_log"])
def test_what_was_covered_is_forgotten_where_the_rows_are_gone(tmp_path, gone):
    """Else a ledger that somebody half deleted would tell of no work, and call that complete."""
    first = Ledger.open(tmp_path / "ledger")
    first.commit(Changeset("work", to_table([act(1)]), None, EVER, coverage=(covered(),)))
    shutil.rmtree(tmp_path / "ledger" / gone)
    again = Ledger.open(tmp_path / "ledger")
    assert again.coverage() == []
    assert len(again.rows()) == 0
