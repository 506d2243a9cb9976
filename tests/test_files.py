"""Reading a user's file: what is not a regular file of text is refused, and nothing waits."""

import os
import socket

import pytest

from harvester.errors import ConfigError, ReportError
from harvester.files import read_text


def test_a_text_is_read_as_it_is(tmp_path):
    """Line ends and a byte order mark come as they are, up to the limit and through a link."""
    file = tmp_path / "notes.md"
    file.write_bytes("\ufeffa\r\nb\rc ü".encode())
    (tmp_path / "link").symlink_to(file)
    assert read_text(tmp_path / "link", limit=file.stat().st_size) == "\ufeffa\r\nb\rc ü"


def make(folder, kind):
    path = folder / kind
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "socket":
            with socket.socket(socket.AF_UNIX) as unix:
                os.chdir(folder)  # a socket's path may have 108 bytes
                unix.bind(kind)
        case "folder":
            path.mkdir()
        case "link to /dev/zero":
            path = folder / "zero"
            path.symlink_to("/dev/zero")
        case "large":
            path.write_bytes(b"x" * 11)
        case "not UTF-8":
            path.write_bytes(b"a\nb\xff")
        case "no such folder":
            path = folder / "missing" / "file"
        case "NUL":
            path = folder / "a\0b"
        case "long":
            path = folder / ("x" * 5000)
    return path


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        ("pipe", "not a regular file"), ("folder", "is not a regular file"),
        ("link to /dev/zero", "not a regular file"), ("socket", "cannot be read"), ("large", "more than 10 bytes"),
        ("not UTF-8", r"line 2 is not UTF-8 text \(byte 3\)"), ("no such folder", "cannot be read: No such file"),
        ("NUL", "cannot be read: embedded null"), ("long", "cannot be read: File name too long"),
    ],
)  # fmt: skip
def test_what_is_no_text_is_refused(tmp_path, monkeypatch, kind, problem):
    """Pipes, devices, large files and other bytes are refused at once, with the file's name."""
    monkeypatch.chdir(tmp_path)
    path = make(tmp_path, kind)
    with pytest.raises(ReportError, match=problem) as error:
        read_text(path, limit=10)
    assert path.name.replace("\0", "\\x00") in error.value.message
    with pytest.raises(ConfigError):
        read_text(path, limit=10, error=ConfigError)
