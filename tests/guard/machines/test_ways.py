"""Console and guard together, on machines whose reports differ from their belts.

Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import cycle

import pytest

from bridge.guard import Decision
from bridge.values import Axis, Verb
from bridge.values.status import TargetChanged
from tests.guard.play import play
from tests.guard.proof.guard_rig import KNOWN, GuardRig

pytestmark = pytest.mark.unmeasured

WARM = replace(KNOWN, warm_up_s=0.0, steep=())


@dataclass
class Lagging(GuardRig):
    """It reports five seconds late."""

    seen: deque[float] = field(default_factory=lambda: deque(maxlen=6))

    def shown(self) -> float:
        self.seen.append(self.speed)
        return self.seen[0]


@dataclass
class Rounding(GuardRig):
    """It reports halves of a km/h only."""

    def shown(self) -> float:
        return self.speed // 50 * 50


@dataclass
class Drooping(GuardRig):
    """Each step of its runner slows it a little."""

    strides: Iterator[float] = field(default_factory=lambda: cycle([1.0, 0.97, 0.96, 0.955, 0.98]))

    def shown(self) -> float:
        return self.speed * next(self.strides)


@dataclass
class ReportsTargets(GuardRig):
    """It reports its target, and not what the belt does."""

    def shown(self) -> float:
        return self.target[Axis.SPEED]


@dataclass
class Echoing(GuardRig):
    """It confirms each target with a status, twice."""

    due: list[tuple[float, TargetChanged]] = field(default_factory=list)

    def _decide(self) -> Decision:
        before = len(self.written)
        decision = super()._decide()
        for _, target in self.written[before:]:
            status = TargetChanged(self.now, target.axis, target.value)
            self.due += [(self.now + 0.25, status)] * 2
        return decision

    def _move(self, dt: float) -> None:
        super()._move(dt)
        now = [status for when, status in self.due if when <= self.now]
        self.due = [(when, status) for when, status in self.due if when > self.now]
        for status in now:
            self.guard.observe(status, self.snapshot, self.now)


def running(rig: GuardRig, speed: int = 1000) -> GuardRig:
    """Have a person run at a requested speed."""
    play(rig, f"runs, speed {speed}")
    return rig.wait(120)


@pytest.mark.parametrize("kind", [Lagging, Rounding, Drooping, ReportsTargets, Echoing])
class TestOddReports:
    def test_request_is_reached_and_kept_on_a_machine_with_odd_reports(
        self, kind: type[GuardRig]
    ) -> None:
        rig = running(kind(policy=WARM))
        assert rig.target[Axis.SPEED] == 1000
        began = rig.now - rig.began
        rig.wait(600)
        assert rig.target[Axis.SPEED] == rig.decision.requested[Axis.SPEED] == 1000
        assert rig.speeds(began) == []
        for _ in range(4):  # requested again
            play(rig, "speed 1000=accepted, 45")
        assert rig.target[Axis.SPEED] == 1000
        assert not rig.decision.faults
        assert not [*rig.heard("unexpected_rise"), *rig.heard("not_responding")]

    def test_slower_press_is_obeyed_and_not_undone(self, kind: type[GuardRig]) -> None:
        rig = running(kind(policy=WARM))
        began = rig.now - rig.began
        rig.press(Axis.SPEED, 600)
        if kind is Echoing:
            rig.says(TargetChanged(rig.now, Axis.SPEED, 600))
        rig.wait(120)
        assert rig.heard("console_slowed")
        assert rig.target[Axis.SPEED] == 600
        assert max(rig.speeds(began), default=600) <= 600
        assert not rig.heard("unexpected_rise")

    def test_falling_bound_is_obeyed_on_a_machine_with_odd_reports(
        self, kind: type[GuardRig]
    ) -> None:
        rig = running(kind(policy=WARM))
        rig.guard.configure(replace(WARM, max_speed=500), rig.now)
        rig.wait(30)
        assert rig.target[Axis.SPEED] <= 500
        rig.wait(120)
        assert 400 <= rig.target[Axis.SPEED] <= 500


def test_half_kmh_target_on_a_machine_that_reports_whole_kmh_is_no_fault() -> None:
    rig = running(Rounding(policy=replace(WARM, stop_on_disobey=True)), 440)
    assert not rig.heard("not_responding")
    assert not rig.halts


def test_repeated_request_never_lowers_a_belt_that_droops_by_a_tenth() -> None:
    strides = cycle([1.0, 0.93, 0.91, 0.9, 0.92, 0.97])
    rig = running(Drooping(policy=WARM, strides=strides)).wait(180)
    for _ in range(10):
        rig.wait(60).ask(Verb.SPEED, 1000)
        assert rig.wait(60).target[Axis.SPEED] >= 600


def test_one_garbage_sample_is_no_request() -> None:
    rig = running(GuardRig(policy=WARM), 800)
    rig.speed = 1200
    rig._measure()
    rig._decide()
    rig.speed = 800
    writes = len(rig.written)
    rig.wait(30)
    assert len(rig.written) == writes
    assert rig.decision.requested[Axis.SPEED] == 800


def test_press_with_a_repeated_status_is_one_request() -> None:
    rig = play(running(GuardRig(policy=WARM), 800), "press speed 1000")
    for _ in range(2):
        rig.says(TargetChanged(rig.now, Axis.SPEED, 1000))
    rig.wait(60)
    assert len(rig.heard("console_raised")) == 1
    assert rig.speed == 1000


def test_press_above_a_bound_is_corrected_with_at_most_two_writes() -> None:
    """A write at once and one at the end of the gesture; further presses change nothing."""
    rig = running(GuardRig(policy=replace(WARM, max_speed=800)), 800)
    for _ in range(6):
        play(rig, "press speed 900, names speed 900, 20")
        assert rig.speed == 800
    assert len(rig.speeds(121)) <= 2 * 6
