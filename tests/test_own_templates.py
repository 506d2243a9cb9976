"""A user's own template for a page: what is read for it, how it is written and verified, and what its errors say."""

import os

import pytest

from harvester.errors import ReportError
from harvester.reporting.markdown import prose
from harvester.reporting.own_template import LARGEST, MOST, read_template, shared_texts
from harvester.reporting.page_text import PageText
from harvester.reporting.report import page_content
from harvester.sdk import plugins
from harvester.sdk.connector import Gap
from harvester.workspace.reports import template_text
from tests.environments import run, stand_in
from tests.test_report import report_input

PACKAGE = "harvester.reports"
HISTORY = """
ada 2026-07-03T09:00:00+02:00 pay/key.py "Carry the order's key"
ada 2026-08-10T09:00:00+02:00 pay/invoice.py "Write <b>invoices</b> @night"
"""
CONFIG = """
[me]
person = "ada"
[people.ada]
name = "Ada"
emails = ["ada@example.org"]
[sources.app]
connector = "git"
repositories = ["."]
"""
SHORT = """\
{% import "parts/list.j2" as parts %}
# {{ who }}, {{ period }}

{{ parts.titles(items) | ours }}
"""
LIST = """\
{% macro titles(items) %}{% for each in items %}
- {{ each.title }} ({{ each | label }})
{% endfor %}{% endmacro %}
"""


@pytest.fixture
def environment(tmp_path):
    """A repository with two commits of Ada's, and a template with another one beside it."""
    environment = stand_in(tmp_path, HISTORY)
    (environment.cwd / "harvester.toml").write_text(CONFIG)
    (environment.cwd / "parts").mkdir()
    (environment.cwd / "short.md.j2").write_text(SHORT)
    (environment.cwd / "parts" / "list.j2").write_text(LIST)
    return environment


def report(environment, *more):
    return run(environment, "report", "--person", "ada", "--period", "2026Q3", "--template", "short.md.j2", *more)


def test_a_page_by_an_own_template_is_written_and_verified(environment):
    """It has a head and evidence as any other; without the same template its text is not compared."""
    status, _, err = report(environment, "--output", "short.md")
    assert (status, err) == (0, "Wrote short.md.\n")
    head, *lines = (environment.cwd / "short.md").read_text().splitlines()
    assert head.startswith("<!-- harvester ")
    assert lines[0] == "# Ada, Q3 2026"
    assert lines[2].startswith("- Write &lt;b>invoices&lt;/b> ")
    assert str(environment.cwd) not in (environment.cwd / "short.md.evidence.json").read_text()

    status, out, _ = run(environment, "verify", "short.md")
    assert status == 4
    assert out == (
        "Not checked: short.md was made with the template 'short.md.j2', so its text was not compared; name it with "
        "--template. It is as it was written, by its own digest.\n"
    )

    text = (environment.cwd / "short.md").read_text()
    (environment.cwd / "short.md").write_text(text.replace("Ada", "Lady Ada"))
    status, out, _ = run(environment, "verify", "short.md", "--template", "short.md.j2")
    assert status == 0
    assert "The wording of short.md has been edited (1 line changed or added); its figures hold." in out

    (environment.cwd / "parts" / "list.j2").write_text(LIST + " ")
    status, out, _ = run(environment, "verify", "short.md", "--template", "short.md.j2")
    assert status == 4
    assert "short.md.j2 is not what it was then. It has been edited." in out


def test_a_template_is_for_pages_that_have_one(environment):
    """Not for JSON and tables; and a page of our own template was not made with another."""
    for name in ("json", "csv", "xlsx"):
        status, _, err = report(environment, "--format", name)
        assert (status, err.splitlines()[0]) == (
            1, f"Error: --template is for pages in md and html, and {name} has no template.",
        )  # fmt: skip
    run(environment, "report", "--person", "ada", "--period", "2026Q3", "--output", "ours.md")
    status, _, err = run(environment, "verify", "ours.md", "--template", "short.md.j2")
    assert (status, err.splitlines()[0]) == (1, "Error: ours.md was not made with a template of its own.")


def test_an_error_names_file_and_line_and_writes_nothing(environment):
    """What is wrong in it is said before anything is harvested where it can be, and otherwise after it."""
    short, parts = environment.cwd / "short.md.j2", environment.cwd / "parts" / "list.j2"
    short.write_text(SHORT + "{% endif %}")
    status, _, err = report(environment, "--output", "short.md")
    assert (status, err.splitlines()) == (
        1,
        [
            "Error: short.md.j2, line 5: Encountered unknown tag 'endif'.",
            "docs/reference/page-context.md lists what a template may use.",
        ],
    )
    short.write_text(SHORT)
    parts.write_text(LIST.replace("each.title", "each.titel"))
    status, _, err = report(environment, "--output", "short.md")
    assert (status, err.splitlines()[0]) == (
        1, "Error: parts/list.j2, line 2: Item has no field 'titel'; did you mean 'title'?",
    )  # fmt: skip
    assert not (environment.cwd / "short.md").exists()


def test_our_template_is_printed_as_a_start(environment):
    status, out, _ = run(environment, "report", "--print-template")
    assert status == 0
    assert out == template_text(plugins.load(plugins.REPORTS, "accomplishments"))


def test_no_template_leaves_out_what_is_missing():
    """It stands below the heading, escaped, where the page does not say it itself, and once."""
    missing = {"hub": ["org: 401 <b> @ada", "PAY: not found"]}
    finish = PageText("A page", missing=missing).finish
    block = finish("# Ada\n\nWork\n").removeprefix("# Ada\n\n").removesuffix("\n\nWork\n").splitlines()
    assert block[:2] == ["> **Incomplete.** Some sources could not be read in full; work may be missing below.", ">"]
    assert block[2:] == [f"> - hub: {prose(each)}" for each in missing["hub"]]
    assert finish("Work").startswith("> **Incomplete.**")
    own = "# Ada\n\n> **Incomplete.** See below.\n"
    assert finish(own) == own
    gaps = (Gap("org", "401: the token has expired"),)
    assert page_content(plugins.load(plugins.REPORTS, "accomplishments"), report_input(gaps=gaps)).count("expired") == 1


def read(folder, text, name="own.md.j2"):
    (folder / name).write_text(text, "utf-8")
    return read_template(folder / name, f"somewhere/{name}", PACKAGE)


def refused(folder, text):
    with pytest.raises(ReportError) as caught:
        read(folder, text)
    return caught.value.message


def test_all_that_a_template_names_is_read_with_it(tmp_path):
    """What those name too, but once; ours by their own names; what may be missing need not be there."""
    (tmp_path / "a.j2").write_text("{% include 'sub/b.jinja' %}{% import 'own.md.j2' as o %}")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.jinja").write_text("\ufeffb\r\nc")
    (tmp_path / "d.j2").write_text("d")
    made = read(
        tmp_path,
        "{% extends 'harvester/page.md.j2' %}{% from 'a.j2' import x %}{% include 'no.j2' ignore missing %}"
        "{% include ['no.j2', 'd.j2'] %}",
    )
    assert sorted(made.sources) == ["a.j2", "d.j2", "own.md.j2", "sub/b.jinja"]
    assert made.sources["sub/b.jinja"] == "b\nc"


def test_the_digest_is_that_of_all_its_text(tmp_path):
    """Not of its name, its folder or its line ends; of each template that it names."""
    (tmp_path / "a.j2").write_text("a")
    first = read(tmp_path, "{% include 'a.j2' %}\n").digest
    assert read(tmp_path, "{% include 'a.j2' %}\r\n", "other.j2").digest == first
    assert read(tmp_path, "{% include 'a.j2' %}").digest != first
    (tmp_path / "a.j2").write_text("b")
    assert read(tmp_path, "{% include 'a.j2' %}\n").digest != first


OUTSIDE = [
    "../x.j2",
    "/etc/x.j2",
    "a/../../x.j2",
    ".hidden.j2",
    "a/.git/x.j2",
    "C:x.j2",
    "a\\x.j2",
    "",
    "./x.j2",
    "a//x.j2",
]


@pytest.mark.parametrize("name", OUTSIDE)
def test_nothing_outside_its_folder_is_read(tmp_path, name):
    (tmp_path.parent / "x.j2").write_text("secret")
    message = refused(tmp_path, "\n{% include " + repr(name) + " %}")
    assert message.startswith(f"somewhere/own.md.j2, line 2: {name!r} is not read: other templates are *.j2, ")


@pytest.mark.parametrize("name", ["harvester.toml", ".env", "notebook.md", "id_rsa", "a.j2.txt", "J2"])
def test_nothing_but_templates_is_read(tmp_path, name):
    """A template in a folder with secrets beside it cannot show them."""
    (tmp_path / name).write_text("s3cr3t")
    for text in ("{% include NAME %}", "{% import NAME as x %}", "{% extends NAME %}", "{% from NAME import x %}"):
        message = refused(tmp_path, text.replace("NAME", repr(name)))
        assert message.startswith(f"somewhere/own.md.j2, line 1: {name!r} is not read")


def test_no_link_leaves_the_folder(tmp_path):
    """Neither of a file nor of a folder; a link within the folder, and one that is named to us, is fine."""
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "secret.j2").write_text("s3cr3t")
    (inside / "link.j2").symlink_to(tmp_path / "secret.j2")
    (inside / "folder").symlink_to(tmp_path)
    (inside / "circle.j2").symlink_to("circle.j2")
    (inside / "real.j2").write_text("x")
    (inside / "alias.j2").symlink_to("real.j2")
    for name in ("link.j2", "folder/secret.j2"):
        assert "is a link to another folder and is not read" in refused(inside, "{% include '" + name + "' %}")
    assert "there is no template 'circle.j2'" in refused(inside, "{% include 'circle.j2' %}")
    assert read(inside, "{% include 'alias.j2' %}").sources["alias.j2"] == "x"
    (tmp_path / "named.j2").symlink_to(inside / "real.j2")
    assert read_template(tmp_path / "named.j2", "named.j2", PACKAGE).sources == {"named.j2": "x"}


@pytest.mark.parametrize("text", ["{% include who %}", "{% extends 'a' ~ '.j2' %}", "{% include ['a.j2', who] %}",
                                  "{% import who as x %}", "{% include [] %}", "{% include 1 %}"])  # fmt: skip
def test_names_of_templates_are_written_out(tmp_path, text):
    """Else it would be known only while it is rendered, when nothing is read any more."""
    (tmp_path / "a.j2").write_text("a")
    message = refused(tmp_path, f"\n{text}")
    assert message == "somewhere/own.md.j2, line 2: the name of another template is written out, in quotation marks."


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such pipes")
def test_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.j2")
    assert "is not a regular file" in refused(tmp_path, "{% include 'pipe.j2' %}")
    with pytest.raises(ReportError, match="is not a regular file"):
        read_template(tmp_path / "pipe.j2", "pipe.j2", PACKAGE)
    with pytest.raises(ReportError, match="cannot be read: No such file"):
        read_template(tmp_path / "nothing.j2", "nothing.j2", PACKAGE)


def test_a_template_is_no_larger_than_it_may_be(tmp_path):
    (tmp_path / "large.j2").write_text("x" * (LARGEST + 1))
    assert "is too large" in refused(tmp_path, "{% include 'large.j2' %}")
    (tmp_path / "bytes.j2").write_bytes(b"\n\xff")
    assert "line 2 is not UTF-8 text" in refused(tmp_path, "{% include 'bytes.j2' %}")
    for number in range(MOST + 1):
        (tmp_path / f"{number}.j2").write_text(f"{{% include '{number + 1}.j2' %}}")
    assert f"it is made of more than {MOST} templates" in refused(tmp_path, "{% include '0.j2' %}")


def test_a_missing_template_has_the_nearest_name(tmp_path):
    """Of ours, since only those are listed; a folder called harvester does not take their place."""
    (tmp_path / "harvester").mkdir()
    (tmp_path / "harvester" / "pages.md.j2").write_text("x")
    assert refused(tmp_path, "{% extends 'harvester/pages.md.j2' %}") == (
        "somewhere/own.md.j2, line 1: there is no template 'harvester/pages.md.j2'; did you mean "
        "'harvester/page.md.j2'?"
    )
    assert {"harvester/page.md.j2", "harvester/macros.md.j2", "accomplishments.md.j2"} <= set(shared_texts(PACKAGE))
