"""Globs read exactly as pathspec reads `.gitignore`; files have a kind by their names."""

import pathspec
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester.analysis import file_kinds

names = st.sampled_from(["docs", "src", "pay", "a.py", "b.md", "x", "pay.ts", "Ü", "a b"])
files = st.lists(names, min_size=1, max_size=4).map("/".join)
parts = st.sampled_from(["docs", "src", "pay", "*", "**", "*.py", "pay*", "[ab].py", "?", "Ü", "a\\ b"])
globs = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "", "", "!"]),
    st.sampled_from(["", "/"]),
    st.lists(parts, min_size=1, max_size=3).map("/".join),
    st.sampled_from(["", "/"]),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(globs, min_size=1, max_size=3), st.lists(files, min_size=1, max_size=8, unique=True))
def test_globs_select_what_gitignore_would_ignore(lines, places):
    spec = pathspec.GitIgnoreSpec.from_lines(lines)

    assert file_kinds.matches(lines, pa.array(places)).tolist() == [spec.match_file(place) for place in places]


def test_a_glob_with_a_star_takes_what_is_below_a_folder_it_selects():
    places = pa.array(["packages/reactivity/src/ref.ts", "packages/other/ref.ts"])

    assert file_kinds.matches(["packages/reactivity/*"], places).tolist() == [True, False]


@pytest.mark.parametrize(
    ("line", "wrong"), [("", True), ("# docs", True), ("./docs", True), ("../x/", True), ("docs/", False), ("*", False)]
)
def test_a_glob_that_can_never_match_says_so(line, wrong):
    assert bool(file_kinds.glob(line).wrong) == wrong


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("services/pay/charge.py", file_kinds.SOURCE),
        ("services/pay/latest.py", file_kinds.SOURCE),
        ("services/pay/tests/charge.py", file_kinds.TEST),
        ("src/__tests__/x.ts", file_kinds.TEST),
        ("src/x.spec.ts", file_kinds.TEST),
        ("src/ChargeTest.java", file_kinds.TEST),
        ("docs/guide.html", file_kinds.DOCS),
        ("README.md", file_kinds.DOCS),
        ("README", file_kinds.DOCS),
        ("LICENSE", file_kinds.DOCS),
        ("tests/README.md", file_kinds.TEST),
        ("conftest.py", file_kinds.TEST),
        (".github/workflows/ci.yml", file_kinds.MANIFEST),
        ("tox.ini", file_kinds.MANIFEST),
        ("azure-pipelines.yml", file_kinds.MANIFEST),
        ("services/pay/package.json", file_kinds.MANIFEST),
        (".gitignore", file_kinds.MANIFEST),
        ("poetry.lock", file_kinds.RECORD),
        ("CHANGELOG.md", file_kinds.RECORD),
        ("CHANGES", file_kinds.RECORD),
        ("NEWS-2.1.rst", file_kinds.RECORD),
        ("changelog/131.bugfix.rst", file_kinds.RECORD),
        ("docs/RelNotes/2.40.txt", file_kinds.RECORD),
        ("AUTHORS", file_kinds.RECORD),
        ("src/history/index.ts", file_kinds.SOURCE),
        ("src/authors.rs", file_kinds.SOURCE),
        ("builtin/history.c", file_kinds.SOURCE),
    ],
)
def test_a_file_has_a_kind_by_its_name(place, kind):
    assert file_kinds.kinds(pa.array([place])).tolist() == [kind]


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("docs/[", "a '[' is never closed by a ']'"),
        ("docs/[]", "a '[' is never closed by a ']'"),
        ("# [docs", "it is empty or a comment"),
        ("docs/[z-a]", "bad character range z-a"),
    ],
)
def test_brackets_that_select_nothing_say_what_is_wrong_with_them(line, wrong):
    assert file_kinds.glob(line).wrong == wrong
    assert not file_kinds.matches([line], pa.array(["docs/a", "docs/["])).any()
