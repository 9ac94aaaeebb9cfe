"""Bluetooth checks: D-Bus as the service's user, BlueZ, adapters, and competing connections."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator

from bleak.exc import BleakError

from bridge.app.doctor.finding import Finding, failed, ok, skipped
from bridge.app.doctor.places import Account, Places
from bridge.bluetooth.bluez import Device, State, look
from bridge.bluetooth.scan import SERVICE as FTMS
from bridge.bluetooth.trouble import NO_ADAPTER, POWERED_OFF, diagnose, wrong_adapter
from bridge.config import Config, Treadmill
from bridge.values import Trouble

CHILD_S = 30.0
_PROGRAM = "from bridge.app.doctor.radio import answer; answer()"


def answer() -> None:
    """Print why this process's user cannot use Bluetooth, as JSON; null if it can."""
    found = asyncio.run(_look())
    print(json.dumps([found.rule, found.text] if isinstance(found, Trouble) else None))  # noqa: T201


async def _look() -> State | Trouble:
    try:
        return await look()
    except (BleakError, OSError, EOFError) as error:
        return diagnose(error)


async def bluetooth(
    config: Config, places: Places, user: Account | None, running: frozenset[str]
) -> list[Finding]:
    """Check Bluetooth.

    Args:
        config: names the adapter and the machines.
        places: the computer.
        user: the service's user; None without one.
        running: treadmills that a running bridge serves; their connections are its own.
    """
    if config.bluetooth.radio != "system":
        return [skipped("Bluetooth", f"the radio is {config.bluetooth.radio}, not the system's")]
    state = await _look()
    if isinstance(state, Trouble):
        return [failed("Bluetooth", state.rule, state.text)]
    return [
        ok("Bluetooth", "D-Bus and BlueZ answer"),
        await asyncio.to_thread(_as_user, places, user),
        _adapter(config.bluetooth.adapter, state),
        *_holders(config, state, running),
    ]


def _as_user(places: Places, user: Account | None) -> Finding:
    """Repeat the check as the service's user: root's permissions prove nothing about it."""
    check = "D-Bus as the service"
    if user is None:
        return skipped(check, "the service's user does not exist yet")
    if places.uid not in {0, user.uid}:
        return skipped(check, "needs root; run this with sudo")
    command = (sys.executable, "-c", _PROGRAM)
    try:
        done = subprocess.run(  # noqa: S603 - this same program
            command,
            user=user.uid if places.uid == 0 else None,
            group=user.gid if places.uid == 0 else None,
            extra_groups=os.getgrouplist(user.name, user.gid) if places.uid == 0 else None,
            capture_output=True,
            text=True,
            check=False,
            timeout=CHILD_S,
            cwd="/",
        )
        found = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        text = (
            f"The user {user.name} cannot run {sys.executable}. Install the bridge where all users "
            "can read it, such as below /opt, not in a home directory."
        )
        return failed(check, "program_out_of_reach", text)
    if found is not None:
        return failed(check, found[0], found[1])
    return ok(check, f"{user.name} can use BlueZ")


def _adapter(chosen: str, state: State) -> Finding:
    names = ", ".join(f"{each.name}{'' if each.powered else ' (off)'}" for each in state.adapters)
    if not state.adapters:
        return failed("adapter", NO_ADAPTER.rule, NO_ADAPTER.text)
    if chosen and chosen not in {each.name for each in state.adapters}:
        trouble = wrong_adapter(chosen)
        return failed("adapter", trouble.rule, f"{trouble.text} Adapters: {names}.")
    if not state.usable(chosen):
        return failed("adapter", POWERED_OFF.rule, POWERED_OFF.text)
    return ok("adapter", names)


def _holders(config: Config, state: State, running: frozenset[str]) -> Iterator[Finding]:
    """Report machines to which another program on this computer is connected."""
    held = [device for device in state.devices if device.connected and FTMS in device.services]
    for treadmill in config.treadmills:
        mine = [device for device in held if _is(device, treadmill)]
        if mine and treadmill.id not in running:
            text = (
                f"Another program is connected to {mine[0].name or 'the treadmill'}, or a killed "
                "bridge left the connection open. Close the program, or disconnect it: "
                f"bluetoothctl disconnect {mine[0].address}"
            )
            yield failed(f"machine {treadmill.id}", "machine_held", text)
        elif mine:
            yield ok(f"machine {treadmill.id}", "connected by the running bridge")
        else:
            yield ok(f"machine {treadmill.id}", "no other program here is connected to it")


def _is(device: Device, treadmill: Treadmill) -> bool:
    if treadmill.address:
        return device.address.lower() == treadmill.address.lower()
    return not treadmill.name or device.name == treadmill.name
