"""What can go wrong, as values: a fault, and the moment at which it strikes.

    Scheduled(LoseLink(), At(12.5))
    Scheduled(DropAnswers(), On(Step.WRITTEN, OpCode.START_OR_RESUME))

Counts say how many writes, answers or frames are hit from that moment on; the next one is well
again. Seconds are the treadmill's own.
"""

from dataclasses import dataclass
from enum import Enum

from protocols.uuids import TREADMILL_DATA


class Step(Enum):
    """Where a conversation is; the value is its name in scenarios."""

    CONNECTED = "connected"
    READ = "read"
    """A characteristic is being read."""
    SUBSCRIBED = "subscribed"
    WRITTEN = "written"
    """A request has arrived at the control point; nothing has been done or answered yet."""
    RESPONDED = "responded"
    """Its Write Response is out, its answer is not."""
    ANSWERED = "answered"
    """Its answer is out, and confirmed where it is an indication."""
    SAMPLED = "sampled"
    """One notification of a data record is out; more of the record may follow."""


@dataclass(frozen=True, slots=True)
class At:
    """A moment: so many seconds after the treadmill began to live."""

    seconds: float


@dataclass(frozen=True, slots=True)
class On:
    """The `nth` time from now that a step is reached; with `op` only a request of that kind."""

    step: Step
    op: int | None = None
    nth: int = 1


# The link.


@dataclass(frozen=True, slots=True)
class LoseLink:
    """Out of range. Both ends give the link up after their supervision timeout, the belt runs on.

    `seconds`: how long; None is for ever. Less than the timeout costs only what was sent meanwhile.
    """

    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class HangUp:
    """The machine ends every connection, and can be connected to again."""


# Writes to the control point.


@dataclass(frozen=True, slots=True)
class RefuseWrites:
    """The write is refused with an ATT error, and nothing happens."""

    error: int
    count: int = 1


@dataclass(frozen=True, slots=True)
class DelayWrites:
    """The Write Response comes late; the request is carried out at once."""

    seconds: float
    count: int = 1


# Answers of the control point.


@dataclass(frozen=True, slots=True)
class DropAnswers:
    """The request is carried out, and never answered."""

    count: int = 1


@dataclass(frozen=True, slots=True)
class DelayAnswers:
    """The answer comes late."""

    seconds: float
    count: int = 1


@dataclass(frozen=True, slots=True)
class RepeatAnswers:
    """The answer comes twice."""

    count: int = 1


@dataclass(frozen=True, slots=True)
class WrongOpAnswers:
    """The answer speaks of another request."""

    op: int = 0x0C
    count: int = 1


@dataclass(frozen=True, slots=True)
class AnswerWith:
    """The request is answered with this result, whatever it is, and not carried out."""

    result: int
    count: int = 1


# Frames: notifications of one characteristic.


@dataclass(frozen=True, slots=True)
class Tear:
    """A frame ends after so many octets."""

    octets: int
    count: int = 1
    uuid: int = TREADMILL_DATA


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A frame comes twice."""

    count: int = 1
    uuid: int = TREADMILL_DATA


@dataclass(frozen=True, slots=True)
class Reorder:
    """A frame comes after the one that follows it."""

    count: int = 1
    uuid: int = TREADMILL_DATA


@dataclass(frozen=True, slots=True)
class Garble:
    """A frame's octets are chance; its length stays."""

    count: int = 1
    uuid: int = TREADMILL_DATA


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing of this characteristic is heard for so many seconds, while the link stays."""

    seconds: float
    uuid: int = TREADMILL_DATA


# The machine.


@dataclass(frozen=True, slots=True)
class LoseControl:
    """The console takes control back: whoever had it hears of it."""


@dataclass(frozen=True, slots=True)
class PullKey:
    """The safety key is out."""


@dataclass(frozen=True, slots=True)
class StartItself:
    """The belt starts with nobody's doing, towards a speed in the machine's wire units."""

    speed: int = 0


@dataclass(frozen=True, slots=True)
class RunOn:
    """For so many seconds a stop or a pause is accepted, from the control point, and not obeyed."""

    seconds: float


WriteFault = RefuseWrites | DelayWrites | AnswerWith
AnswerFault = DropAnswers | DelayAnswers | RepeatAnswers | WrongOpAnswers
FrameFault = Tear | Duplicate | Reorder | Garble
Fault = (
    LoseLink
    | HangUp
    | WriteFault
    | AnswerFault
    | FrameFault
    | Silence
    | LoseControl
    | PullKey
    | StartItself
    | RunOn
)


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A fault and when it strikes."""

    fault: Fault
    when: At | On
