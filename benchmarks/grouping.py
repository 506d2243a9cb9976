"""What themes and routine find on a real history, and how well routine agrees with 300 titles that were labelled first.

python benchmarks/grouping.py                              routine against benchmarks/routine.csv
python benchmarks/grouping.py --repo PATH --period 2025    themes of the most active authors there, too

Wanted of themes: 3 to 7 headings for 20 to 300 items, and as many items as possible under a heading that is not merely
the project. A clone without a remote has its folder's name for a project.

routine.csv has the first hundred changes of 2025 of three repositories, in the order of the SHA-256 of "routine " and
the work item's key. Formatting is layout, markup or code style alone: nothing does or says anything else afterwards.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import time
from collections import Counter
from pathlib import Path

import pandas as pd

from harvester.analysis import measures
from harvester.analysis.frame import prepare
from harvester.analysis.threads import threads
from harvester.grouping import GroupingRules, routine, themes
from harvester.model.contribution import Contribution, to_table
from harvester.model.people import People
from harvester.model.periods import parse
from harvester.workspace.collect import accounts_of, collect, harvest_sources, open_ledger
from harvester.workspace.environment import Environment
from harvester.workspace.workspace import open_workspace

LABELLED = Path(__file__).with_name("routine.csv")
FEWEST, MOST = 20, 300
SOME_DAY = pd.Timestamp("2025-01-01", tz="UTC").to_pydatetime()


def labelled() -> pd.DataFrame:
    """The labelled titles, with what routine says of each; a change's first four paths are in the file."""
    with LABELLED.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    rows = [
        Contribution(
            id=line["item"], source="git", scope=line["repository"], work_item=line["item"], account=line["author"],
            kind="commit" if line["item"].startswith("commit/") else "pull_request", role="author",
            occurred_at=SOME_DAY, title=line["title"], project=line["repository"],
            paths=tuple(_paths(line["paths"])),
        )
        for line in lines
    ]  # fmt: skip
    frame = prepare(to_table(rows), People((), {"git": "git"}))
    found = routine(frame.assign(thread=frame["work_item"]), GroupingRules())
    return pd.DataFrame(lines).assign(found=found["routine"].fillna("").tolist())


def _paths(text: str) -> list[str]:
    """The paths of a line; where there are more, one that no rule knows, for all must be under a rule's."""
    listed, _, more = text.partition(" and ")
    return [*listed.split(), *(["…"] if more else [])]


def agreement(lines: pd.DataFrame) -> str:
    """Precision and recall of routine as such, and how often its kind is that of the label."""
    is_routine, found = lines["label"] != "", lines["found"] != ""
    both = int((is_routine & found).sum())
    same = int(((lines["label"] == lines["found"]) & found).sum())
    return (
        f"{len(lines)} titles, {int(is_routine.sum())} labelled, {int(found.sum())} found: precision "
        f"{both / max(int(found.sum()), 1):.3f}, recall {both / max(int(is_routine.sum()), 1):.3f}, "
        f"{same} of {both} of the kind in the label"
    )


def everyone(repo: Path, period_name: str) -> pd.DataFrame:
    """The rows of everybody in a repository and a period, prepared."""
    workspace = open_workspace(Environment(), None, repo, aliases=False)
    period = parse(period_name, workspace.config.calendar, workspace.environment.clock())
    with open_ledger(workspace) as ledger:
        accounts = accounts_of(workspace, None)
        return collect(workspace, ledger, period, accounts, harvest_sources(workspace, ledger, period, accounts)).frame


def page(rows: pd.DataFrame) -> tuple[pd.DataFrame, float]:
    """The items of a page without goals, one for each thread: `theme`, `project` and `routine`; seconds of themes."""
    rows = rows.assign(thread=threads(rows), serves_goal=pd.Series(False, rows.index, "bool[pyarrow]"))
    begin = time.perf_counter()
    theme = themes(rows, GroupingRules())["theme"]
    seconds = time.perf_counter() - begin
    rows = rows.assign(theme=theme, routine=routine(rows, GroupingRules())["routine"])
    own = rows[(rows["is_primary"] & ~rows["is_bot"] & ~rows["kind"].isin(["review", "comment"])).to_numpy(bool)]
    items = own.loc[measures.counting(own)].sort_values("work_item").drop_duplicates("thread")
    return items[["theme", "project", "routine"]], seconds


def show(repo: Path, period: str, authors: int) -> None:
    frame = everyone(repo, period)
    own = frame[(frame["is_primary"] & ~frame["is_bot"]).to_numpy(bool)]
    counts = own.loc[measures.counting(own)].groupby("person")["work_item_key"].nunique()
    counts = counts.sort_index().sort_values(ascending=False, kind="stable")
    chosen = [str(name) for name, number in counts.items() if FEWEST <= number <= MOST][:authors]
    print(f"\n{repo.name}, {period}: {len(chosen)} authors with {FEWEST} to {MOST} items\n")
    print("| author | items | routine | headings | named | seconds |\n|---|---:|---:|---:|---:|---:|")
    shares, headings = [], []
    for number, person in enumerate(chosen, 1):
        items, seconds = page(frame[(frame["person"] == person).to_numpy(bool)])
        work = items[items["routine"].isna().to_numpy(bool)]
        names = Counter(work["theme"].tolist())
        named = sum(count for name, count in names.items() if name not in _projects(work))
        shares.append((named, len(work)))
        headings.append(len(names))
        print(
            f"| {number} | {len(items)} | {len(items) - len(work)} | {len(names)} | {named / max(len(work), 1):.0%} | "
            f"{seconds:.3f} | {', '.join(f'{name} {count}' for name, count in names.most_common())}"
        )
    if chosen:
        fit = sum(3 <= number <= 7 for number in headings)
        total = sum(named for named, _ in shares) / sum(number for _, number in shares)
        print(f"\n3 to 7 headings: {fit} of {len(chosen)}; median {statistics.median(headings):g}; named {total:.0%}")


def _projects(items: pd.DataFrame) -> set[str]:
    return {"Other", *(str(project).rpartition("/")[2] for project in items["project"].dropna())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repo", type=Path, action="append", default=[])
    parser.add_argument("--period", default="2025")
    parser.add_argument("--authors", type=int, default=12)
    parser.add_argument("--wrong", action="store_true", help="list the titles on which label and rules differ")
    options = parser.parse_args()
    lines = labelled()
    people = lines[lines["author_is_bot"] == "no"]
    print(f"routine, all: {agreement(lines)}\nroutine, people's own: {agreement(people)}")
    for name, part in people.groupby("repository"):
        print(f"  {name}: {agreement(part)}")
    if options.wrong:
        for line in lines[lines["label"] != lines["found"]].to_dict("records"):
            print(f"  {line['repository']}: {line['title']!r} is {line['label']!r}, found {line['found']!r}")
    for repo in options.repo:
        show(repo, options.period, options.authors)


if __name__ == "__main__":
    main()
