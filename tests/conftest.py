"""What tests of several modules share: plugins installed as anyone would install them."""

import gc
import importlib
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# A shell that starts the tests in the background has them ignore interrupts, and what they start too; some of them
# interrupt, and would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# `make soak` looks longer, `make mutants` only briefly; no test fails for being slow on a busy machine.
settings.register_profile("quick", deadline=None, max_examples=50)
settings.register_profile("soak", deadline=None, max_examples=5000)
settings.register_profile("mutants", deadline=None, max_examples=15, derandomize=True, database=None)
settings.load_profile("quick")


def pytest_collection_finish() -> None:
    """Have Python look for cycles as seldom as the command does, and not among what was imported."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


GUIDE = Path(__file__).parent.parent / "docs" / "writing-a-connector.md"


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a language in a Markdown page."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture
def install(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Installs a package of one module for one test: its name, its text, its plugins (connectors by default)."""

    def installed(module: str, text: str, group: str = "harvester.connectors", **plugins: str) -> Path:
        place = tmp_path_factory.mktemp("site")
        (place / f"{module}.py").write_text(text, encoding="utf-8")
        info = place / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n", encoding="utf-8")
        points = "".join(f"{name} = {value}\n" for name, value in plugins.items())
        (info / "entry_points.txt").write_text(f"[{group}]\n{points}", encoding="utf-8")
        monkeypatch.syspath_prepend(place)
        monkeypatch.delitem(sys.modules, module, raising=False)
        importlib.invalidate_caches()
        return place

    return installed


@pytest.fixture
def diary(install: Callable[..., Path]) -> Path:
    """The connector of the guide, installed."""
    return install("harvester_diary", blocks(GUIDE, "python")[0], diary="harvester_diary:Diary")
