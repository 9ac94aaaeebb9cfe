"""One halt under way: when it is written again, and when the person is alarmed.

Speeds in 0.01 km/h, times in seconds.
"""

import pytest

from bridge.guard.halting import Halting
from bridge.values import Belt, Halt

AT = 1000.0


def told(speed: int | None = 800, belt: Belt = Belt.RUNNING) -> Halting:
    """A stop that was written just now, to a belt at 8 km/h."""
    halt = Halting(Halt.STOP, AT, speed)
    assert halt.due(AT, belt, speed)
    return halt


class TestWrittenAgain:
    @pytest.mark.parametrize(("after", "due"), [(0.99, False), (1.0, True), (1.5, True)])
    def test_each_second_while_the_belt_does_not_slow(self, after: float, due: bool) -> None:
        assert told().due(AT + after, Belt.RUNNING, 800) is due

    def test_and_a_second_after_that(self) -> None:
        halt = told()
        assert halt.due(AT + 1.5, Belt.RUNNING, 800)
        assert not halt.due(AT + 2.0, Belt.RUNNING, 800)
        assert halt.due(AT + 2.5, Belt.RUNNING, 800)

    @pytest.mark.parametrize(("speed", "due"), [(800, True), (780, True), (779, False)])
    def test_a_belt_that_lost_more_than_a_fifth_of_a_km_h_slows(
        self, speed: int, due: bool
    ) -> None:
        assert told().due(AT + 1, Belt.RUNNING, speed) is due

    def test_where_nothing_was_measured_a_speed_is_no_slowing(self) -> None:
        assert told(None).due(AT + 1, Belt.RUNNING, 100)

    @pytest.mark.parametrize("belt", [Belt.RUNNING, Belt.STOPPING, Belt.UNKNOWN])
    def test_a_belt_at_zero_has_slowed(self, belt: Belt) -> None:
        assert not told().due(AT + 1, belt, 0)

    @pytest.mark.parametrize(("belt", "due"), [(Belt.STOPPING, False), (Belt.UNKNOWN, True)])
    def test_zeros_all_along_tell_nothing_of_a_belt_that_nobody_knows(
        self, belt: Belt, due: bool
    ) -> None:
        assert told(0, belt).due(AT + 1, belt, 0) is due

    @pytest.mark.parametrize("belt", [Belt.IDLE, Belt.PAUSED])
    def test_so_has_one_that_stands_whatever_was_measured_last(self, belt: Belt) -> None:
        assert not told().due(AT + 1, belt, 800)

    @pytest.mark.parametrize(
        ("belt", "due"), [(Belt.STOPPING, False), (Belt.RUNNING, True), (Belt.UNKNOWN, True)]
    )
    def test_where_nothing_is_measured_its_word_that_it_stops_counts(
        self, belt: Belt, due: bool
    ) -> None:
        assert told().due(AT + 1, belt, None) is due

    @pytest.mark.parametrize("speed", [0, None])
    def test_one_that_counts_down_to_its_start_does_not_slow(self, speed: int | None) -> None:
        assert told(0, Belt.STARTING).due(AT + 1, Belt.STARTING, speed)

    def test_one_that_slowed_has_five_seconds_for_the_next_step(self) -> None:
        halt = told()
        assert not halt.due(AT + 2, Belt.STOPPING, 700)
        assert not halt.due(AT + 7, Belt.STOPPING, 700)
        assert halt.due(AT + 7.25, Belt.STOPPING, 700)

    def test_asked_again_it_is_written_at_once(self) -> None:
        halt = told().again(Halt.PAUSE)
        assert halt.due(AT + 0.25, Belt.RUNNING, 800)
        assert halt.kind is Halt.PAUSE

    @pytest.mark.parametrize("kind", Halt)
    def test_only_a_stop_ends_the_session(self, kind: Halt) -> None:
        assert Halting(kind, AT, 800).stops is (kind is Halt.STOP)

    def test_a_stop_stays_one_though_a_pause_is_asked_after_it(self) -> None:
        assert told().again(Halt.PAUSE).stops
        assert told().again(Halt.PAUSE).again(Halt.PAUSE).stops

    def test_a_stop_that_was_not_written_goes_ahead_of_a_pause(self) -> None:
        assert Halting(Halt.STOP, AT, 800).again(Halt.PAUSE).kind is Halt.STOP

    @pytest.mark.parametrize("kind", Halt)
    def test_a_pause_that_was_not_written_is_what_is_asked_next(self, kind: Halt) -> None:
        assert Halting(Halt.PAUSE, AT, 800).again(kind).kind is kind


class TestAlarm:
    def test_it_comes_once_the_belt_should_have_slowed_for_five_seconds(self) -> None:
        halt = told()
        assert not halt.alarms(AT + 5)
        assert halt.alarms(AT + 5.25)
        assert not halt.alarms(AT + 6)

    def test_a_belt_that_slows_puts_it_off(self) -> None:
        halt = told()
        halt.due(AT + 4, Belt.STOPPING, 700)
        assert not halt.alarms(AT + 5.25)
        halt.due(AT + 9.25, Belt.STOPPING, 700)
        assert halt.alarms(AT + 9.25)

    def test_asking_again_does_not(self) -> None:
        halt = told()
        halt.due(AT + 4, Belt.RUNNING, 800)
        assert halt.again(Halt.STOP).alarms(AT + 5.25)

    def test_nor_is_it_given_twice_for_that(self) -> None:
        halt = told()
        assert halt.alarms(AT + 6)
        assert not halt.again(Halt.STOP).alarms(AT + 7)


class TestSeenToObey:
    """Only then is a belt that runs again one that somebody started."""

    @pytest.mark.parametrize(
        ("course", "obeys"),
        [
            ((700,), False),
            ((699,), True),
            ((750, 699), True),
            ((750, 790, 740), False),
            ((0,), True),
        ],
    )
    def test_it_lost_more_than_one_km_h_or_came_to_zero(
        self, course: tuple[int, ...], obeys: bool
    ) -> None:
        halt = told()
        for second, speed in enumerate(course):
            halt.due(AT + second, Belt.STOPPING, speed)
        assert halt.fallen is obeys

    def test_of_one_whose_speed_nobody_knew_only_zero_shows_it(self) -> None:
        halt = told(None)
        halt.due(AT + 1, Belt.STOPPING, 100)
        assert not halt.fallen
        halt.due(AT + 2, Belt.STOPPING, 0)
        assert halt.fallen

    def test_one_that_stood_when_it_was_asked_has_not_shown_it(self) -> None:
        halt = told(0, Belt.IDLE)
        halt.due(AT + 1, Belt.IDLE, 0)
        assert not halt.fallen

    def test_once_seen_it_stays_so(self) -> None:
        halt = told()
        halt.due(AT + 1, Belt.STOPPING, 600)
        halt.due(AT + 2, Belt.IDLE, 0)
        assert halt.fallen
