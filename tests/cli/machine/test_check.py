"""`treadmill-bridge check`: what is wrong with a configuration, and whether both ends are there."""

import asyncio
import json
from pathlib import Path

import pytest
import structlog
from click.testing import Result

from bridge.bluetooth.connection import LinkLost
from bridge.diagnostics.probe_report import learned_words
from tests.cli.conftest import Invoke
from tests.mqtt.conftest import desk, on
from tests.rigs.brokers import Mosquitto, ear, free_port
from tests.rigs.brokers import mosquitto as mosquitto_broker
from tests.tracking.belt import Physics, ridden

GOOD = '[[treadmills]]\nid = "home"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_a_good_one(invoke: Invoke, file: Path) -> None:
    file.write_text(GOOD)

    result = invoke("check", str(file))

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"{file} is valid: 1 treadmill(s).\n"


@pytest.mark.parametrize("option", ["-c", "--config"])
def test_it_may_be_named_by_an_option(invoke: Invoke, file: Path, option: str) -> None:
    file.write_text(GOOD)

    assert invoke("check", option, str(file)).exit_code == 0


def test_it_may_be_named_by_a_variable(invoke: Invoke, file: Path) -> None:
    file.write_text(GOOD)

    assert "1 treadmill" in invoke("check", TREADMILL_BRIDGE_CONFIG=str(file)).stdout


def test_it_is_found_at_its_usual_place(
    invoke: Invoke, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(GOOD)
    monkeypatch.setattr("bridge.cli.common.DEFAULT_PATH", file)

    assert "1 treadmill" in invoke("check").stdout


def test_the_environment_counts(invoke: Invoke) -> None:
    result = invoke("check", TREADMILL_BRIDGE__TREADMILLS__0__ID="den")

    assert "1 treadmill" in result.stdout


def test_without_a_treadmill_it_is_not_good_and_names_the_file_that_is_missing(
    invoke: Invoke,
) -> None:
    result = invoke("check")

    assert result.exit_code == 1
    assert "warning: no treadmill is configured" in result.stdout
    assert "nowhere.toml does not exist; the environment configures no treadmill." in result.stdout


def test_an_empty_file_is_not_good(invoke: Invoke, file: Path) -> None:
    file.write_text("")

    result = invoke("check", str(file))

    assert result.exit_code == 1
    assert f"failed: {file} configures no treadmill." in result.stdout


def test_what_is_not_wise_is_a_warning(invoke: Invoke, file: Path) -> None:
    file.write_text(f'{GOOD}\n[mqtt]\nhost = "broker.lan"\n[guard]\nmax_speed_kmh = 24\n')

    result = invoke("check", str(file))

    assert result.exit_code == 0
    warnings = [line for line in result.stdout.splitlines() if line.startswith("warning: ")]
    assert ["mqtt.host" in warnings[0], "guard.max_speed_kmh" in warnings[1]] == [True, True]


def test_each_problem_is_one_line_that_helps(invoke: Invoke, file: Path) -> None:
    file.write_text('[guard]\nmax_sped_kmh = 5\nwarm_up_s = -1\n[[treadmills]]\nid = "a b"\n')

    result = invoke("check", str(file))

    assert (result.exit_code, result.stdout) == (2, "")
    first, *problems = result.stderr.splitlines()
    assert first == f"check: {file}: invalid configuration"
    assert len(problems) == 3
    assert "max_speed_kmh" in result.stderr


@pytest.mark.parametrize("text", [None, "not = = toml"])
def test_one_that_cannot_be_read(invoke: Invoke, file: Path, text: str | None) -> None:
    if text is not None:
        file.write_text(text)

    result = invoke("check", str(file))

    assert result.exit_code == 2
    assert str(file) in result.stderr


def test_a_program_gets_the_configuration_s_state_too(invoke: Invoke, file: Path) -> None:
    file.write_text(GOOD)

    result = invoke("check", "--json", str(file))

    assert json.loads(result.stdout) == {"good": True, "treadmills": 1, "warnings": []}


def test_a_program_gets_what_is_wrong_with_it_too(invoke: Invoke, file: Path) -> None:
    file.write_text(f"{GOOD}[guard]\nmax_speed_kmh = 26\nwarm_up_s = -1\n")

    result = invoke("check", "--json", str(file))

    assert result.exit_code == 2
    assert json.loads(result.stdout) == {
        "good": False,
        "problems": [
            "guard.max_speed_kmh: 26 is above 25, the highest allowed",
            "guard.warm_up_s: -1 is below 0, the lowest allowed",
        ],
    }
    assert "invalid configuration" in result.stderr


def test_a_password_for_all_to_read_is_a_problem_of_the_configuration(
    invoke: Invoke, file: Path
) -> None:
    secret = 'host = "198.51.100.7"\nusername = "den"\npassword = "sesame"\n'
    file.write_text(f"{GOOD}[mqtt]\n{secret}")

    result = invoke("check", "--json", str(file))

    assert result.exit_code == 2
    document = json.loads(result.stdout)
    assert not document["good"]
    assert "mqtt.tls = true" in document["problems"][0]
    assert "sesame" not in result.stdout + result.stderr


@pytest.mark.parametrize("option", [("--yes",), ("--report", "file.md")])
def test_what_goes_with_live_needs_it(invoke: Invoke, option: tuple[str, ...]) -> None:
    result = invoke("check", *option)

    assert result.exit_code == 2
    assert "need --live" in result.stderr


class TestLive:
    def test_both_ends_in_reach(
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

    def test_whoever_agrees_has_control_asked_for(
        self, invoke: Invoke, file: Path, mosquitto: Mosquitto, radio: str
    ) -> None:
        file.write_text(f'{GOOD}[mqtt]\nhost = "127.0.0.1"\nport = {mosquitto.port}\n')

        result = invoke("check", "--live", "--yes", "--radio", radio, str(file))

        assert "    control: given" in result.stdout.splitlines()
        assert "control once?" not in result.stderr
        assert result.exit_code == 0

    def test_a_machine_that_is_only_watched_is_never_asked(
        self, invoke: Invoke, file: Path, mosquitto: Mosquitto, radio: str
    ) -> None:
        file.write_text(
            f'{GOOD}control = "never"\n[mqtt]\nhost = "127.0.0.1"\nport = {mosquitto.port}\n'
        )

        result = invoke("check", "--live", "--radio", radio, str(file))

        line = '    control: not asked: control = "never" is configured'
        assert line in result.stdout.splitlines()
        assert "control once?" not in result.stderr

    def test_a_program_gets_one_object(
        self, invoke: Invoke, file: Path, mosquitto: Mosquitto, radio: str
    ) -> None:
        file.write_text(f'[mqtt]\nhost = "127.0.0.1"\nport = {mosquitto.port}\n')

        result = invoke("check", "--live", "--yes", "--json", "--radio", radio, str(file))

        document = json.loads(result.stdout)
        assert (document["good"], document["treadmills"]) == (True, 0)
        assert document["broker"]["reached"]
        assert document["machines"]["any"]["machine"]["maker"] == "treadmill-bridge"
        assert document["machines"]["any"]["control"] == "given"
        assert len(document["warnings"]) == 1
        assert result.exit_code == 0

    def test_it_gets_nothing_but_the_object_whatever_is_logged_meanwhile(
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
    def test_a_report_is_written(
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

    def test_what_was_learned_of_the_machine_is_shown(
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

    def test_a_configuration_that_is_named_twice_is_refused_instead_of_half_read(
        self, invoke: Invoke, file: Path
    ) -> None:
        file.write_text(GOOD)
        result = invoke("check", "--config", str(file), str(file))
        assert result.exit_code == 2
        assert "give the configuration once" in result.stderr
        assert invoke("check", str(file), TREADMILL_BRIDGE_CONFIG="other.toml").exit_code == 0

    def test_a_machine_that_cannot_be_looked_at_is_told(
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
        assert target.read_text() == "No machine could be examined.\n"
        assert result.exit_code == 1

    def test_a_report_that_cannot_be_written_says_so(
        self, invoke: Invoke, file: Path, mosquitto: Mosquitto, radio: str
    ) -> None:
        file.write_text(f'{GOOD}[mqtt]\nhost = "127.0.0.1"\nport = {mosquitto.port}\n')
        target = file.parent / "nowhere" / "report.md"

        result = invoke("check", "--live", "--radio", radio, "--report", str(target), str(file))

        assert result.exit_code == 2
        assert "cannot write" in result.stderr

    def test_neither(
        self, invoke: Invoke, file: Path, radio: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bridge.cli.machine.check.FIND_S", 0.5)
        port = free_port()
        file.write_text(f'{GOOD}name = "Another"\n[mqtt]\nhost = "127.0.0.1"\nport = {port}\n')

        result = invoke("check", "--live", "--radio", radio, str(file))

        assert result.exit_code == 1
        assert f"failed: broker 127.0.0.1:{port}:" in result.stdout
        assert "failed: home: not in range" in result.stdout

    def test_no_radio(self, invoke: Invoke, file: Path, mosquitto: Mosquitto) -> None:
        file.write_text(f'{GOOD}[mqtt]\nhost = "127.0.0.1"\nport = {mosquitto.port}\n')

        result = invoke(
            "check", "--live", "--radio", f"tcp-client:127.0.0.1:{free_port()}", str(file)
        )

        assert result.exit_code == 1
        assert "failed: Bluetooth: the radio" in result.stdout

    def test_a_password_file_that_is_not_there(
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

    async def _check(
        self, invoke: Invoke, file: Path, tmp_path: Path, link: dict[str, object]
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
                invoke, "check", "--live", "--yes", "--radio", nowhere, str(file)
            )

    async def test_what_it_knows_is_printed(
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

    async def test_why_it_has_no_link_is_a_failure(
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


def test_a_walkingpad_is_left_out_with_its_dangers(
    invoke: Invoke, file: Path, mosquitto: Mosquitto, pad_radio: str
) -> None:
    file.write_text(f'{GOOD}[mqtt]\nhost = "localhost"\nport = {mosquitto.port}\n')

    result = invoke("check", "--live", "--yes", "--radio", pad_radio, str(file))

    assert result.exit_code == 0
    assert "skipped: home: only `run` supports a KingSmith WalkingPad" in result.stdout
    assert "caution: Its belt runs on when the link drops" in result.stdout
