"""`treadmill-bridge replay`."""

import asyncio
from pathlib import Path

import click

from bridge.cli.common import announce, fail, port_option, ready_file_option, run_on_air
from protocols.captures import capture
from protocols.captures.capture import Capture, CaptureError
from protocols.uuids import TREADMILL_DATA


class _Speed(click.ParamType[float]):
    """Parameter type: a factor above 0, or `max`, which becomes 0."""

    name = "speed"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if value == "max":
            return 0.0
        try:
            speed = float(str(value))
        except ValueError:
            speed = 0.0
        if not 0 < speed < float("inf"):
            self.fail(f"{value!r} is not a speed; write a number above 0, or max", param, ctx)
        return speed


@click.command(
    "replay", epilog="Then: treadmill-bridge run --radio tcp-client:127.0.0.1:7300 -c config.toml"
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
@click.option(
    "--speed",
    type=_Speed(),
    default="1",
    metavar="N",
    show_default=True,
    help="Factor on the recorded speed; max plays as fast as possible.",
)
@port_option
@ready_file_option
def command(file: Path, speed: float, port: int, ready_file: Path | None) -> None:
    """Play a capture back as a treadmill, on a virtual radio over TCP.

    Playback begins when a client subscribes to the treadmill's data, and ends with the capture. The
    recorded belt ignores orders: each write gets the answer that the machine gave to the same
    write.
    """
    recorded = _read(file)
    run_on_air(_replay(recorded, speed, port, ready_file), port, "the virtual radio")


def _read(file: Path) -> Capture:
    try:
        recorded = capture.decode(file.read_text("utf-8"))
    except CaptureError as error:
        fail(f"{file}: {error}")
    except UnicodeDecodeError:
        fail(f"{file} is not a capture: it is not a text file")
    except OSError as error:
        fail(f"cannot read {file}: {error.strerror or error}")
    data = recorded.header.offers.get(TREADMILL_DATA)
    if data is None or "notify" not in data.properties:
        fail(f"{file} is not from a treadmill: it has no Treadmill Data (2ACD) to subscribe to")
    if recorded.torn:
        click.echo(f"{file}: skipped the last line, which is incomplete", err=True)
    return recorded


async def _replay(recorded: Capture, speed: float, port: int, ready_file: Path | None) -> None:
    from simulators.replay import Replay  # noqa: PLC0415 - needs an extra

    async with Replay(recorded, speed=speed, tcp_port=port) as replay:
        name = recorded.header.machine.get("name") or "A replayed treadmill"
        radio = f"tcp-client:127.0.0.1:{replay.port}"
        await announce(f"{name} is in range of the radio", radio, ready_file)
        sent = await replay.run()
        # The last frame is still on its way to the client.
        await asyncio.sleep(0.5)
    click.echo(f"The capture has ended; {sent} values were sent.")
