"""The client's side of a control-point procedure, as a table of states.

One request is a conversation of three turns: the client writes, the machine acknowledges the write
(ATT Write Response), the machine answers (indication). On paper the last two come in this order. In
the air they do not: a machine sends its answer 30 to 75 ms before the Write Response, every time
(quirk P1), and a client that starts to listen after the write waits for ever. So both orders are
legal here, and a procedure is over when both have come.

Code that follows a conversation with flags (`waiting`, `acknowledged`, `timed_out`) allows every
combination of them, also those nobody thought of. A table allows what is written in it: what may
happen in a state, and where it leads. Everything else is a mistake of the caller, and says so. The
machine's mistakes are no exception but daily life: answers to a question that nobody asked are
passed over.

Three paths deserve a word. An answer that does not come within 30 s *poisons* the link: FTMP
forbids any further procedure on it, because a late answer could be taken for that of the next
question; the way out is to connect anew. A stop or pause is let through in every state, poisoned
included: a belt that should stand counts for more than a tidy conversation, and its answer is the
less important half. And Request Control may be given up early, because some machines obey and never
answer it (quirk P9); its late answer bears its op code and is passed over.

Nothing here reads a clock or touches a radio: the caller brings the time, in monotonic seconds.
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
"""Seconds that a machine may take for its answer, from the Write Response (FTMP §4)."""


class ProcedureError(RuntimeError):
    """The caller asked for something that the state does not allow."""


class State(Enum):
    """How far the conversation is."""

    IDLE = auto()
    WRITING = auto()
    """Written; neither acknowledged nor answered."""
    ACKNOWLEDGED = auto()
    """The write is acknowledged, the answer is to come."""
    ANSWERED = auto()
    """The answer overtook the acknowledgement."""
    POISONED = auto()
    """An answer did not come: nothing but a halt goes over this link any more."""
    LOST = auto()
    """The link is gone, and this object with it."""


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
        """Where the conversation is."""
        return self._state

    def start(self, request: Request, now: float) -> bytes:
        """Begin: the octets to write. Listen for the answer before writing them.

        Raises:
            ProcedureError: a procedure is under way and this is no halt, or the link is done for.
            EncodeError: the request does not fit the wire; nothing has begun.
        """
        value = encode_request(request)
        self._step(_Event.HALT if isinstance(request, StopOrPause) else _Event.START)
        self._asked = op_code(request)
        self._writes += 1
        self._deadline = now + TIMEOUT
        return value

    def write_acknowledged(self, now: float) -> None:
        """The Write Response came (or the write needed none): the machine's 30 s begin.

        Raises:
            ProcedureError: there was nothing to acknowledge.
        """
        if self._last_write():
            self._step(_Event.ACKNOWLEDGE)
            self._deadline = now + TIMEOUT

    def write_refused(self) -> None:
        """An ATT error came in place of the Write Response: no procedure has begun.

        Raises:
            ProcedureError: there was nothing to refuse.
        """
        if self._last_write():
            self._step(_Event.REFUSE)

    def indication(self, value: bytes, now: float) -> Response | None:
        """A value of the control point came; as a notification too (quirk P2).

        Returns:
            The answer to what was asked last; None for anything else, and when it comes too late.

        Raises:
            DecodeError: the value is no answer.
        """
        self.tick(now)
        response = Response.decode(value)
        if response.request_op != self._asked or _Event.ANSWER not in _TRANSITIONS[self._state]:
            return None
        self._step(_Event.ANSWER)
        return response

    def give_up(self) -> None:
        """Wait no longer for the answer to Request Control.

        Raises:
            ProcedureError: something else was asked, or the write is not acknowledged yet.
        """
        if self._asked is not op_code(RequestControl()):
            message = f"only Request Control may be given up ({self._state.name})"
            raise ProcedureError(message)
        self._step(_Event.GIVE_UP)

    def tick(self, now: float) -> None:
        """Let time pass; poisons the link if the answer is overdue."""
        if now >= self._deadline and _Event.TIME_OUT in _TRANSITIONS[self._state]:
            self._step(_Event.TIME_OUT)

    def link_lost(self) -> None:
        """The link is gone: whatever was under way has failed."""
        self._step(_Event.LOSE)

    def _last_write(self) -> bool:
        """Count a write as done; whether it was the last one (which the state is about)."""
        self._writes = max(0, self._writes - 1)
        return self._writes == 0

    def _step(self, event: _Event) -> None:
        state = _TRANSITIONS[self._state].get(event)
        if state is None:
            message = f"cannot {event.value}: the procedure is {self._state.name}"
            raise ProcedureError(message)
        self._state = state
