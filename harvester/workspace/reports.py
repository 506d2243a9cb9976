"""Making a report with its evidence, writing both, and verifying what was written."""

from __future__ import annotations

import dataclasses
import os
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harvester.errors import PersonError, ReportError, UnknownError
from harvester.files import names_folder, read_bytes, resolve_path, write_text
from harvester.model.periods import Period, is_period, parse
from harvester.reporting import evidence
from harvester.reporting.audience import WHERE_PUBLIC
from harvester.reporting.evidence_diff import changes
from harvester.reporting.formats import HTML, MARKDOWN, PLAIN, REPORT_FORMATS, Format, PageOptions, choose_format
from harvester.reporting.own_template import OwnTemplate, read_template, shared_texts
from harvester.reporting.report import (
    LAST_QUARTER,
    Entry,
    Report,
    file_name,
    make,
    missing_by_source,
    page_content,
    write,
)
from harvester.reporting.report_input import Audience, Need, PageRequest
from harvester.reporting.stamp import LARGEST, WrittenPage, content_digest, read_page
from harvester.reporting.wording import Wording, compare
from harvester.sdk import plugins
from harvester.text import count_noun
from harvester.version import VERSION
from harvester.workspace.about import locate
from harvester.workspace.assemble import MOST_ACTIVE, assemble
from harvester.workspace.checkins import checkin_period, require_own
from harvester.workspace.chosen import Chosen, people_asked
from harvester.workspace.collect import open_ledger
from harvester.workspace.workspace import Workspace

if TYPE_CHECKING:
    from harvester.model.people import People
    from harvester.reporting.report_input import ReportInput


ABOUT: Need = "about"
"""What a report needs that is about one work item."""
NOT_PUBLIC = f"Nothing here is known to be public. {WHERE_PUBLIC}"

HOW_TO_WRITE: Mapping[Entry, str] = {
    "goals": "`harvester goals add`",
    "criteria": "`harvester goals import --list`",
    "questions": "`[[questions]]`, by docs/reference/goals.md",
}

LONGEST_NAME = 255
"""Bytes of a file's name, on all common file systems."""


@dataclass(frozen=True, slots=True)
class RenderedReport:
    """A report in a format, and its evidence."""

    content: bytes
    evidence: Mapping[str, Any]
    complete: bool
    """Whether every source was complete."""
    file_name: str
    """What its file is called in a folder."""
    remarks: tuple[str, ...] = ()
    """What the format could not hold, a sentence each; for a table also what is missing of the sources."""

    @property
    def text(self) -> str:
        """The report as text; raises UnicodeDecodeError for a format that is not text."""
        return self.content.decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeReport(RenderedReport):
    """A report with what it was made from."""

    report_input: ReportInput


def load_report(kind: str) -> Report:
    """The kind of report of this name; raises UnknownError, with the nearest name, where none is installed.

    For words of a period, which are no kind, the hint has the option that takes them.
    """
    try:
        report: Report = plugins.load(plugins.REPORTS, kind)
    except UnknownError as error:
        if kind in plugins.available(plugins.REPORTS) or not is_period(kind):
            raise
        raise UnknownError(error.message, hint=f"Did you mean --period {shlex.quote(kind)}?") from error
    return report


def make_report(
    workspace: Workspace,
    report: Report,
    period: str | None = None,
    chosen: Chosen | str | Sequence[str] | None = None,
    *,
    harvest: bool = True,
    draft: bool = False,
    options: PageOptions = PLAIN,
) -> MadeReport:
    """Make a report of a period, in words, by default the one of its kind, and of people: `Chosen`, or their names.

    With `draft` it is for its author, with what is still to be done. Raises what `assemble` raises, UnknownError for an
    unknown team, and ReportError for a format that the report does not have.
    """
    chosen = _as_chosen(chosen)
    if chosen.every_team:
        raise ReportError("Every team is several pages.", hint="Use make_reports, or name a --team.")
    require_audience(report, chosen.audience)
    persons, request = people_of(workspace, report, chosen)
    when: Period | str | None = period_of(workspace, report, period)
    with open_ledger(workspace) as ledger:
        if chosen.about is not None:
            _require_about(report)
            when, request = locate(workspace, ledger, chosen.about, period, persons, request, harvest=harvest)
        collected, report_input = assemble(
            workspace, ledger, when, persons, harvest=harvest, request=request, needs=report.needs
        )
    made = rendered(report, dataclasses.replace(report_input, draft=draft), options, complete=collected.complete)
    remarks = (*made.remarks, *_without_entries(workspace, report, report_input))
    return MadeReport(made.content, made.evidence, made.complete, made.file_name, remarks, report_input=report_input)


def rendered(
    report: Report, report_input: ReportInput, options: PageOptions, *, complete: bool, suffix: str = ""
) -> RenderedReport:
    """The report of an input, whose file's name has `suffix` behind whom it is about."""
    made = make(report, report_input, options)
    gaps = missing_by_source(report_input) if options.format.is_table else {}
    remarks = (*(f"Incomplete: {source}: {'; '.join(each)}" for source, each in gaps.items()), *made.remarks)
    if report_input.request.audience == "public" and report_input.withheld and report_input.frame.empty:
        remarks = (*remarks, NOT_PUBLIC)
    name = file_name(report, report_input, options, suffix)
    return RenderedReport(made.content, made.evidence, complete, name, remarks)


def _without_entries(workspace: Workspace, report: Report, report_input: ReportInput) -> Iterator[str]:
    """What a page of one's own would show of goals.toml and is not there, and how to write it."""
    if list(report_input.persons) != [workspace.me] or report_input.request.audience != "manager":
        return
    goals = report_input.assessment.goals_and_decisions.goals
    for entry in report.entries:
        if not getattr(goals, entry):
            first = "" if workspace.configured else "`harvester init`, then "
            yield f"There are no {entry} yet. To write some: {first}{HOW_TO_WRITE[entry]}."


def _require_about(report: Report) -> None:
    """Raises ReportError for a kind of report that is not about one work item."""
    if ABOUT not in report.needs:
        raise ReportError(f"{report.name!r} is not about one work item.", hint="Leave out --about.")


def _as_chosen(chosen: Chosen | str | Sequence[str] | None) -> Chosen:
    if isinstance(chosen, Chosen):
        return chosen
    return Chosen((chosen,) if isinstance(chosen, str) else tuple(chosen or ()))


def period_of(workspace: Workspace, report: Report, period: str | None) -> Period | str | None:
    """The period, or words for it; None where assembling may choose another one than the last quarter."""
    if "checkin" in report.needs:
        return checkin_period(workspace, period)
    if period or report.default_period == LAST_QUARTER:
        return period
    # The words are not the user's, so nothing is said of what they mean: the page names its days.
    return parse(report.default_period, workspace.config.calendar, workspace.environment.clock())


def people_of(workspace: Workspace, report: Report, chosen: Chosen) -> tuple[list[str] | None, PageRequest]:
    """Whom a report is about, by name or key, and as what; None where that is oneself."""
    if report.of == "mentees":
        if chosen.of_teams:
            raise ReportError(f"The report {report.name!r} is about those whom you mentor.", hint="Name --person.")
        return list(chosen.persons) or None, PageRequest(mentees=True, audience=chosen.audience)
    if "checkin" in report.needs:
        require_own(workspace, chosen.persons, others=chosen.of_teams)
    if not (chosen.persons or chosen.of_teams) and report.of == "team":
        chosen = dataclasses.replace(_own_team(workspace), audience=chosen.audience)
    return people_asked(workspace, chosen)


def require_audience(report: Report, audience: Audience) -> None:
    """Raises ReportError for an audience that a kind of report is not for."""
    if audience not in report.audiences:
        raise ReportError(
            f"The report {report.name!r} is not for the audience {audience!r}.",
            hint=f"It is for: {', '.join(report.audiences)}.",
        )


def _own_team(workspace: Workspace) -> Chosen:
    """One's own team, or the only one; without teams everyone. Raises PersonError where several could be meant."""
    teams = workspace.config.teams
    if not teams:
        return Chosen(everyone=True)
    own = [key for key, team in teams.items() if any(each.person == workspace.me for each in team.memberships)]
    own = own or list(teams)
    if len(own) > 1:
        raise PersonError(
            f"There are several teams: {', '.join(own)}.", hint="Name one with --team, or people with --person."
        )
    return Chosen(team=own[0])


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a report is written: a file, or a folder in which it gets a name of its own."""

    path: Path
    shown: str
    """As the user wrote it."""
    is_folder: bool

    def file(self, name: str) -> tuple[Path, str]:
        """The file, and what to call it to the user."""
        return (self.path / name, str(Path(self.shown) / name)) if self.is_folder else (self.path, self.shown)


def destination_of(root: Path, output: str | None) -> Destination | None:
    """Where `--output` leads from a folder; None for the terminal, which is `-` or none.

    Raises ReportError where it is empty.
    """
    if output is None or output == "-":
        return None
    if not output.strip():
        raise ReportError("--output is empty.", hint="Leave it out, or name a file.")
    path = resolve_path(root, output)
    return Destination(path, output, names_folder(path, output))


def page_options(
    format_name: str | None, destination: Destination | None, *, mermaid: bool = False, embed_evidence: bool = False
) -> PageOptions:
    """How to write a report, checked before anything is read.

    Raises ReportError for a format that is unknown or contradicts the name of the file, and for what the format cannot
    have.
    """
    file = destination.shown if destination and not destination.is_folder else None
    chosen = choose_format(REPORT_FORMATS, format_name, file, MARKDOWN)
    if mermaid and chosen != MARKDOWN:
        raise ReportError("--charts mermaid is for Markdown.", hint="Leave it out; HTML has its charts anyway.")
    if embed_evidence and chosen.is_table:
        raise ReportError(
            f"A table ({chosen.name}) has no place for evidence.", hint="Leave out --embed-evidence, or write a page."
        )
    return PageOptions(chosen, mermaid, embed_evidence)


def template_text(report: Report) -> str:
    """The template of a report, as a start for one's own: with `--template` it makes the same page."""
    return shared_texts(report.package)[report.template]


def with_template(options: PageOptions, report: Report, root: Path, file: str | None) -> PageOptions:
    """The options with a user's own template, whose path is from `root`; the same options without one.

    Raises ReportError for a format that has no template, and where the file is none, with its line.
    """
    if file is None:
        return options
    if options.format not in (MARKDOWN, HTML):
        raise ReportError(
            f"--template is for pages in md and html, and {options.format.name} has no template.",
            hint="Leave out --template, or write another format.",
        )
    template = read_template(resolve_path(root, file), file, report.package)
    return dataclasses.replace(options, template=template)


def write_report(report: RenderedReport, destination: Destination | Path, *, force: bool = False) -> str:
    """Write a report and its evidence beside it; returns the name of the file as the user knows it.

    Raises ReportError where either cannot be written, or where it would replace something harvester did not write or
    somebody has edited (unless `force`).
    """
    if isinstance(destination, Path):
        path, shown = destination, str(destination)
    else:
        path, shown = destination.file(report.file_name)
    beside = evidence.path_beside(path)
    if len(os.fsencode(beside.name)) > LONGEST_NAME:
        raise ReportError(
            f"{path.name[:60] + '…'!r} is too long: with .evidence.json it has more than {LONGEST_NAME} bytes.",
            hint="Name a shorter --output.",
        )
    if beside.is_symlink():
        raise ReportError(f"{beside.name} beside the report is a link and was not overwritten.", hint="Remove it.")
    if os.path.lexists(beside) and not force:
        evidence.load(beside)
    write(report.content, path, force=force)
    write_text(beside, evidence.dump(report.evidence))
    return shown


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found by making a report again: sentences of three kinds, and how many rows and claims it has."""

    differences: tuple[str, ...]
    """Where its figures are not those of the sources: changed rows, claims, goals and sources, and figures in it."""
    edits: tuple[str, ...]
    """Where it is not as it was written, and its figures hold."""
    unchecked: tuple[str, ...]
    """What could not be checked, and why."""
    rows: int = 0
    claims: int = 0


def verify_report(
    workspace: Workspace, path: Path, *, harvest: bool = True, template: Path | None = None
) -> Verification:
    """Make a written report again from its evidence's period and people, and compare.

    A page that was made with a template of its own needs the same `template`, or its text is not compared.

    The evidence is the one within the page, else the file beside it; without one nothing can be checked. Where no row,
    claim, goal or source differs, the text is compared too: its figures must be those that the same rows produce, and
    its words need not.

    Raises UnknownError or ReportError where the file is no report, or it or its evidence cannot be read.
    """
    page = read_page(path)
    before = _evidence_of(path, page)
    if before is None:
        return Verification((), (), (_without_evidence(path, page),))
    own, without_template = _template_of(path, page, before, template)
    period, request = evidence.period_of(before), evidence.request_of(before)
    persons = [_person_with(workspace.config.people, each["accounts"]) for each in before["persons"]]
    if strangers := _unknown_here(workspace.config.people, before, persons):
        return Verification((), (), (f"{path.name} names no account of {strangers}, so it was not checked.",))
    with open_ledger(workspace) as ledger:
        needs = load_report(before["report"]).needs
        _, report_input = assemble(workspace, ledger, period, persons, harvest=harvest, request=request, needs=needs)
    after = evidence.evidence(report_input, before["report"])
    unread = _unread(before, after)
    differences = _other_evidence(path, page, before) + changes({**before, "coverage": _or_new(before, unread)}, after)
    unchecked = [f"{each} could not be read as for the report, so the text was not compared." for each in unread]
    result = Verification(tuple(differences), (), tuple(unchecked), len(before["rows"]), len(before["claims"]))
    if differences or unread:
        edited = page is not None and not page.unedited
        return dataclasses.replace(result, edits=(f"{path.name} has been edited.",) if edited else ())
    result = _with_own_words(result, path, report_input, before)
    if without_template:
        return dataclasses.replace(result, unchecked=(*result.unchecked, without_template))
    chosen = evidence.changed_choices(before, after)
    return _compare_text(result, path, page, evidence.as_read(report_input, before), before, chosen, own)


def _template_of(
    path: Path, page: WrittenPage | None, before: Mapping[str, Any], file: Path | None
) -> tuple[OwnTemplate | None, str]:
    """The template that a page was made with, None for its report's own; or why its text cannot be compared.

    Raises ReportError where `file` is no template, or the page has none of its own.
    """
    known = before["page"].get("template")
    if not known:
        if file is not None:
            raise ReportError(f"{path.name} was not made with a template of its own.", hint="Leave out --template.")
        return None, ""
    state = "It is as it was written, by its own digest" if page and page.unedited else "It has been edited"
    own = None if file is None else read_template(file, file.name, load_report(before["report"]).package)
    if own is not None and own.digest == known["digest"]:
        return own, ""
    why = "name it with --template" if own is None else f"{own.shown} is not what it was then"
    return (
        None,
        f"{path.name} was made with the template {known['name']!r}, so its text was not compared; {why}. {state}.",
    )


def _unknown_here(people: People, before: Mapping[str, Any], persons: Sequence[str]) -> str:
    """The people of a page for the public who are others here: its evidence has their keys and names alone."""
    request = evidence.request_of(before)
    if request.audience != "public" or request.team or request.everyone:
        return ""
    names = {key: each["name"] for key, each in zip(persons, before["persons"], strict=True)}
    return ", ".join(name for key, name in names.items() if people.name(key) != name)


def _with_own_words(
    result: Verification, path: Path, report_input: ReportInput, before: Mapping[str, Any]
) -> Verification:
    """The result with what the page has from its evidence alone, and this data does not give: names and remarks.

    A receiver may have other names for the same people. What a remark says may be a figure, which is then not checked;
    the one about the most active author is made only where nobody was named.
    """
    names = [f"{path.name} says {name!r} for {own!r}." for name, own in evidence.other_names(report_input, before)]
    remarks = evidence.other_remarks(report_input, before)
    figures = [each for each in remarks if re.search(r"\d", each) and not each.endswith(MOST_ACTIVE)]
    said = [
        *names,
        *(f"{path.name} says {each!r}, which this data does not." for each in remarks if each not in figures),
    ]
    unchecked = [f"{path.name} says {each!r}, which this data does not." for each in figures]
    return dataclasses.replace(result, edits=(*result.edits, *said), unchecked=(*result.unchecked, *unchecked))


def require_report(path: Path, name: str) -> None:
    """Raises UnknownError where there is no file at the path; `name` is what the user called it."""
    if not os.path.lexists(path):
        raise UnknownError(f"There is no report {name!r}.", hint="Name one that --output wrote.")


def _evidence_of(path: Path, page: WrittenPage | None) -> Mapping[str, Any] | None:
    """The evidence within a page, else the one beside the file; None where there is none.

    Raises ReportError for a file that is not a report.
    """
    if page is not None and page.evidence is not None:
        return page.evidence
    beside = evidence.path_beside(path)
    found = evidence.load(beside) if os.path.lexists(beside) else None
    if page is None and not _is_table(path, found):
        raise ReportError(f"{str(path)!r} is not a report that harvester wrote.", hint="Name one that harvester wrote.")
    return found


def _is_table(path: Path, found: Mapping[str, Any] | None) -> bool:
    """Whether a file that is no page is a report's table, as its evidence says, or without one the suffix."""
    if found is not None:
        return _format_of(found).is_table
    return any(each.is_table and path.suffix.casefold() in each.suffixes for each in REPORT_FORMATS.values())


def _format_of(found: Mapping[str, Any]) -> Format:
    """The format of the report that an evidence was written with."""
    return REPORT_FORMATS[found["page"]["format"]]


def _without_evidence(path: Path, page: WrittenPage | None) -> str:
    """What can be said of a report without its evidence."""
    what = f"There is no evidence in {path.name}, and no {evidence.path_beside(path).name} beside it"
    state = "" if page is None else f" It is {'as it was written' if page.unedited else 'edited'}, by its own digest."
    return f"{what}: whether its figures are those of the sources was not checked.{state}"


def _other_evidence(path: Path, page: WrittenPage | None, before: Mapping[str, Any]) -> list[str]:
    """A sentence where the evidence is not the one the page was made with."""
    different = page.other_digests(before) if page else []
    if not different:
        return []
    name = evidence.path_beside(path).name if page and page.evidence is None else f"The evidence in {path.name}"
    return [f"{name} is not what {path.name} was made with: its {' and '.join(different)} differ."]


def _unread(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """By name the coverage now of each source that lacks something it had for the report."""
    known = {each["source"]: each for each in before["coverage"]}
    return {
        each["source"]: each
        for each in after["coverage"]
        if (each["gaps"] or each["unread"]) and known.get(each["source"], each) != each
    }


def _or_new(before: Mapping[str, Any], unread: Mapping[str, Any]) -> list[Any]:
    return [unread.get(each["source"], each) for each in before["coverage"]]


def _compare_text(
    result: Verification,
    path: Path,
    page: WrittenPage | None,
    report_input: ReportInput,
    before: Mapping[str, Any],
    chosen: Sequence[str],
    template: OwnTemplate | None,
) -> Verification:
    """The result with what differs in the file from what the same data produces now.

    `chosen` says which choices of the person are other ones now, and so why something may differ.
    """
    report = load_report(before["report"])
    if page is None:
        return _compare_table(result, path, report, report_input, before)
    options = PageOptions(page.format, mermaid=bool(before["page"].get("mermaid")), template=template)
    made = page_content(report, report_input, options)
    if page.content == made:
        return result
    wording = compare(page.content, made, first=page.first_line)
    return _with_wording(result, path, wording, before, chosen, edited=not page.unedited)


def _compare_table(
    result: Verification, path: Path, report: Report, report_input: ReportInput, before: Mapping[str, Any]
) -> Verification:
    """As `_compare_text`, of a table: by the digest of its file, and CSV by its text."""
    content = read_bytes(path, limit=LARGEST)
    options = PageOptions(_format_of(before))
    if options.format.is_text:
        made = make(report, report_input, options).content
        if content == made:
            return result
        edited = before["page"]["digest"] != content_digest(content)
        text, own = content.decode("utf-8", "replace"), made.decode()
        wording = compare(text, own)
        # A sum over a table counts its rows, so one that is gone is another figure.
        if not wording.figures and (lines := text.count("\n")) != (known := own.count("\n")):
            said = f"it has {count_noun(lines, 'line')}, and this data gives {known:,}."
            wording = dataclasses.replace(wording, figures=(said,))
        return _with_wording(result, path, wording, before, (), edited=edited)
    if before["page"]["digest"] == content_digest(content):
        return result
    what = f"{path.name} has been edited: what its cells say was not compared, and its rows are unchanged."
    return dataclasses.replace(result, unchecked=(*result.unchecked, what))


def _with_wording(
    result: Verification,
    path: Path,
    wording: Wording,
    before: Mapping[str, Any],
    chosen: Sequence[str],
    *,
    edited: bool,
) -> Verification:
    version = before["harvester"]
    if wording.figures and version != VERSION:
        what = (
            f"{path.name} was made by harvester {version}, and this is {VERSION}, which writes it otherwise: the "
            "figures in its text were not compared."
        )
        return dataclasses.replace(result, unchecked=(*result.unchecked, what))
    if wording.figures and not edited and evidence.CHOICES["kept"] in chosen:
        # The receiver of a page has no check-ins of its author: its sources are the same, and it is as it was written.
        what = f"{evidence.CHOICES['kept']} What {path.name} says of changes since then was not compared."
        return dataclasses.replace(result, unchecked=(*result.unchecked, what))
    if wording.figures:
        figures = (f"{path.name}: {each}" for each in wording.figures)
        return dataclasses.replace(result, differences=(*chosen, *figures))
    parts = [(wording.changed, "changed or added"), (wording.removed, "removed")]
    words = " and ".join(f"{count_noun(number, 'line')} {verb}" for number, verb in parts if number)
    what = f"The wording of {path.name} has been edited" if edited else f"This data words {path.name} otherwise now"
    edit = f"{what} ({words or 'lines in another order'}); its figures hold."
    return dataclasses.replace(result, edits=(*result.edits, *chosen, edit))


def _person_with(people: People, accounts: Sequence[str]) -> str:
    """The person who has these accounts here: the report's author may have another key for them."""
    owners = [people.person_of(*_source_and_account(each)) for each in accounts]
    configured = {each.key for each in people.persons}
    return next((each for each in owners if each in configured), accounts[0])


def _source_and_account(account: str) -> tuple[str, str]:
    """An account as evidence has it, `<e-mail>` or `connector:account`, in two parts."""
    if account.startswith("<"):
        return "", account
    connector, _, name = account.partition(":")
    return connector, name
