"""Converts the ladders that come with harvester again, from clones of the repositories they are published in.

    python docs/ladders.py ft CLONE [COMMIT]
    python docs/ladders.py monzo CLONE [COMMIT]

It writes harvester/ladders/NAME.toml, our own shape, with the licence's text and the commit it is from.
"""

import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from harvester.config.toml import as_toml
from harvester.ladders.model import Ladder, LadderCriterion
from harvester.ladders.read import parse_ladder
from harvester.ladders.shipped import SHIPPED

OUTPUT = Path(__file__).parent.parent / "harvester" / "ladders"
FILES = {
    "ft": {"": "data/job-families/engineering.yml"},
    "monzo": {
        "backend": "frameworks/engineering/backend.md",
        "web": "frameworks/engineering/web.md",
        "mobile": "frameworks/engineering/mobile.md",
        "data": "frameworks/engineering/data.md",
        "quality": "frameworks/engineering/qualityanalyst.md",
    },
}
"""The file of each role, or the only file."""
ADDRESS = {
    "ft": "https://github.com/Financial-Times/engineering-progression/blob/{commit}/data/job-families/engineering.yml",
    "monzo": "https://github.com/monzo/progression-framework/tree/{commit}/frameworks/engineering",
}


def convert(name: str, clone: Path, commit: str = "HEAD") -> str:
    """The ladder as TOML, from a commit of a clone."""
    ladders = {
        role: parse_ladder(_git(clone, "show", f"{commit}:{file}"), Path(file).suffix, Path(file))
        for role, file in FILES[name].items()
    }
    full = _git(clone, "rev-parse", commit).strip()
    source = ADDRESS[name].format(commit=full[:12])
    licence = _git(clone, "show", f"{commit}:LICENSE").strip() + "\n"
    ladder = replace(_joined(ladders), title=SHIPPED[name], source=source, licence=licence)
    head = f"# {ladder.title}: {ladder.credit}.\n# Converted by docs/ladders.py from commit {full}.\n"
    return "\n".join([head, *_lines(ladder)])


def _joined(ladders: dict[str, Ladder]) -> Ladder:
    """The ladders of the roles as one: what several roles are asked for in the same words is there once."""
    first = next(iter(ladders.values()))
    roles: dict[LadderCriterion, list[str]] = {}
    for role, ladder in ladders.items():
        for each in ladder.criteria:
            roles.setdefault(each, []).append(role)
    themes = list(dict.fromkeys(each.theme for each in roles))
    levels = [each.name for each in first.levels]
    criteria = sorted(roles, key=lambda each: (themes.index(each.theme), levels.index(each.level)))
    return replace(first, criteria=tuple(replace(each, roles=tuple(filter(None, roles[each]))) for each in criteria))


def _lines(ladder: Ladder) -> Iterator[str]:
    yield from _table({"title": ladder.title, "source": ladder.source})
    yield f'licence = """\n{ladder.licence}"""\n'
    for level in ladder.levels:
        yield from ["[[levels]]", *_table({"name": level.name, "title": level.title}), ""]
    for each in ladder.criteria:
        keys = {"level": each.level, "theme": each.theme, "roles": each.roles, "text": each.text}
        yield from ["[[criteria]]", *_table(keys), ""]


def _table(keys: dict[str, str | Iterable[str]]) -> Iterator[str]:
    return (f"{key} = {as_toml(value)}" for key, value in keys.items() if value)


def _git(clone: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=clone, check=True, capture_output=True, encoding="utf-8").stdout


if __name__ == "__main__":
    name, clone, *commit = sys.argv[1:]
    (OUTPUT / f"{name}.toml").write_text(convert(name, Path(clone), *commit), encoding="utf-8")
