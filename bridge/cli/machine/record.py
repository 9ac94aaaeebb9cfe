"""`treadmill-bridge record`."""

import contextlib
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from bleak.exc import BleakError

from bridge.bluetooth.radio import Radio, RadioError, open_radio
from bridge.bluetooth.scan import Match, shared_machines
from bridge.cli.common import (
    Finite,
    config_option,
    fail,
    load_or_fail,
    radio_option,
    run_until_signalled,
)
from bridge.clock import SystemClock
from bridge.config import Bluetooth, Config
from bridge.diagnostics.recorder import SOFTWARE, Recorder, RecordingError
from bridge.drivers.link import ENDED, Link
from bridge.machines import Quirk
from bridge.tasks import race
from bridge.texts import Texts
from bridge.values import (
    Activity,
    Control,
    Event,
    MachineInfo,
    Measurement,
    Order,
    Trouble,
    Unusable,
)
from bridge.values.status import MachineEvent
from protocols.captures.att_log import from_att
from protocols.captures.btsnoop import att_pdus
from protocols.errors import DecodeError


@click.command(
    "record", epilog="Then: treadmill-bridge replay walk.jsonl (docs/captures.md has the format)"
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
@config_option
@radio_option
@click.option("--treadmill", "name", metavar="ID", help="Configured treadmill to record.")
@click.option("--duration", type=Finite(min=0), metavar="S", help="End after S seconds.")
@click.option(
    "--from-btsnoop",
    "log",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="LOG",
    help="Convert this Bluetooth log (Android's btsnoop_hci.log) instead of recording.",
)
@click.option("--force", is_flag=True, help="Overwrite FILE if it exists.")
def command(  # noqa: PLR0917 - click passes them by keyword
    file: Path,
    path: Path | None,
    radio: str | None,
    name: str | None,
    duration: float | None,
    log: Path | None,
    force: bool,
) -> None:
    """Record what a treadmill sends to a capture file, until Ctrl-C.

    The command connects like `run` but sends no orders, so use the console meanwhile. Without a
    configuration it takes the only treadmill in range. Address and serial number are left out, so
    the file is safe for a bug report. `run --record` also records what the bridge sends.
    """
    if log is not None:
        _convert(log, file, force)
        return
    config = load_or_fail(path, {"bluetooth.radio": radio})
    match = _match(config, name)
    try:
        recorder = Recorder(file, SystemClock(), replace=force)
        try:
            run_until_signalled(_record(config.bluetooth, match, recorder, duration))
        finally:
            recorder.close()
    except (RecordingError, RadioError) as error:
        exists = isinstance(error.__cause__, FileExistsError)
        fail(f"{error}, or add --force to overwrite it" if exists else str(error))
    if not file.exists():
        click.echo("No treadmill was in range, so nothing was recorded.", err=True)
        sys.exit(1)
    click.echo(f"Wrote {recorder.frames} frames to {file}.")


def _match(config: Config, name: str | None) -> Match:
    """Match the named machine, the only configured one, or any."""
    known = {treadmill.id: treadmill for treadmill in config.treadmills}
    if name is None and len(known) > 1:
        fail(f"several treadmills are configured; choose one with --treadmill: {', '.join(known)}")
    if name is not None and name not in known:
        fail(f"no treadmill {name!r} is configured; configured: {', '.join(known) or 'none'}")
    for treadmill in known.values():
        if name in {None, treadmill.id}:
            return Match(address=treadmill.address or "", name=treadmill.name or "")
    return Match()


async def _record(
    bluetooth: Bluetooth, match: Match, recorder: Recorder, duration: float | None
) -> None:
    async with open_radio(bluetooth.radio, bluetooth.adapter) as radio:
        await _leave_shared(radio, match)
        click.echo("Looking for the treadmill …", err=True)
        listener = _Listener()
        link = Link(
            radio,
            match,
            listener,
            SystemClock(),
            observe_only=True,
            tap=recorder,
            on_trouble=listener.trouble,
        )
        ended = await race(radio.lost(), link.run(), recorder.run(), timeout_s=duration)
        if ended == 0:
            radio_name = bluetooth.radio
            message = f"radio {radio_name!r} was lost; the recording so far is in {recorder.path}"
            raise RadioError(message)


async def _leave_shared(radio: Radio, match: Match) -> None:
    """Refuse a shared link: a running bridge would lose it when the recording ends.

    Raises:
        RadioError: the system is already connected to the machine.
    """
    with contextlib.suppress(BleakError, OSError, EOFError):  # the link reports what is wrong
        if any(match.matches(each) for each in await shared_machines(radio)):
            message = (
                "a running bridge or another app is already connected to the treadmill. Stop "
                "that first, or let the bridge record: treadmill-bridge run --record FILE"
            )
            raise RadioError(message)


def _convert(log: Path, file: Path, force: bool) -> None:
    """Convert a Bluetooth log to a capture."""
    try:
        imported = from_att(att_pdus(log.read_bytes()), SOFTWARE)
        with file.open("w" if force else "x", encoding="utf-8") as out:
            out.write(imported.capture.encode())
    except DecodeError as error:
        fail(f"{log}: {error}")
    except FileExistsError:
        fail(f"{file} already exists; choose another file, or add --force to overwrite it")
    except OSError as error:
        fail(f"{error.filename or file}: {error.strerror or error}")
    click.echo(f"Wrote {len(imported.capture.frames)} frames to {file}.")
    if imported.left_out:
        click.echo(
            f"{imported.left_out} values were left out: serial numbers, or not from a treadmill.",
            err=True,
        )


class _Listener:
    """Reports link changes on standard error; the frames themselves reach the recorder's tap."""

    def __init__(self) -> None:
        self._said: set[Trouble] = set()

    def trouble(self, trouble: Trouble) -> None:
        """Print once why there is no link."""
        if trouble not in self._said and trouble.rule != "link_lost":
            self._said.add(trouble)
            click.echo(f"{trouble.text} Trying again; Ctrl-C ends.", err=True)

    def connected(self, machine: MachineInfo) -> None:
        self._said.clear()
        what = " ".join(t for t in (machine.name, machine.maker, machine.model) if t)
        click.echo(
            f"Connected to {what or 'a treadmill'}. Use its console; Ctrl-C ends.",
            err=True,
        )

    def disconnected(self, reason: str) -> None:
        if reason != ENDED:
            click.echo(f"The connection ended ({reason}).", err=True)

    def measured(self, data: Measurement) -> None: ...

    def training(self, activity: Activity | None) -> None: ...

    def happened(self, event: MachineEvent) -> None: ...

    def stepped(self, a_minute: int) -> None: ...

    def unusable(self, what: Unusable) -> None: ...

    def alive(self) -> None: ...

    def announce(self, event: Event) -> None:
        click.echo(Texts().event(event, datetime.now(UTC)), err=True)

    def control(self, state: Control) -> None: ...

    def sending(self, order: Order) -> None: ...

    def written(self, order: Order) -> None: ...

    def refused(self, order: Order, why: str) -> None: ...

    def already(self, order: Order, why: str) -> None: ...

    def not_started(self) -> None: ...

    def observed(self, quirk: Quirk) -> None: ...
