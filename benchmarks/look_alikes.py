"""How many accounts of a history look like one person's, to be judged by hand, and how many of its mailmap's are found.

    python benchmarks/look_alikes.py REPO [--people 10]

It lists the pairs of the most active people, as git has them without its mailmap; `=` where the mailmap makes them one.
"""

from __future__ import annotations

import argparse
import subprocess
from collections import Counter
from pathlib import Path

from harvester.model.look_alikes import Account, Sightings
from harvester.model.people import People

PEOPLE = People((), {"git": "git"})


def contacts(repo: Path) -> list[tuple[str, str]]:
    """Each commit's author, as in the commit and by the mailmap."""
    form = "--format=%an <%ae>%x00%aN <%aE>"
    done = subprocess.run(["git", "-C", str(repo), "log", "-z", form], capture_output=True, check=True)
    fields = done.stdout.decode("utf-8", "replace").split("\0")
    return list(zip(fields[0:-1:2], fields[1::2], strict=True))


def main() -> None:
    """Print each pair with its reason, then the numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repo", type=Path)
    parser.add_argument("--people", type=int, default=10)
    options = parser.parse_args()
    found = contacts(options.repo)
    proper = {PEOPLE.person_of("git", raw): PEOPLE.person_of("git", mapped) for raw, mapped in found}
    seen = Sightings(PEOPLE, Counter(Account("git", raw) for raw, _ in found))
    most_active = seen.persons[: options.people]
    pairs = {(person, each.person): each.reason for person in most_active for each in seen.like(person)}
    for (one, other), reason in pairs.items():
        mark = "=" if proper[one] == proper[other] else " "
        print(f"{mark} {seen.accounts(one)[0].text} · {seen.accounts(other)[0].text} · {reason}")
    mapped = {(a, b) for a in most_active for b in proper if a != b and proper[a] == proper[b]}
    print(f"{len(seen.persons):,} accounts, {len(pairs):,} pairs of the {len(most_active)} most active; ", end="")
    print(f"{len(mapped & pairs.keys()):,} of the {len(mapped):,} that the mailmap makes one person are among them")


if __name__ == "__main__":
    main()
