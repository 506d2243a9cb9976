"""The shape of the code: imports point one way, modules stay small, the library does not print."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import harvester

ROOT = Path(__file__).parent.parent
PACKAGES = {"harvester": "harvester", "connectors": "harvester.connectors", "reports": "harvester.reports"}
MODULES = sorted(path for folder in PACKAGES for path in (ROOT / folder).rglob("*.py"))
LINES = 400


def name_of(path: Path) -> str:
    """The dotted name a module is installed under."""
    folder, *rest = path.relative_to(ROOT).with_suffix("").parts
    parts = [PACKAGES[folder], *rest]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path) -> Iterator[str]:
    """The absolute names that a module imports, anywhere in it."""
    package = name_of(path) if path.name == "__init__.py" else name_of(path).rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package.split(".")[: len(package.split(".")) - node.level + 1]) if node.level else ""
            module = ".".join(each for each in (base, node.module) if each)
            yield from (f"{module}.{each.name}" for each in node.names)


def below(name: str, *packages: str) -> bool:
    """Whether a name is one of these packages or in one."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def test_imports_are_read_as_they_are_written():
    """The tests below see nothing where this reader sees nothing."""
    assert "harvester.version.VERSION" in set(imported(ROOT / "harvester" / "__init__.py"))
    assert "harvester.errors.WindowError" in set(imported(ROOT / "harvester" / "windows.py"))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_one_way(path):
    """connectors → harvester ← reports, and neither knows the other."""
    folder = path.relative_to(ROOT).parts[0]
    forbidden = [package for own, package in PACKAGES.items() if own not in {folder, "harvester"}]
    forbidden += ["connectors", "reports"]
    if folder != "harvester":
        forbidden.append("harvester.cli")
    assert [name for name in imported(path) if below(name, *forbidden)] == []


def test_only_the_command_knows_the_command():
    core = [path for path in MODULES if not below(name_of(path), "harvester.cli", "harvester.__main__")]
    assert [
        str(path) for path in core for name in imported(path) if below(name, "harvester.cli", "click", "rich")
    ] == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_modules_stay_small_enough_to_be_read(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LINES


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_says_in_one_sentence_what_it_is_for(path):
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert text
    assert text.splitlines()[0].endswith((".", "?"))


@pytest.mark.parametrize("path", [path for path in MODULES if "cli" not in path.parts], ids=name_of)
def test_the_library_neither_prints_nor_exits(path):
    calls = [node.func for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    named = {ast.unparse(each) for each in calls}
    assert named & {"print", "input", "exit", "quit", "sys.exit", "os._exit"} == set()


def test_the_public_names_are_these():
    assert harvester.__all__ == ["VERSION"]
    assert all(hasattr(harvester, name) for name in harvester.__all__)


def test_tests_are_where_pytest_finds_them():
    tests = [path for path in (ROOT / "tests").rglob("*.py") if "def test_" in path.read_text(encoding="utf-8")]
    assert [path.name for path in tests if not path.name.startswith("test_")] == []
