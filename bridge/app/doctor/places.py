"""Paths and command outputs of this computer; tests replace them."""

import contextlib
import grp
import os
import pwd
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bridge.history.store.moment import is_synchronised

SERVICE = "treadmill-bridge"
"""Name of the unit, its user and its group."""
BLUETOOTH_GROUP = "bluetooth"
COMMAND_S = 20.0


@dataclass(frozen=True, slots=True)
class Account:
    """A user account."""

    name: str
    uid: int
    gid: int
    groups: frozenset[str]


def account_of(name: str) -> Account | None:
    """Return the account with this name; None if it does not exist."""
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    groups = {each.gr_name for each in grp.getgrall() if name in each.gr_mem}
    with contextlib.suppress(KeyError):
        groups.add(grp.getgrgid(entry.pw_gid).gr_name)
    return Account(name, entry.pw_uid, entry.pw_gid, frozenset(groups))


def answer_of(*command: str) -> str | None:
    """Return a program's output; None if it is missing or fails."""
    if shutil.which(command[0]) is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments
            command, capture_output=True, text=True, check=False, timeout=COMMAND_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


@dataclass(frozen=True, slots=True)
class Places:
    """The computer under examination."""

    root: Path = Path("/")
    synchronised: Callable[[], bool] = is_synchronised
    account: Callable[[str], Account | None] = account_of
    answer: Callable[..., str | None] = answer_of
    uid: int = os.getuid()

    def at(self, path: str | Path) -> Path:
        """Return a path below the computer's root."""
        return self.root / str(path).lstrip("/")

    def unit(self) -> Path | None:
        """Return the unit that systemd would load; None if it is not installed."""
        for directory in ("etc", "run", "usr/local/lib", "usr/lib", "lib"):
            path = self.at(f"/{directory}/systemd/system/{SERVICE}.service")
            if path.exists():
                return path
        return None
