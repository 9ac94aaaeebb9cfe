"""The demo's script: a walk, a large speed request, a long steep climb. All of it over MQTT."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """At `at` seconds, publish `payload` to `…/set/<kind>`, and print `text`.

    In the text `{speed}` is the payload in the owner's unit.
    """

    at: float
    kind: str
    payload: str
    text: str


WALK_JUMP_CLIMB = (
    Step(6, "belt", "start", "The belt is started from an app."),
    Step(12, "speed", "4", "A walk: {speed} is requested."),
    Step(18, "speed", "14", "Too much: {speed} in the warm-up. The guard allows less."),
    Step(
        30,
        "speed",
        "14",
        "The warm-up is over; {speed} again, and the belt climbs to it.",
    ),
    Step(
        44, "incline", "12", "And steep: 12 %. Here 30 s in 90 s are allowed, at home 10 min in 30."
    ),
    Step(204, "belt", "finish", "Enough: finish cools down, then stops."),
)
"""Played by default; `--script none` plays nothing."""

SCRIPTS = {"default": WALK_JUMP_CLIMB, "none": ()}
