"""The shape of the code: imports point down, without circles; the library does not print."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import harvester

ROOT = Path(__file__).parent.parent
PACKAGES = {"harvester": "harvester", "connectors": "harvester.connectors", "reports": "harvester.reports"}
MODULES = sorted(path for folder in PACKAGES for path in (ROOT / folder).rglob("*.py"))
FLOORS = (
    {"errors", "text", "version"},
    {"files"},
    {"model"},
    {"sdk", "notebook"},
    {"config", "ledger", "analysis"},
    {"goals", "harvesting", "ladders"},
    {"grouping"},
    {"reporting"},
    {"publishing"},
    {"workspace"},
    {"engine"},
    {"api"},
    {"cli"},
    {"__main__"},
)
"""What is above what, from the ground up: a package imports only from floors below its own, or from itself."""
PLUGINS = {
    "harvester.connectors": {"errors", "text", "files", "version", "model", "sdk"},
    "harvester.reports": {
        "errors",
        "text",
        "files",
        "version",
        "model",
        "sdk",
        "analysis",
        "goals",
        "grouping",
        "reporting",
    },
}
"""What connectors and reports may import of harvester."""
BESIDE = {("connectors/notebook.py", "notebook")}
"""The connector of the notebook reads what the package of the notebook parses."""


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


def part_of(name: str) -> str:
    """The part of harvester that a dotted name is in: `ledger` of `harvester.ledger.links`; '' of none."""
    return name.split(".")[1] if name.startswith("harvester.") else ""


def upward(path: Path) -> list[str]:
    """What a module imports of harvester from its own floor or one above it."""
    own = part_of(name_of(path))
    height = next(number for number, parts in enumerate(FLOORS) if own in parts)
    allowed = {own}.union(*FLOORS[:height])
    return [name for name in imported(path) if part_of(name) not in {"", *allowed}]


CORE = [path for path in MODULES if part_of(name_of(path)) not in {"connectors", "reports", ""}]


def test_imports_are_read_as_they_are_written():
    """The tests below see nothing where this reader sees nothing."""
    assert "harvester.version.VERSION" in set(imported(ROOT / "harvester" / "__init__.py"))
    assert "harvester.errors.PeriodError" in set(imported(ROOT / "harvester" / "model" / "periods.py"))


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_no_import_points_upward(path):
    """errors, text, files → model → sdk, notebook → config, ledger, analysis → goals, … → grouping → … → cli."""
    assert upward(path) == []


@pytest.mark.parametrize("path", [path for path in MODULES if path not in CORE], ids=name_of)
def test_plugins_use_what_is_meant_for_them(path):
    """connectors → sdk, model; reports → reporting, goals, analysis; neither knows the other."""
    own = next((package for package in PLUGINS if below(name_of(path), package)), None)
    wrong = [
        name
        for name in imported(path)
        if own
        and part_of(name)
        and not below(name, own)
        and part_of(name) not in PLUGINS[own]
        and (path.relative_to(ROOT).as_posix(), part_of(name)) not in BESIDE
    ]
    assert wrong == []


def test_no_module_needs_itself():
    """Among modules, imports inside functions included, there is no circle."""
    names = {name_of(path) for path in MODULES}
    needs = {
        name_of(path): {
            module
            for each in imported(path)
            for module in (each, each.rpartition(".")[0])
            if module in names and module != name_of(path)
        }
        for path in MODULES
        if path.name != "__init__.py"
    }
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        pytest.fail(f"a circle: {' → '.join(error.args[1])}")


LIBRARY = [path for path in MODULES if not below(name_of(path), "harvester.cli")]


def test_only_the_command_knows_the_terminal():
    """click and rich are imported below harvester.cli and nowhere else."""
    assert [str(path) for path in LIBRARY for name in imported(path) if below(name, "click", "rich")] == []


@pytest.mark.parametrize("path", LIBRARY, ids=name_of)
def test_the_library_touches_no_standard_stream(path):
    """No module outside harvester.cli names sys.stdout, sys.stderr or sys.stdin, or calls what a terminal offers."""
    nodes = [each for each in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(each, ast.Attribute)]
    assert {ast.unparse(each) for each in nodes} & {"sys.stdout", "sys.stderr", "sys.stdin"} == set()
    assert {each.attr for each in nodes} & {"echo", "echo_json", "isatty", "console"} == set()


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
    """The four functions of the Python API, the version, and the class of every error."""
    assert harvester.__all__ == ["VERSION", "HarvesterError", "claims", "harvest", "load", "report"]
    assert all(hasattr(harvester, name) for name in harvester.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = harvester.nothing


def test_importing_harvester_is_light():
    """No library is imported before a function of the API is used."""
    heavy = {"pandas", "pyarrow", "deltalake", "pydantic", "jinja2", "rich", "numpy", "click", "github", "requests"}
    script = f"import sys, harvester; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_tests_are_where_pytest_finds_them():
    tests = [path for path in (ROOT / "tests").rglob("*.py") if "def test_" in path.read_text(encoding="utf-8")]
    assert [path.name for path in tests if not path.name.startswith("test_")] == []
