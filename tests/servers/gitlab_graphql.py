"""GraphQL of the small GitLab: its limits on queries, its filters and its pages, by the schema in gitlab.graphql."""

from __future__ import annotations

import base64
import datetime as dt
import functools
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    Undefined,
    build_schema,
    execute,
    get_named_type,
)

from tests.servers.gitlab_world import Node, World
from tests.servers.ruby import invalid, parsed

COMPLEXITY = 250
CHARACTERS = 10_000
PAGE = 100

INCLUDE_ARCHIVED = "UserCore.authoredMergeRequests(includeArchived)"
NEWER: Mapping[str, str] = {
    "Query.issues(includeArchived)": "16.5",
    INCLUDE_ARCHIVED: "17.9",
    "UserCore.reviewRequestedMergeRequests(includeArchived)": "17.9",
    "Issue.closedAsDuplicateOf": "15.6",
    "WorkItemWidgetNotes.discussions(sort)": "16.2",
    "WorkItemWidgetStatus.status": "17.11",
    "WorkItemStatus.category": "18.0",
}
"""Fields and arguments by the version that brought them, or about that."""
ENTERPRISE: Sequence[str] = ("Issue.weight",)
"""What the Community Edition does not have, besides the type of a work item's status."""

CONSTANT: Mapping[str, int] = {
    "MergeRequest.mergedAt": 5, "MergeRequest.assignees": 5, "MergeRequest.labels": 5, "MergeRequest.reviewers": 5,
}  # fmt: skip
"""Fields with a complexity of their own (app/graphql/types/merge_request_type.rb)."""
GITALY = frozenset(
    {
        "MergeRequest.commitsWithoutMergeCommits", "MergeRequest.diffHeadSha", "MergeRequest.diffStats",
        "MergeRequest.diffStatsSummary",
        "WorkItemWidgetNotes.discussions",
    }
)  # fmt: skip
"""Fields that ask Gitaly, which adds one."""
RESOLVERS = frozenset(
    {
        "Query.issues", "Query.projects", "Query.users", "Group.mergeRequests", "Group.issues",
        "Project.mergeRequests", "Project.issues", "Project.releases", "Issue.labels",
        "Issue.notes", "MergeRequest.notes", "Project.workItems", "WorkItemWidgetNotes.discussions",
    }
)  # fmt: skip
"""Lists that a resolver makes, besides those of users: they cost more with the size of their page."""
USER_LISTS = frozenset({"authoredMergeRequests", "reviewRequestedMergeRequests", "assignedMergeRequests"})


def answer(world: World, query: str, variables: Mapping[str, Any]) -> Node:
    """What GitLab would answer to a query of a bearable length."""
    schema = schema_of(world.version, world.enterprise)
    if wrong := invalid(schema, query):
        return {"errors": wrong}
    if (score := complexity(schema, query, variables)) > COMPLEXITY:
        said = f"Query has complexity of {score}, which exceeds max complexity of {COMPLEXITY}"
        return {"errors": [{"message": said}]}
    done = execute(
        schema, parsed(query), root_value=world, variable_values=dict(variables), context_value={"score": score}
    )
    result: Node = {"data": done.data}
    if done.errors:
        result["errors"] = [{"message": each.message, "path": each.path} for each in done.errors]
    return result


def refused(message: str) -> GraphQLError:
    """An error beside the data."""
    return GraphQLError(message)


def complexity(schema: GraphQLSchema, query: str, variables: Mapping[str, Any]) -> int:
    """The complexity of a query by GitLab's formula.

    A field costs one (two where it asks Gitaly, or what it says) and what is below it. A list that a resolver makes
    costs what is below it and one, one more if sorted and five more for a search, and 1% of that more for each entry
    of its page, unless it is asked for by iids (app/graphql/types/base_field.rb, resolvers/base_resolver.rb).
    """
    document = parsed(query)
    fragments = {each.name.value: each for each in document.definitions if each.kind == "fragment_definition"}
    operation = next(each for each in document.definitions if isinstance(each, OperationDefinitionNode))
    declared = operation.variable_definitions or ()
    values = {each.variable.name.value: _given(each.default_value, {}) for each in declared} | dict(variables)

    def fields(kind: Any, sets: Iterable[Any]) -> dict[str, list[tuple[Any, FieldNode]]]:
        """Field nodes by the key they are answered under."""
        found: dict[str, list[tuple[Any, FieldNode]]] = {}
        for each in (selection for one in sets if one for selection in one.selections):
            if isinstance(each, FieldNode):
                found.setdefault(each.alias.value if each.alias else each.name.value, []).append((kind, each))
            else:
                below = fragments[each.name.value] if isinstance(each, FragmentSpreadNode) else each
                assert isinstance(below, InlineFragmentNode) or below.kind == "fragment_definition"
                on = schema.type_map[below.type_condition.name.value] if below.type_condition else kind
                for key, nodes in fields(on, [below.selection_set]).items():
                    found.setdefault(key, []).extend(nodes)
        return found

    def cost(kind: Any, sets: Iterable[Any]) -> int:
        return sum(_cost_of(nodes) for nodes in fields(kind, sets).values())

    def _cost_of(nodes: Sequence[tuple[Any, FieldNode]]) -> int:
        kind, node = nodes[0]
        if node.name.value == "__typename":
            return 1
        definition = kind.fields[node.name.value]
        below = cost(get_named_type(definition.type), [each.selection_set for _, each in nodes])
        given = {name: arg.default_value is not Undefined for name, arg in definition.args.items()}
        given |= {each.name.value: _given(each.value, values) for each in node.arguments or ()}
        return _field_cost(f"{kind.name}.{node.name.value}", given, below)

    return cost(schema.query_type, [operation.selection_set])


def _given(node: Any, values: Mapping[str, Any]) -> Any:
    """The value of an argument, as far as it matters to what a query costs."""
    if node is None or node.kind == "null_value":
        return None
    if node.kind == "variable":
        return values.get(node.name.value)
    return node.values if node.kind == "list_value" else getattr(node, "value", node)


def _field_cost(name: str, given: Mapping[str, Any], below: int) -> int:
    def has(argument: str) -> bool:
        return bool(given.get(argument))

    own = CONSTANT.get(name, 1) + (name in GITALY)
    if name not in RESOLVERS and name.rpartition(".")[2] not in USER_LISTS:
        return below + own
    total = below + 1 + has("sort") + 5 * has("search") + (name in GITALY)
    size = min([int(given[each]) for each in ("first", "last") if has(each)] + [PAGE])
    more = 0.05 if name == "WorkItemWidgetNotes.discussions" else 0.01
    return int(total * (1 if has("iid") or has("iids") else 1 + size * more))


def _page(entries: Sequence[Any], keys: Sequence[Any], first: Any, last: Any, after: Any, before: Any) -> Node:
    """A page by keys: what comes after a cursor is after it whatever was inserted since."""
    start, end = 0, len(entries)
    if after is not None:
        start = next((i for i, key in enumerate(keys) if key > _key(after)), len(keys))
    if before is not None:
        end = next((i for i, key in enumerate(keys) if key >= _key(before)), len(keys))
    if last is not None:
        start = max(end - min(last, PAGE), start)
    size = end - start if last is not None else min(PAGE if first is None else first, PAGE)
    stop = min(start + size, end)
    return {
        "count": len(entries), "nodes": list(entries[start:stop]),
        "pageInfo": {
            "hasNextPage": stop < len(entries), "hasPreviousPage": start > 0,
            "startCursor": _cursor(keys[start]) if stop > start else None,
            "endCursor": _cursor(keys[stop - 1]) if stop > start else None,
        },
    }  # fmt: skip


def _cursor(key: tuple[Any, ...]) -> str:
    return base64.b64encode(json.dumps(key).encode()).decode()


def _key(cursor: str) -> tuple[Any, ...]:
    try:
        return tuple(json.loads(base64.b64decode(cursor)))
    except ValueError:
        raise refused("Please provide a valid cursor") from None


def _connection(source: Any, info: Any, **given: Any) -> Any:
    """A list that a node has."""
    entries = source[info.field_name]
    return _paged(info.root_value, entries, [(number,) for number in range(len(entries))], given)


def _paged(world: World, entries: Sequence[Any], keys: Sequence[Any], given: Mapping[str, Any]) -> Node:
    made = _page(entries, keys, *(given.get(each) for each in ("first", "last", "after", "before")))
    made["nodes"] = [each for each in made["nodes"] if each.get("id") not in world.redacted]
    return made


def _notes(source: Any, info: Any, **given: Any) -> Any:
    notes = sorted(source["notes"], key=lambda each: (each["createdAt"], each["number"]))
    return _paged(info.root_value, notes, [(_stamp(each["createdAt"]), each["number"]) for each in notes], given)


def _sorted(world: World, entries: Iterable[Node], given: Mapping[str, Any]) -> Any:
    """Entries in the order asked for, as a page."""
    name, _, way = str(given.get("sort") or "CREATED_DESC").upper().rpartition("_")
    field = {"CREATED": "createdAt", "UPDATED": "updatedAt", "MERGED_AT": "mergedAt", "CLOSED_AT": "closedAt"}[name]
    sign, listed = 1 if way == "ASC" else -1, list(entries)
    keys = [(sign * (each[field].timestamp() if each[field] else 1e12), sign * each["number"]) for each in listed]
    order = sorted(range(len(listed)), key=keys.__getitem__)
    return _paged(world, [listed[each] for each in order], [keys[each] for each in order], given)


def _merge_requests(world: World, entries: Iterable[Node], given: Mapping[str, Any]) -> Any:
    if _has_empty_list(given):
        return _sorted(world, [], given)
    return _sorted(world, [each for each in entries if _is_wanted(world, each, given)], given)


def _is_wanted(world: World, item: Node, given: Mapping[str, Any]) -> bool:
    tests: dict[str, Callable[[Any], bool]] = {
        "state": lambda value: value in {"all", item["state"]},
        "iids": lambda value: item["iid"] in value,
        "iid": lambda value: item["iid"] == value,
        "authorUsername": lambda value: _same(item["author"], value),
        "reviewerUsername": lambda value: any(_same(each, value) for each in item["reviewers"]),
        "assigneeUsernames": lambda value: all(any(_same(who, one) for who in item["assignees"]) for one in value),
        "assigneeId": lambda value: value in {str(who["number"]) for who in item["assignees"]},
        "types": lambda value: item["type"] in value,
        "confidential": lambda value: item["confidential"] == value,
        "mergedBefore": lambda value: bool(item["mergedAt"]) and item["mergedAt"] <= _merged_before(world, value),
        "includeArchived": lambda value: value or not item["project"]["archived"],
    }  # fmt: skip
    for name in ("created", "updated", "merged", "closed"):
        at = item.get(f"{name}At")
        tests[f"{name}After"] = lambda value, at=at: at is not None and at >= value
        tests.setdefault(f"{name}Before", lambda value, at=at: at is not None and at <= value)
    return world.shows(item) and all(tests[key](value) for key, value in given.items() if key in tests)


def _merged_before(world: World, value: dt.datetime) -> dt.datetime:
    """The end of that day: `merged_before` in app/models/merge_request/metrics.rb."""
    return value.replace(hour=23, minute=59, second=59, microsecond=999999) if world.rounds_merged_before else value


def _has_empty_list(given: Mapping[str, Any]) -> bool:
    return any(isinstance(value, list) and not value for value in given.values())


def _same(user: Node | None, username: str) -> bool:
    return user is not None and user["username"].casefold() == username.casefold()


def _within(item: Node, path: str, subgroups: bool) -> bool:
    group = item["project"]["fullPath"].rpartition("/")[0]
    return group == path or (subgroups and group.startswith(f"{path}/"))


def _authored(source: Node, info: Any, **given: Any) -> Any:
    return _of_user(source, info, lambda item: item["author"]["number"] == source["number"], given)


def _requested(source: Node, info: Any, **given: Any) -> Any:
    return _of_user(
        source, info, lambda item: any(who["number"] == source["number"] for who in item["reviewers"]), given
    )


def _of_user(source: Node, info: Any, takes_part: Callable[[Node], bool], given: Mapping[str, Any]) -> Any:
    """A person's merge requests: none of a private profile; newer servers leave out archived projects by default."""
    world = info.root_value
    if source["private"] and source["username"] != world.viewer:
        return _sorted(world, [], given)
    where = given.get("projectPath") or given.get("projectId")
    if given.get("iids") and not where:
        raise refused("iids requires projectPath or projectId")
    given = {"includeArchived": not world.newer_than(NEWER[INCLUDE_ARCHIVED]), **given}
    own = [each for each in world.merge_requests if takes_part(each)]
    if where:
        own = [each for each in own if where in (each["project"]["fullPath"], each["project"]["id"])]
    return _merge_requests(world, own, given)


def _group_list(of: str) -> Callable[..., Any]:
    def resolve(source: Node, info: Any, includeSubgroups: bool = False, **given: Any) -> Any:  # noqa: N803
        entries = getattr(info.root_value, of)
        inside = [each for each in entries if _within(each, source["fullPath"], includeSubgroups)]
        return _merge_requests(info.root_value, inside, {"includeArchived": False} | given)

    return resolve


def _project_list(of: str) -> Callable[..., Any]:
    def resolve(source: Node, info: Any, **given: Any) -> Any:
        inside = [each for each in getattr(info.root_value, of) if each["project"] is source]
        return _merge_requests(info.root_value, inside, given)

    return resolve


def _project_one(of: str) -> Callable[..., Any]:
    def resolve(source: Node, info: Any, iid: str) -> Any:
        world = info.root_value
        inside = (each for each in getattr(world, of) if each["project"] is source and each["iid"] == iid)
        return next((each for each in inside if each["id"] not in world.redacted), None)

    return resolve


def _issues(world: World, info: Any, **given: Any) -> Any:
    """Issues anywhere: archived projects count where the argument is unknown (older), and must be asked for else."""
    if not any(value for key, value in given.items() if key not in {"sort", "first", "last", "after", "before"}):
        raise refused("You must provide at least one filter argument for this query")
    return _merge_requests(world, world.issues, given)


def _projects(world: World, info: Any, **given: Any) -> Any:
    entries = [each for each in world.projects.values() if world.shows(each)]
    if given.get("ids") is not None:
        entries = [each for each in entries if each["id"] in given["ids"]]
    return _by_number(world, entries, given)


def _work_items(source: Node, info: Any, **given: Any) -> Any:
    world = info.root_value
    inside = [each for each in world.issues if each["project"] is source and _is_wanted(world, each, given)]
    page = _sorted(world, inside, given)
    return page | {"nodes": [_as_work_item(world, each) for each in page["nodes"]]}


def _work_item(world: World, info: Any, id: str) -> Any:  # noqa: A002 - the argument's name
    wanted = (each for each in world.issues if each["number"] == int(id.rpartition("/")[2]))
    found = next((each for each in wanted if world.shows(each) and each["id"] not in world.redacted), None)
    return _as_work_item(world, found) if found else None


def _as_work_item(world: World, issue: Node) -> Node:
    """An issue as the work item it is, with the same number: all its activity, and its status where it has one."""
    widgets = [{"__typename": "WorkItemWidgetNotes", "type": "NOTES", "issue": issue}]
    if world.enterprise and world.newer_than("17.11"):
        widgets.append({"__typename": "WorkItemWidgetStatus", "type": "STATUS", "status": issue["status"]})
    return issue | {"__typename": "WorkItem", "id": f"gid://gitlab/WorkItem/{issue['number']}", "widgets": widgets}


def _discussions(source: Node, info: Any, **given: Any) -> Any:
    """Notes, and what is an event and looks like a note here: that an issue was closed or opened again."""
    world, issue = info.root_value, source["issue"]
    wanted = {"ONLY_ACTIVITY": (True,), "ONLY_COMMENTS": (False,)}.get(str(given.get("filter")), (True, False))
    notes = [each for each in (*issue["notes"], *_state_notes(world, issue)) if each["system"] in wanted]
    made = sorted(notes, key=lambda each: each["createdAt"], reverse=given.get("sort") == "CREATED_DESC")
    alone = [{"id": f"gid://gitlab/Discussion/{each['number']}", "notes": [each]} for each in made]
    return _paged(world, alone, [(number,) for number in range(len(made))], given)


def _state_notes(world: World, issue: Node) -> list[Node]:
    """Synthetic notes, whose ids are no numbers (app/models/state_note.rb)."""
    found = []
    for each in issue["states"]:
        body, closer = each["state"], each.get("source")
        if closer is not None:
            place = _reference_to(closer["project"], issue["project"])
            body += f" {'with' if world.newer_than('17.0') else 'via'} merge request {place}!{closer['iid']}"
        icon = "issue-close" if each["state"] == "closed" else "issues"
        found.append(
            {
                "id": f"gid://gitlab/StateNote/{each['number']:040x}", "number": each["number"], "body": body,
                "createdAt": each["at"], "updatedAt": each["at"], "author": each["user"], "system": True,
                "systemNoteIconName": icon, "position": None, "internal": False, "resolvable": False,
                "resolved": False, "url": None,
            }
        )  # fmt: skip
    return found


def _reference_to(project: Node, here: Node) -> str:
    """A project as a reference names it: not at all within it, by its own name within its group, else by its path."""
    if project is here:
        return ""
    same = project["fullPath"].rpartition("/")[0] == here["fullPath"].rpartition("/")[0]
    return str(project["path"] if same else project["fullPath"])


def _by_number(world: World, entries: Iterable[Node], given: Mapping[str, Any]) -> Any:
    made = sorted(entries, key=lambda each: -each["number"])
    return _paged(world, made, [(-each["number"],) for each in made], given)


def _users(world: World, info: Any, **given: Any) -> Any:
    entries = list(world.users.values())
    if given.get("usernames") is not None:
        wanted = {each.casefold() for each in given["usernames"]}
        entries = [each for each in entries if each["username"].casefold() in wanted]
    if given.get("ids") is not None:
        entries = [each for each in entries if each["id"] in given["ids"] or str(each["number"]) in given["ids"]]
    return _by_number(world, entries, given)


def _user(world: World, info: Any, **given: Any) -> Any:
    found = (each for each in world.users.values())
    if given.get("id"):
        return next((each for each in found if each["id"] == given["id"]), None)
    return next((each for each in found if _same(each, given["username"])), None)


def _by_path(of: str) -> Callable[..., Any]:
    def resolve(world: World, info: Any, fullPath: str) -> Any:  # noqa: N803 - the argument's name
        wanted = fullPath.casefold()
        found = next((each for path, each in getattr(world, of).items() if path.casefold() == wanted), None)
        return found if found and world.shows(found) else None

    return resolve


def _by_id(of: str) -> Callable[..., Any]:
    def resolve(world: World, info: Any, id: str) -> Any:  # noqa: A002 - the argument's name
        found = next((each for each in getattr(world, of) if each["id"] == id), None)
        return found if found and world.shows(found) and id not in world.redacted else None

    return resolve


def _reference(source: Node, info: Any, full: bool = False) -> str:
    return f"{source['project']['fullPath'] if full else ''}#{source['iid']}"


def _commits(source: Node, info: Any, **given: Any) -> Any:
    """The commits of a merge request, the newest first: those in `commits`, else its head alone."""
    shas = source.get("commits") or [source["diffHeadSha"]]
    nodes = [{"id": f"gid://gitlab/CommitPresenter/{sha}", "sha": sha, "title": "Work"} for sha in shas]
    return _paged(info.root_value, nodes, [(number,) for number in range(len(nodes))], given)


def _metadata(world: World, info: Any) -> Node:
    return {"version": world.version, "revision": "abcdef01234", "enterprise": world.enterprise}


def _me(world: World, info: Any) -> Any:
    return world.user(world.viewer) if world.viewer else None


def _project_group(source: Node, info: Any) -> Any:
    return info.root_value.groups.get(source["fullPath"].rpartition("/")[0])


def _stamp(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="microseconds")


def _moment(value: dt.datetime) -> str:
    return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _read_time(value: Any) -> dt.datetime:
    made = dt.datetime.fromisoformat(value)
    return made if made.tzinfo else made.replace(tzinfo=dt.UTC)


@functools.cache
def schema_of(version: str, enterprise: bool) -> GraphQLSchema:
    """The schema of a server of this version and edition."""
    known = World(version=version)
    text = (Path(__file__).parent / "gitlab.graphql").read_text(encoding="utf-8")
    if not known.newer_than("17.8"):
        text = text.replace("status: WorkItemStatus }", "status: String }")
    elif not enterprise:
        text = re.sub("type WorkItemWidgetStatus .*", "", text)
    schema = build_schema(text)
    schema.type_map["Time"].coerce_output_value = _moment
    schema.type_map["Time"].coerce_input_value = _read_time
    schema.type_map["Time"].coerce_input_literal = lambda node, *_: _read_time(node.value)
    missing = [path for path, since in NEWER.items() if not known.newer_than(since)]
    for path in (*missing, *(() if enterprise else ENTERPRISE)):
        if path != "WorkItemWidgetStatus.status" or known.newer_than("17.8"):
            _take_away(schema, path)
    for name, resolve in _RESOLVE.items():
        kind, _, field = name.partition(".")
        if field in schema.type_map[kind].fields:
            schema.type_map[kind].fields[field].resolve = resolve
    for kind in schema.type_map.values():
        for name, each in getattr(kind, "fields", {}).items():
            is_list = str(getattr(each, "type", "")).rstrip("!").endswith("Connection")
            if is_list and f"{kind.name}.{name}" not in _RESOLVE:
                each.resolve = _connection
    return schema


def _take_away(schema: GraphQLSchema, path: str) -> None:
    kind, _, rest = path.partition(".")
    if kind not in schema.type_map:
        return
    field, _, argument = rest.rstrip(")").partition("(")
    if argument:
        del schema.type_map[kind].fields[field].args[argument]
    elif hasattr(schema.type_map[kind], "values"):
        del schema.type_map[kind].values[field]
    else:
        del schema.type_map[kind].fields[field]


_RESOLVE: dict[str, Callable[..., Any]] = {
    "Query.metadata": _metadata, "Query.currentUser": _me, "Query.user": _user, "Query.users": _users,
    "Query.queryComplexity": lambda world, info: {"score": info.context["score"], "limit": COMPLEXITY},
    "Query.project": _by_path("projects"), "Query.projects": _projects, "Query.group": _by_path("groups"),
    "Query.issue": _by_id("issues"), "Query.mergeRequest": _by_id("merge_requests"), "Query.issues": _issues,
    "Group.mergeRequests": _group_list("merge_requests"), "Group.issues": _group_list("issues"),
    "Project.group": _project_group,
    "Project.mergeRequests": _project_list("merge_requests"), "Project.issues": _project_list("issues"),
    "Project.mergeRequest": _project_one("merge_requests"), "Project.issue": _project_one("issues"),
    "Project.workItems": _work_items, "Query.workItem": _work_item, "WorkItemWidgetNotes.discussions": _discussions,
    "MergeRequest.commitsWithoutMergeCommits": _commits,
    "MergeRequest.squashOnMerge": lambda source, info: source["squash"],
    "MergeRequest.notes": _notes, "Issue.notes": _notes, "Issue.reference": _reference,
    "MergeRequest.projectId": lambda source, info: source["project"]["number"],
    "MergeRequest.approved": lambda source, info: bool(source["approvedBy"]),
    "UserCore.authoredMergeRequests": _authored, "UserCore.reviewRequestedMergeRequests": _requested,
}  # fmt: skip
