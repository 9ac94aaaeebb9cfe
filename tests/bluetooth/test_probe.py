"""Probe of a machine without a runner, over the virtual radio and in virtual time."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from bumble import att

from bridge.bluetooth.connection import LinkLost
from bridge.bluetooth.radio import open_radio
from bridge.bluetooth.scan import Match, find
from bridge.diagnostics.probe import Finding, probe
from bridge.diagnostics.probe_report import markdown, report
from bridge.machines import Declared, Pairing, Quirk, TrainingStatusUse
from bridge.values import Belt
from simulators.ftms.profile_file import load_profile, machine_names
from simulators.radio.peripheral import ADDRESS
from simulators.simulation import Simulation
from tests.bluetooth.link.link_rig import scripted
from tests.bluetooth.peripheral import NOTIFY, WRITE_COMMAND, Peripheral
from tests.rigs.virtual_time import LoopClock

pytestmark = pytest.mark.virtual_time

NOW = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
SERIAL = "SN1234567890"


async def looked_at(
    simulation: Simulation, declared: Declared | None = None, *, no_control: str = ""
) -> Finding:
    async with open_radio(simulation.new_controller()) as radio:
        found = await find(radio, Match(address=ADDRESS), 10.0)
        assert found is not None
        clock = LoopClock()
        return await probe(radio, found, declared or Declared(), clock, no_control=no_control)


async def look(
    *, declared: Declared | None = None, hook: Any = None, **options: Any
) -> tuple[Finding, Peripheral]:
    """A look at a scripted peripheral."""
    async with (
        scripted(**options) as peripheral,
        open_radio(peripheral.air.new_controller()) as radio,
    ):
        if hook is not None:
            hook(peripheral)
        found = await find(radio, Match(address=ADDRESS), 10.0)
        assert found is not None
        return await probe(radio, found, declared or Declared(), LoopClock()), peripheral


@pytest.mark.unmeasured
@pytest.mark.parametrize("name", machine_names())
async def test_probe_describes_every_simulated_machine_and_moves_no_belt(name: str) -> None:
    async with Simulation(profile=load_profile(name)) as simulation:
        finding = await looked_at(simulation)
        assert [value for _, value in simulation.written] in ([], [b"\x00"])
        assert simulation.machine.true_speed_kmh == 0
    document = report(finding, NOW)
    assert json.loads(json.dumps(document)) == document
    text = markdown(document)
    assert finding.machine.name in text
    assert ADDRESS not in text + json.dumps(document)


class TestControl:
    async def test_probe_requests_control_once_of_a_standing_belt(
        self, simulation: Simulation
    ) -> None:
        finding = await looked_at(simulation)
        assert finding.control == "given"
        assert finding.control_s is not None
        assert [value for _, value in simulation.written] == [b"\x00"]

    async def test_probe_does_not_request_control_without_consent(
        self, simulation: Simulation
    ) -> None:
        finding = await looked_at(simulation, no_control="nobody agreed")
        assert finding.control == "not asked: nobody agreed"
        assert simulation.written == []

    async def test_probe_does_not_request_control_of_a_moving_belt(
        self, simulation: Simulation
    ) -> None:
        simulation.machine.start()
        await asyncio.sleep(10)
        finding = await looked_at(simulation)
        assert finding.belt is Belt.RUNNING
        assert finding.control == "not asked: the belt is not known to stand (running)"
        assert simulation.written == []

    async def test_unanswered_request_for_control_is_a_quirk(self) -> None:
        def mute(peripheral: Peripheral) -> None:
            peripheral.on_write = lambda _: None

        finding, peripheral = await look(hook=mute, reads={"2ad3": b"\x00\x01"})
        assert finding.control == "not answered within 3 s"
        assert Quirk.CONTROL_UNANSWERED in finding.machine.quirks
        assert peripheral.writes == [b"\x00"]

    @pytest.mark.parametrize(
        ("result", "said"),
        [(2, "not supported"), (5, "refused (control not permitted)"), (9, "unknown result 0x09")],
    )
    async def test_result_of_the_request_for_control_is_reported(
        self, result: int, said: str
    ) -> None:
        def answer(peripheral: Peripheral) -> None:
            peripheral.on_write = lambda value: bytes([0x80, value[0], result])

        finding, _ = await look(hook=answer)
        assert finding.control == said

    async def test_refused_write_is_reported(self) -> None:
        def refuse(peripheral: Peripheral) -> None:
            def on_write(_: bytes) -> bytes | None:
                raise att.ATT_Error(att.ErrorCode(0x80))

            peripheral.on_write = on_write

        finding, _ = await look(hook=refuse)
        assert finding.control.startswith("the write was refused")

    async def test_probe_requests_no_control_from_a_machine_without_control_point(self) -> None:
        finding, peripheral = await look(missing=frozenset({"2ad9"}))
        assert finding.control == "not asked: it has no control point that answers"
        assert peripheral.writes == []


class TestReadsOfTheProbe:
    async def test_report_has_every_value_in_hexadecimal(self) -> None:
        finding, _ = await look(vendor=True)
        offers = {offer["uuid"]: offer for offer in report(finding, NOW)["characteristics"]}
        assert offers["2ad4"]["value"] == "500040060a00"
        assert "minimum_kmh: 0.8" in offers["2ad4"]["means"]
        assert offers["2ad9"]["properties"] == ["indicate", "write"]
        vendor = next(offer for uuid, offer in offers.items() if len(uuid) > 4)
        assert vendor["value"] is None

    async def test_probe_does_not_read_values_that_identify_the_machine(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        services = {"180a": ("2a29", "2a24", "2a25", "2a23"), "1826": ("2acd",)}
        monkeypatch.setattr("tests.bluetooth.peripheral.SERVICES", services)
        reads: dict[str, bytes | int] = {
            "2a25": SERIAL.encode(),
            "2a24": b"Model F3F4F5 of 1234567",
        }
        finding, peripheral = await look(reads=reads, name="Pad F3F4F5")
        assert not {"2a25", "2a23"} & set(peripheral.read_log)
        document = report(finding, NOW)
        assert "the owner's machine" in str(document["characteristics"])
        said = json.dumps(document) + markdown(document)
        for secret in (SERIAL, "F3F4F5", "1234567", b"F3F4F5".hex(), SERIAL.encode().hex()):
            assert secret not in said
        assert document["machine"]["name"] == "Pad xxxxxx"

    async def test_refused_empty_and_invalid_values_are_reported(self) -> None:
        reads: dict[str, bytes | int] = {"2acc": 0x02, "2ad3": b"", "2ad4": b"\x50"}
        finding, _ = await look(reads=reads)
        offers = {offer["uuid"]: offer for offer in report(finding, NOW)["characteristics"]}
        assert offers["2acc"]["note"].startswith("refused")
        assert offers["2ad3"]["value"] == ""
        assert "octets needed" in offers["2ad4"]["means"]
        text = markdown(report(finding, NOW))
        assert "(empty)" in text
        assert "not reported" in text
        assert {Quirk.NO_FEATURES, Quirk.NO_SPEED_RANGE, Quirk.EMPTY_TRAINING_STATUS} <= set(
            finding.machine.quirks
        )

    @pytest.mark.parametrize("use", [TrainingStatusUse.NONE, TrainingStatusUse.READ])
    async def test_probe_reads_no_characteristic_that_the_profile_excludes(
        self, use: TrainingStatusUse
    ) -> None:
        declared = Declared(settings={"training_status": use})
        finding, peripheral = await look(declared=declared)
        assert ("2ad3" in peripheral.read_log) is (use is TrainingStatusUse.READ)
        assert report(finding, NOW)["settings"] == {"training_status": str(use)}

    async def test_unanswered_read_ends_the_probe(self) -> None:
        def hang(peripheral: Peripheral) -> None:
            peripheral.device.gatt_server.on_att_read_request = lambda *_: None

        with pytest.raises(LinkLost, match="no answer"):
            await look(hook=hang)


class TestMeasuredData:
    @pytest.mark.simulation(sample_interval=0.5)
    async def test_interval_of_the_samples_is_measured(self, simulation: Simulation) -> None:
        finding = await looked_at(simulation)
        assert finding.interval is not None
        assert finding.interval.mean == pytest.approx(0.5, abs=0.05)
        assert report(finding, NOW)["interval_s"]["mean"] == pytest.approx(0.5, abs=0.05)
        assert f"one in {finding.interval.mean:.2f} s" in markdown(report(finding, NOW))

    async def test_training_status_shows_that_a_silent_machine_stands(self) -> None:
        finding, _ = await look()
        assert (finding.samples, finding.interval) == (0, None)
        assert finding.belt is Belt.IDLE
        assert finding.control == "given"

    async def test_disconnect_by_the_machine_ends_the_probe(self) -> None:
        def hang_up(peripheral: Peripheral) -> None:
            async def soon() -> None:
                await peripheral.wait_for_connection()
                await asyncio.sleep(3)
                await peripheral.hang_up()

            task = asyncio.get_running_loop().create_task(soon())
            peripheral._tasks.add(task)

        with pytest.raises(LinkLost, match="the machine disconnected"):
            await look(hook=hang_up, missing=frozenset({"2ad3"}))


async def test_report_names_the_declared_model() -> None:
    finding, _ = await look(name="FS-BT-T4")
    document = report(finding, NOW)
    assert document["model"] == {
        "key": "fitshow",
        "title": "machines with a FitShow module",
        "evidence": "P12 C, P20 B",
    }
    assert "| declared model | fitshow:" in markdown(document)


async def test_properties_of_the_control_point_are_quirks() -> None:
    finding, _ = await look(properties={"2ad9": WRITE_COMMAND | NOTIFY})
    assert {Quirk.WRITES_WITHOUT_RESPONSE, Quirk.ANSWERS_AS_NOTIFICATIONS} <= set(
        finding.machine.quirks
    )


async def test_declared_pairing_comes_first_and_is_no_quirk() -> None:
    finding, _ = await look(declared=Declared(settings={"pairing": Pairing.FIRST}))
    assert finding.control == "given"
    assert Quirk.NEEDS_PAIRING not in finding.machine.quirks


async def test_undeclared_encryption_is_a_quirk() -> None:
    finding, _ = await look(encrypted=frozenset({"2ad9"}))
    assert Quirk.NEEDS_PAIRING in finding.machine.quirks
