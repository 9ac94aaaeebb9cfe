"""What becomes of commands: one first outcome at once, and exactly one final one. Pure.

First: `accepted`, `limited` or `rejected`; the last is final. Otherwise the final one follows:
`confirmed` when the machine shows it, `superseded` by a newer command, or `failed` at the latest
60 s after progress has ceased.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace

from bridge.values import HALTS, Axis, Belt, Command, Outcome, Reason, Result, Verb

REMEMBERED = 256
"""First outcomes kept for commands that come twice."""

NO_PROGRESS_S = 60.0
"""A target that neither guard nor machine brings nearer for this long has failed: longer than any
wait for a belt that lags, because the ramp alone may take minutes."""

_LIMITS: dict[Verb, tuple[float, str]] = {
    Verb.START: (20.0, "start"),
    Verb.RESUME: (20.0, "start"),
    Verb.PAUSE: (30.0, "stop"),
    Verb.STOP: (30.0, "stop"),
    Verb.FINISH: (NO_PROGRESS_S, "stop"),
    Verb.RELEASE: (10.0, "release"),
    Verb.CONNECT: (60.0, "connect"),
}
"""Seconds that a command may take, and the case of the reason `timeout` then. A `finish` has them
from the end of its cool-down on."""

_NO_LIMIT = (NO_PROGRESS_S, "")

_LINK_DOWN = Reason("link_down")
_FINISH_WAITS = Reason("link_down", case="finish")

_TARGETS = {Axis.SPEED: Verb.SPEED, Axis.INCLINE: Verb.INCLINE}
_STARTS = frozenset({Verb.START, Verb.RESUME})
_LINK = frozenset({Verb.RELEASE, Verb.CONNECT})
MOTION = frozenset({Verb.SPEED, Verb.INCLINE, Verb.FINISH}) | _STARTS | HALTS
"""Everything that needs the machine."""

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
"""What is done at once, because no machine has to show it."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a target has come, in wire units and monotonic seconds.

    `goal` is what will be written in the end, `setpoint` what is written now. `reading` is measured
    at `sampled`, None where nothing is; `shows`: a machine that stands at the goal may show it.
    """

    goal: int
    setpoint: int | None
    reading: float | None
    sampled: float
    shows: bool


@dataclass(slots=True)
class _Open:
    """A command whose end is not known yet; times are monotonic seconds."""

    first: Outcome
    deadline: float
    distance: float | None = None
    written: float | None = None
    """Since when the setpoint is the goal."""
    refused: Reason | None = None
    """Why the machine refused a value on the way."""

    def end(self, result: Result, *reasons: Reason) -> Outcome:
        # What limited a request says nothing about one that a newer request took the place of.
        kept = () if result is Result.SUPERSEDED else self.first.reasons
        return replace(self.first, result=result, reasons=(*kept, *reasons))


class Outcomes:
    """The commands of one treadmill. Each method returns the outcomes to tell now, in order."""

    def __init__(self) -> None:
        self._first: OrderedDict[str, Outcome] = OrderedDict()
        self._open: dict[Verb, _Open] = {}
        self._belt = Belt.UNKNOWN
        self._connected: bool | None = None

    @property
    def open(self) -> bool:
        """True while a command waits for its end."""
        return bool(self._open)

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
        reasons: Iterable[Reason] = (),
    ) -> list[Outcome]:
        """Open a command with its first outcome; `applied` in wire units where it is a target."""
        first = Outcome(command, result, applied, tuple(reasons))
        self._remember(first)
        if result is Result.REJECTED:
            return [first]
        verbs = _SUPERSEDES.get(command.verb, frozenset()) | {command.verb}
        # A stop sent again under its own id goes on, so that it too ends but once.
        older = [verb for verb in verbs if self._id(verb) != command.id]
        ended = self._end(sorted(older), Result.SUPERSEDED, Reason("superseded"))
        limit, _ = _LIMITS.get(command.verb, _NO_LIMIT)
        self._open[command.verb] = _Open(first, now + limit)
        return [first, *ended]

    def follow(self, axis: Axis, progress: Progress, now: float) -> list[Outcome]:
        """Take how far the open target of an axis has come.

        It is confirmed by a reading that is newer than the setpoint.
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
        """The machine refused a value; it may take another one, which is reported without `why`."""
        for verb in verbs:
            if verb in self._open:
                self._open[verb].refused = why

    def goes_on(self, verb: Verb, now: float) -> None:
        """What takes its own time is under way: its limit begins anew."""
        if verb in self._open:
            self._open[verb].deadline = now + _LIMITS[verb][0]

    def applied(self, axis: Axis) -> int | None:
        """The target that is waited for on an axis, in wire units; None where there is none."""
        waiting = self._open.get(_TARGETS[axis])
        return None if waiting is None else waiting.first.applied

    def close(self, reason: Reason) -> list[Outcome]:
        """End what is still open: its fate will not be seen."""
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
        """What was asked by this verb is done, where no machine has to show it."""
        return self._end([verb], Result.CONFIRMED)

    def fail(
        self, reason: Reason, verbs: Collection[Verb] = MOTION, *more: Reason
    ) -> list[Outcome]:
        """Commands of these verbs will not come to pass."""
        return self._end(sorted(verbs), Result.FAILED, reason, *more)

    def tick(self, now: float, stuck: Callable[[Axis], tuple[Reason, ...]]) -> list[Outcome]:
        """Time went by: what took too long has failed; `stuck` says why a target has."""
        ended = self._settle()
        for verb, waiting in list(self._open.items()):
            if now >= waiting.deadline:
                if verb in _TARGETS.values():
                    refused = waiting.refused
                    reasons = (refused,) if refused else stuck(Axis(verb.value))
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

    def _remember(self, first: Outcome) -> None:
        self._first.setdefault(first.command.id, first)
        if len(self._first) > REMEMBERED:
            self._first.popitem(last=False)
