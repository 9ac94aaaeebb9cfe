"""Learning of one machine. Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.machines.learned import UNLEARNED, UNLEARNED_SPEED, Echo, Interval, UnitVerdict
from bridge.tracking.learning.knowledge import NOTHING
from bridge.tracking.learning.learner import Learner
from bridge.values import (
    Axis,
    Belt,
    Halt,
    HaltBelt,
    Measurement,
    SetTarget,
)
from bridge.values.status import TargetChanged
from protocols.ranges import InclineRange
from tests.rigs.effort import effort
from tests.tracking.belt import MACHINE, Physics, Ride, floor, nearest, ridden, steady, tell


def unexplained(ride: Ride) -> list[int]:
    """The targets at which the machine shows what the learned band does not contain."""
    targets = range(100, 1500, 10) if ride.axis is Axis.SPEED else range(0, 150, 5)
    return [
        target
        for target in targets
        if ride.shows(ride.steady(target)) not in ride.figures.readings(target, ride.step)
    ]


SPEED_TRAITS = {
    "plain": Physics(),
    "reads 6 % low": Physics(gain=0.94),
    "reads 6 % high": Physics(gain=1.06),
    "reads 0.4 km/h high": Physics(offset=40),
    **{
        f"{what} rounded to {step / 100:g} by {way.__name__}": Physics(**{what: way(step)})  # type: ignore[arg-type]
        for what in ("targets", "reports")
        for step in (20, 50, 100, 16.0934, 32.1869)
        for way in (nearest, floor)
    },
    "lag of 6 s": Physics(lag_s=6),
    "noise of 0.2": Physics(noise=20),
    "droop of 8 %": Physics(droop=0.08),
    "overshoot of 0.4": Physics(overshoot=40),
    "4 frames per s, 10 % lost": Physics(frame_s=0.25, lost=0.1),
    "a frame in 3 s, 10 % lost": Physics(frame_s=3, lost=0.1),
    "a mixture": Physics(frame_s=3, lost=0.1, gain=1.05, noise=10, targets=floor(50), lag_s=3),
}


@pytest.mark.unmeasured
@pytest.mark.parametrize("physics", SPEED_TRAITS.values(), ids=SPEED_TRAITS.keys())
def test_learned_speed_band_contains_the_readings_at_every_target(physics: Physics) -> None:
    ride = ridden(physics)
    assert ride.figures.spread is not None
    assert unexplained(ride) == []


@pytest.mark.unmeasured
@pytest.mark.parametrize(
    "physics",
    [Physics(offset=-10), Physics(targets=nearest(10)), Physics(targets=floor(10), lag_s=4)],
    ids=["reads 1 % low", "whole percents by nearest", "whole percents rounded down, slow"],
)
def test_learned_incline_band_contains_the_readings_of_the_deck(physics: Physics) -> None:
    deck = replace(physics, rise=5, fall=5, reports=nearest(1))
    ride = ridden(deck, Axis.INCLINE)
    assert ride.figures.spread is not None
    assert unexplained(ride) == []


@pytest.mark.unmeasured
@pytest.mark.parametrize("trait", ["plain", "reads 6 % low", "reads 6 % high"])
def test_learned_band_of_a_finely_rounding_belt_becomes_narrower(trait: str) -> None:
    figures = ridden(SPEED_TRAITS[trait]).figures
    # At 6 % more, eight targets do not yet rule out that it rounds to 0.32 km/h.
    for target in (800, 1000, 1200) if trait == "reads 6 % high" else (700, 800, 1000, 1200):
        assert figures.tolerance(target, 10) < UNLEARNED_SPEED.tolerance(target, 10)


def test_learned_band_stays_narrow_while_readings_equal_targets() -> None:
    ride = Ride()
    ride.climb(500).run(30)
    band = ride.figures.readings(1000, 10)
    assert 1000 - band.low <= 60
    assert band.high - 1000 <= 50
    assert ride.figures.tolerance(1000, 10) <= 60


def test_reading_at_the_lowest_speed_is_no_evidence_of_the_grid() -> None:
    ride = Ride(Physics(targets=lambda target: max(80.0, floor(100)(target))))
    ride.write(80).run(30)
    assert ride.figures.spread is None
    ride.climb(170).run(30)
    assert 100 in ride.figures.readings(170, ride.step)


def test_rounding_down_and_droop_are_learned_together() -> None:
    ride = Ride(Physics(targets=floor(100), droop=0.06))
    ride.climb(490).run(40)
    assert ride.figures.spread is not None
    assert 380 in ride.figures.readings(490, ride.step)


@pytest.mark.unmeasured
def test_lag_acceleration_and_frame_interval_are_learned() -> None:
    quick, slow = ridden(Physics()).figures, ridden(Physics(lag_s=6)).figures
    assert quick.lag_s.high < 3 < slow.lag_s.low < 6 < slow.lag_s.high
    assert 0.5 in quick.lag_s
    ride = ridden(Physics(fall=20, frame_s=0.25))
    assert 20 in ride.figures.fall_per_s
    assert ride.figures.fall_per_s.high < 60
    assert ride.learner.learned.frame_s == pytest.approx(0.25, abs=0.03)


@pytest.mark.unmeasured
@pytest.mark.parametrize("rate", [5, 20, 50, 150])
@pytest.mark.parametrize("step", [10, 100])
def test_single_large_fall_shows_lag_and_deceleration(rate: float, step: float) -> None:
    ride = Ride(Physics(rise=100, fall=rate, reports=nearest(step)))
    ride.climb(1000).run(40)
    ride.write(600).run(120)
    found = ride.figures.fall_per_s
    assert rate in found
    assert found.low >= min(rate, 50) / 4
    if step == 10:
        assert ride.figures.lag_s.high <= 4.5


def test_named_press_shows_gain_and_deceleration_but_no_lag() -> None:
    ride = Ride(Physics(lag_s=0.1, gain=0.95))
    for target in (500, 800, 600, 900, 700):
        ride.press(target).run(60)
    assert ride.learner.learned.names_current is False
    assert 50 in ride.figures.fall_per_s
    assert ride.figures.spread is not None
    assert 855 in ride.figures.readings(900, 10)
    assert ride.figures.lag_s.high == UNLEARNED_SPEED.lag_s.high
    assert ride.learner.learned.targets is UnitVerdict.UNKNOWN


@pytest.mark.unmeasured
def test_noise_droop_overshoot_and_the_step_of_reports_are_learned() -> None:
    assert ridden(Physics()).figures.noise < UNLEARNED_SPEED.noise
    assert ridden(Physics(noise=20)).figures.noise >= 20
    assert ridden(Physics(droop=0.08)).figures.droop >= 0.06
    assert ridden(Physics(overshoot=40)).figures.overshoot > 0.03
    assert ridden(Physics()).figures.overshoot < UNLEARNED_SPEED.overshoot
    assert ridden(Physics(reports=nearest(50))).figures.resolution == 50


@pytest.mark.unmeasured
def test_target_grid_is_learned_from_fine_reports() -> None:
    assert ridden(Physics(targets=floor(100))).figures.grid == 100
    assert ridden(Physics(reports=floor(100))).figures.grid is None
    assert ridden(Physics()).figures.grid is None


@pytest.mark.unmeasured
def test_highest_target_is_the_one_whose_band_starts_at_the_reading() -> None:
    few = Ride()
    few.climb(500).run(30)
    many = ridden(Physics(gain=0.94)).figures, ridden(Physics()).figures
    for figures in (*many, few.figures, UNLEARNED_SPEED):
        for reading in (300, 700, 1100):
            most = figures.highest_target(reading, 10)
            assert figures.readings(most - 0.1, 10).low <= reading
            assert figures.readings(most + 1, 10).low > reading


@pytest.mark.parametrize(("resolution", "tolerance"), [(10, 30), (20, 40), (100, 200)])
def test_an_unlearned_belt_may_read_two_steps_of_its_targets_or_reports_off(
    resolution: float, tolerance: float
) -> None:
    axis = replace(UNLEARNED_SPEED, resolution=resolution)
    assert axis.readings(300, 10) == Interval(300 - tolerance, 300 + tolerance)
    assert axis.highest_target(300, 10) == 300 + tolerance


@pytest.mark.parametrize(("reading", "target"), [(80, 100), (89, 100), (96, 200), (189, 200)])
def test_unlearned_machine_changes_its_reading_at_the_next_whole_kmh(
    reading: int, target: int
) -> None:
    assert UNLEARNED_SPEED.next_coarse(reading) == target


@pytest.mark.parametrize(
    ("resolution", "reading", "target"),
    [(20, 79, 100), (20, 80, 200), (20, 279, 300), (50, 149, 200), (50, 150, 300)],
)
def test_unlearned_belt_may_read_one_report_step_below_a_whole_kmh(
    resolution: float, reading: int, target: int
) -> None:
    assert replace(UNLEARNED_SPEED, resolution=resolution).next_coarse(reading) == target


def test_the_lowest_speed_written_to_a_stopping_belt_is_no_write_without_an_echo() -> None:
    learner, now = Learner(), 1000.0
    learner.connected(MACHINE, None)
    learner.tick(Belt.RUNNING, now)
    for target, echo in ((530, 500), (590, 550), (640, 600), (690, 650)):
        tell(learner, SetTarget(Axis.SPEED, target), now)
        learner.status(TargetChanged(now + 1.0, Axis.SPEED, echo))
        now += 20.0
    assert (learner.learned.echo, learner.learned.speed.grid) == (Echo.EACH, 50)
    for _ in range(3):
        learner.tick(Belt.RUNNING, now)
        learner.written(HaltBelt(Halt.STOP), now + 1.0)
        learner.tick(Belt.STOPPING, now + 1.0)
        tell(learner, SetTarget(Axis.SPEED, 100), now + 6.0)
        learner.tick(Belt.STOPPING, now + 6.25)
        learner.tick(Belt.IDLE, now + 19.0)
        now += 60.0
    tell(learner, SetTarget(Axis.SPEED, 150), now)
    learner.status(TargetChanged(now + 1.0, Axis.SPEED, 150))
    assert (learner.learned.echo, learner.learned.speed.grid) == (Echo.EACH, 50)


@pytest.mark.parametrize(
    ("step", "refused", "accepted", "grid"),
    [
        (5, 5, (), None),
        (5, 5, (10,), 10),
        (5, 5, (15, 10), None),
        (1, 13, (15,), 5),
        (0, 13, (15,), 5),
        (None, 13, (15,), 5),
    ],
)
def test_refused_targets_show_a_coarser_grid_unless_an_accepted_is_off_it(
    step: int | None, refused: int, accepted: tuple[int, ...], grid: int | None
) -> None:
    learner = Learner()
    told = None if step is None else InclineRange(0, 150, step)
    learner.connected(replace(MACHINE, incline_range=told), None)
    for value in accepted:
        tell(learner, SetTarget(Axis.INCLINE, value), 1.0)
    learner.refused(Axis.INCLINE, refused)
    for value in accepted[-1:]:
        tell(learner, SetTarget(Axis.INCLINE, value), 2.0)
    assert learner.learned.incline.grid == grid


@pytest.mark.parametrize(
    ("intervals", "frame_s"),
    [
        ([2.0] * 7, 1.0),
        ([2.0] * 8, 2.0),
        ([1.0] * 8 + [2.0] * 8 + [4.0] * 8, 3.0),  # the median of the latest sixteen
        ([1.125] * 8, 1.125),
        ([1.0625] * 8, 1.0),  # less than a tenth off
        ([2.0] * 8 + [2.125] * 16, 2.0),
        ([4.5] * 8 + [5.0] * 16, 4.5),
        ([0.0625] * 8, 0.1),
        ([8.0] * 8, 5.0),
    ],
)
def test_frame_interval_is_learned_from_eight_frames(
    intervals: list[float], frame_s: float
) -> None:
    learner, now = Learner(), 0.0
    learner.connected(MACHINE, None)
    for interval in (0.0, *intervals):
        now += interval
        learner.sample(Measurement(), now)
    assert learner.learned.frame_s == frame_s


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(
            ["speed", "incline", "write", "tilt", "status", "gesture", "stop", "refuse"]
        ),
        st.integers(-200, 4000),
        st.sampled_from([0.0, 0.25, 1.0, 3.0, 12.0]),
    ),
    max_size=120,
)


def feed(learner: Learner, events: list[tuple[str, int, float]]) -> None:
    now = 0.0
    for kind, value, passed in events:
        now += passed
        match kind:
            case "speed":
                for _ in range(12):
                    now += 1
                    learner.sample(Measurement(speed=abs(value), distance=int(now)), now)
            case "incline":
                for _ in range(12):
                    now += 1
                    learner.sample(Measurement(incline=value), now)
            case "write":
                tell(learner, SetTarget(Axis.SPEED, abs(value)), now)
            case "tilt":
                tell(learner, SetTarget(Axis.INCLINE, value), now)
            case "status":
                learner.status(TargetChanged(now, Axis.SPEED, abs(value)))
            case "gesture":
                learner.gestures({Axis.SPEED})
            case "stop":
                learner.written(HaltBelt(Halt.STOP), now)
            case _:
                learner.refused(Axis.INCLINE, value)
        learner.tick(Belt.IDLE if kind == "stop" else Belt.RUNNING, now)


@pytest.mark.unmeasured
@settings(max_examples=effort(60, 300))
@given(EVENTS)
def test_learned_figures_stay_plausible_after_any_events(
    events: list[tuple[str, int, float]],
) -> None:
    learner = Learner()
    learner.connected(MACHINE, None)
    feed(learner, events)
    learned = learner.learned
    for axis, start, most in (
        (learned.speed, UNLEARNED.speed, 150),
        (learned.incline, UNLEARNED.incline, 25),
    ):
        assert 0.899 < axis.gain - axis.doubt <= axis.gain + axis.doubt < 1.101
        assert axis.spread is None or 0 < axis.spread <= most
        assert 0 <= axis.lag_s.low <= axis.lag_s.high <= 12
        for rate in (axis.rise_per_s, axis.fall_per_s):
            assert 0 < rate.low <= rate.high
            assert rate.low >= start.rise_per_s.low / 5
        assert 0 < axis.resolution <= 100
        assert 0 < axis.noise <= 50
        assert 0 <= axis.droop <= 0.10
        assert 0 <= axis.overshoot <= 0.10
    assert 0.1 <= learned.frame_s <= 5
    assert learned.echo_s >= 0


def test_learner_returns_its_knowledge_once_after_each_change() -> None:
    learner = Learner()
    learner.connected(MACHINE, None)
    assert learner.news() is None
    learner.tick(Belt.RUNNING, 0.0)
    assert learner.news() == learner.knowledge
    learner.refused(Axis.INCLINE, 5)
    assert learner.news() == learner.knowledge
    assert learner.news() is None


@pytest.mark.parametrize(("stood_s", "sessions"), [(600.0, 1), (600.5, 2)])
def test_standstill_of_more_than_10_min_begins_a_new_session(stood_s: float, sessions: int) -> None:
    learner = Learner()
    learner.connected(MACHINE, None)
    for belt, now in ((Belt.RUNNING, 0.0), (Belt.IDLE, 1.0), (Belt.RUNNING, stood_s)):
        learner.tick(belt, now)
    assert learner.learned.sessions == sessions


@pytest.mark.parametrize(
    ("names_current", "course", "targets"),
    [
        (False, "400:400 p600:600", {400, 600}),
        (None, "400:400 p600:600", {400}),
        (True, "400:400 p600:600", {400}),
        (False, "p600:600", set()),  # before the belt ran
    ],
)
def test_a_press_in_a_run_is_evidence_if_statuses_are_known_to_name_targets(
    *, names_current: bool | None, course: str, targets: set[int]
) -> None:
    learner = Learner()
    learner.connected(MACHINE, replace(NOTHING, names_current=names_current))
    steady(learner, course)
    assert {point.target for point in learner.knowledge.speed.points} == targets
