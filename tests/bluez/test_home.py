"""A day at home on real BlueZ: connect, run, faults of every kind, and back again.

The cases share one guest and stand in the order of a day; each leaves the bridge online.
"""

from collections.abc import Callable
from typing import Any

import pytest
import pytest_asyncio

from tests.bluez.house import House

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.timeout(900)]
RECOVERY_S = 10.0 * 3
"""Ten seconds on a Raspberry Pi; the emulated guest is given three times as long."""


def rule_is(*rules: str) -> Callable[[Any], bool]:
    """Fit a `link` that has no connection for one of these reasons."""
    return lambda payload: (payload["reason"] or {}).get("rule") in rules


@pytest_asyncio.fixture(autouse=True, loop_scope="package")
async def the_treadmill_streams(house: House) -> None:
    await house.online(since=house.now() - 5)


async def test_service_reaches_bluez_as_its_own_user_and_streams(house: House) -> None:
    assert await house.guest.run("systemctl is-active treadmill-bridge") == "active\n"
    user = await house.guest.run("ps -o user= -p $(systemctl show -P MainPID treadmill-bridge)")
    assert user.strip().startswith("treadmil")  # ps cuts long names


async def test_exposure_of_the_unit_is_at_most_one_and_a_half(house: House) -> None:
    text = await house.guest.run("systemd-analyze security --no-pager treadmill-bridge | tail -1")
    assert float(text.split(":")[1].split()[0]) <= 1.5, text


async def test_boot_id_is_readable_inside_the_unit(house: House) -> None:
    inside = await house.guest.run(
        "nsenter -t $(systemctl show -P MainPID treadmill-bridge) -m cat"
        " /proc/sys/kernel/random/boot_id"
    )
    assert inside == await house.guest.run("cat /proc/sys/kernel/random/boot_id")


async def test_session_runs_under_the_guard(house: House) -> None:
    await house.hear("den/state", lambda s: s["belt"] == "idle")
    began = house.now()
    await house.say("den/set/belt", "start")
    await house.hear("den/state", lambda s: s["belt"] == "running", since=began)
    await house.say("den/set/speed", {"value": 9, "id": "nine"})
    outcome = await house.hear("den/outcome", lambda o: o["id"] == "nine", since=began)
    assert outcome.payload["outcome"] == "limited"
    await house.hear("den/state", lambda s: s["speed_kmh"] >= 1.5, since=began)


async def test_scan_beside_the_running_bridge_leaves_its_link_alone(house: House) -> None:
    began = house.now()
    listed = await house.guest.run("treadmill-bridge scan", limit_s=180)
    assert "F0:F1:F2:F3:F4:F5" in listed
    assert not [h for h in house.heard if h.at >= began and h.payload == "offline"]
    await house.online(since=house.now())


async def test_machine_that_hangs_up_is_connected_again(house: House) -> None:
    began = house.now()
    house.simulation.hang_up()
    await house.offline(since=began)
    await house.online(since=house.now(), limit_s=RECOVERY_S)


async def test_killed_daemon_finds_the_machine_among_the_connected(house: House) -> None:
    began = house.now()
    await house.guest.run("systemctl kill -s KILL treadmill-bridge")
    await house.hear("bridge/availability", lambda p: p == "offline", since=began)
    back = await house.hear("bridge/availability", lambda p: p == "online", since=house.now())
    await house.online(since=back.at)


async def test_adapter_that_is_switched_off_is_named_and_used_once_it_is_on(house: House) -> None:
    began = house.now()
    await house.guest.run("bluetoothctl power off")
    await house.offline(since=began)
    await house.hear("den/link", rule_is("powered_off"), since=began)
    on = house.now()
    await house.guest.run("bluetoothctl power on")
    await house.online(since=on, limit_s=RECOVERY_S)


async def test_restart_of_bluetoothd_is_survived(house: House) -> None:
    began = house.now()
    await house.guest.run("systemctl restart bluetooth")
    await house.offline(since=began)
    await house.power_on()
    await house.online(since=house.now(), limit_s=RECOVERY_S)


async def test_killed_bluetoothd_is_survived(house: House) -> None:
    began = house.now()
    await house.guest.run("systemctl kill -s KILL bluetooth; sleep 1; systemctl start bluetooth")
    await house.offline(since=began)
    await house.power_on()
    await house.online(since=house.now(), limit_s=RECOVERY_S)


async def test_dongle_that_is_pulled_and_plugged_in_again_is_used(house: House) -> None:
    began = house.now()
    await house.guest.run("systemctl stop dongle")
    await house.offline(since=began)
    await house.hear("den/link", rule_is("powered_off", "no_adapter"), since=began)
    await house.guest.run("systemctl start dongle")
    await house.power_on()
    await house.online(since=house.now(), limit_s=RECOVERY_S)


async def test_release_lets_go_and_connect_takes_the_machine_back(house: House) -> None:
    began = house.now()
    await house.say("den/set/belt", "release")
    await house.offline(since=began)
    await house.say("den/set/belt", "connect")
    await house.online(since=house.now())
