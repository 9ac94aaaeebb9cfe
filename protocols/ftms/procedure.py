"""Client side of a control-point procedure, as a state table.

A request has three steps: the client writes, the machine acknowledges the write (ATT Write
Response), the machine answers (indication). The specification orders the last two. Some machines
send the answer 30 to 75 ms before the Write Response, every time (quirk P1), and a client that
subscribes after the write would wait for ever. So both orders are legal here, and a procedure ends
when both have arrived.

Flags (`waiting`, `acknowledged`, `timed_out`) would allow every combination, including unforeseen
ones. The table lists the events allowed in each state, and the next state. Any other event is an
error of the caller and raises. Errors of the machine are expected: unsolicited answers are ignored.

Three special cases:

- An answer missing for 30 s *poisons* the link: FTMP forbids any further procedure on it, because a
  late answer could be mistaken for that of the next request. The remedy is to reconnect.
- A stop or pause is allowed in every state, including poisoned: stopping the belt is more important
  than an orderly procedure or its answer.
- Request Control may be given up early, because some machines obey and never answer it (quirk P9).
  Its late answer has its op code, and is ignored.

Nothing here reads a clock or uses a radio: the caller passes the time in monotonic seconds.
"""

from enum import Enum, auto
from typing import Final

from protocols.ftms.control_point import (
    OpCode,
    Request,
    RequestControl,
    Response,
    StopOrPause,
    encode_request,
    op_code,
)

TIMEOUT: Final = 30.0
"""Timeout of the answer in seconds, from the Write Response (FTMP §4)."""


class ProcedureError(RuntimeError):
    """The current state does not allow the call."""


class State(Enum):
    """State of the current procedure."""

    IDLE = auto()
    WRITING = auto()
    """Written; neither acknowledged nor answered."""
    ACKNOWLEDGED = auto()
    """The write is acknowledged, the answer is pending."""
    ANSWERED = auto()
    """The answer arrived before the acknowledgement."""
    POISONED = auto()
    """An answer timed out: only a halt is allowed on this link."""
    LOST = auto()
    """The link is lost; this object is of no further use."""


class _Event(Enum):
    START = "start"
    HALT = "halt"
    ACKNOWLEDGE = "acknowledge"
    REFUSE = "refuse"
    ANSWER = "answer"
    GIVE_UP = "give up"
    TIME_OUT = "time out"
    LOSE = "lose the link"


_TRANSITIONS: Final[dict[State, dict[_Event, State]]] = {
    State.IDLE: {
        _Event.START: State.WRITING,
        _Event.HALT: State.WRITING,
        _Event.LOSE: State.LOST,
    },
    State.WRITING: {
        _Event.HALT: State.WRITING,
        _Event.ACKNOWLEDGE: State.ACKNOWLEDGED,
        _Event.REFUSE: State.IDLE,
        _Event.ANSWER: State.ANSWERED,
        _Event.TIME_OUT: State.POISONED,
        _Event.LOSE: State.LOST,
    },
    State.ACKNOWLEDGED: {
        _Event.HALT: State.WRITING,
        _Event.ANSWER: State.IDLE,
        _Event.GIVE_UP: State.IDLE,
        _Event.TIME_OUT: State.POISONED,
        _Event.LOSE: State.LOST,
    },
    State.ANSWERED: {
        _Event.HALT: State.WRITING,
        _Event.ACKNOWLEDGE: State.IDLE,
        _Event.REFUSE: State.IDLE,
        _Event.TIME_OUT: State.POISONED,
        _Event.LOSE: State.LOST,
    },
    State.POISONED: {
        _Event.HALT: State.POISONED,
        _Event.ACKNOWLEDGE: State.POISONED,
        _Event.REFUSE: State.POISONED,
        _Event.LOSE: State.LOST,
    },
    State.LOST: {_Event.LOSE: State.LOST},
}


class Procedure:
    """The procedures of one link, one after another."""

    __slots__ = ("_asked", "_deadline", "_state", "_writes")

    def __init__(self) -> None:
        self._state = State.IDLE
        self._asked: OpCode | None = None
        self._deadline = 0.0
        self._writes = 0  # not yet acknowledged: more than one when a halt overtook a request

    @property
    def state(self) -> State:
        """State of the current procedure."""
        return self._state

    def start(self, request: Request, now: float) -> bytes:
        """Begin a procedure; return the octets to write. Subscribe before writing them.

        Raises:
            ProcedureError: a procedure is pending and this is no halt, or the link is unusable.
            EncodeError: the request does not fit the wire; nothing has begun.
        """
        value = encode_request(request)
        self._step(_Event.HALT if isinstance(request, StopOrPause) else _Event.START)
        self._asked = op_code(request)
        self._writes += 1
        self._deadline = now + TIMEOUT
        return value

    def write_acknowledged(self, now: float) -> None:
        """Handle the Write Response (or a write without one); the machine's 30 s begin.

        Raises:
            ProcedureError: no write is pending.
        """
        if self._last_write():
            self._step(_Event.ACKNOWLEDGE)
            self._deadline = now + TIMEOUT

    def write_refused(self) -> None:
        """Handle an ATT error instead of the Write Response: no procedure has begun.

        Raises:
            ProcedureError: no write is pending.
        """
        if self._last_write():
            self._step(_Event.REFUSE)

    def indication(self, value: bytes, now: float) -> Response | None:
        """Handle a value of the control point, from an indication or a notification (quirk P2).

        Returns:
            The answer to the latest request; None for any other or late answer.

        Raises:
            DecodeError: the value is not a response.
        """
        self.tick(now)
        response = Response.decode(value)
        if response.request_op != self._asked or _Event.ANSWER not in _TRANSITIONS[self._state]:
            return None
        self._step(_Event.ANSWER)
        return response

    def give_up(self) -> None:
        """Stop waiting for the answer to Request Control.

        Raises:
            ProcedureError: another request is pending, or the write is not acknowledged yet.
        """
        if self._asked is not op_code(RequestControl()):
            message = f"only Request Control may be given up ({self._state.name})"
            raise ProcedureError(message)
        self._step(_Event.GIVE_UP)

    def tick(self, now: float) -> None:
        """Advance the time; poison the link if the answer is overdue."""
        if now >= self._deadline and _Event.TIME_OUT in _TRANSITIONS[self._state]:
            self._step(_Event.TIME_OUT)

    def link_lost(self) -> None:
        """Handle the loss of the link: the pending procedure has failed."""
        self._step(_Event.LOSE)

    def _last_write(self) -> bool:
        """Count a write as done; return True if it was the last one, which the state refers to."""
        self._writes = max(0, self._writes - 1)
        return self._writes == 0

    def _step(self, event: _Event) -> None:
        state = _TRANSITIONS[self._state].get(event)
        if state is None:
            message = f"cannot {event.value}: the procedure is {self._state.name}"
            raise ProcedureError(message)
        self._state = state
