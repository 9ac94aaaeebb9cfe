"""Virtual time itself: what `virtual_time` says of it holds, or tests that use it show nothing."""

import asyncio
import itertools
from collections.abc import AsyncIterator

import pytest

from tests.rigs.virtual_time import LIMIT, LoopClock, VirtualLoop, run


@pytest.fixture
async def ticks() -> AsyncIterator[list[float]]:
    """What a fixture leaves behind on the loop: a second, told by the second."""
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
async def test_a_test_and_its_fixtures_share_one_time(ticks: list[float]) -> None:
    assert isinstance(asyncio.get_running_loop(), VirtualLoop)
    await asyncio.sleep(LIMIT - 0.5)
    assert ticks == list(range(int(LIMIT)))


async def test_without_the_mark_time_is_real() -> None:
    assert not isinstance(asyncio.get_running_loop(), VirtualLoop)


def test_a_story_that_never_ends_is_ended() -> None:
    async def ever() -> None:
        for second in itertools.count():
            await asyncio.sleep(second % 3)

    with pytest.raises(TimeoutError):
        run(ever())


def test_a_story_that_waits_for_nothing_is_ended() -> None:
    with pytest.raises(TimeoutError):
        run(asyncio.Event().wait())
