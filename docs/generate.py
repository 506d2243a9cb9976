"""Writes the reference pages from the code; a test fails where one is out of date."""

import datetime as dt
import inspect
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from harvester.analysis import frame, measures
from harvester.cli.main import harvester
from harvester.config import settings
from harvester.goals import decisions, load, path_rules, progress, suggestions
from harvester.goals.model import DEFAULT_SHARE
from harvester.grouping import routine_work, theme_choice
from harvester.ladders import markdown_ladder, read, shapes, shipped, yaml_text
from harvester.model import contribution, periods
from harvester.notebook import notebook
from harvester.reporting import formats, rows, sandbox
from harvester.reporting.anchors import slug
from harvester.reporting.json_page import json_schema
from harvester.reporting.own_template import LARGEST, MOST, SUFFIXES, shared_texts
from harvester.reporting.page_fields import PageField, fields_of, parts_of
from harvester.reporting.report import FILTERS, Report
from harvester.reporting.templates import SHARED
from harvester.reports.sections.common import CommonPage
from harvester.sdk import plugins

WHO = {"persons": "yourself", "team": "your team; everyone where there is no harvester.toml", "mentees": "your mentees"}
REPORTS = """\
`harvester report KIND` writes one of these; `harvester report --list` lists them, with those of other packages.

People are named with `--person` (several times), `--team NAME` or `--everyone`, who are all who did something in the
period. One page is about all of them together; with `--each` there is a page for each, in the folder of `--output`,
and with `--every-team` one for each team.

An `announcement` is about one piece of work: `--about` takes a ticket, a pull request, a commit or a note about it, and
its period is the days of that work. `answers` has the `[[questions]]` of [goals.toml](goals.md), else the highlights.
"""
DISTINCT = {
    "work_items": "person, work item", "rows": "person, work item, row", "projects": "project",
    "owners": "person, owner", "collaborators": "person, other person",
    "sum": "person, work item; added up", "median": "person, work item; the median", "nobody": "–",
    "threads": "person, thread", "persons": "person",
}  # fmt: skip
DOCS = Path(__file__).parent
AT_THE_TOP = ("tickets", "bots", "themes", "routine", "exclude")
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
QUESTIONS = """\
`harvester report answers` puts the evidence below each question, as text to paste into the form. A question takes the
work that serves any of its `goals` or `criteria`, and what its `match` holds for; `paths` are matched as for themes: a
change answers it where at least `share` of its files are under them. Without these three keys the highlights of the
period answer it. The order of the file is that of the page.

```toml
[[questions]]
title = "Impact"
text = "What did you achieve, and for whom?"
limit = 1000
goals = ["payments-rewrite"]

[[questions]]
title = "Collaboration"
limit = 300
match = { kinds = ["review"] }
```
"""
STATES = f"""\
## States of a goal

"Expected by now" is what would be done if the work went evenly from `from` to `until`: the target (of an outcome the
way from the baseline to it) × the days that have begun ÷ all days. Days are whole days of your calendar, weekends
included; those `away`, by the goal or by `[people.NAME]`, count on neither side ([why](../decisions/pace.md)).

| state | meaning |
|---|---|
| met | the target is reached |
| on track | at least {progress.ON_TRACK:.0%} of what is expected by now is done, or of a count less than \
{progress.WHOLE} is missing |
| at risk | at least {progress.AT_RISK:.0%} of it is done |
| off track | less is done |
| not started | it is before `from` |
| not met | `until` has passed without the target |
| open | nothing is expected by now, since `from` or `until` is not given, or all days are away |
| unknown | there is no `target`, or no note of the goal's days has a figure for an outcome |
"""
LADDERS = f"""\
A ladder says what a company asks for at each level. `harvester goals import LADDER --level LEVEL` writes what a level
asks for into goals.toml as `[[criteria]]`, with the words, the theme, the level and the source. What is in goals.toml
already is not changed, and a second import adds nothing twice: a criterion is there where its name is, or its text at
its level.

No rule is made from the words. Until a goal serves a criterion, or you give it a `match`, people judge it by hand;
`harvester goals check` says how many there are. `--level L4..L5` is a span in the ladder's own order, `--level L4..`
goes to its end. `--dry-run` shows what would be written. Without `--role` or `--level`, where there are several, it
lists them.

## A ladder of your own

A file in TOML or JSON, here in TOML. `levels` gives their order, lowest first; without it they are as they come. A
criterion without `roles` is everybody's, one without `level` every level's. Its name is made from the level and the
theme (`senior-design`) or, where a level asks for several things under a theme, the level and the first words.

```toml
title = "Engineering at Acme"
source = "https://handbook.example.com/ladder"

[[levels]]
name = "senior"
title = "Senior engineer"

[[criteria]]
level = "senior"
theme = "Design"
text = "Designs systems that another team can run."
roles = ["backend", "web"]
```

Also read are, recognised by their keys: YAML of the
[Financial Times](https://github.com/Financial-Times/engineering-progression) (`competencies`), of
[Monzo](https://github.com/monzo/progression-framework) (`topics`, also before a Markdown text) and of
[Forward Impact](https://github.com/forwardimpact/monorepo/tree/main/products/map/starter) (`skills`, or a list of
levels with `expectations`); and Markdown, as of [jorgef](https://github.com/jorgef/engineeringladders), with a heading
`## level` for each level, a list of what it asks for, and the theme in bold at the beginning of an item or in a
heading `### theme`. Examples and proficiencies are not taken over.

A file may have {read.LARGEST:,} bytes, YAML {yaml_text.LARGEST:,}, Markdown {markdown_ladder.LARGEST:,}; a ladder
{shapes.MOST_CRITERIA:,} criteria of {shapes.LONGEST_TEXT:,} characters. YAML is read without tags and without aliases.

"""
THEMES = f"""\
Work that serves no goal is shown under a few headings, or is folded as routine. Both are decided by rules; `harvester
explain ITEM` says which and why. Rules have the keys of a goal's `match` ([goals](goals.md)), but do not compete by
`paths`: a rule holds where at least `share` of a change's files are under them. The first rule in the file is taken.

```toml
[themes]                                  # in harvester.toml
Parser = {{ paths = ["src/parser/"] }}
"Help for users" = {{ any = [{{ labels = ["question"] }}, {{ scopes = ["faq"] }}] }}

[routine]
"dependency updates" = {{ titles = ["Roll *"] }}
"nightly data" = {{ authors = ["import@example.org"], paths = ["data/"] }}

[[exclude]]
name = "private experiments"              # how a report calls what it leaves out; by default exclude[1], its place
projects = ["me/dotfiles"]
```

`harvester doctor` warns of a rule that can never match, or that matches everything.

## Themes

A theme is a heading that at least two pieces of work share: two threads, or two topics that were merged, each of them
with all its commits. What they share is the first of these that applies:

1. a rule in `[themes]`; one piece of work is enough for it
2. the epic or parent ticket
3. the scope in their titles: `pager` in `feat(pager): …` and in `pager: …`; then what is before its slash, `dev-cmd` in
   `dev-cmd/bump: …`. A scope that is only a kind of change, such as `fix`, is none
4. the module or folder with at least half of their source files, as deep as possible: `src/click/_termui_impl.py` is
   shown as `termui_impl`. Folders that say nothing, such as `src`, are passed over. Where no source file is changed,
   tests and texts are looked at, and at last count as `Tests` or `Documentation`
5. the project, where there are several

What shares none of the chosen headings is under `Other`; where there is no heading at all, under its project.

At most {theme_choice.MOST} headings are chosen, so that together they say most about the work: neither what all of
it is about nor what two changes are about comes first
([why](../decisions/themes-and-routine.md)). Each is for one {round(1 / theme_choice.SMALLEST)}th of the work or more.
What shares none of them is under its project's name, or under `{theme_choice.OTHER}` where it is of several projects.

Work that serves a goal or is routine does not decide which headings there are.

## Routine

A change and its revert by the same person within the period are `{routine_work.REVERTED}`; the revert of somebody
else's change is work. Work together with an assistant is no routine either. Otherwise the first entry of
[routine.toml](../../harvester/grouping/routine.toml) that matches gives the kind:
"""
ROUTINE_AFTER = """\
A rule in `[routine]` comes before these, and may use one of these names or another. What a rule in `[themes]` names is
routine by `[routine]` alone: so a theme of your own, such as `Releases = { kinds = ["release"] }`, is not folded.

## Leaving out

What a rule in `[[exclude]]` holds for is left out of every report, goal and question, before anything is counted: the
other rows of the same work item with it, and the commits of a pull request. A report says how many items were
left out ([measure](measures.md) `left_out`). `harvester.load` and `harvester ledger export` still have them.
"""
TABLE = f"""\
`report --format csv`, `xlsx` or `parquet` writes the rows that the report is about: of its people in its period, of
several sources the best, without bots. The newest comes first. All columns above are there but {
    " and ".join(f"`{each}`" for each in rows.LEFT_OUT)
}, beginning with {
    ", ".join(f"`{each}`" for each in rows.FIRST[:3])
}. `counted` is that of these rows, so the rows with a measure's
name are as many as the report says."""
FORMATS = """\
`--format` says which one, else the suffix of the file; they must not contradict each other. Without both a report is
Markdown. A suffix that is not listed is an error. `--output -`, or no output, is the terminal, which gets text only.
A name that is a folder, or ends with a slash, gets a file with a name of its own.
"""
REPORTED = {
    "md": "the page", "html": "the page", "json": "the page's content", "csv": "its rows", "xlsx": "its rows",
    "parquet": "its rows",
}  # fmt: skip
HOLDS = {
    "md": "A head comment with digests. Charts only with `--charts mermaid`.",
    "html": "One file that runs nothing and requests nothing, with charts; print it to get a PDF.",
    "json": (
        "A report: page, people, period, sources and `measures` (each [measure](measures.md) by its name), as its JSON "
        "Schema in `docs/` says. An export: an array of rows. Text is as the source has it: escape it where you show "
        "it."
    ),
    "csv": (
        "UTF-8, commas, one row a line. Times have an offset (of the report's zone). Lists are joined by a comma; line "
        "breaks are spaces. A text that a spreadsheet would run (it begins with `=`, `+`, `-`, `@`, `|` or `%`, or "
        "does so after a semicolon) gets an apostrophe there. Texts are cut at 32,767 characters, with a remark."
    ),
    "xlsx": (
        "Numbers, days and truth as such; times in the zone that the head of their column names. Text is never run. "
        "Texts are cut at 32,767 characters, with a remark. At most 1,048,575 rows. A second sheet says what the table "
        "is of and what is missing."
    ),
    "parquet": (
        "The frame with its Arrow types: lists, UTC times, whole texts. The metadata `harvester` says what it is of."
    ),
    "jsonl": "A row a line, as in the array of `json`.",
}
VERIFIED = """\
## What `verify` checks

`harvester verify FILE` reads the evidence beside the file, or within a page that was written with `--embed-evidence`.
It compares rows, claims, goals and sources, whatever the format. Then, where none of these differs:

| format | what else is compared |
|---|---|
| md, html, json, csv | The text is made again. Each figure (digits) must be where the data puts it; words may differ. |
| xlsx, parquet | The file must have the digest that its evidence names; the cells of an edited one are not compared. |

| exit status | meaning |
|---|---|
| 0 | The figures are those of the sources. Where the words were edited, it says so. |
| 1 | The figures differ from the sources, or the file cannot be read. |
| 4 | Not checked, for want of the evidence, of a source, of the version or the template that wrote it. |

Evidence has titles and accounts (e-mail addresses) of everything the report is made from, so it is in a page only on
request. It is at most 8 MB there when compressed.

## Which files are replaced

A report replaces a file only if harvester wrote it and nobody has edited it since: a page says so by its head, a table
by the evidence beside it. An export replaces only an earlier export in Parquet. `--force` replaces any file.
"""
OWN_TEMPLATES = """\
`harvester report KIND --template FILE` writes the page of a kind with a Jinja2 template of your own, in Markdown or in
HTML. To begin, take ours, which makes the same page, and change it:

```sh
harvester report accomplishments --print-template > short.md.j2
harvester report accomplishments --template short.md.j2 --output short.md
```

A template writes Markdown; HTML is made from it as for any page, and shows `<b>` as text. A short one:

```jinja
# {{{{ who }}}}, {{{{ period }}}}

{{% for each in highlights %}}
- {{{{ each.title }}}} ({{{{ each.counted }}}})
{{% endfor %}}
```

- Every text is escaped: `{{{{ title }}}}` shows the title and does nothing else. `| ours` says that a text is Markdown
  already, such as what a macro of yours returns: `{{{{ row(item) | ours }}}}`. Never put it behind a text of the page.
- A name that the page does not have is an error, with the file, the line and the nearest name. What may be missing
  (*or none*) is asked for with `{{% if … %}}`; a list or a part cannot be shown, but its fields can.
- A template that begins with `{{% extends … %}}`, as ours do, shows only what is within its blocks: write above the
  last `{{% endblock %}}`.
- What could not be read heads the page: where no line of yours begins with `> **Incomplete.**`, it is put below the
  first heading.
- A line `<!-- chart NAME -->` is where HTML has a chart, if the page has one of that name.
- The page gets its head and its evidence as any other, without your template. `harvester verify FILE --template
  TEMPLATE` makes it again; without the template, or after it was changed, it says that the text was not compared.

## What may be used

{filters}

Of Jinja2's filters: {built_in}. Of its functions: {functions}. There is no `{{% filter %}}`, and no extension.

`{{% include %}}`, `{{% import %}}` and `{{% extends %}}` take names that are written out, of {suffixes}
in the folder of your template or below it (at most {most} of {largest} KB), and our own: `harvester/page.md.j2`, with
the heading, what is missing and the sources, around the blocks `content`, `about_figures` and `appendix`; and
`harvester/macros.md.j2`, with {macros}. Import these `with context`.

Anything else is refused: other attributes and methods, files, modules, the environment, the network. A template is
rendered in a process of its own, which has {seconds} seconds of processor time, {memory} MB of memory and
{characters} characters for the page; on Windows the time alone is limited, on macOS time and characters.
"""
OWN_FILTERS = {
    "linked": "`title \\| linked(url)`: a link; the text alone where the address is none, or is not http or https",
    "label": "`item \\| label`: what a piece of work is called, linked to it; it has the fields `label` and `url`",
    "at_most": "`text \\| at_most(600)`: the text, cut at so many characters (280 without the filter)",
    "day": "`first \\| day`: a day in words, such as 1 July 2026",
    "ours": "Markdown of your own as it is",
}
NOTE = "<!-- Written by `make docs` from the code; change it there. -->\n"


def pages() -> dict[Path, str]:
    """Each generated file and its text."""
    described = settings.json_schema()
    return {
        DOCS / "reference" / "columns.md": columns_page(),
        DOCS / "reference" / "configuration.md": configuration_page(described),
        DOCS / "reference" / "grouping.md": grouping_page(described),
        DOCS / "reference" / "measures.md": measures_page(),
        DOCS / "reference" / "commands.md": commands_page(),
        DOCS / "reference" / "formats.md": formats_page(),
        DOCS / "reference" / "goals.md": goals_page(load.json_schema()),
        DOCS / "reference" / "page-context.md": context_page(),
        DOCS / "reference" / "ladders.md": ladders_page(),
        DOCS / "reference" / "periods.md": periods_page(),
        DOCS / "reference" / "reports.md": reports_page(),
        **{
            DOCS / "reports" / f"{each.name}.schema.json": _json(json_schema(each.page, each.name))
            for each in reports()
            if each.page
        },
        DOCS / "goals.schema.json": _json(load.json_schema()),
        DOCS / "harvester.schema.json": _json(described),
    }


def context_page() -> str:
    """What a user's own template may use, as a Markdown page: names, fields of every page, and their parts."""
    kinds = [each for each in reports() if each.page]
    pages = [each.page for each in kinds if each.page]
    parts = sorted({one for each in pages for one in parts_of(each)}, key=lambda one: (one.__name__, one.__module__))
    names = Counter(each.__name__ for each in parts)

    def title(part: type) -> str:
        module = part.__module__.rpartition(".")[2].replace("_", " ")
        return part.__name__ if names[part.__name__] == 1 else f"{part.__name__} of {module}"

    def link(part: type) -> str:
        return f"[{title(part)}](#{slug(title(part))})"

    every = {each.name for each in fields_of(CommonPage)}
    sections = ["## Every page\n", _fields(fields_of(CommonPage, link))]
    for kind, page in zip(kinds, pages, strict=True):
        own = [each for each in fields_of(page, link) if each.name not in every]
        sections += [f"## The page `{kind.name}`\n", _fields(own)]
    sections.append("## Parts of pages\n")
    for part in parts:
        sections += [f"### {title(part)}\n\n{inspect.getdoc(part)}\n", _fields(fields_of(part, link))]
    return f"# What a template of your own may use\n\n{NOTE}\n{own_templates_text()}\n" + "\n".join(sections)


def own_templates_text() -> str:
    """How to write a template, with the filters, functions, templates and macros that it may use."""
    assert OWN_FILTERS.keys() == FILTERS.keys()
    filters = "\n".join(f"| `{name}` | {meaning} |" for name, meaning in OWN_FILTERS.items())
    macros = re.findall(r"{% macro (.*?) %}", shared_texts(SHARED)["harvester/macros.md.j2"])
    limits = sandbox.Limits()
    return OWN_TEMPLATES.format(
        filters=f"| filter | gives |\n|---|---|\n{filters}", macros=", ".join(f"`{each}`" for each in macros),
        built_in=", ".join(f"`{each}`" for each in sandbox.BUILT_IN_FILTERS),
        functions=", ".join(f"`{each}`" for each in sandbox.GLOBALS),
        seconds=f"{limits.seconds:g}", memory=f"{limits.memory >> 20:,}", characters=f"{limits.characters:,}",
        suffixes=", ".join(f"`*{each}`" for each in SUFFIXES), largest=LARGEST >> 10, most=MOST,
    )  # fmt: skip


def _fields(found: Iterable[PageField]) -> str:
    rows = (f"| `{each.name}` | {each.type} | {' '.join(each.meaning.split())} |" for each in found)
    return "| field | type | meaning |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def formats_page() -> str:
    """The formats of reports and exports as a Markdown page."""
    reports, exports = formats.REPORT_FORMATS, formats.EXPORT_FORMATS
    lines = (
        f"| `{name}` | {', '.join(f'`{each}`' for each in (reports.get(name) or exports[name]).suffixes)} | "
        f"{REPORTED.get(name, '–')} | {'all rows' if name in exports else '–'} | {HOLDS[name]} |"
        for name in dict.fromkeys((*reports, *exports))
    )
    table = "| format | suffixes | `report` | `ledger export` | what it holds |\n|---|---|---|---|---|\n"
    return f"# Formats\n\n{NOTE}\n{FORMATS}\n{table}" + "\n".join(lines) + f"\n\n{VERIFIED}"


def reports() -> list[Report]:
    """Our reports, by name."""
    found = plugins.available(plugins.REPORTS).items()
    return [plugins.load(plugins.REPORTS, name) for name, each in found if each.value.startswith("harvester.")]


def reports_page() -> str:
    """The kinds of reports as a Markdown page."""
    rows = (
        f"| `{each.name}` | {each.summary} | {WHO[each.of]} | `{each.default_period}` | "
        f"[schema](../reports/{each.name}.schema.json) |"
        for each in reports()
    )
    names = ("kind", "what it is", "about, where nobody is named", "period, where none is given", "as JSON")
    table = f"| {' | '.join(names)} |\n|{'---|' * len(names)}\n"
    return f"# Reports\n\n{NOTE}\n{REPORTS}\n{table}" + "\n".join(rows) + "\n"


def _json(described: Any) -> str:
    return json.dumps(described, indent=2, ensure_ascii=False) + "\n"


def columns_page() -> str:
    """The columns of the frame as a Markdown page."""
    head = (
        "One row is one contribution of one person. Null means unknown, never zero; times are UTC; text is untrusted."
    )
    parts = (
        ("As a source has them", "These are stored in the ledger.", contribution.columns()),
        ("Added when a frame is prepared", "Made from the configuration and never stored.", frame.PREPARED),
        ("Added when goals are assessed", "Made from goals.toml, decisions.toml and all rows.", frame.ASSESSED),
        ("In a report's table", TABLE, rows.ADDED),
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
        "prepared frame has the names of these measures, for each row those that count it. On the page of a team all "
        "its members are taken as one person, so that what two of them did together counts once.\n\n"
        "`harvester measures` shows them all for people, a team or every team, and by month or quarter. A file of it "
        "has a row for each figure, with `from` and `until` as whole days, both included, `number` null where it is "
        "not known, and `complete` false where a source did not give everything: the number may then be too low "
        "([why so](../decisions/measures.md))."
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
        "Goals and the questions of a form are in `goals.toml`, your decisions in `decisions.toml`, and what no\n"
        "tracker sees in a notebook.\n"
        "A key that is not listed is an error that names the nearest one; `harvester goals check` says more."
    )
    definitions = described["$defs"]
    tables = {"decisions": decisions.Entry, "highlights": decisions.HighlightEntry, "ignored": decisions.IgnoredEntry}
    wrapped = ", ".join(f"`{key}`" for key in notebook.WRAPPED)
    parts = [
        *_table("`[[goals]]` in goals.toml", definitions["Goal"]),
        *_table("`[[criteria]]` in goals.toml", definitions["Criterion"]),
        *_table("`[[questions]]` in goals.toml", definitions["Question"]),
        QUESTIONS,
        *_table("`match` of a goal, a criterion or a question", definitions["Rule"]),
        COMPETING,
        STATES,
        *(
            line
            for name, entry in tables.items()
            for line in _table(f"`[[{name}]]` in decisions.toml", entry.model_json_schema())
        ),
        "## Fields of a note\n",
        "An entry is a heading `## 2026-08-12 Title`, and fields as needed below it, each at the start of a line.",
        f"The text of {wrapped} may wrap; that of the other fields continues in indented lines.",
        "Code between fences belongs to the text of its entry; comments (`<!-- … -->`) are ignored.\n",
        "| field | meaning |\n|---|---|",
        *(f"| `{key}:` | {meaning} |" for key, meaning in notebook.FIELDS.items()),
    ]
    return f"# Goals, decisions and notes\n\n{NOTE}\n{head}\n\n" + "\n".join(parts).rstrip() + "\n"


def ladders_page() -> str:
    """What `goals import` reads, and the ladders that come with harvester, as a Markdown page."""
    parts = [LADDERS, "## What comes with harvester\n"]
    for name in shipped.SHIPPED:
        ladder = shipped.shipped_ladder(name)
        roles: tuple[str | None, ...] = ladder.roles or (None,)
        link = f"[{ladder.title}]({ladder.source})"
        parts += [
            f"`{name}` is the {link}, {ladder.credit}: {len(ladder.criteria)} criteria. What each level asks for:\n",
            f"| `--level` | title | {' | '.join(role or 'criteria' for role in roles)} |",
            f"|---|---|{'---:|' * len(roles)}",
            *(
                f"| `{level.name}` | {level.title} | "
                f"{' | '.join(str(ladder.count(level.name, role) or '') for role in roles)} |"
                for level in ladder.levels
            ),
            "",
        ]
    return f"# Ladders\n\n{NOTE}\n" + "\n".join(parts).rstrip() + "\n"


def configuration_page(described: dict[str, Any]) -> str:
    """The keys of harvester.toml as a Markdown page."""
    head = "Keys of `harvester.toml`. A key that is not listed is an error that names the nearest one."
    return f"# Configuration\n\n{NOTE}\n{head}\n\n" + "\n".join(_sections(described)).rstrip() + "\n"


def grouping_page(described: dict[str, Any]) -> str:
    """How work without a goal is grouped, with the kinds of routine, as a Markdown page."""
    because: dict[str, list[str]] = {}
    for each in routine_work.built_in():
        because.setdefault(each.name, []).append(each.reason)
    kinds = [f"| {name} | {', or '.join(dict.fromkeys(reasons))} |" for name, reasons in because.items()]
    rules = _table("Keys of an `[[exclude]]` rule", described["$defs"]["Exclusion"])
    parts = [THEMES, "| kind | recognised by |\n|---|---|", *kinds, "", ROUTINE_AFTER, *rules]
    return f"# Themes, routine and what is left out\n\n{NOTE}\n" + "\n".join(parts).rstrip() + "\n"


def _sections(described: dict[str, Any]) -> Iterator[str]:
    definitions = described["$defs"]
    tables = {"[me]": "Me", "[people.NAME]": "PersonSection", "mentee = { … }": "Mentee"}
    tables |= {"[teams.NAME]": "TeamSection", "members = [{ … }]": "Member", "[ledger]": "LedgerSection"}
    yield from _table("At the top", {"properties": {key: described["properties"][key] for key in AT_THE_TOP}})
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
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
