"""Commands that wait for their turn: in their order, but never a stop behind anything."""

from collections import deque
from dataclasses import dataclass, replace

from bridge.mqtt.incoming import Refusal
from bridge.values import Command, Verb

CAPACITY = 64

_HALTS = frozenset({Verb.STOP, Verb.PAUSE})
_MOTION = frozenset({Verb.SPEED, Verb.INCLINE, Verb.START, Verb.RESUME, Verb.FINISH})


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message for one treadmill, read: a command, or why it is none."""

    treadmill: str
    content: Command | Refusal

    def is_command(self, verbs: frozenset[Verb]) -> bool:
        """Whether it is a command, and one of these."""
        return isinstance(self.content, Command) and self.content.verb in verbs

    def refused(self, reason: str) -> "Incoming":
        """The same message, refused."""
        if isinstance(self.content, Refusal):
            return self
        command = self.content
        refusal = Refusal(command.id, command.verb, command.source, reason, command.requested)
        return replace(self, content=refusal)


class Inbox:
    """Pure. What a stop or a pause overtakes here must not set the belt going again after it."""

    def __init__(self) -> None:
        self._waiting: deque[Incoming] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, incoming: Incoming) -> Incoming | None:
        """Take a message in, or hand back what is to be handled at once.

        That is a stop or a pause, and the refusal of what finds no room.
        """
        if incoming.is_command(_HALTS):
            self._overtake(incoming.treadmill)
            return incoming
        if len(self) >= CAPACITY:
            return incoming.refused(
                f"Too many commands at once: {CAPACITY} wait already. Send fewer."
            )
        self._waiting.append(incoming)
        return None

    def get(self) -> Incoming:
        """The message that has waited longest; there must be one."""
        return self._waiting.popleft()

    def _overtake(self, treadmill: str) -> None:
        for place, waiting in enumerate(self._waiting):
            if waiting.treadmill == treadmill and waiting.is_command(_MOTION):
                self._waiting[place] = waiting.refused("A stop or a pause came after this command.")
