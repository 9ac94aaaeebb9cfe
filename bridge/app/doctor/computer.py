"""Checks of the computer: versions, clock, disk, rfkill, the service's unit and its user."""

import os
import platform
import shlex
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

from bridge.app.doctor.finding import Finding, failed, ok, skipped
from bridge.app.doctor.places import BLUETOOTH_GROUP, SERVICE, Account, Places
from bridge.history.store.database import cause, open_to_read
from bridge.history.store.file import NAME

LEAST_FREE_MB = 50
"""Years of history take a few MB; a disk with less than this is about to fill up."""
OLDEST_BLUEZ = (5, 55)
"""The oldest BlueZ that bleak supports."""


def versions(places: Places) -> Iterator[Finding]:
    """Report software versions; fails if BlueZ is too old."""
    yield ok(
        "versions",
        f"treadmill-bridge {version('treadmill-bridge')}, Python {platform.python_version()}, "
        f"bleak {version('bleak')}, {platform.system()} {platform.release()}",
    )
    answer = places.answer("bluetoothctl", "--version") or ""
    number = answer.rpartition(" ")[2]
    parts = tuple(int(part) for part in number.split(".") if part.isdecimal())
    if not parts:
        yield skipped("BlueZ", "unknown version, because bluetoothctl is not installed")
    elif parts < OLDEST_BLUEZ:
        text = f"BlueZ {number} is too old; 5.55 or later is needed. Update the system."
        yield failed("BlueZ", "bluez_too_old", text)
    else:
        yield ok("BlueZ", f"version {number}")


def rfkill(places: Places) -> Finding:
    """Check that no rfkill switch blocks Bluetooth."""
    switches = sorted(places.at("/sys/class/rfkill").glob("rfkill*"))
    for switch in switches:
        if _read(switch / "type") != "bluetooth":
            continue
        if _read(switch / "hard") == "1":
            text = (
                "A hardware switch blocks Bluetooth. Find it (often a key with a radio "
                "mast, or a firmware setting)."
            )
            return failed("rfkill", "rfkill_hard", text)
        if _read(switch / "soft") == "1":
            text = "Bluetooth is blocked by software. Unblock it: sudo rfkill unblock bluetooth."
            return failed("rfkill", "rfkill_soft", text)
    return ok("rfkill", "Bluetooth is not blocked")


def clock(places: Places) -> Finding:
    """Check that the clock is synchronised: budgets and rests use it across restarts."""
    if places.synchronised():
        return ok("clock", "synchronised")
    return failed(
        "clock",
        "clock_not_synchronised",
        "The clock is not synchronised, so steep time does not refill and a rest does not end "
        "while the computer is off. Enable synchronisation: sudo timedatectl set-ntp true.",
    )


def disk(directory: Path, *, own: bool) -> Finding:
    """Check the state directory, its free space and the history in it.

    `own` is True if the bridge would run as this user.
    """
    existing = next(each for each in (directory, *directory.parents) if os.access(each, os.F_OK))
    if not existing.is_dir():
        text = f"{existing} is not a directory. Remove it, or set state_dir: the history is there."
        return failed("disk", "state_no_directory", text)
    if os.statvfs(existing).f_flag & os.ST_RDONLY:
        text = f"The disk of {directory} is read-only. Mount it writable, or set state_dir."
        return failed("disk", "state_read_only", text)
    if own and not os.access(existing, os.W_OK | os.X_OK):
        text = f"This user cannot write to {existing}. Allow it, or set state_dir."
        return failed("disk", "state_not_writable", text)
    free_mb = shutil.disk_usage(existing).free // 1_000_000
    if free_mb < LEAST_FREE_MB:
        text = f"Only {free_mb} MB are free at {directory}. Free some space; the history is there."
        return failed("disk", "disk_full", text)
    if trouble := _trouble_with(directory / NAME):
        text = (
            f"The history {directory / NAME} cannot be read ({trouble}). Move it away and put a "
            "backup in its place; without one, the bridge begins a new history."
        )
        return failed("disk", "history_unreadable", text)
    return ok("disk", f"{free_mb} MB free at {directory}")


def _trouble_with(history: Path) -> str:
    """Return why a history that this user may read is none; empty if nothing is wrong."""
    if not os.access(history, os.R_OK):
        return ""
    try:
        with closing(open_to_read(history, alone=True)) as file:
            file.execute("PRAGMA schema_version").fetchone()
    except sqlite3.Error as error:
        return cause(error)
    return ""


def service(places: Places) -> Iterator[Finding]:
    """Check the unit, its sandbox and its user."""
    path = places.unit()
    if path is None:
        text = "not installed; to start the bridge at boot: sudo treadmill-bridge "
        yield skipped("service", f"{text}install-service")
        return
    yield _unit(places, path)
    user = settings_of(places, path).get("User", "")
    if user:
        yield _user(user, places.account(user))


def _unit(places: Places, path: Path) -> Finding:
    settings = settings_of(places, path)
    again = "Write the current one: sudo treadmill-bridge install-service."
    if settings.get("DynamicUser", "no") in {"yes", "true", "1", "on"}:
        text = f"{path} has DynamicUser=yes. D-Bus refuses such a user access to BlueZ. "
        return failed("service", "unit_dynamic_user", text + again)
    if settings.get("ProcSubset") == "pid":
        text = f"{path} has ProcSubset=pid, which hides the boot id: a restart ends the session. "
        return failed("service", "unit_hides_boot_id", text + again)
    words = shlex.split(settings.get("ExecStart", ""))
    program = words[0].lstrip("-@:+!") if words else ""
    if not program or not places.at(program).exists():
        text = f"{path} starts {program or 'nothing'}, which does not exist. "
        return failed("service", "unit_program_missing", text + again)
    return ok("service", str(path))


def settings_of(places: Places, path: Path) -> dict[str, str]:
    """Return the settings of the unit and its drop-ins; the last value of a key wins."""
    files = [path, *sorted(places.at(f"/etc/systemd/system/{path.name}.d").glob("*.conf"))]
    found: dict[str, str] = {}
    for file in files:
        for line in _read(file).splitlines():
            key, separator, value = line.strip().partition("=")
            if separator and not key.startswith(("#", ";")):
                found[key] = value
    return found


def _user(name: str, account: Account | None) -> Finding:
    if account is None:
        text = f"The user {name} does not exist. Create it: sudo treadmill-bridge install-service."
        return failed("user", "user_missing", text)
    if BLUETOOTH_GROUP not in account.groups and account.uid != 0:
        text = (
            f"The user {name} is not in the group {BLUETOOTH_GROUP}, so BlueZ may deny access. Add "
            f"it: sudo usermod -aG {BLUETOOTH_GROUP} {name}; then: sudo systemctl restart {SERVICE}"
        )
        return failed("user", "user_not_in_group", text)
    return ok("user", f"{name}, in the group {BLUETOOTH_GROUP}")


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, ValueError):
        return ""


def on_linux() -> bool:
    """True on Linux, which has BlueZ, rfkill and systemd."""
    return sys.platform == "linux"
