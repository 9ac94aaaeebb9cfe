"""Machines that wait for their vendor's app (P18, D18), and their unlocking."""

import asyncio

import pytest

from simulators.ftms.profile import Lock, Profile
from simulators.ftms.profile_file import load_profile
from tests.simulators.central import Central
from tests.simulators.ftms.bench import Bench, last_record

DATA, CONTROL = 0x2ACD, 0x2AD9
NOT_PERMITTED = "05"


def test_p18_locked_machine_refuses_every_order_until_unlocked() -> None:
    bench = Bench(profile=load_profile("focus-senator"))
    for request in ("00", "07", "08 01", "02 2c01", "03 0a00", "01"):
        assert bench.write(request) == f"80 {request[:2]} {NOT_PERMITTED}"
    bench.treadmill.advance(10)
    assert bench.machine.stands
    bench.server.unlock()
    bench.start()


def test_p18_locked_machine_runs_at_its_console_and_sends_data() -> None:
    bench = Bench(profile=load_profile("focus-senator"))
    assert bench.machine.start()
    bench.treadmill.advance(20)
    assert last_record(bench.a).speed == 80


def test_d18_locked_machine_obeys_and_sends_only_zeros() -> None:
    bench = Bench(profile=load_profile("urevo-e3"))
    bench.start()
    bench.treadmill.advance(30)
    assert bench.machine.true_speed_kmh > 0.9
    assert last_record(bench.a).is_blank
    assert not last_record(bench.a).heart_rate
    bench.server.unlock()
    bench.treadmill.advance(1)
    assert last_record(bench.a).speed == pytest.approx(96, abs=2)
    assert last_record(bench.a).elapsed


def test_lock_opens_only_by_a_write_with_the_preamble() -> None:
    bench = Bench(profile=Profile(lock=Lock(control=True, opened_by="71000501")))
    bench.server.on_vendor_write(bytes.fromhex("710005"))
    assert bench.write("00") == "80 00 05"
    bench.server.on_vendor_write(bytes.fromhex("71000501 aabbcc"))
    assert bench.write("00") == "80 00 01"


@pytest.mark.virtual_time
@pytest.mark.simulation("focus-senator")
async def test_lock_opens_by_a_write_to_the_vendor_service(phone: Central) -> None:
    await phone.subscribe(CONTROL)
    assert await phone.request("00") == "800005"
    words = phone.characteristics["fff2"]
    await words.write_value(bytes.fromhex("7100050100"), with_response=True)
    await asyncio.sleep(0.1)
    assert await phone.request("00") == "800001"
