"""Help given to others: reviews, merges, help and comments by person, what notes say, and work that was shared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harvester.analysis import measures
from harvester.analysis.frame import records
from harvester.grouping import topic_name
from harvester.reporting.report_input import ReportInput
from harvester.text import count_noun, safe_url

from .highlights import Highlight
from .items import LINE_COLUMNS, Item, Reference, counted, item, join_words, lines, reference_to, sort_key
from .notes import Field, called, people
from .pieces import Piece, Pieces

if TYPE_CHECKING:
    import pandas as pd

PEOPLE_NAMED = 5
CO_AUTHORED_NAMED = 3
TOPICS_NAMED = 3
HELPING_ROLES = ("helper", "mentor")


@dataclass(frozen=True, slots=True)
class HelpedPerson:
    """Somebody whose work was reviewed or discussed, and how much of it."""

    name: str
    number: int


@dataclass(frozen=True, slots=True)
class ServedGoal:
    """A goal that some of the reviews or comments serve, and how many."""

    title: str
    number: int


PARTS = (("mentor", "mentored"), ("tester", "tested"), ("reporter", "reported"), ("helper", "suggested or helped"))
"""What a person was in changes that they helped with, by role, in the order of the page."""


@dataclass(frozen=True, slots=True)
class Helped:
    """Reviews, merges, help or comments: how many in words, for whom, and which goals they serve."""

    number: int
    counted: str
    changes: str
    """How many pull requests, or changes where not all are pull requests, and tickets, in words."""
    parts: list[str]
    """Of help how much was of which kind, such as `tested 3`; empty where all was of one."""
    people: int
    named: list[HelpedPerson]
    rest_people: int
    rest: int
    """How many are for people who are not named."""
    serving: list[ServedGoal]


@dataclass(frozen=True, slots=True)
class MergedTopic:
    """A topic of others that the person merged, and how many commits it has."""

    title: str
    reference: Reference
    commits: int


@dataclass(frozen=True, slots=True)
class NoteLine:
    """What notes say of a piece of work, or a note that is about nothing else."""

    title: str
    reference: Reference | None
    """The work; null for a note that is about nothing else."""
    note: str
    """What such a note is called, such as `notebook, 21 Jul`; empty for work, whose fields name their notes."""
    url: str | None
    people: str
    highlight: int | None
    """The number of the highlight that has the rest; null where it is none."""
    card: list[Field]


@dataclass(frozen=True, slots=True)
class HelpGiven:
    """What was done for others."""

    reviews: Helped | None
    merges: Helped | None
    """Pull requests and topics of others that the person merged."""
    topics: list[MergedTopic]
    """The largest of these topics, where there are more."""
    applied: int
    """Commits of others that the person applied."""
    helped: Helped | None
    """Changes of others that name the person as having helped, and tickets of others on which they logged work."""
    comments: Helped | None
    notes: list[NoteLine]
    co_authored: list[Item]
    """Work of others that names the person as co-author, the largest."""
    co_authored_counted: str
    """All of it, in words; empty where there is none."""
    co_authored_more: int
    """How much of it is not named."""


def help_given(pieces: Pieces, mine: pd.DataFrame, highlights: Sequence[Highlight]) -> HelpGiven | None:
    """What was done for others; None where nothing was."""
    report_input = pieces.report_input
    notes = note_lines(pieces, highlights, helping=True)
    shared = _shared(pieces, mine)
    rows = sorted(records(shared[list(LINE_COLUMNS)]), key=lambda row: (-lines(row), sort_key(row)))
    made = HelpGiven(
        helped(pieces, "reviews"), helped(pieces, "merged_for_others", mine), _topics(mine),
        int(measures.count(mine, "applied")),
        helped(pieces, "help"), helped(pieces, "comments"), notes,
        [item(report_input, row) for row in rows[:CO_AUTHORED_NAMED]],
        counted(shared, ["co_authored"]), max(int(measures.count(shared, "co_authored")) - CO_AUTHORED_NAMED, 0),
    )  # fmt: skip
    some = (made.reviews, made.merges, made.applied, made.helped, made.comments, made.notes, made.co_authored)
    return made if any(some) else None


def changes(rows: pd.DataFrame, name: str) -> str:
    """What a measure counts of these rows in words: pull requests, topics that were merged, or commits, and tickets."""
    named = measures.of(rows, measures.MEASURES[name])
    if name == "merged_for_others":
        kinds = (("pull_request", "pull request"), ("commit", "topic"))
        numbers = (
            (int(measures.count(named[(named["kind"] == kind).to_numpy(bool)], name)), one) for kind, one in kinds
        )
        return join_words(count_noun(number, one) for number, one in numbers if number)
    is_ticket = (named["kind"] == "help") & ~named["work_item_key"].str.contains(r"^commit/|[#!]\d+$")
    rest, tickets = (named[each.to_numpy(bool)] for each in (~is_ticket, is_ticket))
    only_pulls = not rest["work_item_key"].str.startswith("commit/").any()
    parts = ((rest, "pull request" if only_pulls else "change"), (tickets, "ticket"))
    numbers = ((int(measures.count(rows, name)), one) for rows, one in parts)
    return join_words(count_noun(number, one) for number, one in numbers if number)


def _topics(mine: pd.DataFrame) -> list[MergedTopic]:
    rows = measures.of(mine, measures.MEASURES["merged_for_others"])
    rows = rows[(rows["kind"] == "commit").to_numpy(bool)]
    made = [
        MergedTopic(topic_name(row["title"]), reference_to(row), int(commits))
        for row in records(rows[[*LINE_COLUMNS, "extra"]])
        if (commits := dict(row["extra"]).get("commits"))
    ]
    largest = sorted(made, key=lambda topic: (-topic.commits, topic.title))
    return largest[:TOPICS_NAMED] if len(largest) > TOPICS_NAMED else []


def _parts(rows: pd.DataFrame, name: str) -> list[str]:
    numbers = measures.count_by(rows, name, ["role"])
    parts = [f"{word} {numbers[role,]:g}" for role, word in PARTS if (role,) in numbers]
    return parts if len(parts) > 1 or parts == [f"mentored {numbers.get(('mentor',), 0):g}"] else []


def _shared(pieces: Pieces, mine: pd.DataFrame) -> pd.DataFrame:
    """Work of others that names the person as co-author, without routine and whose thread has own work."""
    shared = measures.of(mine, measures.MEASURES["co_authored"])
    elsewhere = shared["thread"].isin(pieces.rows["thread"]) | shared.index.isin(list(pieces.routine))
    return shared[~elsewhere.to_numpy(bool)]


def note_lines(pieces: Pieces, highlights: Sequence[Highlight], *, helping: bool) -> list[NoteLine]:
    """What notes say and neither a goal's section nor a highlight does: of help given, or of the rest."""
    numbers = {each.key: (number, each) for number, each in enumerate(highlights, 1)}
    made = []
    for piece in pieces:
        if piece.goals or _is_help(piece) != helping:
            continue
        number, highlight = numbers.get(piece.key, (None, None))
        card = [each for each in piece.card if highlight is None or each not in highlight.results]
        if card or (piece.is_note and highlight is None):
            made.append(_note_line(pieces.report_input, piece, number, card))
    return made


def _note_line(report_input: ReportInput, piece: Piece, highlight: int | None, card: list[Field]) -> NoteLine:
    _, row = piece.rows[0]
    if not piece.is_note:
        return NoteLine(piece.title, next(iter(piece.references), None), "", None, "", highlight, card)
    url, name = safe_url(row["url"]), called(report_input, row)
    return NoteLine(piece.title, None, name, url, people(report_input, row), highlight, card)


def _is_help(piece: Piece) -> bool:
    """Whether it is help with the work of others; of a note, whether it says so or names who took part."""
    if not piece.is_note:
        return not piece.is_own_work
    return any(row["role"] in HELPING_ROLES or len(row["participants"]) for _, row in piece.rows)


def helped(pieces: Pieces, name: str, among: pd.DataFrame | None = None) -> Helped | None:
    """What a measure counts for others, of all rows that count or of some; None where it is nothing."""
    rows = measures.of(pieces.rows if among is None else among, measures.MEASURES[name])
    if rows.empty:
        return None
    report_input = pieces.report_input
    columns = list(measures.COLUMNS_USED)
    pairs = rows[columns].assign(owner=rows["owner_people"]).explode("owner").dropna(subset=["owner"])
    pairs = pairs[~pairs["owner"].isin(list(report_input.persons))]
    by_person = {owner: int(number) for (owner,), number in measures.count_by(pairs, name, ["owner"]).items()}
    order = sorted(by_person, key=lambda person: (-by_person[person], report_input.name(person)))
    named = [each for each in order if each not in report_input.unnamed][:PEOPLE_NAMED]
    rest = [each for each in order if each not in named]
    of_rest = pairs[pairs["owner"].isin(rest)]
    return Helped(
        int(measures.count(rows, name)), counted(rows, [name]), changes(rows, name), _parts(rows, name), len(order),
        [HelpedPerson(report_input.name(each), by_person[each]) for each in named],
        len(rest), int(measures.count(of_rest, name)),
        [
            ServedGoal(goal.title, int(measures.count(served, name)))
            for goal in pieces.goals
            if len(served := rows[rows.index.isin(list(pieces.reasons[goal.name]))])
        ],
    )  # fmt: skip
