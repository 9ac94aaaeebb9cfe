"""All checks, ordered so that a fault explains the faults after it."""

from collections.abc import Callable
from pathlib import Path

from bridge.app.doctor import computer
from bridge.app.doctor.broker import broker
from bridge.app.doctor.finding import Finding, failed, ok
from bridge.app.doctor.places import SERVICE, Account, Places
from bridge.config import Config, ConfigError, ConfigFileError, load


async def examine(
    path: Path | None, places: Places, on_finding: Callable[[Finding], None] = lambda _: None
) -> list[Finding]:
    """Run all checks; `on_finding` receives each finding right away."""
    found: list[Finding] = []

    def report(*findings: Finding) -> None:
        for each in findings:
            found.append(each)
            on_finding(each)

    report(*computer.versions(places))
    config = _configuration(path, report)
    unit = places.unit()
    name = computer.settings_of(places, unit).get("User", "") if unit else ""
    user = places.account(name) if name else None
    if path is not None and user is not None:
        report(_readable(path, user))
    directory = _state_directory(config, places)
    report(computer.clock(places), computer.disk(directory, own=unit is None))
    if computer.on_linux():
        report(*computer.service(places), computer.rfkill(places))
    findings, running = await broker(config)
    report(*findings)
    if computer.on_linux():
        from bridge.app.doctor.radio import bluetooth  # noqa: PLC0415 - dbus-fast is for Linux only

        report(*await bluetooth(config, places, user, running))
    return found


def _configuration(path: Path | None, report: Callable[..., None]) -> Config:
    if path is None:
        text = "No configuration file found. Write one: treadmill-bridge init."
        report(failed("configuration", "config_missing", text))
        return _defaults()
    try:
        config = load(path)
    except ConfigError as error:
        missing = isinstance(error.__cause__, FileNotFoundError)
        rule = "config_missing" if missing else "config_invalid"
        todo = "Write one: treadmill-bridge init." if missing else "Correct it."
        where = "" if isinstance(error, ConfigFileError) else f"{path}: "
        report(failed("configuration", rule, f"{where}{'; '.join(error.problems)}. {todo}"))
        return _defaults()
    if not config.treadmills:
        text = f"{path} has no [[treadmills]]. Add one: treadmill-bridge init."
        report(failed("configuration", "no_treadmill", text))
    else:
        report(ok("configuration", f"{path}, {len(config.treadmills)} treadmill(s)"))
    return config


def _defaults() -> Config:
    try:
        return load(None)
    except ConfigError:  # an invalid environment variable, already reported
        return Config()


def _readable(path: Path, user: Account) -> Finding:
    """Check that the service's user can read the file, by its mode and its directories' modes."""
    for each in (path, *path.absolute().parents):
        try:
            status = each.stat()
        except OSError:
            continue
        needed = 0o4 if each == path else 0o1
        if status.st_uid == user.uid:
            needed <<= 6
        elif status.st_gid == user.gid:
            needed <<= 3
        if user.uid != 0 and not status.st_mode & needed:
            text = (
                f"The user {user.name} cannot read {path}. Allow it: sudo chgrp {user.name} {each} "
                f"&& sudo chmod g+rX {each}."
            )
            return failed("configuration", "config_unreadable", text)
    return ok("configuration", f"the user {user.name} can read it")


def _state_directory(config: Config, places: Places) -> Path:
    """Return the service's directory of the history if it is installed, else the user's."""
    if config.state_dir is None and places.unit() is not None:
        return places.at(f"/var/lib/{SERVICE}")
    return config.state_directory()
