"""How hard the properties are tried, and which tests live in virtual time.

`HYPOTHESIS_PROFILE=nightly pytest tests/guard --timeout=0` takes hours instead of seconds; `make
prove` takes the guard's state machine alone.
"""

import asyncio
import gc
import importlib
import logging
import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import bumble.colors
import coverage
import pytest
from hypothesis import HealthCheck, settings

from tests.rigs.bluez_service import Bus
from tests.rigs.virtual_time import VirtualLoop

# bumble composes the coloured lines of its log even if nothing reads them.
bumble.colors.color = lambda text, *_colours, **_more: text
# How long an example takes depends on the machine that tests, and on what else it does.
_COMMON = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
# The same examples each time: a gate must not fail by luck. `nightly` looks for new ones.
settings.register_profile("default", _COMMON, max_examples=100, derandomize=True)
settings.register_profile("nightly", _COMMON, max_examples=5_000)
# For `make mutants`: few, and always the same.
settings.register_profile("mutants", _COMMON, max_examples=25, derandomize=True, database=None)
# What a shell runs in the background is deaf to Ctrl-C, and what `nohup` runs to a closed terminal:
# so would be all that tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

TESTS = Path(__file__).resolve().parent
LONGEST = "tests/scenarios/test_real_time.py"
"""One test that waits longer than any other: it must not begin last."""
PAGE = "tests/dashboard/page/"
"""Tests that share one browser."""
WAITING = "tests/e2e/"
"""Tests that wait in real time, and compute little."""
LONG = ("tests/guard/proof/", "tests/lives/", "tests/packages/", "tests/timelines/")
"""Tests that compute for long."""
CORE = (
    "tests/drivers/",
    "tests/guard/belt/",
    "tests/guard/engine/",
    "tests/guard/person/",
    "tests/guard/rules/",
    "tests/guard/test_",
    "tests/machines/",
    "tests/protocols/",
    "tests/simulators/ftms/test_server.py",
    "tests/tracking/snapshot/test_snapshot.py",
)
"""Tests that cover what decides over the belt: with COVER=core only they are measured."""


@contextmanager
def _unmeasured() -> Iterator[None]:
    """Measure no coverage: a tracer doubles the time of all that runs.

    In a worker pytest-cov starts two, and where the newer stops, the older would go on.
    """
    measuring = coverage.Coverage.current()
    if measuring is None:
        yield
        return
    while started := coverage.Coverage.current():
        started.stop()
    try:
        yield
    finally:
        measuring.start()


@contextmanager
def _all_kept() -> Iterator[None]:
    """Look for no garbage among what is loaded: it lives as long as the tests."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()


def _load_share(worker: int, workers: int) -> None:
    """Load this worker's share of all tests.

    Workers collect the same files in the same order. In a new clone each would compile them all at
    the same time; so it finds compiled what another has begun with.
    """
    for file in sorted(TESTS.rglob("test_*.py"))[worker::workers]:
        name = ".".join(file.relative_to(TESTS.parent).with_suffix("").parts)
        # What needs the marks of its folder cannot be loaded yet, but it is compiled.
        with suppress(Exception, pytest.fail.Exception, pytest.skip.Exception):
            importlib.import_module(name)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """What loading the modules covers, one worker measures for all."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "0"))
    everything = [Path(each).resolve() for each in session.config.args] == [TESTS]
    with _unmeasured() if worker else nullcontext(), _all_kept():
        if workers and everything:
            _load_share(worker, workers)
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Measure no coverage of what is marked `unmeasured`, its fixtures included."""
    asked = os.environ.get("COVER") != "core" or item.nodeid.startswith(CORE)
    if asked and not item.get_closest_marker("unmeasured"):
        return (yield)
    with _unmeasured():
        return (yield)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let one half of the workers begin with tests that wait, the other with long ones.

    xdist gives each worker as many neighbours, and one that has none left takes from the end of
    another. So no long test begins last, and the processors have work while others wait.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if workers < 2:
        return
    half = workers // 2
    begins: list[list[pytest.Item]] = [[] for _ in range(workers)]
    longest: list[pytest.Item] = []
    page: list[pytest.Item] = []
    rest: deque[pytest.Item] = deque()
    waiting: dict[str, int] = {}
    long: dict[str, int] = {}
    for item in items:
        file = item.nodeid.partition("::")[0]
        if file == LONGEST:
            longest.append(item)
        elif file.startswith(PAGE):
            page.append(item)
        elif file.startswith(WAITING):
            begins[waiting.setdefault(file, len(waiting)) % half].append(item)
        elif file.startswith(LONG):
            turn = long.setdefault(file, len(long))
            begins[half + turn % (workers - half)].append(item)
        else:
            rest.append(item)
    begins[0][:0] = page
    begins[half - 1][:0] = longest
    ordered: list[pytest.Item] = []
    for number, begin in enumerate(begins):
        share = (len(items) - len(ordered)) // (workers - number)
        rest.extendleft(reversed(begin[share:]))
        ordered += begin[:share]
        ordered += [rest.popleft() for _ in range(min(share - len(begin), len(rest)))]
    items[:] = [*ordered, *rest]


def pytest_asyncio_loop_factories(
    item: pytest.Item,
) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """What is marked `virtual_time` has a loop of its own kind, its fixtures included."""
    if item.get_closest_marker("virtual_time"):
        return {"virtual": VirtualLoop}
    return {"real": asyncio.new_event_loop}


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    """The system bus of this test; what is on it comes from `tests.rigs.bluez_service`."""
    bus = Bus(tmp_path)
    bus.start()
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", bus.address)
    yield bus
    bus.end()


@pytest.fixture
def logging_as_it_was() -> Iterator[None]:
    """Restore the logging configuration after each test."""
    import structlog  # noqa: PLC0415 - most tests need none of it

    names = (None, "bleak", "bumble", "mqtt", "amqtt")
    levels = {name: logging.getLogger(name).level for name in names}
    handlers = logging.getLogger().handlers[:]
    yield
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
