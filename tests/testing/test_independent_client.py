"""An independent client against the strict machine.

It needs a newer Python than the bridge does; `make test` gives it an environment of its own, where
there is such a Python.
"""

import json
import subprocess
from pathlib import Path

import pytest

from bridge.testing import SimulatedTreadmill
from protocols.ftms.control_point import (
    RequestControl,
    SetTargetIncline,
    SetTargetSpeed,
    StartOrResume,
    StopOrPause,
    decode_request,
)

PYTHON = Path(__file__).parents[2] / ".venv-pyftms" / "bin" / "python"
CLIENT = Path(__file__).parent / "pyftms_client.py"
SUCCESS = 1


@pytest.mark.skipif(
    not PYTHON.exists(), reason="LEFT OUT: no environment with pyftms (make setup-pyftms)"
)
def test_pyftms_connects_reads_controls_and_stops_the_strict_machine() -> None:
    with SimulatedTreadmill("strict", speed=4) as machine:
        done = subprocess.run(
            (str(PYTHON), "-W", "error::ResourceWarning", str(CLIENT), machine.radio),
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )
        assert done.returncode == 0, done.stderr
        orders = [decode_request(value) for value in machine.written]
        assert machine.stands

    said = json.loads(done.stdout)
    assert said["device"]["model"] == "Simulated treadmill"
    assert {"speed_instant", "inclination", "distance_total"} <= set(said["properties"])
    assert said["settings"] == ["target_speed", "target_inclination"]
    assert said["ranges"] == {
        "target_speed": [0.8, 16.0, 0.1],
        "target_inclination": [0, 15.0, 0.5],
    }
    assert said["answers"] == {
        "start": SUCCESS, "speed": SUCCESS, "incline": SUCCESS, "stop": SUCCESS,
    }  # fmt: skip
    assert (said["running"]["speed_instant"], said["running"]["inclination"]) == (5.0, 3.0)
    assert [type(order) for order in orders] == [
        RequestControl, StartOrResume, SetTargetSpeed, SetTargetIncline, StopOrPause,
    ]  # fmt: skip
