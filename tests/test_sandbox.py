"""A user's own template sees the page and nothing else: escapes, forgeries and bombs that are known of Jinja."""

import datetime as dt
from dataclasses import dataclass

import pytest

from harvester.reporting.markdown import link, prose
from harvester.reporting.report import FILTERS
from harvester.reporting.sandbox import Job, Limits, OwnTemplateError, parse, render
from harvester.text import JOINER

HOSTILE = "<img src=x onerror=alert(1)> @ada `code` | [x](javascript:1) Fixes #12"


@dataclass(frozen=True, slots=True)
class Item:
    """A part of a page, with a property and a method."""

    title: str
    url: str | None = None

    @property
    def label(self):
        return self.title[:3]

    def reveal(self):
        return "a method"


NAMES = {
    "title": "Merged", "hostile": HOSTILE, "number": 12345, "first": dt.date(2026, 7, 1), "nothing": None,
    "items": [Item("Carry *keys*", "https://example.org/1"), Item(HOSTILE)], "by_name": {"a": Item("A")},
}  # fmt: skip


USUAL = Limits()


def made(text, limits=USUAL, names=NAMES, **others):
    return render(Job("own.md.j2", {"own.md.j2": text, **others}, names, FILTERS, limits=limits))


def refused(text, **values):
    with pytest.raises(OwnTemplateError) as caught:
        made(text, **values)
    return caught.value


def test_texts_are_escaped_and_numbers_written():
    """What a page's own template shows: escaped texts, numbers with commas, days in words, links, a property."""
    assert made("{{ hostile }}") == prose(HOSTILE)
    assert made("{{ number }} {{ first | day }} {{ items[0].label }}") == "12,345 1 July 2026 Car"
    assert made("{% for each in items[:1] %}{{ each.title | linked(each.url) }}{% endfor %}") == link(
        "Carry *keys*", "https://example.org/1"
    )
    assert made("{% macro bold(text) %}**{{ text }}**{% endmacro %}{{ bold(title) | ours }}") == "**Merged**"
    assert made("{{ by_name.a.title }}{{ by_name['a'].title }}{{ nothing }}") == "AANone"


ESCAPING = {
    "in a set block": "{% set x %}{{ hostile }}{% endset %}{{ x }}",
    "joined": "{{ [hostile, hostile] | join(', ') }}",
    "a macro's result": "{% macro m(x) %}{{ x }}{% endmacro %}{{ m(hostile) }}",
    "in a list": "{{ ([hostile] | list)[0] }}",
    "by a method": "{{ hostile.replace('x', 'y').strip() }}",
    "by format": "{{ '{}'.format(hostile) }}",
    "by our Markdown's format": "{{ ('**{}**' | ours).format(hostile) }}",
    "by our Markdown's format_map": "{{ ('**{a}**' | ours).format_map({'a': hostile}) }}",
    "by our Markdown's %": "{{ ('**%s**' | ours) % hostile }}",
    "by our Markdown's join": "{{ (', ' | ours).join([hostile]) }}",
    "added to our Markdown": "{{ ('**' | ours) + hostile }}{{ ('**' | ours) ~ hostile }}",
    "replaced in our Markdown": "{{ ('x' | ours) | replace('x', hostile) }}{{ ('x' | ours).replace('x', hostile) }}",
    "as Jinja's own safe text": "{% autoescape true %}{% set x %}{{ hostile }}{% endset %}{{ x }}{% endautoescape %}",
    "as a link's text": "{{ hostile | linked('https://example.org') }}",
    "as a link's address": "{{ 'x' | linked('javascript:alert(1)//' ~ hostile) }}",
    "by default": "{{ '' | default(hostile, true) }}",
    "as a joined attribute": "{{ items | join(',', attribute='title') }}",
    "in an included template": "{% include 'other.j2' %}",
}


@pytest.mark.parametrize("how", ESCAPING)
def test_hostile_text_is_escaped_on_every_way(how):
    text = made(ESCAPING[how], **{"other.j2": "{{ hostile }}"})
    assert "<img" not in text
    assert " @ada" not in text
    assert "Fixes #1" not in text
    assert "](javascript" not in text


ESCAPES = {
    "class": "{{ title.__class__.__mro__[1].__subclasses__() }}",
    "class by item": "{{ title['__class__'] }}",
    "class by item of a list": "{{ []['__class__']['__base__'] }}",
    "class of a part": "{{ items[0].__class__ }}",
    "fields of a part": "{{ items[0].__dataclass_fields__ }}",
    "module of a part": "{{ items[0].__module__ }}",
    "method of a part": "{{ items[0].reveal() }}",
    "format": "{{ '{0.__class__.__init__}'.format(title) }}",
    "format of an item": "{{ '{0[0].__class__}'.format(items) }}",
    "format_map": "{{ '{a.__class__}'.format_map({'a': title}) }}",
    "format kept for later": "{% set f = '{0.__class__}'.format %}{{ f(title) }}",
    "format by attr": "{{ ('{0.__class__}' | attr('format'))(title) }}",
    "format of a number": "{{ '{0.real.__class__}'.format(1) }}",
    "format of our Markdown": "{{ ('{0.__class__}' | ours).format(title) }}",
    "the filter format": "{{ '%s' | format(title) }}",
    "attr": "{{ title | attr('__class__') }}",
    "map of an attribute": "{{ items | map(attribute='__class__') | list }}",
    "map of attr": "{{ items | map('attr', '__class__') | list }}",
    "map of a nested attribute": "{{ items | map(attribute='title.__class__.__name__') | join }}",
    "groupby": "{{ items | groupby('__class__') | list }}",
    "sort": "{{ items | sort(attribute='__class__.__name__') | list }}",
    "sum": "{{ items | sum(attribute='__class__') }}",
    "selectattr": "{% for x in items | selectattr('__class__') %}{{ x }}{% endfor %}",
    "join": "{{ items | join(attribute='__class__') }}",
    "cycler": "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "joiner": "{{ joiner.__init__.__globals__ }}",
    "a made cycler": "{{ cycler(1).next.__func__.__globals__ }}",
    "namespace": "{{ namespace.__init__.__globals__ }}",
    "namespace made": "{{ namespace(a=1).__class__ }}",
    "namespace's attributes": "{{ namespace(a=1)._Namespace__attrs }}",
    "mro": "{{ dict.mro() }}",
    "range": "{{ range.__globals__ }}",
    "lipsum": "{{ lipsum.__globals__['os'] }}",
    "config": "{{ config }}",
    "self": "{{ self._TemplateReference__context.environment }}",
    "self's class": "{{ self.__init__.__globals__ }}",
    "loop": "{% for x in items %}{{ loop.__init__.__globals__ }}{% endfor %}",
    "loop's iterator": "{% for x in items %}{{ loop._iterator }}{% endfor %}",
    "macro": "{% macro m() %}{% endmacro %}{{ m.__init__.__globals__ }}",
    "macro's function": "{% macro m() %}{% endmacro %}{{ m._func.__globals__ }}",
    "macro's environment": "{% macro m() %}{% endmacro %}{{ m._environment }}",
    "caller": "{% macro m() %}{{ caller.__class__ }}{% endmacro %}{% call m() %}{% endcall %}",
    "super": "{% block a %}{{ super.__init__ }}{% endblock %}",
    "block": "{% block a %}{{ self.a._context }}{% endblock %}",
    "imported module": "{% import 'other.j2' as o %}{{ o.__class__ }}",
    "imported module's text": "{% import 'other.j2' as o %}{{ o._body_stream }}",
    "an undefined name": "{{ (nobody | default).__class__ }}",
    "an undefined name's parts": "{{ nobody._undefined_exception }}",
    "generator": "{{ (items | map('string')).gi_frame.f_globals }}",
    "generator's code": "{{ (items | select).gi_code }}",
    "generator's send": "{{ (items | select).send(1) }}",
    "generator's close": "{{ (items | select).close() }}",
    "a builtin's self": "{{ title.upper.__self__ }}",
    "a builtin's module": "{{ title.upper.__class__ }}",
    "bytes": "{{ title.encode('idna') }}",
    "a number's class": "{{ number.__class__ }}",
    "a number's attribute": "{{ number.real }}",
    "today": "{{ first.today() }}",
    "a time zone": "{{ first.fromtimestamp(0) }}",
    "a list that is changed": "{{ items.append(1) }}",
    "a list that is emptied": "{{ items.clear() }}",
    "a map that is changed": "{{ by_name.update({}) }}",
    "a field that is changed": "{{ title }}{% set items.title = 1 %}",
    "a namespace's class that is changed": "{% set ns = namespace(a=1) %}{% set ns.__class__ = 1 %}{{ ns.__class__ }}",
    "asynchronous": "{% for x in items async %}{% endfor %}",
    "awaiting": "{{ await items }}",
    "translation": "{% trans %}x{% endtrans %}",
    "statement": "{% do items.append(1) %}",
    "breaking": "{% for x in items %}{% break %}{% endfor %}",
    "debugging": "{% debug %}",
    "python": "{% python %}import os{% endpython %}",
    "import of a module": "{% import 'os' as os %}{{ os.environ }}",
    "call of what is no macro": "{% call hostile.format() %}{% endcall %}",
    "call of format_map": "{% call hostile.format_map({}) %}{% endcall %}",
    "call of a class": "{% call dict() %}{% endcall %}",
    "call of a namespace": "{% call namespace() %}{% endcall %}",
    "filter block": "{% filter replace('&lt;', '<') %}{{ hostile }}{% endfilter %}",
    "filter block that strips": "{% filter striptags %}{{ hostile }}{% endfilter %}",
    "random": "{{ items | random }}",
    "safe": "{{ hostile | safe }}",
    "tojson": "{{ hostile | tojson }}",
    "xmlattr": "{{ {hostile: 1} | xmlattr }}",
    "urlize": "{{ hostile | urlize }}",
    "pprint": "{{ items | pprint }}",
    "a place in memory": "{{ title.upper }}",
    "a function": "{{ range }}",
    "a macro": "{% macro m() %}{% endmacro %}{{ m }}",
    "a list": "{{ items }}",
    "a part": "{{ items[0] }}",
    "a generator": "{{ items | map('string') }}",
}


@pytest.mark.parametrize("how", ESCAPES)
def test_a_template_reaches_nothing_else(how):
    """Each is an error in words, with its line; nothing of Python's own is shown."""
    error = refused("Harmless\n" + ESCAPES[how], **{"other.j2": "x"})
    assert (error.name, error.line) == ("own.md.j2", 2)
    assert "0x" not in error.message
    assert "\n" not in error.message


def test_a_template_s_name_is_no_code():
    """A hostile file name is text in the compiled code too (CVE-2024-56201)."""
    name = "x' ~ __import__('os').system('id') ~ '\"\"\"{1/0}.j2"
    error = refused("{% from other import y %}{{ y }}".replace("other", repr(name)), **{name: "x"})
    assert "does not export" in error.message


BOMBS = {
    "a text times a number": ("{{ 'x' * 10**10 }}", "too large"),
    "a number times a text": ("{{ 10**10 * 'x' }}", "too large"),
    "a list times a number": ("{{ ([1] * 10**9) | length }}", "too large"),
    "a power": ("{{ 10 ** 10000000 }}", "too large"),
    "powers of powers": ("{% set x = 9 ** 9999 %}{{ x ** x }}", "too large"),
    "products": (
        "{% set ns = namespace(x=9 ** 9999) %}{% for i in range(99) %}{% set ns.x = ns.x * ns.x %}{% endfor %}",
        "too large",
    ),
    "a range": ("{% for x in range(10**9) %}{% endfor %}", "Range too big"),
    "a negative range": ("{% for x in range(0, -10**9, -1) %}{% endfor %}", "Range too big"),
    "a macro that calls itself": ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "calls itself without end"),
    "a loop in itself": ("{% for x in [[1]] recursive %}{{ loop([[1]]) }}{% endfor %}", "calls itself without end"),
    "a template that includes itself": ("{% include 'own.md.j2' %}", "calls itself without end"),
    "a template that extends itself": ("{% extends 'own.md.j2' %}", "calls itself without end"),
    "digits": ("{{ 9" + "9" * 5000 + " }}", "digits"),
    "digits shown": ("{{ (9 ** 9999) | string }}", "digits"),
    "parentheses": ("{{ " + "(" * 9999, "nested too deeply"),
    "lists": ("{{ " + "[" * 9999 + "]" * 9999 + " }}", "nested too deeply"),
    "loops": ("{% for x in items %}" * 30 + "{% endfor %}" * 30, "nested too deeply"),
    "conditions": ("{% if 1 %}" * 2000 + "{% endif %}" * 2000, "nested too deeply"),
    "attributes": ("{{ title" + ".x" * 20000 + " }}", "nested too deeply"),
    "length": ("{% for x in range(3000) %}{{ 'xxxxxxxxxx' }}{% endfor %}", "longer than 20,000 characters"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_what_would_never_end_is_an_error(bomb):
    """What needs no clock: sizes and depths; the others are in tests/test_template_process.py."""
    text, words = BOMBS[bomb]
    assert words in refused(f"Harmless\n{text}", limits=Limits(characters=20_000)).message


def test_errors_name_the_line_and_what_was_meant():
    """The innermost line of the user's own templates, and the nearest field or filter."""
    error = refused("\n\n{{ titel }}")
    assert (error.line, error.message) == (3, "the page has no field 'titel'; did you mean 'title'?")
    error = refused("{% for each in items %}\n{{ each.titel }}\n{% endfor %}")
    assert (error.line, error.message) == (2, "Item has no field 'titel'; did you mean 'title'?")
    error = refused("\n{{ nothing.url }}")
    assert error.message == "what has no value has no field 'url' either; ask with `if` first"
    error = refused("\n{{ title | lnked('x') }}")
    assert (error.line, error.message) == (2, "there is no filter 'lnked'; did you mean 'linked'?")
    error = refused("\n{% if title is undefind %}{% endif %}")
    assert (error.line, error.message) == (2, "there is no test 'undefind'; did you mean 'undefined'?")
    error = refused(
        "{% import 'other.j2' as o %}\n{{ o.m() }}", **{"other.j2": "\n{% macro m() %}\n{{ title }}{% endmacro %}"}
    )
    assert (error.name, error.line) == ("other.j2", 3)
    assert error.message == "'title' is not visible here; import the macro `with context`"
    error = refused("{{ items[0] }}")
    assert error.message == "Item cannot be shown; show one of its fields: title, url"


@pytest.mark.parametrize("text", ["{% endif %}", "{{ 1 +* }}", "{% if title %}", "{{ title ", "{{ '\\N{x}' }}", "{# x"])
def test_what_is_no_template_says_where(text):
    with pytest.raises(OwnTemplateError) as caught:
        parse(f"\n{text}", "own.md.j2")
    assert (caught.value.name, caught.value.line) == ("own.md.j2", 2)


FORGED = {
    "the head": "<!-- harvester 9.9 · accomplishments · ada · text 0123456789abcdef -->",
    "the head, made": "{{ '<!-- harvester 9.9 -->' | ours }}",
    "the head, in pieces": "<!--{{ ' harv' | ours }}{{ 'ester 9.9 -->' | ours }}",
    "the head, parted by what is dropped": "<!-- harvester\x01 9.9 -->",
    "the evidence": "\n<!-- evidence of this page, read by harvester verify\nAAAA\n-->\n",
}


@pytest.mark.parametrize("what", FORGED)
def test_a_template_forges_none_of_our_comments(what):
    assert "only harvester writes" in refused(FORGED[what]).message


@pytest.mark.parametrize(
    "text",
    ["\x1b[31mred", "{{ '\\x1b[31mred' }}", "{{ '\\x1b[31mred' | ours }}", "\x9b31mred", "\x1b]8;;https://e\x07red",
     "{{ '\\x00\\x08\\r\\u202ered\\ud800' | ours }}", "\u202e\u2066red\ufeff"],
)  # fmt: skip
def test_a_page_gives_a_terminal_no_orders(text):
    """No control character, no mark of direction, and no half of a character is left, however it was written."""
    page = made(text)
    assert "red" in page
    assert page.replace(JOINER, "").isprintable()
    page.encode()


STRANGE = [
    "{% set ns = namespace(x=[]) %}{% for i in range(3000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x | string }}",
    "{% set ns = namespace() %}{% set ns.x = ns %}{{ ns.x.x | string }}",
    "{% block a %}{{ self.a() }}{% endblock %}",
    "{% block a scoped required %}{% endblock %}",
    "{% extends 'other.j2' %}{% block x %}{{ super() }}{{ super.super() }}{% endblock %}",
    "{{ caller() }}",
    "{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, a=2) }}",
    "{{ (0 - 8) ** (1 / 3) }}",
    "{{ 0 ** -1 }}{{ 1 % 0 }}",
    "{{ 1.0e308 * 10 | int }}",
    "{{ items[10 ** 30] }}",
    "{{ '{:99999999999999999999}'.format(1) }}",
    "{{ '{'.format(1) }}",
    "{{ '%(a)s' % {'b': 1} }}",
    "{{ first.strftime('%1000000000d') }}",
    "{{ [1, 'a'] | sort }}",
    "{{ {} | dictsort(by='x') }}",
    "{{ 1 | wordwrap }}",
    "{{ title.join(1) }}",
    "{{ title.expandtabs(2 ** 40) }}",
    "{{ dict(1) }}{{ namespace(1) }}",
    "{{ cycler().next() }}",
    "{{ items | batch(0) | list | length }}{{ items | slice(0) | list | length }}",
    "{{ title | truncate(-1) }}{{ title | center(-1) }}{{ title | at_most(-1) }}",
    "\ud800{{ title }}",
    "{{ titl\u0435 }}",
    "{{ 'x' * (0 - 10 ** 10) }}",
]


@pytest.mark.parametrize("text", STRANGE)
def test_a_strange_template_is_a_page_or_an_error(text):
    """No error of Python's own leaves the sandbox, and what is said of it is one short line."""
    try:
        page = made(text, **{"other.j2": "{% block x %}1{% endblock %}"})
    except OwnTemplateError as error:
        said = error
    else:
        page.encode()
        return
    assert 0 < len(said.message) < 400
    assert "\n" not in said.message
