"""A guard killed in the middle of a run, and the next one made of its past."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bridge.guard import Decision, Guard, Policy
from bridge.guard.belt.belt import GuardedBelt
from bridge.values import Axis
from bridge.values.status import MachineEvent
from tests.guard.play import play
from tests.guard.proof.actions import (
    POLICIES,
    QUICK,
    Action,
    anything,
    hands,
    passing,
    waits,
    weighed,
)
from tests.guard.proof.guard_rig import GuardRig
from tests.guard.proof.test_properties import times


@dataclass
class Killed(GuardRig):
    """A timeline with a second guard, restored from the past of the first at each decision."""

    heir: Guard | None = None

    def _measure(self) -> None:
        # The second guard's orders go nowhere, so it cannot know an unmeasured deck.
        if self.heir is not None and self.garbled is not None and self.garbled.incline is None:
            self.garbled = replace(self.garbled, incline=round(self.incline))
        super()._measure()

    def says(self, event: MachineEvent) -> GuardRig:
        if self.heir is not None:
            self.heir.observe(event, self.snapshot, self.now)
        return super().says(event)

    def _decide(self) -> Decision:
        if self.heir is not None:
            self._copy_orders(self.guard._belt, self.heir._belt)
        before = self.guard._belt.deck.told
        lived = super()._decide()
        if self.heir is not None:
            told, heir = self.guard._belt.deck.told, self.heir._belt.deck
            heir.told, heir._setpoint = heir.told if told == before else told, None
            _is_no_looser(self.heir.decide(self.snapshot, self.now), lived)
        return lived

    def _copy_orders(self, lived: GuardedBelt, heir: GuardedBelt) -> None:
        """The orders since the kill are those of the one that lived on."""
        if lived.run and heir.run:
            written = lived.run.axes[Axis.INCLINE].state.written
            axis = heir.run.axes[Axis.INCLINE]
            axis.state = replace(axis.state, written=written)


def _is_no_looser(heir: Decision, lived: Decision) -> None:
    assert heir.warm_up_left_s >= lived.warm_up_left_s - 1e-6
    assert heir.rest_left_s == lived.rest_left_s
    for mine, theirs in zip(heir.steep, lived.steep, strict=True):
        assert mine.used_s >= theirs.used_s - 1e-6
        assert mine.left_s <= theirs.left_s + 1e-6
    for axis in Axis:
        assert heir.limits.most(axis) <= lived.limits.most(axis) + 1e-6


class TestKill:
    @pytest.mark.unmeasured
    @times(60)
    @given(
        st.sampled_from(POLICIES),
        anything,
        st.sampled_from([0.0, 1.0, 5.0, 40.0, 700.0]),
        st.lists(weighed((4, waits), (2, hands), (1, passing)), max_size=8),
    )
    def test_guard_after_a_kill_allows_no_more_than_without_it(
        self, policy: Policy, before: list[Action], away: float, after: list[Action]
    ) -> None:
        rig = play(Killed(policy=policy), "runs, 8")
        for action in before:
            action.act(rig)
        past = rig.guard.past(rig.now)
        moved = past.session.moved if past.session else None
        assume(moved is None or moved + away < 3600)  # else that session is over for the heir
        rig.now += away
        rig.heir = Guard(policy, rig.now, past.aged(away))
        for action in after:
            action.act(rig)
        rig.wait(1)

    def test_incline_setpoint_counts_as_steep_while_no_guard_runs(self) -> None:
        policy = replace(QUICK, warm_up_s=0.0, steep=QUICK.steep[:1])
        rig = play(GuardRig(policy=policy).runs().wait(1), "incline 80, 30")
        rig.motor = 0.0  # it is slow to follow
        play(rig, "incline 100, 6")
        assert rig.decision.steep[0].used_s == 0
        past = rig.guard.past(rig.now).aged(5)
        rig.now += 5
        rig.guard = Guard(rig.policy, rig.now, past)
        rig.wait(1)
        assert rig.decision.steep[0].used_s >= 5

    def test_cool_down_continues_after_a_kill(self) -> None:
        rig = play(GuardRig(policy=replace(QUICK, cool_down_s=60.0)).runs().wait(8), "speed 1000")
        play(rig, "30, finish, 20")
        rig.guard = Guard(rig.policy, rig.now, rig.guard.past(rig.now))
        rig.wait(20)
        assert rig.decision.phase == "cool_down"
        assert rig.speed <= 610
        rig.wait(25)
        assert rig.halts
