"""What the trailers at the end of a commit's message say of people: who wrote, reviewed or helped with it. Pure.

| trailer | row of its person | why |
|---|---|---|
| `Co-authored-by`, `Co-developed-by` | `commit`, co-author | wrote a part of it |
| `Reviewed-by` | `review`, reviewer | reviewed the whole of it; the only one that says so |
| `Approved-by` | `review`, reviewer, where a pull request was merged; else `help`, helper | forges write it there |
| `Acked-by` | `help`, helper | likes or accepts it, and may not have reviewed it |
| `Tested-by` | `help`, tester | tried it |
| `Reported-by` | `help`, reporter | found what it fixes |
| `Suggested-by`, `Helped-by` | `help`, helper | had the idea, or gave a part of it |
| `Mentored-by`, `Co-mentored-by` | `help`, mentor | mentored its author |
| `Signed-off-by` | `commit`, merger, of who committed it and did not write it | applied it; any other one is no help |

What several words join is each of them: `Reported-and-tested-by`. Other trailers (`Cc`, `Noticed-by`,
`Based-on-patch-by`) say nothing that has a role. A bot has no row, and nobody has one for their own work.

Sources: https://git-scm.com/docs/SubmittingPatches (sign-off),
https://docs.kernel.org/process/submitting-patches.html,
https://docs.gitlab.com/user/project/merge_requests/commit_templates/ (`%{reviewed_by}`, `%{approved_by}`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harvester.model.contribution import Kind, Role
from harvester.sdk.statements import BLANK_LINE, split

Part = tuple[Kind, Role]
"""The kind and the role of a row."""

CO_AUTHOR: Part = ("commit", "co-author")
REVIEWER: Part = ("review", "reviewer")
HELPER: Part = ("help", "helper")
APPLIED: Part = ("commit", "merger")

_PARTS: Mapping[str, Part] = {
    "co-authored": CO_AUTHOR, "co-developed": CO_AUTHOR, "reviewed": REVIEWER, "approved": REVIEWER, "acked": HELPER,
    "tested": ("help", "tester"), "reported": ("help", "reporter"), "suggested": HELPER, "helped": HELPER,
    "mentored": ("help", "mentor"), "co-mentored": ("help", "mentor"), "signed-off": APPLIED,
}  # fmt: skip
"""By a trailer's word, without case, what its person is."""

_TRAILER = re.compile(r"[A-Za-z0-9-]{1,100}[ \t]{0,9}:|[ \t]|\(cherry picked from commit ", re.ASCII)
"""A trailer as `git interpret-trailers` reads it, its continuation, or what `git cherry-pick -x` adds below."""
_PERSON = re.compile(
    r"^(?P<words>[a-z-]{1,60})-by[ \t]{0,9}:"
    r"(?:(?P<name>[^<>\n]{0,400})<(?P<address>[^<>\s]{1,320})>[ \t]{0,99}(?:[#(\[,.][^\n]{0,400})?"
    r"|[ \t]{0,99}(?P<bare>[^<>@\s]{1,64}@[^<>@\s]{1,255})[ \t]{0,99})$",
    re.ASCII | re.IGNORECASE | re.MULTILINE,
)
"""A trailer with a person or a bare address, and what some write behind it: `# on ARM`, `(maintainer)`."""


@dataclass(frozen=True, slots=True)
class Trailer:
    """One trailer with a person who has a part in the commit."""

    word: str
    """Without case and without `-by`, of joined words each: `reported`, `tested`."""
    part: Part
    name: str
    address: str
    """As written."""


def trailers(message: str) -> tuple[Trailer, ...]:
    """The trailers with a person at the end of the body, each once.

    The end is the last paragraph; where that has trailers alone the one before it as well, and so on.
    """
    _, body = split(message)
    end: list[str] = []
    for paragraph in reversed(BLANK_LINE.split(body)):
        only_trailers = all(map(_TRAILER.match, paragraph.split("\n")))
        if only_trailers or not end:
            end.append(paragraph)
        if not only_trailers:
            break
    return tuple(dict.fromkeys(each for paragraph in reversed(end) for each in _read(paragraph)))


def co_authors(message: str) -> tuple[tuple[str, str], ...]:
    """Name and address of each co-author that the trailers name, as written."""
    found = ((each.name, each.address) for each in trailers(message) if each.part == CO_AUTHOR)
    return tuple(dict.fromkeys(found))


def _read(paragraph: str) -> Iterator[Trailer]:
    for found in _PERSON.finditer(paragraph):
        for word in found["words"].lower().split("-and-"):
            if part := _PARTS.get(word):
                yield Trailer(word, part, (found["name"] or "").strip(), found["address"] or found["bare"])
