"""Restart of a failed treadmill, and the end of the process, in virtual time."""

import asyncio
import json
from typing import Any

import pytest

from bridge.app.daemon import Daemon
from bridge.config import Config
from bridge.contract.parser import Refusal
from bridge.history.history import History
from bridge.mqtt.inbox import Incoming
from bridge.treadmill.actor import Treadmill
from bridge.values import Belt, Command, Measurement, Reason, Snapshot, Verb
from tests.rigs.daemon_rig import MACHINE, TWO, DaemonRig, Link, daemon_rig
from tests.rigs.virtual_time import LoopClock

pytestmark = [pytest.mark.virtual_time, pytest.mark.usefixtures("stand_ins")]


async def test_failed_treadmill_is_restarted_without_the_others(rig: DaemonRig) -> None:
    before = dict(rig.daemon.treadmills)
    rig.fail("den")
    await asyncio.sleep(3)

    assert rig.daemon.treadmills["den"] is not before["den"]
    assert rig.daemon.treadmills["loft"] is before["loft"]
    assert [link.ended for link in rig.links("Den")] == [True, False]
    assert [link.ended for link in rig.links("Loft")] == [False]
    assert rig.line("den") is rig.links("Den")[1]


async def test_messages_reach_the_restarted_treadmill(rig: DaemonRig) -> None:
    rig.fail("den")
    await asyncio.sleep(3)

    rig.broker.handler(Incoming("den", Refusal("x", "speed", "mqtt", Reason("not_json"))))
    await asyncio.sleep(1)

    assert rig.broker.answers == [("den", Refusal("x", "speed", "mqtt", Reason("not_json")))]


async def test_failed_treadmill_is_offline_until_it_has_restarted(rig: DaemonRig) -> None:
    rig.daemon.treadmills["den"].connected(MACHINE)
    await asyncio.sleep(1)
    assert rig.broker.last("den/availability") == b"online"

    rig.fail("den")
    await asyncio.sleep(0.1)
    assert rig.broker.last("den/availability") == b"offline"

    await asyncio.sleep(3)
    assert json.loads(rig.broker.last("den/state"))["belt"] == "unknown"


async def test_treadmill_without_a_history_has_no_steep_budget() -> None:
    async with daemon_rig(TWO, blank=False) as rig:
        for treadmill in rig.daemon.treadmills.values():
            assert treadmill.decision.steep[0].left_s == 0


async def test_restarted_treadmill_keeps_its_steep_time(rig: DaemonRig) -> None:
    den = rig.daemon.treadmills["den"]
    den.connected(MACHINE)
    for _ in range(40):
        den.measured(Measurement(speed=300, incline=120))
        await asyncio.sleep(1)
    before = den.decision.steep[0].used_s
    assert before > 30

    rig.fail("den")
    await asyncio.sleep(3)

    after = rig.daemon.treadmills["den"].decision.steep[0].used_s
    assert before <= after <= before + 4  # unobserved time counts as steep


async def test_restarted_treadmill_sends_no_orders(rig: DaemonRig) -> None:
    rig.fail("den")
    await asyncio.sleep(3)
    treadmill = rig.daemon.treadmills["den"]
    treadmill.connected(MACHINE)
    for _ in range(5):
        treadmill.measured(Measurement(speed=300))
        await asyncio.sleep(0.5)

    # An order would have failed the treadmill again.
    assert rig.daemon.treadmills["den"] is treadmill


async def test_failing_treadmill_is_restarted_with_back_off_up_to_30_s(rig: DaemonRig) -> None:
    Link.broken = True
    try:
        await asyncio.sleep(300)
    finally:
        Link.broken = False
    assert 10 <= len(rig.links("Den")) <= 40


async def test_restart_back_off_is_reset_after_a_minute_without_failure(rig: DaemonRig) -> None:
    for _ in range(6):
        rig.fail("den")
        await asyncio.sleep(70)
    failing = rig.daemon.treadmills["den"]
    rig.fail("den")
    await asyncio.sleep(1.6)

    assert rig.daemon.treadmills["den"] is not failing
    assert rig.daemon.treadmills["den"].line is not None


async def test_a_link_that_fails_restarts_its_treadmill(rig: DaemonRig) -> None:
    before = rig.daemon.treadmills["den"]
    rig.links("Den")[0].broken = True
    await asyncio.sleep(4)

    assert rig.daemon.treadmills["den"] is not before
    assert not rig.links("Den")[-1].ended


class TestWatchdog:
    async def test_watchdog_finds_no_stuck_task_in_a_working_bridge(self, rig: DaemonRig) -> None:
        for _ in range(12):
            await asyncio.sleep(10)
            rig.broker.turned = asyncio.get_running_loop().time()
            assert rig.daemon.stuck() == []

    async def test_watchdog_names_a_treadmill_whose_task_hangs(
        self, rig: DaemonRig, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def hang(self: Treadmill) -> None:
            await asyncio.Event().wait()

        monkeypatch.setattr(Treadmill, "run", hang)
        rig.fail("den")
        await asyncio.sleep(9)
        assert rig.daemon.stuck() == []
        await asyncio.sleep(5)
        assert rig.daemon.stuck() == ["den"]

    async def test_watchdog_names_a_broker_task_that_hangs(self, rig: DaemonRig) -> None:
        await asyncio.sleep(80)
        assert rig.daemon.stuck() == []
        await asyncio.sleep(20)
        assert rig.daemon.stuck() == ["broker"]

    async def test_watchdog_accepts_a_treadmill_that_waits_for_its_restart(
        self, rig: DaemonRig
    ) -> None:
        Link.broken = True
        try:
            for _ in range(12):
                await asyncio.sleep(10)
                rig.broker.turned = asyncio.get_running_loop().time()
                assert rig.daemon.stuck() == []
        finally:
            Link.broken = False

    async def test_status_of_the_bridge_is_one_readable_line(self, rig: DaemonRig) -> None:
        rig.daemon.treadmills["den"].connected(MACHINE)
        await asyncio.sleep(1)
        expected = (
            "broker connected; Den: connected, belt state not known yet;"
            " Loft: not connected. The bridge is looking for the treadmill."
        )
        assert rig.daemon.status() == expected


async def test_exception_in_the_broker_task_ends_the_process() -> None:
    clock = LoopClock()
    daemon = Daemon(Config.model_validate(TWO), clock, History.blank(clock))
    broker: Any = daemon.broker
    task = asyncio.create_task(daemon.run())
    await asyncio.sleep(1)

    broker.broken.set()

    with pytest.raises(LookupError, match="the broker's task has a bug"):
        await task


async def test_broker_ends_after_the_last_messages_of_the_treadmills() -> None:
    async with daemon_rig(TWO) as rig:
        pass
    *said, last = rig.broker.said
    assert last == ("broker", b"gone")
    for name in ("den", "loft"):
        assert [word for word in said if word[0].startswith(name)][-1] == (
            f"{name}/availability",
            b"offline",
        )


class TestStopOnExit:
    """With `stop_belt_on_exit` the bridge stops the belt when it is terminated."""

    async def _terminated(
        self, monkeypatch: pytest.MonkeyPatch, *, wanted: bool, belt: Belt, obeys: bool
    ) -> tuple[list[Verb], float]:
        den = {"id": "den", "name": "Den", "stop_belt_on_exit": wanted}
        stops: list[Verb] = []
        loop = asyncio.get_running_loop()
        async with daemon_rig({"treadmills": [den]}) as rig:
            treadmill = rig.daemon.treadmills["den"]
            await asyncio.sleep(1)
            treadmill._builder.snapshot = Snapshot(connected=True, belt=belt)

            def take(command: Command) -> None:
                stops.append(command.verb)
                if obeys:
                    treadmill._builder.snapshot = Snapshot(connected=True, belt=Belt.IDLE)

            monkeypatch.setattr(treadmill, "take", take)
            # The guard is not the subject here; it would look at the snapshot that was put there.
            monkeypatch.setattr(treadmill, "_command_belt", lambda: False)
            monkeypatch.setattr(treadmill, "_follow", lambda **_: None)
            began = loop.time()
            await rig.end()
        return stops, loop.time() - began

    @pytest.mark.parametrize(
        ("wanted", "belt", "obeys", "stopped_and_waits"),
        [
            (True, Belt.RUNNING, True, (True, False)),
            (True, Belt.RUNNING, False, (True, True)),
            (True, Belt.IDLE, True, (False, False)),
            (True, Belt.UNKNOWN, True, (False, False)),
            (False, Belt.RUNNING, True, (False, False)),
        ],
    )
    async def test_moving_belt_is_stopped_and_waited_for_at_most_5_s(
        self,
        monkeypatch: pytest.MonkeyPatch,
        wanted: bool,
        belt: Belt,
        obeys: bool,
        stopped_and_waits: tuple[bool, bool],
    ) -> None:
        stops, took = await self._terminated(monkeypatch, wanted=wanted, belt=belt, obeys=obeys)
        assert (stops == [Verb.STOP], 5 <= took < 10) == stopped_and_waits
        assert len(stops) <= 1
