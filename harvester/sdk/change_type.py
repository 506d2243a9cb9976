"""The type of a change by its title or labels, as in the column `change_type`: feature, fix, docs, test, … Pure."""

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
_LABEL_GROUP = re.compile(r"^(?:kind|type|t)\s*(?:::|[:/-])\s*")


def change_type(title: str, labels: Sequence[str] = ()) -> str | None:
    """The type by the title's prefix (`fix(pay)!: …`), else by the labels; None where neither says it or labels differ.

    A prefix decides alone, because its author wrote it for this change. Labels may have a group before them, such as
    `kind/bug` or `type: bug`, and on GitLab `type::bug`; of a scoped label such as `bug::performance` the scope counts
    (https://docs.gitlab.com/user/project/labels/#scoped-labels).
    """
    prefix = _PREFIX.match(title)
    if prefix and (by_prefix := _PREFIXES.get(prefix[1].lower())):
        return by_prefix
    words = (_LABEL_GROUP.sub("", label.casefold()).partition("::")[0].strip() for label in labels)
    by_label = {_LABELS[word] for word in words if word in _LABELS}
    return by_label.pop() if len(by_label) == 1 else None
