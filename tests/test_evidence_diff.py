"""What differs between two evidences is said with what it was before, cut short where it is long."""

import pytest

from harvester.reporting.evidence_diff import changes, check

ROW = {"source": "hub", "scope": "org", "id": "1", "work_item": "pay#1", "kind": "pull_request", "role": "author",
       "account": "ada", "occurred_at": "2026-07-01T00:00Z", "title": "Carry keys", "url": None,
       "digest": "0"}  # fmt: skip
CLAIM = {"source": "hub", "scope": "org", "id": "1", "work_item": "pay#1", "target_kind": "goal", "target": "payments",
         "status": "suggested", "reason": "half of 2 files"}  # fmt: skip
GOAL = {"name": "payments", "title": "Lead it", "why": "", "criterion": "", "measure": "commits", "baseline": None,
        "target": 10.0, "unit": "", "done": 8.0}  # fmt: skip
SOURCE = {"source": "hub", "gaps": [], "unread": []}
LONG = "A title that goes on and on, " * 4


def evidence(**other):
    parts = {"rows": [ROW], "claims": [CLAIM], "goals": [GOAL], "threads": {"pay#1": "Carry keys"}}
    return parts | {"coverage": [SOURCE]} | other


@pytest.mark.parametrize(
    ("other", "line"),
    [
        ({"goals": [GOAL | {"target": 8}]}, "goal changed: payments: target 10 → 8"),
        (
            {"goals": [GOAL | {"done": 9.0, "unit": "x", "baseline": 0.5}]},
            "goal changed: payments: baseline none → 0.5, unit '' → 'x', done 8 → 9",
        ),
        ({"goals": []}, "goal gone: payments: 8 done"),
        (
            {"claims": [CLAIM | {"status": "claimed", "reason": "you decided"}]},
            "claim changed: pay#1 for payments: suggested → claimed, reason 'half of 2 files' → 'you decided'",
        ),
        (
            {"rows": [ROW | {"title": "Keep keys", "digest": "1", "url": "https://x.example"}]},
            "row changed: pay#1 (author, ada): title 'Carry keys' → 'Keep keys', url none → 'https://x.example'",
        ),
        (
            {"rows": [ROW | {"digest": "1"}]},
            "row changed: pay#1 (author, ada): Carry keys (only its digest differs)",
        ),
        ({"threads": {"pay#1": "Keep keys"}}, "title changed: pay#1: 'Carry keys' → 'Keep keys'"),
        ({"coverage": [SOURCE | {"gaps": ["org: 401"]}]}, "source changed: hub: complete → org: 401"),
        (
            {"coverage": [SOURCE | {"unread": [["2026-06-30T22:00:00+00:00", "2026-09-30T22:00:00+00:00"]]}]},
            "source changed: hub: complete → not read 2026-06-30T22:00 to 2026-09-30T22:00 UTC",
        ),
    ],
)
def test_a_change_is_reported_with_what_was_there_before(other, line):
    assert changes(evidence(), evidence(**other)) == [line]


def test_long_texts_are_cut_around_where_they_differ():
    (line,) = changes(
        evidence(threads={"pay#1": LONG + "old" + LONG}), evidence(threads={"pay#1": LONG + "new" + LONG})
    )

    assert "on, old" in line
    assert "on, new" in line
    assert len(line) < 200


@pytest.mark.parametrize(
    "other",
    [
        {"goals": [{"name": "payments", "done": 8}]},
        {"claims": [{key: value for key, value in CLAIM.items() if key != "reason"}]},
        {"rows": [{key: value for key, value in ROW.items() if key != "url"}]},
        {"coverage": [{"source": "hub", "unread": []}]},
    ],
)
def test_an_evidence_that_lacks_what_is_compared_is_found_out_before(other):
    check(evidence())
    with pytest.raises(KeyError):
        check(evidence(**other))
