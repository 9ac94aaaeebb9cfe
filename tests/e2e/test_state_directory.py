"""Bridges that share a state directory are warned."""

import signal
from pathlib import Path

from tests.e2e.processes import program
from tests.rigs.brokers import PATIENCE_S, free_port


def configuration(directory: Path) -> str:
    """A file; neither its broker nor its radio is there, and a bridge runs without them."""
    nobody = free_port()
    path = directory / "bridge.toml"
    path.write_text(
        f'state_dir = "{directory / "state"}"\n'
        f'[mqtt]\nhost = "127.0.0.1"\nport = {nobody}\n'
        f'[bluetooth]\nradio = "tcp-client:127.0.0.1:{nobody}"\n'
        '[[treadmills]]\nid = "den"\n'
    )
    return str(path)


async def test_bridges_that_share_a_state_directory_warn_and_continue(
    tmp_path: Path,
) -> None:
    path = configuration(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    async with (
        program("run", "-c", path) as first,
        program("run", "-c", configuration(other)) as apart,
    ):
        for bridge in (first, apart):
            await bridge.prints("bridge_started")
        assert first.process is not None
        async with program("run", "-c", path) as second:
            await second.prints("bridge_started")
            assert await second.ended_by(signal.SIGTERM) == 0, second.text
        (warning,) = [line for line in second.lines if "state_shared" in line]
        assert f"(process {first.process.pid}) runs with the state directory" in warning

        async with (
            program("check", path) as check,
            program("demo", "-c", path, "--mqtt-port", "0", "--duration", "1") as demo,
        ):
            assert await check.ends(within=PATIENCE_S) == 0, check.text
            assert await demo.ends(within=PATIENCE_S) == 0, demo.text
        for bridge in (first, apart):
            assert await bridge.ended_by(signal.SIGTERM) == 0, bridge.text
            assert "state_shared" not in bridge.text
