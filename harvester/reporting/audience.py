"""What the audience of a page may see: one pure step on the report input, so that no report can forget it.

A manager sees everything. What a team and the public see is in docs/decisions/audience.md, a table that this module
follows. Of a report input the public gets the fields that this module makes, and a team all but those that it replaces.

The public gets no word of what it may not see: rows, people, sources and references are made from what is shown,
so neither a table nor the evidence, nor a digest of either, has anything of the rest.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harvester.analysis import measures
from harvester.analysis.frame import column, records, replaced, select
from harvester.analysis.measures import NOBODY
from harvester.goals.assessment import Assessment, GoalsAndDecisions, assess
from harvester.goals.decisions import Decisions
from harvester.goals.model import Goal, Goals
from harvester.grouping import GroupingRules
from harvester.ledger.coverage import SourceStatus
from harvester.model.people import People, Person
from harvester.model.periods import Period
from harvester.model.teams import Team
from harvester.reporting.report_input import FirstContributions, PageRequest, ReportInput
from harvester.sdk.connector import Gap
from harvester.text import count_noun

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Mask = np.ndarray[Any, np.dtype[np.bool_]]

COLLEAGUE = "a colleague"
"""What a page calls somebody who is not named."""

BOT = "a bot"
NOT_READ = "could not be read in full"
OTHER_SOURCES = "other sources"
"""Sources that nothing is shown of, where one of them is not complete."""

WHERE_PUBLIC = "Where everybody can see what a source reads, write `public = true` in its section of harvester.toml."
"""What to do where nothing may be shown to the public."""

OF_A_REPOSITORY = ("pull_request", "review")
"""Kinds whose rows say whether everybody can see the repository: an issue may be confidential for itself."""

PUBLIC_EXTRA = (
    "problem", "result", "technical", "takeaway", "summary", "period", "highlight", "topic", "trailer", "commits",
    "own_commits", "not_work", "paths", "resolution",
)  # fmt: skip
"""The keys of `extra` that the public sees; of the others some are texts, others name people, goals or other work."""

REFERENCES = ("closes", "part_of", "picked_from", "reverts", "reverted_by", "related_to")
"""The columns that name other work items."""

_LOCAL_DIGEST = re.compile(r"~[0-9a-f]{8}(?=[#!])")
_COMMIT_PAGE = re.compile(r"^https?://(?P<repository>[^?#]+?)/(?:-/)?commits?/[0-9a-f]+$", re.IGNORECASE)
_OWN_NUMBER = re.compile(r"[#!]\d+|commit/[0-9a-f]+", re.IGNORECASE)
_TICKET = re.compile(r"[a-z][a-z0-9_]+-\d+", re.IGNORECASE)


def for_audience(report_input: ReportInput) -> ReportInput:
    """The report input as the audience that is asked for may see it, with the number of items it does not see.

    Its numbers, goals and threads are those of what remains. What was made for an audience is returned as it is.
    """
    audience = report_input.request.audience
    if audience == "manager" or report_input.withheld is not None:
        return report_input
    return _for_team(report_input) if audience == "team" else _for_public(report_input)


def not_to_be_named(report_input: ReportInput) -> list[str]:
    """The people whom a page for the public would be about, and who have not agreed to be named, by name.

    A page about a team or about everyone can do without names; one about a person says by its links who it is.
    """
    request = report_input.request
    if request.audience != "public" or request.team or request.everyone:
        return []
    agreed = report_input.people.named_in_public
    return [report_input.name(each) for each in report_input.persons if each not in agreed]


def is_public(frame: pd.DataFrame, public_sources: Mapping[str, bool], connectors: Mapping[str, str]) -> Mask:
    """Which rows everybody can see; what nobody knows is private.

    A source that harvester.toml calls public is believed where its rows do not say otherwise, one that it calls private
    always. A clone does not know who can see it: its rows are public where those of a forge say so of their repository.
    Where rows of a forge disagree about a repository, as after it was made private, it is private. A commit without an
    address is not pushed where others of its repository have one, and so nobody else sees it.
    """
    import numpy as np

    slim = records(frame[["source", "scope", "kind", "work_item", "url", "is_private"]])
    pushed = {(row["source"], row["scope"]) for row in slim if row["kind"] == "commit" and row["url"]}
    said: dict[str, set[bool]] = {}
    for row in slim:
        if row["kind"] in OF_A_REPOSITORY and row["is_private"] is not None and (name := _repository(row)):
            said.setdefault(name, set()).add(row["is_private"])
    public = {name for name, answers in said.items() if answers == {False}}
    private = said.keys() - public

    def visible(row: Mapping[str, Any]) -> bool:
        named, repository = public_sources.get(row["source"]), _repository(row)
        if row["is_private"] or named is False or repository in private:
            return False
        if row["kind"] == "commit" and not row["url"] and (row["source"], row["scope"]) in pushed:
            return False
        is_git = connectors.get(row["source"], row["source"]) == "git"
        return row["is_private"] is False or bool(named) or (is_git and repository in public)

    return np.fromiter(map(visible, slim), bool, len(slim))


def _repository(row: Mapping[str, Any]) -> str:
    """The host and path of the repository that a row is of, in lower case; empty where it does not say so."""
    if row["work_item"].startswith("commit/"):
        found = _COMMIT_PAGE.match(row["url"] or "")
        return found["repository"].casefold() if found else ""
    name = re.split(r"[#!](?=\d+$)", row["work_item"])
    return name[0].casefold() if len(name) == 2 else ""


def _withheld(report_input: ReportInput, gone: Mask) -> int:
    """How many work items of the period are not shown and would count (the measure `withheld`)."""
    rows = select(report_input.frame[gone], report_input.period, report_input.persons)
    rows = rows[(rows["is_primary"] & ~rows["is_bot"]).to_numpy(bool)]
    return int(measures.count(rows, "withheld"))


def _assessed(
    report_input: ReportInput, frame: pd.DataFrame, goals: GoalsAndDecisions, persons: Sequence[str], people: People
) -> Assessment:
    """The assessment of what is shown, as of the same day, without warnings about what is not."""
    import datetime as dt

    now = report_input.assessment.counted_until - dt.timedelta(microseconds=1)
    made = assess(
        frame, goals, persons=persons, period=report_input.period, calendar=report_input.calendar, people=people,
        now=now,
    )  # fmt: skip
    return dataclasses.replace(made, counted_until=report_input.assessment.counted_until, warnings=())


def _for_team(report_input: ReportInput) -> ReportInput:
    gone = _between_two(report_input)
    frame = _without_agreements(report_input.frame[~gone])
    known = report_input.assessment.goals_and_decisions
    goals = tuple(_titled(each) for each in known.goals.goals if not _names_mentee(each, report_input.people))
    agreed = GoalsAndDecisions(Goals((), goals), _about(known.decisions, goals), known.tickets)
    assessment = _assessed(report_input, frame, agreed, report_input.persons, report_input.people)
    return dataclasses.replace(
        report_input, assessment=_with_goals_of(assessment, report_input.period), kept=None, undelivered={},
        withheld=_withheld(report_input, gone),
    )  # fmt: skip


def _titled(goal: Goal) -> Goal:
    """A goal by its title, its days and its rule, without what was agreed on."""
    named = {"name": goal.name, "title": goal.title, "from": goal.from_, "until": goal.until}
    return Goal.model_validate(named).model_copy(update={"match": goal.match})


def _names_mentee(goal: Goal, people: People) -> bool:
    """Whether a goal is about somebody who is mentored: its work is shown, and not as help that they needed."""
    mentees = {each.key for each in people.mentees}
    rules = goal.match.rules("") if goal.match else ()
    return any(mentees.intersection(rule.people or ()) for _, rule in rules)


def _with_goals_of(assessment: Assessment, period: Period) -> Assessment:
    """The assessment with those goals alone that claim something in the period: others would say what was not done."""
    claims, known = assessment.claims, assessment.goals_and_decisions
    inside = claims["row"].isin(select(assessment.frame, period).index) & (claims["status"] == "claimed")
    served = set(claims.loc[inside.to_numpy(bool), "target"])
    goals = dataclasses.replace(known.goals, goals=tuple(each for each in known.goals.goals if each.name in served))
    return dataclasses.replace(
        assessment,
        goals_and_decisions=dataclasses.replace(known, goals=goals),
        claims=claims[claims["target"].isin(served).to_numpy(bool)],
    )


def _between_two(report_input: ReportInput) -> Mask:
    """The notes that are for the person, a mentee or the manager: on mentoring, and the opening of a report."""
    import numpy as np

    frame = report_input.frame
    is_note = ((frame["kind"] == "note") & frame["is_private"].fillna(True)).to_numpy(bool)
    mentees = {each.key for each in report_input.people.mentees}
    named = [bool(mentees.intersection(names or ())) for names in column(frame, "collaborators").to_pylist()]
    of_two = (frame["role"] == "mentor") | (frame["state"] == measures.SUMMARY).fillna(False)
    gone: Mask = is_note & (of_two.to_numpy(bool) | np.array(named, bool))
    return gone


def _without_agreements(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows without the figures that notes give for goals, and without what notes say beside their fields."""
    extras = [[pair for pair in each if pair[0] != "outcome"] for each in column(frame, "extra").to_pylist()]
    is_note = (frame["kind"] == "note").to_numpy(bool)
    return replaced(frame, extra=extras, body=frame["body"].mask(is_note).array.__arrow_array__().to_pylist())


def _about(decisions: Decisions, goals: Iterable[Goal]) -> Decisions:
    """The decisions about these goals, and those about highlights."""
    names = {each.name for each in goals}
    return dataclasses.replace(decisions, entries=tuple(each for each in decisions.entries if each.goal in names))


def _for_public(report_input: ReportInput) -> ReportInput:
    frame, people = report_input.frame, report_input.people
    shown = is_public(frame, report_input.public_sources, people.connectors)
    inside = frame.index.isin(select(frame, report_input.period).index)
    rows = frame[shown & inside]
    colleagues = _Colleagues(report_input)
    sources = _renamed(rows["source"].unique().tolist(), people.connectors)
    rows = _redacted(rows, colleagues, sources)
    named = tuple(Person(each.key, each.name, named_in_public=True) for each in people.persons if each.named_in_public)
    known = People(named, {name: people.connectors.get(source, source) for source, name in sources.items()})
    persons = tuple(map(colleagues.key, report_input.persons))
    rules = report_input.grouping
    return ReportInput(
        period=report_input.period,
        persons=persons,
        statuses=_statuses(report_input, sources),
        assessment=_assessed(
            report_input, rows, GoalsAndDecisions(decisions=_pins(report_input, rows)), persons, known
        ),
        calendar=report_input.calendar,
        people=known,
        grouping=GroupingRules(rules.themes, rules.routine, (), known),
        others=_public_others(report_input, colleagues, sources),
        request=_public_request(report_input, rows),
        unread=_public_unread(report_input),
        teams=_public_teams(report_input),
        first_contributions=_public_newcomers(report_input, rows, colleagues, sources),
        draft=report_input.draft,
        withheld=_withheld(report_input, ~shown),
        names=colleagues.names,  # the last, since what is made above may name more
        unnamed=frozenset(colleagues.names),
    )


def _public_others(
    report_input: ReportInput, colleagues: _Colleagues, sources: Mapping[str, str]
) -> pd.DataFrame | None:
    """What other people did in the piece of work that a page is about, of what everybody can see."""
    import pandas as pd

    others = report_input.others
    if others is None:
        return None
    every = pd.concat([report_input.frame[others.columns], others], ignore_index=True)
    shown = is_public(every, report_input.public_sources, report_input.people.connectors)[len(report_input.frame) :]
    inside = others.index.isin(select(others, report_input.period).index)
    return _redacted(others[shown & inside & others["source"].isin(list(sources)).to_numpy(bool)], colleagues, sources)


def _public_request(report_input: ReportInput, rows: pd.DataFrame) -> PageRequest:
    """The request; a page about a work item that is not shown is about one of the same piece of work that is."""
    request, shown = report_input.request, rows["work_item"].tolist()
    if request.about is None or request.about in shown:
        return request
    return dataclasses.replace(request, about=next(iter(shown), ""))


def _public_unread(report_input: ReportInput) -> tuple[str, ...]:
    """How many people no source knows, in a sentence: theirs are not said by name."""
    number = len(report_input.unread)
    known = "is known" if number == 1 else "are known"
    return (f"{count_noun(number, 'person', 'people')} {known} to no source.",) if number else ()


def _public_teams(report_input: ReportInput) -> dict[str, Team]:
    """The team that the page is of, by its name alone: who came, left or is in another one is not shown."""
    key = report_input.request.team
    return {key: Team(key, report_input.teams[key].name)} if key and key in report_input.teams else {}


def _public_newcomers(
    report_input: ReportInput, rows: pd.DataFrame, colleagues: _Colleagues, sources: Mapping[str, str]
) -> FirstContributions | None:
    """Who was new to a project that something is shown of."""
    known = report_input.first_contributions
    if known is None:
        return None
    shown = {each.casefold() for each in rows["project"].dropna()}
    newcomers = [each for each in known.newcomers if each.project.casefold() in shown]
    return FirstContributions(
        tuple(dataclasses.replace(each, person=colleagues.key(each.person)) for each in newcomers),
        tuple(sources[each] for each in known.sources if each in sources),
    )


def _pins(report_input: ReportInput, rows: pd.DataFrame) -> Decisions:
    """Which of these rows the person wants among the highlights, without the reasons."""
    shown = set(rows["work_item_key"])
    pins = report_input.assessment.goals_and_decisions.decisions.highlighted
    return Decisions(highlighted=tuple(dataclasses.replace(each, note="") for each in pins if each.key[0] in shown))


class _Colleagues:
    """Keys that say nothing, one for each person who is not named, in the order in which the rows name them."""

    def __init__(self, report_input: ReportInput) -> None:
        self._report_input = report_input
        self._named = report_input.people.named_in_public
        self._keys: dict[str, str] = {}

    @property
    def names(self) -> dict[str, str]:
        """What a reader calls each of them."""
        return dict.fromkeys(self._keys.values(), COLLEAGUE)

    def key(self, person: str) -> str:
        """The person's own key where they are named; else one that keeps only where somebody is known.

        Measures count people who are not configured by source, which the beginning of a key gives.
        """
        if person in self._named:
            return person
        return self._keys.setdefault(person, _placed(person, f"colleague-{len(self._keys) + 1}"))

    def account(self, source: str, account: str) -> str:
        """What stands in place of an account: a name, and nothing that a source knows somebody by."""
        people = self._report_input.people
        if people.is_bot(account):
            return BOT
        person = people.person_of(source, account)
        return self._report_input.name(person) if person in self._named else COLLEAGUE


def _placed(person: str, name: str) -> str:
    place, _, login = person.partition(":")
    if person.startswith("<"):
        return f"<{name}>"
    if not login:
        return name
    return f"{place}:{NOBODY}" if login.casefold() == NOBODY else f"{place if '.' not in place else 'forge'}:{name}"


def _renamed(sources: Iterable[str], connectors: Mapping[str, str]) -> dict[str, str]:
    """By source what the public calls it: its connector, with a number where there are several."""
    numbers = Counter[str]()
    renamed = {}
    for source in sorted(sources):
        connector = connectors.get(source, source)
        numbers[connector] += 1
        renamed[source] = connector if numbers[connector] == 1 else f"{connector}-{numbers[connector]}"
    return renamed


def _redacted(rows: pd.DataFrame, colleagues: _Colleagues, sources: Mapping[str, str]) -> pd.DataFrame:
    """The rows as the public sees them: without bodies, accounts, goals, and references to what is not shown."""
    named = ["person", "source", "account", "owners", "participants", "owner_people", "collaborators"]
    by_time = records(rows[["occurred_at", "kind", "role", "work_item", *named]])
    # The order says nothing of names: it is that of what is shown.
    for row in sorted(by_time, key=lambda one: (one["occurred_at"], one["work_item"], one["kind"], one["role"])):
        for each in (row["person"], *(row["owner_people"] or ()), *(row["collaborators"] or ())):
            colleagues.key(each)
    work_items = [_LOCAL_DIGEST.sub("", each) for each in rows["work_item"]]
    refer = _References(work_items, rows["project"].dropna())
    extras = [dict(each) for each in column(rows, "extra").to_pylist()]
    each_row = list(zip(by_time, extras, strict=True))
    lists: dict[str, list[Any]] = {
        name: [[each for each in names if refer.is_shown(each)] for names in column(rows, name).to_pylist()]
        for name in REFERENCES
    }
    for name in ("owners", "participants"):
        lists[name] = [[colleagues.account(row["source"], each) for each in row[name]] for row in by_time]
    for name in ("owner_people", "collaborators"):
        lists[name] = [row[name] and [colleagues.key(each) for each in row[name]] for row in by_time]
    kinds, labels = rows["kind"].tolist(), column(rows, "labels").to_pylist()
    return replaced(
        rows,
        id=_ids(rows, work_items),
        source=[sources[row["source"]] for row in by_time],
        scope=[
            "notebook" if kind == "note" else project or ""
            for kind, project in zip(kinds, column(rows, "project").to_pylist(), strict=True)
        ],
        work_item=work_items,
        work_item_key=[_LOCAL_DIGEST.sub("", each) for each in rows["work_item_key"]],
        account=[colleagues.account(row["source"], row["account"]) for row in by_time],
        person=[colleagues.key(row["person"]) for row in by_time],
        body=[None] * len(rows),
        parent=[None] * len(rows),
        labels=[
            [each for each in own if each not in extra.get("goal", "").split("\n")]
            for own, extra in zip(labels, extras, strict=True)
        ],
        extra=[list(_public_extra(extra, row, colleagues)) for row, extra in each_row],
        is_private=[False] * len(rows),
        **lists,
    )


def _public_extra(
    extra: Mapping[str, str], row: Mapping[str, Any], colleagues: _Colleagues
) -> Iterable[tuple[str, str]]:
    yield from ((key, value) for key, value in extra.items() if key in PUBLIC_EXTRA)
    if begun_by := extra.get("begun_by"):
        yield "begun_by", colleagues.account(row["source"], begun_by)


def _ids(rows: pd.DataFrame, work_items: Iterable[str]) -> list[str]:
    """An id for each row, made from what is shown of it: a source's own id may hold an account or a digest."""
    seen = Counter[str]()
    ids = []
    for kind, role, work_item in zip(rows["kind"], rows["role"], work_items, strict=True):
        name = f"{kind}/{role}/{work_item}"
        seen[name] += 1
        ids.append(name if seen[name] == 1 else f"{name}/{seen[name]}")
    return ids


class _References:
    """Which references lead to nothing but what is shown: a number or a commit says no name."""

    def __init__(self, work_items: Iterable[str], projects: Iterable[str]) -> None:
        self._work_items = {each.casefold() for each in work_items}
        self._tickets = {each.rpartition("/")[2] for each in self._work_items}
        self._projects = {each.casefold() for each in projects}

    def is_shown(self, reference: str) -> bool:
        """Whether a reference may be shown."""
        name = reference.casefold()
        if _OWN_NUMBER.fullmatch(name) or name in self._work_items:
            return True
        if _TICKET.fullmatch(name):
            return name in self._tickets
        project = re.split(r"[#!](?=\d+$)", name)[0]
        return project != name and project in self._projects


def _statuses(report_input: ReportInput, sources: Mapping[str, str]) -> list[SourceStatus]:
    """What was read of the sources that are shown; of all others, where any is not complete, that something is missing.

    Neither a gap's place nor its reason is shown, since both may name what is private.
    """
    shown = [each for each in report_input.statuses if each.source in sources]
    others = [each for each in report_input.statuses if each.source not in sources]
    made = [_status(each, sources[each.source], report_input.period) for each in shown]
    rest = [_status(each, OTHER_SOURCES, report_input.period) for each in others]
    missing = [each for each in rest if not each.complete]
    if missing:
        made.append(SourceStatus(OTHER_SOURCES, report_input.period, (Gap("", NOT_READ),)))
    return made


def _status(status: SourceStatus, name: str, period: Period) -> SourceStatus:
    def some(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
        parts = [each.period.overlap(period) if each.period else period for each in gaps]
        return tuple(dict.fromkeys(Gap("", NOT_READ, part) for part in parts if part))

    unread = tuple(part for each in status.unread if (part := each.overlap(period)))
    return SourceStatus(name, period, some(status.gaps), unread, some(status.stale), status.read_at)
