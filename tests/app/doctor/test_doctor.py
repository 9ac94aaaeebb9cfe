"""`doctor` names each planted fault, and nothing else.

The broker is mosquitto, the bus a dbus-daemon, and BlueZ is `tests.rigs.bluez_service`. The
computer's files lie in a directory of the test's own.
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from bridge.app import listening
from bridge.app.doctor import Finding, Places, Verdict, computer, examine, radio
from bridge.app.doctor.finding import ok
from bridge.app.doctor.places import Account, account_of, answer_of
from bridge.app.doctor.radio import answer
from tests.mqtt.conftest import desk, on
from tests.rigs.bluez_service import DENIES_BLUEZ, Adapter, Bus, Device, Exported, bluez
from tests.rigs.brokers import Mosquitto, free_port, mosquitto

FTMS = "00001826-0000-1000-8000-00805f9b34fb"
UNIT = Path("bridge/app/units/treadmill-bridge.service")
ETC = "/etc/systemd/system/treadmill-bridge.service"
RFKILL = "/sys/class/rfkill/rfkill0"
STATE = "/var/lib/treadmill-bridge"
HISTORY = f"{STATE}/history.sqlite3"
NOBODY = 65534
USER = Account("treadmill-bridge", os.getuid(), os.getgid(), frozenset({"bluetooth"}))


def configuration(port: int, more: str = "") -> str:
    """A treadmill, and a broker at this port of this computer."""
    return f'[mqtt]\nhost = "127.0.0.1"\nport = {port}\n{more}\n[[treadmills]]\nid = "home"\n'


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

    def plant(self, files: Mapping[str, str] = {}, **wrong: Any) -> None:
        """Write files, and change fields of this computer or of its places."""
        for path, text in files.items():
            self.write(path, text)
        for name, value in wrong.items():
            if hasattr(self, name):
                setattr(self, name, value)
            else:
                self.places = replace(self.places, **{name: value})

    async def examine(self) -> dict[str, Finding]:
        """The faults that are found, by rule."""
        async with self._running() as broker:
            port = broker.port if self.broker_runs else free_port()
            path = self.directory / "config.toml"
            path.write_text(configuration(port, self.config))
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
    found.write(ETC, UNIT.read_text())
    found.write("/usr/local/bin/treadmill-bridge", "")
    found.write("/var/lib/treadmill-bridge/lock", "")
    for key, value in {"type": "bluetooth", "soft": "0", "hard": "0"}.items():
        found.write(f"{RFKILL}/{key}", value)
    yield found
    shutil.rmtree(here)


@pytest.fixture(autouse=True)
def _brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bridge's echo is waited for only where one runs."""
    monkeypatch.setattr(listening, "LISTEN_S", 0.3)


async def test_doctor_finds_nothing_on_a_healthy_computer(machine: Machine) -> None:
    assert await machine.examine() == {}


STRANGER = replace(USER, uid=NOBODY - 1, groups=frozenset())
HELD = Adapter()
FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "powered_off": ({"adapters": [Adapter(powered=False)]}, "bluetoothctl power on"),
    "no_adapter": ({"adapters": []}, "Plug one in"),
    "wrong_adapter": ({"config": '[bluetooth]\nadapter = "hci5"\n'}, "Adapters: hci0"),
    "no_service": ({"has_bluez": False}, "systemctl enable --now bluetooth"),
    "rfkill_soft": ({"files": {f"{RFKILL}/soft": "1"}}, "rfkill unblock bluetooth"),
    "rfkill_hard": ({"files": {f"{RFKILL}/hard": "1"}}, "hardware switch blocks"),
    "clock_not_synchronised": ({"synchronised": lambda: False}, "timedatectl set-ntp true"),
    "unit_dynamic_user": (
        {"files": {f"{ETC}.d/old.conf": "[Service]\nDynamicUser=yes\n"}},
        "install-service",
    ),
    "user_missing": ({"user": replace(USER, name="somebody")}, "install-service"),
    "user_not_in_group": ({"user": STRANGER, "uid": NOBODY}, "usermod -aG bluetooth"),
    "machine_held": (
        {"adapters": [HELD], "others": [Device(HELD, [FTMS])]},
        "bluetoothctl disconnect",
    ),
    "broker_unreachable": ({"broker_runs": False}, "Check that the broker runs"),
    "broker_refuses": ({"options": ("allow_anonymous false",)}, ""),
    "broker_tls": ({"config": "tls = true\n"}, ""),
    "bluez_too_old": ({"answer": lambda *_: "bluetoothctl: 5.50"}, "5.55"),
}
"""By the rule that names it: what is wrong with the computer, and a part of the advice."""


@pytest.fixture
def no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process of the service's user starts only in the tests that are about it."""
    monkeypatch.setattr(radio, "_as_user", lambda *_: ok("D-Bus as the service", ""))


@pytest.mark.usefixtures("no_child")
class TestPlantedFault:
    @pytest.mark.parametrize("rule", FAULTS)
    async def test_doctor_names_the_planted_fault_alone(self, machine: Machine, rule: str) -> None:
        wrong, hint = FAULTS[rule]
        machine.plant(**wrong)
        await self._is_named(machine, rule, hint)

    async def test_doctor_names_a_bus_that_denies_access(self, machine: Machine) -> None:
        machine.bus.end()
        machine.bus.start(DENIES_BLUEZ)
        await self._is_named(machine, "bus_refused", "group bluetooth")

    async def test_doctor_names_a_unit_that_hides_the_boot_id(self, machine: Machine) -> None:
        unit = machine.places.at(ETC).read_text()
        machine.plant(files={ETC: unit.replace("ProcSubset=all", "ProcSubset=pid")})
        await self._is_named(machine, "unit_hides_boot_id", "install-service")

    async def test_doctor_names_a_missing_program(self, machine: Machine) -> None:
        machine.places.at("/usr/local/bin/treadmill-bridge").unlink()
        await self._is_named(machine, "unit_program_missing", "does not exist")

    async def test_doctor_names_a_broker_that_denies_a_topic(self, machine: Machine) -> None:
        acl = machine.directory / "acl"
        acl.write_text("topic readwrite treadmills/bridge/#\ntopic read treadmills/#\n")
        machine.plant(options=("allow_anonymous true", f"acl_file {acl}"))
        await self._is_named(machine, "topic_denied", "treadmills/home/state")

    async def _is_named(self, machine: Machine, rule: str, hint: str) -> None:
        found = await machine.examine()
        assert list(found) == [rule]
        assert hint in found[rule].text


async def test_doctor_names_an_invalid_configuration(machine: Machine) -> None:
    # The rest is then looked at as it would be without one, so the broker's port is not known.
    machine.plant(config="[guard]\nmax_sped_kmh = 5\n")
    found = await machine.examine()
    assert "max_sped_kmh" in found["config_invalid"].text


@pytest.mark.skipif(os.getuid() != 0, reason="only root can try as another user")
async def test_doctor_as_root_finds_a_missing_permission_of_the_service_user(
    machine: Machine,
) -> None:
    machine.user = Account("treadmill-bridge", NOBODY, NOBODY, frozenset({"bluetooth"}))
    found = await machine.examine()
    (finding,) = found.values()
    assert finding.check == "D-Bus as the service"
    assert finding.rule in {"bus_refused", "program_out_of_reach"}


async def test_doctor_names_a_configuration_that_the_service_cannot_read(machine: Machine) -> None:
    machine.plant(user=replace(USER, uid=NOBODY - 1, gid=NOBODY - 1), uid=NOBODY)
    machine.directory.chmod(0o700)
    found = await machine.examine()
    assert list(found) == ["config_unreadable"]
    assert str(machine.directory) in found["config_unreadable"].text


async def test_doctor_names_a_full_disk(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(machine.directory)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1_000_000))
    assert list(await machine.examine()) == ["disk_full"]


async def test_doctor_names_a_file_in_place_of_the_state_directory(machine: Machine) -> None:
    shutil.rmtree(machine.places.at(STATE))
    machine.write(STATE, "")
    found = await machine.examine()
    assert list(found) == ["state_no_directory"]
    assert str(machine.places.at(STATE)) in found["state_no_directory"].text


async def test_doctor_names_a_read_only_disk(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    status = tuple(os.statvfs(machine.directory))
    read_only = os.statvfs_result((*status[:8], os.ST_RDONLY, *status[9:]))
    monkeypatch.setattr(os, "statvfs", lambda _: read_only)
    assert list(await machine.examine()) == ["state_read_only"]


@pytest.mark.parametrize(("own", "rule"), [(True, "state_not_writable"), (False, "")])
def test_doctor_without_a_service_names_an_unwritable_state_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: bool, rule: str
) -> None:
    monkeypatch.setattr(os, "access", lambda _, mode: mode == os.F_OK)
    assert computer.disk(tmp_path, own=own).rule == rule


@pytest.mark.parametrize("content", [b"no database" * 100, None], ids=["damaged", "a directory"])
async def test_doctor_names_an_unreadable_history(machine: Machine, content: bytes | None) -> None:
    file = machine.places.at(HISTORY)
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    found = await machine.examine()
    assert list(found) == ["history_unreadable"]
    assert str(file) in found["history_unreadable"].text


async def test_doctor_accepts_a_history_that_a_running_bridge_uses(machine: Machine) -> None:
    with closing(sqlite3.connect(machine.places.at(HISTORY))) as writer:
        writer.executescript("PRAGMA journal_mode = wal; CREATE TABLE sessions (start)")
        assert await machine.examine() == {}


async def test_doctor_accepts_the_connection_of_a_running_bridge(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "LISTEN_S", 2.0)
    machine.plant(others=[Device(machine.adapters[0], [FTMS])])
    async with mosquitto(machine.directory) as broker, desk(on(broker.port), "home"):
        path = machine.directory / "here.toml"
        path.write_text(configuration(broker.port))
        async with bluez(machine.bus, *machine.adapters, *machine.others):
            found = await examine(path, machine.places)
    assert [each for each in found if each.verdict is Verdict.FAILED] == []
    assert [each.text for each in found if each.check == "machine home"] == [
        "connected by the running bridge"
    ]


async def test_doctor_without_configuration_broker_and_bluetooth_suggests_init(
    tmp_path: Path, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TREADMILL_BRIDGE__MQTT__PORT", str(free_port()))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    places = Places(tmp_path, lambda: True, lambda _: None, lambda *_: None)
    found = {each.rule: each.text for each in await examine(None, places) if each.rule}
    assert set(found) == {"config_missing", "broker_unreachable", "no_service"}
    assert "treadmill-bridge init" in found["config_missing"]


async def test_doctor_names_a_missing_configuration_once(
    tmp_path: Path, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TREADMILL_BRIDGE__MQTT__PORT", str(free_port()))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    file = tmp_path / "config.toml"
    places = Places(tmp_path, lambda: True, lambda _: None, lambda *_: None)
    found = {each.rule: each.text for each in await examine(file, places) if each.rule}
    assert found["config_missing"].startswith(f"{file} cannot be read (No such file or directory).")
    assert "treadmill-bridge init" in found["config_missing"]


def test_doctor_reads_commands_and_accounts_of_this_computer() -> None:
    assert answer_of("sh", "-c", "echo here") == "here"
    assert answer_of("sh", "-c", "exit 3") is None
    assert answer_of("no-such-program-at-all") is None
    root = account_of("root")
    assert root is not None
    assert root.uid == 0
    assert account_of("nobody-of-this-name") is None


def test_doctor_child_process_prints_findings_as_json(
    bus: Bus, capsys: pytest.CaptureFixture[Any]
) -> None:
    answer()
    assert '"no_service"' in capsys.readouterr().out
