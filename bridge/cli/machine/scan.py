"""`treadmill-bridge scan`."""

import asyncio
import sys
from pathlib import Path

import click
from bleak.exc import BleakError

from bridge.bluetooth.connection import Connection, LinkLost
from bridge.bluetooth.radio import Radio, open_radio
from bridge.bluetooth.scan import Found, client_of
from bridge.bluetooth.scan import scan as scan_for
from bridge.bluetooth.trouble import diagnose
from bridge.cli.common import (
    Finite,
    bluetooth_or_fail,
    config_option,
    load_or_fail,
    radio_option,
)
from bridge.config import Bluetooth
from bridge.drivers.ftms.describe import describe
from bridge.drivers.kingsmith.driver import describe as describe_pad
from bridge.drivers.registry import FTMS, advertised, spoken
from bridge.texts.figures import span
from bridge.values import INCLINATION, Axis, MachineInfo, Units

CONNECT_S = 20.0


@click.command("scan", epilog="Example: treadmill-bridge scan --seconds 10")
@config_option
@radio_option
@click.option(
    "--seconds",
    type=Finite(1, 120),
    default=6.0,
    show_default=True,
    help="Seconds to listen.",
)
@click.option("--quick", is_flag=True, help="Don't connect to read each machine's features.")
def command(path: Path | None, radio: str | None, seconds: float, quick: bool) -> None:
    """List the fitness machines in range and their features. Writes nothing to them.

    A machine that is connected to another app is usually invisible; close that app first.
    """
    config = load_or_fail(path, {"bluetooth.radio": radio})
    with bluetooth_or_fail():
        found = asyncio.run(_scan(config.bluetooth, seconds, quick, config.units))
    if not found:
        click.echo(
            "No treadmill in range. Switch it on, move closer, close other apps connected to it.",
            err=True,
        )
        sys.exit(1)


async def _scan(bluetooth: Bluetooth, seconds: float, quick: bool, units: Units) -> list[Found]:
    async with open_radio(bluetooth.radio, bluetooth.adapter) as radio:
        click.echo(f"Listening for {seconds:g} s …", err=True)
        in_reach = await scan_for(radio, seconds)
        found = [each for each in in_reach if each.advertises_service or advertised(each)]
        for each in found:
            await _show(radio, each, quick, units)
    return found


async def _show(radio: Radio, found: Found, quick: bool, units: Units) -> None:
    signal = "" if found.rssi is None else f"  {found.rssi} dBm"
    click.echo(f"{found.address}  {found.name or '(no name)'}{signal}")
    if found.machine is not None:
        kinds = [str(kind.name).lower().replace("_", " ") for kind in found.machine.machine_types]
        state = "available" if found.machine.available else "in use"
        click.echo(f"    {', '.join(kinds) or 'fitness machine'}, {state}")
    if found.shared:
        click.echo("    already connected, by a running bridge or another app; left alone")
    kind = advertised(found)
    if kind is not None and kind is not FTMS:
        click.echo(f"    {kind.title}")
        for danger in kind.dangers:
            click.echo(f"    caution: {danger}")
    if quick or kind is None:
        return
    try:
        async with (
            asyncio.timeout(CONNECT_S),
            client_of(radio, found, CONNECT_S) as client,
        ):
            connection = Connection(client)
            machine = await _described(connection, found)
    except (BleakError, OSError, EOFError, LinkLost) as error:
        click.echo(f"    {diagnose(error, connecting=True).text}")
        return
    for line in abilities(machine, units):
        click.echo(f"    {line}")


async def _described(connection: Connection, found: Found) -> MachineInfo:
    if spoken(connection) is FTMS:
        return await describe(connection, found)
    return await describe_pad(connection, found)


def abilities(machine: MachineInfo, units: Units) -> list[str]:
    """Return lines with a machine's ranges and features."""
    lines = [" ".join(text for text in (machine.maker, machine.model, machine.firmware) if text)]
    known = machine.features
    tilts = known is None or INCLINATION in (*known.measures, *known.settable)
    for axis, range_, scale in (
        (Axis.SPEED, machine.speed_range, 100),
        (Axis.INCLINE, machine.incline_range, 10),
    ):
        if range_ is None and axis is Axis.INCLINE and not tilts:
            lines.append(f"{axis}: none")
        elif range_ is None:
            lines.append(f"{axis}: range not reported")
        else:
            least, most, step = (
                each / scale for each in (range_.minimum, range_.maximum, range_.step)
            )
            lines.append(f"{axis}: {span(axis, least, most, step, units)}")
    if machine.features is not None:
        features = (*machine.features.measures, *machine.features.settable)
        names = sorted({name.replace("_", " ") for name in features})
        lines.append(f"features: {', '.join(names)}")
    return [line for line in lines if line]
