"""Only the libraries that `run` uses on the system's radio, each in use.

Run: python -m benchmarks.subjects.libraries PORT
"""

import asyncio
import sqlite3
import sys
import tempfile
import tomllib
from pathlib import Path

sys.modules["rich"] = None  # type: ignore[assignment]  # structlog would load it

# ruff: noqa: E402
import aiomqtt
import bleak.backends.bluezdbus.client
import bleak.backends.bluezdbus.scanner
import click
import structlog
from bleak.exc import BleakError
from pydantic import BaseModel

log = structlog.get_logger()


class Settings(BaseModel):
    """The smallest configuration there is."""

    port: int


async def main(settings: Settings, place: Path) -> None:
    history = sqlite3.connect(place / "history.sqlite3")
    history.execute("PRAGMA journal_mode = WAL")
    history.execute("CREATE TABLE samples (time REAL, speed INTEGER)")
    history.commit()
    async with aiomqtt.Client("127.0.0.1", settings.port) as client:
        try:
            await bleak.BleakScanner.discover(timeout=1.0)
        except (BleakError, OSError) as error:
            log.warning("no_bluetooth", reason=str(error))
        await client.publish("libraries/availability", b"online", qos=1)
        await asyncio.Event().wait()


@click.command()
@click.argument("port")
def command(port: str) -> None:
    settings = Settings.model_validate(tomllib.loads(f"port = {port}"))
    with tempfile.TemporaryDirectory() as place:
        asyncio.run(main(settings, Path(place)))


if __name__ == "__main__":
    command()
