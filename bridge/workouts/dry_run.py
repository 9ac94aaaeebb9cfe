"""A workout in virtual time: the real player and guard, on a belt that follows at once."""

from dataclasses import dataclass, field, replace

from bridge.guard import Decision, Guard, Past, Policy
from bridge.machines.learned import UNLEARNED, LearnedMachine, UnitVerdict
from bridge.texts.figures import amount, climb, duration
from bridge.values import (
    INCLINE,
    SPEED,
    Axis,
    Belt,
    Command,
    MachineInfo,
    Measurement,
    Sample,
    Snapshot,
    Units,
    Verb,
)
from bridge.workouts.look import Ask, Look, grids_of
from bridge.workouts.plan import Plan, PlannedStep, metres
from bridge.workouts.player import Player
from bridge.workouts.states import PlayerAction
from protocols.ranges import InclineRange, SpeedRange

TICK_S = 1.0
OPEN_S = 300.0
"""Assumed duration of an open step, in seconds."""
CHOSEN = 600
"""Assumed speed (0.01 km/h) where a step leaves it to the person."""
LONGEST_S = 14 * 3600.0
"""A workout longer than this never ends: its belt stands, or creeps."""
ABLE = MachineInfo(
    address="",
    speed_range=SpeedRange(minimum=80, maximum=2500, step=10),
    incline_range=InclineRange(minimum=-100, maximum=400, step=5),
    can_control=True,
)
"""A machine whose ranges limit nothing, used if the real one was never seen."""
_VERIFIED_M = 150.0
"""Distance after which the machine's unit is known, from distance against speed."""


@dataclass(slots=True)
class StepOutlook:
    """Result of one step. Seconds, metres, wire units.

    `reached` is the highest setpoint of each axis in it, `goals` the highest target. `why` is what
    limited it, and for how many seconds.
    """

    step: PlannedStep
    begins_s: float
    units: Units
    seconds: float = 0.0
    metres: float = 0.0
    climb_m: float = 0.0
    reached: dict[Axis, int] = field(default_factory=dict)
    goals: dict[Axis, int] = field(default_factory=dict)
    why: dict[str, float] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """What the guard changes, for people; empty if nothing."""
        texts = [f"{why} ({duration(seconds)})" for why, seconds in self.why.items()]
        if not texts:
            texts = [
                f"the ramp reaches {amount(axis, self.reached[axis], self.units)}"
                for axis, goal in self.goals.items()
                if self.reached[axis] < goal
            ]
        return "; ".join(texts)


@dataclass(frozen=True, slots=True)
class DryRun:
    """Result of a workout today. `assumed` are the assumptions."""

    plan: Plan
    steps: tuple[StepOutlook, ...]
    ending: str
    assumed: tuple[str, ...]

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return sum(step.seconds for step in self.steps)

    @property
    def metres(self) -> float:
        """Distance in metres."""
        return sum(step.metres for step in self.steps)

    @property
    def climb_m(self) -> float:
        """Climb in metres."""
        return sum(step.climb_m for step in self.steps)

    @property
    def summary(self) -> str:
        """Summary in one line."""
        limited = sum(bool(step.text) for step in self.steps)
        units = self.plan.runner.units
        far, high = metres(self.metres, units), climb(self.climb_m, units)
        text = f"{duration(self.seconds)}, {far}, {high} of climb"
        return f"{text}; lowered: {limited} of {len(self.steps)} steps" if limited else text


def dry_run(
    plan: Plan,
    policy: Policy,
    *,
    machine: MachineInfo | None = None,
    past: Past | None = None,
    learned: LearnedMachine = UNLEARNED,
) -> DryRun:
    """Play a workout through at once; see `Rehearsal` for the arguments."""
    rehearsal = Rehearsal(plan, policy, machine=machine, past=past, learned=learned)
    while not rehearsal.advance(int(LONGEST_S)):
        pass
    return rehearsal.result


class Rehearsal:
    """A dry run computed in portions.

    It begins on a belt that has just been started at its lowest speed.

    Args:
        plan: the workout.
        policy: the limits of the person on this treadmill.
        machine: the treadmill; None assumes one without limits of its own.
        past: the guard's history of the person; None is a person who has not run lately.
        learned: the learned dynamics of the machine.
    """

    def __init__(
        self,
        plan: Plan,
        policy: Policy,
        *,
        machine: MachineInfo | None = None,
        past: Past | None = None,
        learned: LearnedMachine = UNLEARNED,
    ) -> None:
        past = past or Past.nobody()
        self._plan = plan
        self._units = plan.runner.units
        self._policy = policy
        self._assumed: dict[str, None] = {}
        if machine is None:
            self._assumed["the treadmill can do all that the limits allow"] = None
        self._machine = machine or ABLE
        self._learned = learned
        self._now = 0.0
        self._metres = 0.0
        self._guard = Guard(policy, self._now, past)
        self._player = Player(plan, policy.cool_down_speed)
        self._at = {SPEED: 0, INCLINE: past.incline or 0}
        self._grids = grids_of(self._machine, policy)
        self._belt = Belt.IDLE
        self._outlooks: list[StepOutlook] = []
        self._ending = ""
        self._cooled = False
        """True once the guard ends the session."""
        self._start()

    @property
    def result(self) -> DryRun:
        """The result so far."""
        return DryRun(self._plan, tuple(self._outlooks), self._ending, tuple(self._assumed))

    def advance(self, ticks: int) -> bool:
        """Advance by at most so many seconds; True once it is over."""
        for _ in range(ticks):
            if self._player.is_over or self._cooled or self._now >= LONGEST_S:
                return True
            self._now += TICK_S
            self._tick()
        return False

    def _start(self) -> None:
        self._decide()
        self._belt = Belt.RUNNING
        self._at[SPEED] = self._grids[SPEED].range.minimum
        self._decide()
        if all(step.speed is None for step in self._plan.steps):
            self._submit(Ask(Verb.SPEED, CHOSEN, person=True))
            self._assumed[f"you choose {amount(SPEED, CHOSEN, self._units)}"] = None

    # --- the belt and the guard

    @property
    def _snapshot(self) -> Snapshot:
        data = Measurement(
            speed=self._at[SPEED], incline=self._at[INCLINE], distance=int(self._metres)
        )
        learned = self._learned
        if self._metres > _VERIFIED_M and not learned.speaks_kmh:
            learned = replace(learned, reports=UnitVerdict.KMH, targets=UnitVerdict.KMH)
        return Snapshot(
            connected=True,
            machine=self._machine,
            belt=self._belt,
            sample=Sample(self._now, data),
            read_time=self._now,
            learned=learned,
        )

    def _decide(self) -> Decision:
        decision = self._guard.decide(self._snapshot, self._now)
        for target in decision.targets:
            self._at[target.axis] = target.value
        return decision

    def _submit(self, ask: Ask) -> None:
        command = Command(
            id="",
            verb=ask.verb,
            source="dry run",
            received=self._now,
            value=ask.value,
            program=not ask.person,
        )
        self._player.answered(
            ask, self._guard.submit(command, self._snapshot, self._now), self._now
        )

    # --- time

    def _tick(self) -> None:
        moved = self._at[SPEED] / 360 * TICK_S
        self._metres += moved
        decision = self._decide()
        if decision.phase == "cool_down":
            self._cooled = True
            self._ending = "Here the guard's own cool-down begins, and ends the workout."
            return
        player, snapshot = self._player, self._snapshot
        before = player.index
        for ask in player.follow(Look.of(decision, snapshot, self._policy, self._now, self._grids)):
            if ask.verb in {Verb.STOP, Verb.FINISH}:
                self._end(ask)
                return
            self._submit(ask)
        if not self._outlooks or player.index != before:
            self._outlooks.append(StepOutlook(player.step, self._now, self._units))
        self._note(moved, decision)
        if player.step.is_open and player.at_s >= OPEN_S:
            self._assumed[f"an open step lasts {duration(OPEN_S)}"] = None
            before = player.index
            player.command(PlayerAction.SKIP, self._now)
            if player.index != before:
                self._outlooks.append(StepOutlook(player.step, self._now, self._units))

    def _note(self, moved: float, decision: Decision) -> None:
        outlook = self._outlooks[-1]
        outlook.seconds += TICK_S
        outlook.metres += moved
        outlook.climb_m += moved * max(0, self._at[INCLINE]) / 1000
        if outlook.step.band is not None:
            self._assumed["the heart rate changes nothing"] = None
        for axis, goal in self._player.goals.items():
            outlook.goals[axis] = max(outlook.goals.get(axis, goal), goal)
            outlook.reached[axis] = max(outlook.reached.get(axis, -1000), self._at[axis])
            requested = decision.requested.get(axis)
            if requested is None or requested >= goal or decision.limits.most(axis) >= goal:
                continue
            for bound in decision.limits.lowest(axis):
                most = amount(axis, bound.value, self._units)
                why = f"{bound.rule.replace('_', ' ')}: at most {most}"
                outlook.why[why] = outlook.why.get(why, 0.0) + TICK_S

    def _end(self, ask: Ask) -> None:
        if ask.verb is Verb.STOP:
            self._ending = "Then the belt stops."
        else:
            length, walk = duration(self._policy.cool_down_s), self._policy.cool_down_speed
            self._ending = (
                f"Then the guard cools down to {amount(SPEED, walk, self._units)} in {length}, "
                "and stops."
            )
