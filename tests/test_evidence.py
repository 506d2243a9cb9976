"""Each row's digest is that of its columns as JSON with sorted keys, however it is made."""

import hashlib
import json

from harvester.model.contribution import COLUMNS
from harvester.reporting.evidence import _rows

from .rows import PEOPLE, at, framed, row

HOSTILE = 'a "quoted"\nline\r\u2028 é \x00 \\n'


def plain(value):
    if isinstance(value, tuple):
        return list(value)
    if hasattr(value, "items"):
        return [[key, each] for key, each in value.items()]
    return value.isoformat() if hasattr(value, "isoformat") else value


def test_a_row_s_digest_is_that_of_all_its_columns():
    rows = [
        row(id="1"),
        row(
            id="2",
            title=HOSTILE,
            body=None,
            paths=(HOSTILE, ""),
            labels=(),
            extra={HOSTILE: "x"},
            started_at=at("2026-01-01"),
        ),
        row(
            id="3",
            additions=2**62,
            deletions=0,
            story_points=0.1,
            is_private=True,
            started_at=at("2026-01-01T00:00:00.000001"),
        ),
    ]
    made_rows = list(_rows(framed(rows, PEOPLE)))
    for made, given in zip(made_rows, rows, strict=True):
        text = json.dumps({name: plain(getattr(given, name)) for name in COLUMNS}, sort_keys=True)
        assert made["digest"] == hashlib.sha256(text.encode()).hexdigest()[:16]
        assert made["title"] == given.title


def test_no_rows_have_no_digests():
    assert list(_rows(framed([row()], PEOPLE).iloc[:0])) == []
