"""Try a mutant on tests that are already collected, in a hundredth of the time.

A mutant that changes functions alone is put into the loaded module: each function gets its changed
code. Its tests then run in a forked process. Any other mutant (a constant, a default, a decorator)
needs a fresh import.
"""

import functools
import gc
import multiprocessing
import os
import resource
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from inspect import CO_OPTIMIZED
from multiprocessing.connection import Connection
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest
from trial import quiet

SPARE_CPU_S = 3
"""Seconds of processor time that a test may take beyond ten times its usual time."""
PACKAGES = {"bridge", "protocols"}
KILLED = {1, -signal.SIGXCPU, -signal.SIGKILL}


class FreshImportError(Exception):
    """The mutant changes more than the code of functions."""


def changed(before: CodeType, after: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """Yield the functions of a module that differ, as they were and as they are."""
    if _own(before) != _own(after) or len(_inner(before)) != len(_inner(after)):
        raise FreshImportError
    for old, new in zip(_inner(before), _inner(after), strict=True):
        if not old.co_flags & CO_OPTIMIZED:  # the body of a class
            yield from changed(old, new)
        elif _whole(old) != _whole(new):
            yield old, new


def _inner(code: CodeType) -> list[CodeType]:
    return [part for part in code.co_consts if isinstance(part, CodeType)]


def _own(code: CodeType) -> tuple[object, ...]:
    """Return a code object's behaviour, without its position and its inner code."""
    consts = tuple(repr(part) for part in code.co_consts if not isinstance(part, CodeType))
    names = code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars
    return code.co_name, code.co_code, code.co_exceptiontable, consts, names


def _whole(code: CodeType) -> tuple[object, ...]:
    return _own(code), *(_whole(part) for part in _inner(code))


def functions_changed(path: Path, source: str, code: str) -> list[tuple[CodeType, CodeType]]:
    """Return the changed functions of a module, or raise FreshImportError."""
    before, after = (compile(text, str(path), "exec") for text in (source, code))
    return list(changed(before, after))


def _is_ours(thing: Any) -> bool:
    return str(thing.__module__).partition(".")[0] in PACKAGES


def caches() -> list[Any]:
    """Return the caches of the project's functions, which outlive a test."""
    gc.unfreeze()  # frozen objects, such as those of collected tests, are not listed
    wrappers = (thing for thing in gc.get_objects() if type(thing) is functools._lru_cache_wrapper)  # noqa: SLF001
    return [cache for cache in wrappers if _is_ours(cache)]


def _place(code: CodeType) -> tuple[str, str, int]:
    return code.co_filename, code.co_qualname, code.co_firstlineno


class Loaded:
    """The functions of all loaded modules, and the caches of the project."""

    def __init__(self) -> None:
        self.functions: dict[tuple[str, str, int], list[FunctionType]] = {}
        self.caches = caches()
        for thing in gc.get_objects():
            if type(thing) is FunctionType:
                self.functions.setdefault(_place(thing.__code__), []).append(thing)

    def change(self, path: Path, source: str, code: str) -> Callable[[], None]:
        """Return a function that changes one module; raise FreshImportError if it cannot."""
        pairs: list[tuple[FunctionType, CodeType]] = []
        for old, new in functions_changed(path, source, code):
            found = self.functions.get(_place(old), [])
            if not found or any(f.__code__.co_freevars != new.co_freevars for f in found):
                raise FreshImportError
            pairs += ((function, new) for function in found)

        def change() -> None:
            for function, new in pairs:
                function.__code__ = new
            for cache in self.caches:
                cache.cache_clear()

        return change


class Screen:
    """A process in which all tests are collected, and mutants are tried one after another."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self._ours, theirs = multiprocessing.Pipe()
        if os.fork() == 0:
            try:
                self._ours.close()
                quiet()
                pytest.main([*arguments], plugins=[_Loop(theirs)])
            finally:
                os._exit(0)
        theirs.close()

    def fails(self, path: Path, source: str, code: str, tests: dict[str, float]) -> bool:
        """Return True if a test fails; `tests` are their usual seconds, in the best order."""
        try:
            self._ours.send((path, source, code, tests))
            return bool(self._ours.recv())
        except (EOFError, OSError):  # the tests could not be collected
            return False


class _Loop:
    """A pytest plugin that runs what it is asked for instead of all tests."""

    def __init__(self, asked: Connection) -> None:
        self._asked = asked
        self._kills: Counter[str] = Counter()

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try mutants until no more are asked about."""
        items, loaded = {item.nodeid: item for item in session.items}, Loaded()
        gc.freeze()  # forked processes share what they do not collect
        while True:
            try:
                path, source, code, tests = self._asked.recv()
            except EOFError:
                return True
            order = sorted((test for test in tests if test in items), key=self._later)
            try:
                change = loaded.change(path, source, code)
                killer = _first_failure([(items[test], tests[test]) for test in order], change)
            except FreshImportError:
                killer = None
            if killer is not None:
                self._kills[killer] += 1
            self._asked.send(killer is not None)

    def _later(self, test: str) -> int:
        """Tests that killed other mutants run first."""
        return -self._kills[test]


def _first_failure(
    items: Sequence[tuple[pytest.Item, float]], change: Callable[[], None]
) -> str | None:
    """Change the program in a forked process and run tests; return the first that fails."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 99
        try:
            os.close(reading)
            change()
            code = _run(items, writing)
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        begun = pipe.read()
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return items[begun.count(b".") - 1][0].nodeid if ended in KILLED and begun else None


def _run(items: Sequence[tuple[pytest.Item, float]], pipe: int) -> int:
    for number, (item, seconds) in enumerate(items):
        os.write(pipe, b".")
        limit = int(time.process_time() + SPARE_CPU_S + 10 * seconds) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
        after = items[number + 1][0] if number + 1 < len(items) else None
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
        if item.session.testsfailed:
            return 1
    return 0
