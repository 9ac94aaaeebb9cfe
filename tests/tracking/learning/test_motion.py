"""Lag and rates, as one change of target shows them. Wire units, seconds."""

from dataclasses import replace

import pytest

from bridge.machines.learned import UNLEARNED_SPEED, Interval, LearnedAxis
from bridge.tracking.learning.knowledge import Span
from bridge.tracking.learning.motion import Motion

LAG_S = 6.0
COARSE = replace(UNLEARNED_SPEED, resolution=100.0)


def observed(course: str, axis: LearnedAxis = UNLEARNED_SPEED) -> list[tuple[str, Span]]:
    """Play a course; return the spans that it shows, in order.

    `w900` is a write, `p900` a press, `500*4` are readings once a second, or as often as `every0.5`
    sets; `gap2` is a silence before a reading, `after0.5` one before a write, and at `spoil`
    something else moves the belt.
    """
    motion, now, frame_s, found = Motion(100.0), 0.0, 1.0, []
    for step in course.split():
        if step == "spoil":
            motion.spoil(LAG_S, now)
        elif step[0] in "wp":
            motion.commanded(int(step[1:]), axis, frame_s, now, ours=step[0] == "w")
        elif step.startswith("gap"):
            now += float(step[3:]) - frame_s
        elif step.startswith("every"):
            frame_s = float(step[5:])
        elif step.startswith("after"):
            now += float(step[5:])
        else:
            value, _, times = step.partition("*")
            for _ in range(int(times or 1)):
                now += frame_s
                seen = motion.sample(int(value), axis, frame_s, now)
                spans = {"lag": seen.lag, "rise": seen.rise, "fall": seen.fall}
                found += [(name, span) for name, span in spans.items() if span is not None]
    return found


UP = "550 600 650 700 750 800 850 900"
DOWN = "850 800 750 700 650 600 550 500"
RISE = Span(190 / 4.15, 210 / 3.85)
"""200 within 4 s, give or take one step of the reports and the delay of a frame."""


FAST = Span(190 / 2.15, 210 / 1.85)


def lag(low: float, high: float, *, exact: bool = True) -> tuple[str, Span]:
    return "lag", Span(low, high, exact)


def least(name: str, rate: float) -> tuple[str, Span]:
    return name, Span(rate, rate, exact=False)


COURSES = {
    "rise begins between two readings": (f"500*4 w900 500 {UP}", [lag(1, 2), ("rise", RISE)]),
    "fall": (f"900*4 w500 900 {DOWN}", [lag(1, 2), ("fall", RISE)]),
    "motion at once": (f"500*4 w900 {UP}", [lag(0, 1), ("rise", RISE)]),
    "press has no lag": (f"500*4 p900 {UP}", [("rise", RISE)]),
    "write of the present target and another": (
        f"500*4 w500 500*2 w900 {UP}",
        [lag(0, 1), ("rise", RISE)],
    ),
    "write that is repeated": (f"500*4 w900 500 w900 {UP}", [lag(1, 2), ("rise", RISE)]),
    # How a belt must be before.
    "belt that was read for less than 3 s": (f"500*3 w900 500 {UP}", []),
    "belt that was read for 3 s": (f"every0.5 500*7 w900 {UP}", [lag(0, 0.5), ("rise", FAST)]),
    "belt that was read for 2.5 s": (f"every0.5 500*6 w900 {UP}", []),
    "three frames of 2 s": ("every2 500*4 w599 550 599", [lag(0, 2)]),
    "two frames of 2 s": ("every2 500*3 w599 550 599", []),
    "two readings in 5 s": ("500 gap5 500 w599 550 599", []),
    "three readings in 5 s": ("500 gap2 500 gap3 500 w599 550 599", [lag(0, 1)]),
    "belt that wandered": (f"500*2 531*3 w900 531 {UP}", []),
    "belt after its lag": (f"500*3 w900 900*9 w500 {DOWN}", [lag(0, 1), ("fall", RISE)]),
    "belt before its lag": (f"500*3 w900 900*8 w500 {DOWN}", []),
    "belt after something else moved it": (
        f"500*4 spoil 500*9 w900 {UP}",
        [lag(0, 1), ("rise", RISE)],
    ),
    "belt too soon after that": (f"500*4 spoil 500*8 w900 {UP}", []),
    "belt after a turn and its lag": (
        f"500*4 w900 550 600 w500 500*9 w900 {UP}",
        [lag(0, 1), lag(0, 1), ("rise", RISE)],
    ),
    "belt too soon after a turn": (f"500*4 w900 550 600 w500 500*8 w900 {UP}", [lag(0, 1)]),
    "readings before a write that came too soon": (f"500*3 w600 500*7 w900 {UP}", []),
    "readings before a small change": (f"500*4 w520 520*2 w900 {UP}", [lag(0, 1)]),
    "something else moves it now": (f"500*4 w900 500 spoil {UP}", []),
    # When motion shows.
    "half a report step is no motion": (
        "500*4 w599 505 506 599",
        [lag(1, 2)],
    ),
    "half the wander is no motion": ("500*2 530*3 w610 545 546 610", [lag(1, 2)]),
    "write between two readings": (f"500*4 after0.5 w900 {UP}", [lag(0, 1), ("rise", RISE)]),
    "change of one report step": ("500*4 w510 510", [lag(0, 1, exact=False)]),
    "change of more than a report step": ("500*4 w511 511", [lag(0, 1)]),
    "change of the wander and a report step": ("500*2 530*3 w558 558", [lag(0, 1, exact=False)]),
    "change of more than that": ("500*2 530*3 w559 559", [lag(0, 1)]),
    "silence of many frames": (f"every0.5 500*7 w900 gap1.3 {UP}", [("rise", FAST)]),
    "steps of a ramp that do not show": (
        f"500*4 w520 500*10 w900 500*10 {UP}",
        [lag(10, 21, exact=False), ("rise", RISE)],
    ),
    "ramp that is under way for a minute": (
        "500*4 w900 550*40 w1000 550*40 1000",
        [lag(0, 1), least("rise", 490 / 81)],
    ),
    "wander is no part of the way": (
        "500*2 530*3 w1018 700 964 965",
        [lag(0, 1), least("rise", 395 / 3)],
    ),
    "lost frames": (f"500*4 w900 gap2.5 {UP}", [lag(0, 2.5), ("rise", RISE)]),
    "silence hides the beginning": (f"500*4 w900 gap2.6 {UP}", [("rise", RISE)]),
    "belt that begins after 15 s": (f"500*4 w900 500*15 {UP}", [lag(15, 16), ("rise", RISE)]),
    "belt that ignores a target for longer": (f"500*4 w900 500*16 {UP}", []),
    "belt that is under way for a minute": (
        "500*4 w900 550*60 900",
        [lag(0, 1), least("rise", 390 / 61)],
    ),
    "belt that never arrives": ("500*4 w900 550*61 900", [lag(0, 1)]),
    "nine tenths of the way are enough": ("500*4 w600 550 590", [lag(0, 1), least("rise", 40)]),
    "fewer are not": ("500*4 w600 550 589*3", [lag(0, 1)]),
    # How fast it is.
    "change of less than 1 km/h": ("500*4 w599 550 599", [lag(0, 1)]),
    "one reading on the way": ("500*4 w900 700 900", [lag(0, 1), least("rise", 195)]),
    "two readings on the way": (
        "500*4 w1100 700 900 1100",
        [lag(0, 1), ("rise", Span(190 / 1.15, 210 / 0.85))],
    ),
    "reports that keep a value may be a frame late": (
        "500*4 w1100 700*3 900*3 1100",
        [lag(0, 1), ("rise", Span(190 / 4, 210 / 2))],
    ),
    "two frames are too short for that": (
        "500*4 w1100 700*2 900*2 1100",
        [lag(0, 1), least("rise", 118)],
    ),
    "motor that starts and stops slowly": (
        "500*4 w900 510 530 559 600 650 700 750 800 841 870 890",
        [lag(0, 1), ("rise", RISE)],
    ),
    "wander blurs a rate": ("500*2 530*3 w900 540 546 900", [lag(1, 2), least("rise", 165)]),
    # Ramps.
    "last step of a ramp is the one that shows": (
        "500*4 w600 550 w1000 600 700 750 800 850 900 950 1000",
        [lag(0, 1), ("rise", RISE)],
    ),
    "two steps before the first motion": (
        f"500*4 w700 500 w900 {UP}",
        [lag(0, 2, exact=False), ("rise", Span(90 / 2.15, 110 / 1.85))],
    ),
    "first and last reading of the middle": (
        "500*4 w900 510 560 840 900",
        [lag(0, 1), ("rise", Span(270 / 1.15, 290 / 0.85))],
    ),
    "last step of 1 km/h": (
        "500*4 w800 550 600 650 w900 700 750 800 820 840 860",
        [lag(0, 1), ("rise", Span(30 / 2.15, 50 / 1.85))],
    ),
    "last step of less than 1 km/h": (
        "500*4 w810 550 600 650 w900 700 750 800 830 850 870",
        [lag(0, 1), least("rise", 360 / 9)],
    ),
    "ramp that turns half-way": (
        "500*4 w600 w900 550 600 w700 650 700",
        [lag(0, 1, exact=False)],
    ),
    "ramp that turns round": ("500*4 w900 550 600 w500 550 500", [lag(0, 1)]),
}


@pytest.mark.parametrize(("course", "spans"), COURSES.values(), ids=COURSES)
def test_change_of_target_shows_lag_and_rate(course: str, spans: list[tuple[str, Span]]) -> None:
    found = observed(course)
    assert [name for name, _ in found] == [name for name, _ in spans]
    for (_, span), (_, expected) in zip(found, spans, strict=True):
        assert (span.low, span.high) == pytest.approx((expected.low, expected.high))
        assert span.exact is expected.exact


@pytest.mark.parametrize(("last", "exact"), [(900, True), (890, False)])
def test_rate_of_coarse_reports_is_exact_only_after_two_steps(last: int, exact: bool) -> None:
    *_, (name, span) = observed(f"500*22 w1200 500 700 {last} 1200", COARSE)
    assert (name, span.exact) == ("rise", exact)


@pytest.mark.parametrize("last", [590, 600])
def test_motion_of_one_report_step_shows_no_rate(last: int) -> None:
    assert observed(f"500*22 w600 {last}", COARSE) == [lag(0, 1, exact=False)]


def test_belt_is_observed_as_long_as_one_report_step_may_take() -> None:
    """10 at 2.5 per s are 4 s."""
    slow = replace(UNLEARNED_SPEED, fall_per_s=Interval(2.5, 300))
    assert observed("500*4 w599 550 599", slow) == []
    assert observed("500*5 w599 550 599", slow) == [lag(0, 1)]
