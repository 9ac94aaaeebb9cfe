"""A workout in virtual time: the real player and the real guard on a belt that obeys at once."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bridge.guard import Decision, Guard, Past, Policy
from bridge.guard.texts import amount, duration
from bridge.machines.learned import UNLEARNED, LearnedMachine, UnitVerdict
from bridge.values import (
    INCLINE,
    SPEED,
    Axis,
    Belt,
    Command,
    MachineInfo,
    Sample,
    Snapshot,
    Verb,
)
from bridge.workouts.look import Ask, Look, grids_of
from bridge.workouts.plan import Plan, PlannedStep, metres
from bridge.workouts.player import Player, Word
from protocols.ftms.ranges import InclineRange, SpeedRange
from protocols.ftms.treadmill_data import TreadmillData

TICK_S = 1.0
OPEN_S = 300.0
"""An open step is taken to last this long."""
CHOSEN = 600
"""The speed (0.01 km/h) that a person is taken to choose where no step names one."""
LONGEST_S = 14 * 3600.0
"""A workout that is not over by then has no end: its belt stands, or crawls."""
ABLE = MachineInfo(
    address="",
    speed_range=SpeedRange(minimum=80, maximum=2500, step=10),
    incline_range=InclineRange(minimum=-100, maximum=400, step=5),
    can_control=True,
)
"""A machine whose ranges limit nothing, for one that was never seen."""
_VERIFIED_M = 150.0
"""By then the machine's unit is known, from distance against speed."""


@dataclass(slots=True)
class StepOutlook:
    """What becomes of one step. Seconds, metres, wire units.

    `reached` is the highest setpoint of each axis in it, `goals` the highest target. `why` is what
    kept it from there, and for how many seconds.
    """

    step: PlannedStep
    begins_s: float
    seconds: float = 0.0
    metres: float = 0.0
    climb_m: float = 0.0
    reached: dict[Axis, int] = field(default_factory=dict)
    goals: dict[Axis, int] = field(default_factory=dict)
    why: dict[str, float] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """What the guard makes of it, for people; empty where it is as planned."""
        texts = [f"{why} ({duration(seconds)})" for why, seconds in self.why.items()]
        if not texts:
            texts = [
                f"the ramp reaches {amount(axis, self.reached[axis])}"
                for axis, goal in self.goals.items()
                if self.reached[axis] < goal
            ]
        return "; ".join(texts)


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a workout comes to today. `assumed` names what nobody can know before."""

    plan: Plan
    steps: tuple[StepOutlook, ...]
    ending: str
    assumed: tuple[str, ...]

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return sum(step.seconds for step in self.steps)

    @property
    def metres(self) -> float:
        """How far it goes."""
        return sum(step.metres for step in self.steps)

    @property
    def climb_m(self) -> float:
        """How high it goes."""
        return sum(step.climb_m for step in self.steps)

    @property
    def summary(self) -> str:
        """All of it in one line."""
        limited = sum(bool(step.text) for step in self.steps)
        text = f"{duration(self.seconds)}, {metres(self.metres)}, {self.climb_m:.0f} m of climb"
        return f"{text}; lowered: {limited} of {len(self.steps)} steps" if limited else text


def dry_run(
    plan: Plan,
    policy: Policy,
    *,
    machine: MachineInfo | None = None,
    past: Past | None = None,
    learned: LearnedMachine = UNLEARNED,
    goes_on: Callable[[], bool] = lambda: True,
) -> DryRun:
    """Play a workout through, from a belt that was just started at its lowest speed.

    Args:
        plan: the workout.
        policy: the limits of the person on this treadmill.
        machine: the treadmill; None takes one that can do all that the limits allow.
        past: what the guard knows of the person; None is a person who has not run of late.
        learned: what is known of how the machine moves.
        goes_on: asked now and then; False ends it early.
    """
    return _Rehearsal(plan, policy, machine, past or Past.nobody(), learned).run(goes_on)


class _Rehearsal:
    def __init__(
        self,
        plan: Plan,
        policy: Policy,
        machine: MachineInfo | None,
        past: Past,
        learned: LearnedMachine,
    ) -> None:
        self.plan = plan
        self.policy = policy
        self.assumed: dict[str, None] = {}
        if machine is None:
            self.assumed["the treadmill can do all that the limits allow"] = None
        self.machine = machine or ABLE
        self.learned = learned
        self.now = 0.0
        self.metres = 0.0
        self.guard = Guard(policy, self.now, past)
        self.player = Player(plan, policy.cool_down_speed)
        self.at = {SPEED: 0, INCLINE: past.incline or 0}
        self.grids = grids_of(self.machine, policy)
        self.belt = Belt.IDLE
        self.outlooks: list[StepOutlook] = []
        self.ending = ""

    def run(self, goes_on: Callable[[], bool]) -> DryRun:
        self._decide()
        self.belt = Belt.RUNNING
        self.at[SPEED] = self.grids[SPEED].range.minimum
        self._decide()
        if all(step.speed is None for step in self.plan.steps):
            self._submit(Ask(Verb.SPEED, CHOSEN, person=True))
            self.assumed[f"you choose {amount(SPEED, CHOSEN)}"] = None
        ticks = 0
        while not self.player.is_over and self.now < LONGEST_S:
            self.now += TICK_S
            ticks += 1
            self._tick()
            if ticks % 500 == 0 and not goes_on():
                break
        return DryRun(self.plan, tuple(self.outlooks), self.ending, tuple(self.assumed))

    # --- the belt and the guard

    @property
    def snapshot(self) -> Snapshot:
        data = TreadmillData(
            speed=self.at[SPEED], incline=self.at[INCLINE], distance=int(self.metres)
        )
        learned = self.learned
        if self.metres > _VERIFIED_M and not learned.speaks_kmh:
            learned = replace(learned, reports=UnitVerdict.KMH, targets=UnitVerdict.KMH)
        return Snapshot(
            connected=True,
            machine=self.machine,
            belt=self.belt,
            sample=Sample(self.now, data),
            read_time=self.now,
            learned=learned,
        )

    def _decide(self) -> Decision:
        decision = self.guard.decide(self.snapshot, self.now)
        for target in decision.targets:
            self.at[target.axis] = target.value
        return decision

    def _submit(self, ask: Ask) -> None:
        command = Command(
            id="",
            verb=ask.verb,
            source="dry run",
            received=self.now,
            value=ask.value,
            program=not ask.person,
        )
        self.player.answered(ask, self.guard.submit(command, self.snapshot, self.now), self.now)

    # --- time

    def _tick(self) -> None:
        moved = self.at[SPEED] / 360 * TICK_S
        self.metres += moved
        decision = self._decide()
        player, snapshot = self.player, self.snapshot
        before = player.index
        for ask in player.follow(Look.of(decision, snapshot, self.policy, self.now, self.grids)):
            if ask.verb in {Verb.STOP, Verb.FINISH}:
                self._end(ask)
                return
            self._submit(ask)
        if not self.outlooks or player.index != before:
            self.outlooks.append(StepOutlook(player.step, self.now))
        self._note(moved, decision)
        if player.step.is_open and player.at_s >= OPEN_S:
            self.assumed[f"an open step lasts {duration(OPEN_S)}"] = None
            player.command(Word.SKIP, self.now)
            if not player.is_over:
                self.outlooks.append(StepOutlook(player.step, self.now))

    def _note(self, moved: float, decision: Decision) -> None:
        outlook = self.outlooks[-1]
        outlook.seconds += TICK_S
        outlook.metres += moved
        outlook.climb_m += moved * max(0, self.at[INCLINE]) / 1000
        if outlook.step.band is not None:
            self.assumed["the heart rate changes nothing"] = None
        for axis, goal in self.player.goals.items():
            outlook.goals[axis] = max(outlook.goals.get(axis, goal), goal)
            outlook.reached[axis] = max(outlook.reached.get(axis, -1000), self.at[axis])
            requested = decision.requested.get(axis)
            if requested is None or requested >= goal or decision.limits.most(axis) >= goal:
                continue
            for bound in decision.limits.lowest(axis):
                why = f"{bound.rule.replace('_', ' ')}: at most {amount(axis, bound.value)}"
                outlook.why[why] = outlook.why.get(why, 0.0) + TICK_S

    def _end(self, ask: Ask) -> None:
        if ask.verb is Verb.STOP:
            self.ending = "Then the belt stops."
        else:
            length, walk = duration(self.policy.cool_down_s), self.policy.cool_down_speed
            self.ending = (
                f"Then the guard cools down to {amount(SPEED, walk)} in {length}, and stops."
            )
