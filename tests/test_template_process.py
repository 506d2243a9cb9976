"""The process in which a user's own template is rendered: it ends in time, and can open nothing."""

import os
import sys
from dataclasses import dataclass

import pytest

from harvester.errors import ReportError
from harvester.reporting.page_text import PageText
from harvester.reporting.report import FILTERS
from harvester.reporting.sandbox import Job, Limits, OwnTemplateError
from harvester.reporting.template_process import render_apart

LIMITS = Limits(seconds=0.3, memory=300 << 20, characters=100_000)
HELPERS = """
import os, socket

def opened(path):
    return open(path).read()

def connected(port):
    return str(socket.create_connection(("127.0.0.1", port)))

def variable(name):
    return os.environ.get(name, "not set")

def started(command):
    return os.popen(command).read()
"""


@dataclass(frozen=True)
class Unpicklable:
    value: object = None

    def __reduce__(self):
        raise TypeError("it is no plain value")


def made(text, names=None, limits=LIMITS, **filters):
    return render_apart(
        Job("own.md.j2", {"own.md.j2": text}, names or {}, {**FILTERS, **filters}, limits=limits), PLAIN
    )


PLAIN = PageText("A page")


def test_a_page_is_rendered_apart():
    assert made("# {{ title }}\n\n\n\n{{ title }}", {"title": "<a>"}) == "# &lt;a>\n\n&lt;a>\n"


def test_html_is_made_in_the_process_too(tmp_path):
    job = Job("own.md.j2", {"own.md.j2": "# {{ title }}\n\n<script>x</script>"}, {"title": "A & B"})
    page = render_apart(job, PageText("A page", html=True))
    assert "A &amp; B</h1>" in page
    assert "<script>" not in page


SLOW = {
    "loops": "\n{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
    "a filter in one call": "{{ (([[[]] * 1000] * 1000) | sum(start=[])) | length }}",
}


@pytest.mark.skipif(os.name != "posix", reason="Windows has no limit on processor time")
@pytest.mark.parametrize("how", SLOW)
def test_a_template_that_never_ends_is_ended(how):
    """By a signal that Python handles, with the line, or in one long call by the system."""
    with pytest.raises(OwnTemplateError, match=r"it takes longer than 0\.3 seconds") as caught:
        made(SLOW[how])
    assert caught.value.line == (2 if how == "loops" else None)


LARGE = {
    "a filter": "\n{{ 'x' | center(10 ** 10) }}",
    "a text that doubles": (
        "{% set ns = namespace(x='x') %}\n{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}"
    ),
    "a width": "\n{{ '{:>9999999999}'.format(1) }}",
}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process's memory")
@pytest.mark.parametrize("how", LARGE)
def test_a_template_that_needs_all_memory_is_ended(how):
    with pytest.raises(OwnTemplateError, match="it needs more memory than 300 MB") as caught:
        made(LARGE[how], limits=Limits(5, LIMITS.memory))
    assert caught.value.line == 2


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such limits")
def test_code_that_leaves_the_sandbox_finds_nothing(install, tmp_path):
    """With a filter in place of an escape: no file, no connection, no command, and none of our variables."""
    install("escaped", HELPERS)
    import escaped

    (tmp_path / "secret").write_text("s3cr3t")
    for filter_, word in (("opened", tmp_path / "secret"), ("connected", 80), ("started", "id")):
        with pytest.raises(OwnTemplateError, match=r"Errno 24|Too many open files|OSError"):
            made("{{ word | leave }}", {"word": str(word)}, leave=getattr(escaped, filter_))
    assert made("{{ 'HOME' | leave }}{{ 'PATH' | leave }}", leave=escaped.variable) == "not setnot set\n"


def test_what_no_process_can_be_given_is_an_error():
    with pytest.raises(ReportError, match=r"cannot be given to an own template: it is no plain value"):
        made("x", {"x": Unpicklable()})


def test_nothing_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    made("x")
    assert list(tmp_path.iterdir()) == []
