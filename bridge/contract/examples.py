"""An example of each message of the contract, as sent on the wire."""

from typing import Any

_TIME = "2026-01-31T18:04:05.000Z"

_WARM_UP = {
    "rule": "warm_up",
    "text": "Warm-up: at most 6 km/h until 18:09.",
    "limit": 6.0,
    "until": "2026-01-31T18:08:25.000Z",
}

EXAMPLES: dict[str, Any] = {
    "bridgeAvailability": "online",
    "echo": "treadmill-bridge-5f0c2a91 417 1769882300123 home",
    "availability": "online",
    "state": {
        "time": _TIME, "belt": "running", "phase": "active", "fresh": True, "speed_kmh": 8.2,
        "incline_percent": 2.5, "distance_m": 1204, "elapsed_s": 621, "elevation_gain_m": 12.3,
        "energy_kcal": 83, "heart_rate_bpm": 131, "cadence_spm": None, "step_count": 1507,
        "power_w": None, "target_speed_kmh": 8.2, "target_incline_percent": 2.5,
        "requested_speed_kmh": 8.2, "requested_incline_percent": 2.5, "person": "default",
        "shoes": None,
    },
    "guard": {
        "bounds": {
            "speed": {"max": 6.0, "reasons": [_WARM_UP]},
            "incline": {
                "max": 2.0,
                "reasons": [
                    {**_WARM_UP, "text": "Warm-up: at most 2 % until 18:09.", "limit": 2.0}
                ],
            },
        },
        "steep": {"used_s": 0, "left_s": 600, "opens_s": None},
        "warm_up_left_s": 260,
        "resting_until": None,
        "faults": [],
        "profile": "gentle",
    },
    "link": {
        "connected": True,
        "reason": None,
        "control": "held",
        "rssi": -61,
        "machine": {"name": "T-1", "maker": "Maker", "model": "Runner", "firmware": "1.2"},
        "ranges": {
            "speed_kmh": {"min": 0.8, "max": 16.0, "step": 0.1},
            "incline_percent": {"min": 0.0, "max": 15.0, "step": 0.5},
        },
        "features": ["total_distance", "inclination", "heart_rate", "speed"],
        "quirks": [],
        "learned": {
            "sessions": 3, "frame_s": 0.5, "echo": "each", "echo_s": 0.6,
            "names_current_speed": False, "reported_speed_unit": "km/h",
            "target_speed_unit": "km/h",
            "speed": {
                "lag_s": {"min": 0.3, "max": 1.8}, "rise_per_s": {"min": 0.1, "max": 3.0},
                "fall_per_s": {"min": 0.4, "max": 0.8}, "gain": 0.97, "offset": 0.02,
                "tolerance": 0.21, "noise": 0.05, "resolution": None, "step": None,
                "droop_percent": 2.0, "overshoot_percent": None,
            },
            "incline": {
                "lag_s": None, "rise_per_s": None, "fall_per_s": None, "gain": None,
                "offset": None, "tolerance": None, "noise": None, "resolution": None,
                "step": 1.0, "droop_percent": None, "overshoot_percent": None,
            },
        },
    },
    "event": {
        "type": "steep_warning",
        "time": _TIME,
        "text": "Steep incline ends in 30 s. Then at most 5 % is allowed.",
        "details": {"axis": "incline", "limit": 5.0, "left_s": 30},
    },
    "session": {
        "start": "2026-01-31T17:20:00.000Z", "end": _TIME, "moving_s": 2460.5,
        "distance_m": 5210.0, "elevation_gain_m": 61.2, "energy_kcal": 402, "max_speed_kmh": 9.5,
        "max_incline_percent": 6.0, "average_speed_kmh": 7.62, "average_heart_rate_bpm": 138.4,
        "max_heart_rate_bpm": 161, "person": "default", "shoes": None,
    },
    "workout": {
        "name": "Four hills", "state": "running", "step": 3, "steps": 9,
        "text": "Work: 10 km/h, 4 %, for 400 m", "remaining_s": None, "remaining_m": 212,
        "next": "Rest: 6 km/h, for 1 min 30 s", "target_speed_kmh": 10.0,
        "target_incline_percent": 4.0, "cap_speed_kmh": 9.0, "cap_incline_percent": None,
        "why": [{
            "rule": "workout_capped", "text": "The workout stays at 9 km/h until you lift the cap.",
            "limit": 9.0, "until": None,
        }],
        "preview": {
            "duration_s": 1620, "distance_m": 3120, "climb_m": 64.2,
            "summary": "27 min, 3.12 km, 64 m of climb; lowered: 1 of 9 steps",
            "references": ["10 km: 12 km/h"], "assumed": [],
            "lowered": ["1: warm up: at most 6 km/h (2 min 32 s)"], "steps": [],
        },
    },
    "plan": {
        "name": "couch-to-5k", "title": "Couch to 5K", "person": "Ann", "state": "active",
        "text": "Couch to 5K: phase 1 of 13 (Week 1: run 1 min, walk 1.5 min), session 2 of 3",
        "phase": 1, "phases": 13, "phase_name": "Week 1: run 1 min, walk 1.5 min", "session": 2,
        "sessions": 3, "day": "rest", "rest_until": "2026-02-02T00:00:00.000Z",
        "max_speed_kmh": 9.0, "max_incline_percent": 2.0, "session_s": 1500, "session_m": None,
        "question": "morning",
        "question_text": "How much does it hurt, from 0 (not at all) to 10?",
    },
    "workouts": {"names": ["Four hills", "Intervals"]},
    "outcome": {
        "id": "ride-17",
        "command": "speed",
        "requested": 8.85,
        "applied": 6.0,
        "outcome": "limited",
        "reasons": [_WARM_UP],
        "source": "zwift:ride",
        "time": _TIME,
    },
    "setSpeedPlain": 8.5,
    "setSpeedJson": {"value": 5.5, "unit": "mph", "id": "ride-17", "source": "zwift:ride"},
    "setInclinePlain": 2.5,
    "setInclineJson": {"value": 2.5, "id": "climb-3"},
    "setBeltPlain": "stop",
    "setBeltJson": {"command": "start", "confirm": True},
    "setPainJson": {"place": "lower back", "severity": 3},
    "setPainClear": {"clear": True},
    "setPersonPlain": "Ann",
    "setPersonJson": {"name": "Ann", "source": "home-assistant"},
    "setShoesPlain": "trail",
    "setShoesJson": {"name": "trail"},
    "setWorkoutPlain": "Four hills",
    "setWorkoutJson": {"name": "Four hills", "source": "home-assistant"},
    "setWorkoutCommand": {"command": "skip", "source": "home-assistant"},
    "setPlanPlain": 2,
    "setPlanJson": {"severity": 2, "place": "knee"},
    "setPlanCommand": {"command": "confirm", "source": "home-assistant"},
    "discovery": {
        "dev": {"identifiers": ["treadmill_bridge_home"], "name": "Home treadmill"},
        "o": {"name": "treadmill-bridge"},
        "cmps": {
            "stop": {
                "p": "button",
                "unique_id": "treadmill_bridge_home_stop",
                "command_topic": "treadmills/home/set/belt",
                "payload_press": "stop",
            }
        },
    },
}  # fmt: skip
