"""Coding agents that open pull requests under their own name, and who is credited for one: the person behind it.

Other bots, such as those that raise dependencies, act on nobody's request, so nobody is credited for theirs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from harvester.model.bots import is_bot

Json = Mapping[str, Any]

AGENTS = ("copilot-swe-agent", "devin-ai-integration", "google-labs-jules", "claude", "cursor", "factory-droid")
"""Their logins without `[bot]`, as `author:app/…` searches them."""
_REQUESTED = re.compile(
    r"(?:requested|started|triggered|initiated) by\b[^\n@]{0,80}@([a-z0-9][a-z0-9-]*)", re.IGNORECASE
)


def is_agent(login: str) -> bool:
    """Whether this is a coding agent's login, with or without `[bot]`."""
    return login.casefold().removesuffix("[bot]") in AGENTS


def people_behind(node: Json) -> list[tuple[Json, str]]:
    """The people behind a coding agent's pull request, each with why.

    That is everyone assigned to it who is not a bot, since the agents assign who asked for it; else whom its text names
    as having asked for it; else who merged it.
    """
    assigned = [each for each in (node.get("assignees") or {}).get("nodes") or () if each and _is_person(each)]
    if assigned:
        return [(each, "assigned to a coding agent's pull request") for each in assigned]
    named = _REQUESTED.search(node.get("body") or "")
    if named and not is_bot(named[1]) and not is_agent(named[1]):
        return [({"login": named[1]}, "named as having asked a coding agent for it")]
    merger = node.get("mergedBy")
    return [(merger, "merged a coding agent's pull request")] if merger and _is_person(merger) else []


def _is_person(who: Json) -> bool:
    login = str(who["login"])
    return who.get("__typename") not in {"Bot", "Organization"} and not is_bot(login) and not is_agent(login)
