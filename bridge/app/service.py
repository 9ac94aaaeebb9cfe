"""The bridge as a systemd service: steps to install and to remove it."""

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

NAME = "treadmill-bridge"
SHIPPED_PROGRAM = "/usr/local/bin/treadmill-bridge"
UNIT = f"/etc/systemd/system/{NAME}.service"
PACKAGED_UNIT = f"/usr/lib/systemd/system/{NAME}.service"
"""Unit of the Debian package, which also brings the user."""
USERS = f"/etc/sysusers.d/{NAME}.conf"
DIRECTORY = f"/etc/{NAME}"
CONFIG = f"{DIRECTORY}/config.toml"
PASSWORD = f"{DIRECTORY}/mqtt-password"
DROP_IN = f"/etc/systemd/system/{NAME}.service.d/credentials.conf"


@dataclass(frozen=True, slots=True)
class Step:
    """One step in words, and its action: a command, a file to write, or a file to remove."""

    words: str
    command: tuple[str, ...] = ()
    path: str = ""
    text: str | None = None
    mode: int = 0o644
    optional: bool = field(default=False)
    """True if the other steps should continue after it fails."""


def program_of_this_process() -> str:
    """Return the absolute path with which the service starts this program."""
    found = shutil.which(sys.argv[0]) or shutil.which(NAME)
    if found and Path(found).name == NAME:
        return str(Path(found).absolute())
    return str(Path(sys.executable).with_name(NAME))


def is_packaged(root: Path) -> bool:
    """True if the Debian package installed the unit and the user, and so updates them."""
    return (root / PACKAGED_UNIT.lstrip("/")).exists()


def install(program: str, *, password: bool, start: bool, packaged: bool) -> Iterator[Step]:
    """Yield the steps that install the service.

    Args:
        program: absolute path of `treadmill-bridge`.
        password: True if the broker's password file exists, to be passed as a credential.
        start: True to start it now and at every boot.
        packaged: True if unit and user belong to the Debian package.
    """
    if packaged:
        # A unit below /etc would shadow the package's unit and its updates.
        yield Step("unit from the package", path=UNIT, optional=True)
        yield Step("user from the package", path=USERS, optional=True)
    else:
        yield Step(f"the user {NAME}", path=USERS, text=_shipped(f"{NAME}.sysusers.conf"))
        yield Step(f"create the user {NAME}", ("systemd-sysusers", USERS))
        unit = _shipped(f"{NAME}.service").replace(SHIPPED_PROGRAM, program)
        yield Step("the unit", path=UNIT, text=unit)
    if password:
        text = f"[Service]\nLoadCredential=mqtt-password:{PASSWORD}\n"
        yield Step("the broker's password, readable only by root", path=DROP_IN, text=text)
    # The configuration may contain host and personal names, so only the service's group may read
    # it.
    yield Step(
        "let the service read the configuration",
        ("sh", "-c", f"chgrp -R {NAME} {DIRECTORY} && chmod 0750 {DIRECTORY} && "
         f"if [ -f {CONFIG} ]; then chmod 0640 {CONFIG}; fi"),
        optional=True,
    )  # fmt: skip
    # systemd does not run while an image is built.
    yield Step("reload systemd", ("systemctl", "daemon-reload"), optional=not start)
    if start:
        yield Step("start it at boot", ("systemctl", "enable", NAME))
        # Not `enable --now`: a running service would keep the old unit.
        yield Step("start it now", ("systemctl", "restart", NAME))


def uninstall(*, purge: bool) -> Iterator[Step]:
    """Yield the steps that remove the service; configuration and history stay.

    Args:
        purge: also delete them, and the user.
    """
    yield Step("stop it", ("systemctl", "disable", "--now", NAME), optional=True)
    for path in (DROP_IN, UNIT, USERS):
        yield Step("remove", path=path)
    yield Step("reload systemd", ("systemctl", "daemon-reload"), optional=True)
    if purge:
        yield Step("remove the history and the configuration",
                   ("rm", "-rf", f"/var/lib/{NAME}", DIRECTORY))  # fmt: skip
        yield Step("remove the user", ("userdel", NAME), optional=True)


def kept() -> Sequence[str]:
    """Return what `uninstall` keeps."""
    return (f"{DIRECTORY} (the configuration)", f"/var/lib/{NAME} (the history)")


def write(step: Step, root: Path) -> bool:
    """Write or remove a step's file below `root`; False if nothing had to change.

    Raises:
        OSError: It cannot be written.
    """
    path = root / step.path.lstrip("/")
    if step.text is None:
        if not path.exists():
            return False
        path.unlink()
        if path.parent.name.endswith(".d") and not any(path.parent.iterdir()):
            path.parent.rmdir()
        return True
    if path.exists() and path.read_text("utf-8") == step.text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(step.text, "utf-8")
    path.chmod(step.mode)
    return True


def may_write(root: Path) -> bool:
    """True if this user may write the service's files."""
    return root != Path("/") or os.geteuid() == 0


def _shipped(name: str) -> str:
    return (files("bridge.app") / "units" / name).read_text("utf-8")
