"""Every recorded frame is described as it was recorded."""

import json
from pathlib import Path

import pytest

from protocols.describe import describe

FRAMES = json.loads((Path(__file__).parents[1] / "data" / "frames-sample.json").read_text("utf-8"))
KEYS = {
    "2ACC": {"feature_names": "features", "target_names": "targets"},
    "2ACD": {
        "flags": "flags",
        "inst_speed_kmh": "speed_kmh",
        "avg_speed_kmh": "average_speed_kmh",
        "total_distance_m": "distance_m",
        "inclination_pct": "incline_percent",
        "ramp_angle_deg": "ramp_angle_deg",
        "pos_elev_gain_m": "positive_elevation_gain_m",
        "neg_elev_gain_m": "negative_elevation_gain_m",
        "total_energy_kcal": "energy_kcal",
        "energy_per_hour_kcal": "energy_per_hour_kcal",
        "energy_per_min_kcal": "energy_per_minute_kcal",
        "heart_rate_bpm": "heart_rate_bpm",
        "met": "metabolic_equivalent",
        "elapsed_s": "elapsed_s",
        "remaining_s": "remaining_s",
        "force_on_belt_n": "force_on_belt_n",
        "power_w": "power_w",
        "vendor_step_count": "step_count",
    },
    "2AD3": {"status_name": "status", "extended_string": "extended"},
    "2AD4": {"min_kmh": "minimum_kmh", "max_kmh": "maximum_kmh", "step_kmh": "step_kmh"},
    "2AD5": {
        "min_pct": "minimum_percent",
        "max_pct": "maximum_percent",
        "step_pct": "step_percent",
    },
    "2AD9": {
        "op_name": "op",
        "request_name": "request",
        "result_name": "result",
        "target_pct": "incline_percent",
        "param": "kind",
    },
    "2ADA": {"op_name": "op", "target_kmh": "speed_kmh"},
    "2A37": {"hr_bpm": "heart_rate_bpm", "contact_detected": "contact", "rr_1024": "rr_1024"},
    "2A53": {
        "speed_kmh": "speed_kmh",
        "cadence_per_min": "cadence_spm",
        "running": "running",
        "total_distance_m": "distance_m",
    },
}
"""By characteristic: the keys of a recording, and ours."""
WORDS = {
    "Set Target Inclination": "set_target_incline",
    "Response Code": "response",
    "RFU": "other",
    "Manual Mode (Quick Start)": "manual",
}
"""Names in a recording that are not ours in other letters."""
UNKNOWN = {("heart_rate_bpm", 0), ("neg_elev_gain_m", 6553.5)}
"""Recorded numbers that stand for an unknown value."""


def ours(key: str, recorded: object) -> object:
    """Return a recorded value as `describe` gives it."""
    match recorded:
        case str() if not recorded.startswith("0x"):
            words = WORDS.get(recorded, recorded.removesuffix(" by the User"))
            return words.lower().replace(" ", "_").replace("-", "_")
        case [*names] if key == "feature_names":
            return [str(name).replace("avg", "average") for name in names]
        case int() | float() if (key, recorded) in UNKNOWN:
            return None
    return recorded


@pytest.mark.parametrize("recorded", FRAMES, ids=[frame["id"] for frame in FRAMES])
def test_recorded_frame_decodes_as_recorded(recorded: dict[str, str | dict[str, object]]) -> None:
    characteristic, frame, decoded = (recorded[k] for k in ("characteristic", "hex", "decode"))
    assert isinstance(decoded, dict)
    keys = KEYS[str(characteristic)]

    described = describe(str(characteristic), [bytes.fromhex(str(frame))])

    # A key that a recording leaves out is None or missing, not 0.
    assert {key: described.get(name) for key, name in keys.items()} == {
        key: ours(key, decoded.get(key, [] if key == "rr_1024" else None)) for key in keys
    }
    if "more_data" in decoded:
        assert described["complete"] is not decoded["more_data"]
