"""Discovery and configuration writing for `init`. It asks no questions itself."""

import asyncio
import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit
from bleak.exc import BleakError
from tomlkit.items import AoT, Table

from bridge.bluetooth.connection import Connection, LinkLost
from bridge.bluetooth.radio import Radio
from bridge.bluetooth.scan import Found, client_of, scan
from bridge.bluetooth.trouble import diagnose
from bridge.config import Mqtt
from bridge.drivers.ftms.describe import describe
from bridge.mqtt.advice import advice
from bridge.mqtt.client import find_version, make_client
from bridge.mqtt.transport import MqttError
from bridge.values import MachineInfo, Trouble, Units

CONNECT_S = 20.0
MDNS_S = 2.0
IDENTITY = "treadmill-bridge-init"

COMMENTS = {
    "mqtt": "The broker. docs/configuration.md explains every key.",
    "bluetooth": "The Bluetooth radio.",
    "guard": "Limits. gentle is the most careful profile; steady and trained allow faster changes.",
    "treadmills": "The machine, and what MQTT commands may do to it.",
}
_KEY_COMMENTS = {
    "id": "used in the MQTT topics: treadmills/<id>/…",
    "address": "the machine's Bluetooth address",
    "allow_remote_start": "true: the belt may be started over MQTT",
    "speed_unit": "auto, kmh or mph: the machine's own unit",
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A broker to try: localhost, or one found by mDNS."""

    host: str
    port: int | None = None

    def __str__(self) -> str:
        return self.host if self.port is None else f"{self.host}:{self.port}"


async def machines_in_reach(radio: Radio, seconds: float) -> list[Found]:
    """Return the treadmills in range, the nearest first.

    Raises:
        BleakError, OSError, EOFError: Bluetooth cannot be used.
    """
    return [each for each in await scan(radio, seconds) if each.is_treadmill]


async def try_machine(radio: Radio, found: Found) -> MachineInfo | Trouble:
    """Connect to a machine and read its features; nothing is written to it."""
    try:
        async with asyncio.timeout(CONNECT_S), client_of(radio, found, CONNECT_S) as client:
            return await describe(Connection(client), found)
    except (BleakError, OSError, EOFError, LinkLost) as error:
        return diagnose(error, connecting=True)


async def try_broker(mqtt: Mqtt) -> str:
    """Connect to a broker; return the problem with a fix, or an empty text."""
    try:
        version = await find_version(mqtt, IDENTITY)
        async with await make_client(mqtt, IDENTITY, version):
            return ""
    except (MqttError, OSError, ValueError) as error:
        hint = advice(error, mqtt)
        return f"{error}. {hint[:1].upper()}{hint[1:]}."


async def announced_brokers() -> list[Candidate]:
    """Return brokers announced by mDNS; none without the extra `discovery`."""
    try:
        from zeroconf import ServiceStateChange, Zeroconf  # noqa: PLC0415 - an extra
        from zeroconf.asyncio import (  # noqa: PLC0415
            AsyncServiceBrowser,
            AsyncServiceInfo,
            AsyncZeroconf,
        )
    except ImportError:
        return []
    names: set[str] = set()

    def heard(
        zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange
    ) -> None:
        del zeroconf, service_type
        if state_change is ServiceStateChange.Added:
            names.add(name)

    kind = "_mqtt._tcp.local."
    found: dict[str, Candidate] = {}
    try:
        async with AsyncZeroconf() as network:
            browser = AsyncServiceBrowser(network.zeroconf, kind, handlers=[heard])
            await asyncio.sleep(MDNS_S)
            await browser.async_cancel()
            for name in sorted(names):
                info = AsyncServiceInfo(kind, name)
                if await info.async_request(network.zeroconf, round(MDNS_S * 1000)):
                    host = (info.server or "").rstrip(".")
                    if host and info.port:
                        found[host] = Candidate(host, info.port)
    except OSError:  # no network
        return []
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers for the configuration; None leaves a key unchanged."""

    host: str | None = None
    port: int | None = None
    username: str | None = None
    password_file: str | None = None
    tls: bool | None = None
    radio: str | None = None
    adapter: str | None = None
    treadmill: str | None = None
    address: str | None = None
    allow_remote_start: bool | None = None
    speed_unit: str | None = None
    units: str | None = None
    profile: str | None = None


def written(before: str, answers: Answers) -> str:
    """Return the configuration's text with these answers; everything else is unchanged.

    Raises:
        TOMLKitError: `before` is not valid TOML.
    """
    document = tomlkit.parse(before)
    if answers.units is not None and answers.units != document.get("units", Units.KMH):
        document["units"] = answers.units
    mqtt = {
        "host": answers.host,
        "port": answers.port,
        "username": answers.username,
        "password_file": answers.password_file,
        "tls": answers.tls,
    }
    _fill(document, "mqtt", mqtt)
    _fill(document, "bluetooth", {"radio": answers.radio, "adapter": answers.adapter})
    _fill(document, "guard", {"profile": answers.profile})
    machine = {
        "id": answers.treadmill,
        "address": answers.address,
        "allow_remote_start": answers.allow_remote_start,
        "speed_unit": answers.speed_unit,
    }
    _fill_treadmill(document, machine)
    return tomlkit.dumps(document)


def _fill(document: tomlkit.TOMLDocument, section: str, values: Mapping[str, object]) -> None:
    given = {key: value for key, value in values.items() if value is not None}
    if not given:
        return
    table = document.get(section)
    if not isinstance(table, Table):
        table = tomlkit.table()
        if section in COMMENTS:
            table.comment(COMMENTS[section])
        document[section] = table
    _put(table, given)


def _fill_treadmill(document: tomlkit.TOMLDocument, values: Mapping[str, object]) -> None:
    given = {key: value for key, value in values.items() if value is not None}
    if not given:
        return
    treadmills = document.get("treadmills")
    if not isinstance(treadmills, AoT) or not treadmills:
        treadmills = tomlkit.aot()
        if document:
            document.add(tomlkit.nl())
        document["treadmills"] = treadmills
    match = next((each for each in treadmills if each.get("id") == values["id"]), None)
    if match is None and len(treadmills) == 1 and values["id"] is None:
        match = treadmills[0]
    if match is None:
        match = tomlkit.table()
        match.comment(COMMENTS["treadmills"])
        treadmills.append(match)
        match = treadmills[-1]
    _put(match, given)
    if "address" in given and "name" in match:
        del match["name"]


def _put(table: Any, values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        if key in table:
            if table[key] != value:
                table[key] = value
            continue
        item = tomlkit.item(value)
        if key in _KEY_COMMENTS:
            item.comment(_KEY_COMMENTS[key])
        table.add(key, item)


def save(path: Path, text: str, mode: int = 0o644) -> Path | None:
    """Write a file atomically, and keep a backup beside it; return its path, or None.

    Raises:
        OSError: It cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = None
    if path.exists():
        kept = path.with_name(f"{path.name}.before")
        shutil.copy2(path, kept)
        mode = path.stat().st_mode & 0o777
    handle, half = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
        Path(half).chmod(mode)
        if kept is not None:
            status = kept.stat()
            with contextlib.suppress(PermissionError):
                os.chown(half, status.st_uid, path.stat().st_gid)
        Path(half).replace(path)
    except BaseException:
        Path(half).unlink(missing_ok=True)
        raise
    return kept


def id_from(name: str) -> str:
    """Return an id made from the words of a name: `Home gym` becomes `home-gym`."""
    words = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")
    return words[:64]
