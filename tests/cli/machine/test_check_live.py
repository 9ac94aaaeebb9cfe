"""`treadmill-bridge check --live`: the broker and the machines in reach."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog
from click.testing import Result

from bridge.app import listening
from bridge.bluetooth.connection import LinkLost
from bridge.diagnostics import probe
from bridge.diagnostics.probe_report import learned_words
from tests.cli.conftest import GOOD, Invoke, ended
from tests.mqtt.conftest import desk, on
from tests.rigs.brokers import Mosquitto, free_port, subscriber
from tests.rigs.brokers import mosquitto as mosquitto_broker
from tests.tracking.belt import Physics, ridden

Check = Callable[..., Result]


@pytest.fixture(autouse=True)
def _brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bridge's echo and the machine's samples are waited for only where a test has some."""
    monkeypatch.setattr(listening, "LISTEN_S", 0.3)
    monkeypatch.setattr(probe, "LISTEN_S", 0.3)


def written(file: Path, port: int, treadmill: str = GOOD, more: str = "") -> None:
    """Write a configuration with a broker on this computer."""
    file.write_text(f'{treadmill}[mqtt]\nhost = "127.0.0.1"\nport = {port}\n{more}')


@pytest.fixture
def check(invoke: Invoke, file: Path, mosquitto: Mosquitto, radio: str) -> Check:
    """Run `check --live`, with a broker and a simulated treadmill in reach."""
    written(file, mosquitto.port)
    return lambda *options: invoke("check", "--live", "--radio", radio, *options, str(file))


class TestLive:
    def test_live_check_without_yes_finds_broker_and_machine_without_control(
        self, check: Check, file: Path, mosquitto: Mosquitto
    ) -> None:
        target = file.with_name("report.md")
        result = check("--report", str(target))

        lines = result.stdout.splitlines()
        assert lines[:3] == [
            f"{file} is valid: 1 treadmill(s).",
            f"ok: broker 127.0.0.1:{mosquitto.port}, MQTT 5",
            "ok: home: Simulated treadmill is in range",
        ]
        assert "    speed: 0.8 to 16 km/h in steps of 0.1" in lines
        assert "    model: simulated (the simulated treadmill of this project)" in lines
        assert "    control: not asked: not agreed to (add --yes)" in lines
        assert str(target) in lines[-1]
        assert target.read_text().startswith("# Simulated treadmill\n")
        assert "request control once?" in result.stderr
        assert result.exit_code == 0

    def test_live_check_requests_no_control_of_a_machine_configured_as_never(
        self, check: Check, file: Path, mosquitto: Mosquitto
    ) -> None:
        written(file, mosquitto.port, f'{GOOD}control = "never"\n')
        result = check()
        line = '    control: not asked: control = "never" is configured'
        assert line in result.stdout.splitlines()
        assert "control once?" not in result.stderr

    def test_live_check_with_yes_requests_control_and_prints_one_json_object(
        self, check: Check, file: Path, mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(probe, "LISTEN_S", 5.0)  # until the belt is known to stand
        written(file, mosquitto.port, "")
        result = check("--yes", "--json")

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

    def test_live_check_shows_the_learned_figures_of_the_machine(
        self, check: Check, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        known = ridden(Physics(gain=0.95)).learner.knowledge
        monkeypatch.setattr("bridge.cli.machine.check.read_learned", lambda *_: known)
        target = file.with_name("report.json")

        result = check("--yes", "--json", "--report", str(target))
        learned = json.loads(result.stdout)["machines"]["home"]["learned"]
        assert learned["speed"]["gain"] == pytest.approx(0.95, abs=0.02)
        assert learned["target_speed_unit"] == "km/h"
        assert learned_words(learned).startswith("sessions 1, ")
        assert "speed lag_s 0 to " in learned_words(learned)
        assert learned_words({"names_current_speed": False}) == "names_current_speed no"
        assert learned_words(None) == "nothing yet"
        (reported,) = json.loads(target.read_text())
        assert (reported["mtu"], reported["learned"]) == (517, learned)

    def test_check_refuses_two_paths_of_a_configuration(self, invoke: Invoke, file: Path) -> None:
        file.write_text(GOOD)
        ended(invoke("check", "--config", str(file), str(file)), 2, "give the configuration once")
        assert invoke("check", str(file), TREADMILL_BRIDGE_CONFIG="other.toml").exit_code == 0

    def test_live_check_reports_a_machine_that_disconnects(
        self, check: Check, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def hang_up(*_: object, **__: object) -> None:
            message = "the machine disconnected"
            raise LinkLost(message)

        monkeypatch.setattr("bridge.cli.machine.check.probe", hang_up)
        target = file.with_name("report.md")
        result = check("--report", str(target))

        assert "failed: home: cannot examine it (the machine disconnected)" in result.stdout
        assert "If another app or a running bridge is connected to it" in result.stdout
        assert target.read_text() == "No machine was examined.\n"
        assert result.exit_code == 1

        ended(check("--report", str(file.parent / "nowhere" / "report.md")), 2, "cannot write")

    def test_live_check_reports_a_missing_broker_and_a_missing_machine(
        self, check: Check, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bridge.cli.machine.check.FIND_S", 0.5)
        port = free_port()
        written(file, port, f'{GOOD}name = "Another"\n')
        result = ended(check(), 1)
        assert f"failed: broker 127.0.0.1:{port}:" in result.stdout
        assert "failed: home: not in range" in result.stdout

    def test_live_check_names_a_missing_radio_and_a_missing_password_file(
        self, check: Check, file: Path, mosquitto: Mosquitto
    ) -> None:
        secret = f'username = "me"\npassword_file = "{file.parent}/nowhere"\n'
        written(file, mosquitto.port, more=secret)
        result = ended(check("--radio", f"tcp-client:127.0.0.1:{free_port()}"), 1)
        assert "failed: Bluetooth: the radio" in result.stdout
        assert "mqtt.password_file: cannot be read" in result.stdout


class TestBesideARunningBridge:
    """The check queries the bridge that serves a machine, not the machine itself."""

    @pytest.fixture(autouse=True)
    def _patient(self, _brisk: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(listening, "LISTEN_S", 2.0)

    async def test_live_check_prints_the_reports_of_a_running_bridge_unprompted(
        self, invoke: Invoke, file: Path, tmp_path: Path
    ) -> None:
        reason = {"rule": "powered_off", "text": "Bluetooth is switched off."}
        links: dict[str, dict[str, object]] = {
            "home": {
                "connected": True,
                "control": "none",
                "machine": {"maker": "Johnson", "model": "7.0AT"},
                "ranges": {"speed_kmh": {"min": 0.8, "max": 16, "step": 0.1}},
                "quirks": ["no_status"],
            },
            "loft": {"connected": False, "reason": reason},
        }
        advice = (
            "To examine it, stop the bridge (sudo systemctl stop treadmill-bridge, or Ctrl-C where "
            "it runs) and check again."
        )
        report, nowhere = tmp_path / "report.md", f"tcp-client:127.0.0.1:{free_port()}"
        async with mosquitto_broker(tmp_path) as broker, desk(on(broker.port), *links) as here:
            for treadmill, link in links.items():
                base = f"treadmills/{treadmill}"
                here.broker.publish(f"{base}/link", json.dumps(link).encode(), retain=True)
                here.broker.publish(f"{base}/state", b'{"belt": "idle"}', retain=True)
            async with subscriber(broker.port) as listener:
                await listener.receive("treadmills/loft/state")
            two = f'{GOOD}name = "Pad"\n{GOOD.replace("home", "loft")}name = "Other"\n'
            await asyncio.to_thread(written, file, broker.port, two)
            result = await asyncio.to_thread(
                invoke, "check", "--live", "--radio", nowhere, str(file), "--report", str(report)
            )
        assert result.stderr == ""  # no prompt was printed
        assert advice in result.stdout
        assert advice in report.read_text()
        lines = result.stdout.splitlines()
        assert "ok: home: the bridge that runs for it reports: connected, belt idle" in lines
        assert "    Johnson 7.0AT" in lines
        assert "    speed: 0.8 to 16 km/h in steps of 0.1" in lines
        assert "    quirks: no_status" in lines
        assert (
            "failed: loft: the bridge that runs for it reports: Bluetooth is switched off." in lines
        )
        assert result.stdout.count("failed: ") == 1
        assert result.exit_code == 1


def test_live_check_skips_a_walkingpad_and_names_its_dangers(
    invoke: Invoke, file: Path, mosquitto: Mosquitto, pad_radio: str
) -> None:
    written(file, mosquitto.port)
    result = invoke("check", "--live", "--yes", "--radio", pad_radio, str(file))

    assert result.exit_code == 0
    assert "skipped: home: only `run` supports a KingSmith WalkingPad" in result.stdout
    assert "caution: Its belt runs on when the link drops" in result.stdout
