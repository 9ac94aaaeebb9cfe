"""Faults of every kind in the middle of a run, on one guest; each case leaves the belt running."""

import asyncio

import pytest
import pytest_asyncio

from simulators.ftms.faults import Silence
from tests.bluez.faults import climbing
from tests.bluez.rig import START_S, Rig

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.timeout(900)]
SUPERVISION_S = 2.0
"""The virtual air's: a link that is silent for so long is lost."""
STALE_S, FAULT_S = 3.0, 10.0
"""Seconds without a sample after which nothing rises, and after which the request is forgotten."""


@pytest_asyncio.fixture(autouse=True, loop_scope="package")
async def the_treadmill_streams(rig: Rig) -> None:
    await rig.streaming()


async def test_machine_that_disconnects_is_connected_again(rig: Rig) -> None:
    async with climbing(rig, "the treadmill hung up") as fault:
        rig.simulation.hang_up()
        fault.over((await rig.offline(since=fault.began)).at)


@pytest.mark.parametrize("seconds", [1, 4, 25])
async def test_treadmill_out_of_reach_for_a_while_is_connected_again(
    rig: Rig, seconds: int
) -> None:
    name, lost = f"the treadmill was out of reach for {seconds} s", seconds > SUPERVISION_S
    async with climbing(rig, name, forgotten=lost) as fault:
        rig.simulation.go_dark()
        await asyncio.sleep(seconds)
        rig.simulation.back()
        fault.over()
        assert rig.went_offline(fault.began) is lost


@pytest.mark.parametrize("seconds", [1, 4, 25])
async def test_treadmill_without_data_for_a_while_is_stale_but_connected(
    rig: Rig, seconds: int
) -> None:
    name = f"the treadmill sent nothing for {seconds} s"
    async with climbing(rig, name, forgotten=seconds > FAULT_S) as fault:
        rig.simulation.faults.strike(Silence(seconds))
        await asyncio.sleep(seconds)
        fault.over()
        stale = [m.at for m in rig.since(fault.began, "home/state") if not m.payload["fresh"]]
        assert bool(stale) is (seconds > STALE_S)
        raised = [at for at, _ in rig.targets() if stale and stale[0] < at < rig.now()]
        assert not raised, "a target was written on stale samples"
        assert not rig.went_offline(fault.began)


async def test_adapter_switched_off_is_reported_and_used_once_it_is_on(rig: Rig) -> None:
    async with climbing(rig, "the adapter was switched off") as fault:
        await rig.guest.run("bluetoothctl power off")
        await rig.offline(since=fault.began)
        await fault.reason("powered_off")
        await rig.guest.run("bluetoothctl power on")
        fault.over()


async def test_link_recovers_from_a_restart_of_bluetoothd(rig: Rig) -> None:
    async with climbing(rig, "bluetoothd was restarted") as fault:
        await rig.guest.run("systemctl restart bluetooth")
        await rig.offline(since=fault.began)
        await rig.power_on()
        fault.over()


async def test_stopped_bluetoothd_is_reported_and_used_once_it_is_started(rig: Rig) -> None:
    # Masked as well: D-Bus would start it again for the first client.
    async with climbing(rig, "bluetoothd was stopped for 20 s") as fault:
        await rig.guest.run("systemctl mask --runtime bluetooth && systemctl stop bluetooth")
        await rig.offline(since=fault.began)
        await fault.reason("no_service", "no_adapter")
        await asyncio.sleep(20)
        await rig.guest.run("systemctl unmask --runtime bluetooth && systemctl start bluetooth")
        await rig.power_on()
        fault.over()


async def test_link_recovers_from_a_killed_bluetoothd(rig: Rig) -> None:
    async with climbing(rig, "bluetoothd was killed") as fault:
        await rig.guest.run("systemctl kill -s KILL bluetooth; sleep 1; systemctl start bluetooth")
        await rig.offline(since=fault.began)
        await rig.power_on()
        fault.over()


async def test_link_recovers_from_a_restart_of_dbus(rig: Rig) -> None:
    async with climbing(rig, "D-Bus was restarted") as fault:
        await rig.guest.run("systemctl restart dbus; systemctl restart bluetooth")
        await rig.offline(since=fault.began)
        await rig.power_on()
        fault.over()


async def test_dongle_that_is_pulled_and_plugged_in_again_is_used(rig: Rig) -> None:
    async with climbing(rig, "the adapter was unplugged") as fault:
        await rig.guest.run("systemctl stop dongle@1")
        await rig.offline(since=fault.began)
        await fault.reason("powered_off", "no_adapter")
        await rig.guest.run("systemctl start dongle@1")
        await rig.power_on()
        fault.over()


async def test_release_disconnects_the_treadmill_and_connect_reconnects_it(rig: Rig) -> None:
    async with climbing(rig, "the treadmill was released") as fault:
        await rig.command("belt", "release")
        await rig.offline(since=fault.began)
        await fault.reason("released")
        await rig.let_go()
        fault.over()
        await rig.command("belt", "connect")


async def test_release_followed_at_once_by_connect_keeps_the_link(rig: Rig) -> None:
    async with climbing(rig, "release and connect in one breath") as fault:
        await rig.publish("home/set/belt", "release")
        await rig.publish("home/set/belt", "connect")
        fault.over()
    assert "ended (released)" not in await rig.journal(lines=40)


async def test_killed_daemon_finds_the_machine_among_the_connected(rig: Rig) -> None:
    async with climbing(rig, "the bridge was killed, counted from its start") as fault:
        await rig.guest.run("systemctl kill -s KILL treadmill-bridge")
        await rig.message("bridge/availability", lambda p: p == "offline", since=fault.began)
        gone = rig.now()
        assert rig.simulation.peripheral.device.connections, "BlueZ let go of the link"
        back = await rig.message(
            "bridge/availability", lambda p: p == "online", since=gone, limit_s=START_S
        )
        fault.over(back.at)
    assert not rig.since(fault.began, "home/session"), "the session ended"


async def test_restart_of_the_service_does_not_move_the_belt(rig: Rig) -> None:
    async with climbing(rig, "the service was restarted, counted from its start") as fault:
        await rig.guest.run("systemctl restart treadmill-bridge", limit_s=START_S)
        back = await rig.message("bridge/availability", lambda p: p == "online", since=rig.now())
        fault.over(back.at)


async def test_hung_daemon_is_restarted_by_the_watchdog(rig: Rig) -> None:
    async with climbing(rig, "the watchdog bit, counted from the bridge's start") as fault:
        await rig.guest.run("systemctl kill -s STOP treadmill-bridge")
        await rig.message("bridge/availability", lambda p: p == "offline", since=fault.began)
        back = await rig.message(
            "bridge/availability", lambda p: p == "online", since=rig.now(), limit_s=START_S
        )
        fault.over(back.at)
    log = await rig.guest.run("journalctl -u treadmill-bridge -n 200 --no-pager -o cat")
    assert "Watchdog timeout" in log
