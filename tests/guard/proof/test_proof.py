"""The whole guard as a state machine, checked at every decision by its judges and the oracle.

Anything may happen in any order: commands, hands at the console, statuses, silence, garbage, lost
links, a computer that sleeps or is switched off, pain, another person. `make prove` takes at least
100,000 steps; how many there were is said at the end.
"""

from dataclasses import dataclass, field, replace
from functools import partial

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bridge.guard import Decision, Guard, Past, Policy, Verdict
from bridge.guard.person.session import Session
from bridge.values import Axis, Belt, Command, MachineInfo, Result, Verb
from bridge.values.effort import Effort
from bridge.values.policy import Slower, SteepTier
from tests.guard.conftest import COUNTS
from tests.guard.proof.actions import (
    MACHINES,
    POLICIES,
    QUICK,
    Action,
    asks,
    axes,
    calm,
    finish,
    hands,
    lasting,
    noise,
    oddities,
    orders,
    passing,
    restarts,
    waits,
)
from tests.guard.proof.judged_story import JudgedStory
from tests.guard.proof.ledger import DAY_S, Person, Sitting, longest_of_late
from tests.guard.proof.oracle import Oracle
from tests.guard.proof.situations import (
    asks_more,
    climbing,
    echoing,
    garbling,
    insisting,
    lagging,
    resuming,
    rising,
    slipping,
    slows,
    starting,
    starting_again,
)

pytestmark = pytest.mark.unmeasured


@dataclass(frozen=True)
class Earlier:
    """What somebody did before the story begins."""

    sessions: tuple[tuple[float, Effort], ...] = ()
    """How many days ago each ended, and how much it was."""
    today: Effort | None = None
    """What was run already of the session that is under way."""


NOTHING_BEFORE = Earlier()
HOUR = Effort(3600.0, 9000.0, 90.0)
WALK = Effort(310.0, 400.0, 0.0)
EARLIER = (
    NOTHING_BEFORE,
    Earlier(((1.0, WALK),)),
    Earlier(((1.0, WALK), (8.0, HOUR)), today=Effort(3950.0, 9880.0, 98.0)),
    Earlier(((27.0, WALK), (40.0, HOUR)), today=Effort(335.0, 440.0, 15.0)),
    Earlier(((40.0, WALK), (150.0, HOUR)), today=Effort(1975.0, 4900.0, 45.0)),
    Earlier(((0.5, Effort(299.0, 2000.0, 99.0)), (181.0, HOUR)), today=Effort(600.0, 900.0, 9.0)),
)


@dataclass
class Proven(JudgedStory):
    """A story that the oracle follows."""

    oracle: Oracle = field(init=False)
    name: str = "Ada"
    others: dict[str, tuple[Person, Past, float]] = field(default_factory=dict)
    """Who is not on the belt, and what was stored of them when."""
    earlier: Earlier = NOTHING_BEFORE
    holds: bool = True
    """Whether the newest decision was judged to the end, and found right."""

    def __post_init__(self) -> None:
        person = Person.new(self.policy, self.now, known=self.past is not None)
        if self.past is not None:
            ago, today = self.earlier.sessions, self.earlier.today
            person.sessions = [(self.now - days * DAY_S, effort) for days, effort in ago]
            person.asked_at = self.now
            session = Session(effort=today) if today else None
            person.sitting = Sitting(effort=today) if today else None
            self.past = replace(self.past, session=session, baseline=person.baseline)
        self.oracle = Oracle(self.policy, self.now, person, decided_at=self.now)
        super().__post_init__()

    def _answered(self, command: Command, verdict: Verdict) -> None:
        super()._answered(command, verdict)
        self.oracle.start_asked = self.starting.asked
        self.oracle.asked(command, verdict, self.snapshot, self.now)

    def _decide(self) -> Decision:
        self.holds = False
        named = any(axis is Axis.INCLINE for axis, _ in self.named)
        decision = super()._decide()
        self.oracle.start_asked = self.starting.asked
        stopping, now = self.stopping is not None, self.now
        past = partial(self.guard.past, now)
        self.oracle.decided(self.snapshot, now, decision, past, stopping=stopping, named=named)
        self.policy, self.holds = self.oracle.policy, True
        COUNTS["decisions of these steps"] += 1
        return decision

    def killed(self, away: float, claimed: float, *, known: bool) -> None:
        """The process ends; after `away` seconds, `claimed` of which are certain, it is back."""
        person = self.oracle.person
        past = self.guard.past(self.now).aged(claimed) if known else None
        told = self.oracle.told_last
        for climb in person.climbs:
            if told is not None and told >= climb.tier.threshold:
                climb.look(self.now, steep=True)  # from now on nobody sees it
        self.now += away
        if past is not None:
            past = replace(past, baseline=longest_of_late(person.sessions, self.now))
            person.asked_at = self.now
        self.policy = self.oracle.looser or self.policy
        self.guard = Guard(self.policy, self.now, past)
        for each in (person, *(other for other, _, _ in self.others.values())):
            each.later(away - claimed)
        self.others = {
            name: (person, stored, when + away - claimed)
            for name, (person, stored, when) in self.others.items()
        }
        unknown = None if known else Person.new(self.policy, self.now, known=False)
        self.oracle.restart(self.now, unknown)
        if self.connected and not self.silent:
            self._measure()  # no sample outlives the process
        self.is_watched_anew(away - claimed if known else None)
        self._decide()

    def steps_on(self, name: str) -> None:
        """Another person wants to run."""
        stored = self.guard.past(self.now)
        new = (Person.new(self.policy, self.now, known=True), Past.nobody(), self.now)
        person, past, when = self.others.get(name, new)
        policy = self.oracle.looser or self.policy
        past = replace(past, baseline=longest_of_late(person.sessions, self.now))
        verdict = self.guard.change(policy, past.aged(self.now - when), self.now)
        if verdict.result is Result.REJECTED:
            assert verdict.reasons
            return
        assert self.decision.setpoint == dict.fromkeys(self.decision.setpoint), "only at a stand"
        self.others.pop(name, None)
        self.others[self.name] = (self.oracle.person, stored, self.now)
        self.name, person.asked_at = name, self.now
        self.oracle.change(person)
        self.policy = policy

    def configured(self, policy: Policy) -> None:
        """The owner changes the limits."""
        self.guard.configure(policy, self.now)
        self.oracle.configure(policy, self.now)
        self.policy = self.oracle.policy
        self._decide()

    def hurts(self, severity: float) -> None:
        """A pain is reported."""
        rests = self.guard.person.report_pain(severity, self.now)
        assert rests is (severity >= self.policy.rest_severity)
        if rests:
            until = self.now + self.policy.rest_s
            self.oracle.person.rest_until = max(self.oracle.person.rest_until, until)
        self._decide()

    def heals(self) -> None:
        """The rest is lifted."""
        rested = self.oracle.person.rest_until > self.now
        assert self.guard.person.lift_rest(self.now) is rested
        self.oracle.person.rest_until = float("-inf")
        self._decide()


LONG = (SteepTier(80, budget_s=50.0, window_s=120.0, then=30),)
"""A budget that has room for the way down, which a tenth of it bounds."""
PROVEN = (
    *POLICIES,
    replace(QUICK, rest_s=30.0, rest_speed=300, stop_on_disobey=True, steep=LONG, response_s=4.0),
    replace(QUICK, heart_rate_ceiling=150, heart_rate_s=6.0),
    replace(QUICK, heart_rate_ceiling=150, heart_rate_s=3.0, heart_rate_every_s=2.0),
    replace(QUICK, slower=(Slower(60, 800), Slower(100, 500)), warm_up_s=0.0, steep=LONG),
    replace(QUICK, gradual_percent=100.0, cool_down_s=0.0, steep=LONG),
    replace(QUICK, incline_easing=20.0, warm_up_s=0.0, steep=LONG),
)
BETWEEN = ("nothing", "a lost link", "a pause", "a new start", "another person", "a restart")
"""What may happen between a hand that slows the belt and somebody who asks for more."""


class GuardMachine(RuleBasedStateMachine):
    """One treadmill, its guard, and a home."""

    story: Proven

    @initialize(
        policy=st.sampled_from(PROVEN),
        machine=st.sampled_from(MACHINES),
        known=st.sampled_from([True, True, True, False]),
        earlier=st.sampled_from(EARLIER),
        enforced=st.booleans(),
    )
    def begin(
        self, policy: Policy, machine: MachineInfo, known: bool, earlier: Earlier, enforced: bool
    ) -> None:
        policy = replace(policy, gradual_enforced=enforced)
        past = Past.nobody() if known else None
        self.story = Proven(policy=policy, machine=machine, past=past, earlier=earlier)
        self.story.runs().wait(8)

    def counts(self) -> None:
        COUNTS["steps of the guard under the oracle"] += 1

    def does(self, action: Action) -> None:
        self.counts()
        action.act(self.story)

    @rule(action=waits)
    def time_passes(self, action: Action) -> None:
        self.does(action)

    @rule(action=asks)
    def somebody_asks(self, action: Action) -> None:
        self.does(action)

    @rule(action=asks, later=waits)
    def somebody_asks_and_time_passes(self, action: Action, later: Action) -> None:
        self.does(action)
        later.act(self.story)

    @rule(action=orders | finish)
    def somebody_orders(self, action: Action) -> None:
        self.does(action)

    @rule(action=calm)
    def all_is_well_for_a_while(self, action: Action) -> None:
        self.does(action)

    @rule(action=hands, later=waits)
    def a_hand_at_the_console(self, action: Action, later: Action) -> None:
        self.does(action)
        later.act(self.story)

    @rule(action=lagging | echoing | insisting | garbling)
    def a_machine_has_its_ways(self, action: Action) -> None:
        self.does(action)

    @rule(action=rising | slipping | starting | starting_again | resuming)
    def somebody_goes_to_an_edge(self, action: Action) -> None:
        self.does(action)

    @rule(action=climbing)
    def somebody_climbs_for_long(self, action: Action) -> None:
        self.does(action)

    @rule(
        axis=axes,
        sixteenths=st.integers(2, 14),
        aloud=st.booleans(),
        steps=st.integers(1, 4),
        between=st.sampled_from(BETWEEN),
        after=st.integers(1, 130) | st.integers(84, 119),
    )
    def a_hand_slows_and_soon_more_is_asked(
        self, *, axis: Axis, sixteenths: int, aloud: bool, steps: int, between: str, after: int
    ) -> None:
        self.does(slows(axis, sixteenths, aloud=aloud))
        story, slowed = self.story, self.story.now
        match between:
            case "a lost link":
                story.connected = False
                story.wait(0.5)
                story.connected = True
            case "a pause":
                story.stands(Belt.PAUSED).wait(1)
                story.runs()
            case "a new start":
                story.ask(Verb.STOP)
                story.stands().wait(1)
                story.runs()
            case "another person":
                story.stands().wait(1)
                story.steps_on("Ben" if story.name == "Ada" else "Ada")
                story.runs()
            case "a restart":
                story.killed(2.0, 2.0, known=True)
        story.wait(max(0.25, slowed + after / 4 - story.now))
        asks_more(axis, steps).act(story)

    @rule(action=passing)
    def something_fails_for_a_while(self, action: Action) -> None:
        self.does(action)

    @rule(action=restarts | lasting | oddities | noise)
    def something_goes_wrong(self, action: Action) -> None:
        self.does(action)

    @rule(
        away=st.sampled_from([0.0, 1.0, 5.0, 5.0, 40.0, 700.0, 5400.0, DAY_S, 31 * DAY_S]),
        certain=st.sampled_from([1.0, 1.0, 0.5, 0.0]),
        known=st.sampled_from([True] * 9 + [False]),
    )
    def it_is_killed(self, away: float, certain: float, known: bool) -> None:
        self.counts()
        self.story.killed(away, away * certain, known=known)

    @rule(name=st.sampled_from(["Ada", "Ben", "Cy"]))
    def somebody_else_comes(self, name: str) -> None:
        self.counts()
        if name != self.story.name:
            self.story.steps_on(name)

    @precondition(lambda self: self.story.policy.heart_rate_ceiling is not None)
    @rule(rate=st.none() | st.sampled_from([0, 70, 149, 150, 151, 180, 255]), later=waits)
    def the_heart_beats(self, rate: int | None, later: Action) -> None:
        self.counts()
        self.story.heart = rate
        later.act(self.story)

    @rule(
        max_speed=st.sampled_from([1600, 905, 700]),
        max_incline=st.sampled_from([150, 63]),
        speed_ramp=st.sampled_from([50.0, 20.0]),
        warm_up_speed=st.sampled_from([600, 400]),
        gradual=st.sampled_from([(110.0, False), (110.0, True), (100.0, True)]),
    )
    def limits_change(
        self,
        max_speed: int,
        max_incline: int,
        speed_ramp: float,
        warm_up_speed: int,
        gradual: tuple[float, bool],
    ) -> None:
        self.counts()
        changed = replace(
            self.story.policy,
            max_speed=max_speed,
            max_incline=max_incline,
            speed_ramp=speed_ramp,
            warm_up_speed=warm_up_speed,
            gradual_percent=gradual[0],
            gradual_enforced=gradual[1],
        )
        self.story.configured(changed)

    @rule(severity=st.integers(0, 10))
    def it_hurts(self, severity: int) -> None:
        self.counts()
        self.story.hurts(severity)

    @precondition(lambda self: self.story.decision.rest_left_s > 0)
    @rule()
    def it_heals(self) -> None:
        self.counts()
        self.story.heals()

    def teardown(self) -> None:
        # After a decision that was wrong the oracle lags behind, and would find what is not there.
        if hasattr(self, "story") and self.story.holds:
            self.story.wait(1)
            assert self.story.oracle.compared


HARD = settings.default.max_examples if settings.default else 100
# More than 100,000 steps where the profile asks for 5,000 examples; some seconds by default.
SHARE = 3 / 5 if HARD >= 1000 else 1 / 8
COURSES = settings(
    max_examples=max(5, round(HARD * SHARE)), stateful_step_count=40, derandomize=HARD < 1000
)


class TestAnyCourse:
    @pytest.mark.timeout(0)
    def test_every_decision_satisfies_the_judges_and_agrees_with_the_oracle(self) -> None:
        run_state_machine_as_test(GuardMachine, settings=COURSES)
