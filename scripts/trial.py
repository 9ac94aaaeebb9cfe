"""Run tests against one mutant, in a forked process that imports it from memory."""

import importlib.abc
import importlib.machinery
import importlib.util
import os
import resource
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
KILLED = (
    pytest.ExitCode.TESTS_FAILED,
    pytest.ExitCode.INTERRUPTED,  # the mutant or a test file failed to import
    -signal.SIGXCPU,  # it ran for ever
    -signal.SIGKILL,
)
"""Exit codes of the process of a detected mutant."""


class NotAskedError(Exception):
    """The tests did not run against a mutant, so the result is void; the text says why."""


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Provides one module's source from memory."""

    def __init__(self, name: str, path: Path, code: str) -> None:
        self.name, self.path, self.code = name, path, code

    def find_spec(
        self, fullname: str, _path: object, _target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Find the one module."""
        if fullname != self.name:
            return None
        package = [str(self.path.parent)] if self.path.name == "__init__.py" else None
        return importlib.util.spec_from_file_location(
            fullname, self.path, loader=self, submodule_search_locations=package
        )

    def exec_module(self, module: ModuleType) -> None:
        """Run its changed source."""
        exec(compile(self.code, str(self.path), "exec"), module.__dict__)  # noqa: S102


def module_name(path: Path) -> str:
    """The dotted name of a file of the project."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def in_child(run: Callable[[], int]) -> int:
    """Run a function in a forked process; return its exit code, negative for a signal."""
    child = os.fork()
    if child == 0:
        code = 99
        try:
            code = run()
        finally:
            os._exit(code)
    try:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    except BaseException:  # its result is no longer needed
        os.kill(child, signal.SIGKILL)
        raise


def quiet() -> None:
    """Suppress output."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)


PLAIN = ["-q", "-x", "--no-header", "--timeout=0", "-p", "no:cacheprovider"]
# Modules that every child needs are loaded once, before pytest would.
PLAIN += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
PLUGINS = ("_hypothesis_pytestplugin", "pytest_asyncio.plugin", "pytest_timeout")
PLAIN += [f"-p{name}" for name in PLUGINS]
PRELOADED = (
    *PLUGINS,
    "hypothesis.stateful",
    "hypothesis.strategies",
    "protocols.ftms.control_point",
    "protocols.ftms.treadmill_data",
)


class Reading:
    """A pytest plugin that records a failed import of a test file."""

    failed = False

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Handle the report of a file."""
        self.failed |= report.failed


def survives(path: Path, code: str, tests: list[str], cpu_s: float) -> bool:
    """Return True if no test fails; raises NotAskedError if none could run."""
    if module_name(path) in sys.modules:
        message = f"{module_name(path)} was loaded before its mutant"
        raise NotAskedError(message)

    def run() -> int:
        quiet()
        limit = int(cpu_s)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
        sys.meta_path.insert(0, Finder(module_name(path), path, code))
        try:
            import_module(module_name(path))  # before pytest, which would handle the error
        except Exception:  # noqa: BLE001 - a mutant may raise anything
            return pytest.ExitCode.INTERRUPTED
        reading = Reading()
        ended = pytest.main([*PLAIN, *tests], plugins=[reading])
        # To pytest, a test in a file that fails to import does not exist.
        return pytest.ExitCode.INTERRUPTED if reading.failed else ended

    ended = in_child(run)
    if ended != pytest.ExitCode.OK and ended not in KILLED:
        means = {code.value: code.name.lower().replace("_", " ") for code in pytest.ExitCode}
        meaning = means.get(ended, "no code of its own")
        message = f"pytest ended with {ended} ({meaning}), asked for {' '.join(tests)}"
        raise NotAskedError(message)
    return ended == pytest.ExitCode.OK
