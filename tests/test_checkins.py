"""Kept check-ins: small files beside harvester.toml that nothing overwrites or reads without a word."""

import datetime as dt
import json
import os
import stat

import pytest

from harvester.errors import ConfigError, ReportError
from harvester.goals.checkins import (
    FOLDER,
    LARGEST,
    LONGEST,
    CheckIn,
    KeptGoal,
    dump,
    keep,
    kept_days,
    kept_title,
    load,
    load_before,
    path_of,
    remove_all,
)

DAY = dt.date(2026, 8, 15)
GOAL = {
    "name": "pay", "title": "Pay", "first": "2026-07-01", "measure": "reviews", "unit": "", "baseline": None,
    "target": 40.0, "done": 19.0, "expected": 20.0, "state": "on track",
    "work": [{"work_item": "github.com/org/app#1", "title": "Ä ‘a’ \u2028 b"}],
}  # fmt: skip


def checkin(day=DAY, **values):
    given = {"day": day, "goals": [KeptGoal(**GOAL)], "criteria": [], "incomplete": []}
    return CheckIn(**given | values)


def test_what_is_kept_is_read_again(tmp_path):
    path = keep(tmp_path, checkin())

    assert load(path) == checkin()
    assert (path, path.parent.name) == (path_of(tmp_path, DAY), FOLDER)
    assert path.read_text("utf-8").isascii()
    if os.name == "posix":
        assert [stat.S_IMODE(each.stat().st_mode) for each in (path.parent, path)] == [0o700, 0o600]


def test_the_latest_before_a_day_is_found(tmp_path):
    """Not that of the day itself, and no file with another name."""
    days = [dt.date(2026, 7, 1), DAY, dt.date(2026, 9, 1)]
    for each in reversed(days):
        keep(tmp_path, checkin(each))
    for name in ("2026-08-16.json.bak", "2026-02-30.json", "notes.md", "2026-08-14 (copy).json"):
        (tmp_path / FOLDER / name).write_text("mine")

    assert kept_days(tmp_path) == days
    assert load_before(tmp_path, DAY).day == days[0]
    assert load_before(tmp_path, days[2]).day == DAY
    assert load_before(tmp_path, days[0]) is None
    assert load_before(tmp_path / "elsewhere", DAY) is None


def test_another_one_of_a_day_is_not_overwritten(tmp_path):
    """The same one is kept again without a word; another one only by force."""
    path = keep(tmp_path, checkin())
    keep(tmp_path, checkin())
    with pytest.raises(ReportError, match=r"2026-08-15.json: another check-in of 2026-08-15 is kept") as raised:
        keep(tmp_path, checkin(incomplete=["hub"]))
    assert raised.value.hint == "--force replaces it."
    assert load(path) == checkin()
    keep(tmp_path, checkin(incomplete=["hub"]), force=True)
    assert load(path).incomplete == ["hub"]


def test_a_foreign_file_is_not_overwritten(tmp_path):
    """Not even where it cannot be read as a check-in."""
    path = path_of(tmp_path, DAY)
    path.parent.mkdir()
    path.write_bytes(b"\xff mine")
    with pytest.raises(ReportError, match="was not overwritten"):
        keep(tmp_path, checkin())
    assert path.read_bytes() == b"\xff mine"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "this is not a kept check-in: Expecting value"),
        (b"\xff", "line 1 is not UTF-8 text"),
        (b"[" * 100_000, "this is not a kept check-in"),
        (b"[]", "not a check-in that this version of harvester reads"),
        (dump(checkin()).replace('"unit": "', '"unit": "\\ud800').encode(), "surrogates not allowed"),
        (b'{"format": "harvester check-in 2"}', "not a check-in that this version of harvester reads"),
        (b'{"format": "harvester check-in 1"}', "day: this key is missing"),
        (dump(checkin()).replace('"done": 19.0', '"done": NaN').encode(), r"goals\[1\].done"),
        (dump(checkin()).replace('"done": 19.0', '"done": "19"').encode(), r"goals\[1\].done"),
        (dump(checkin()).replace('"unit"', '"unti"').encode(), "there is no such key; did you mean 'unit'"),
        (dump(checkin(dt.date(2026, 8, 14))).encode(), "this is the check-in of 2026-08-14"),
        (b" " * (LARGEST + 1), "is too large"),
    ],
    ids=["empty", "bytes", "deep", "list", "half", "newer", "bare", "nan", "text", "key", "day", "large"],
)
def test_what_is_wrong_names_file_and_reason(tmp_path, content, says):
    path = path_of(tmp_path, DAY)
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=says) as raised:
        load_before(tmp_path, dt.date(2026, 9, 1))
    assert str(path) in raised.value.message


def test_what_is_no_folder_or_file_is_an_error(tmp_path):
    """A pipe is not waited for."""
    (tmp_path / FOLDER).write_text("")
    with pytest.raises(ConfigError, match="cannot be read: Not a directory"):
        load_before(tmp_path, DAY)
    with pytest.raises(ReportError, match="cannot be written: File exists"):
        keep(tmp_path, checkin())
    (tmp_path / FOLDER).unlink()
    (tmp_path / FOLDER).mkdir()
    os.mkfifo(path_of(tmp_path, DAY))
    with pytest.raises(ConfigError, match="is not a regular file"):
        load_before(tmp_path, dt.date(2026, 9, 1))


def test_too_much_is_not_kept(tmp_path):
    long = [{"work_item": f"github.com/org/app#{number}", "title": "x" * LONGEST} for number in range(20_000)]
    with pytest.raises(ReportError, match="was not kept"):
        keep(tmp_path, checkin(goals=[KeptGoal(**GOAL | {"work": long})]))
    assert not (tmp_path / FOLDER).exists()


def test_a_title_is_one_short_line():
    assert kept_title("a\n\x1b[31mb" + "c" * 1_000_000) == f"a [31mb{'c' * 193}"[: LONGEST - 1] + "…"
    assert kept_title(None) == ""


def test_all_are_removed_and_nothing_else(tmp_path):
    keep(tmp_path, checkin())
    (tmp_path / FOLDER / "notes.md").write_text("mine")
    assert remove_all(tmp_path) == 1
    assert [each.name for each in (tmp_path / FOLDER).iterdir()] == ["notes.md"]
    (tmp_path / FOLDER / "notes.md").unlink()
    assert (remove_all(tmp_path), (tmp_path / FOLDER).exists()) == (0, False)
    assert remove_all(tmp_path) == 0


def test_the_form_of_the_file_is_stable(tmp_path):
    """A file of this version is read by later ones: a change of its keys needs a new format."""
    assert list(json.loads(dump(checkin()))) == ["format", "day", "goals", "criteria", "incomplete"]
    assert list(json.loads(dump(checkin()))["goals"][0]) == list(GOAL)
