"""Virtual time itself: `virtual_time` keeps its promises, or tests that use it prove nothing."""

import asyncio
import itertools
from collections.abc import AsyncIterator

import pytest

from tests.rigs.virtual_time import LIMIT, LoopClock, VirtualLoop, run


@pytest.fixture
async def ticks() -> AsyncIterator[list[float]]:
    """What a fixture leaves on the loop: one tick per second."""
    told: list[float] = []

    async def tick() -> None:
        while True:
            told.append(LoopClock().now())
            await asyncio.sleep(1)

    task = asyncio.create_task(tick())
    yield told
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.virtual_time
async def test_and_its_fixtures_share_one_virtual_time(ticks: list[float]) -> None:
    assert isinstance(asyncio.get_running_loop(), VirtualLoop)
    await asyncio.sleep(LIMIT - 0.5)
    assert ticks == list(range(int(LIMIT)))


async def test_without_the_virtual_time_mark_uses_real_time() -> None:
    assert not isinstance(asyncio.get_running_loop(), VirtualLoop)


def test_virtual_time_run_that_never_ends_times_out() -> None:
    async def ever() -> None:
        for second in itertools.count():
            await asyncio.sleep(second % 3)

    with pytest.raises(TimeoutError):
        run(ever())


def test_virtual_time_run_without_pending_timers_times_out() -> None:
    with pytest.raises(TimeoutError):
        run(asyncio.Event().wait())
