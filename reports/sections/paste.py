"""Text to paste into a form: a line an item, result first, each with its address, as much as the form takes.

A form has no links and counts characters. So a line has several wordings, from everything that is known of the work to
its title and its address, and the first that fits is taken. No sentence is cut, and no word is ours but those between
title, counts and names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harvester.analysis.excerpts import cut, sentences
from harvester.reporting.report_input import ReportInput
from harvester.text import CODE_SPAN, LONGEST, count_noun, one_line, safe_url, shorten

from .items import join_words
from .pieces import Piece

BULLET = "- "
PEOPLE_NAMED = 3
LONGEST_TEXT = 2_000
"""Characters of one field of a note; a longer one ends with a sentence."""

_LINK = re.compile(r"!?\[([^\[\]]{1,400})\]\((https?://[^()\s]{1,500})\)")


@dataclass(frozen=True, slots=True)
class Wordings:
    """What one line of a form may say, the best wording first; each is whole sentences on one line."""

    texts: tuple[str, ...]

    @classmethod
    def of(cls, *parts: Iterable[str]) -> Wordings:
        """Wordings from the sentences of each, without those that say nothing new or nothing at all."""
        texts = (BULLET + " ".join(filter(None, each)) for each in parts)
        return cls(tuple(dict.fromkeys(each for each in texts if each != BULLET)))


def characters(text: str) -> int:
    """How long a text is as a form counts: Unicode code points, a line end as one."""
    return len(text)


def fit(lines: Sequence[Wordings], limit: int | None, first: Sequence[int] = ()) -> tuple[str, list[int]]:
    """The lines that fit within so many characters, in their order, and the places of those that do not.

    Each has the best wording that the room allows when its turn comes. `first` has the places whose turn comes first.
    """
    taken: dict[int, str] = {}
    room = limit
    for place in dict.fromkeys((*first, *range(len(lines)))):
        line_end = 1 if taken else 0
        texts = lines[place].texts
        text = next((each for each in texts if room is None or characters(each) + line_end <= room), None)
        if text is not None:
            taken[place] = text
            room = None if room is None else room - characters(text) - line_end
    left_out = [place for place in range(len(lines)) if place not in taken]
    return "\n".join(taken[place] for place in sorted(taken)), left_out


def of_piece(report_input: ReportInput, piece: Piece) -> Wordings:
    """What an answer says of a piece of work: what came of it, then what it was, who took part, when, and where."""
    said = {name: [ended(plain(each.text)) for each in piece.card if each.name == name] for name in _FIELDS}
    results, technical = said["Result"], said["Technical"]
    takeaways = [f"Takeaway: {each}" for each in said["Takeaway"]]
    title, url, facts = title_of(piece), address_of(piece), _facts(report_input, piece)
    work = ended(f"{title}{',' if piece.is_note else ':'} {facts}")
    quoted = f"“{plain(piece.quote.text)}”" if piece.quote and not (results or technical) else ""
    first = sentences(results[0])[:1] if results else []
    return Wordings.of(
        [ended(title), quoted, ended(facts), *takeaways, url]
        if quoted
        else [*results, *technical, *takeaways, work, url],
        [*results, work, url],
        [*first, work, url],
        [*first, ended(title), url],
        [work, url],
        [ended(title), url],
    )


def again(piece: Piece, question: str) -> Wordings:
    """What an answer says of a piece of work that answers another of its questions better."""
    title, url = title_of(piece), address_of(piece)
    return Wordings.of([ended(f"{title} (see “{plain(question)}”)"), url], [ended(title), url])


_FIELDS = ("Result", "Technical", "Takeaway")


def _facts(report_input: ReportInput, piece: Piece) -> str:
    """Counts, shared credit, who took part, and the days, in words."""
    people = f"with {named}" if (named := people_of(report_input, piece)) else ""
    credit = f" ({plain(piece.credit)})" if piece.credit else ""
    return ", ".join(filter(None, ["" if piece.is_note else f"{piece.counted}{credit}", people, piece.days]))


def people_of(report_input: ReportInput, piece: Piece) -> str:
    """Who took part beside the person: the first few by name, and how many others."""
    names = names_of(report_input, piece)[:PEOPLE_NAMED]
    others = piece.people - len(names)
    return join_words([*names, *([count_noun(others, "other")] if others > 0 else [])])


def names_of(report_input: ReportInput, piece: Piece) -> list[str]:
    """The names, in their order, of those who took part and are known by more than an account.

    Where one name has all words of another, only the longer is given: they may be one person's.
    """
    pairs = {(row["source"], each) for _, row in piece.all_rows for each in row["participants"]}
    known = report_input.people.names_of(pairs) | dict(report_input.names)
    configured = {each.key: each.name for each in report_input.people.persons}
    names = [plain(name) for key in piece.collaborators if (name := configured.get(key) or known.get(key))]
    words = {name: {*name.casefold().split()} for name in names}
    whole = [name for name in words if not any(words[name] < words[other] for other in words)]
    return sorted(whole, key=lambda name: (name.casefold(), name))


def title_of(piece: Piece) -> str:
    """The title of a piece of work, on one line."""
    return shorten(plain(piece.title), LONGEST)


def address_of(piece: Piece) -> str:
    """Where the work that says most about a piece is, else a note about it; empty where neither has an address."""
    urls = (each.url for each in piece.references)
    notes = (safe_url(row["url"]) for _, row in piece.notes)
    # An ampersand is an entity in a document, and itself in a form.
    return next(filter(None, (*urls, *notes)), "").replace("&amp;", "&")


def plain(text: str) -> str:
    """A text of a source for a form: on one line, code without backticks, links with their addresses beside them."""
    line = one_line(_LINK.sub(r"\1 (\2)", text[: 4 * LONGEST_TEXT]))
    return CODE_SPAN.sub(lambda found: found["code"].strip(), cut(line, LONGEST_TEXT))


def ended(text: str) -> str:
    """A sentence with its full stop, where it has no end of its own."""
    return text if not text or text.rstrip("\"'”’)")[-1:] in tuple(".!?…:。！？") else f"{text}."
