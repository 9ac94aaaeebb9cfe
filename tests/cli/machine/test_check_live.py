"""`treadmill-bridge check --live`: the broker and the machines in reach."""

import asyncio
import json
from pathlib import Path

import pytest
import structlog
from click.testing import Result

from bridge.app import listening
from bridge.bluetooth.connection import LinkLost
from bridge.diagnostics import probe
from bridge.diagnostics.probe_report import learned_words
from tests.cli.conftest import Invoke
from tests.cli.machine.samples import GOOD
from tests.mqtt.conftest import desk, on
from tests.rigs.brokers import Mosquitto, ear, free_port
from tests.rigs.brokers import mosquitto as mosquitto_broker
from tests.tracking.belt import Physics, ridden


@pytest.fixture(autouse=True)
def _brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bridge's echo and the machine's samples are waited for only where a test has some."""
    monkeypatch.setattr(listening, "LISTEN_S", 0.3)
    monkeypatch.setattr(probe, "LISTEN_S", 0.3)


class TestLive:
    def test_live_check_finds_broker_and_machine_and_asks_for_no_control(
        self, invoke: Invoke, file: Path, mosquitto: Mosquitto, radio: str
    ) -> None:
        file.write_text(f'{GOOD}[mqtt]\nhost = "127.0.0.1"\nport = {mosquitto.port}\n')

        result = invoke("check", "--live", "--radio", radio, str(file))

        lines = result.stdout.splitlines()
        assert lines[:3] == [
            f"{file} is valid: 1 treadmill(s).",
            f"ok: broker 127.0.0.1:{mosquitto.port}, MQTT 5",
            "ok: home: Simulated treadmill is in range",
        ]
        assert "    speed: 0.8 km/h to 16 km/h in steps of 0.1 km/h" in lines
        assert "    model: simulated (the simulated treadmill of this project)" in lines
        assert "    control: not asked: not agreed to (add --yes)" in lines
        assert "request control once?" in result.stderr
        assert result.exit_code == 0

    def test_live_check_requests_no_control_of_a_machine_configured_as_never(
        self, invoke: Invoke, file: Path, mosquitto: Mosquitto, radio: str
    ) -> None:
        file.write_text(
            f'{GOOD}control = "never"\n[mqtt]\nhost = "127.0.0.1"\nport = {mosquitto.port}\n'
        )

        result = invoke("check", "--live", "--radio", radio, str(file))

        line = '    control: not asked: control = "never" is configured'
        assert line in result.stdout.splitlines()
        assert "control once?" not in result.stderr

    def test_live_check_with_yes_requests_control_and_prints_one_json_object(
        self,
        invoke: Invoke,
        file: Path,
        mosquitto: Mosquitto,
        radio: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(probe, "LISTEN_S", 5.0)  # until the belt is known to stand
        file.write_text(f'[mqtt]\nhost = "127.0.0.1"\nport = {mosquitto.port}\n')

        result = invoke("check", "--live", "--yes", "--json", "--radio", radio, str(file))

        document = json.loads(result.stdout)
        assert (document["good"], document["treadmills"]) == (True, 0)
        assert document["broker"]["reached"]
        assert document["machines"]["any"]["machine"]["maker"] == "treadmill-bridge"
        assert document["machines"]["any"]["control"] == "given"
        assert len(document["warnings"]) == 1
        assert "control once?" not in result.stderr
        assert result.exit_code == 0

    def test_live_check_prints_only_json_while_the_library_logs(
        self, invoke: Invoke, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def find_nothing(*_: object) -> None:
            structlog.get_logger().info("mqtt_no_version_5")
            message = "no answer"
            raise OSError(message)

        monkeypatch.setattr("bridge.cli.machine.check.find_version", find_nothing)
        file.write_text(GOOD)
        nowhere = ("--radio", f"tcp-client:127.0.0.1:{free_port()}")
        result = invoke("check", "--live", "--yes", "--json", *nowhere, str(file))

        document = json.loads(result.stdout)
        assert "no answer" in document["broker"]["text"]
        assert "treadmill-bridge simulate" in document["bluetooth"]

    @pytest.mark.parametrize("suffix", ["json", "md"])
    def test_live_check_writes_a_report(
        self, invoke: Invoke, file: Path, mosquitto: Mosquitto, radio: str, suffix: str
    ) -> None:
        file.write_text(f'{GOOD}[mqtt]\nhost = "127.0.0.1"\nport = {mosquitto.port}\n')
        target = file.with_name(f"report.{suffix}")

        result = invoke(
            "check", "--live", "--yes", "--radio", radio, "--report", str(target), str(file)
        )

        assert result.exit_code == 0
        assert str(target) in result.stdout
        text = target.read_text()
        if suffix == "json":
            assert json.loads(text)[0]["mtu"] == 517
        else:
            assert text.startswith("# Simulated treadmill\n")

    def test_live_check_shows_what_was_learned_of_the_machine(
        self,
        invoke: Invoke,
        file: Path,
        mosquitto: Mosquitto,
        radio: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        file.write_text(f'{GOOD}[mqtt]\nhost = "127.0.0.1"\nport = {mosquitto.port}\n')
        known = ridden(Physics(gain=0.95)).learner.knowledge
        monkeypatch.setattr("bridge.cli.machine.check.read_learned", lambda *_: known)

        result = invoke("check", "--live", "--yes", "--json", "--radio", radio, str(file))
        learned = json.loads(result.stdout)["machines"]["home"]["learned"]
        assert learned["speed"]["gain"] == pytest.approx(0.95, abs=0.02)
        assert learned["target_speed_unit"] == "km/h"
        assert learned_words(learned).startswith("sessions 1, ")
        assert "speed lag_s 0 to " in learned_words(learned)
        assert learned_words(None) == "nothing yet"

    def test_check_refuses_a_configuration_that_is_named_twice(
        self, invoke: Invoke, file: Path
    ) -> None:
        file.write_text(GOOD)
        result = invoke("check", "--config", str(file), str(file))
        assert result.exit_code == 2
        assert "give the configuration once" in result.stderr
        assert invoke("check", str(file), TREADMILL_BRIDGE_CONFIG="other.toml").exit_code == 0

    def test_live_check_reports_a_machine_that_disconnects(
        self,
        invoke: Invoke,
        file: Path,
        mosquitto: Mosquitto,
        radio: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        async def hang_up(*_: object, **__: object) -> None:
            message = "the machine disconnected"
            raise LinkLost(message)

        monkeypatch.setattr("bridge.cli.machine.check.probe", hang_up)
        file.write_text(f'{GOOD}[mqtt]\nhost = "127.0.0.1"\nport = {mosquitto.port}\n')
        target = file.with_name("report.md")

        result = invoke("check", "--live", "--radio", radio, "--report", str(target), str(file))

        assert "failed: home: cannot examine it (the machine disconnected)" in result.stdout
        assert "If another app or a running bridge is connected to it" in result.stdout
        assert target.read_text() == "No machine was examined.\n"
        assert result.exit_code == 1

    def test_live_check_report_that_cannot_be_written_exits_with_2(
        self, invoke: Invoke, file: Path, mosquitto: Mosquitto, radio: str
    ) -> None:
        file.write_text(f'{GOOD}[mqtt]\nhost = "127.0.0.1"\nport = {mosquitto.port}\n')
        target = file.parent / "nowhere" / "report.md"

        result = invoke("check", "--live", "--radio", radio, "--report", str(target), str(file))

        assert result.exit_code == 2
        assert "cannot write" in result.stderr

    def test_live_check_without_broker_and_machine_names_both(
        self, invoke: Invoke, file: Path, radio: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bridge.cli.machine.check.FIND_S", 0.5)
        port = free_port()
        file.write_text(f'{GOOD}name = "Another"\n[mqtt]\nhost = "127.0.0.1"\nport = {port}\n')

        result = invoke("check", "--live", "--radio", radio, str(file))

        assert result.exit_code == 1
        assert f"failed: broker 127.0.0.1:{port}:" in result.stdout
        assert "failed: home: not in range" in result.stdout

    def test_live_check_without_a_radio_names_it(
        self, invoke: Invoke, file: Path, mosquitto: Mosquitto
    ) -> None:
        file.write_text(f'{GOOD}[mqtt]\nhost = "127.0.0.1"\nport = {mosquitto.port}\n')

        result = invoke(
            "check", "--live", "--radio", f"tcp-client:127.0.0.1:{free_port()}", str(file)
        )

        assert result.exit_code == 1
        assert "failed: Bluetooth: the radio" in result.stdout

    def test_live_check_names_a_missing_password_file(
        self, invoke: Invoke, file: Path, mosquitto: Mosquitto, radio: str
    ) -> None:
        file.write_text(
            f'{GOOD}[mqtt]\nhost = "127.0.0.1"\nport = {mosquitto.port}\nusername = "me"\n'
            f'password_file = "{file.parent}/nowhere"\n'
        )

        result = invoke("check", "--live", "--radio", radio, str(file))

        assert result.exit_code == 1
        assert "mqtt.password_file: cannot be read" in result.stdout


class TestBesideARunningBridge:
    """The bridge that serves a machine is asked; the machine itself is not touched."""

    @pytest.fixture(autouse=True)
    def _patient(self, _brisk: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(listening, "LISTEN_S", 2.0)

    async def _check(
        self, invoke: Invoke, file: Path, tmp_path: Path, link: dict[str, object], *more: str
    ) -> Result:
        nowhere = f"tcp-client:127.0.0.1:{free_port()}"
        async with mosquitto_broker(tmp_path) as broker, desk(on(broker.port), "home") as here:
            here.broker.publish("treadmills/home/link", json.dumps(link).encode(), retain=True)
            state = json.dumps({"belt": "idle"}).encode()
            here.broker.publish("treadmills/home/state", state, retain=True)
            async with ear(broker.port) as listener:
                await listener.hear("treadmills/home/state")
            text = f'{GOOD}[mqtt]\nhost = "127.0.0.1"\nport = {broker.port}\n'
            await asyncio.to_thread(file.write_text, text)
            return await asyncio.to_thread(
                invoke, "check", "--live", "--radio", nowhere, str(file), *more
            )

    async def test_live_check_asks_nothing_and_says_how_to_examine_the_machine(
        self, invoke: Invoke, file: Path, tmp_path: Path
    ) -> None:
        report = tmp_path / "report.md"
        link: dict[str, object] = {"connected": True}
        result = await self._check(invoke, file, tmp_path, link, "--report", str(report))
        advice = (
            "To examine it, stop the bridge (sudo systemctl stop treadmill-bridge, or Ctrl-C where "
            "it runs) and check again."
        )
        assert (result.exit_code, result.stderr) == (0, "")
        assert advice in result.stdout
        assert advice in report.read_text()

    async def test_live_check_prints_what_a_running_bridge_reports(
        self, invoke: Invoke, file: Path, tmp_path: Path
    ) -> None:
        link = {
            "connected": True,
            "control": "none",
            "machine": {"maker": "Johnson", "model": "7.0AT"},
            "ranges": {"speed_kmh": {"min": 0.8, "max": 16, "step": 0.1}},
            "quirks": ["no_status"],
        }
        result = await self._check(invoke, file, tmp_path, link)
        lines = result.stdout.splitlines()
        assert "ok: home: the bridge that runs for it reports: connected, belt idle" in lines
        assert "    Johnson 7.0AT" in lines
        assert "    speed: 0.8 to 16 km/h in steps of 0.1" in lines
        assert "    quirks: no_status" in lines
        assert result.exit_code == 0

    async def test_live_check_fails_with_the_reason_why_a_running_bridge_has_no_link(
        self, invoke: Invoke, file: Path, tmp_path: Path
    ) -> None:
        reason = {"rule": "powered_off", "text": "Bluetooth is switched off."}
        link = {"connected": False, "reason": reason}
        result = await self._check(invoke, file, tmp_path, link)
        assert (
            "failed: home: the bridge that runs for it reports: Bluetooth is switched off."
            in result.stdout.splitlines()
        )
        assert result.exit_code == 1


def test_live_check_skips_a_walkingpad_and_names_its_dangers(
    invoke: Invoke, file: Path, mosquitto: Mosquitto, pad_radio: str
) -> None:
    file.write_text(f'{GOOD}[mqtt]\nhost = "localhost"\nport = {mosquitto.port}\n')

    result = invoke("check", "--live", "--yes", "--radio", pad_radio, str(file))

    assert result.exit_code == 0
    assert "skipped: home: only `run` supports a KingSmith WalkingPad" in result.stdout
    assert "caution: Its belt runs on when the link drops" in result.stdout
