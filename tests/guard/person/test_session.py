"""One session: the warmth it earns, the effort it counts, and how it ends.

Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds, ways in metres.
"""

import pytest

from bridge.guard import Policy
from bridge.guard.person.past import later
from bridge.guard.person.session import Session, WarmUp
from bridge.guard.rules.cool_down import CoolDown
from bridge.values import Axis
from bridge.values.effort import Effort

POLICY = Policy(warm_up_s=300.0, warm_up_pause_s=600.0)
AT = 1000.0


def moved(seconds: float, at: float = AT) -> Session:
    """A session whose belt moved until now."""
    session = Session()
    session.move(at, seconds, speed=0, incline=0)
    return session


def walked(seconds: float, at: float = AT) -> WarmUp:
    """A warm-up in which the belt moved until now."""
    warm_up = WarmUp()
    warm_up.move(POLICY, at, seconds)
    return warm_up


class TestWarmUp:
    @pytest.mark.parametrize(("walk", "left"), [(299.5, 0.5), (300.0, 0), (500.0, 0)])
    def test_remaining_warm_up_time_is_never_negative(self, walk: float, left: float) -> None:
        assert walked(walk).left(POLICY, AT) == left

    @pytest.mark.parametrize(("stand", "left"), [(600.0, 200), (600.25, 300)])
    def test_standstill_of_over_ten_minutes_restarts_the_warm_up(
        self, stand: float, left: float
    ) -> None:
        warm_up = walked(100)
        assert warm_up.left(POLICY, AT + stand) == left
        warm_up.move(POLICY, AT + stand, 0.25)
        assert warm_up.left(POLICY, AT + stand) == left - 0.25

    def test_end_of_the_warm_up_is_reported_once(self) -> None:
        warm_up = walked(299)
        assert warm_up.move(POLICY, AT + 1, 1.0)
        assert not warm_up.move(POLICY, AT + 2, 1.0)


class TestEffort:
    @pytest.mark.parametrize(
        ("speed", "incline", "effort"),
        [
            (720, 100, Effort(10.0, 20.0, 2.0)),
            (720, 0, Effort(10.0, 20.0, 0.0)),
            (720, -50, Effort(10.0, 20.0, 0.0)),
        ],
    )
    def test_effort_is_time_distance_and_climb_without_descents(
        self, speed: int, incline: int, effort: Effort
    ) -> None:
        session = Session()
        session.move(AT, 10.0, speed=speed, incline=incline)
        assert session.effort == effort

    def test_effort_of_a_session_accumulates_per_second(self) -> None:
        session = Session()
        for second in range(3):
            session.move(AT + second, 1.0, speed=360, incline=10)
        assert session.effort == Effort(3.0, 3.0, 0.03)


class TestEnd:
    SLOPE = CoolDown(AT, 60.0, {Axis.SPEED: 800.0}, {Axis.SPEED: 400.0})

    @pytest.mark.parametrize(("now", "must"), [(AT - 0.25, False), (AT, True), (AT + 1, True)])
    def test_session_with_a_finish_time_must_finish_then(self, now: float, must: bool) -> None:
        assert Session(finish_at=AT).must_finish(now) is must

    def test_pause_delays_the_finish_time_and_the_cool_down(self) -> None:
        session = Session(finish_at=AT + 30, cool_down=self.SLOPE)
        session.pause(5.0)
        assert session.finish_at == AT + 35
        assert session.cool_down == self.SLOPE.later(5.0)


class TestPast:
    def test_session_continues_in_another_process_with_its_age(self) -> None:
        session = moved(300)
        session.told |= {"no_baseline"}
        again = later(session.turned(AT + 50), 100.0).turned(5000.0)
        assert again.moved == 5000.0 - 150
        assert again.told == {"no_baseline"}
