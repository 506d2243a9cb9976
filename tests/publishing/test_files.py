"""A page as a file, and as the summary of a step."""

from pathlib import Path

import pytest

from harvester.errors import PublishError
from harvester.publishing.file import File
from harvester.publishing.publisher import PublisherContext
from harvester.publishing.step_summary import LIMIT, StepSummary
from harvester.publishing.testing import check_publisher, page, publisher_context

TEXT = "# Ada – digest, July 2026\n\nMerged 3 pull requests.\n"
OTHER = TEXT.replace("3", "4")


def here(folder: Path, **options: object) -> PublisherContext:
    context = publisher_context(folder, environ={"GITHUB_STEP_SUMMARY": str(folder / "summary.md")}, public=True)
    for name, value in options.items():
        object.__setattr__(context, name, value)
    return context


def content(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def test_the_contract_of_a_summary(tmp_path):
    state = tmp_path / "summary.md"
    check_publisher(lambda context: StepSummary("", context), here(tmp_path), lambda: content(state))


def test_a_summary_keeps_what_others_wrote(tmp_path):
    """The page is appended once, and its place is taken where it changes."""
    summary = tmp_path / "summary.md"
    summary.write_text("# Tests\n\nAll passed.")
    StepSummary("", here(tmp_path)).publish(page(TEXT, tmp_path / "a.md"))
    summary.write_text(content(summary) + "After.\n")
    StepSummary("", here(tmp_path)).publish(page(OTHER, tmp_path / "a.md"))
    assert content(summary).startswith("# Tests\n\nAll passed.\n\n<!-- published")
    assert content(summary).count("Merged") == 1
    assert "Merged 4 pull requests.\n\n<!-- end" in content(summary)
    assert content(summary).endswith("After.\n")


def test_a_summary_of_two_pages(tmp_path):
    for who in ("ada", "grace", "ada"):
        StepSummary("", here(tmp_path)).publish(page(TEXT, tmp_path / "a.md", who=who))
    assert content(tmp_path / "summary.md").count("Merged 3") == 2


def test_a_long_page_is_cut_to_fit(tmp_path):
    """1 MiB in bytes, since more would not be shown at all; the summary says so."""
    long = TEXT + "".join(f"\n## Section {number}\n\n" + "é" * 60_000 + "\n" for number in range(12))
    done = StepSummary("", here(tmp_path)).publish(page(long, tmp_path / "digest.md"))
    written = (tmp_path / "summary.md").read_bytes()
    assert LIMIT - 130_000 < len(written) <= LIMIT
    assert "and is cut here.*" in written.decode()
    assert "## Section 7" in written.decode()
    assert "## Section 9" not in written.decode()
    assert done.remarks == ("The page is longer than a summary may be, and was cut; an issue has room for it.",)
    assert StepSummary("", here(tmp_path)).publish(page(long, tmp_path / "digest.md")).steps == ()


def test_a_summary_that_is_full(tmp_path):
    (tmp_path / "summary.md").write_text("x" * (LIMIT - 100))
    with pytest.raises(PublishError, match="full"):
        StepSummary("", here(tmp_path)).publish(page(TEXT, tmp_path / "a.md"))


def test_no_summary_outside_of_actions(tmp_path):
    with pytest.raises(PublishError, match="GITHUB_STEP_SUMMARY is not set"):
        StepSummary("", here(tmp_path, environ={})).publish(page(TEXT, tmp_path / "a.md"))
    with pytest.raises(PublishError, match="takes no target"):
        StepSummary("x", here(tmp_path)).publish(page(TEXT, tmp_path / "a.md"))


@pytest.mark.parametrize("event", [None, "{", "[]", '{"repository": {"private": false}}', '{"repository": null}'])
def test_a_summary_of_a_public_run(tmp_path, event):
    """Everybody can read it, so --public is needed where the event does not say that the repository is private."""
    (tmp_path / "event.json").write_text(event or "")
    environ = {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"), "GITHUB_EVENT_PATH": "event.json" if event else ""}
    with pytest.raises(PublishError, match="is public"):
        StepSummary("", here(tmp_path, environ=environ, public=False)).publish(page(TEXT, tmp_path / "a.md"))
    (tmp_path / "event.json").write_text('{"repository": {"private": true}}')
    private = environ | {"GITHUB_EVENT_PATH": "event.json"}
    assert StepSummary("", here(tmp_path, environ=private, public=False)).publish(page(TEXT, tmp_path / "a.md")).steps


def test_a_file_is_a_copy(tmp_path):
    """The whole page, with its head, so that `verify` reads it; written only where it differs."""
    made, target = page(TEXT, tmp_path / "a.md"), tmp_path / "public" / "digest.md"
    for action in ("create", None, "update"):
        done = File("public/digest.md", here(tmp_path)).publish(made)
        assert [step.action for step in done.steps] == ([action] if action else [])
        assert target.read_bytes() == made.written
        made = page(OTHER, tmp_path / "a.md") if action is None else made


@pytest.mark.parametrize(("target", "exists"), [("public", True), ("public/", True), ("public/", False)])
def test_a_folder_gets_a_file_of_the_pages_name(tmp_path, target, exists):
    """A name that is a folder, or ends with a slash, as with `report --output`."""
    if exists:
        (tmp_path / "public").mkdir()
    File(target, here(tmp_path)).publish(page(TEXT, tmp_path / "a.md"))
    assert [each.name for each in (tmp_path / "public").iterdir()] == ["a.md"]


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize("before", [TEXT, "my own words\n"])
def test_a_file_that_is_not_ours_stays(tmp_path, before, dry_run):
    """Neither an edited page nor another file is overwritten, as with `report`; --force does."""
    target = tmp_path / "digest.md"
    edited = page(TEXT, target).written.decode() + "edited\n" if before == TEXT else before
    target.write_text(edited)
    with pytest.raises(PublishError, match="was not overwritten"):
        File("digest.md", here(tmp_path, dry_run=dry_run)).publish(page(OTHER, tmp_path / "a.md"))
    assert content(target) == edited
    File("digest.md", here(tmp_path, dry_run=dry_run, force=True)).publish(page(OTHER, tmp_path / "a.md"))
    assert ("Merged 4" in content(target)) == (not dry_run)


@pytest.mark.parametrize("target", ["", " ", "a\0b", "~nobody-at-all/x"])
def test_a_path_that_is_none(tmp_path, target):
    with pytest.raises(PublishError):
        File(target, here(tmp_path)).publish(page(TEXT, tmp_path / "a.md"))
