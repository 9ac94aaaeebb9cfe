"""Evidence of a belt's motion. Speeds in 0.01 km/h, times in seconds."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bridge.machines.learned import UNLEARNED, UnitVerdict
from bridge.tracking.learning.learner import Learner
from bridge.values import Axis, Belt, Halt, HaltBelt, StartBelt
from bridge.values.status import Started
from tests.tracking.belt import MACHINE, Physics, Ride, ridden, steady

ENDS: dict[str, Callable[[Learner, float], None]] = {
    "halt": lambda learner, now: learner.written(HaltBelt(Halt.STOP), now),
    "start": lambda learner, now: learner.written(StartBelt(), now),
    "status without a target": lambda learner, now: learner.status(Started(now)),
    "new link": lambda learner, _: learner.connected(MACHINE, None),
    "belt that stands": lambda learner, now: learner.tick(Belt.IDLE, now),
}


class TestEvidence:
    def test_gesture_ends_a_steady_stretch_until_the_next_write(self) -> None:
        ride = Ride()
        ride.climb(500)
        for _ in range(30):
            ride.learner.gestures({Axis.SPEED})
            ride.run(1)
        ride.run(30)
        assert ride.figures.spread is None
        ride.write(510).run(20)
        assert ride.figures.spread is not None

    @pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
    def test_any_other_cause_of_motion_ends_a_steady_stretch(
        self, end: Callable[[Learner, float], None]
    ) -> None:
        ride = Ride()
        ride.climb(500)
        end(ride.learner, ride.now)
        assert ride.run(40).figures.spread is None

    def test_steady_stretch_shorter_than_ten_seconds_is_ignored(self) -> None:
        ride = Ride(Physics(lag_s=0.5))
        for target in range(500, 800, 50):
            ride.write(target).run(9)
        assert ride.figures.spread is None

    def test_implausible_reading_is_refused(self) -> None:
        ride = Ride(Physics(offset=200))
        ride.climb(600)
        ride.run(40)
        assert ride.figures.spread is None

    def test_reading_above_its_tolerance_is_no_evidence_until_the_unit_of_targets_is_known(
        self,
    ) -> None:
        # A rise after a write is no request until then, so a person may have set 4.6 km/h.
        learner = Learner()
        now = steady(learner, "340:460")
        assert learner.learned.speed.spread is None
        steady(learner, "600:660 800:880", now)
        assert learner.learned.targets is UnitVerdict.KMH
        assert learner.learned.speed.centre(800) == pytest.approx(880, abs=10)

    @pytest.mark.parametrize(
        ("course", "learned"),
        [
            ("350:410", True),
            ("350:411", False),
            ("1600:1680", True),
            ("1600:1681", False),
        ],
    )
    def test_reading_that_rounding_to_1_km_h_or_a_gain_of_5_percent_explains_is_evidence_at_once(
        self, course: str, *, learned: bool
    ) -> None:
        learner = Learner()
        steady(learner, course)
        assert (learner.learned.speed.spread is not None) is learned

    @pytest.mark.unmeasured
    def test_reading_far_from_known_figures_is_refused_within_a_session(self) -> None:
        ride = ridden(Physics())
        learned = replace(ride.learner.knowledge)
        again = Ride(Physics(gain=0.93))
        again.learner.connected(MACHINE, learned)
        for target in (800, 600, 1000):
            again.climb(target) if target > again.told else again.write(target)
            again.run(40)
        assert again.figures.gain == pytest.approx(1.0, abs=0.01)
        assert again.learner.knowledge.speed.odd

    @pytest.mark.unmeasured
    def test_session_widens_a_band_by_at_most_1_percent(self) -> None:
        ride = ridden(Physics())
        before = ride.figures.readings(1000, 10)
        again = Ride(Physics(gain=0.975))
        again.learner.connected(MACHINE, ride.learner.knowledge)
        for target in (1000, 600, 800, 1000, 500, 1000):
            again.climb(target) if target > again.told else again.write(target)
            again.run(40)
        after = again.figures.readings(1000, 10)
        assert before.low - after.low <= 10.1

    def test_repeated_write_of_a_target_continues_the_steady_stretch(self) -> None:
        ride = Ride()
        ride.climb(500)
        for _ in range(20):
            ride.write(500).run(1)
        assert ride.figures.spread is not None

    def test_standing_belt_is_no_evidence_for_a_band(self) -> None:
        ride = Ride(Physics(gain=0.0))
        ride.write(80).run(30)
        assert ride.figures.spread is None

    @pytest.mark.unmeasured
    def test_session_raises_the_learned_droop_by_at_most_1_percent(self) -> None:
        before = ridden(Physics(droop=0.02))
        again = Ride(Physics(droop=0.1))
        again.learner.connected(MACHINE, before.learner.knowledge)
        for target in (500, 800, 1000, 1200):
            again.climb(target).run(40)
        assert again.figures.droop <= before.figures.droop + 0.0101

    def test_learner_continues_on_the_same_machine_and_restarts_on_another(self) -> None:
        ride = ridden(Physics())
        figures = ride.figures
        ride.learner.connected(MACHINE, None)
        assert ride.figures == figures
        ride.learner.connected(replace(MACHINE, address="F0:00:00:00:00:02"), None)
        assert ride.learner.learned == UNLEARNED
