"""Criteria: how strong the proof is that the work of a report has for each."""

import pytest

from harvester.model.witnesses import witnesses
from harvester.reporting.rows import own_rows
from harvester.reports.sections.criteria import criteria, shown_by
from harvester.reports.sections.pieces import PAGE_COLUMNS, Pieces
from tests.rows import PEOPLE, at
from tests.test_accomplishments import AGREED, CHARGES, LEADS, PAY, PULL, made, note, pull

GROWS = {"name": "grows", "text": "Grows others"}
FOR_LEADS = {**PAY, "criterion": "leads"}


def pieces(rows, *goals, **values):
    report_input = made(rows, *goals, criteria=[LEADS, GROWS], **values)
    return Pieces(report_input, own_rows(report_input, PAGE_COLUMNS))


def about(number, **extra):
    return note(number, related_to=(f"{PULL}1",), extra=extra)


@pytest.mark.parametrize(
    ("noted", "state", "proof"),
    [
        ([], "evidence needed", "activity"),
        ([about(2, result="Nobody waits.")], "thin", "observed"),
        ([about(2, result="Nobody waits.", witness="grace")], "thin", "observed"),
        ([about(2, result="Nobody waits.", **AGREED)], "strong", "confirmed"),
        ([about(2, outcome="charges = 0"), about(3, **AGREED)], "strong", "measured"),
    ],
)
def test_a_criterion_is_as_strong_as_its_best_proof(noted, state, proof):
    """Through a goal that serves it."""
    leads, grows = criteria(pieces([pull(1, labels=("pay",)), *noted], FOR_LEADS, CHARGES))
    assert (leads.state, leads.proof, leads.goals) == (state, proof, [PAY["title"]])
    assert (leads.counted.partition(" and")[0], leads.best.title, leads.best.references[0].label) == (
        "1 pull request", "Change 1", "app#1",
    )  # fmt: skip
    assert [each.names for each in leads.best.confirmations] == [["Grace Hopper"]] * (AGREED["consent"] in str(noted))
    assert (grows.state, grows.proof, grows.counted, grows.best, grows.goals) == ("evidence needed", None, "", None, [])


@pytest.mark.parametrize(
    ("figures", "proof"), [((31,), "activity"), ((40,), "activity"), ((4, 40), "activity"), ((40, 4), "measured")]
)
def test_a_figure_that_got_worse_proves_nothing(figures, proof):
    """From 31 on 0 is the target; the latest figure counts."""
    noted = [
        note(
            place + 2,
            related_to=(f"{PULL}1",),
            extra={"outcome": f"charges = {figure}"},
            occurred_at=at(f"2026-08-0{place + 1}"),
        )
        for place, figure in enumerate(figures)
    ]
    leads, _ = criteria(pieces([pull(1, labels=("pay",)), *noted], FOR_LEADS, CHARGES))
    assert leads.proof == proof


def test_on_a_page_of_several_nobody_confirms_themselves():
    """The author of the note is left out, also where all are taken together."""
    fields = {"source": "notebook", "account": "ada", "extra": {"witness": "grace\nada", "consent": "2026-08-14"}}
    assert witnesses(PEOPLE, fields).persons == {"grace": "Grace Hopper"}
    assert witnesses(PEOPLE, fields | {"extra": {"witness": "Ada Lovelace"}}) is None
    known = witnesses(PEOPLE, fields | {"extra": {"witness": "Jane Doe <jane@example.org>"}})
    assert (list(known.persons.values()), known.consent) == (["Jane Doe"], None)


def test_a_note_that_names_a_criterion_shows_it():
    """With the work it is about; a criterion of a ladder has no rule."""
    rows = [
        pull(1),
        pull(4),
        about(2, criterion="grows", result="She leads it now."),
        note(3, extra={"criterion": "grows"}),
    ]
    made_pieces = pieces(rows)
    assert [each.title for each in shown_by(made_pieces, "grows")] == ["Change 1", "Note 3"]
    _, grows = criteria(made_pieces)
    assert (grows.state, grows.counted) == ("thin", "1 pull request and 2 notes")
