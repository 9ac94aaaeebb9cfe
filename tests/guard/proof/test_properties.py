"""Properties over any interleaving of commands, presses, faults and time.

Each compares two engines or two guards that are treated alike but for one thing. What every single
decision must keep to is judged in `tests/guard/proof/test_proof.py`.
"""

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.guard import Decision, Guard, Policy, SteepTier
from bridge.guard import rules as rule_book
from bridge.guard.engine.axis import AxisState
from bridge.guard.facts import LEAD_S
from bridge.guard.limits import Bound, Hold, Limit, Limits
from bridge.values import Axis, Belt, Verb
from bridge.values.grid import Grid, speed_grid
from protocols.ranges import InclineRange, SpeedRange
from tests.guard.proof.actions import (
    POLICIES,
    QUICK,
    Action,
    anything,
    ask,
    become,
    runs,
    sets,
    wait,
)
from tests.guard.proof.guard_rig import STRICT, TICK, GuardRig
from tests.guard.proof.judges.moment import decoded
from tests.rigs.effort import effort

pytestmark = pytest.mark.unmeasured

HARD = settings.default.max_examples if settings.default else 100


def times(gate: int) -> settings:
    """Number of examples in the gate; `make test-full` and a harder profile try more."""
    return settings(max_examples=effort(gate, 4 * gate) * HARD // 100)


class TestAnyTimeline:
    @times(50)
    @given(st.sampled_from(POLICIES), anything, st.randoms(use_true_random=False))
    def test_order_of_the_rules_does_not_change_a_decision(
        self, policy: Policy, actions: list[Action], random: Random
    ) -> None:
        told = decisions_of(policy, actions)
        shuffled = list(rule_book.RULES)
        random.shuffle(shuffled)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(rule_book, "RULES", tuple(shuffled))
            again = decisions_of(policy, actions)
        assert [sorted_by_limit(d) for d in told] == [sorted_by_limit(d) for d in again]

    @times(50)
    @given(anything)
    def test_kill_at_any_moment_frees_no_steep_budget(self, actions: list[Action]) -> None:
        rig = GuardRig(policy=QUICK).runs().wait(8)
        for action in actions:
            action.act(rig)
        rig.connected = True
        again = Guard(rig.policy, rig.now)
        decision = again.decide(rig.snapshot, rig.now)
        for tier, report in zip(rig.policy.steep, decision.steep, strict=True):
            assert report.left_s == 0
            assert decision.limits.most(Axis.INCLINE) <= tier.then
        assert decision.warm_up_left_s == rig.policy.warm_up_s
        assert not decision.targets
        assert not decision.start
        assert decision.halt is None


def sorted_by_limit(decision: Decision) -> Decision:
    """The decision with its limits in an order of their own, not that of the rules."""
    limits = decision.limits
    return replace(
        decision,
        limits=Limits(
            tuple(sorted(limits.bounds, key=repr)),
            tuple(sorted(limits.holds, key=repr)),
            tuple(sorted(limits.waits, key=repr)),
        ),
    )


def decisions_of(policy: Policy, actions: list[Action]) -> list[Decision]:
    """All decisions of a timeline."""

    @dataclass
    class Remembered(GuardRig):
        decisions: list[Decision] = field(default_factory=list)

        def _decide(self) -> Decision:
            self.decisions.append(super()._decide())
            return self.decisions[-1]

    rig = Remembered(policy=policy)
    rig.runs().wait(8)
    for action in actions:
        action.act(rig)
    return rig.decisions


# --- two engines

GRIDS = (
    speed_grid(STRICT),
    Grid(SpeedRange(96, 643, 32), told=True, settable=True),
    Grid(InclineRange(-30, 150, 7), told=True, settable=True),
)
EASING = 100.0
ALLOWANCE = 300.0


@dataclass(frozen=True)
class Moment:
    """The simultaneous inputs of an engine; `asked` is a new request."""

    dt: float
    bound: float
    ramp: float
    measured: float | None
    asked: int | None
    at_once: bool

    def on(self, state: AxisState, grid: Grid, **instead: float) -> AxisState:
        """The engine's next state."""
        if self.asked is not None:
            state = state.with_request(grid.range.floor(self.asked), at_once=self.at_once)
        ramp = instead.get("ramp", self.ramp)
        here = math.nan if self.measured is None else self.measured
        return state.advance(
            self.dt,
            bound=instead.get("bound", self.bound),
            over=0.0,
            wait=math.inf,
            ramp=ramp,
            easing=EASING,
            allowance=ALLOWANCE,
            reach=here + LEAD_S * ramp + grid.step,
            grid=grid,
        )


values = st.floats(-50, 2000)
moments = st.lists(
    st.builds(
        Moment,
        dt=st.sampled_from([0.0, 0.25, 1.0, 60.0, -1.0, math.nan]) | st.floats(0, 1),
        bound=values | st.sampled_from([math.inf, math.nan]),
        ramp=st.sampled_from([0.0, 10.0, 50.0]),
        measured=st.none() | values | st.just(math.nan),
        asked=st.none() | st.integers(-50, 2000),
        at_once=st.booleans(),
    ),
    min_size=1,
    max_size=30,
)
states = st.tuples(st.sampled_from(GRIDS), st.integers(-30, 1600), st.none() | st.integers(0, 1600))


def begun(grid: Grid, shaped: int, request: int | None) -> AxisState:
    """An engine that has written what it shaped."""
    value = grid.range.floor(shaped)
    return AxisState.at(value, request)


class TestAnyEngine:
    @times(100)
    @given(states, moments)
    def test_setpoint_rises_by_the_ramp_and_only_towards_the_request(
        self, at: tuple[Grid, int, int | None], course: list[Moment]
    ) -> None:
        grid = at[0]
        state = begun(*at)
        passed = risen = 0.0
        for moment in course:
            before, state = state, moment.on(state, grid)
            dt = min(moment.dt, 1.0) if moment.dt > 0 else 0.0
            passed += moment.ramp * dt
            risen += max(0.0, state.shaped - before.shaped)
            assert risen <= passed + 1e-6
            if state.written > before.written:
                assert state.request is not None
                assert state.written <= max(state.request, grid.range.minimum)
            assert state.written == grid.range.floor(state.shaped), "s is x on the grid"

    @times(100)
    @given(states, moments)
    def test_setpoint_exceeds_request_and_bound_only_while_it_falls(
        self, at: tuple[Grid, int, int | None], course: list[Moment]
    ) -> None:
        grid = at[0]
        state = begun(*at)
        for moment in course:
            before, state = state, moment.on(state, grid)
            bound = grid.range.minimum if math.isnan(moment.bound) else moment.bound
            request = bound if state.request is None else min(bound, float(state.request))
            top = max(request, grid.range.minimum)
            dt = min(moment.dt, 1.0) if moment.dt > 0 else 0.0
            assert state.request is None or state.request <= bound
            if state.shaped > top + 1e-6:
                assert state.shaped <= before.shaped - EASING * dt + 1e-6

    @times(100)
    @given(states, moments)
    def test_missing_value_or_nan_never_raises_the_setpoint(
        self, at: tuple[Grid, int, int | None], course: list[Moment]
    ) -> None:
        grid = at[0]
        state = begun(*at)
        for moment in course:
            before, state = state, moment.on(state, grid)
            unknown = moment.measured is None or math.isnan(moment.measured)
            if unknown or math.isnan(moment.bound) or math.isnan(moment.dt) or not moment.ramp:
                assert state.written <= before.written

    @times(100)
    @given(states, moments, st.floats(-50, 1600), st.floats(0, 1))
    def test_extra_rule_or_slower_ramp_never_raises_the_setpoint(
        self, at: tuple[Grid, int, int | None], course: list[Moment], rule: float, share: float
    ) -> None:
        grid = at[0]
        loose = tight = begun(*at)
        for moment in course:
            bound = moment.bound if math.isnan(moment.bound) else min(moment.bound, rule)
            loose = moment.on(loose, grid)
            tight = moment.on(tight, grid, bound=bound, ramp=moment.ramp * share)
            assert tight.shaped <= loose.shaped + 1e-6
            assert tight.written <= loose.written

    @times(100)
    @given(st.sampled_from(GRIDS), st.floats(-100, 3000))
    def test_written_setpoint_is_the_one_that_a_machine_decodes(
        self, grid: Grid, shaped: float
    ) -> None:
        value = grid.range.floor(shaped)
        axis = Axis.SPEED if isinstance(grid.range, SpeedRange) else Axis.INCLINE
        assert decoded(axis, value) == value
        assert value <= max(shaped + 1e-6, grid.range.minimum)
        assert value > min(shaped, grid.range.maximum) - grid.step, "no lower than it need be"


# --- two guards

calm = st.lists(
    st.one_of(
        st.integers(1, 80).map(wait),
        st.builds(
            ask,
            st.sampled_from([Verb.SPEED, Verb.INCLINE]),
            st.integers(80, 1600),
            program=st.booleans(),
            late=st.just(False),
            decide=st.just(True),
        ),
        st.sampled_from([Belt.PAUSED, Belt.RUNNING]).map(become),
    ),
    max_size=25,
)
"""A machine that obeys, without a press at the console."""


class TestTwoGuards:
    @times(50)
    @given(
        calm, st.sampled_from(["rule", "hold", "ramp", "owner", "warm_up"]), st.integers(80, 1600)
    )
    def test_stricter_guard_never_allows_more(
        self, actions: list[Action], strictness: str, value: int
    ) -> None:
        """Without steep tiers: a person who climbed less has more of them left."""
        policy = replace(QUICK, steep=())
        loose = [d.setpoint for d in decisions_of(policy, actions)]
        stricter = {
            "ramp": replace(policy, speed_ramp=value / 32, incline_ramp=value / 320),
            "owner": replace(policy, max_speed=value, max_incline=value // 11),
            "warm_up": replace(policy, warm_up_s=30.0, warm_up_speed=min(600, value)),
        }.get(strictness, policy)
        extra: dict[str, Iterable[Limit]] = {
            "rule": [
                Bound(a, value / f, "new", "envelope")
                for a, f in ((Axis.SPEED, 1), (Axis.INCLINE, 11))
            ],
            "hold": [Hold("new", "unsettled")],
        }
        with pytest.MonkeyPatch.context() as patch:
            added = (*rule_book.RULES, lambda _: extra.get(strictness, ()))
            patch.setattr(rule_book, "RULES", added)
            tight = [d.setpoint for d in decisions_of(stricter, actions)]
        for ours, theirs in zip(tight, loose, strict=True):
            for axis in Axis:
                one, other = ours[axis], theirs[axis]
                assert (one is None) is (other is None)
                assert one is None or other is None or one <= other


# --- steep exposure, from the whole history

TIERS = (
    SteepTier(threshold=100, budget_s=20.0, window_s=60.0, then=50),
    SteepTier(threshold=60, budget_s=30.0, window_s=120.0, then=20),
)
climbs = st.lists(
    st.one_of(
        st.integers(1, 80).map(wait),
        st.builds(
            ask,
            st.just(Verb.INCLINE),
            st.sampled_from([0, 55, 60, 100, 120, 150, 150, 150]),
            program=st.booleans(),
            late=st.just(False),
            decide=st.just(True),
        ),
        st.builds(sets, st.just("silent"), st.sampled_from([False, False, True])),
        st.sampled_from([Belt.PAUSED, Belt.IDLE]).map(become),
        st.builds(runs, st.just(300), st.just(0)),
    ),
    min_size=5,
    max_size=25,
)


class TestSteepExposure:
    @times(80)
    @given(climbs)
    def test_no_window_has_more_steep_time_than_the_budget(self, actions: list[Action]) -> None:
        policy = replace(QUICK, warm_up_s=0.0, steep=TIERS)
        history: list[tuple[float, float]] = []

        @dataclass
        class Recorded(GuardRig):
            def _move(self, dt: float) -> None:
                super()._move(dt)
                history.append((self.now, 0.0 if self.belt.stands else self.incline))

        rig = Recorded(policy=policy)
        rig.runs(300).wait(4)
        rig.ask(Verb.INCLINE, 120)
        rig.wait(25)
        for action in actions:
            action.act(rig)
        rig.silent = False
        rig.wait(20)
        for tier in TIERS:
            steep = [now for now, incline in history if incline >= tier.threshold]
            # A sample comes a second late, the incline leaves at the easing, a step needs a tick.
            leaving = (150 - tier.threshold) / policy.incline_easing
            spare = 1.0 + leaving + 2 * TICK
            window: deque[float] = deque(steep[:1])
            entries = 0
            for before, now in pairwise(steep):
                window.append(now)
                entries += now - before > TICK
                while window[0] <= now - tier.window_s:
                    left = window.popleft()
                    entries -= window[0] - left > TICK
                assert len(window) * TICK <= tier.budget_s + spare + entries * 1.0
