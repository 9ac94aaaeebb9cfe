"""`make mutants` takes a mutant for noticed only where a test has failed, or nothing can be read.

The tests that it asks here are made up, and pytest is its own: in processes as it starts them.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
AXIS = ROOT / "bridge" / "guard" / "engine" / "axis.py"
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


def printed(program: str, *arguments: str, stdin: str = "") -> str:
    """Return what a program prints that finds the scripts and the rooms."""
    answer = subprocess.run(
        (sys.executable, "-W", "ignore", "-c", program, *arguments),
        input=stdin,
        env=os.environ
        | {"PYTHONPATH": f"{ROOT}:{ROOT / 'scripts'}", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return answer.stdout.strip()


def ask(tmp_path: Path, tests: str, name: str = "", code: str | None = None) -> str:
    """Return the result of a mutant of one module, by these tests or the one of that name."""
    file = tmp_path / "test_made_up.py"
    file.write_text(tests)
    wanted = f"{file}::{name}" if name else str(file)
    told = [str(AXIS), AXIS.read_text() if code is None else code, wanted]
    return printed(ASK, stdin=json.dumps(told))


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
def test_mutant_is_killed_by_a_failing_test_or_import(
    tmp_path: Path, tests: str, code: str | None, becomes: str
) -> None:
    assert ask(tmp_path, tests, "test_it", code) == becomes


def test_mutant_is_not_killed_by_a_missing_test(tmp_path: Path) -> None:
    said = ask(tmp_path, GOOD, "test_that_was_renamed")
    assert said.startswith("pytest ended with 4 (usage error), asked for ")
    assert said.endswith("::test_that_was_renamed")


def test_mutant_of_an_already_loaded_module_is_an_error(
    mutants: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "bridge.guard.engine.axis", ModuleType("axis"))
    with pytest.raises(mutants.NotAskedError, match="was loaded before"):
        mutants.survives(AXIS, "1 / 0", [], 1.0)


def test_mutant_is_not_killed_by_a_file_without_tests(tmp_path: Path) -> None:
    assert ask(tmp_path, "").startswith("pytest ended with 5 (no tests collected)")


# --- which tests are run, and what is known already


@pytest.fixture
def mutants(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT / "scripts")  # it is a script and no module
    module = importlib.import_module("mutants")
    monkeypatch.setattr(module, "REPORT", tmp_path / "survivors.toml")
    return module


def test_mutant_run_takes_a_test_with_all_its_parameters(mutants: ModuleType) -> None:
    """They may be numbers of the guard, which a mutant changes, and their names with them."""
    known = mutants.Baseline(
        {"test_a[1.6]": 2.0, "test_a[1.0]": 1.0, "test_b": 1.0, "test_proof": 0.0, "test_c": 9.0},
        {AXIS: {7: ["test_a[1.6]", "test_b", "test_proof"]}},
    )
    assert known.rounds(AXIS, 7) == [["test_b", "test_a", "test_proof"]]
    assert known.rounds(AXIS, 8) == [["test_b", "test_a", "test_c", "test_proof"]]


def test_mutant_run_takes_tests_of_the_own_module_first(mutants: ModuleType) -> None:
    own = ["tests/guard/test_axis.py::test_a", "tests/guard/rules/test_axis_found.py::test_b"]
    others = [
        "tests/guard/test_axisymmetry.py::test_c",
        "tests/guard/test_proof.py::test_axis",
    ]
    seconds = {own[1]: 9.0, own[0]: 8.0, others[1]: 0.1, others[0]: 1.0}
    known = mutants.Baseline(seconds, {AXIS: {7: list(seconds), 8: own, 9: others}})
    assert known.rounds(AXIS, 7) == [own, others]
    assert known.rounds(AXIS, 8) == [own]
    assert known.rounds(AXIS, 9) == [others]


def test_mutant_run_takes_generated_timelines_of_the_own_module_last(mutants: ModuleType) -> None:
    past = AXIS.parents[1] / "past.py"
    tests = [f"tests/guard/test_{name}" for name in ("past.py::test_a", "x.py::test_b")]
    timeline = "tests/guard/person/test_kill.py::TestKill::test_c"
    known = mutants.Baseline({timeline: 0.1, tests[1]: 2.0, tests[0]: 3.0})
    assert known.rounds(past, 1) == [tests[:1], [tests[1], timeline]]


NAME = "bridge/guard/engine/axis.py"


def test_reason_for_a_survivor_is_kept_while_its_diff_is_unchanged(
    mutants: ModuleType, tmp_path: Path
) -> None:
    survivors, file = mutants.survivors, tmp_path / "survivors.toml"
    one, other = "@@ -1 +1 @@\n-a\n+b", "@@ -5 +5 @@\n-a\n+c"
    survivors.write(
        file,
        [
            survivors.Survivor(NAME, one, "the same program"),
            survivors.Survivor("bridge/guard/limits.py", one, "another module"),
        ],
    )
    moved = one.replace("@@ -1 +1 @@", "@@ -9 +9 @@")
    found = survivors.replace(
        file, NAME, [survivors.Survivor(NAME, moved), survivors.Survivor(NAME, other)]
    )
    assert [survivor.reason for survivor in found] == ["the same program", ""]
    assert [(entry.module, entry.reason) for entry in survivors.read(file)] == [
        (NAME, "the same program"),
        (NAME, ""),
        ("bridge/guard/limits.py", "another module"),
    ]


def test_every_recorded_survivor_matches_its_module(mutants: ModuleType) -> None:
    """A reason for lines that are gone: try the module again, or delete the entry."""
    survivors = mutants.survivors
    stale = [
        survivor
        for survivor in survivors.read(ROOT / "tests" / "survivors.toml")
        if not survivor.is_in((ROOT / survivor.module).read_text())
    ]
    assert stale == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("if a:\n    b\n\n    c\nd\n", True),
        ("if a:\n        b\n\n    c\n", False),
        ("if a:\n    b\n\n    c()\n", False),
        ("if a:\n    b\n    c\n", False),
    ],
    ids=["there", "another indentation", "another line", "another blank line"],
)
def test_recorded_survivor_is_matched_by_whole_lines(
    mutants: ModuleType, source: str, *, found: bool
) -> None:
    survivor = mutants.survivors.Survivor(NAME, "@@ -1,3 +1,3 @@\n-    b\n+    x\n\n     c")
    assert survivor.is_in(source) is found


def test_only_modules_that_changed_since_a_commit_are_tried(mutants: ModuleType) -> None:
    everything = mutants.modules()
    assert {NAME, "bridge/tracking/snapshot.py"} <= set(everything)
    assert set(mutants.modules("HEAD")) <= set(everything)


LEARNED = "tests/history/test_learned.py"


@pytest.mark.parametrize(
    ("names", "tests"),
    [
        (["bridge/tracking/pulse.py"], [LEARNED, "tests/tracking"]),
        (["bridge/guard/guard.py"], ["tests/guard"]),
        (["bridge/values/grid.py"], ["tests/guard", "tests/tracking"]),
        (
            ["bridge/guard/guard.py", "bridge/tracking/pulse.py"],
            ["tests/guard", LEARNED, "tests/tracking"],
        ),
    ],
)
def test_only_the_tests_of_the_named_modules_are_run(
    mutants: ModuleType, names: list[str], tests: list[str]
) -> None:
    assert mutants.tests_of(names) == tests


CACHED = """
from bridge.guard.rules.envelope import envelope
from tests.guard.rules.moment import FACTS

def test_one() -> None:
    assert envelope(FACTS)

def test_other() -> None:
    assert envelope(FACTS)
"""
BASELINE = """
import json, sys
import mutants
known = mutants.baseline(sys.argv[1:])
path = mutants.ROOT / "bridge" / "guard" / "rules" / "envelope.py"
(line,) = (n for n, text in enumerate(path.read_text().splitlines(), 1) if "own = Bound" in text)
print()  # pytest may leave its last line open
print(json.dumps(known.lines[path][line]))
"""


def test_every_test_that_needs_a_cached_answer_executes_its_lines(tmp_path: Path) -> None:
    file = tmp_path / "test_made_up.py"
    file.write_text(CACHED)
    tests = json.loads(printed(BASELINE, str(file)).splitlines()[-1])
    assert {test.partition("::")[2] for test in tests} == {"test_one", "test_other"}


# --- a whole run

RUN = """
import json, sys
from pathlib import Path
from types import SimpleNamespace
import mutants
place, changes, tests, *arguments = json.load(sys.stdin)
sys.modules["mutation"] = SimpleNamespace(
    mutants=lambda source: [
        SimpleNamespace(line=line, code=before + source, diff=f"+{before}\\n")
        for line, before in changes
    ]
)
lines = {line: [test] for line, test in enumerate(tests)}
path = mutants.ROOT / "bridge" / "guard" / "engine" / "axis.py"
mutants.baseline = lambda where: mutants.Baseline(dict.fromkeys(tests, 0.1), {path: lines})
mutants.REPORT, mutants.PROGRESS_S = Path(place) / "survivors.toml", 0.5
sys.argv = ["mutants", "bridge/guard/engine/axis.py", *arguments]
sys.exit(mutants.main())
"""


def begin(
    place: Path, changes: list[tuple[int, str]], tests: list[str], *arguments: str
) -> "subprocess.Popen[str]":
    """Try mutants of one module: what is put before it, at a line that one of the tests runs."""
    run = subprocess.Popen(
        (sys.executable, "-W", "ignore", "-c", RUN),
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'scripts'}"},
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert run.stdin is not None
    run.stdin.write(json.dumps([str(place), changes, tests, *arguments]))
    run.stdin.close()
    run.stdin = None
    return run


def begun(place: Path, number: int) -> list[int]:
    """The processes of so many mutants that go on for ever."""
    wait_until(lambda: len([*place.glob("[0-9]*")]) >= number)
    return [int(file.name) for file in place.glob("[0-9]*")]


def wait_until_gone(processes: list[int]) -> None:
    wait_until(lambda: all(map(is_gone, processes)))


def wait_until(so: Callable[[], bool]) -> None:
    ends = time.monotonic() + 60
    while not so():
        assert time.monotonic() < ends
        time.sleep(0.05)


def is_gone(process: int) -> bool:
    """True if the process has ended, even if its exit code was not collected."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def for_ever(place: Path) -> str:
    """A test that does not end, and leaves a file that is called after its process."""
    file = place / "test_for_ever.py"
    file.write_text(
        "import os, pathlib, time\n"
        "def test_it() -> None:\n"
        f"    pathlib.Path({str(place)!r}, str(os.getpid())).touch()\n"
        "    time.sleep(600)\n"
    )
    return f"{file}::test_it"


def test_several_mutants_at_once_are_reported_in_their_order(tmp_path: Path) -> None:
    file = tmp_path / "test_made_up.py"
    file.write_text(GOOD)
    slow = "import time; time.sleep(1)"
    changes = [(0, f"{slow}\n"), (0, "1 / 0\n"), (0, "\n")]
    (tmp_path / "survivors.toml").write_text(
        f"[[survivor]]\nmodule = '{NAME}'\nreason = 'nobody sees it'\ndiff = '+'\n"
    )
    with begin(tmp_path, changes, [f"{file}::test_it"], "--jobs", "2") as run:
        said, error = run.communicate(timeout=60)
    assert (run.returncode, error) == (1, "")
    found = tomllib.loads((tmp_path / "survivors.toml").read_text())["survivor"]
    assert [survivor["reason"] for survivor in found] == ["", "nobody sees it"]
    assert f"{NAME}: 1 of 3, 1 survive" in said
    assert f"{NAME}: 3 mutants, 2 survive" in said
    assert f"module 1 of 1: {NAME}" in said
    assert "Mutants: 3; noticed: 1; explained: 1; unexplained: 1." in said


def test_mutant_killed_by_tests_of_its_module_skips_the_other_tests(tmp_path: Path) -> None:
    file = tmp_path / "test_axis.py"
    file.write_text(BAD)
    tests = [f"{tmp_path / 'test_there_is_not.py'}::test_it", f"{file}::test_it"]
    with begin(tmp_path, [(99, "\n")], tests) as run:
        said, _ = run.communicate(timeout=60)
    assert run.returncode == 0
    assert f"{NAME}: 1 mutants, 0 survive" in said


def test_mutant_run_ends_at_the_first_test_that_cannot_run(tmp_path: Path) -> None:
    tests = [f"{tmp_path / 'test_there_is_not.py'}::test_it", for_ever(tmp_path)]
    changes = [(0, "import time; time.sleep(2)\n"), (1, "\n")]
    with begin(tmp_path, changes, tests, "--jobs", "2") as run:
        others = begun(tmp_path, 1)
        _, error = run.communicate(timeout=60)
    assert run.returncode == 1
    assert error.startswith(f"{NAME}: no test was asked about\n+import time; time.sleep(2)\n")
    assert "pytest ended with 4 (usage error)" in error
    wait_until_gone(others)
    assert not (tmp_path / "survivors.toml").exists()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_signal_to_the_script_ends_its_mutants(tmp_path: Path, end: signal.Signals) -> None:
    changes = [(0, "\n")] * 5
    with begin(tmp_path, changes, [for_ever(tmp_path)], "--jobs", "2") as run:
        mutants = begun(tmp_path, 2)
        run.send_signal(end)
        _, error = run.communicate(timeout=60)
    assert run.returncode == 1
    assert error == "Ended; the report has the modules that were tried to the end.\n"
    wait_until_gone(mutants)
    assert len([*tmp_path.glob("[0-9]*")]) == 2
