"""A ledger whose files or folder are not as they were: an error that says what and where, and never another report."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from harvester.errors import LedgerError
from harvester.files import write_text
from harvester.ledger import Changeset, Ledger
from harvester.ledger.coverage import WHOLE, Coverage
from harvester.ledger.delta_table import files, storage_errors
from harvester.model.contribution import from_table, to_table
from harvester.sdk.connector import Gap
from harvester.workspace.collect import temporary_ledger
from tests.environments import run, stand_in
from tests.scripted import EVER, NOW, act, utc

AWAY = "Move that folder away and harvest again, or restore it from a backup."


def ledger_of(place: Path, days: Sequence[int] = (3, 4)) -> Ledger:
    made = Ledger.open(place)
    for day in days:
        rows = to_table([act(10 * day + month, occurred_at=utc(2026, month, day)) for month in (1, 2, 3)])
        coverage = Coverage("work", WHOLE, None, EVER, NOW, gaps=(Gap("lab", "refused"),))
        made.commit(Changeset("work", rows, coverage=(coverage,)))
    return made


def read(place: Path) -> tuple[object, ...]:
    ledger = Ledger.open(place, create=False)
    # Asked for by time, so that the times in the log matter too.
    return sorted(map(repr, from_table(ledger.rows(EVER)))), ledger.coverage()


@pytest.mark.parametrize("compacted", [False, True], ids=["", "with a checkpoint"])
def test_a_flipped_bit_is_an_error_or_changes_nothing(tmp_path, compacted):
    """Every 150th byte of every file: the same rows and coverage, or an error that names the file and the way out."""
    place = tmp_path / "ledger"
    made = ledger_of(place, days=(3,))
    if compacted:
        made.compact()
    right = read(place)
    for path in sorted(each for each in place.rglob("*") if each.is_file() and ("log" in str(each) or not compacted)):
        content = path.read_bytes()
        for at in range(0, len(content), 150):
            path.write_bytes(content[:at] + bytes([content[at] ^ 1 << at // 150 % 7]) + content[at + 1 :])
            found = found_or_error(lambda: read(place))
            if not isinstance(found, LedgerError):
                assert found == right, (path, at)
            else:
                # A damaged name in the log is the name of a file that is missing.
                assert any(each in str(found) for each in (path.name, "_delta_log", "missing")), (path, at, found)
                assert "move that folder away" in str(found.hint).casefold()
        path.write_bytes(content)
    assert read(place) == right


def found_or_error(action: Callable[[], object]) -> object:
    try:
        return action()
    except LedgerError as error:
        return error


def test_a_damaged_data_file_is_named_with_the_way_out(tmp_path):
    ledger = ledger_of(tmp_path / "ledger")
    (path,) = (tmp_path / "ledger" / "contributions" / file.path for file in files(ledger._rows.load()))
    content = bytearray(path.read_bytes())
    content[40] ^= 4
    path.write_bytes(content)

    with pytest.raises(LedgerError, match=path.name) as caught:
        ledger.rows()
    assert caught.value.hint == AWAY


@pytest.mark.parametrize("content", [b"", b"\x00\xff", b'{"add":{"pa', b"[1]\n", b"[" * 100_000])
def test_a_broken_log_is_named_with_the_way_out(tmp_path, content):
    ledger = ledger_of(tmp_path / "ledger")
    log = tmp_path / "ledger" / "contributions" / "_delta_log" / "00000000000000000002.json"
    log.write_bytes(content)

    with pytest.raises(LedgerError, match=log.name) as caught:
        ledger.rows()
    assert caught.value.hint == AWAY


def test_a_log_that_names_no_file_is_an_error(tmp_path):
    """Neither table alone could tell: a source without files in one is known from the other."""
    ledger = ledger_of(tmp_path / "ledger")
    for log in (tmp_path / "ledger" / "contributions" / "_delta_log").glob("*.json"):
        log.write_bytes(log.read_bytes().replace(b'{"add"', b'{"adc"'))

    with pytest.raises(LedgerError, match="does not name the files of source 'work'"):
        ledger.coverage()


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("Generic error: No space left on device (os error 28)", "the disk is full"),
        ("Kernel error: Object at location /x already exists: File too large (os error 27)", "become that large"),
        ("Generic LocalFileSystem error: Read-only file system (os error 30)", "the disk is read-only"),
        ("Unable to open file /x: Permission denied (os error 13)", "this user may not"),
        ('Os { code: 20, kind: NotADirectory, message: "Not a directory" }', "leads through a file"),
        ("Something else.", "Something else"),
    ],
)
def test_an_error_of_delta_says_what_it_is(message, reason):
    from deltalake.exceptions import DeltaError

    with pytest.raises(LedgerError, match=f"cannot be written: .*{reason}") as caught, storage_errors("/x", "written"):
        raise DeltaError(message)
    assert "damaged" not in str(caught.value)


@pytest.mark.parametrize("what", ["read", "write", "create"])
@pytest.mark.skipif(os.getuid() != 0, reason="only root may become another user")
def test_a_folder_of_another_user_is_no_damage(tmp_path, what):
    place = tmp_path / "ledger"
    ledger_of(place)
    for each in (*tmp_path.parents, tmp_path):
        if str(each).startswith(os.environ.get("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())):
            each.chmod(0o755)
    mode = 0o700 if what == "read" else 0o755
    for each in (place, *(each for each in place.rglob("*") if each.is_dir())):
        each.chmod(mode)
    code = (
        "import os, sys; from harvester.ledger import Changeset, Ledger; from harvester.errors import LedgerError\n"
        "import deltalake, pyarrow.dataset, pyarrow.parquet, filelock\n"
        "from tests.scripted import act; from harvester.model.contribution import to_table\n"
        "os.setuid(65534)\n"
        "try:\n    ledger = Ledger.open(sys.argv[1]); ledger.commit(Changeset('work', to_table([act(99)])))\n"
        "except LedgerError as error: print(error)\n"
    )
    target = tmp_path / "another" if what == "create" else place
    ran = subprocess.run([sys.executable, "-c", code, str(target)], capture_output=True, text=True, cwd=Path.cwd())

    assert "this user may not" in ran.stdout, ran.stderr
    assert "damaged" not in ran.stdout


PLAIN = [
    "a b",
    "100% done",
    "C#",
    "what?",
    "[x] *star*",
    "Ünï – 日本",
    "trailing ",
    "a:b",
    "~t",
    "s3:--x",
    "{b}",
    "'\"&;|",
]
ODD = ["a%20b", "x%2Fy", "new\nline", "a\tb", "back\\slash", os.fsdecode(b"latin-\xe9"), "del\x7f"]


@pytest.mark.parametrize("name", PLAIN)
def test_a_ledger_in_a_folder_of_a_plain_name_works(tmp_path, name):
    place = tmp_path / name / "ledger"
    place.parent.mkdir()

    ledger_of(place).compact()

    assert len(Ledger.open(place, create=False).rows()) == 6


@pytest.mark.parametrize("name", ODD)
def test_a_folder_that_delta_cannot_read_is_refused(tmp_path, name):
    """Deltalake reads a path as a URL, and wrote into `x/y` what was meant for `x%2Fy`."""
    (tmp_path / name).mkdir()
    (tmp_path / "link").symlink_to(tmp_path / name)

    for place in (tmp_path / name / "ledger", tmp_path / "link" / "ledger"):
        with pytest.raises(LedgerError, match=r"cannot read .* in the name of a folder") as caught:
            Ledger.open(place)
        assert "[ledger] location" in str(caught.value.hint)
        str(caught.value).encode()
    assert sorted(tmp_path.iterdir()) == sorted([tmp_path / name, tmp_path / "link"])
    assert list((tmp_path / name).iterdir()) == []


def test_a_killed_temporary_ledger_is_deleted_later(tmp_path, monkeypatch):
    """A run that was killed leaves its temporary ledger; the next one deletes it, and none that is in use."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    code = (
        "import os; from harvester.workspace.collect import temporary_ledger\n"
        "with temporary_ledger(): os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", code], env=os.environ | {"TMPDIR": str(tmp_path)}, check=False)
    (left,) = tmp_path.glob("harvester-*")
    other = tmp_path / "harvester-of-somebody"
    other.mkdir()
    with temporary_ledger() as ledger:
        used = Path(ledger.location).parent
        assert set(tmp_path.iterdir()) == {left, other, used}
        for each in (left, other, used):
            os.utime(each, (0, 0))
        with temporary_ledger():
            assert not left.exists()
            assert used.exists()
            assert other.exists()
    assert list(tmp_path.iterdir()) == [other]


def test_an_unfinished_file_of_a_killed_run_is_deleted(tmp_path):
    """Only of the same file, only with our suffix, and only when no run can still write it."""
    old = [tmp_path / name for name in (".x.md.abc12345.unfinished", ".x.md.backup12", ".y.md.abc12345.unfinished")]
    for each in (*old, tmp_path / ".x.md.fresh123.unfinished"):
        each.write_text("x")
    for each in old:
        os.utime(each, (0, 0))

    write_text(tmp_path / "x.md", "text")

    assert sorted(each.name for each in tmp_path.iterdir()) == [
        ".x.md.backup12",
        ".x.md.fresh123.unfinished",
        ".y.md.abc12345.unfinished",
        "x.md",
    ]


@pytest.mark.parametrize("name", ["out.pdf", "out", "out.parquet.gz", "out.md", "out.html", "-"])
def test_an_export_to_another_suffix_is_refused(tmp_path, name):
    environment = stand_in(tmp_path)
    run(environment, "harvest", "--since", "2026-01-01")

    status, _, errors = run(environment, "ledger", "export", name)

    assert status == 1
    assert "Known are .parquet, .pq, .csv, .xlsx, .json, .jsonl, .ndjson" in errors or "print it to PDF" in errors
    assert not list(tmp_path.rglob("out*"))


@pytest.mark.parametrize("name", ["x%2Fy", os.fsdecode(b"latin-\xe9")])
def test_the_command_in_an_odd_folder_says_what_to_do(tmp_path, name):
    """A ledger elsewhere is enough to work in a folder that Delta Lake cannot read."""
    folder = tmp_path / name
    folder.mkdir()
    environment = stand_in(folder)

    status, _, errors = run(environment, "ledger", "info")

    assert (status, "damaged" in errors) == (1, False)
    assert "[ledger] location" in errors
