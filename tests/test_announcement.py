"""The page `announcement`: one piece of work, what came of it, and thanks to everybody who took part, each once."""

import pytest

from harvester.errors import ReportError
from harvester.model.people import People
from harvester.reporting.audience import for_audience
from harvester.reporting.report import render
from harvester.reporting.report_input import PageRequest
from harvester.reports.announcement import context
from harvester.sdk import plugins
from tests.environments import run, stand_in
from tests.rows import PEOPLE, at, commit, framed, review, row
from tests.test_accomplishments import CHARGES, PAY, made, note, pull

REPORT = plugins.load(plugins.REPORTS, "announcement")
ABOUT = "github.com/org/app#1"
RESULT = {"result": "Nobody pays twice.", "technical": "Keys.", "takeaway": "Keep it.", "outcome": "charges = 4"}


def announced(rows, *goals, others=(), **values):
    """The report input of a page about the first pull request."""
    request = values.pop("request", PageRequest(about=ABOUT))
    return made(rows, *goals, others=framed(others), request=request, **values)


def page(*arguments, **values):
    return context(announced(*arguments, **values))


def thanked(*arguments, **values):
    return [(each.name, each.did) for each in page(*arguments, **values).thanks]


def by(account, number=1, **values):
    """What somebody else did for a pull request."""
    given = {"kind": "review", "role": "reviewer", "account": account, "id": f"{account}{values}", "owners": ("ada",)}
    return pull(number, **given | values)


def test_the_notes_say_what_the_page_says():
    """In their words, with where they are from, under the title that the person gave."""
    rows = [
        pull(1, title="Refuse it", started_at=at("2026-07-20"), labels=("pay",), additions=7, deletions=2),
        note(1, title="Retries that cannot charge twice", related_to=(ABOUT,), extra=RESULT | {"goal": "charges"}),
    ]  # fmt: skip
    text = render(REPORT, announced(rows, PAY | {"why": "Support has a day more."}, CHARGES))
    body = text.split("\n\n", 2)[2].split("\n## Sources")[0]
    assert text.split("\n")[1] == "# Retries that cannot charge twice"
    assert body == (
        "**In short.** Nobody pays twice. *(notebook, 1 Aug)*\n\n## What changed\n\n"
        "Ada Lovelace: 1 pull request, +7 −2, 20 July to 1 August 2026.\n\n"
        "**Technical:** Keys. *(notebook, 1 Aug)*\n\n**Takeaway:** Keep it. *(notebook, 1 Aug)*\n\n"
        "**Goal:** Lead the payments rewrite. Support has a day more.\n\n"
        "**Goal:** Nobody is charged twice, from 31 to 4 double charges *(notebook, 1 Aug)*\n\n"
        "| Work | | When | Size |\n|---|---|---|---:|\n"
        "| [app#1](https://github.com/org/app/pull/1) | Refuse it | merged 1 Aug | +7 −2 |\n"
    )


def test_what_nobody_wrote_is_not_made_up():
    """The finished page has less; the draft says what is missing, and how to write it."""
    rows = [pull(1, title="Refuse it")]
    finished = render(REPORT, announced(rows))
    assert "In short" not in finished
    assert "still to be written" not in finished
    draft = render(REPORT, announced(rows, draft=True))
    command = 'harvester note "…" --about app#1 --result "…" --technical "…" --takeaway "…"'
    missing = "what came of it, what was hard about it and what was learned"
    assert f"- Still to be written: {missing}: `{command}`" in draft
    assert '- Who else took part? A note names them: `harvester note "…" --about app#1 --with NAME`' in draft


def test_a_text_stands_in_for_a_result():
    rows = [pull(1, title="Refuse it", body="It refuses a second charge for one key.")]
    assert "**In short.** “It refuses a second charge for one key.” *(from [app#1]" in render(REPORT, announced(rows))


def test_everybody_is_thanked_once_by_name():
    """With what they did, in the order of their names and of no number."""
    others = [
        by("grace"), by("grace", id="again"),
        by("Zoe <zoe@example.org>", source="here", kind="help", role="tester"),
        by("Zoe <zoe@example.org>", source="here", kind="help", role="reporter"),
        by("bob", kind="pull_request", role="author"), by("bob", kind="pull_request", role="co-author"),
        by("anna", kind="comment", role="helper"), by("eve", kind="issue", role="reporter"),
        by("Mentor M <m@example.org>", source="here", kind="help", role="mentor"),
        by("dan", kind="pull_request", role="merger"),
    ]  # fmt: skip
    assert thanked([pull(1)], others=others) == [
        ("anna", "took part in the discussion"),
        ("bob", "wrote changes"),
        ("dan", "merged"),
        ("eve", "reported"),
        ("Grace Hopper", "reviewed"),
        ("Mentor M", "mentored"),
        ("Zoe", "tested and reported"),
    ]


def test_who_is_only_named_took_part():
    """In the person's own rows, by a note, and as whose work it is."""
    rows = [
        pull(1, participants=("grace", "dependabot[bot]", "ghost", "ada")),
        note(1, related_to=(ABOUT,), participants=("Linus Example",), role="helper"),
    ]  # fmt: skip
    people = People(PEOPLE.persons, {**PEOPLE.connectors, "notebook": "notebook"})
    assert thanked(rows, people=people) == [("Grace Hopper", ""), ("Linus Example", "")]
    assert thanked([review(1, owners=("grace",))]) == [("Grace Hopper", "")]
    draft = page(rows, people=people, draft=True).draft
    assert draft.took_part == ["Grace Hopper", "Linus Example"]


def test_nobody_thanks_themselves_nor_a_bot():
    """Whatever address of theirs the work has, as long as it has their full name."""
    others = [by("Ada Lovelace <old@example.org>", source="here", kind="commit", role="co-author")]
    assert thanked([pull(1, participants=("ada", "renovate[bot]"))], others=others) == []


def test_one_full_name_is_one_person():
    """Two accounts of a stranger are thanked once; a first name is not enough to say so."""
    others = [
        by("Zoe Zeta <z@example.org>", source="here", kind="help", role="tester"),
        by("zoe zeta <zoe@example.com>", source="here", kind="help", role="helper"),
        by("Zoe <zoe@example.net>", source="here"),
        by("Grace Hopper <g@example.net>", source="here", kind="help", role="tester"),
        by("grace"),
    ]
    assert [name for name, _ in thanked([pull(1)], others=others)] == ["Grace Hopper", "Zoe", "Zoe Zeta"]
    assert dict(thanked([pull(1)], others=others))["Grace Hopper"] == "reviewed and tested"


def test_an_address_is_never_a_name():
    others = [by("<zoe@example.org>", source="here")]
    assert "zoe@" not in render(REPORT, announced([pull(1)], others=others)).replace("\u2060", "")


def test_a_topic_is_one_piece_of_work():
    """Commits that one merge brought, with the merge's own words."""
    extra = {"topic": "ad/refuse", "topic_text": "A second charge for one key has been refused."}
    rows = [commit(sha * 40, extra=extra, title=f"pay: {sha}") for sha in "ab"]
    text = render(REPORT, announced(rows, request=PageRequest(about=f"commit/{'b' * 40}")))
    assert "# refuse\n" in text
    assert "“A second charge for one key has been refused.” *(from the merge of ad/refuse)*" in text
    assert "Ada Lovelace: 2 commits, 1 August 2026." in text


@pytest.mark.parametrize("title", ["# a `b", "<b>x</b> @team", "|x|", "```", "Fixes #1"])
def test_a_hostile_title_is_only_a_title(title):
    text = render(REPORT, announced([pull(1, title=title)], others=[by(f"{title} <a@example.org>", source="here")]))
    assert "<b>" not in text
    assert "@team" not in text
    assert text.count("\n# ") == 1


def test_without_about_the_candidates_are_named():
    """Each highlight with the command for it."""
    with pytest.raises(ReportError) as caught:
        page([pull(1, title="Refuse it"), pull(2, title="Name it")], request=PageRequest())
    assert "harvester report announcement --about app#1   (Refuse it)" in caught.value.hint
    assert "harvester report announcement --about app#2   (Name it)" in caught.value.hint


def test_work_of_other_days_is_said_to_be():
    with pytest.raises(ReportError, match=r"Nothing of github\.com/org/app#1 counts for Ada Lovelace in the period"):
        page([pull(1, occurred_at=at("2026-01-01"))])


def test_work_that_the_audience_may_not_see():
    """It says so, and what to do where everybody may see it."""
    request = PageRequest(about=ABOUT, audience="public")
    with pytest.raises(ReportError, match="The audience 'public' sees nothing of this work") as caught:
        context(for_audience(announced([pull(1, is_private=True)], request=request)))
    assert "`public = true`" in caught.value.hint


def test_a_ticket_and_its_changes_are_one():
    rows = [
        pull(1, closes=("PAY-7",)),
        row(kind="issue", role="assignee", work_item="acme.example/PAY-7", source="tickets", account="5b10",
            title="Charged twice"),
    ]  # fmt: skip
    by_ticket = page(rows, request=PageRequest(about="acme.example/PAY-7"))
    by_change = page(rows)
    assert by_ticket.heading == by_change.heading
    assert [each.label for each in by_ticket.items] == [each.label for each in by_change.items]


BEGUN_LONG_AGO = """
git remote add origin https://github.com/acme/pay.git
ada 2026-01-05T09:00:00+0000 README "Begin"
ada 2026-03-10T09:00:00+0000 key.py "PAY-7 Hold the key (#1)"
ada 2026-09-10T09:00:00+0000 late.py "PAY-7 Refuse a second charge (#2)"
GIT_AUTHOR_DATE=2026-03-01T09:00:00+0000 GIT_COMMITTER_DATE=2026-09-10T09:00:00+0000 git commit --quiet --amend \\
    --date=2026-03-01T09:00:00+0000 --no-edit
"""
CONFIGURATION = """
[people.me]
name = "Ada Lovelace"
emails = ["ada@example.org"]
[sources.here]
connector = "git"
repositories = ["."]
[tickets]
PAY = "https://acme.example"
"""


def test_the_whole_piece_is_read_whatever_was_read_before(tmp_path):
    """What was begun before the last quarter is read from its beginning, with an empty ledger as with a full one."""
    pages = []
    for name in ("empty", "full"):
        (tmp_path / name).mkdir()
        environment = stand_in(tmp_path / name, BEGUN_LONG_AGO)
        (environment.cwd / "harvester.toml").write_text(CONFIGURATION)
        if name == "full":
            run(environment, "harvest", "--everyone", "--period", "2026-01..2026-10")
        status, page, said = run(environment, "report", "announcement", "--about", "pay#2")
        assert status == 0, said
        pages.append(page)
    assert "[pay#1]" in pages[0]
    assert pages[0] == pages[1]
