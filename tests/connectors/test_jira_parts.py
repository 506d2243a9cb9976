"""The pure parts of Jira's connector: queries, texts, changelogs, fields and rows."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester.connectors.jira import NOT_DONE, Jira, fields, jql, rows, text
from harvester.connectors.jira.changelog import Person, changes, moment, resolved
from harvester.connectors.jira.cursor import Cursor
from harvester.connectors.jira.searches import TicketQueries
from harvester.model.periods import Period
from harvester.sdk.plugins import settings_model
from harvester.sdk.secrets import Secret
from harvester.sdk.testing import connector_context
from tests.connectors.fetches import on
from tests.servers.jql import JqlError, tokens

PERIOD = Period(on(7, 1, 0), on(10, 1, 0))
SITE = fields.Site(cloud=True)
HARD = st.text(st.one_of(st.sampled_from("\"'\\()\n\t= \u2028\U0001f600\x00"), st.characters()), max_size=30)


@given(HARD)
def test_a_value_stays_in_its_quotes(value):
    """Whatever is in it, a query has one text more, and that text is the value."""
    found = tokens(f"assignee in ({jql.quoted(value)}) AND x = 1")
    assert [each.text for each in found] == ["assignee", "in", "(", value, ")", "AND", "x", "=", "1"]
    assert found[3].kind == "text"


@given(HARD, HARD)
def test_a_scope_cannot_be_left(name, key):
    """People and projects of any name leave the structure of the query as it is."""
    plain = [each.key for each in tokens(TicketQueries(["a"], ["B"]).tickets([PERIOD])) if each.kind != "text"]
    odd = [each.key for each in tokens(TicketQueries([name], [key]).tickets([PERIOD])) if each.kind != "text"]
    assert odd == plain


@given(st.text(st.sampled_from("ab()\"'\\ =orde by\n"), max_size=20))
def test_a_condition_stays_in_its_brackets(condition):
    """It is refused, or its brackets close where they were opened and nothing of it is left outside."""
    try:
        narrowed = jql.narrowing(condition)
    except ValueError:
        return
    try:
        found = tokens(f"project = X AND {narrowed} AND y = 1")
    except JqlError:
        return  # a query that Jira refuses
    assert [each.text for each in found[-4:]] == ["AND", "y", "=", "1"]
    depth, depths = 0, []
    for each in found:
        depth += {"(": 1, ")": -1}.get(each.key, 0)
        depths.append(depth)
    assert min(depths[4:-5], default=1) >= 1
    assert depths[-5:] == [0] * 5


@pytest.mark.parametrize(
    ("condition", "narrowed"),
    [
        ("labels = x", "(labels = x)"),
        (" a = 1 OR b = 2 ", "(a = 1 OR b = 2)"),
        ("a = 1 ORDER BY updated DESC", "(a = 1)"),
        ("a = 1 order\nby updated", "(a = 1)"),
        ('summary ~ "order by )"', '(summary ~ "order by )")'),
        (r"summary ~ \)", r"(summary ~ \))"),
        ("reorder = by", "(reorder = by)"),
    ],
)
def test_a_condition_without_its_order(condition, narrowed):
    assert jql.narrowing(condition) == narrowed


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        ("a = 1) OR (b = 2", "not opened"), ("(a = 1", "not closed"), ('a = "1', "quote"), ("a = 'it", "quote"),
        ("a = 1\\", "backslash"), ("  ", "no condition"), ("ORDER BY a", "no condition"), ('a = "\\"', "quote"),
        ("a = 1 ORDER BY a) OR (b = 2", "no"),
    ],
)  # fmt: skip
def test_a_condition_that_is_refused(condition, why):
    if why == "no":  # what is behind the order is left out with it
        assert jql.narrowing(condition) == "(a = 1)"
        return
    with pytest.raises(ValueError, match=why):
        jql.narrowing(condition)


def test_a_period_is_a_day_wider_at_each_end():
    """A date is read in the zone of a profile that we do not know, 14 hours from ours at most."""
    assert jql.within("created", PERIOD) == '(created >= "2026-06-30 00:00" AND created < "2026-10-02 00:00")'
    kiritimati = PERIOD.since.astimezone(dt.timezone(dt.timedelta(hours=14)))
    assert jql.since("created", kiritimati) == 'created >= "2026-06-30 00:00"'


def test_days_are_wider_in_every_zone():
    """A day of work is compared without its time, in a zone that we do not know."""
    assert jql.on_days("worklogDate", PERIOD) == '(worklogDate >= "2026-06-30" AND worklogDate <= "2026-10-03")'


def test_what_names_nothing_is_left_out():
    assert jql.every("", jql.among("project", ()), "a = 1") == "a = 1"
    assert jql.some("a = 1", "", "b = 2", "a = 1") == "(a = 1 OR b = 2)"
    assert TicketQueries().tickets([PERIOD]).startswith("((resolved >=")


def paragraph(*content):
    return {"type": "paragraph", "content": list(content)}


def words(value, **more):
    return {"type": "text", "text": value, **more}


@pytest.mark.parametrize(
    ("content", "plain"),
    [
        ([paragraph(words("a"), {"type": "hardBreak"}, words("b")), paragraph(words("c"))], "a\nb\n\nc"),
        ([paragraph(words("a", marks=[{"type": "link", "attrs": {"href": "https://x.y"}}]))], "a (https://x.y)"),
        ([paragraph(words("https://x.y", marks=[{"type": "link", "attrs": {"href": "https://x.y"}}]))], "https://x.y"),
        ([{"type": "orderedList", "content": [{"type": "listItem", "content": [paragraph(words("a"))]}]}], "1. a"),
        (
            [{"type": "table", "content": [{"type": "tableRow", "content": [
                {"type": "tableCell", "content": [paragraph(words(each))]} for each in "ab"
            ]}]}],
            "a | b",
        ),
        ([{"type": "mediaSingle", "content": [{"type": "media", "attrs": {"id": "1"}}]}], None),
        ([paragraph({"type": "emoji", "attrs": {"shortName": ":x:", "text": "❌"}})], "❌"),
        ([{"type": "panel", "content": [paragraph(words("a")), {"type": "rule"}]}], "a"),
        (["no node", None, {"type": 7, "content": "x"}, {"content": [words("a")]}], "a"),
    ],
)  # fmt: skip
def test_a_document_as_plain_text(content, plain):
    assert text.plain_text({"type": "doc", "content": content}) == plain


KEYS = st.sampled_from(["type", "content", "text", "attrs", "marks"])
VALUES = st.none() | st.text() | st.sampled_from(["text", "listItem", "bulletList", "doc", "tableRow", "inlineCard"])
TREES = st.recursive(VALUES, lambda each: st.lists(each) | st.dictionaries(KEYS, each), max_leaves=8)


@settings(max_examples=50)
@given(TREES)
def test_any_tree_is_read(tree):
    assert isinstance(text.plain_text({"type": "doc", "content": [tree]}), str | None)


def test_a_tree_without_an_end_is_cut():
    tree: dict[str, object] = paragraph(words("deep"))
    for _ in range(500):
        tree = {"type": "bulletList", "content": [{"type": "listItem", "content": [tree]}]}
    assert text.plain_text(tree) is None or "deep" not in str(text.plain_text(tree))


@pytest.mark.parametrize(
    ("markup", "plain"),
    [
        ("h2. Why\r\n*Twice* is _too_ +often+", "Why\nTwice is too often"),
        ("{code:java}a * b * c{code}", "a * b * c"),
        ("{noformat}\n[x|y]\n{noformat}", "[x|y]"),
        ("{code:java}*a* {noformat}*b*{noformat} {{*c*}}", "a *b* *c*"),
        ("{{a_b_c}} and snake_case_name and 2*3*4", "a_b_c and snake_case_name and 2*3*4"),
        ("[docs|https://x.y/z] [https://x.y] [~ada] [~accountid:5b10]", "docs (https://x.y/z) https://x.y @ada @5b10"),
        ("* one\n** two\n# three\n- four", "- one\n  - two\n1. three\n- four"),
        ("||a||b||\n|c|d|", "a | b\nc | d"),
        ("!shot.png|thumbnail! {color:red}red{color} {quote}said{quote}", "red said"),
        (r"not \*bold\* and a\\ b", "not *bold* and a\n b"),
        ("a - b -- c", "a - b -- c"),
        ("Really!? Yes! No!", "Really!? Yes! No!"),
        ("", None),
        ("   ", None),
    ],
)
def test_wiki_markup_as_plain_text(markup, plain):
    assert text.plain_text(markup) == plain


HOSTILE = ("{code:java}x ", "{code:java}x{noformat:y}", "{noformat}a{code:b}")


@pytest.mark.parametrize(
    "part", [*HOSTILE, "*", "[", "{code}", "{", "!a", "|", "[a|", "_a", "\\", "* x\n", "{{", "\n \n", "[~"]
)
def test_hostile_markup_costs_its_length(part):
    start = time.perf_counter()
    text.from_wiki(part * 20_000)
    assert time.perf_counter() - start < 1.5


def entry(at, *items, by="bob", number=1):
    made = {"field": None, "from": None, "to": None}
    return {"id": str(number), "created": at, "author": {"accountId": by}, "items": [made | each for each in items]}


def item(field, before, after):
    return {"field": field, "from": before, "to": after, "fromString": before, "toString": after}


def ticket(**more):
    return {"created": "2026-06-01T12:00:00.000+0000", "status": {"id": "1", "statusCategory": {"key": "new"}}} | more


DONE = {"resolution": {"name": "Done"}, "resolutiondate": "2026-08-03T12:00:00.000+0200"}


@pytest.mark.parametrize(
    "value", [1785751200000, "1785751200000", "2026-08-03T12:00:00.000+0200", "2026-08-03T10:00:00+00:00"]
)
def test_a_moment_in_every_form(value):
    assert moment(value) == dt.datetime(2026, 8, 3, 10, tzinfo=dt.UTC)


def test_a_moment_without_an_offset_is_none():
    with pytest.raises(ValueError, match="offset"):
        moment("2026-08-03T12:00:00")


@pytest.mark.parametrize("backwards", [False, True])
def test_the_last_resolution_counts(backwards):
    """In whichever order the entries come; a resolution that becomes another one changes nothing."""
    log = [
        entry("2026-07-01T12:00:00.000+0000", item("resolution", None, "1"), number=1),
        entry("2026-07-02T12:00:00.000+0000", item("resolution", "1", None), number=2),
        entry("2026-08-01T12:00:00.000+0000", item("resolution", None, "2"), by="carl", number=3),
        entry("2026-08-03T12:00:00.000+0000", item("resolution", "2", "1"), by="dora", number=4),
    ]
    found = resolved(ticket(**DONE), changes(log[::-1] if backwards else log))
    assert found is not None
    assert (found.at, found.by) == (on(8, 1), {"accountId": "carl"})


@pytest.mark.parametrize(
    ("log", "now", "assignee", "earlier"),
    [
        ([], "ann", "ann", []),
        ([entry("2026-08-04T12:00:00.000+0000", item("assignee", "ann", "bob"), number=9)], "bob", "ann", []),
        ([entry("2026-07-04T12:00:00.000+0000", item("assignee", "eve", "ann"))], "ann", "ann", ["eve"]),
        ([entry("2026-07-04T12:00:00.000+0000", item("assignee", None, "ann"))], "ann", "ann", []),
        ([entry("2026-08-04T12:00:00.000+0000", item("assignee", "ann", None), number=9)], None, "ann", []),
        # In the entry that resolves it: handed back, to the reporter or to nobody, or given to whom it belongs.
        ([entry("2026-08-01T12:00:00.000+0000", item("assignee", "ann", "rep"))], "rep", "ann", []),
        ([entry("2026-08-01T12:00:00.000+0000", item("assignee", "ann", None))], None, "ann", []),
        ([entry("2026-08-01T12:00:00.000+0000", item("assignee", "ann", "bob"))], "bob", "bob", ["ann"]),
        ([entry("2026-08-01T12:00:00.000+0000", item("assignee", None, "rep"))], "rep", "rep", []),
    ],
)
def test_who_was_assigned_when_it_was_resolved(log, now, assignee, earlier):
    same = [each for each in log if each["created"].startswith("2026-08-01")]
    solving = entry("2026-08-01T12:00:00.000+0000", item("resolution", None, "1"), number=5)
    solving["items"] += [part for each in same for part in each["items"]]
    log = [solving, *(each for each in log if each not in same)]
    fields_now = ticket(**DONE, assignee=now and {"accountId": now}, reporter={"accountId": "rep"})
    found = resolved(fields_now, changes(log))
    assert found is not None
    assert found.assignee
    assert found.assignee.id == assignee
    assert [each.id for each in found.earlier] == earlier


def test_a_resolution_without_a_changelog():
    """Imported tickets have none: the date and who is assigned now are what is known."""
    found = resolved(ticket(**DONE, assignee={"accountId": "ann"}), [])
    assert found is not None
    assert (found.at, found.by, found.assignee) == (on(8, 3, 10), None, Person("ann"))


@pytest.mark.parametrize(
    ("date", "statuses", "at"),
    [("2026-08-02T12:00:00.000+0000", (), on(8, 2)), (None, ("3", "4"), on(8, 2)), (None, (), on(8, 5))],
)
def test_done_without_a_resolution(date, statuses, at):
    """When its status became one of the category Done, not when it went from one of these to the next."""
    log = [
        entry("2026-08-02T12:00:00.000+0000", item("status", "1", "3"), by="ann", number=1),
        entry("2026-08-05T12:00:00.000+0000", item("status", "3", "4"), by="bob", number=2),
    ]
    now = ticket(status={"id": "4", "statusCategory": {"key": "done"}}, statuscategorychangedate=date)
    found = resolved(now, changes(log), statuses)
    assert found is not None
    assert found.at == at


def test_an_open_ticket_is_not_resolved():
    log = [entry("2026-07-01T12:00:00.000+0000", item("resolution", None, "1"))]
    assert resolved(ticket(), changes(log)) is None


def described(number, name, kind="number", custom="com.x:float"):
    return {"id": f"customfield_{number}", "name": name, "schema": {"type": kind, "custom": custom}}


def test_fields_are_known_by_their_type():
    found = fields.site_of(
        {"deploymentType": "Cloud", "version": "1001"},
        [
            described(9, "Story Points"),
            described(8, "Story Points", "string"),
            described(7, "Estimate", custom=fields.STORY_POINTS),
            described(6, "Epos", "any", fields.EPIC_LINK),
            {"id": "summary", "name": "Summary", "schema": {"type": "string"}},
            {"name": "without an id"},
        ],
    )
    assert (found.cloud, found.points, found.epics) == (True, ("customfield_7", "customfield_9"), ("customfield_6",))


@pytest.mark.parametrize(
    ("values", "points"),
    [
        ({"a": None, "b": 3}, 3.0),
        ({"a": 0.0, "b": 3}, 0.0),
        ({"a": "5", "b": None}, None),
        ({"a": True, "b": float("inf"), "c": float("nan")}, None),
        ({}, None),
    ],
)
def test_points_are_those_of_the_first_field_with_any(values, points):
    assert fields.points_of(values, fields.Site(cloud=True, points=("a", "b", "c"))) == points


@pytest.mark.parametrize(
    ("link", "keys"),
    [
        ({"type": {"outward": "closes"}, "outwardIssue": {"key": "A-1"}}, ["A-1"]),
        ({"type": {"outward": "implements"}, "outwardIssue": {"key": "A-1"}}, ["A-1"]),
        ({"type": {"outward": "closes", "inward": "is closed by"}, "inwardIssue": {"key": "A-1"}}, []),
        ({"type": {"outward": "blocks"}, "outwardIssue": {"key": "A-1"}}, []),
        ({"type": {}, "outwardIssue": {"key": "A-1"}}, []),
        ({"type": None, "outwardIssue": {}}, []),
    ],
)
def test_which_links_close(link, keys):
    assert rows.closed_by({"issuelinks": [link]}) == keys


DONE_STATUS = {"name": "Cancelled", "statusCategory": {"key": "done"}}


@pytest.mark.parametrize(
    ("now", "state"),
    [
        ({"resolution": {"name": "Won't Do"}}, "not_planned"),
        ({"resolution": {"name": "Won\u2019t  do"}}, "not_planned"),
        ({"resolution": {"name": "duplicate"}}, "duplicate"),
        ({"resolution": {"name": "Done"}, "status": DONE_STATUS}, "not_planned"),
        ({"resolution": {"name": "Done"}, "status": DONE_STATUS | {"name": "Duplicate"}}, "duplicate"),
        ({"resolution": {"name": "Done"}, "status": DONE_STATUS | {"name": "Shipped"}}, "done"),
        ({"resolution": {"name": "Known Error"}}, "known_error"),
        ({"status": DONE_STATUS}, "not_planned"),
        ({"status": DONE_STATUS | {"name": "Shipped"}}, "done"),
        ({"status": {"name": "Cancelled", "statusCategory": {"key": "new"}}}, "cancelled"),
        ({"status": {"name": "In Review", "statusCategory": {"key": "indeterminate"}}}, "in_review"),
    ],
)
def test_a_state_in_one_word(now, state):
    assert rows.state_of(now, frozenset(map(rows.plain_name, NOT_DONE))) == state


def test_a_person_is_written_as_asked_or_with_a_name():
    """A name cannot pretend to be another account, and an app is a bot."""
    context = rows.RowContext("jira", "x.y", "https://x.y", SITE, [PERIOD], {"1": "ann@example.org"}, frozenset())
    users = [
        {"accountId": "1", "displayName": "Ann"},
        {"accountId": "2", "displayName": "Bo <ann@example.org>"},
        {"accountId": "3", "displayName": "Automation", "accountType": "app"},
    ]
    people = rows.People.of(context, [*users, None])
    written = [people.account(Person(each)) for each in "1234"]
    assert written == ["ann@example.org", "Bo ann@example.org <2>", "Automation[bot] <3>", "4"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("url", "acme.atlassian.net"), ("url", "https://user:pass@acme.atlassian.net"), ("url", "https://x.y/?a=b"),
        ("projects", ["PAY-7"]), ("projects", ["a b"]), ("jql", "a = 1) OR (b = 2"), ("jql", ""),
        ("also", ["watched"]), ("cloud_id", "../evil"), ("timeout", 0), ("token", "ATATTxyz"),
    ],
)  # fmt: skip
def test_a_section_that_is_refused(key, value):
    section = {"url": "https://acme.atlassian.net", "token": "env:T", key: value}
    with pytest.raises(ValueError, match=key):
        settings_model(Jira).model_validate(section)


@pytest.mark.parametrize("key", ["PAY", "pay", "P2*", "?AY", "[A-C]*", "MY_PROJECT"])
def test_projects_that_are_taken(key):
    section = {"url": "https://jira.example.com:8443/tracker/", "token": "env:T", "projects": [key]}
    assert settings_model(Jira).model_validate(section)


@pytest.mark.parametrize(
    ("url", "cloud_id", "api"),
    [
        ("https://acme.atlassian.net/", None, "https://acme.atlassian.net"),
        ("https://jira.example.com/tracker/", None, "https://jira.example.com/tracker"),
        (
            "https://acme.atlassian.net",
            "1324a887-45db-1bf4-1e99-ef0ff456d421",
            "https://api.atlassian.com/ex/jira/1324a887-45db-1bf4-1e99-ef0ff456d421",
        ),
    ],
)
def test_where_the_api_is(tmp_path, url, cloud_id, api):
    """A token with scopes works at Atlassian's gateway only; links keep the site's address."""
    handed = connector_context(tmp_path, environ={"T": "ATATT3"})
    jira = Jira(url=url, cloud_id=cloud_id, token=Secret("env:T"), email="ada@example.org", context=handed)
    client = jira.client()
    client.close()
    assert (client.session.service.url, jira.address) == (api, url.rstrip("/"))


def test_a_cursor_of_another_form_is_none():
    cursor = Cursor(on(8, 1), "x", ("y",), 0.0, "z", cloud=True, version="", epics=(), points=(), tickets={"1": ["a"]})
    assert Cursor.loads(cursor.dumps()) == cursor
    assert cursor.site == fields.Site(True, "", (), ())
    assert [Cursor.loads(each) for each in (None, "", "{", "[]", '{"at": 1}')] == [None] * 5
