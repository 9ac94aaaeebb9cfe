"""The example programs of the documents, against a real broker and a simulated treadmill."""

import asyncio
import sys
from pathlib import Path

from tests.e2e.bridge_rig import BridgeRig, bridge_rig
from tests.rigs.brokers import PATIENCE_S

ASK = Path(__file__).parents[2] / "docs" / "examples" / "ask.py"


async def ask(rig: BridgeRig, kmh: str) -> tuple[int, str]:
    """Run the script; return its exit code and what it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, ASK, "den", kmh, "127.0.0.1", str(rig.broker.port)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(PATIENCE_S):
        printed, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, printed.decode()


async def test_script_waits_until_the_belt_has_the_speed(tmp_path: Path) -> None:
    async with bridge_rig(tmp_path) as rig:
        await rig.start()
        code, printed = await ask(rig, "2")
        assert printed.splitlines() == ["accepted: 2.0 km/h.", "confirmed: 2.0 km/h."]
        assert code == 0


async def test_script_prints_why_a_request_was_rejected(tmp_path: Path) -> None:
    async with bridge_rig(tmp_path) as rig:
        await rig.connected()
        await rig.belt("idle")
        code, printed = await ask(rig, "8.5")
        assert printed.startswith("rejected: ")
        assert "belt" in printed
        assert code == 1
