"""A user's own template, rendered in a sandbox: it sees a page's fields, and reaches nothing else.

What a template may name is listed here, and all else is refused: Jinja's own sandbox lists what is forbidden, and has
missed something several times (docs/decisions/templates.md).
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, cast

import jinja2.debug  # it is imported in the first error, when no file may be opened any more
from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound, TemplateSyntaxError, Undefined, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import SecurityError, TemplateAssertionError, TemplateRuntimeError
from jinja2.runtime import BlockReference, Context, LoopContext, Macro, TemplateReference
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Cycler, Joiner, Namespace, missing

from harvester.errors import HarvesterError
from harvester.reporting.markdown import Markdown, render_value
from harvester.reporting.templates import MARKDOWN_SYNTAX, SHARED_PREFIX
from harvester.text import LONGEST, did_you_mean, shorten

BUILT_IN_FILTERS = (
    "abs", "batch", "capitalize", "center", "count", "d", "default", "dictsort", "first", "float", "groupby", "indent",
    "int", "items", "join", "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr", "replace",
    "reverse", "round", "select", "selectattr", "slice", "sort", "string", "sum", "title", "trim", "truncate", "unique",
    "upper", "urlencode", "wordcount", "wordwrap",
)  # fmt: skip
"""Jinja's filters that a template may use: none that reaches attributes, formats, marks text as safe, or is random."""

GLOBALS = ("cycler", "dict", "joiner", "namespace", "range")
"""Jinja's functions that a template may call."""

_OF_A_DAY = {
    "day", "hour", "isocalendar", "isoformat", "isoweekday", "minute", "month", "strftime", "weekday", "year",
}  # fmt: skip
"""The attributes of a day or a time that depend on nothing else: none that asks for today."""

_OPEN = (
    str, list, tuple, dict, LoopContext, BlockReference, Cycler, Joiner, Namespace, TemplateReference,
    jinja2.environment.TemplateModule,
)  # fmt: skip
"""Types whose attributes without an underscore are allowed, but for those that change a list or a dict."""

MOST_REPEATED = 1_000_000
"""The length of a text or a list that is repeated, and the bits of a power."""

_OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
"""What a terminal or an editor obeys, and halves of characters."""

_RESERVED = re.compile(r"<!--\s*(?:harvester\s|evidence of this page)")
"""How the comments begin that only harvester writes, since `verify` believes them."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What rendering may need: seconds of processor time, bytes of memory, and characters of the page."""

    seconds: float = 10
    memory: int = 1 << 30
    characters: int = 16_000_000


@dataclass(frozen=True, slots=True)
class Job:
    """Everything that is needed to render a template: its text with those that it includes, and what it may use."""

    main: str
    """The name of the template that is rendered."""
    sources: Mapping[str, str]
    """The user's templates, by their names from the folder of the one that is rendered."""
    names: Mapping[str, Any]
    """The fields of the page."""
    filters: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    shared: Mapping[str, str] = field(default_factory=dict)
    """Templates of ours and of the report's package, where the user has none of their name."""
    limits: Limits = field(default_factory=Limits)


class OwnTemplateError(Exception):
    """What is wrong with a user's template; `name` is the template, and `line` is None where it is not known."""

    def __init__(self, message: str, name: str, line: int | None) -> None:
        super().__init__(message)
        self.message = message
        self.name = name
        self.line = line


class TooLongError(Exception):
    """The page is longer than its limit."""


class TooSlowError(Exception):
    """The time is over; raised within the template by a signal."""


def render(job: Job) -> str:
    """The page that a template makes, without control characters; raises OwnTemplateError whatever goes wrong."""
    environment = _Sandbox(job)
    try:
        chunks = cast("Generator[str]", environment.get_template(job.main).generate(dict(job.names)))
        text = _OBEYED.sub("", "".join(_limited(chunks, job.limits.characters)))
    except Exception as error:
        raise located(error, job) from error
    if found := _RESERVED.search(text):
        raise OwnTemplateError(f"the page would have {found[0]!r}, which only harvester writes", job.main, None)
    return text


def warm_up() -> None:
    """Render a template that has an error, so that Python imports what it imports only in use."""
    text = '{{ "\\n" | wordwrap }}{{ titel }}'
    with contextlib.suppress(OwnTemplateError):
        render(Job("warm", {"warm": text}, {"title": ""}))


def parse(source: str, name: str) -> nodes.Template:
    """The syntax tree of a template, which runs nothing; raises OwnTemplateError where it is no template."""
    try:
        return Environment(**MARKDOWN_SYNTAX).parse(source, name, name)  # noqa: S701 - nothing is rendered here
    except (TemplateSyntaxError, RecursionError, ValueError) as error:  # ValueError: a number of 5,000 digits
        raise located(error, Job(name, {name: source}, {})) from error


def located(error: Exception, job: Job) -> OwnTemplateError:
    """An error of a template in words, with the template and its line; the user's own is preferred to one of ours."""
    if isinstance(error, OwnTemplateError):
        return error
    if isinstance(error, TemplateSyntaxError):
        return OwnTemplateError(_words(error, job), error.name or job.main, error.lineno)
    places = list(_places(error.__traceback__))
    own = [each for each in places if each[0] in job.sources]
    known = own or [each for each in places if each[0] in job.shared]
    name, line = known[-1] if known else (job.main, None)
    return OwnTemplateError(_words(error, job), name, line)


def _places(traceback: TracebackType | None) -> Iterator[tuple[str, int]]:
    """The names and lines in a traceback, outermost first; in one of Jinja's the templates have theirs."""
    while traceback is not None:
        module = traceback.tb_frame.f_globals.get("__jinja_template__")
        name = traceback.tb_frame.f_code.co_filename
        yield name, module.get_corresponding_lineno(traceback.tb_lineno) if module else traceback.tb_lineno
        traceback = traceback.tb_next


def _words(error: Exception, job: Job) -> str:
    said = shorten(" ".join(str(error).split()).rstrip("."), LONGEST)
    match error:
        case TooSlowError():
            return f"it takes longer than {job.limits.seconds:g} seconds"
        case TooLongError():
            return f"the page is longer than {job.limits.characters:,} characters"
        case MemoryError():
            return f"it needs more memory than {job.limits.memory >> 20:,} MB"
        case RecursionError():
            return "it calls itself without end, or is nested too deeply"
        case SyntaxError():
            return f"it is nested too deeply ({said})"
        case TemplateNotFound():
            return f"there is no template {said!r}"
        case TemplateAssertionError() | TemplateRuntimeError() if found := re.fullmatch(
            r"No (filter|test) named '(.*?)'.*", said
        ):
            return f"there is no {found[1]} {found[2]!r}{_near(found[1], found[2], job)}"
        case jinja2.TemplateError() | HarvesterError():
            return said
        case _:
            return f"{type(error).__name__}: {said}"


def _near(what: str, name: str, job: Job) -> str:
    return did_you_mean(name, (*BUILT_IN_FILTERS, *job.filters) if what == "filter" else Environment().tests)  # noqa: S701


def _limited(chunks: Generator[str], most: int) -> Iterator[str]:
    """The chunks; raises TooLongError where they have more than `most` characters, at the line that writes too much."""
    for chunk in chunks:
        most -= len(chunk)
        if most < 0:
            chunks.throw(TooLongError())
        yield chunk


class _Loader(BaseLoader):
    """The templates of a job; their names are their file names in tracebacks."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """The text of a template; raises TemplateNotFound."""
        own: Mapping[str, str] = {} if template.startswith(SHARED_PREFIX) else self._job.sources
        for sources in (own, self._job.shared):
            if template in sources:
                return sources[template], template, lambda: True
        raise TemplateNotFound(template)


class _Code(CodeGenerator):
    """Compiles templates as Jinja does, but for `{% filter %}`: it shows what a filter returns as it is."""

    def visit_FilterBlock(self, node: nodes.FilterBlock, frame: Frame) -> None:  # noqa: N802
        """Raises TemplateAssertionError."""
        self.fail("`{% filter %}` is not allowed here; use the filter in `{{ … | … }}`", node.lineno)


class _Sandbox(ImmutableSandboxedEnvironment):
    """The sandbox of a job."""

    code_generator_class = _Code
    intercepted_binops = frozenset({"*", "**"})

    def __init__(self, job: Job) -> None:
        super().__init__(
            loader=_Loader(job), finalize=_finalize, undefined=_undefined(job.names),
            autoescape=False, **MARKDOWN_SYNTAX,
        )  # fmt: skip
        filters = cast("dict[str, Callable[..., Any]]", self.filters)
        self.filters = {name: filters[name] for name in BUILT_IN_FILTERS} | dict(job.filters)
        functions = cast("dict[str, Any]", self.globals)
        self.globals = {name: functions[name] for name in GLOBALS}

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Whether a template may have this attribute: a field of a page's part, or what is listed here."""
        return super().is_safe_attribute(obj, attr, value) and _is_listed(obj, attr)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """As Jinja does, but what Markdown of ours formats is plain text again: the other texts may be a source's."""
        formatted = getattr(value, "__self__", None)
        if isinstance(formatted, Markdown) and value.__name__ in {"format", "format_map"}:
            value = getattr(str(formatted), value.__name__)
        return super().wrap_str_format(value)

    def call(self, context: Context, obj: Any, *args: Any, **kwargs: Any) -> Any:
        """As Jinja does; `{% call %}` shows what is returned as it is, so there it must be a macro."""
        if "caller" in kwargs and not isinstance(obj, Macro):
            raise SecurityError("`{% call %}` is for macros alone")
        return super().call(context, obj, *args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """As Python does; raises OverflowError for what would be very large."""
        if _size(operator, left, right) > MOST_REPEATED:
            raise OverflowError(f"the result of {operator} would be too large")
        return super().call_binop(context, operator, left, right)


def _is_listed(obj: Any, attr: str) -> bool:
    if dataclasses.is_dataclass(obj) and not isinstance(obj, type):
        known = {each.name for each in dataclasses.fields(obj)}
        return attr in known or isinstance(getattr(type(obj), attr, None), property)
    if isinstance(obj, dt.date):
        return attr in _OF_A_DAY
    return isinstance(obj, _OPEN) and attr != "encode"  # bytes are no text


def _size(operator: str, left: Any, right: Any) -> float:
    """How large a product or a power will be: its items, or its bits; 0 for what is never large."""
    if operator == "**":
        return left.bit_length() * abs(right) if isinstance(left, int) and isinstance(right, int) else 0
    for one, other in ((left, right), (right, left)):
        if isinstance(one, (str, list, tuple)) and isinstance(other, int):
            return len(one) * other
    whole = isinstance(left, int) and isinstance(right, int)
    return left.bit_length() + right.bit_length() if whole else 0


def _finalize(value: Any) -> Any:
    """A value as our own templates show it; raises TemplateRuntimeError for what is no text, number or day."""
    if isinstance(value, Undefined):
        return str(value)  # it raises
    if value is None or isinstance(value, (str, int, float, dt.date)):
        return render_value(value)
    if isinstance(value, (list, tuple, dict)):
        raise TemplateRuntimeError("a list cannot be shown; go through it with `for`")
    fields = ", ".join(each.name for each in dataclasses.fields(value)) if dataclasses.is_dataclass(value) else ""
    raise TemplateRuntimeError(
        f"{type(value).__name__} cannot be shown" + (f"; show one of its fields: {fields}" if fields else "")
    )


def _undefined(names: Iterable[str]) -> type[StrictUndefined]:
    """What stands for a name that is not there: it is an error, with the nearest name."""
    page = list(names)

    class Missing(StrictUndefined):
        __slots__ = ()

        @property
        def _undefined_message(self) -> str:
            name, obj = self._undefined_name, self._undefined_obj
            if self._undefined_hint:
                return self._undefined_hint
            if obj is missing and name in page:
                return f"{name!r} is not visible here; import the macro `with context`"
            if obj is missing:
                return f"the page has no field {name!r}{did_you_mean(str(name), page)}"
            if obj is None:
                return f"what has no value has no field {name!r} either; ask with `if` first"
            if dataclasses.is_dataclass(obj):
                known = [each.name for each in dataclasses.fields(obj)]
                return f"{type(obj).__name__} has no field {name!r}{did_you_mean(str(name), known)}"
            return super()._undefined_message

    return Missing
