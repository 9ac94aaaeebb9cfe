"""Messages to the service manager, and the unit that it runs."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bridge.app.systemd import EVERY_S, Notifier, report
from bridge.history.store.moment import read_boot_id

UNIT = Path("systemd/treadmill-bridge.service")
USERS = Path("systemd/treadmill-bridge.sysusers.conf")
MOST_EXPOSED = 1.5
"""Highest exposure that `systemd-analyze security` may report; 10 is no protection at all."""


@dataclass
class Manager:
    """Records the messages to the service manager."""

    socket: socket.socket
    address: str

    def heard(self) -> list[str]:
        messages = []
        with suppress(BlockingIOError):
            while True:
                messages.append(self.socket.recv(4096).decode())
        return messages


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Manager]:
    path = f"@{tmp_path}/notify" if request.param == "abstract" else f"{tmp_path}/notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(path.replace("@", "\0"))
        receiver.setblocking(False)
        yield Manager(receiver, path)


@dataclass
class Bridge:
    """A bridge without a stuck task, unless a test sets one."""

    hanging: list[str] = field(default_factory=list)

    def stuck(self) -> list[str]:
        return self.hanging

    def status(self) -> str:
        return "all well"


def notifier(manager: Manager, **env: str) -> Notifier:
    return Notifier({"NOTIFY_SOCKET": manager.address, **env})


@pytest.mark.virtual_time
async def test_watchdog_is_notified_only_while_no_task_hangs(
    manager: Manager,
) -> None:
    bridge = Bridge()
    out = notifier(manager, WATCHDOG_USEC="30000000", WATCHDOG_PID=str(os.getpid()))
    task = asyncio.create_task(report(bridge, out))
    await asyncio.sleep(0.1)
    assert manager.heard() == ["READY=1\nSTATUS=all well"]
    await asyncio.sleep(30)
    assert manager.heard() == ["WATCHDOG=1\nSTATUS=all well"] * 3

    bridge.hanging = ["den"]
    with capture_logs() as logs:
        await asyncio.sleep(60)
    assert manager.heard() == []
    assert [entry["parts"] for entry in logs] == [["den"]]

    bridge.hanging = []
    await asyncio.sleep(10)
    assert manager.heard() == ["WATCHDOG=1\nSTATUS=all well"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert manager.heard() == ["STOPPING=1"]


@pytest.mark.parametrize(
    ("env", "every_s"),
    [
        ({}, EVERY_S),
        ({"WATCHDOG_USEC": "3000000"}, 1.0),
        ({"WATCHDOG_USEC": "600000000"}, EVERY_S),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}, EVERY_S),
        ({"WATCHDOG_USEC": "soon"}, EVERY_S),
    ],
)
def test_watchdog_is_notified_three_times_per_interval(env: dict[str, str], every_s: float) -> None:
    assert Notifier(env).every_s == every_s


def test_without_a_service_manager_nothing_is_sent() -> None:
    with capture_logs() as logs:
        Notifier({}).send("READY=1")
    assert logs == []


def test_unreachable_service_manager_is_logged_and_no_error(tmp_path: Path) -> None:
    with capture_logs() as logs:
        Notifier({"NOTIFY_SOCKET": str(tmp_path / "nobody")}).send("READY=1")
    assert [entry["event"] for entry in logs] == ["service_manager_unreachable"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
class TestUnit:
    def test_unit_file_is_valid_for_systemd(self, tmp_path: Path) -> None:
        text = UNIT.read_text().replace("/usr/local/bin/treadmill-bridge", "/bin/true")
        unit = tmp_path / UNIT.name
        unit.write_text(text)
        found = _analyze("verify", "--man=no", str(unit))
        about_ours = [line for line in found.stderr.splitlines() if UNIT.name in line]
        assert about_ours == []

    def test_systemd_rates_the_exposure_of_the_unit_within_the_limit(self) -> None:
        found = _analyze("security", "--offline=true", "--no-pager", str(UNIT))
        if "--offline" in found.stderr:
            pytest.skip("this systemd-analyze is too old to look at a file")
        (verdict,) = [line for line in found.stdout.splitlines() if "Overall exposure" in line]
        assert float(verdict.partition(": ")[2].split()[0]) <= MOST_EXPOSED


def settings(text: str) -> dict[str, str]:
    """Return the settings of a unit, the last of each key."""
    lines = [line for line in text.splitlines() if "=" in line and not line.startswith("#")]
    return {key: value for key, _, value in (line.partition("=") for line in lines)}


class TestUser:
    def test_the_unit_runs_as_a_user_that_dbus_daemon_can_resolve(self) -> None:
        unit = settings(UNIT.read_text())
        assert "DynamicUser" not in unit
        (user,) = [line.split() for line in USERS.read_text().splitlines() if line[:2] == "u "]
        assert user[1] == unit["User"] == unit["Group"]

    def test_service_user_is_in_the_bluetooth_group(self) -> None:
        user = settings(UNIT.read_text())["User"]
        assert f"m {user} bluetooth" in USERS.read_text().splitlines()

    @pytest.mark.skipif(shutil.which("systemd-sysusers") is None, reason="needs systemd-sysusers")
    def test_systemd_sysusers_accepts_the_users_file(self) -> None:
        found = subprocess.run(
            ("systemd-sysusers", "--dry-run", str(USERS.absolute())),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert found.returncode == 0, found.stderr


def test_the_boot_id_can_be_read_with_the_proc_that_the_unit_mounts() -> None:
    unit = settings(UNIT.read_text())
    subset, hides = unit.get("ProcSubset", "all"), unit["ProtectProc"]
    options = f"hidepid={hides}" + (",subset=pid" if subset == "pid" else "")
    code = "from bridge.history.store.moment import read_boot_id; print(read_boot_id())"
    inside = f'mount -t proc -o {options} proc /proc || exit 77; exec "$0" -c "$1"'
    found = subprocess.run(
        ("unshare", "--mount", "sh", "-c", inside, sys.executable, code),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if found.returncode in {1, 77} and not found.stdout:
        pytest.skip(f"no mount of /proc is allowed here: {found.stderr.strip()}")
    assert found.stdout.strip() == read_boot_id() != ""


def _analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ("systemd-analyze", *arguments), capture_output=True, text=True, check=False, timeout=60
    )
