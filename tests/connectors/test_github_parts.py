"""The parts of the GitHub connector that need no server: searches, rows, scopes, cursors."""

from __future__ import annotations

import itertools

import pytest
from graphql import parse
from hypothesis import given
from hypothesis import strategies as st

from harvester.connectors.github import graphql, searches
from harvester.connectors.github.cursor import Cursor
from harvester.connectors.github.rows import GHOST, RowContext
from harvester.connectors.github.scope import ScopeFilter
from harvester.connectors.github.search_pages import SearchProgress
from harvester.connectors.github.searches import Search
from harvester.model.periods import Period, union
from harvester.sdk.cursor import hashed
from harvester.sdk.paging import TotalCheck
from harvester.sdk.strategy import LAST, Job
from tests.connectors.fetches import QUARTER, on
from tests.servers.github import NOW

MERGED = Search("authored", "is:pr is:merged author:alice", "merged", QUARTER, "alice", "org:acme")


def test_a_search_ends_a_second_early():
    """GitHub's ranges include both ends, ours do not."""
    assert MERGED.query == (
        "is:pr is:merged author:alice org:acme merged:2026-07-01T00:00:00Z..2026-09-30T23:59:59Z sort:created-asc"
    )


@given(st.integers(2, 10**8), st.integers(1001, 10**6))
def test_parts_of_a_search_hold_each_second_once(seconds, count):
    whole = Period(QUARTER.since, QUARTER.since + searches.SECOND * seconds)
    search = Search("authored", "", "merged", whole)
    parts = [each.span for each in search.parts(count)]
    assert parts[0].since == whole.since
    assert parts[-1].until == whole.until
    assert all(one.until == other.since for one, other in itertools.pairwise(parts))
    assert all(each.since < each.until for each in parts)
    assert len(parts) >= 2


def test_a_second_cannot_be_split():
    """A second cannot be split."""
    with pytest.raises(ValueError, match="cannot be split"):
        Search("authored", "", "merged", Period(on(7, 1), on(7, 1, 12, 0, 1))).parts(2000)


@given(
    st.lists(st.tuples(st.sampled_from(["authored", "closed"]), st.integers(0, 2000)), min_size=1), st.integers(1, 100)
)
def test_a_request_has_a_budget(waiting, size):
    """A request never asks for more than it carries, nor for nothing."""
    found = [(Search(kind, "", "merged", QUARTER), number) for kind, number in waiting]
    taken = searches.pack(found, size)
    assert taken[0] > 0
    for heavy in (True, False):
        asked = [number for number, (search, _) in zip(taken, found, strict=True) if search.heavy is heavy]
        assert sum(asked) <= (max(size, 2) if heavy else searches.TOGETHER)
    assert all(
        number <= min(searches.page_size(search, size), 100) for number, (search, _) in zip(taken, found, strict=True)
    )


def test_one_person_with_three_streams_shares_requests():
    counts = {
        MERGED: 1000,
        Search("reviewed", "", "created", QUARTER): 1000,
        Search("closed", "", "closed", QUARTER): 500,
    }
    assert searches.requests_for(counts) == 20


def test_searches_for_changes_have_no_dates():
    """Searches since last time do not ask for dates of the period."""
    queries = [each.query for each in searches.by_person(Job(Period(on(8, 1), LAST), changed=True), "alice", "", ())]
    assert all("updated:>=2026-07-31T12:00:00Z" in each for each in queries)
    assert not any("is:closed" in each for each in queries), "what was opened again is wanted, too"


def test_an_app_is_searched_by_its_own_qualifier():
    queries = [each.query for each in searches.by_person(Job(QUARTER), "renovate[bot]", "", ())]
    assert any("author:app/renovate" in each for each in queries)


def test_each_scope_is_one_search():
    """Scopes become one search each."""
    scopes = ScopeFilter(("acme",), ("globex/x", "acme/pay", "other/*"), ("acme/old",), {"globex/x": "globex/y"})
    assert scopes.qualifiers() == ("org:acme", "repo:globex/y", "org:other")
    assert ScopeFilter((), ("alice/*",), users=frozenset({"alice"})).qualifiers() == ("user:alice",)
    assert ScopeFilter((), ("*/pay",)).qualifiers() == ("",)
    assert ScopeFilter().qualifiers() == ("",)
    assert [scopes.admits(each) for each in ("Acme/Pay", "acme/old", "globex/y", "globex/x", "other/a")] == [
        True, False, True, False, True,
    ]  # fmt: skip


def test_pages_that_lead_in_a_circle_end():
    """Also in one of two pages, which would be asked for for ever."""
    progress = SearchProgress(Search("pulls", "is:pr", "created", QUARTER), TotalCheck(9))
    pages = [{"hasNextPage": True, "endCursor": each} for each in "aba"]
    assert [progress.advance(each) for each in pages] == [True, True, False]
    assert (progress.after, progress.cut) == ("b", True)


def test_a_cursor_is_read_from_its_own_text_only():
    """Any other text is no cursor."""
    cursor = Cursor(NOW, "digest", (hashed("alice"),), {hashed("alice"): "U_1"}, {"R_1": "acme/pay"}, ("org:globex",))
    assert Cursor.loads(cursor.dumps()) == cursor
    assert [Cursor.loads(each) for each in (None, "", "{}", "[1]", '{"at": 1}', "no json")] == [None] * 6


def test_a_cursor_covers_known_people_and_settings():
    """A cursor holds for the people and settings it was made with."""
    some = Cursor(NOW, "digest", (hashed("Alice"), hashed("bob")))
    assert some.covers("digest", frozenset({"alice"}))
    assert not some.covers("digest", frozenset({"alice", "carol"}))
    assert not some.covers("digest", None)
    assert not some.covers("other", frozenset({"alice"}))
    everybody = Cursor(NOW, "digest", None)
    assert everybody.covers("digest", frozenset({"alice"}))
    assert everybody.covers("digest", None)


def test_overlapping_periods_are_joined():
    """Periods are joined so that nothing is asked for twice."""
    spring, june = Period(on(4, 1, 0), on(7, 1, 0)), Period(on(6, 1), on(6, 15))
    assert union([QUARTER, june, spring]) == [Period(spring.since, QUARTER.until)]
    assert union([QUARTER, june]) == [june, QUARTER]


def test_bots_and_ghosts_are_recognisable():
    """Accounts are written so that bots and ghosts are known."""
    context = RowContext("hub", "github.com", (QUARTER,), None, {7: "configured"})
    assert context.account(None) == GHOST
    assert context.account({"__typename": "Bot", "login": "my-app", "databaseId": 1}) == "my-app[bot]"
    assert context.account({"__typename": "User", "login": "renamed", "databaseId": 7}) == "configured"
    assert context.account({"__typename": "Mannequin", "login": "old", "databaseId": None}) == "old"


@pytest.mark.parametrize("unsupported", [{"enableDuplicate"}, {"stateReason"}, {"enableDuplicate", "stateReason"}])
def test_unsupported_fields_are_left_out(unsupported):
    """What an older server lacks is left out of a document whole."""
    text = graphql.DOCUMENTS.without(graphql.searches(["Issues"]), sorted(unsupported))
    assert "enableDuplicate" not in text
    assert ("stateReason" in text) is ("stateReason" not in unsupported)
    parse(text)


def test_a_document_has_the_fragments_it_spreads():
    """A document has the fragments it spreads and no others."""
    text = graphql.searches(["Issues"])
    assert "fragment Issue on Issue" in text
    assert "fragment Who on Actor" in text
    assert "PullRequestChangedFile" not in text
    assert "fragment Review" not in text
