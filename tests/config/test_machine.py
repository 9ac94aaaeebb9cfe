"""The owner's declarations about a machine."""

from pathlib import Path

import pytest

from bridge.machines import (
    Declared,
    HaltWord,
    Pairing,
    Profile,
    SpeedUnit,
    StatusTarget,
    TrainingStatusUse,
    WriteType,
)
from protocols.ranges import InclineRange, SpeedRange
from tests.rigs.configs import from_toml, problems


def declared(machine: str, directory: Path, unit: str = "") -> Declared:
    text = f'[[treadmills]]\nid = "den"\n{unit}\n[treadmills.machine]\n{machine}'
    return from_toml(directory, text).treadmills[0].declared()


def test_machine_without_keys_declares_nothing(tmp_path: Path) -> None:
    assert declared("", tmp_path) == Declared()


def test_machine_keys_are_converted_to_wire_units(tmp_path: Path) -> None:
    said = declared(
        """
        model = "fitshow"
        target_speed_unit = "mph"
        speed_range_kmh = [0.8, 16.1, 0.1]
        incline_range_percent = [-3, 12.5, 0.5]
        speed_step_kmh = 0.32
        incline_step_percent = 1
        incline_scale = 0.1
        incline_offset_percent = -6
        incline_table = [[0, 0], [1.5, 1]]
        control_request = "each_target"
        halt = "pause"
        write = "command"
        training_status = "read"
        pace_s = 1
        pairing = "first"
        status_target = "current"
        """,
        tmp_path,
    )
    assert said == Declared(
        "fitshow",
        {
            "target_speed_unit": SpeedUnit.MPH,
            "speed_range": SpeedRange(80, 1610, 10),
            "incline_range": InclineRange(-30, 125, 5),
            "speed_step": 32,
            "incline_step": 10,
            "incline_scale": 0.1,
            "incline_offset": -60,
            "incline_table": ((0, 0), (15, 10)),
            "start_before_target": True,
            "halt": HaltWord.PAUSE,
            "write": WriteType.COMMAND,
            "training_status": TrainingStatusUse.READ,
            "pace_s": 1.0,
            "pairing": Pairing.FIRST,
            "status_target": StatusTarget.CURRENT,
        },
    )
    assert said.profile("").training_status is TrainingStatusUse.READ


def test_speed_unit_applies_to_every_speed_without_its_own_unit(tmp_path: Path) -> None:
    said = declared('range_speed_unit = "kmh"', tmp_path, 'speed_unit = "mph"')
    profile = said.profile("")
    assert profile.reported_speed_unit is profile.target_speed_unit is SpeedUnit.MPH
    assert profile.range_speed_unit is SpeedUnit.KMH
    assert profile.unit_known
    kmh = declared("", tmp_path, 'speed_unit = "kmh"').profile("Bowflex T9")
    assert kmh.reported_speed_unit is kmh.target_speed_unit is SpeedUnit.KMH


def test_model_none_gives_the_default_profile(tmp_path: Path) -> None:
    assert declared('model = "none"', tmp_path).profile("FS-1234") == Profile()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('model = "fitshwo"', "is not one of none, simulated,"),
        ('model = "fitshwo"', "; did you mean fitshow?"),
        ("halts = 1", "did you mean halt?"),
        ("speed_range_kmh = [5, 1, 0.1]", "speed_range_kmh is [lowest, highest, step]"),
        ("speed_range_kmh = [0, 10, 0]", "0 is not above 0"),
        ("incline_table = [[0, 1], [1, 0]]", "must rise in both columns"),
        ("pace_s = 0.1", "is below 0.5, the lowest allowed"),
        ('target_speed_unit = "knots"', "is not one of kmh, mph"),
        ("incline_scale = true", "true is not a number; write one"),
        ('start_toggles = true\ncontrol_request = "each_target"', "would be stopped by"),
    ],
)
def test_invalid_key_of_a_machine_is_refused_with_a_reason(
    line: str, says: str, tmp_path: Path
) -> None:
    text = f'[[treadmills]]\nid = "den"\n[treadmills.machine]\n{line}'
    (problem,) = problems(tmp_path, text)
    assert says in problem
