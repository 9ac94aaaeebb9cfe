"""A changed function is tried on tests that are already collected; all else needs a new import."""

import importlib
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = """
from functools import lru_cache

LIMIT = 3


class Belt:
    least = 1

    def is_fast(self, speed: int, by: int = 0) -> bool:
        return speed - by > LIMIT


@lru_cache
def double(speed: int) -> int:
    return 2 * speed
"""
TESTS = """
import gc

from belt import Belt, double

gc.freeze()  # as after every collection of tests

def test_fast() -> None:
    assert Belt().is_fast(4)

def test_double() -> None:
    assert double(2) == 4

def test_endless() -> None:
    while double(1) != 2:
        pass
"""
ASK = """
import json, sys
from collections.abc import Sequence
from pathlib import Path
import screening, trial
path, source, tests, *codes = json.load(sys.stdin)
screen = screening.Screen([*(part for part in trial.PLAIN if part != "-x"), *tests[0]])
for code in codes:
    print(screen.fails(Path(path), source, code, dict.fromkeys(tests[1], 0.0)))
"""


@pytest.fixture
def screening(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT / "scripts")
    return importlib.import_module("screening")


@pytest.mark.parametrize(
    ("before", "after", "functions"),
    [
        ("", "", []),
        ("> LIMIT", ">= LIMIT", ["is_fast"]),
        ("2 * speed", "3 * speed", ["double"]),
        ("LIMIT = 3", "LIMIT = 4", None),
        ("least = 1", "least = 2", None),
        ("by: int = 0", "by: int = 1", None),
        ("@lru_cache", "", None),
    ],
)
def test_only_changes_within_functions_need_no_new_import(
    screening: ModuleType, before: str, after: str, functions: list[str] | None
) -> None:
    code = SOURCE.replace(before, after)
    if functions is None:
        with pytest.raises(screening.FreshImportError):
            screening.functions_changed(Path("belt.py"), SOURCE, code)
        return
    found = screening.functions_changed(Path("belt.py"), SOURCE, code)
    assert [new.co_name for _, new in found] == functions


def test_screening_runs_only_the_given_tests_and_leaves_no_trace(tmp_path: Path) -> None:
    path, tests = tmp_path / "belt.py", tmp_path / "test_belt.py"
    path.write_text(SOURCE)
    tests.write_text(TESTS)
    slower = SOURCE.replace("> LIMIT", "> LIMIT + 1")
    wrong = SOURCE.replace("2 * speed", "3 * speed")
    names = ["test_belt.py::test_fast", "test_belt.py::test_double"]
    both = [["test_belt.py"], names]
    asked = (str(path), SOURCE, both, slower, SOURCE, wrong)
    assert ask(tmp_path, asked) == ["True", "False", "True"]
    one = [["test_belt.py"], names[:1]]
    assert ask(tmp_path, (str(path), SOURCE, one, slower, SOURCE, wrong)) == [
        "True",
        "False",
        "False",
    ]


def test_endless_mutant_counts_as_failed(tmp_path: Path) -> None:
    path, tests = tmp_path / "belt.py", tmp_path / "test_belt.py"
    path.write_text(SOURCE)
    tests.write_text(TESTS)
    asked = [
        str(path),
        SOURCE,
        [["test_belt.py"], ["test_belt.py::test_endless"]],
        SOURCE.replace("2 * speed", "3 * speed"),
    ]
    assert ask(tmp_path, asked) == ["True"]


def test_uncollectable_tests_do_not_screen_a_mutant(tmp_path: Path) -> None:
    asked = [str(tmp_path / "belt.py"), SOURCE, [["test_missing.py"], ["test_missing.py::x"]], ""]
    assert ask(tmp_path, asked) == ["False"]


def ask(place: Path, asked: Sequence[object]) -> list[str]:
    """Return the answers of a screen in its own process."""
    (place / "pytest.ini").write_text("[pytest]\n")
    answer = subprocess.run(
        (sys.executable, "-W", "ignore", "-c", ASK),
        input=json.dumps(asked),
        env=os.environ
        | {"PYTHONPATH": f"{ROOT / 'scripts'}:{place}", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        cwd=place,
        capture_output=True,
        text=True,
        check=True,
    )
    return answer.stdout.split()
