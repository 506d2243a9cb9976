"""What changed between two readings of one history, and so has to be read again."""

import dataclasses

import pytest

from harvester.connectors.git.facts import HistoryFacts
from harvester.connectors.git.merges import NO_MERGE, MergedPullRequest, MergeMap
from harvester.connectors.git.messages import PullRequest

SINCE, UNTIL = 10, 20


class Brought:
    """In place of the topics of a history: the merge that brought each commit as a topic."""

    def __init__(self, merges=None):
        self.of_all = [(merges or {}).get(position, NO_MERGE) for position in range(6)]


def facts(work_item="#1", merge_commit=2, incomplete=(3,), landed_at=(11, 12, 13, 14, None, None), **changes):
    """What is said of six commits; the last two are not reached yet."""
    merged = MergedPullRequest(work_item, PullRequest(work_item, "Round"), merge_commit, (1,))
    merge_map = MergeMap({work_item: merged}, {1: work_item}, list(incomplete))
    before = HistoryFacts(bytearray([1, 1, 1, 1, 0, 0]), list(landed_at), merge_map, {}, {}, Brought(), {})
    return dataclasses.replace(before, **changes)


def test_new_commits_change_nothing():
    """Facts of new commits alone lose no rows, and leave the known ones as they are."""
    later = facts(incomplete=(3, 5), landed_at=(11, 12, 13, 14, 15, 16), reached=bytearray([1] * 6))
    later.merge_map.part_of[4] = "#2"
    later.merge_map.pull_requests["#2"] = facts("#2", 4).merge_map.pull_requests["#2"]
    assert not facts().lost_rows(later, SINCE, UNTIL)
    assert facts().unchanged(later) == bytearray([1, 1, 1, 1, 0, 0])


@pytest.mark.parametrize(
    "change",
    [
        {"work_item": "#2"},
        {"merge_commit": 0},
        {"incomplete": ()},
        {"incomplete": (2, 3)},
        {"landed_at": (20, 12, 13, 14, None, None)},
    ],
)
def test_what_may_lose_rows(change):
    """A pull request that another commit merged, or a commit that landed elsewhere, may leave rows behind."""
    assert facts().lost_rows(facts(**change), SINCE, UNTIL)


def test_a_move_inside_the_period_loses_nothing():
    """A commit that lands at another time of the period, or outside it before and now, is only read again."""
    later = facts(landed_at=(12, 12, 13, 14, None, None))
    assert not facts().lost_rows(later, SINCE, UNTIL)
    assert facts().unchanged(later) == bytearray([0, 1, 1, 1, 0, 0])
    assert not facts().lost_rows(facts(landed_at=(20, 12, 13, 14, None, None)), 12, 20)


@pytest.mark.parametrize("changes", [{"reverted_by": {0: [3]}}, {"picks": {0: (1, 0), 1: (1, 0)}}])
def test_changed_facts_are_read_again(changes):
    """A commit that is reverted now, or turned out to be a pick, is read again."""
    assert facts().unchanged(facts(**changes)) == bytearray([0, 1, 1, 1, 0, 0])


def test_a_changed_topic_is_read_again():
    """A commit that came with another topic is read again, and so is the merge of that topic."""
    later = facts(topics=Brought({0: 3}))
    assert facts().unchanged(later) == bytearray([0, 1, 1, 0, 0, 0])
    assert not facts().lost_rows(later, SINCE, UNTIL)
    assert later.lost_rows(facts(), SINCE, UNTIL)
    assert later.lost_rows(facts(topics=Brought({0: 2})), SINCE, UNTIL)


def test_a_later_pick_leaves_the_original():
    """A pick of a known commit changes nothing in the original."""
    assert facts().unchanged(facts(picks={0: (0, 1), 1: (0, 1)})) == bytearray([1, 0, 1, 1, 0, 0])


def test_a_new_part_of_a_known_commit_is_a_change():
    """A known commit that is part of a pull request now, and was of none, is read again."""
    later = facts()
    later.merge_map.part_of[0] = "#1"
    assert facts().unchanged(later) == bytearray([0, 1, 1, 1, 0, 0])
