import asyncio
import signal
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from random import Random

import pytest

from bridge import tasks
from bridge.tasks import Backoff, end, on_ending_signals, race


class Whole(Random):
    """Jitter that leaves each pause as long as it may be."""

    def uniform(self, a: float, b: float) -> float:
        return b


class Clock:
    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def utc(self) -> datetime:
        return datetime.now(UTC)


async def never() -> None:
    await asyncio.Event().wait()


async def failing() -> None:
    message = "broken"
    raise RuntimeError(message)


class TestBackoff:
    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    def test_back_off_doubles_up_to_its_maximum(self, clock: Clock) -> None:
        pauses = Backoff(clock, longest_s=5.0, randomness=Whole())
        assert [pauses.next_s() for _ in range(5)] == [1.0, 2.0, 4.0, 5.0, 5.0]

    def test_back_off_limited_once_still_grows_the_next_pause(self, clock: Clock) -> None:
        pauses = Backoff(clock, first_s=4.0, randomness=Whole())
        assert [pauses.next_s(3.0), pauses.next_s(3.0), pauses.next_s()] == [3.0, 3.0, 16.0]

    @pytest.mark.parametrize(("lasted", "pause"), [(59.0, 2.0), (60.0, 1.0)])
    def test_back_off_restarts_after_an_attempt_of_a_minute(
        self, clock: Clock, lasted: float, pause: float
    ) -> None:
        pauses = Backoff(clock, randomness=Whole())
        pauses.next_s()
        pauses.attempt()
        clock.time = lasted
        assert pauses.next_s() == pause

    def test_back_off_reset_returns_to_the_first_pause(self, clock: Clock) -> None:
        pauses = Backoff(clock, randomness=Whole())
        pauses.next_s()
        pauses.reset()
        assert pauses.next_s() == 1.0

    def test_jitter_leaves_at_least_half_of_each_pause(self, clock: Clock) -> None:
        pauses = [Backoff(clock).next_s() for _ in range(200)]
        assert min(pauses) >= 0.5
        assert max(pauses) <= 1.0
        assert max(pauses) - min(pauses) > 0.2


class TestEnd:
    async def test_task_that_ignores_a_cancellation_is_cancelled_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tasks, "PATIENCE_S", 0.01)

        async def stubborn() -> None:
            with suppress(asyncio.CancelledError):
                await never()
            await never()

        task = asyncio.create_task(stubborn())
        await asyncio.sleep(0)
        await end(task)
        assert task.cancelled()

    async def test_end_of_a_failed_task_raises_no_error(self) -> None:
        task = asyncio.create_task(failing())
        await asyncio.wait({task})
        await end(task)


class TestRace:
    async def test_race_returns_the_first_finished_task_and_cancels_the_others(self) -> None:
        ended = asyncio.Event()

        async def other() -> None:
            try:
                await never()
            finally:
                ended.set()

        assert await race(other(), asyncio.sleep(0)) == 1
        assert ended.is_set()

    async def test_race_returns_none_after_its_timeout(self) -> None:
        assert await race(never(), timeout_s=0.01) is None

    async def test_race_raises_the_error_of_a_failed_task(self) -> None:
        with pytest.raises(RuntimeError, match="broken"):
            await race(never(), failing())


class TestSignals:
    @pytest.fixture(autouse=True)
    def restored(self) -> Iterator[None]:
        before = signal.getsignal(signal.SIGHUP)
        yield
        signal.signal(signal.SIGHUP, before)

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    async def test_signal_calls_back_in_the_loop(self, number: signal.Signals) -> None:
        called = asyncio.Event()
        on_ending_signals(called.set)
        signal.raise_signal(number)
        await asyncio.wait_for(called.wait(), 10)

    async def test_ignored_sighup_stays_ignored(self) -> None:
        """As `nohup` starts a command."""
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        on_ending_signals(pytest.fail)
        signal.raise_signal(signal.SIGHUP)
        await asyncio.sleep(0)

    def test_sighup_after_the_end_of_the_loop_changes_nothing(self) -> None:
        """A closed terminal may send it twice."""

        async def work() -> None:
            on_ending_signals(pytest.fail)

        asyncio.run(work())
        signal.raise_signal(signal.SIGHUP)
