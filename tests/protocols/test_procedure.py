"""Client side of a control-point procedure: every event in every state, and sequences of them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.errors import DecodeError, EncodeError
from protocols.ftms.control_point import (
    Request,
    RequestControl,
    Response,
    ResultCode,
    SetTargetSpeed,
    StartOrResume,
    StopKind,
    StopOrPause,
)
from protocols.ftms.procedure import Procedure, ProcedureError, State

SPEED = SetTargetSpeed(820)
REQUESTS: dict[str, Request] = {
    "speed": SPEED,
    "start": StartOrResume(),
    "stop": StopOrPause(StopKind.STOP),
    "control": RequestControl(),
}
ANSWERS = {"set": "800201", "failed": "800204", "stopped": "800801", "granted": "800001"}


class Link:
    """A procedure, and the time."""

    def __init__(self, timeline: str = "") -> None:
        self.procedure = Procedure()
        self.now = 0.0
        self.play(timeline)

    @property
    def state(self) -> State:
        return self.procedure.state

    def play(self, timeline: str) -> object:
        """Let events happen one after another; return what the last one returned.

        `speed`, `start`, `stop` and `control` are written, `ack` and `refused` answer a write,
        `set`, `failed`, `stopped` and `granted` are indications, numbers are seconds that pass.
        """
        returned: object = None
        for event in timeline.split():
            returned = self._happens(event)
        return returned

    def _happens(self, event: str) -> object:
        match event:
            case "ack":
                self.procedure.write_acknowledged(self.now)
            case "refused":
                self.procedure.write_refused()
            case "give_up":
                self.procedure.give_up()
            case "lost":
                self.procedure.link_lost()
            case _ if event in REQUESTS:
                return self.procedure.start(REQUESTS[event], self.now)
            case _ if event in ANSWERS:
                return self.procedure.indication(bytes.fromhex(ANSWERS[event]), self.now)
            case _:
                self.now += float(event)
                self.procedure.tick(self.now)
        return None


REACHED = {
    State.IDLE: "",
    State.WRITING: "speed",
    State.ACKNOWLEDGED: "speed ack",
    State.ANSWERED: "speed set",
    State.POISONED: "speed 30",
    State.LOST: "lost",
}
TABLE = """
event    IDLE     WRITING       ACKNOWLEDGED  ANSWERED  POISONED  LOST
speed    WRITING  -             -             -         -         -
start    WRITING  -             -             -         -         -
stop     WRITING  WRITING       WRITING       WRITING   POISONED  -
ack      -        ACKNOWLEDGED  -             IDLE      POISONED  -
refused  -        IDLE          -             IDLE      POISONED  -
set      IDLE     ANSWERED      IDLE          ANSWERED  POISONED  LOST
granted  IDLE     WRITING       ACKNOWLEDGED  ANSWERED  POISONED  LOST
29.9     IDLE     WRITING       ACKNOWLEDGED  ANSWERED  POISONED  LOST
30       IDLE     POISONED      POISONED      POISONED  POISONED  LOST
give_up  -        -             -             -         -         -
lost     LOST     LOST          LOST          LOST      LOST      LOST
"""
"""The state after each event (see `Link.play`) in each state; `-`: the call is an error."""


def rows() -> list[tuple[str, State, str]]:
    head, *lines = (line.split() for line in TABLE.strip().splitlines())
    return [
        (event, State[before], after)
        for event, *states in lines
        for before, after in zip(head[1:], states, strict=True)
    ]


@pytest.mark.parametrize(("event", "before", "after"), rows())
def test_event_leads_to_its_state_or_is_an_error(event: str, before: State, after: str) -> None:
    link = Link(REACHED[before])
    assert link.state is before

    if after == "-":
        with pytest.raises(ProcedureError, match=before.name):
            link.play(event)
    else:
        link.play(event)

    assert link.state is (before if after == "-" else State[after])


@pytest.mark.parametrize(
    ("timeline", "why"),
    [
        ("lost speed", "cannot start: the procedure is LOST"),
        ("lost stop", "cannot halt: the procedure is LOST"),
        ("lost ack", "cannot acknowledge: the procedure is LOST"),
        ("lost refused", "cannot refuse: the procedure is LOST"),
        ("speed ack give_up", "only Request Control may be given up"),
        ("control give_up", "cannot give up: the procedure is WRITING"),
    ],
)
def test_error_names_the_call_and_the_state(timeline: str, why: str) -> None:
    with pytest.raises(ProcedureError, match=why):
        Link(timeline)


SET, STOPPED = Response(0x02, ResultCode.SUCCESS), Response(0x08, ResultCode.SUCCESS)
TIMELINES: dict[str, tuple[str, object, State]] = {
    "request_is_returned_as_octets": ("speed", bytes.fromhex("023403"), State.WRITING),
    "halt_is_returned_as_octets": ("speed 30 stop", bytes.fromhex("0801"), State.POISONED),
    "answer_ends_the_procedure": ("speed ack set", SET, State.IDLE),
    "refusal_ends_the_procedure": (
        "speed ack failed",
        Response(0x02, ResultCode.OPERATION_FAILED),
        State.IDLE,
    ),
    "procedures_follow_each_other": (
        "control ack granted speed ack set stop ack stopped",
        STOPPED,
        State.IDLE,
    ),
    "refused_write_has_no_answer": ("speed refused set", None, State.IDLE),
    "another_answer_does_not_end_the_wait": ("speed ack granted set", SET, State.IDLE),
    # --- time
    "machine_has_thirty_seconds_from_the_write_response": (
        "speed 5 ack 29.9",
        None,
        State.ACKNOWLEDGED,
    ),
    "link_is_poisoned_thirty_seconds_after_the_write_response": (
        "speed 5 ack 30",
        None,
        State.POISONED,
    ),
    # --- a halt goes first
    "halt_ends_the_wait_for_another_answer": ("speed ack stop ack set", None, State.ACKNOWLEDGED),
    "halt_is_answered": ("speed ack stop ack set stopped", STOPPED, State.IDLE),
    "halt_waits_for_its_own_write_response": ("speed stop ack", None, State.WRITING),
    "halt_waits_though_the_older_write_is_refused": ("speed stop refused", None, State.WRITING),
    "write_response_of_a_halt_is_the_second": ("speed stop ack ack", None, State.ACKNOWLEDGED),
    "halt_leaves_a_timed_out_link_unusable": (
        "speed 30 stop refused ack stopped",
        None,
        State.POISONED,
    ),
    # --- quirk P9: Horizon Omega Z
    "unanswered_request_control_is_given_up": ("control ack give_up", None, State.IDLE),
    "late_answer_to_it_is_ignored": ("control ack give_up speed granted", None, State.WRITING),
}


@pytest.mark.parametrize(("timeline", "returned", "state"), TIMELINES.values(), ids=TIMELINES)
def test_story(timeline: str, returned: object, state: State) -> None:
    link = Link()
    assert link.play(timeline) == returned
    assert link.state is state


def test_indication_before_the_write_response_is_the_answer() -> None:
    """CITYSPORTS, all 39 writes (quirk P1)."""
    link = Link("speed")
    assert link.play("set") == SET
    link.play("ack")
    assert link.state is State.IDLE


def test_late_indication_is_ignored_even_without_a_tick() -> None:
    link = Link("speed ack")
    assert link.procedure.indication(bytes.fromhex(ANSWERS["set"]), 30.0) is None
    assert link.state is State.POISONED


def test_invalid_indication_is_an_error_and_changes_nothing() -> None:
    link = Link("speed ack")
    with pytest.raises(DecodeError):
        link.procedure.indication(b"\x80", 0.1)
    assert link.state is State.ACKNOWLEDGED


def test_request_out_of_range_begins_no_procedure() -> None:
    link = Link()
    with pytest.raises(EncodeError):
        link.procedure.start(SetTargetSpeed(-1), 0.0)
    assert link.state is State.IDLE


EVENTS = ("speed", "stop", "control", "ack", "refused", "set", "stopped", "give_up", "0.1", "31")


@settings(deadline=None)
@given(st.lists(st.sampled_from(EVENTS), max_size=20))
def test_any_events_keep_the_timeout_pass_a_halt_and_survive_mistakes(timeline: list[str]) -> None:
    link = Link()
    for event in timeline:
        before = link.state
        try:
            link.play(event)
        except ProcedureError:
            assert link.state is before
            assert event != "stop"
        if before is State.POISONED:
            assert link.state is State.POISONED
