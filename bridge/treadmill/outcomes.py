"""Outcomes of commands: one first outcome at once, and exactly one final one. Pure.

The first is `accepted`, `limited` or `rejected`; `rejected` is final. Otherwise the final one
follows: `confirmed` when the machine shows it, `superseded` by a newer command, or `failed` at the
latest 60 s after progress has ceased.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace

from bridge.contract.message import REMEMBERED
from bridge.contract.parser import Refusal
from bridge.values import HALTS, Axis, Belt, Command, Outcome, Reason, Result, Verb

NO_PROGRESS_S = 60.0
"""Seconds without progress after which a target has failed. The limit exceeds any wait for a
lagging belt; the ramp alone may take minutes."""

_LIMITS: dict[Verb, tuple[float, str]] = {
    Verb.START: (20.0, "start"),
    Verb.RESUME: (20.0, "start"),
    Verb.PAUSE: (30.0, "stop"),
    Verb.STOP: (30.0, "stop"),
    Verb.FINISH: (NO_PROGRESS_S, "stop"),
    Verb.RELEASE: (10.0, "release"),
    Verb.CONNECT: (60.0, "connect"),
}
"""Time limit of a command in seconds, and the case of its reason `timeout`. For `finish` it counts
from the end of the cool-down."""

_NO_LIMIT = (NO_PROGRESS_S, "")

_LINK_DOWN = Reason("link_down")
_FINISH_WAITS = Reason("link_down", case="finish")

_TARGETS = {Axis.SPEED: Verb.SPEED, Axis.INCLINE: Verb.INCLINE}
_STARTS = frozenset({Verb.START, Verb.RESUME})
_LINK = frozenset({Verb.RELEASE, Verb.CONNECT})
MOTION = frozenset({Verb.SPEED, Verb.INCLINE, Verb.FINISH}) | _STARTS | HALTS
"""Verbs that need the machine."""

_SUPERSEDES: dict[Verb, frozenset[Verb]] = {
    Verb.STOP: MOTION,
    Verb.PAUSE: MOTION - {Verb.STOP},
    Verb.START: _STARTS | HALTS,
    Verb.RESUME: _STARTS | HALTS | {Verb.FINISH},
    Verb.FINISH: frozenset({Verb.SPEED, Verb.INCLINE}),
    Verb.RELEASE: _LINK,
    Verb.CONNECT: _LINK,
}

PERSONAL = frozenset({Verb.PAIN, Verb.PERSON, Verb.SHOES, Verb.WORKOUT, Verb.PLAN})
"""Verbs done at once, without the machine."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of a target, in wire units and monotonic seconds.

    `goal` is the final setpoint, `setpoint` the current one. `reading` was measured at `sampled`,
    None without one. `shows` is True if a machine steady at the goal may show it.
    """

    goal: int
    setpoint: int | None
    reading: float | None
    sampled: float
    shows: bool


@dataclass(slots=True)
class _Open:
    """A command without a final outcome; times are monotonic seconds."""

    first: Outcome
    deadline: float
    distance: float | None = None
    written: float | None = None
    """Time at which the setpoint reached the goal."""
    refused: Reason | None = None
    """Reason for which the machine refused the newest value; None once it accepts one."""

    def end(self, result: Result, *reasons: Reason) -> Outcome:
        # Limits of the old request say nothing about the newer one that superseded it.
        kept = () if result is Result.SUPERSEDED else self.first.reasons
        refused = self.refused
        if refused is not None and refused not in reasons and result is Result.FAILED:
            kept = (*kept, refused)
        return replace(self.first, result=result, reasons=(*kept, *reasons))


class Outcomes:
    """The commands of one treadmill. Each method returns the new outcomes, in order."""

    def __init__(self) -> None:
        self._first: OrderedDict[str, Outcome | Refusal] = OrderedDict()
        self._open: dict[Verb, _Open] = {}
        self._belt = Belt.UNKNOWN
        self._connected: bool | None = None

    @property
    def open(self) -> bool:
        """True while a command waits for its end."""
        return bool(self._open)

    def seen(self, command: Command) -> Outcome | Refusal | None:
        """Return the first outcome of a command with a known id, which is then not run again.

        Stops and pauses are run again: a person who repeats one means it.
        """
        return None if command.verb in HALTS else self._first.get(command.id)

    def refuse(self, refusal: Refusal) -> Outcome | Refusal:
        """Return the first outcome of a refused message's id: the refusal, if the id is new.

        A retained message leaves its id free: the broker sends it again at each reconnect.
        """
        retained = refusal.reason.rule == "retained"
        return refusal if retained else self._remember(refusal.id, refusal)

    def begin(
        self,
        command: Command,
        result: Result,
        now: float,
        *,
        applied: int | None = None,
        reasons: Iterable[Reason] = (),
    ) -> list[Outcome]:
        """Open a command with its first outcome; `applied` in wire units for a target."""
        first = Outcome(command, result, applied, tuple(reasons))
        self._remember(command.id, first)
        if result is Result.REJECTED:
            return [first]
        verbs = _SUPERSEDES.get(command.verb, frozenset()) | {command.verb}
        # A stop repeated under its own id continues, so that it ends only once.
        older = [verb for verb in verbs if self._id(verb) != command.id]
        ended = self._end(sorted(older), Result.SUPERSEDED, Reason("superseded"))
        limit, _ = _LIMITS.get(command.verb, _NO_LIMIT)
        self._open[command.verb] = _Open(first, now + limit)
        return [first, *ended]

    def follow(self, axis: Axis, progress: Progress, now: float) -> list[Outcome]:
        """Take the progress of the open target on an axis.

        Only a reading newer than the setpoint confirms it.
        """
        verb, goal = _TARGETS[axis], progress.goal
        waiting = self._open.get(verb)
        if waiting is None:
            return []
        if progress.setpoint != goal:
            waiting.written = None
        elif waiting.written is None:
            waiting.written = now
        elif progress.shows and progress.sampled > waiting.written and not waiting.refused:
            waiting.first = replace(waiting.first, applied=goal)
            return self._end([verb], Result.CONFIRMED)
        places = (progress.setpoint, progress.reading)
        distance = sum(abs(goal - place) for place in places if place is not None)
        if waiting.distance is None or distance < waiting.distance:
            waiting.distance, waiting.deadline = distance, now + NO_PROGRESS_S
        return []

    def refused(self, verbs: Iterable[Verb], why: Reason | None) -> None:
        """Record that the machine refused a value; without `why`, that it accepted one."""
        for verb in verbs:
            if verb in self._open:
                self._open[verb].refused = why

    def goes_on(self, verb: Verb, now: float) -> None:
        """Restart the time limit: the command is in progress."""
        if verb in self._open:
            self._open[verb].deadline = now + _LIMITS[verb][0]

    def applied(self, axis: Axis) -> int | None:
        """Return the open target on an axis, in wire units; None without one."""
        waiting = self._open.get(_TARGETS[axis])
        return None if waiting is None else waiting.first.applied

    def close(self, reason: Reason) -> list[Outcome]:
        """Fail all open commands: their result will not be observed."""
        return self.fail(reason, list(self._open))

    def belt(self, belt: Belt) -> list[Outcome]:
        """Take the state of the belt, valid until the next call."""
        self._belt = belt
        return self._settle()

    def link(self, *, connected: bool) -> list[Outcome]:
        """Take the state of the link, valid until the next call."""
        self._connected = connected
        return self._settle()

    def _settle(self) -> list[Outcome]:
        """Confirm or fail what belt and link decide, also for commands that come later."""
        if not self._open:
            return []
        ended = []
        if self._belt.stands:
            ended += self._end([Verb.STOP, Verb.PAUSE, Verb.FINISH], Result.CONFIRMED)
            ended += self.fail(Reason("belt_stands"), _TARGETS.values())
        elif self._belt is Belt.RUNNING:
            ended += self._end(sorted(_STARTS), Result.CONFIRMED)
        if self._connected:
            ended += self._end([Verb.CONNECT], Result.CONFIRMED)
        elif self._connected is False:
            ended += self._end([Verb.RELEASE], Result.CONFIRMED)
            ended += self.fail(_FINISH_WAITS, [Verb.FINISH])
            ended += self.fail(_LINK_DOWN, MOTION)
        return ended

    def confirm(self, verb: Verb) -> list[Outcome]:
        """Confirm the commands of a verb that needs no machine."""
        return self._end([verb], Result.CONFIRMED)

    def fail(
        self, reason: Reason, verbs: Collection[Verb] = MOTION, *more: Reason
    ) -> list[Outcome]:
        """Fail the open commands of these verbs."""
        return self._end(sorted(verbs), Result.FAILED, reason, *more)

    def tick(self, now: float, stuck: Callable[[Axis], tuple[Reason, ...]]) -> list[Outcome]:
        """Fail commands that took too long; `stuck` returns why a target has."""
        ended = self._settle()
        for verb, waiting in list(self._open.items()):
            if now >= waiting.deadline:
                if verb in _TARGETS.values():
                    reasons = () if waiting.refused else stuck(Axis(verb.value))
                else:
                    limit, case = _LIMITS.get(verb, _NO_LIMIT)
                    reasons = (Reason("timeout", values=(("within", limit),), case=case),)
                ended += self._end([verb], Result.FAILED, *reasons)
        return ended

    def _id(self, verb: Verb) -> str | None:
        waiting = self._open.get(verb)
        return waiting.first.command.id if waiting else None

    def _end(self, verbs: Iterable[Verb], result: Result, *reasons: Reason) -> list[Outcome]:
        ended = [self._open.pop(verb) for verb in verbs if verb in self._open]
        return [waiting.end(result, *reasons) for waiting in ended]

    def _remember(self, identity: str, answer: Outcome | Refusal) -> Outcome | Refusal:
        """Return the first outcome of an id, which is this answer if the id is new."""
        first = self._first.setdefault(identity, answer)
        if len(self._first) > REMEMBERED:
            self._first.popitem(last=False)
        return first
