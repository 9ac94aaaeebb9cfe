#!/usr/bin/env python3
"""Mutation testing of guard, values and tracking: one change at a time, which a test must detect.

    make mutants                                         all modules; hours
    make mutants ARGS="--since v0.1.0"                   modules that changed since a commit
    make mutants ARGS="bridge/guard/engine/axis.py …"    these modules
    make mutants ARGS="--jobs 1"                         one mutant at a time

`mutation.py` defines the changes. Each mutant exists only in the memory of a forked process; no
file is touched. The tests that execute the changed line run until one fails; the module's own tests
run first. `screening.py` tries a changed function on tests that are collected already. A mutant
that survives there, or changes more than functions, is imported anew (`trial.py`), and all its
tests run again. It counts as detected only if a test fails or the import does. If no test ran, the
result is void, and the run ends with an error. Survivors are written to `tests/survivors.toml` (see
`survivors.py`).
"""

import argparse
import functools
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import screening
import survivors
from coverage import CoverageData
from survivors import Survivor
from trial import PLAIN, PRELOADED, ROOT, NotAskedError, in_child, survives

TESTS = {
    "bridge/guard": ("tests/guard",),
    "bridge/values": ("tests/guard", "tests/tracking"),
    "bridge/tracking": ("tests/history/test_learned.py", "tests/tracking"),
}
"""The folders to mutate, and where the tests of each are."""
SPARE_CPU_S = 20.0
REPORT = ROOT / "tests" / "survivors.toml"
MADE_UP = ("test_properties", "test_kill.py::TestKill", "test_past.py::TestRoundTrip", "test_proof")
"""Slow tests, which run last."""
PROGRESS_S = 30.0


@dataclass
class Baseline:
    """Tests of the unchanged code: their durations, and the lines that they execute."""

    seconds: dict[str, float] = field(default_factory=dict)
    lines: dict[Path, dict[int, list[str]]] = field(default_factory=dict)

    def rounds(self, path: Path, line: int) -> list[list[str]]:
        """Return the tests that may detect a change: the module's own, then any others.

        In each round the fastest tests run first, and the generated timelines last. All parameters
        of a test run, because they may be the guard's own numbers and change with them.
        """
        seconds = self.by_name()
        running = {_name(test) for test in self.lines.get(path, {}).get(line, ())}
        # Lines executed at import belong to every test.
        chosen = running & set(seconds) or set(seconds)
        own = {test for test in chosen if _is_of(path, test) and not _is_made_up(test)}
        return [
            sorted(tests, key=lambda test: (_is_made_up(test), seconds[test], test))
            for tests in (own, chosen - own)
            if tests
        ]

    def screened(self, path: Path, line: int) -> dict[str, float]:
        """Return the duration of each test that executes a line, in the order of `rounds`."""

        def order(test: str) -> tuple[bool, bool, float]:
            return _is_made_up(test), not _is_of(path, test), self.seconds[test]

        tests = set(self.lines.get(path, {}).get(line, ())) & set(self.seconds)
        return {test: self.seconds[test] for test in sorted(tests, key=order)}

    def by_name(self) -> dict[str, float]:
        """Duration of each test with all of its parameters."""
        found: dict[str, float] = {}
        for test, seconds in self.seconds.items():
            found[_name(test)] = found.get(_name(test), 0.0) + seconds
        return found


def _name(test: str) -> str:
    return test.partition("[")[0]


def _is_of(path: Path, test: str) -> bool:
    """Return True if a test file is named after a module."""
    file = Path(test.partition("::")[0]).stem
    return f"{file}_".startswith(f"test_{path.stem}_")


def _is_made_up(test: str) -> bool:
    return any(name in test for name in MADE_UP)


# --- tests


def survives_all(
    path: Path, code: str, screened: dict[str, float], rounds: list[tuple[list[str], float]]
) -> bool:
    """Return True if no test fails in any round; each round has its own timeout."""
    source = path.read_text()
    with suppress(screening.FreshImportError):
        functions = screening.functions_changed(path, source, code)
        where = tests_of([path.relative_to(ROOT).as_posix()])
        if functions and screened and _screen(*where).fails(path, source, code, screened):
            return False
    return all(survives(path, code, tests, cpu_s) for tests, cpu_s in rounds)


@functools.cache
def _screen(*where: str) -> screening.Screen:
    """Return this worker's screen; it ends with the worker's process group."""
    return screening.Screen([*(part for part in PLAIN if part != "-x"), *where])


@contextmanager
def workers(jobs: int) -> Iterator[Executor]:
    """Yield worker processes with this one's modules; they and their mutants end with this one.

    Each leads its own process group, so that its mutant can be killed.
    """
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(jobs, context, initializer=_lead) as pool:
        try:
            yield pool
        except BaseException:
            for worker in multiprocessing.active_children():
                with suppress(ProcessLookupError):  # its process group does not exist yet
                    os.killpg(worker.pid or 0, signal.SIGKILL)
            raise


def _lead() -> None:
    os.setpgrp()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


class Stopwatch:
    """A pytest plugin that records the duration of each test, and has the lines of all measured."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._caches: list[Any] = []

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Measure the lines of long courses, too, which are marked `unmeasured`."""
        for node in item.listchain():
            node.own_markers[:] = [mark for mark in node.own_markers if mark.name != "unmeasured"]

    def pytest_collection_finish(self) -> None:
        """Find the caches of the functions under test."""
        self._caches = screening.caches()

    def pytest_runtest_setup(self) -> None:
        """Clear them: a cached answer would hide that a test needs the lines of a function."""
        for cache in self._caches:
            cache.cache_clear()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add up the phases of a test."""
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration


def tests_of(names: Iterable[str]) -> list[str]:
    """Return where the tests of modules are; all if a module is in no folder."""
    folders = {folder for folder in TESTS for name in names if name.startswith(folder)}
    return sorted({tests for folder in folders or TESTS for tests in TESTS[folder]})


def baseline(where: Sequence[str]) -> Baseline:
    """Run all tests once on the code as it is."""
    with tempfile.TemporaryDirectory() as place:
        times, data = Path(place) / "times", Path(place) / "coverage"

        def run() -> int:
            os.environ["COVERAGE_FILE"] = str(data)
            watch = Stopwatch()
            options = [
                "-ppytest_cov",
                *(f"--cov={folder}" for folder in TESTS),
                "--cov-context=test",
                "--cov-report=",
            ]
            code = pytest.main([*PLAIN, *options, *where], plugins=[watch])
            times.write_text(json.dumps(watch.seconds))
            return int(code)

        if in_child(run) != 0:
            sys.exit("The tests fail already: there is nothing that mutants could show.")
        found = Baseline(json.loads(times.read_text()))
        for file in Path(place).glob("coverage*"):
            covered = CoverageData(str(file))
            covered.read()
            for measured in covered.measured_files():
                lines = covered.contexts_by_lineno(measured)
                found.lines[Path(measured)] = {
                    line: [c.partition("|")[0] for c in contexts]
                    for line, contexts in lines.items()
                }
    return found


# --- a module, and all of them


def modules(since: str | None = None) -> list[str]:
    """Return all modules to mutate, or those that changed since a commit."""
    found = sorted(path for folder in TESTS for path in (ROOT / folder).rglob("*.py"))
    names = [path.relative_to(ROOT).as_posix() for path in found]
    if since is None:
        return names
    diff = subprocess.run(
        ("git", "diff", "--name-only", since, "--", *TESTS),
        check=True,
        capture_output=True,
        text=True,
    )
    changed = set(diff.stdout.split())
    return [name for name in names if name in changed]


def try_module(name: str, known: Baseline, pool: Executor) -> tuple[int, list[Survivor]]:
    """Try every mutant of a module; return their number, and the survivors with their reasons."""
    path = ROOT / name
    began = said = time.monotonic()
    seconds = known.by_name()
    asked = []
    for mutant in import_module("mutation").mutants(path.read_text()):
        rounds = [
            (tests, SPARE_CPU_S + 4 * sum(seconds[test] for test in tests))
            for tests in known.rounds(path, mutant.line)
        ]
        screened = known.screened(path, mutant.line)
        asked.append((mutant, pool.submit(survives_all, path, mutant.code, screened, rounds)))
    survived: list[Survivor] = []
    for number, (mutant, answer) in enumerate(asked):
        if time.monotonic() >= said + PROGRESS_S:
            said = time.monotonic()
            print(f"{name}: {number} of {len(asked)}, {len(survived)} survive", flush=True)
        try:
            if answer.result():
                survived.append(Survivor(name, mutant.diff))
        except NotAskedError as error:
            sys.exit(f"{name}: no test was asked about\n{mutant.diff}\n{error}")
    explained = survivors.replace(REPORT, name, survived)
    for survivor in explained:
        if not survivor.reason:
            print(f"{name}: survived, and no reason is known\n{survivor.diff}\n", flush=True)
    took = time.monotonic() - began
    print(f"{name}: {len(asked)} mutants, {len(survived)} survive, {took:.0f} s", flush=True)
    return len(asked), explained


def main() -> int:
    """Run the command line; return 1 if a mutant survived without a reason."""
    parser = argparse.ArgumentParser(description="See whether the tests notice a change.")
    parser.add_argument("modules", nargs="*", help="paths; all if none is given")
    parser.add_argument("--since", metavar="COMMIT", help="only modules that changed since then")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count(), help="how many mutants at once (%(default)s)"
    )
    arguments = parser.parse_args()
    os.chdir(ROOT)
    for end in (signal.SIGTERM, signal.SIGHUP):  # like Ctrl-C
        signal.signal(end, signal.default_int_handler)
    try:
        missing = try_all(arguments.modules or modules(arguments.since), arguments.jobs)
    except KeyboardInterrupt:
        sys.exit("Ended; the report has the modules that were tried to the end.")
    if missing:
        print(f"Add a test for each, or its reason to {os.path.relpath(REPORT)}.")
    return 1 if missing else 0


def try_all(names: list[str], jobs: int) -> int:
    """Try modules, and report each when done; return the number of unexplained survivors."""
    # Makes the survivors reproducible; loaded here, so that no child has to.
    os.environ["HYPOTHESIS_PROFILE"] = "mutants"
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    for name in PRELOADED:
        import_module(name)
    print(f"hypothesis {hypothesis.__version__}; trying the tests on the code as it is", flush=True)
    began = time.monotonic()
    known = baseline(tests_of(names))
    tried, survived = 0, list[Survivor]()
    with workers(jobs) as pool:
        for number, name in enumerate(names, 1):
            print(f"module {number} of {len(names)}: {name}", flush=True)
            mutants, survivors_of_it = try_module(name, known, pool)
            tried, survived = tried + mutants, survived + survivors_of_it
    missing = sum(not survivor.reason for survivor in survived)
    minutes = (time.monotonic() - began) / 60
    print(
        f"Minutes: {minutes:.0f}. Modules: {len(names)}. Mutants: {tried:,}; noticed: "
        f"{tried - len(survived):,}; explained: {len(survived) - missing}; unexplained: {missing}."
    )
    return missing


if __name__ == "__main__":
    sys.exit(main())
