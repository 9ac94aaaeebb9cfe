"""The service on a healthy machine: its user and sandbox, a session, and the commands beside it."""

import json

import pytest
import pytest_asyncio

from simulators.radio.peripheral import ADDRESS
from tests.bluez.faults import check_bounds
from tests.bluez.rig import START_S, Rig

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.timeout(900)]
AS_SERVICE = "runuser -u treadmill-bridge --"
"""Runs a command as the service's user."""
MAIN_PID = "$(systemctl show -P MainPID treadmill-bridge)"


@pytest_asyncio.fixture(autouse=True, loop_scope="package")
async def the_treadmill_streams(rig: Rig) -> None:
    await rig.streaming()


async def test_service_reaches_bluez_as_its_own_user(rig: Rig) -> None:
    assert await rig.guest.run("systemctl is-active treadmill-bridge") == "active\n"
    user = await rig.guest.run(f"ps -o user= -p {MAIN_PID}")
    assert user.strip().startswith("treadmil")  # ps cuts long names


async def test_boot_id_is_readable_inside_the_unit(rig: Rig) -> None:
    file = "/proc/sys/kernel/random/boot_id"
    inside = await rig.guest.run(f"nsenter -t {MAIN_PID} -m cat {file}")
    assert inside == await rig.guest.run(f"cat {file}")


async def test_systemd_status_text_shows_belt_state_and_broker(rig: Rig) -> None:
    await rig.stop_belt()
    shown = "systemctl show -P StatusText treadmill-bridge"
    loop = f"until {shown} | grep Home:.idle; do sleep 1; done"
    text = await rig.guest.run(f"timeout 60 sh -c '{loop}'")
    assert "broker connected" in text


@pytest.mark.parametrize("user", ["root", "service"])
async def test_doctor_names_nothing_on_a_healthy_machine(rig: Rig, user: str) -> None:
    prefix = AS_SERVICE if user == "service" else ""
    await rig.guest.run("python3 /guest/synchronised.py")
    code, text = await rig.guest.ended(f"{prefix} treadmill-bridge doctor --json", limit_s=START_S)
    findings = json.loads(text[text.index("{") :])
    assert code == 0, findings


async def test_session_runs_under_the_guard(rig: Rig) -> None:
    began = rig.now()
    await rig.run_belt()
    outcome = await rig.command("speed", 9)
    assert outcome["outcome"] == "limited"
    assert "warm_up" in {reason["rule"] for reason in outcome["reasons"]}
    await rig.message("home/state", lambda s: s["speed_kmh"] >= 1.5, since=began)
    check_bounds(rig)


async def test_scan_beside_a_running_bridge_keeps_its_link(rig: Rig) -> None:
    began = rig.now()
    listed = await rig.guest.run(f"{AS_SERVICE} treadmill-bridge scan", limit_s=START_S)
    assert ADDRESS in listed
    assert "left alone" in listed
    assert not rig.went_offline(began)
    await rig.streaming()


async def test_live_check_beside_a_running_bridge_queries_that_bridge(rig: Rig) -> None:
    began = rig.now()
    command = f"{AS_SERVICE} treadmill-bridge check --live --yes"
    said = await rig.guest.run(command, limit_s=START_S)
    assert "the bridge that runs for it reports: connected" in said
    assert not rig.went_offline(began)
    await rig.streaming()


async def test_scan_and_check_use_their_own_link_while_the_bridge_is_stopped(rig: Rig) -> None:
    await rig.stop_belt()
    await rig.guest.run("systemctl stop treadmill-bridge")
    written = len(rig.simulation.written)
    try:
        listed = await rig.guest.run(f"{AS_SERVICE} treadmill-bridge scan", limit_s=START_S)
        said = await rig.guest.run(
            f"{AS_SERVICE} treadmill-bridge check --live --yes", limit_s=START_S
        )
    finally:
        await rig.guest.run("systemctl start treadmill-bridge", limit_s=START_S)
    assert ADDRESS in listed
    assert "speed: 0.8 to 16 km/h in steps of 0.1" in listed
    assert "control: given" in said
    asked = [octets for _, octets in rig.simulation.written[written:]]
    assert set(asked) <= {b"\x00"}, "check wrote more than Request Control"
