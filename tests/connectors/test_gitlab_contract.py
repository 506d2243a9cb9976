"""What we send, and what our small server claims, against GitLab's own schema of 2022 and what came since."""

from __future__ import annotations

import functools
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    GraphQLSchema,
    NoDeprecatedCustomRule,
    build_client_schema,
    build_schema,
    is_specified_scalar_type,
    parse,
    validate,
)
from graphql.type import is_introspection_type

from tests.connectors.gitlab_documents import examples

pytestmark = pytest.mark.contract
ROOT = Path(__file__).parent.parent.parent
PACKAGE = Path("node_modules", "gitlab-graphql-types", "graphql.schema.json")
VARIABLE = "GITLAB_SCHEMA"

DOCS = "https://docs.gitlab.com/api/graphql/reference/"
TYPES = "https://gitlab.com/gitlab-org/gitlab/-/blob/master/app/graphql/types/"
RESOLVERS = "https://gitlab.com/gitlab-org/gitlab/-/blob/master/app/graphql/resolvers/"
NEWER = {
    "Issue.closedAsDuplicateOf": f"{TYPES}issue_type.rb",
    "IssueType": f"{DOCS}#issuetype",
    "Metadata.enterprise": f"{DOCS}#metadata",
    "Note.author": f"{TYPES}notes/base_note_interface.rb",
    "NotesFilterType": f"{TYPES}work_items/notes_filter_type_enum.rb",
    "Project.workItems": f"{DOCS}#projectworkitems",
    "Query.issues": f"{DOCS}#queryissues",
    "UserCore.authoredMergeRequests(includeArchived)": f"{RESOLVERS}user_merge_requests_resolver_base.rb",
    "UserCore.reviewRequestedMergeRequests(includeArchived)": f"{RESOLVERS}user_merge_requests_resolver_base.rb",
    "WorkItem.widgets": f"{DOCS}#workitem",
    "WorkItemConnection": f"{DOCS}#workitemconnection",
    "WorkItemDiscussionsSort": f"{TYPES}work_items/discussions_sort_enum.rb",
    "WorkItemSort": f"{DOCS}#workitemsort",
    "WorkItemStatus": f"{TYPES}work_items/status_type.rb",
    "WorkItemStatusCategoryEnum": f"{TYPES}work_items/status_category_enum.rb",
    "WorkItemWidget": f"{TYPES}work_items/widget_interface.rb",
    "WorkItemWidgetNotes": f"{TYPES}work_items/widgets/notes_type.rb",
    "WorkItemWidgetStatus": f"{TYPES}work_items/widgets/status_type.rb",
    "WorkItemWidgetType": f"{DOCS}#workitemwidgettype",
}
"""What is newer than the schema of 2022, or otherwise since, and is asked for or claimed, with where it is written."""
DEPRECATED = {
    "Note.confidential": "15.5: internal",
    "Note.systemNoteMetadata": "an experiment",
    "MergeRequest.mergeStatus": "14.0: mergeStatusEnum",
    "MergeRequest.approvalsLeft": "of the Enterprise Edition",
    "Issue.alertManagementAlert": "15.6: alertManagementAlerts",
    "UserCore.email": "13.7: publicEmail",
    "Project.tagList": "13.12: topics",
}
"""What 16.0 calls deprecated, or what not all servers have, which is not to be asked for; with the reason."""
_UNKNOWN = re.compile(
    r"Cannot query field '(?P<field>\w+)' on type '(?P<kind>\w+)'|Unknown type '(?P<type>\w+)'"
    r"|Unknown argument '(?P<argument>\w+)' on field '(?P<of>\w+\.\w+)'"
)


@functools.cache
def official() -> GraphQLSchema:
    """GitLab's schema of 2022 from npm."""
    path = Path(os.environ.get(VARIABLE) or ROOT / PACKAGE)
    if not path.is_file():
        words = f"NOT CHECKED AGAINST GITLAB'S SCHEMA: {path} is not there. `make contract` gets it with npm."
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    found = json.loads(path.read_text(encoding="utf-8"))
    return build_client_schema(found.get("data", found), assume_valid=True)


@functools.cache
def claimed() -> GraphQLSchema:
    """The schema of our small server, without what it changes for older ones."""
    return build_schema((ROOT / "tests" / "servers" / "gitlab.graphql").read_text(encoding="utf-8"))


def unknown(document: str) -> set[str]:
    """What a document asks for that GitLab did not have in 2022, by name; fails where it is wrong in another way."""
    found = set()
    for each in validate(official(), parse(document)):
        match = _UNKNOWN.match(each.message)
        assert match, each.message
        name = match["type"] or (f"{match['kind']}.{match['field']}" if match["kind"] else "")
        found.add(name or f"{match['of']}({match['argument']})")
    return found


@pytest.mark.parametrize("name", examples())
def test_gitlab_understands_what_we_ask(name):
    """By its schema of 2022, but for what is listed; below that by the schema of our server, which is checked, too."""
    assert unknown(examples()[name]) <= set(NEWER)
    assert [each.message for each in validate(claimed(), parse(examples()[name]))] == []


@pytest.mark.parametrize("name", examples())
def test_we_ask_gitlab_for_nothing_deprecated(name):
    assert [each.message for each in validate(official(), parse(examples()[name]), [NoDeprecatedCustomRule])] == []


def test_the_small_gitlab_has_nothing_deprecated():
    """So a document that asks for it is refused there."""
    for path in DEPRECATED:
        kind, _, name = path.partition(".")
        assert name not in claimed().type_map[kind].fields, path


def test_the_small_gitlab_claims_what_gitlab_has():
    """Each type, field, argument and value, with the same nullability; what is newer is listed, and nothing else."""
    assert set(_differences(claimed(), official())) == set(NEWER)


def _differences(ours: GraphQLSchema, theirs: GraphQLSchema) -> Iterator[str]:
    for kind in ours.type_map.values():
        if is_introspection_type(kind) or is_specified_scalar_type(kind):
            continue
        known = theirs.type_map.get(kind.name)
        if known is None or not set(getattr(kind, "values", {})) <= set(getattr(known, "values", {})):
            yield kind.name
            continue
        for name, each in getattr(kind, "fields", {}).items():
            other = known.fields.get(name)
            if other is None or str(other.type) != str(each.type):
                yield f"{kind.name}.{name}"
                continue
            for argument, value in getattr(each, "args", {}).items():
                if argument not in other.args or str(other.args[argument].type) != str(value.type):
                    yield f"{kind.name}.{name}({argument})"
