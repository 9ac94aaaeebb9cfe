"""The bridge as a service of systemd: what is written where, and how it is taken back."""

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
"""Where the Debian package has the unit; it brings the user as well."""
USERS = f"/etc/sysusers.d/{NAME}.conf"
DIRECTORY = f"/etc/{NAME}"
CONFIG = f"{DIRECTORY}/config.toml"
PASSWORD = f"{DIRECTORY}/mqtt-password"
DROP_IN = f"/etc/systemd/system/{NAME}.service.d/credentials.conf"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, in words, and what it takes: a command, a file to write or one to remove."""

    words: str
    command: tuple[str, ...] = ()
    path: str = ""
    text: str | None = None
    mode: int = 0o644
    optional: bool = field(default=False)
    """True if its failure leaves the rest worth doing."""


def program_of_this_process() -> str:
    """The absolute path by which the service starts this program."""
    found = shutil.which(sys.argv[0]) or shutil.which(NAME)
    if found and Path(found).name == NAME:
        return str(Path(found).absolute())
    return str(Path(sys.executable).with_name(NAME))


def is_packaged(root: Path) -> bool:
    """True if the Debian package brought unit and user, which it also updates."""
    return (root / PACKAGED_UNIT.lstrip("/")).exists()


def install(program: str, *, password: bool, start: bool, packaged: bool) -> Iterator[Step]:
    """What installing the service takes.

    Args:
        program: absolute path of `treadmill-bridge`.
        password: True if the file of the broker's password is there, to be handed over.
        start: True if it is to be started now, and with the computer from then on.
        packaged: True if unit and user are the Debian package's.
    """
    if packaged:
        # A unit below /etc would hide the package's, and each update of it.
        yield Step("the package has the unit", path=UNIT, optional=True)
        yield Step("the package has the user", path=USERS, optional=True)
    else:
        yield Step(f"the user {NAME}", path=USERS, text=_shipped(f"{NAME}.sysusers.conf"))
        yield Step(f"make the user {NAME}", ("systemd-sysusers", USERS))
        unit = _shipped(f"{NAME}.service").replace(SHIPPED_PROGRAM, program)
        yield Step("the unit", path=UNIT, text=unit)
    if password:
        text = f"[Service]\nLoadCredential=mqtt-password:{PASSWORD}\n"
        yield Step("the broker's password, readable by root alone", path=DROP_IN, text=text)
    # The configuration may name hosts and people: the service reads it, others need not.
    yield Step(
        "let the service read the configuration",
        ("sh", "-c", f"chgrp -R {NAME} {DIRECTORY} && chmod 0750 {DIRECTORY} && "
         f"if [ -f {CONFIG} ]; then chmod 0640 {CONFIG}; fi"),
        optional=True,
    )  # fmt: skip
    # In an image that is being made no systemd runs yet.
    yield Step("tell systemd", ("systemctl", "daemon-reload"), optional=not start)
    if start:
        yield Step("start it with the computer", ("systemctl", "enable", NAME))
        # Not `enable --now`: a unit that runs already would go on with the old one.
        yield Step("start it now", ("systemctl", "restart", NAME))


def uninstall(*, purge: bool) -> Iterator[Step]:
    """What taking it back takes; the configuration and the history stay.

    Args:
        purge: remove them as well, and the user.
    """
    yield Step("stop it", ("systemctl", "disable", "--now", NAME), optional=True)
    for path in (DROP_IN, UNIT, USERS):
        yield Step("remove", path=path)
    yield Step("tell systemd", ("systemctl", "daemon-reload"), optional=True)
    if purge:
        yield Step("remove the history and the configuration",
                   ("rm", "-rf", f"/var/lib/{NAME}", DIRECTORY))  # fmt: skip
        yield Step("remove the user", ("userdel", NAME), optional=True)


def kept() -> Sequence[str]:
    """What taking it back leaves."""
    return (f"{DIRECTORY} (the configuration)", f"/var/lib/{NAME} (what it remembers)")


def write(step: Step, root: Path) -> bool:
    """Write or remove a step's file below `root`; False if it was so already.

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
