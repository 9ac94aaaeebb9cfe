"""What becomes of commands: one first outcome at once, and exactly one final one. Pure.

First: `accepted`, `limited` or `rejected`; the last is final. Otherwise the final one follows:
`confirmed` when the machine shows it, `superseded` by a newer command, or `failed`.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from itertools import chain

from bridge.values import HALTS, Axis, Belt, Command, Outcome, Result, Verb

REMEMBERED = 256
"""First outcomes kept for commands that come twice."""

NO_PROGRESS_S = 60.0
"""A target that the machine comes no nearer to for this long has failed: longer than any wait for a
belt that lags, because the ramp alone may take minutes."""

_SECONDS = {
    Verb.START: 20.0,
    Verb.RESUME: 20.0,
    Verb.PAUSE: 30.0,
    Verb.STOP: 30.0,
    Verb.RELEASE: 10.0,
    Verb.CONNECT: 60.0,
}
"""How long a command may take that no ramp slows down."""

_LINK_DOWN = "the link to the machine is down"
_FINISH_WAITS = f"{_LINK_DOWN}; the cool-down goes on when it is back, else stop at the console"

_TARGETS = {Axis.SPEED: Verb.SPEED, Axis.INCLINE: Verb.INCLINE}
_STARTS = frozenset({Verb.START, Verb.RESUME})
_LINK = frozenset({Verb.RELEASE, Verb.CONNECT})
MOTION = frozenset({Verb.SPEED, Verb.INCLINE, Verb.FINISH}) | _STARTS | HALTS
"""Everything that needs the machine."""

_SUPERSEDES: dict[Verb, frozenset[Verb]] = {
    Verb.STOP: MOTION,
    Verb.PAUSE: MOTION - {Verb.STOP},
    Verb.START: _STARTS | HALTS,
    Verb.RESUME: _STARTS | HALTS,
    Verb.FINISH: frozenset({Verb.SPEED, Verb.INCLINE}),
    Verb.RELEASE: _LINK,
    Verb.CONNECT: _LINK,
}


@dataclass(slots=True)
class _Open:
    """A command whose end is not known yet; times are monotonic seconds."""

    first: Outcome
    deadline: float
    distance: int | None = None

    def end(self, result: Result, *reasons: str) -> Outcome:
        return replace(self.first, result=result, reasons=(*self.first.reasons, *reasons))


class Outcomes:
    """The commands of one treadmill. Each method returns the outcomes to tell now, in order."""

    def __init__(self) -> None:
        self._first: OrderedDict[str, Outcome] = OrderedDict()
        self._open: dict[Verb, _Open] = {}
        self._belt = Belt.UNKNOWN
        self._connected: bool | None = None

    def seen(self, command: Command) -> Outcome | None:
        """The first outcome of a command whose id came before; then it is not to be done again.

        Stops and pauses are: a person who sends one again means it.
        """
        return None if command.verb in HALTS else self._first.get(command.id)

    def begin(
        self,
        command: Command,
        result: Result,
        now: float,
        *,
        applied: int | None = None,
        reasons: Iterable[str] = (),
    ) -> list[Outcome]:
        """Open a command with its first outcome; `applied` in wire units where it is a target."""
        first = Outcome(command, result, applied, tuple(reasons))
        self._remember(first)
        if result is Result.REJECTED:
            return [first]
        verbs = _SUPERSEDES.get(command.verb, frozenset()) | {command.verb}
        # A stop sent again under its own id goes on, so that it too ends but once.
        older = [verb for verb in verbs if self._id(verb) != command.id]
        reason = f"superseded by {command.id}"
        ended = self._end(sorted(older), Result.SUPERSEDED, reason)
        limit = NO_PROGRESS_S if command.verb in _TARGETS.values() else _SECONDS.get(command.verb)
        self._open[command.verb] = _Open(first, float("inf") if limit is None else now + limit)
        return [first, *ended]

    def measured(self, axis: Axis, value: int, step: int, now: float) -> list[Outcome]:
        """A sample shows this value; `step` is the machine's, both in wire units.

        The machine may be one step short, because targets are rounded down to its steps.
        """
        verb = _TARGETS[axis]
        waiting = self._open.get(verb)
        if waiting is None or waiting.first.applied is None:
            return []
        applied = waiting.first.applied
        if applied - step < value <= applied + step // 2:
            return self._end([verb], Result.CONFIRMED)
        distance = abs(value - applied)
        if waiting.distance is None or distance < waiting.distance:
            waiting.distance, waiting.deadline = distance, now + NO_PROGRESS_S
        return []

    def applied(self, axis: Axis) -> int | None:
        """The target that is waited for on an axis, in wire units; None where there is none."""
        waiting = self._open.get(_TARGETS[axis])
        return None if waiting is None else waiting.first.applied

    def wanted(self, axis: Axis, value: int | None, why: str) -> list[Outcome]:
        """This is wanted now on an axis (wire units); a target that is not, will not be reached."""
        applied = self.applied(axis)
        if applied is None or value == applied:
            return []
        return self.fail(why, [_TARGETS[axis]])

    def close(self, reason: str) -> list[Outcome]:
        """Nobody will see what becomes of what is still open."""
        return self.fail(reason, list(self._open))

    def belt(self, belt: Belt) -> list[Outcome]:
        """The belt is known to do this, until something else is said."""
        self._belt = belt
        return self._settle()

    def link(self, *, connected: bool) -> list[Outcome]:
        """The link to the machine is up, or down, until something else is said."""
        self._connected = connected
        return self._settle()

    def _settle(self) -> list[Outcome]:
        """End what the state of the belt and the link decides: also what it decided beforehand."""
        ended = []
        if self._belt.stands:
            ended += self._end([Verb.STOP, Verb.PAUSE, Verb.FINISH], Result.CONFIRMED)
            ended += self.fail("the belt stands", _TARGETS.values())
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
        """What was asked by this verb is done, where no machine has to show it."""
        return self._end([verb], Result.CONFIRMED)

    def fail(self, reason: str, verbs: Collection[Verb] = MOTION) -> list[Outcome]:
        """Commands of these verbs will not come to pass."""
        return self._end(sorted(verbs), Result.FAILED, reason)

    def tick(self, now: float) -> list[Outcome]:
        """Time went by: what took too long has failed."""
        settled = self._settle()
        overdue = [verb for verb, waiting in self._open.items() if now >= waiting.deadline]
        failed = (self._end([verb], Result.FAILED, _overdue(verb)) for verb in overdue)
        return [*settled, *chain.from_iterable(failed)]

    def _id(self, verb: Verb) -> str | None:
        waiting = self._open.get(verb)
        return waiting.first.command.id if waiting else None

    def _end(self, verbs: Iterable[Verb], result: Result, *reasons: str) -> list[Outcome]:
        ended = [self._open.pop(verb) for verb in verbs if verb in self._open]
        return [waiting.end(result, *reasons) for waiting in ended]

    def _remember(self, first: Outcome) -> None:
        self._first.setdefault(first.command.id, first)
        if len(self._first) > REMEMBERED:
            self._first.popitem(last=False)


def _overdue(verb: Verb) -> str:
    if verb in _SECONDS:
        return f"not seen to happen within {_SECONDS[verb]:.0f} s"
    return f"the machine came no nearer for {NO_PROGRESS_S:.0f} s"
