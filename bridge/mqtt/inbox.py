"""Commands that wait for their turn: in order, never too many, never a stop behind anything."""

from collections import defaultdict, deque
from dataclasses import dataclass, replace

from bridge.contract.parser import Refusal
from bridge.values import HALTS, Command, Reason, Verb

CAPACITY = 64
"""So many may wait, and so many may come at once before the rate counts."""

_TARGETS = frozenset({Verb.SPEED, Verb.INCLINE})
_MOTION = _TARGETS | {Verb.START, Verb.RESUME, Verb.FINISH}


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message for one treadmill, read: a command, or why it is none."""

    treadmill: str
    content: Command | Refusal

    def is_command(self, verbs: frozenset[Verb]) -> bool:
        """Whether it is a command, and one of these."""
        return isinstance(self.content, Command) and self.content.verb in verbs

    def refused(self, reason: Reason) -> "Incoming":
        """The same message, refused."""
        if isinstance(self.content, Refusal):
            return self
        command = self.content
        refusal = Refusal(command.id, command.verb, command.source, reason, command.requested)
        return replace(self, content=refusal)


class Allowance:
    """Lets a burst pass, and after it `per_s` a second. Pure."""

    def __init__(self, per_s: float) -> None:
        self._per_s = per_s
        self._left = float(CAPACITY)
        self._time = float("-inf")

    def take(self, now: float) -> bool:
        """Whether one more is allowed at `now` (monotonic seconds)."""
        self._left = min(CAPACITY, self._left + (now - self._time) * self._per_s)
        self._time = now
        allowed = self._left >= 1
        if allowed:
            self._left -= 1
        return allowed


class Inbox:
    """What waits for one treadmill. Pure.

    A stop or a pause is never held up, and what it overtakes must not set the belt going again
    after it. Of too many targets the newest of each source counts, so that a slider that is pulled
    down ends where it was left; of too many other commands the first.

    Args:
        per_s: how many commands of each kind may come a second, for longer than a moment.

    Attributes:
        turned_down: how many were, because they were too many.
    """

    def __init__(self, per_s: float) -> None:
        self.turned_down = 0
        self._per_s = per_s
        self._waiting: deque[Incoming] = deque()
        self._allowances: defaultdict[Verb, Allowance] = defaultdict(lambda: Allowance(per_s))

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, incoming: Incoming, now: float) -> Incoming | None:
        """Take a message in, or hand back what is to be handled at once.

        That is a stop or a pause, what is no command at all and so must take nobody's place, or the
        refusal of what there was no room or no time for.
        """
        content = incoming.content
        if isinstance(content, Refusal):
            return incoming
        if content.verb in HALTS:
            self._overtake()
            return incoming
        if not self._allowances[content.verb].take(now):
            if content.verb not in _TARGETS:
                return self._turn_down(incoming)
            place = self._place_of_older(content)
            if place is not None:
                older, self._waiting[place] = self._waiting[place], incoming
                return self._turn_down(older, content.id)
        if len(self) >= CAPACITY:
            return self._turn_down(incoming)
        self._waiting.append(incoming)
        return None

    def get(self) -> Incoming:
        """The message that has waited longest; there must be one."""
        return self._waiting.popleft()

    def _turn_down(self, incoming: Incoming, newer: str | None = None) -> Incoming:
        self.turned_down += 1
        numbers = (("capacity", CAPACITY), ("per_s", self._per_s))
        if newer is None:
            return incoming.refused(Reason("too_many", values=numbers))
        values = (*numbers, ("newer", newer))
        return incoming.refused(Reason("too_many", values=values, case="newer"))

    def _place_of_older(self, command: Command) -> int | None:
        """Where the newest target of the same axis and source waits."""
        for place in range(len(self) - 1, -1, -1):
            waiting = self._waiting[place].content
            if (
                isinstance(waiting, Command)
                and waiting.verb is command.verb
                and waiting.source == command.source
            ):
                return place
        return None

    def _overtake(self) -> None:
        for place, waiting in enumerate(self._waiting):
            if waiting.is_command(_MOTION):
                self._waiting[place] = waiting.refused(Reason("halted"))
