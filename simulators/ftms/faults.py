"""Faults as values, each with the moment at which it strikes.

    Scheduled(LoseLink(), At(12.5))
    Scheduled(DropAnswers(), On(Step.WRITTEN, OpCode.START_OR_RESUME))

A count is the number of writes, answers or frames affected from that moment on. Seconds are the
treadmill's own time.
"""

from dataclasses import dataclass
from enum import Enum

from protocols.uuids import TREADMILL_DATA


class Step(Enum):
    """Step of a conversation; the value is its name in scenarios."""

    CONNECTED = "connected"
    READ = "read"
    """A characteristic is being read."""
    SUBSCRIBED = "subscribed"
    WRITTEN = "written"
    """A request has arrived at the control point, and is neither carried out nor answered."""
    RESPONDED = "responded"
    """The Write Response is sent, the answer is not."""
    ANSWERED = "answered"
    """The answer is sent, and confirmed if it is an indication."""
    SAMPLED = "sampled"
    """One notification of a data record is sent; more of the record may follow."""


@dataclass(frozen=True, slots=True)
class At:
    """Time in seconds since the treadmill was created."""

    seconds: float


@dataclass(frozen=True, slots=True)
class On:
    """The `nth` time from now that a step is reached; `op` restricts it to one kind of request."""

    step: Step
    op: int | None = None
    nth: int = 1


# The link.


@dataclass(frozen=True, slots=True)
class LoseLink:
    """Loss of range. Both ends drop the link after their supervision timeout; the belt runs on.

    `seconds` is the duration; None is for ever. Less than the timeout loses only packets.
    """

    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class HangUp:
    """The machine disconnects every client, and accepts new connections."""


# Writes to the control point.


@dataclass(frozen=True, slots=True)
class RefuseWrites:
    """The write is refused with an ATT error, and has no effect."""

    error: int
    count: int = 1


@dataclass(frozen=True, slots=True)
class DelayWrites:
    """The Write Response is late; the request is carried out at once."""

    seconds: float
    count: int = 1


# Answers of the control point.


@dataclass(frozen=True, slots=True)
class DropAnswers:
    """The request is carried out but never answered."""

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
    """The answer names another request."""

    op: int = 0x0C
    count: int = 1


@dataclass(frozen=True, slots=True)
class AnswerWith:
    """The request is answered with this result, and not carried out."""

    result: int
    count: int = 1


# Frames: notifications of one characteristic.


@dataclass(frozen=True, slots=True)
class Tear:
    """A frame is cut after so many octets."""

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
    """A frame has random octets; its length stays."""

    count: int = 1
    uuid: int = TREADMILL_DATA


@dataclass(frozen=True, slots=True)
class Silence:
    """No notification of this characteristic for so many seconds, while the link stays."""

    seconds: float
    uuid: int = TREADMILL_DATA


# The machine.


@dataclass(frozen=True, slots=True)
class LoseControl:
    """The console takes control back; the controlling client is notified."""


@dataclass(frozen=True, slots=True)
class PullKey:
    """The safety key is pulled."""


@dataclass(frozen=True, slots=True)
class StartItself:
    """The belt starts by itself, towards a speed in the machine's wire units."""

    speed: int = 0


@dataclass(frozen=True, slots=True)
class RunOn:
    """For so many seconds, stops and pauses by control point are accepted but not obeyed."""

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
    """A fault and the moment at which it strikes."""

    fault: Fault
    when: At | On
