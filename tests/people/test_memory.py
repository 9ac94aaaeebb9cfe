"""State of the people on a treadmill across restarts, and failures to store it."""

import asyncio
import time
from itertools import pairwise
from pathlib import Path

import pytest

from bridge.guard.person.past import Past
from bridge.guard.rules.steep import Steep
from bridge.history.history import History
from bridge.history.session_log import Summary
from bridge.history.store import file as module
from bridge.history.store.file import NAME, HistoryFile
from bridge.history.store.moment import Timekeeper
from bridge.history.store.rows import Row
from bridge.people.people import Household, People
from bridge.values import Belt, Snapshot
from bridge.values.effort import Baseline, Effort
from tests.history.computer import DAY_S, Computer
from tests.rigs.people_rig import SHORT, STEEP, Nobody, climb, history, texts, used
from tests.rigs.treadmill_rig import MACHINE, treadmill_rig
from tests.rigs.virtual_time import LoopClock

pytestmark = pytest.mark.virtual_time


class TestRestart:
    async def test_session_continues_after_a_restart(self) -> None:
        kept = history()
        async with treadmill_rig(history=kept) as rig:
            await rig.play("runs, 60")
        async with treadmill_rig(history=kept) as rig:
            await rig.play("belt 80, linked, 30, stop, 4")
            (said,) = rig.on("session")
            assert 85 < said["moving_s"] < 95
            assert said["start"].startswith("2030-01-01T00:00:0")
            assert "session_started" not in rig.event_types()

    async def test_unobserved_session_ends_at_its_last_observation(self) -> None:
        kept = history()
        async with treadmill_rig(history=kept) as rig:
            await rig.play("runs, 60")
        await asyncio.sleep(300)
        async with treadmill_rig(history=kept) as rig:
            await rig.play("connect, 2")
            (said,) = rig.on("session")
            assert said["end"] < "2030-01-01T00:01:20"

    async def test_unseen_time_after_a_steep_moment_counts_as_steep(self) -> None:
        kept = history()
        household = Household({"default": SHORT}, {}, {})
        async with treadmill_rig(household=household, history=kept) as rig:
            await rig.start()
            await climb(rig, 20)
            before = used(rig)
        await asyncio.sleep(20)
        async with treadmill_rig(household=household, history=kept) as rig:
            await asyncio.sleep(1)
            assert used(rig) == pytest.approx(before + 21, abs=1.5)

    async def test_exposure_is_saved_every_5_s_while_the_belt_moves(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kept = history()
        written: list[float] = []
        put = kept._put

        def noted(row: Row) -> None:
            written.append(LoopClock().now())
            put(row)

        monkeypatch.setattr(kept, "_put", noted)
        async with treadmill_rig(history=kept) as rig:
            await rig.start()
            written.clear()
            await rig.live(60)
            gaps = [b - a for a, b in pairwise(written)]
            assert len(written) > 10
            assert max(gaps) <= 5
            await rig.play("stop, 10")
            written.clear()
            await rig.live(60)
            assert written == []

    async def test_steep_exposure_on_another_treadmill_counts(self) -> None:
        kept = history()
        household = Household({"default": SHORT}, {}, {})
        async with treadmill_rig(household=household, history=kept) as rig:
            await rig.connect()
            assert used(rig) == 0
            kept.keep("loft", "default", Past((Steep(STEEP, ((40.0, 10.0),)),)), None)
            await rig.live(2)
            assert used(rig) == pytest.approx(30, abs=1)

    def test_baseline_of_a_long_running_bridge_follows_the_calendar(self) -> None:
        """A bridge runs for months: sessions that were recent at its start are then long past."""
        clock = Computer()
        kept = History(clock.keeper, blank=True)
        hour = Summary(clock.wall, clock.wall, 3600.0, 0.0, None, None, 0, None, None, None)
        kept.finish("den", "default", None, hour, Effort(3600.0, 6000.0, 100.0))
        clock.spend(29 * DAY_S)
        household = Household({"default": SHORT}, {}, {})
        people = People("den", household, kept, Nobody(), clock.now())
        at_rest = Snapshot(connected=True, machine=MACHINE, belt=Belt.IDLE)

        def after(days: float) -> Baseline | None:
            clock.spend(days * DAY_S)
            decision = people.guard.decide(at_rest, clock.now())
            people.follow(decision, Belt.IDLE, clock.now(), clock.utc())
            return people.guard.past(clock.now()).baseline

        whole = Baseline(Effort(3600.0, 6000.0, 100.0))
        half = Baseline(Effort(1800.0, 3000.0, 50.0), recent=False)
        assert [after(0), after(0.9), after(0.3)] == [whole, whole, half]
        assert [after(149), after(2)] == [half, None]


class TestMemory:
    async def test_unwritable_history_is_a_fault_until_it_is_writable(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "AGAIN_S", 0.01)
        (tmp_path / "state").write_text("a file where the directory should be")
        file = HistoryFile(tmp_path / "state" / NAME)
        kept = History(Timekeeper(LoopClock(), "boot", lambda: True), file)
        try:
            async with treadmill_rig(history=kept) as rig:
                await asyncio.sleep(1)
                assert rig.on("guard")[-1]["faults"] == ["memory"]
                (told,) = texts(rig.events, "memory")
                assert "see that the state directory exists" in told
                assert "the strictest limits" in told
                assert rig.treadmill.decision.steep[0].left_s == 0

                (tmp_path / "state").unlink()
                limit = time.monotonic() + 20
                while file.trouble and time.monotonic() < limit:
                    time.sleep(0.01)  # noqa: ASYNC251 - its thread lives in real time
                await asyncio.sleep(3)
                assert rig.on("guard")[-1]["faults"] == []
                assert len(texts(rig.events, "memory_back")) == 1
        finally:
            kept.close()

    async def test_lost_memory_stays_a_fault_and_is_reported_once(self, tmp_path: Path) -> None:
        (tmp_path / NAME).write_bytes(b"garbage " * 1000)
        kept = History(Timekeeper(LoopClock(), "boot", lambda: True), HistoryFile(tmp_path / NAME))
        try:
            async with treadmill_rig(history=kept) as rig:
                await asyncio.sleep(5)
                assert rig.on("guard")[-1]["faults"] == ["memory"]
                (told,) = texts(rig.events, "memory_lost")
                assert "put a backup in its place" in told
                assert "memory" not in rig.event_types()
        finally:
            kept.close()


class TestTheClock:
    async def test_steep_windows_drain_once_the_clock_is_synchronised(self) -> None:
        """A computer without a clock of its own learns the time only after it has booted."""
        vouched = {"for": True}
        clock = LoopClock()
        before = History(Timekeeper(clock, "monday", lambda: True), blank=True)
        household = Household({"default": SHORT}, {}, {})
        async with treadmill_rig(household=household, history=before) as rig:
            await rig.start()
            await climb(rig, 30)
            await rig.play("stop, 4")
        await asyncio.sleep(500)
        after = History(Timekeeper(clock, "tuesday", lambda: vouched["for"]), blank=True)
        after._rows = before._rows
        vouched["for"] = False
        async with treadmill_rig(household=household, history=after) as rig:
            await rig.connect()
            assert used(rig) > 20
            vouched["for"] = True
            await rig.live(15)
            assert used(rig) == 0
