"""Leaps of readings that no belt makes. Wire units, seconds."""

import pytest

from bridge.tracking.learning.leaps import Leaps


def leaps(course: str) -> bool:
    """Play a course; return True if its readings are known to be targets.

    `w400/900@0` is a write at that second while the belt reads 900, `halt/900@0` a halt, `400@1` a
    reading, and at `forget` something else moves the belt.
    """
    seen = Leaps()
    for step in course.split():
        if step == "forget":
            seen.forget()
            continue
        what, now = step.split("@")
        order, _, speed = what.partition("/")
        if order.startswith("w"):
            seen.wrote(int(order[1:]), int(speed), float(now))
        elif order == "halt":
            seen.halted(int(speed), float(now))
        else:
            seen.sample(int(order), float(now))
    return seen.reports_target


@pytest.mark.parametrize(
    ("course", "leap"),
    [
        ("w600/900@10 600@11", True),
        ("w601/900@10 601@11", False),  # less than 3 km/h
        ("w400/900@10 420@11", True),
        ("w400/900@10 421@11", False),  # not at the target
        ("w400/900@10 380@11", True),
        ("w400/900@10 379@11", False),
        ("w400/900@0 400@1.2", True),
        ("w400/900@0 400@1.3", False),  # a motor may do that
        ("w400/900@10 400@10", False),  # a reading from before
        ("halt/300@10 0@11", True),
        ("halt/299@10 0@11", False),
        ("halt/900@10 20@11", True),
        ("halt/900@10 21@11", False),
        ("w400/900@10 forget 400@11", False),
        ("halt/900@10 forget 0@11", True),
        ("w400/900@10 halt/900@10 400@11", False),
        ("400@10.5", False),
    ],
)
def test_reading_that_leaps_to_the_target_twice_is_the_reported_target(
    course: str, *, leap: bool
) -> None:
    assert leaps(f"w400/900@-5 400@-4 400@-3.9 {course}") is leap
    assert leaps(f"halt/900@-5 0@-4 0@-3.9 {course}") is leap
    assert not leaps(course)
