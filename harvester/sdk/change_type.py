"""The type of a piece of work, in the words of the column `type`: feature, fix, docs, test, … Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

_PREFIX = re.compile(r"(\w{2,20})(?:\([^()\n]{1,80}\))?!?:\s", re.ASCII)
_PREFIXES = {
    "feat": "feature", "feature": "feature", "fix": "fix", "bugfix": "fix", "hotfix": "fix", "perf": "performance",
    "docs": "docs", "doc": "docs", "test": "test", "tests": "test", "refactor": "refactor", "build": "build",
    "ci": "ci", "chore": "chore", "style": "style", "revert": "revert", "security": "security",
}  # fmt: skip
"""The prefixes of https://www.conventionalcommits.org and their usual variants."""
_LABELS = {
    "bug": "fix", "fix": "fix", "regression": "fix", "defect": "fix", "enhancement": "feature", "feature": "feature",
    "documentation": "docs", "docs": "docs", "test": "test", "tests": "test", "testing": "test",
    "performance": "performance", "security": "security", "refactor": "refactor", "refactoring": "refactor",
    "ci": "ci", "chore": "chore", "maintenance": "chore", "dependencies": "build",
}  # fmt: skip
_LABEL_GROUP = re.compile(r"^(?:kind|type|t)\s*[:/-]\s*")


def change_type(title: str, labels: Sequence[str] = ()) -> str | None:
    """The type by the title's prefix, `fix(pay)!: …`, then by a label; None where none says or labels differ."""
    prefix = _PREFIX.match(title)
    if prefix and (known := _PREFIXES.get(prefix[1].lower())):
        return known
    words = [_LABEL_GROUP.sub("", name.casefold()) for name in labels]
    found = {_LABELS[word] for word in words if word in _LABELS}
    return found.pop() if len(found) == 1 else None
