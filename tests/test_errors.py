"""The tree of errors is drawn once, and drawn right."""

import re

import pytest

from harvester import errors
from harvester.errors import HarvesterError


def drawn():
    """Each class in the docstring's tree with the class it hangs below."""
    above: dict[int, str] = {}
    for line in errors.__doc__.splitlines():
        if found := re.match(r"    ([│ ]*(?:[├└]── )?)(\w+Error)\b", line):
            depth = len(found[1]) // 4
            above[depth] = found[2]
            yield found[2], above.get(depth - 1)


def test_the_tree_in_the_docstring_is_right():
    """It is that of the classes."""
    classes = {name: each for name, each in vars(errors).items() if isinstance(each, type)}
    assert dict(drawn()) == {
        name: None if each is HarvesterError else each.__base__.__name__ for name, each in classes.items()
    }


@pytest.mark.parametrize("name", [name for name, _ in drawn()])
def test_an_error_has_a_message_and_a_hint(name):
    """What was tried, and what to do next."""
    error = getattr(errors, name)("There is no 'x'.", hint="Try 'y'.")
    assert (error.message, error.hint, str(error)) == ("There is no 'x'.", "Try 'y'.", "There is no 'x'.\nTry 'y'.")
    assert str(getattr(errors, name)("There is no 'x'.")) == "There is no 'x'."
    assert type(error).__doc__
