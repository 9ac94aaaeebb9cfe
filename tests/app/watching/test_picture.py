"""The picture of `watch`, from payloads of the contract."""

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


def test_watch_picture_fits_80_by_24_with_every_main_value() -> None:
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


def test_watch_picture_shows_dashes_for_unknown_values() -> None:
    text = drawn(Picture("Basement"))
    assert "no machine yet · not connected · belt unknown" in text
    assert "distance -   time -   pace -   heart rate -" in text


def test_watch_picture_shows_the_reason_for_a_missing_link() -> None:
    reason = {"rule": "powered_off", "text": "Bluetooth is switched off."}
    text = drawn(picture(link={"connected": False, "reason": reason}))
    assert "Bluetooth is switched off." in text


def test_watch_picture_counts_the_reasons_that_do_not_fit() -> None:
    many = {"bounds": {"speed": {"max": 1.0, "reasons": [f"reason {n}" for n in range(9)]}}}
    text = drawn(picture(guard=many))
    assert "… and 4 more" in text
    assert "reason 8" in drawn(picture(guard=many), 100, 50)


def test_summary_of_the_last_run_is_shown_and_stays_on_the_idle_screen() -> None:
    shown = picture()
    line = shown.take("session", SESSION)
    assert line is not None
    assert line.text == (
        "The last run: 5.20 km in 38:20, 8.1 km/h on average, 40 m climbed, 140 bpm."
    )
    shown.take("state", {"belt": "idle"})
    assert drawn(shown, 120, 50).count("The last run: 5.20 km") == 2


def test_session_published_before_the_start_adds_no_line() -> None:
    shown = picture(session=SESSION)
    assert not shown.talk


def test_events_and_outcomes_are_listed_as_lines() -> None:
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
def test_outcome_is_shown_as_a_sentence(payload: dict[str, Any], text: str) -> None:
    assert outcome_words(payload) == text


def test_outcomes_and_sessions_are_shown_in_the_owners_unit() -> None:
    limited = {"command": "speed", "requested": 14, "outcome": "limited", "applied": 6.0}
    assert outcome_words(limited, Units.MPH) == "speed 8.7 mph → limited to 3.7 mph"
    told = session_words(SESSION, Units.MPH)
    assert told == "The last run: 3.23 mi in 38:20, 5.1 mph on average, 131 ft climbed, 140 bpm."


def test_plain_line_shows_speed_and_incline_with_setpoints_and_limits() -> None:
    assert picture().plain() == (
        "running  warm-up   speed  6.0 km/h (asked 12.0 km/h, set 6.0 km/h, allowed 6.0 km/h)"
        "  incline     2.0 % (set -, allowed 2.0 %)"
    )


def test_reason_is_read_from_an_object_or_a_text() -> None:
    assert (sentence({"rule": "stale"}), sentence("why")) == ("stale", "why")
