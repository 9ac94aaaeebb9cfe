"""What the guard says, and how."""

from datetime import UTC, datetime, timedelta, tzinfo

import pytest

from bridge.guard.texts import (
    ADVICE,
    EVENTS,
    TEXTS,
    Amount,
    Coming,
    amount,
    duration,
    event_on_the_clock,
    on_the_clock,
    say,
    tell,
)
from bridge.values import Axis


class CentralEurope(tzinfo):
    """Summer time from 29 March to 25 October 2026, as it is without a database of zones."""

    BEGINS, ENDS = datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)

    def _offset(self, utc: datetime) -> timedelta:
        return timedelta(hours=2 if self.BEGINS <= utc < self.ENDS else 1)

    def utcoffset(self, when: datetime | None) -> timedelta:
        assert when is not None
        return self._offset(when.replace(tzinfo=UTC) - timedelta(hours=2))

    def dst(self, when: datetime | None) -> timedelta:
        assert when is not None
        return self._offset(when.replace(tzinfo=UTC)) - timedelta(hours=1)

    def tzname(self, _: datetime | None) -> str:
        return "Central Europe"

    def fromutc(self, when: datetime) -> datetime:
        return when + self._offset(when.replace(tzinfo=UTC))


BERLIN = CentralEurope()
CLOCK = datetime(2026, 1, 15, 18, 30, tzinfo=UTC)
"""A Thursday."""


class TestWords:
    @pytest.mark.parametrize(
        ("axis", "value", "text"),
        [
            (Axis.SPEED, 820, "8.2 km/h"),
            (Axis.SPEED, 805, "8.05 km/h"),
            (Axis.SPEED, 1000, "10 km/h"),
            (Axis.INCLINE, 50, "5 %"),
            (Axis.INCLINE, -15, "-1.5 %"),
        ],
    )
    def test_amounts(self, axis: Axis, value: float, text: str) -> None:
        assert amount(axis, value) == text

    @pytest.mark.parametrize(
        ("seconds", "text"),
        [
            (-3, "0 s"),
            (45, "45 s"),
            (600, "10 min"),
            (150, "2 min 30 s"),
            (3660, "1 h 1 min"),
            (172_800, "2 days"),
            (90_061, "1 day 1 h"),
            (float("inf"), "a while"),
        ],
    )
    def test_times(self, seconds: float, text: str) -> None:
        assert duration(seconds) == text

    def test_every_sentence_is_one(self) -> None:
        assert all(text.endswith(".") for text in (*EVENTS.values(), *ADVICE.values()))
        assert not any(text.endswith(".") for text in TEXTS.values())

    @pytest.mark.parametrize(
        ("seconds", "text"),
        [
            (90, "at 18:31:30"),
            (120, "at 18:32:00"),
            (120.5, "at 18:33"),
            (0.001, "at 18:30:01"),
            (720, "at 18:42"),
            (721, "at 18:43"),
            (6 * 3600, "at 00:30 on Friday"),
            (float("inf"), "in a while"),
        ],
    )
    def test_where_there_is_a_clock_a_moment_to_come_is_told_by_it(
        self, seconds: float, text: str
    ) -> None:
        assert Coming(seconds).at(CLOCK) == text

    @pytest.mark.parametrize(
        ("now", "seconds", "text"),
        [
            (datetime(2026, 10, 24, 14, 0, tzinfo=BERLIN), 2 * 86_400, "at 13:00 on Monday"),
            (datetime(2026, 3, 29, 1, 50, tzinfo=BERLIN), 20 * 60, "at 03:10"),
        ],
        ids=["to winter", "to summer"],
    )
    def test_also_over_a_change_of_the_clocks(
        self, now: datetime, seconds: float, text: str
    ) -> None:
        assert Coming(seconds).at(now) == text

    def test_a_sentence_without_a_clock_says_how_long(self) -> None:
        words = (("ends", Coming(720)), ("limit", Amount(Axis.SPEED, 600)))
        text = say("rest", words)
        assert text == "rest after pain: at most 6 km/h; it ends in 12 min"
        assert on_the_clock(text, CLOCK) == "rest after pain: at most 6 km/h; it ends at 18:42"

    def test_so_does_a_reason_within_an_event(self) -> None:
        why = say("rest", (("ends", Coming(720)), ("limit", Amount(Axis.SPEED, 600))))
        words = (("axis", "speed"), ("limit", Amount(Axis.SPEED, 600)), ("why", why))
        event = event_on_the_clock(tell("limited", words), CLOCK)
        assert event.text == (
            "Speed lowered to 6 km/h: rest after pain: at most 6 km/h; it ends at 18:42."
        )
        assert event.details["limit"] == "6 km/h"

    def test_what_is_not_the_guard_s_is_left_as_it_is(self) -> None:
        assert on_the_clock("as it is", CLOCK) == "as it is"
