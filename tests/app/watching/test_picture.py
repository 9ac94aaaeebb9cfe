"""What `watch` shows, from payloads as the contract has them."""

import io
from typing import Any

import pytest
from rich.console import Console

from bridge.app.watching.picture import Picture, outcome_words, sentence, session_words
from bridge.values import Units

STATE = {
    "belt": "running",
    "phase": "warm_up",
    "speed_kmh": 6.0,
    "incline_percent": 2.0,
    "distance_m": 1234,
    "elapsed_s": 754,
    "heart_rate_bpm": 132,
    "target_speed_kmh": 6.0,
    "requested_speed_kmh": 12.0,
}
GUARD = {
    "bounds": {
        "speed": {
            "max": 6.0,
            "reasons": [{"rule": "warm_up", "text": "warm-up: at most 6 km/h"}, "both axes"],
        },
        "incline": {"max": 2.0, "reasons": ["both axes"]},
    },
    "steep": {"used_s": 30, "left_s": 0, "opens_s": 45},
    "warm_up_left_s": 190,
    "faults": ["stale"],
}
LINK = {
    "connected": True,
    "reason": None,
    "control": "held",
    "machine": {"name": "Horizon"},
    "ranges": {"speed_kmh": {"min": 0.8, "max": 12.0, "step": 0.1}},
}
SESSION = {
    "moving_s": 2300.0,
    "distance_m": 5200.0,
    "average_speed_kmh": 8.14,
    "elevation_gain_m": 40.0,
    "average_heart_rate_bpm": 140.2,
}


def picture(**topics: Any) -> Picture:
    shown = Picture("Basement")
    known: dict[str, Any] = {"state": STATE, "guard": GUARD, "link": LINK, **topics}
    for kind, payload in known.items():
        shown.take(kind, payload, retained=True)
    return shown


def drawn(shown: Picture, width: int = 80, height: int = 24) -> str:
    paper = Console(
        file=io.StringIO(), force_terminal=True, width=width, height=height, record=True,
        color_system=None,
    )  # fmt: skip
    paper.print(shown.draw(height))
    return paper.export_text()


def test_all_that_a_runner_looks_at_fits_80_by_24() -> None:
    shown = picture()
    for number in range(20):
        shown.add_line(f"line {number}.")
    text = drawn(shown)
    lines = text.splitlines()
    assert len(lines) <= 23
    assert max(map(len, lines)) <= 80
    for wanted in (
        "belt running · phase warm-up, 3:10 left · control held",
        "distance 1.23 km time 12:34 pace 10:00 min/km heart rate 132 bpm",
        "speed: warm-up: at most 6 km/h",
        "speed and incline: both axes",
        "steep time used 30 s, left 0 s, closed, opens in 45 s",
        "fault: stale",
        "line 19.",
    ):
        assert wanted in " ".join(text.split()), wanted


def test_before_anything_is_known_there_are_dashes() -> None:
    text = drawn(Picture("Basement"))
    assert "no machine yet · not connected · belt unknown" in text
    assert "distance -   time -   pace -   heart rate -" in text


def test_picture_says_why_there_is_no_link() -> None:
    reason = {"rule": "powered_off", "text": "Bluetooth is switched off."}
    text = drawn(picture(link={"connected": False, "reason": reason}))
    assert "Bluetooth is switched off." in text


def test_more_reasons_than_there_is_room_for_are_counted() -> None:
    many = {"bounds": {"speed": {"max": 1.0, "reasons": [f"reason {n}" for n in range(9)]}}}
    text = drawn(picture(guard=many))
    assert "… and 4 more" in text
    assert "reason 8" in drawn(picture(guard=many), 100, 50)


def test_the_end_of_a_run_is_told_and_stays() -> None:
    shown = picture()
    line = shown.take("session", SESSION)
    assert line is not None
    assert line.text == (
        "The last run: 5.20 km in 38:20, 8.1 km/h on average, 40 m climbed, 140 bpm."
    )
    shown.take("state", {"belt": "idle"})
    assert drawn(shown, 120, 50).count("The last run: 5.20 km") == 2


def test_an_old_session_is_no_news() -> None:
    shown = picture(session=SESSION)
    assert not shown.talk


def test_events_and_outcomes_become_the_story() -> None:
    shown = picture()
    shown.take("event", {"type": "warm_up_over", "text": "The warm-up is over."})
    shown.take("outcome", {"command": "start", "outcome": "accepted", "reasons": []})
    assert shown.take("nonsense", {}) is None
    assert [line.text for line in shown.talk] == ["The warm-up is over.", "start → accepted"]


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (
            {"command": "speed", "requested": 14, "outcome": "limited", "applied": 6.0,
             "reasons": [{"rule": "warm_up", "text": "warm-up"}]},
            "speed 14 km/h → limited to 6 km/h: warm-up",
        ),
        (
            {"command": "incline", "requested": 12, "outcome": "limited", "applied": 2.0,
             "reasons": ["One.", "Two."]},
            "incline 12 % → limited to 2 %: One. Two.",
        ),
        (
            {"command": "pain", "requested": {"place": "knee", "severity": 3},
             "outcome": "accepted"},
            "pain knee 3 → accepted",
        ),
        (
            {"command": "pain", "requested": {"clear": True}, "outcome": "accepted"},
            "pain clear → accepted",
        ),
        (
            {"command": "speed", "requested": 4, "outcome": "failed", "applied": 3.0},
            "speed 4 km/h → failed",
        ),
        (
            {"command": "speed", "requested": 4, "outcome": "superseded", "applied": 3.0},
            "speed 4 km/h → superseded",
        ),
        (
            {"command": "speed", "requested": 4.0, "outcome": "confirmed", "applied": 4.0},
            "speed 4 km/h → confirmed",
        ),
        (
            {"command": "speed", "requested": 4.3, "outcome": "accepted", "applied": 4.0},
            "speed 4.3 km/h → accepted at 4 km/h",
        ),
    ],
)  # fmt: skip
def test_an_outcome_in_words(payload: dict[str, Any], text: str) -> None:
    assert outcome_words(payload) == text


def test_outcomes_and_sessions_are_told_in_the_owners_unit() -> None:
    limited = {"command": "speed", "requested": 14, "outcome": "limited", "applied": 6.0}
    assert outcome_words(limited, Units.MPH) == "speed 8.7 mph → limited to 3.7 mph"
    told = session_words(SESSION, Units.MPH)
    assert told == "The last run: 3.23 mi in 38:20, 5.1 mph on average, 131 ft climbed, 140 bpm."


def test_one_line_says_what_moves() -> None:
    assert picture().plain() == (
        "running  warm-up   speed  6.0 km/h (asked 12.0 km/h, set 6.0 km/h, allowed 6.0 km/h)"
        "  incline     2.0 % (set -, allowed 2.0 %)"
    )


def test_reasons_come_as_objects_or_as_text() -> None:
    assert (sentence({"rule": "stale"}), sentence("why")) == ("stale", "why")
