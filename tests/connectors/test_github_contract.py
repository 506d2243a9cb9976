"""What we send, and what our small server claims, against GitHub's own schema (`make contract`)."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import pytest
from graphql import GraphQLSchema, NoDeprecatedCustomRule, build_schema, parse, validate
from graphql.type import is_introspection_type, is_specified_scalar_type

from harvester.connectors.github import graphql

pytestmark = pytest.mark.contract
ROOT = Path(__file__).parent.parent.parent
PACKAGE = Path("node_modules", "@octokit", "graphql-schema", "schema.graphql")
VARIABLE = "GITHUB_SDL"


@functools.cache
def official() -> GraphQLSchema:
    """GitHub's schema from npm. It is taken as it is: one type in it defines a field twice."""
    path = Path(os.environ.get(VARIABLE) or ROOT / PACKAGE)
    if not path.is_file():
        words = f"NOT CHECKED AGAINST GITHUB'S SCHEMA: {path} is not there. `make contract` gets it with npm."
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    return build_schema(path.read_text(encoding="utf-8"), assume_valid=True, assume_valid_sdl=True)


def examples() -> dict[str, str]:
    """Every shape of document that is ever sent, to validate them against GitHub's schema."""
    owned: dict[str, tuple[str, ...]] = {
        "PullRequest": ("labels", "files", "closingIssuesReferences", "reviews", "comments", "assignees")
    }
    owned |= {"Issue": ("assignees", "labels", "comments"), "Repository": ("releases",)}
    found = {f"rest of {kind}.{name}": graphql.rest([(kind, name)]) for kind, names in owned.items() for name in names}
    found |= {f"search of {shape}": graphql.searches([shape]) for shape in (*graphql.RESULTS, "Names", "Ids")}
    found |= {f"{shape} by id": graphql.by_id(shape) for shape in graphql.RESULTS}
    return found | {
        "searches together": graphql.searches(["PullRequests", "PullRequests", "Issues", "Conversations"]),
        "survey": graphql.survey(2, 2, 2, 2, 2, 2),
        "users by id": graphql.users_by_id(),
        "releases": graphql.releases(2),
        "identity": graphql.identity(),
    }


@pytest.mark.parametrize("name", examples())
def test_github_understands_what_we_ask(name):
    assert [each.message for each in validate(official(), parse(examples()[name]))] == []


@pytest.mark.parametrize("name", examples())
def test_we_ask_for_nothing_that_github_will_take_away(name):
    assert [each.message for each in validate(official(), parse(examples()[name]), [NoDeprecatedCustomRule])] == []


def test_the_small_server_claims_only_what_github_has():
    """Each type, field and argument with the same nullability, so that what it refuses GitHub refuses."""
    schema = official()
    ours = build_schema((ROOT / "tests" / "servers" / "github.graphql").read_text(encoding="utf-8"))
    for kind in ours.type_map.values():
        if is_introspection_type(kind) or is_specified_scalar_type(kind):
            continue
        theirs = schema.type_map[kind.name]
        for name, each in getattr(kind, "fields", {}).items():
            assert str(each.type) == str(theirs.fields[name].type), f"{kind.name}.{name}"
            for argument, value in getattr(each, "args", {}).items():
                assert str(value.type) == str(theirs.fields[name].args[argument].type), (
                    f"{kind.name}.{name}({argument})"
                )
        assert set(getattr(kind, "values", {})) <= set(getattr(theirs, "values", {})), kind.name
        assert {each.name for each in getattr(kind, "types", ())} <= {
            each.name for each in getattr(theirs, "types", ())
        }
