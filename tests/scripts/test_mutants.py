"""`make mutants` takes a mutant for noticed only where a test has failed, or nothing can be read.

The tests that it asks here are made up, and pytest is its own: in processes as it starts them.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
AXIS = ROOT / "bridge" / "guard" / "axis.py"
ASK = """
import json, sys
from pathlib import Path
import mutants
path, code, *tests = json.load(sys.stdin)
try:
    print("survives" if mutants.survives(Path(path), code, tests, 60.0) else "killed")
except mutants.NotAskedError as error:
    print(error)
"""


def ask(tmp_path: Path, tests: str, name: str = "", code: str | None = None) -> str:
    """What becomes of a mutant of one module, by these tests or the one of that name."""
    file = tmp_path / "test_made_up.py"
    file.write_text(tests)
    wanted = f"{file}::{name}" if name else str(file)
    answer = subprocess.run(
        (sys.executable, "-W", "ignore", "-c", ASK),
        input=json.dumps([str(AXIS), AXIS.read_text() if code is None else code, wanted]),
        env={
            **os.environ,
            "PYTHONPATH": f"{ROOT / 'scripts'}",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return answer.stdout.strip()


GOOD = "def test_it() -> None:\n    assert True\n"
BAD = GOOD.replace("True", "False")


@pytest.mark.parametrize(
    ("tests", "code", "becomes"),
    [
        pytest.param(GOOD, None, "survives", id="no test fails"),
        pytest.param(BAD, None, "killed", id="a test fails"),
        pytest.param(f"1 / 0\n{GOOD}", None, "killed", id="the tests cannot be read"),
        pytest.param(GOOD, "1 / 0", "killed", id="the guard cannot be imported"),
    ],
)
def test_a_mutant_is_noticed_by_what_fails(
    tmp_path: Path, tests: str, code: str | None, becomes: str
) -> None:
    assert ask(tmp_path, tests, "test_it", code) == becomes


def test_a_test_that_there_is_not_kills_nothing(tmp_path: Path) -> None:
    said = ask(tmp_path, GOOD, "test_that_was_renamed")
    assert said.startswith("pytest ended with 4 (usage error), asked for ")
    assert said.endswith("::test_that_was_renamed")


def test_a_file_without_tests_kills_nothing(tmp_path: Path) -> None:
    assert ask(tmp_path, "").startswith("pytest ended with 5 (no tests collected)")


def test_a_test_is_asked_with_all_its_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    """They may be numbers of the guard, which a mutant changes, and their names with them."""
    monkeypatch.syspath_prepend(ROOT / "scripts")  # it is a script and no module
    from mutants import Baseline  # noqa: PLC0415

    known = Baseline(
        {"test_a[1.6]": 2.0, "test_a[1.0]": 1.0, "test_b": 1.0, "test_proof": 0.0, "test_c": 9.0},
        {AXIS: {7: ["test_a[1.6]", "test_b", "test_proof"]}},
    )
    assert known.tests(AXIS, 7) == ["test_b", "test_a", "test_proof"]
    assert known.tests(AXIS, 8) == ["test_b", "test_a", "test_c", "test_proof"]
