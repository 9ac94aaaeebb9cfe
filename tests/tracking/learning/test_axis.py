"""Learning of one axis from writes, presses and readings. Wire units, seconds."""

from dataclasses import replace

import pytest

from bridge.tracking.learning.axis import AxisLearner
from bridge.tracking.learning.knowledge import AxisKnowledge, Odd, Point, Span
from bridge.tracking.learning.steady import Stretch
from bridge.values import INCLINE, SPEED, Axis

FINE = (490, 500, 510)
"""Readings of a machine that reports in 0.1 km/h."""
STILL = [500] * 10
"""Readings of a belt until it is known to be steady: the lag, and 3 s."""


def learner(known: AxisKnowledge | None = None, session: int = 1) -> AxisLearner:
    return AxisLearner(SPEED, known or AxisKnowledge(values=FINE), session, 1.0, 10)


def read(axis: AxisLearner, *values: int, now: float = 0.0) -> float:
    """Take a reading a second; return the time of the last one."""
    for value in values:
        now += 1
        axis.sample(value, now, 1.0)
    return now


def steady(target: int, mean: float, peak: int | None = None, wander: int = 0) -> Stretch:
    return Stretch(target, mean, mean, round(mean), round(mean) + wander, peak, ours=True)


def known_at(*means: tuple[int, float]) -> AxisKnowledge:
    return AxisKnowledge(tuple(Point(target, (mean,)) for target, mean in means))


RISE = (550, 600, 650, 700, 750, 800, 850, 900)


class TestMotion:
    def test_response_to_a_write_shows_lag_and_rate(self) -> None:
        axis = learner()
        axis.wrote(900, read(axis, *STILL))
        read(axis, *RISE, now=10)
        assert axis.known.lags == (Span(0, 1),)
        assert len(axis.known.rises) == 1
        assert axis.known.falls == ()

    def test_response_to_a_press_shows_the_rate_only(self) -> None:
        axis = learner()
        axis.pressed(500, read(axis, *[900] * 10))
        read(axis, *RISE[-2::-1], 500, now=10)
        assert (axis.known.lags, axis.known.rises) == ((), ())
        assert len(axis.known.falls) == 1

    @pytest.mark.parametrize(
        ("axis", "steady", "target", "rises"),
        [(SPEED, 500, 599, 0), (SPEED, 500, 600, 1), (INCLINE, 50, 59, 0), (INCLINE, 50, 60, 1)],
    )
    def test_change_of_target_by_1_kmh_or_1_percent_shows_the_rate(
        self, axis: Axis, steady: int, target: int, rises: int
    ) -> None:
        found = AxisLearner(axis, AxisKnowledge(values=(steady - steady // 50, steady)), 1, 1.0, 1)
        found.wrote(target, read(found, *[steady] * 10))
        read(found, (steady + target) // 2, target, now=10)
        assert len(found.known.rises) == rises

    @pytest.mark.parametrize("lags", [(), (Span(0, 0.1),)])
    @pytest.mark.parametrize(("wait", "spans"), [(9, 1), (8, 0)])
    def test_gesture_hides_motion_for_the_longest_possible_lag(
        self, lags: tuple[Span, ...], wait: int, spans: int
    ) -> None:
        axis = learner(AxisKnowledge(lags=lags, values=FINE))
        read(axis, *STILL)
        axis.gesture()
        axis.wrote(900, read(axis, *[500] * wait, now=10))
        read(axis, *RISE, now=10 + wait)
        assert len(axis.known.lags) - len(lags) == spans

    @pytest.mark.parametrize(("seconds", "ends"), [(6, False), (7, True)])
    def test_gesture_of_a_named_press_ends_after_six_seconds(
        self, seconds: int, *, ends: bool
    ) -> None:
        axis = learner()
        axis.pressed(600, read(axis, *[500] * 4))
        read(axis, *[600] * seconds, now=4)
        axis.gesture()
        found = [axis.sample(600, 4 + seconds + after, 1.0) for after in range(1, 20)]
        assert (not any(found)) is ends

    def test_learner_keeps_the_latest_eight_spans_of_each_kind(self) -> None:
        axis = learner(
            AxisKnowledge(lags=(Span(2, 3),) * 8, rises=(Span(70, 80),) * 8, values=FINE)
        )
        axis.wrote(900, read(axis, *STILL))
        read(axis, *RISE, now=10)
        assert len(axis.known.lags) == len(axis.known.rises) == 8
        assert axis.known.lags[-1] == Span(0, 1)
        assert axis.known.rises[-1].low < 50

    def test_learner_keeps_four_readings_at_each_of_twelve_targets(self) -> None:
        axis = learner(known_at(*((target, float(target)) for target in range(500, 620, 10))))
        for mean in (501, 502, 503, 504):
            axis.take(steady(500, float(mean)))
        axis.take(steady(900, 900.0))
        assert len(axis.known.points) == 12
        assert axis.known.points[-2:] == (
            Point(500, (501.0, 502.0, 503.0, 504.0)),
            Point(900, (900.0,)),
        )

    def test_motion_without_evidence_is_not_stored(self) -> None:
        axis = learner()
        axis.pressed(520, read(axis, *STILL))
        read(axis, 520, now=10)
        assert not axis.changed


class TestSteady:
    @pytest.mark.parametrize(("rises", "found"), [((), [23]), ((Span(7, 10),), [33])])
    def test_a_coarse_reading_of_a_slow_belt_is_steady_once_a_step_must_have_shown(
        self, rises: tuple[Span, ...], found: list[int]
    ) -> None:
        coarse = (100, 200, 300, 400, 500, 600)
        axis = learner(AxisKnowledge(rises=rises, values=coarse))
        axis.wrote(400, 0.0)
        axis.wrote(300, 1.0)
        values = enumerate([400] * 12 + [300] * 30, start=1)
        assert [now for now, value in values if axis.sample(value, float(now), 1.0)] == found


@pytest.mark.parametrize(
    ("target", "peak", "overshoots"),
    [
        (1000, 1060, (0.05,)),
        (1000, 1010, (0.0,)),
        (1000, 1005, (0.0,)),
        (1000, None, ()),
        (1, 12, (1.0,)),
        (0, 1, ()),  # a deck that rises to level
    ],
)
def test_overshoot_is_the_excess_over_the_steady_reading_and_its_noise(
    target: int, peak: int | None, overshoots: tuple[float, ...]
) -> None:
    axis = learner()
    assert axis.figures.noise == 10
    axis.take(steady(target, float(target), peak))
    assert axis.known.points == (Point(target, (float(target),)),)
    assert axis.known.overshoots == overshoots


@pytest.mark.parametrize(
    ("session", "stretches", "targets"),
    [
        (1, ((500, 400), (600, 720)), [600]),
        (1, ((490, 500), (690, 840)), [490]),  # e.g. faster keys without a status
        (1, ((490, 501), (690, 840)), [690]),
        (1, ((750, 750), (950, 1010), (1100, 1090)), [750, 1100]),
        (1, ((850, 760), (450, 440), (750, 800)), [450, 750]),
        (2, ((850, 760), (450, 440), (750, 800)), [850, 450]),
        (1, ((500, 500), (600, 600), (550, 700)), [500, 600]),  # it contradicts both
        # The more single readings wander, up to 0.5 km/h, the further their means may be off.
        (1, ((750, 800), (950, 880)), [950]),
        (1, ((750, 800, 48), (950, 880)), [750, 950]),
        (1, ((550, 530, 50), (600, 720)), [550, 600]),
        (1, ((550, 530, 88), (600, 740)), [600]),
    ],
)
def test_first_session_keeps_the_later_of_two_contradicting_readings(
    session: int, stretches: tuple[tuple[int, ...], ...], targets: list[int]
) -> None:
    axis = learner()
    for number, (target, mean, *wander) in enumerate(stretches, 1):
        if number == len(stretches) and session > 1:
            axis.begin(session)
        axis.take(steady(target, float(mean), None, *wander))
    assert [point.target for point in axis.known.points] == targets
    assert bool(axis.known.odd) is (stretches[-1][0] not in targets)


class TestOddReadings:
    def test_reading_far_from_the_model_is_stored_apart_once_per_session(self) -> None:
        exact = known_at((750, 750.0), (850, 850.0), (1050, 1050.0))
        axis = learner(exact)
        axis.take(steady(950, 860.0))
        axis.take(steady(1050, 950.0))
        assert list(axis.known.odd) == [Odd(1, 1050, 950.0)]
        assert axis.known.points == exact.points
        axis.begin(2)
        axis.take(steady(950, 860.0))
        assert list(axis.known.odd) == [Odd(1, 1050, 950.0), Odd(2, 950, 860.0)]

    @pytest.mark.parametrize(
        ("means", "anew"),
        [
            ((920, 828), False),  # two sessions
            ((920, 828, 1104), True),
            ((920, 828, 1057), True),  # 88.1 to 92 %
            ((920, 828, 1055), False),  # 87.9 to 92 %
            ((920, 828, 0), False),  # it stands
        ],
    )
    def test_three_sessions_that_agree_within_4_percent_restart_the_learning(
        self, means: tuple[int, ...], *, anew: bool
    ) -> None:
        exact = known_at((500, 500.0), (800, 800.0), (1000, 1000.0), (1200, 1200.0))
        axis = learner(replace(exact, values=(500, 510), taken=(500,)))
        for session, (target, mean) in enumerate(zip((1000, 900, 1200), means, strict=False), 1):
            axis.begin(session)
            axis.take(steady(target, float(mean)))
        assert axis.anew is anew
        if anew:
            assert {point.target for point in axis.known.points} == {1000, 900, 1200}
            assert (axis.known.values, axis.known.taken, axis.known.odd) == ((500, 510), (), ())
            assert axis.figures.centre(1000) < 930
            axis.take(steady(1000, 1100.0))
            assert list(axis.known.odd) == [Odd(3, 1000, 1100.0)]
        else:
            assert len(axis.known.odd) == len(means)

    @pytest.mark.parametrize(("target", "mean"), [(200, 190), (490, 500)])
    def test_gain_that_a_low_target_hides_is_learned_in_a_later_session(
        self, target: int, mean: float
    ) -> None:
        axis = learner(known_at((target, float(mean))), session=2)
        axis.take(steady(990, 890.0))
        assert [point.target for point in axis.known.points] == [target, 990]
        assert 890 in axis.readings(990)

    def test_exact_reading_at_5_kmh_shows_that_a_low_one_later_is_odd(self) -> None:
        axis = learner(known_at((500, 490.0)), session=2)
        axis.take(steady(990, 890.0))
        assert list(axis.known.odd) == [Odd(2, 990, 890.0)]


class TestReadings:
    @pytest.mark.parametrize(
        ("readings", "values"),
        [
            ((500, 510, 500, 490, 0), (490, 500, 510)),
            ((1, -1), (-1, 1)),
            (tuple(range(100, 600, 10)), tuple(range(100, 580, 10))),
        ],
    )
    def test_learner_keeps_up_to_48_distinct_non_zero_readings_in_order(
        self, readings: tuple[int, ...], values: tuple[int, ...]
    ) -> None:
        axis = learner(AxisKnowledge())
        read(axis, *readings)
        assert axis.known.values == values

    def test_full_store_of_readings_accepts_no_new_one(self) -> None:
        full = tuple(range(10, 490, 10))
        axis = learner(AxisKnowledge(values=full))
        read(axis, 1000, 5)
        assert axis.known.values == full

    def test_readings_alone_do_not_mark_the_knowledge_as_changed(self) -> None:
        axis = learner()
        read(axis, 500, 510)
        assert not axis.changed
        axis.refused(515)
        assert axis.changed
