"""Generated histories, hostile and malformed, through the connector: a few of those of `make fuzz`."""

from tests.fuzz_git import run


def test_no_generated_history_loses_a_commit():
    """What git prints of a history is parsed without an error, and has every commit that was written."""
    assert run(first=0, count=12) > 40
