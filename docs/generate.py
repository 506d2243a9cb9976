"""Writes the reference pages from the code; a test fails where one is out of date."""

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from harvester.analysis import frame, measures
from harvester.cli.main import harvester
from harvester.config import settings
from harvester.goals import decisions, load, path_rules, progress, suggestions
from harvester.goals.model import DEFAULT_SHARE
from harvester.model import contribution, periods
from harvester.notebook import notebook

DISTINCT = {
    "work_items": "person, work item", "rows": "person, work item, row", "projects": "project",
    "owners": "person, owner", "collaborators": "person, other person",
    "story_points": "person, work item; added up", "threads": "person, thread",
}  # fmt: skip
DOCS = Path(__file__).parent
COMPETING = f"""\
## Which goal gets the work

Work that matches by label, ticket, scope, project, person or kind counts for every goal it matches. By `paths`, goals
compete with each other for a change (and criteria with each other). It counts for a goal if

- at least `share` of its files are under the goal's globs, and more than {DEFAULT_SHARE:.0%} unless `share` is lower;
  of a change of more than {path_rules.SWEEPING} files, {path_rules.SWEEPING_SHARE:.0%} must be. Beside source files
  tests, texts and build files have little weight, lock files, changelogs and lists of authors have none; and
- no other goal has more than half of that share. Only goals compete whose days include the change and whose other keys
  match. So work under the globs of two goals counts for neither of them, until one excludes it with `not`.

So `paths = ["tests/"]` claims changes that are made for tests: those without source files, and those that say so, as
`test: …` or with a label such as `testing`. A feature that brings its tests is none of them. The same is true of
`docs/` and of settings such as `.github/workflows/`. A goal that names source files too, such as
`paths = ["src/pay/", "tests/pay/"]`, means its tests as much as its source files.

A ticket has no files: it is judged by those of your own pull requests and commits that closed it, merged in the period
of the report, or before it from the first day of a goal that runs in it. What somebody else merged is not looked at,
since it may have been read or not.

A change that has the share but fails the rest is only suggested, with the reason, and `harvester triage` asks you. For
the reasons, and how well it works, see [matching by paths](../decisions/matching-by-paths.md).

What you say yourself comes before every rule: first a decision (`harvester decide`), then a note that names a goal and
the work it is about. Such a note links the work as a decision would.

Words never count. They suggest up to {suggestions.BEST} goals for work that is not linked to one: `words` have the most
weight, then the words in `title` and `name`, then those in `why`.
"""
RANGES = {
    "2026-07-01..2026-09-30": "from one day to another, both included",
    "2026-07-01..": "from a day until today",
    "2026-07..2026-09": "from the first day of one period to the last day of another",
    "July to September 2026": "the same; a year that one of them leaves out is the other's",
    "1 July to 30 September 2026": "the same, as a report writes it",
}
PERIODS = """\
How a period is written for `--period`, for `make report PERIOD=…` and for `harvester.load`. Days are included as people
write them: `2026-07-01..2026-09-30` ends with 30 September. So it is in goals.toml: `until = 2026-09-30` still counts,
and `away = ["2026-07-20..2026-08-02"]` ends with the second day.

`--since DAY --until DAY` is the same as `--period DAY..DAY`; without `--until` it goes until today. Each may be any
period of the table: the first day of `--since` begins, the last day of `--until` ends. Capital letters do not matter.
On {today} the words mean:

{table}

The default is `last-quarter`. A period without a year (`Q3`, `H2`, `July`) is the latest that has begun: in November
2026 `Q4` is that of 2026 and `December` that of 2025; every command says which. `last 3 months` is three
whole months without the present one; `2026-08-15..` and `ytd` go until today. A period that has not begun is an error;
one that has not ended is counted up to now.

Three settings of `[me]` in harvester.toml matter. `timezone` says when a day begins and ends, also on days of 23 and 25
hours. `year_starts` is the first month of a year: with `"October"`, `2026` is October 2025 to September 2026 (a fiscal
year has the name of the year it ends in), `2026Q1` is October to December 2025, and `FY2026` is the same as `2026`;
the calendar year is then `2026-01..2026-12`. `week_starts` is the first day of a week.

In goals.toml `from`, `until` and `checkins` are days; `away` has days, months and ranges of them. Other words depend
on settings or on today, and are an error there.
"""
STATES = f"""\
## States of a goal

"Expected by now" is what would be done if the work went evenly from `from` to `until`, days `away` left out (unless all
days are away).

| state | meaning |
|---|---|
| reached | the target is reached |
| on track | no more than {progress.TOLERANCE:.0%} is missing of what is expected by now |
| behind | more is missing |
| not started | it is before `from` |
| not reached | `until` has passed without the target |
| open | nothing is expected by now, since `from` or `until` is not given |
| unknown | there is no `target`, or no note of the goal's days has a figure for an outcome |
"""
NOTE = "<!-- Written by `make docs` from the code; change it there. -->\n"


def pages() -> dict[Path, str]:
    """Each generated file and its text."""
    described = settings.json_schema()
    return {
        DOCS / "reference" / "columns.md": columns_page(),
        DOCS / "reference" / "configuration.md": configuration_page(described),
        DOCS / "reference" / "measures.md": measures_page(),
        DOCS / "reference" / "commands.md": commands_page(),
        DOCS / "reference" / "goals.md": goals_page(load.json_schema()),
        DOCS / "reference" / "periods.md": periods_page(),
        DOCS / "goals.schema.json": json.dumps(load.json_schema(), indent=2, ensure_ascii=False) + "\n",
        DOCS / "harvester.schema.json": json.dumps(described, indent=2, ensure_ascii=False) + "\n",
    }


def columns_page() -> str:
    """The columns of the frame as a Markdown page."""
    head = (
        "One row is one contribution of one person. Null means unknown, never zero; times are UTC; text is untrusted."
    )
    parts = (
        ("As a source has them", "These are stored in the ledger.", contribution.columns()),
        ("Added when a frame is prepared", "Made from the configuration and never stored.", frame.PREPARED),
        ("Added when goals are assessed", "Made from goals.toml, decisions.toml and all rows.", frame.ASSESSED),
    )
    tables = (f"## {title}\n\n{text}\n\n{_columns(columns)}" for title, text, columns in parts)
    return f"# Columns\n\n{NOTE}\n{head}\n\n" + "\n".join(tables)


def _columns(columns: Iterable[contribution.Column]) -> str:
    rows = (
        f"| `{each.name}` | {each.arrow} | {'yes' if each.nullable else 'no'} | {each.meaning} |" for each in columns
    )
    return "| column | Arrow type | may be null | meaning |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"


def periods_page() -> str:
    """Every way to write a period as a Markdown page, each with the days it means on one day."""
    here, now = periods.calendar("Europe/Berlin"), dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)

    def row(words: Sequence[str], meaning: str) -> str:
        first, last = here.dates(periods.parse(words[0], here, now))
        return f"| {', '.join(f'`{each}`' for each in words)} | {meaning} | {first} | {last} |"

    head = ["written", "means", "first day", "last day"]
    rows = [
        *(row(each.examples, each.meaning) for each in periods.FORMS),
        *(row([each], RANGES[each]) for each in RANGES),
    ]
    table = "\n".join([f"| {' | '.join(head)} |", "|---|---|---|---|", *rows])
    return f"# Periods\n\n{NOTE}\n{PERIODS.format(today=periods.day(here.day_of(now)), table=table)}"


def measures_page() -> str:
    """The table of measures as a Markdown page."""
    head = (
        "Every number in a report has its row here. Counts never reach outside the period, except those of a goal, "
        "which are of its own days. *Goal* says whether a goal may be measured in it; the column `counted` of a "
        "prepared frame has the names of these measures, for each row those that count it."
    )
    rows = (
        f"| `{each.name}` | {each.definition} | {', '.join(each.kinds) or 'all'} | {', '.join(each.roles) or 'all'} | "
        f"{DISTINCT[each.count]} | {each.wins} | {'yes' if each.goal else ''} |"
        for each in measures.MEASURES.values()
    )
    names = ("measure", "what it counts", "kinds", "roles", "distinct", "which source wins", "goal")
    table = f"| {' | '.join(names)} |\n|{'---|' * len(names)}\n"
    return f"# Measures\n\n{NOTE}\n{head}\n\n{table}" + "\n".join(rows) + "\n"


def commands_page() -> str:
    """The help of every command as a Markdown page."""
    context = harvester.make_context("harvester", ["--help"], resilient_parsing=True, terminal_width=100)
    parts = [f"## `harvester`\n\n```text\n{harvester.get_help(context)}\n```\n"]
    for name in harvester.list_commands(context):
        command = harvester.get_command(context, name)
        assert command
        parts += _help(command, name, context)
    return f"# Commands\n\n{NOTE}\n" + "\n".join(parts)


def _help(command: click.Command, name: str, parent: click.Context) -> Iterator[str]:
    """The help of a command, and of each command in it."""
    context = command.make_context(name, [], parent, resilient_parsing=True)
    yield f"## `{context.command_path}`\n\n```text\n{command.get_help(context)}\n```\n"
    for each, inner in getattr(command, "commands", {}).items():
        yield from _help(inner, each, context)


def goals_page(described: dict[str, Any]) -> str:
    """The keys of goals.toml and decisions.toml, and the fields of a note, as a Markdown page."""
    head = (
        "Goals are in `goals.toml`, your decisions in `decisions.toml`, and what no tracker sees in a notebook.\n"
        "A key that is not listed is an error that names the nearest one; `harvester goals check` says more."
    )
    definitions = described["$defs"]
    entry = decisions.Entry.model_json_schema()
    wrapped = ", ".join(f"`{key}`" for key in notebook.WRAPPED)
    parts = [
        *_table("`[[goals]]` in goals.toml", definitions["Goal"]),
        *_table("`[[criteria]]` in goals.toml", definitions["Criterion"]),
        *_table("`match` of a goal or a criterion", definitions["Rule"]),
        COMPETING,
        STATES,
        *_table("`[[decisions]]` in decisions.toml", entry),
        "## Fields of a note\n",
        "An entry is a heading `## 2026-08-12 Title`, and fields as needed below it, each at the start of a line.",
        f"The text of {wrapped} may wrap; that of the other fields continues in indented lines.",
        "Code between fences belongs to the text of its entry; comments (`<!-- … -->`) are ignored.\n",
        "| field | meaning |\n|---|---|",
        *(f"| `{key}:` | {meaning} |" for key, meaning in notebook.FIELDS.items()),
    ]
    return f"# Goals, decisions and notes\n\n{NOTE}\n{head}\n\n" + "\n".join(parts).rstrip() + "\n"


def configuration_page(described: dict[str, Any]) -> str:
    """The keys of harvester.toml as a Markdown page."""
    head = "Keys of `harvester.toml`. A key that is not listed is an error that names the nearest one."
    return f"# Configuration\n\n{NOTE}\n{head}\n\n" + "\n".join(_sections(described)).rstrip() + "\n"


def _sections(described: dict[str, Any]) -> Iterator[str]:
    definitions = described["$defs"]
    tables = {"[me]": "Me", "[people.NAME]": "PersonSection", "mentee = { … }": "Mentee", "[teams.NAME]": "Team"}
    tables["[ledger]"] = "LedgerSection"
    yield from _table("At the top", {"properties": {key: described["properties"][key] for key in ("tickets", "bots")}})
    for title, name in tables.items():
        yield from _table(f"`{title}`", definitions[name])
    for name in sorted(each for each in definitions if each.startswith("source_")):
        yield from _table(f"`[sources.NAME]` with `connector = {json.dumps(name[7:])}`", definitions[name])


def _table(title: str, section: dict[str, Any]) -> Iterator[str]:
    yield f"## {title}\n"
    if text := section.get("description"):
        yield f"{text.splitlines()[0]}\n"
    yield "| key | meaning | default |\n|---|---|---|"
    required = section.get("required", ())
    for key, value in section.get("properties", {}).items():
        yield f"| `{key}` | {value.get('description', '')} | {_default(key, value, required)} |"
    yield ""


def _default(key: str, value: dict[str, Any], required: list[str]) -> str:
    if key in required:
        return "must be given"
    default = value.get("default")
    return "" if default is None else f"`{json.dumps(default, ensure_ascii=False)}`"


def main() -> None:
    """Write all pages."""
    for path, text in pages().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
