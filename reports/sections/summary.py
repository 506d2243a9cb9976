"""The opening paragraph: goals met, where the work went, and the counts; no adjectives and no praise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from harvester.analysis import measures
from harvester.goals.model import OUTCOME, Goal
from harvester.goals.progress import Progress
from harvester.grouping import OUR_NAMES
from harvester.text import count_noun, number_text

from .help_given import Helped, HelpGiven, changes
from .items import join_words
from .other_work import Theme
from .pieces import Pieces

SUMMED = (
    "pull_requests", "commits", "projects", "reviews", "people_reviewed", "help", "people_helped", "tickets",
    "story_points", "releases", "comments", "notes",
)  # fmt: skip
"""The measures that the paragraph may name."""

THEMES_NAMED = 3
GOALS_NAMED = 3


def sentences(pieces: Pieces, themes: Sequence[Theme], help_given: HelpGiven | None = None) -> list[str]:
    """The paragraph where the person has not written their own, a sentence each."""
    # Each measure is counted once: a person's year has thousands of rows.
    counts = {name: number for name in SUMMED if (number := measures.count(pieces.rows, name))}
    merges, applied = (help_given.merges, help_given.applied) if help_given else (None, 0)
    if not (counts or merges or applied):
        found = "can be shown to this audience" if pieces.report_input.withheld else "was found in this period"
        return [f"No work {found}."]
    return [*_goals(pieces), *where(pieces, themes), *_counts(pieces, counts, merges, applied)]


def _goals(pieces: Pieces) -> Iterable[str]:
    progress = pieces.report_input.assessment.progress
    met = [goal for goal in pieces.goals if progress[goal.name].state == "met"]
    if met:
        named = [f"“{goal.title}” ({figure(goal, progress[goal.name])})" for goal in met[:GOALS_NAMED]]
        if rest := len(met) - len(named):
            named.append(count_noun(rest, "other"))
        yield f"Met {len(met)} of {count_noun(len(pieces.goals), 'goal')}: {join_words(named)}."
    on_track = [goal.title for goal in pieces.goals if progress[goal.name].state == "on track"]
    if on_track:
        titles = join_words(f"“{title}”" for title in on_track[:GOALS_NAMED])
        verb = "is" if len(on_track) == 1 else "are"
        number = f"{len(on_track)} of {count_noun(len(pieces.goals), 'goal')} {verb} on track"
        yield f"On track: {titles}." if met else f"{number}: {titles}."


def figure(goal: Goal, at: Progress) -> str:
    """What was reached of what was agreed: `13 of 12 pull requests`, `from 31 to 0 double charges a month`."""
    done = 0 if at.done is None else at.done
    if goal.measure == OUTCOME:
        return f"from {number_text(goal.baseline)} to {number_text(done)} {goal.unit}".rstrip()
    if goal.measure is None or goal.target is None:
        return number_text(done)
    return f"{number_text(done)} of {measures.MEASURES[goal.measure].words(goal.target)}"


def where(pieces: Pieces, themes: Sequence[Theme]) -> Iterable[str]:
    """The largest themes, where there are others; one alone is the project. "Most" is more than half.

    Nothing is said where they have less than a third of the changes: then the work was elsewhere.
    """
    if len(themes) < 2:
        return
    named = [theme for theme in themes if not theme.is_rest and theme.changes > 1][:THEMES_NAMED]
    if not named:
        return
    names = join_words(_in_a_sentence(theme.name) for theme in named)
    other = "other " if pieces.goals else ""
    share = sum(theme.changes for theme in named) / sum(theme.changes for theme in themes)
    if share > 1 / 2:
        yield f"Most {other}changes were in {names}."
    elif share >= 1 / 3 and len(named) > 1:
        yield f"The areas with the most {other}changes were {names}."


def _in_a_sentence(name: str) -> str:
    """A theme's name in a sentence: a word of ours without its capital, a title in quotation marks."""
    if name in OUR_NAMES and " and " not in name:
        return name[:1].lower() + name[1:]
    return f"“{name}”" if " " in name else name


def shipped(counts: Mapping[str, float]) -> list[str]:
    """What was merged, landed, resolved and published, in words, from the counts of measures by name."""
    words = {name: measures.MEASURES[name].words(number) for name, number in counts.items()}
    work = [f"merged {words['pull_requests']}"] if "pull_requests" in words else []
    if "commits" in words:
        further = words["commits"].replace(" ", " further ", 1) if "pull_requests" in words else words["commits"]
        work.append(f"landed {further}")
    if "tickets" in words:
        work.append(f"resolved {words['tickets']}" + (f" ({words['story_points']})" if "story_points" in words else ""))
    if "releases" in words:
        work.append(f"published {words['releases']}")
    return work


def _counts(pieces: Pieces, counts: Mapping[str, float], merges: Helped | None, applied: int) -> Iterable[str]:
    words = {name: measures.MEASURES[name].words(number) for name, number in counts.items()}
    work = shipped(counts)
    done = [join_words(work) + (f" in {words['projects']}" if counts.get("projects", 1) > 1 else "")] if work else []
    if "reviews" in words:
        by = f" by {words['people_reviewed']}" if "people_reviewed" in words else ""
        done.append(f"reviewed {changes(pieces.rows, 'reviews')}{by}")
    if merges:
        by = f" by {measures.MEASURES['people_merged'].words(merges.people)}" if merges.people else " of others"
        done.append(f"merged {merges.changes}{by}")
    if applied:
        done.append(f"applied {measures.MEASURES['applied'].words(applied)}")
    if "help" in words:
        whose = words.get("people_helped", "others")
        done.append(f"helped with {changes(pieces.rows, 'help')} of {whose}")
    if "comments" in words:
        done.append(f"made {words['comments']} on the work of others")
    if "notes" in words:
        done.append(f"wrote {words['notes']} in the notebook")
    text = "; ".join(done)
    yield text[:1].upper() + text[1:] + "."
