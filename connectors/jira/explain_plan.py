"""What a fetch would ask for, as text for `harvester harvest --dry-run`."""

from __future__ import annotations

from collections.abc import Iterator

from harvester.text import count_noun

from .client import TICKETS
from .fetch import LISTS, JiraReader


def explain(reader: JiraReader) -> Iterator[str]:
    """What a fetch would ask for and how many requests that takes; asks for counts and nothing else."""
    reader.begin()
    how = "everything since the last harvest" if reader.cursor else "the whole period"
    yield f"{reader.options.scope}: {how}"
    queries = [reader.queries.changed_since(reader.cursor.at)] if reader.cursor else []
    queries += [reader.queries.tickets(reader.missing)] if reader.missing else []
    number = requests = 0
    for jql in queries if not reader.nothing_to_ask() else ():
        found = reader.client.count(jql)
        number += found
        requests += max(1, -(-found // TICKETS)) + (reader.client.cloud and found > 0) + (found > TICKETS)
    yield f"  about {count_noun(number, 'ticket')} to look through"
    for each in LISTS:
        if each in reader.options.also:
            yield f"  with their {each}: for each ticket with more than 20, one request for every {TICKETS} besides"
    yield f"  about {count_noun(requests, 'request')}, after {reader.client.rest.asked} for counting"
    for each in reader.found.unreadable:
        yield f"  not shown: the project {each}"
    for each in reader.found.unknown:
        yield f"  not found: {each}"
