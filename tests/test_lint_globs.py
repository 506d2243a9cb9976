"""A glob that selects no file that was read is named, with the nearest one that does."""

import pyarrow as pa
import pytest

from harvester.goals import load
from harvester.goals.lint_globs import lint_globs

FILES = pa.array([
    "docs/guide.md", "services/pay/key.py", "services/pay/queue/worker.py", "services/mail/send.py", "README.md",
    "web/app/[id]/page.ts",
])  # fmt: skip


def goals_with(tmp_path, rule):
    path = tmp_path / "goals.toml"
    path.write_text(f'[[goals]]\nname = "a"\ntitle = "A"\nmatch = {rule}', encoding="utf-8")
    return load.load(path)


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("dcos/", "docs/"),
        ("/DOCS/", "/docs/"),
        ("dcos/*.md", "docs/*.md"),
        ("services/pya/**", "services/pay/**"),
        ("servces/pay/kye.py", "services/pay/key.py"),
        ("queu", "queue"),
        ("readme.md", "README.md"),
    ],
)
def test_the_nearest_glob_that_matches_is_named(tmp_path, line, meant):
    assert list(lint_globs(goals_with(tmp_path, f"{{ paths = ['{line}'] }}"), FILES)) == [
        f"goals[1].match.paths: {line!r} matches none of the files read so far; did you mean {meant!r}?"
    ]


@pytest.mark.parametrize("line", ["services/pay/*.rs", "zzz/", "docs/guide.md/x", "*.rs", "/queue/", "app/[id]/"])
def test_where_nothing_is_near_only_the_glob_is_named(tmp_path, line):
    assert list(lint_globs(goals_with(tmp_path, f"{{ paths = ['{line}'] }}"), FILES)) == [
        f"goals[1].match.paths: {line!r} matches none of the files read so far"
    ]


def test_every_rule_is_looked_at_and_each_glob_once(tmp_path):
    rule = "{ any = [{ paths = ['docs/'] }, { paths = ['zzz'] }], not = [{ paths = ['docs/', 'zzz', 'zzz'] }] }"
    assert [each.partition(": ")[0] for each in lint_globs(goals_with(tmp_path, rule), FILES)] == [
        "goals[1].match.any[2].paths",
        "goals[1].match.not[1].paths",
    ]


def test_a_glob_that_matches_or_excludes_is_no_warning(tmp_path):
    rule = "{ paths = ['docs/', '!docs/old', './docs', '*.py'] }"
    assert list(lint_globs(goals_with(tmp_path, rule), FILES)) == []


def test_where_no_file_was_read_nothing_is_named(tmp_path):
    assert list(lint_globs(goals_with(tmp_path, "{ paths = ['zzz'] }"), pa.array([], pa.string()))) == []
