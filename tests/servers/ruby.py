"""What GraphQL servers that run on graphql-ruby, as GitHub's and GitLab's do, say to a query they cannot run."""

from __future__ import annotations

import functools
import re
from typing import Any

from graphql import DocumentNode, GraphQLSchema, parse, validate

_INVALID: dict[tuple[int, str], list[dict[str, Any]]] = {}


@functools.cache
def parsed(text: str) -> DocumentNode:
    """A document, parsed once."""
    return parse(text)


def invalid(schema: GraphQLSchema, text: str) -> list[dict[str, Any]]:
    """The errors of a document that does not fit the schema, found once."""
    key = id(schema), text
    if key not in _INVALID:
        _INVALID[key] = [as_ruby(each.message) for each in validate(schema, parsed(text))]
    return _INVALID[key]


def as_ruby(message: str) -> dict[str, Any]:
    """A refusal in the words and with the codes of graphql-ruby."""
    if found := re.match(r"Unknown argument '(\w+)' on field '(\w+)\.(\w+)'", message):
        argument, _, name = found.groups()
        said = f"Field '{name}' doesn't accept argument '{argument}'"
        more = {"code": "argumentNotAccepted", "name": name, "typeName": "Field", "argumentName": argument}
    elif found := re.match(r"Cannot query field '(\w+)' on type '(\w+)'", message):
        name, kind = found.groups()
        said = f"Field '{name}' doesn't exist on type '{kind}'"
        more = {"code": "undefinedField", "typeName": kind, "fieldName": name}
    elif found := re.match(r"Unknown type '(\w+)'", message):
        said = f"No such type {found[1]}, so it can't be a fragment condition"
        more = {"code": "undefinedType", "typeName": found[1]}
    elif found := re.match(r"Field '(\w+)' must not have a selection since type '(\w+)'", message):
        said = f"Selections can't be made on scalars (field '{found[1]}' returns {found[2]} but has selections)"
        more = {"code": "selectionMismatch", "nodeName": f"field '{found[1]}'", "typeName": found[2]}
    elif found := re.match(r"Fragment '(\w+)' is never used", message):
        said = f"Fragment {found[1]} was defined, but not used"
        more = {"code": "useAndDefineFragment", "fragmentName": found[1]}
    else:
        said, more = message, {"code": "variableMismatch"}
    return {"message": said, "extensions": more}
