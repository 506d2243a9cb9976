"""Tests of the contract of a publisher, for ours and for any other."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path

from harvester.publishing.publisher import Page, Publication, Publisher, PublisherContext, page_of
from harvester.reporting.stamp import content_digest, parse_page
from harvester.sdk.secrets import SecretStore

OLD = "# Ada – digest, July 2026\n\nOne line.\n"
NEW = "# Ada – digest, July 2026\n\nAnother line.\n"


def publisher_context(
    root: Path,
    *,
    now: dt.datetime | None = None,
    environ: Mapping[str, str] | None = None,
    waited: list[tuple[float, str]] | None = None,
    public: bool = False,
) -> PublisherContext:
    """A context for tests: the clock always returns `now` (None: it runs), and waits are added to `waited` at once."""
    waits = waited if waited is not None else []
    return PublisherContext(
        root=root,
        clock=(lambda: now) if now else (lambda: dt.datetime.now(dt.UTC)),
        wait=lambda seconds, why: waits.append((seconds, why)),
        reveal=SecretStore(environ or {}, root).reveal,
        environ=environ or {},
        public=public,
    )


def page(content: str, file: Path, who: str = "ada", days: str = "2026-07-01..2026-07-31") -> Page:
    """A page of this content, as if harvester had written it for these people and days."""
    head = f"<!-- harvester 0 · digest · {who} · {days} UTC · text {content_digest(content)} -->\n"
    written = parse_page(head + content)
    assert written is not None, "the head is one that harvester writes"
    return page_of(file, (head + content).encode(), written)


def check_publisher(
    make: Callable[[PublisherContext], Publisher], context: PublisherContext, state: Callable[[], object]
) -> list[Publication]:
    """Test a publisher against the contract; returns what it did.

    `make` returns a new publisher to the same empty place each time, and `state` everything that is there. Raises
    AssertionError for the first breach:

    - with `dry_run` something is written, or it does not say what would be;
    - a page is not there once after it was published, or publishing it again changes something;
    - another text of the same page does not take its place; a page of other days or people does.
    """
    file = context.root / "page.md"
    old, new, other = page(OLD, file), page(NEW, file), page(OLD, file, days="2026-08-01..2026-08-31")
    empty, done = state(), list[Publication]()

    def publish(each: Page, *, writes: bool, dry_run: bool = False) -> None:
        before = state()
        done.append(made := make(dataclasses.replace(context, dry_run=dry_run)).publish(each))
        assert bool(made.steps) == writes, f"the steps are {made.steps}, and {'some' if writes else 'none'} were due"
        assert (state() != before) == (writes and not dry_run), "the state is not what the steps say"

    publish(old, writes=True, dry_run=True)
    assert state() == empty, "a dry run wrote something"
    publish(old, writes=True)
    publish(old, writes=False)
    once = state()
    publish(new, writes=True, dry_run=True)
    publish(new, writes=True)
    publish(new, writes=False)
    publish(old, writes=True)
    assert state() == once, "the first text does not take the place of the second"
    publish(other, writes=True)
    publish(old, writes=False)
    return done
