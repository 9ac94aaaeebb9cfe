"""`doctor` names each planted fault, and nothing else.

The broker is mosquitto, the bus a dbus-daemon, and BlueZ is `tests.rigs.bluez_service`. The
computer's files lie in a directory of the test's own.
"""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from bridge.app import listening
from bridge.app.doctor import Finding, Places, Verdict, examine, radio
from bridge.app.doctor.finding import ok
from bridge.app.doctor.places import Account, account_of, answer_of
from bridge.app.doctor.radio import answer
from tests.mqtt.conftest import desk, on
from tests.rigs.bluez_service import DENIES_BLUEZ, Adapter, Bus, Device, Exported, bluez
from tests.rigs.brokers import Mosquitto, free_port, mosquitto

FTMS = "00001826-0000-1000-8000-00805f9b34fb"
UNIT = Path("bridge/app/units/treadmill-bridge.service")
NOBODY = 65534
USER = Account("treadmill-bridge", os.getuid(), os.getgid(), frozenset({"bluetooth"}))


@dataclass
class Machine:
    """A healthy computer, which a test breaks in one place."""

    directory: Path
    bus: Bus
    places: Places
    adapters: list[Adapter] = field(default_factory=lambda: [Adapter()])
    others: list[Exported] = field(default_factory=list)
    options: tuple[str, ...] = ("allow_anonymous true",)
    has_bluez: bool = True
    config: str = ""
    broker_runs: bool = True
    user: Account = USER

    def write(self, path: str, text: str) -> None:
        """Write a file of this computer."""
        file = self.places.at(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def change_unit(self, old: str, new: str) -> None:
        unit = "/etc/systemd/system/treadmill-bridge.service"
        text = self.places.at(unit).read_text()
        assert old in text
        self.write(unit, text.replace(old, new))

    async def examine(self) -> dict[str, Finding]:
        """The faults that are found, by rule."""
        async with self._running() as broker:
            port = broker.port if self.broker_runs else free_port()
            path = self.directory / "config.toml"
            path.write_text(
                f'[mqtt]\nhost = "127.0.0.1"\nport = {port}\n{self.config}\n'
                if "[[treadmills]]" in self.config
                else f'[mqtt]\nhost = "127.0.0.1"\nport = {port}\n{self.config}\n'
                '[[treadmills]]\nid = "home"\n'
            )
            heard: list[Finding] = []
            found = await examine(path, self.places, heard.append)
            assert heard == found
        return {each.rule: each for each in found if each.verdict is Verdict.FAILED}

    @asynccontextmanager
    async def _running(self) -> AsyncIterator[Mosquitto]:
        async with AsyncExitStack() as stack:
            if self.has_bluez:
                things = (*self.adapters, *self.others)
                await stack.enter_async_context(bluez(self.bus, *things))
            yield await stack.enter_async_context(mosquitto(self.directory, *self.options))


@pytest.fixture
def machine(tmp_path: Path, bus: Bus) -> Iterator[Machine]:
    here = Path(tempfile.mkdtemp())
    here.chmod(0o755)
    found = Machine(here, bus, Places(tmp_path / "root", lambda: True, lambda _: None))
    answers = {"bluetoothctl": "bluetoothctl: 5.82"}
    found.places = replace(
        found.places,
        account=lambda name: found.user if name == found.user.name else None,
        answer=lambda *command: answers.get(command[0]),
    )
    found.write("/etc/systemd/system/treadmill-bridge.service", UNIT.read_text())
    found.write("/usr/local/bin/treadmill-bridge", "")
    found.write("/var/lib/treadmill-bridge/lock", "")
    for key, value in {"type": "bluetooth", "soft": "0", "hard": "0"}.items():
        found.write(f"/sys/class/rfkill/rfkill0/{key}", value)
    yield found
    shutil.rmtree(here)


@pytest.fixture(autouse=True)
def _brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bridge's echo is waited for only where one runs."""
    monkeypatch.setattr(listening, "LISTEN_S", 0.3)


async def test_on_a_healthy_computer_nothing_is_named(machine: Machine) -> None:
    assert await machine.examine() == {}


def _power_off(machine: Machine) -> None:
    machine.adapters = [Adapter(powered=False)]


def _no_adapter(machine: Machine) -> None:
    machine.adapters = []


def _wrong_adapter(machine: Machine) -> None:
    machine.config = '[bluetooth]\nadapter = "hci5"\n'


def _no_bluez(machine: Machine) -> None:
    machine.has_bluez = False


def _bus_denies(machine: Machine) -> None:
    machine.bus.end()
    machine.bus.start(DENIES_BLUEZ)


def _soft(machine: Machine) -> None:
    machine.write("/sys/class/rfkill/rfkill0/soft", "1")


def _hard(machine: Machine) -> None:
    machine.write("/sys/class/rfkill/rfkill0/hard", "1")


def _clock(machine: Machine) -> None:
    machine.places = replace(machine.places, synchronised=lambda: False)


def _dynamic(machine: Machine) -> None:
    machine.write(
        "/etc/systemd/system/treadmill-bridge.service.d/old.conf", "[Service]\nDynamicUser=yes\n"
    )


def _boot_id(machine: Machine) -> None:
    machine.change_unit("ProcSubset=all", "ProcSubset=pid")


def _program(machine: Machine) -> None:
    machine.places.at("/usr/local/bin/treadmill-bridge").unlink()


def _no_user(machine: Machine) -> None:
    machine.user = replace(machine.user, name="somebody")


def _not_in_group(machine: Machine) -> None:
    machine.user = replace(machine.user, uid=NOBODY - 1, groups=frozenset())
    machine.places = replace(machine.places, uid=NOBODY)


def _held(machine: Machine) -> None:
    machine.others = [Device(machine.adapters[0], [FTMS])]


def _broker_away(machine: Machine) -> None:
    machine.broker_runs = False


def _password(machine: Machine) -> None:
    machine.options = ("allow_anonymous false",)


def _tls(machine: Machine) -> None:
    machine.config = "tls = true\n"


def _acl(machine: Machine) -> None:
    acl = machine.directory / "acl"
    acl.write_text("topic readwrite treadmills/bridge/#\ntopic read treadmills/#\n")
    machine.options = ("allow_anonymous true", f"acl_file {acl}")


def _invalid(machine: Machine) -> None:
    machine.config = "[guard]\nmax_sped_kmh = 5\n"


def _old_bluez(machine: Machine) -> None:
    machine.places = replace(machine.places, answer=lambda *_: "bluetoothctl: 5.50")


@pytest.mark.parametrize(
    ("plant", "rule", "hint"),
    [
        (_power_off, "powered_off", "bluetoothctl power on"),
        (_no_adapter, "no_adapter", "Plug one in"),
        (_wrong_adapter, "wrong_adapter", "Adapters: hci0"),
        (_no_bluez, "no_service", "systemctl enable --now bluetooth"),
        (_bus_denies, "bus_refused", "group bluetooth"),
        (_soft, "rfkill_soft", "rfkill unblock bluetooth"),
        (_hard, "rfkill_hard", "hardware switch blocks"),
        (_clock, "clock_not_synchronised", "timedatectl set-ntp true"),
        (_dynamic, "unit_dynamic_user", "install-service"),
        (_boot_id, "unit_hides_boot_id", "install-service"),
        (_program, "unit_program_missing", "does not exist"),
        (_no_user, "user_missing", "install-service"),
        (_not_in_group, "user_not_in_group", "usermod -aG bluetooth"),
        (_held, "machine_held", "bluetoothctl disconnect"),
        (_broker_away, "broker_unreachable", "Check that the broker runs"),
        (_password, "broker_refuses", ""),
        (_tls, "broker_tls", ""),
        (_acl, "topic_denied", "treadmills/home/state"),
        (_old_bluez, "bluez_too_old", "5.55"),
    ],
)
async def test_a_planted_fault_is_named_and_nothing_else(
    machine: Machine,
    plant: Callable[[Machine], None],
    rule: str,
    hint: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The process of the service's user starts only in the tests that are about it.
    monkeypatch.setattr(radio, "_as_user", lambda *_: ok("D-Bus as the service", ""))
    plant(machine)
    found = await machine.examine()
    assert list(found) == [rule]
    assert hint in found[rule].text


async def test_an_invalid_configuration_is_named(machine: Machine) -> None:
    # The rest is then looked at as it would be without one, so the broker's port is not known.
    _invalid(machine)
    found = await machine.examine()
    assert "max_sped_kmh" in found["config_invalid"].text


@pytest.mark.skipif(os.getuid() != 0, reason="only root can try as another user")
async def test_missing_permission_of_the_service_user_is_found_by_root(
    machine: Machine,
) -> None:
    machine.user = Account("treadmill-bridge", NOBODY, NOBODY, frozenset({"bluetooth"}))
    found = await machine.examine()
    (finding,) = found.values()
    assert finding.check == "D-Bus as the service"
    assert finding.rule in {"bus_refused", "program_out_of_reach"}


async def test_a_configuration_that_the_service_cannot_read_is_named(machine: Machine) -> None:
    machine.user = replace(machine.user, uid=NOBODY - 1, gid=NOBODY - 1)
    machine.places = replace(machine.places, uid=NOBODY)
    machine.directory.chmod(0o700)
    found = await machine.examine()
    assert list(found) == ["config_unreadable"]
    assert str(machine.directory) in found["config_unreadable"].text


async def test_a_full_disk_is_named(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(machine.directory)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1_000_000))
    assert list(await machine.examine()) == ["disk_full"]


async def test_connection_of_a_running_bridge_is_no_fault(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "LISTEN_S", 2.0)
    _held(machine)
    async with mosquitto(machine.directory) as broker, desk(on(broker.port), "home"):
        path = machine.directory / "here.toml"
        path.write_text(
            f'[mqtt]\nhost = "127.0.0.1"\nport = {broker.port}\n[[treadmills]]\nid = "home"\n'
        )
        async with bluez(machine.bus, *machine.adapters, *machine.others):
            found = await examine(path, machine.places)
    assert [each for each in found if each.verdict is Verdict.FAILED] == []
    assert [each.text for each in found if each.check == "machine home"] == [
        "connected by the running bridge"
    ]


async def test_doctor_without_configuration_broker_and_bluetooth_says_where_to_begin(
    tmp_path: Path, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TREADMILL_BRIDGE__MQTT__PORT", str(free_port()))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    places = Places(tmp_path, lambda: True, lambda _: None, lambda *_: None)
    found = {each.rule: each.text for each in await examine(None, places) if each.rule}
    assert set(found) == {"config_missing", "broker_unreachable", "no_service"}
    assert "treadmill-bridge init" in found["config_missing"]


def test_the_computer_s_own_answers() -> None:
    assert answer_of("sh", "-c", "echo here") == "here"
    assert answer_of("sh", "-c", "exit 3") is None
    assert answer_of("no-such-program-at-all") is None
    root = account_of("root")
    assert root is not None
    assert root.uid == 0
    assert account_of("nobody-of-this-name") is None


def test_the_child_says_why_as_json(bus: Bus, capsys: pytest.CaptureFixture[Any]) -> None:
    answer()
    assert '"no_service"' in capsys.readouterr().out
