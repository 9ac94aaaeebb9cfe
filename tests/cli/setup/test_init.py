"""`treadmill-bridge init`: with a simulated treadmill in reach, and mosquitto as the broker."""

import asyncio
import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bridge.app import set_up
from bridge.app.set_up import Answers, Candidate, announced_brokers, written
from bridge.bluetooth.radio import Radio
from bridge.bluetooth.scan import Found
from bridge.cli import main
from bridge.config import Config, load
from bridge.values import Units
from tests.cli.conftest import Invoke, ended
from tests.rigs.brokers import Mosquitto, free_port


@pytest.fixture(autouse=True)
def _brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scan until there is a machine, and no longer; find no announced broker."""
    scan = set_up.machines_in_reach

    async def until_found(radio: Radio, _seconds: float) -> list[Found]:
        while not (found := await scan(radio, 0.1)):
            pass
        return found

    monkeypatch.setattr(set_up, "machines_in_reach", until_found)
    monkeypatch.setattr(set_up, "MDNS_S", 0.05)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "etc" / "config.toml"


def asked(*arguments: str, answers: str) -> Result:
    return CliRunner().invoke(
        main, arguments, input=answers, prog_name="treadmill-bridge", terminal_width=80
    )


def said(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text())


@pytest.fixture
def init(invoke: Invoke, file: Path, radio: str, mosquitto: Mosquitto) -> Invoke:
    """Run `init --yes`, with a simulated treadmill and a broker in reach."""
    broker = f"127.0.0.1:{mosquitto.port}"
    known = ("-c", str(file), "--radio", radio, "--broker", broker)
    return lambda *more: invoke("init", "--yes", *known, *more)


class TestNonInteractive:
    """With --yes `init` prompts for nothing."""

    def test_init_writes_the_found_machine_and_broker(
        self, init: Invoke, file: Path, mosquitto: Mosquitto
    ) -> None:
        result = init()
        assert result.exit_code == 0, result.output
        assert f"The broker 127.0.0.1:{mosquitto.port} answers." in result.stdout
        assert "speed: 0.8 to 16 km/h in steps of 0.1" in result.stdout
        assert f"wrote: {file}" in result.stdout
        config = load(file)
        (treadmill,) = config.treadmills
        assert (treadmill.id, treadmill.address) == ("home", "F0:F1:F2:F3:F4:F5")
        assert not treadmill.allow_remote_start
        assert (config.mqtt.host, config.mqtt.port) == ("127.0.0.1", mosquitto.port)
        assert "# used in the MQTT topics" in file.read_text()

    def test_init_takes_answers_from_options(
        self, init: Invoke, file: Path, mosquitto: Mosquitto
    ) -> None:
        ended(
            init(
                *("--broker", f"mqtt://127.0.0.1:{mosquitto.port}/", "--id", "loft"),
                *("--remote-start", "--profile", "steady", "--speed-unit", "kmh", "--units", "mph"),
            ),
            0,
        )
        config = load(file)
        (treadmill,) = config.treadmills
        assert (treadmill.id, treadmill.allow_remote_start) == ("loft", True)
        assert (treadmill.speed_unit, config.guard.profile) == ("kmh", "steady")
        assert config.units is Units.MPH

    def test_second_init_changes_nothing(self, invoke: Invoke, init: Invoke, file: Path) -> None:
        init()
        before = file.read_text()
        result = invoke("init", "--yes", "-c", str(file))
        assert f"{file} is unchanged." in result.stdout
        assert file.read_text() == before

    def test_init_without_machine_and_broker_writes_the_rest_and_warns(
        self, init: Invoke, file: Path
    ) -> None:
        radio, broker = f"tcp-client:127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
        result = init("--radio", radio, "--broker", broker)
        assert result.exit_code == 0
        assert "Could not scan for treadmills" in result.stdout
        assert "address" not in said(file)["treadmills"][0]
        assert "Check that the broker runs" in result.stdout
        assert said(file)["mqtt"]["host"] == "127.0.0.1"

    def test_init_keeps_a_given_address_that_the_scan_does_not_find(
        self, init: Invoke, file: Path
    ) -> None:
        result = init("--address", "12:34:56:78:9A:BC")
        assert "12:34:56:78:9A:BC is not among them" in result.stdout
        assert said(file)["treadmills"][0]["address"] == "12:34:56:78:9A:BC"

    def test_init_with_service_needs_the_default_path(self, init: Invoke) -> None:
        ended(init("--service"), 2, "the default path")

    @pytest.mark.parametrize(
        ("option", "value", "says"),
        [
            ("--id", "two words", "'two words' is not 1 to 64 letters, digits, _ or -"),
            ("--id", "bridge", "is reserved for the bridge's topics; choose another"),
            ("--address", "near", "'near' is not a Bluetooth address such as 12:34:56:78:9A:BC"),
            ("--broker", "x:y:z", "'x:y:z' is not a broker; write HOST or HOST:PORT"),
        ],
    )
    def test_init_refuses_an_invalid_option_before_any_search(
        self, init: Invoke, file: Path, option: str, value: str, says: str
    ) -> None:
        result = ended(init(option, value), 2, says)
        assert "Looking for treadmills" not in result.stdout
        assert not file.exists()

    def test_init_prints_each_problem_of_inconsistent_answers(
        self, init: Invoke, file: Path
    ) -> None:
        file.parent.mkdir()
        file.write_text('[[treadmills]]\nid = "den"\n')
        result = ended(init("--id", "loft"), 2, "these answers do not fit; nothing was written")
        assert result.stderr.endswith(
            "  with several treadmills, each needs an address or a name\n"
        )
        assert file.read_text() == '[[treadmills]]\nid = "den"\n'

    def test_init_without_prompts_prints_no_explanations(self, init: Invoke) -> None:
        output = ended(init(), 0).stdout
        assert not [each for each in ("Limits:", "display show") if each in output]


class TestInteractive:
    def test_init_writes_the_configuration_from_a_few_answers(
        self, file: Path, radio: str, mosquitto: Mosquitto
    ) -> None:
        answers = f"127.0.0.1:{mosquitto.port}\nHome Gym\ny\nsteady\nmph\nauto\n"
        result = ended(asked("init", "-c", str(file), "--radio", radio, answers=answers), 0)
        config = load(file)
        assert (config.treadmills[0].id, config.guard.profile) == ("home-gym", "steady")
        assert config.treadmills[0].allow_remote_start
        assert config.units is Units.MPH
        lines = [line for line in result.output.splitlines() if str(file) not in line]
        assert max(map(len, lines)) <= 80

    def test_init_prompts_again_for_a_name_without_a_valid_id(
        self, file: Path, radio: str, mosquitto: Mosquitto
    ) -> None:
        answers = f"127.0.0.1:{mosquitto.port}\n!?\nbridge\nden\n\n\n\n\n"
        result = ended(asked("init", "-c", str(file), "--radio", radio, answers=answers), 0)
        assert load(file).treadmills[0].id == "den"
        assert 'Error: the id "bridge" is reserved' in result.stdout

    def test_init_writes_the_password_to_a_file_of_its_own(
        self, file: Path, radio: str, tmp_path: Path, mosquitto: Mosquitto
    ) -> None:
        away = free_port()
        answers = (
            f"127.0.0.1:{away}\ny\ntreadmill\nsecret word\n127.0.0.1:{mosquitto.port}\n"
            "home\nn\ngentle\n\nauto\n"
        )
        result = ended(asked("init", "-c", str(file), "--radio", radio, answers=answers), 0)
        password = file.with_name("mqtt-password")
        assert password.read_text() == "secret word\n"
        assert stat.S_IMODE(password.stat().st_mode) == 0o600
        assert said(file)["mqtt"]["password_file"] == str(password)
        assert "secret word" not in file.read_text() + result.output

    def test_init_shows_and_keeps_an_existing_configuration(
        self, file: Path, radio: str, mosquitto: Mosquitto
    ) -> None:
        file.parent.mkdir()
        file.write_text(
            f'# mine\n[mqtt]\nhost = "127.0.0.1" # here\nport = {mosquitto.port}\n\n'
            '[guard]\nmax_speed_kmh = 9.5\n\n[[treadmills]]\nid = "den"\nname = "Pad"\n'
        )
        answers = "\nn\ntrained\nmph\nauto\n"
        result = asked("init", "-c", str(file), "--radio", radio, answers=answers)
        assert result.exit_code == 0, result.output
        assert "treadmill den (Pad), may not be started over MQTT" in result.stdout
        text = file.read_text()
        assert "# mine" in text
        assert "# here" in text
        config = load(file)
        assert (config.guard.profile, config.guard.max_speed_kmh) == ("trained", 9.5)
        assert config.treadmills[0].id == "den"
        assert config.units is Units.MPH
        assert file.with_name("config.toml.before").exists()

    def test_init_without_a_terminal_suggests_yes(self, file: Path, radio: str) -> None:
        ended(asked("init", "-c", str(file), "--radio", radio, answers=""), 2, "--yes")
        assert not file.exists()


def test_init_leaves_an_invalid_file_unchanged(invoke: Invoke, file: Path) -> None:
    file.parent.mkdir()
    file.write_text("[mqtt]\nhots = 1\n")
    ended(invoke("init", "--yes", "-c", str(file)), 2, "hots")
    assert file.read_text() == "[mqtt]\nhots = 1\n"


def test_init_names_the_line_that_is_not_utf_8(invoke: Invoke, file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b'[mqtt]\nhost = "k\xfcche"\n')
    result = invoke("init", "--yes", "-c", str(file))
    assert result.exit_code == 2
    assert f"init: {file} is not valid TOML: line 2 is not UTF-8" in result.stderr


def test_init_refuses_a_file_in_an_unsearchable_directory(
    invoke: Invoke, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(self: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "exists", denied)
    ended(invoke("init", "--yes", "-c", str(file)), 2, "this user cannot write")


class TestWritten:
    def test_written_configuration_has_all_sections_and_is_valid(self) -> None:
        text = written("", Answers(host="broker", treadmill="home", profile="gentle"))
        config = Config.model_validate(tomllib.loads(text))
        assert (config.mqtt.host, config.treadmills[0].id) == ("broker", "home")
        assert "[mqtt] # The broker." in text
        assert "\n\n[[treadmills]]" in text

    def test_answer_with_another_id_adds_a_treadmill(self) -> None:
        before = '[[treadmills]]\nid = "a"\naddress = "12:34:56:78:9A:BC"\n'
        text = written(before, Answers(treadmill="b", address="12:34:56:78:9A:BD"))
        assert [each["id"] for each in tomllib.loads(text)["treadmills"]] == ["a", "b"]

    def test_answer_with_an_address_replaces_the_name(self) -> None:
        before = '[[treadmills]]\nid = "a"\nname = "Pad"\n'
        text = written(before, Answers(treadmill="a", address="12:34:56:78:9A:BC"))
        assert tomllib.loads(text)["treadmills"] == [{"id": "a", "address": "12:34:56:78:9A:BC"}]

    def test_configuration_without_answers_is_unchanged(self) -> None:
        assert written("# empty\n", Answers()) == "# empty\n"


async def test_announced_brokers_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    zeroconf = pytest.importorskip("zeroconf.asyncio")
    from zeroconf import ServiceInfo  # noqa: PLC0415

    monkeypatch.setattr(set_up, "MDNS_S", 1.0)
    kind = "_mqtt._tcp.local."
    info = ServiceInfo(
        kind, f"tests.{kind}", port=1884, server="broker-of-tests.local.",
        addresses=[b"\x7f\x00\x00\x01"],
    )  # fmt: skip
    try:
        async with zeroconf.AsyncZeroconf() as network:
            await (await network.async_register_service(info))
            # A busy machine may need longer than one search lasts.
            async with asyncio.timeout(60):
                while Candidate("broker-of-tests.local", 1884) not in await announced_brokers():
                    pass
    except OSError as error:
        pytest.skip(f"no network for mDNS here: {error}")


def test_treadmill_id_is_derived_from_the_entered_name() -> None:
    assert set_up.id_from("Home  Gym!") == "home-gym"
