"""Client side of a control-point procedure: every legal sequence, and every illegal step."""

from collections.abc import Callable

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
from protocols.ftms.procedure import TIMEOUT, Procedure, ProcedureError, State

SPEED = SetTargetSpeed(820)
STOP = StopOrPause(StopKind.STOP)
SPEED_SET = bytes.fromhex("800201")
STOPPED = bytes.fromhex("800801")
CONTROL = bytes.fromhex("800001")


def reached(procedure: Procedure) -> State:
    """The state now (mypy takes a property for a constant once it was compared)."""
    return procedure.state


def in_state(state: State) -> Procedure:
    """A procedure that asked for a speed at 0 s and came this far."""
    procedure = Procedure()
    if state is not State.IDLE:
        procedure.start(SPEED, 0.0)
    if state is State.ACKNOWLEDGED:
        procedure.write_acknowledged(0.0)
    if state is State.ANSWERED:
        procedure.indication(SPEED_SET, 0.0)
    if state is State.POISONED:
        procedure.tick(TIMEOUT)
    if state is State.LOST:
        procedure.link_lost()
    assert reached(procedure) is state
    return procedure


# --- what may happen -------------------------------------------------------------------------


def test_procedure_ends_with_response_and_indication() -> None:
    procedure = Procedure()

    assert procedure.start(SPEED, 0.0) == bytes.fromhex("023403")
    procedure.write_acknowledged(0.1)
    response = procedure.indication(SPEED_SET, 0.2)

    assert response == Response(0x02, ResultCode.SUCCESS)
    assert reached(procedure) is State.IDLE


def test_indication_before_the_write_response_is_the_answer() -> None:
    """CITYSPORTS, all 39 writes (quirk P1)."""
    procedure = Procedure()
    procedure.start(SPEED, 0.0)

    assert procedure.indication(SPEED_SET, 0.1) == Response(0x02, ResultCode.SUCCESS)
    assert reached(procedure) is State.ANSWERED
    procedure.write_acknowledged(0.15)

    assert reached(procedure) is State.IDLE


def test_procedures_follow_each_other() -> None:
    procedure = Procedure()
    story: list[tuple[Request, bytes]] = [
        (RequestControl(), CONTROL),
        (SPEED, SPEED_SET),
        (STOP, STOPPED),
    ]
    for request, answer in story:
        procedure.start(request, 0.0)
        procedure.write_acknowledged(0.0)
        assert procedure.indication(answer, 0.0) is not None


def test_refusal_ends_the_procedure() -> None:
    procedure = in_state(State.ACKNOWLEDGED)

    assert procedure.indication(bytes.fromhex("800205"), 0.1) == Response(0x02, 0x05)


def test_refused_write_ends_the_procedure() -> None:
    procedure = in_state(State.WRITING)

    procedure.write_refused()

    assert procedure.indication(SPEED_SET, 0.1) is None
    procedure.start(SPEED, 0.2)


def test_write_refused_after_its_answer_ends_the_procedure() -> None:
    procedure = in_state(State.ANSWERED)

    procedure.write_refused()

    assert reached(procedure) is State.IDLE


@pytest.mark.parametrize("state", [State.IDLE, State.ANSWERED, State.POISONED, State.LOST])
def test_unexpected_indication_is_ignored(state: State) -> None:
    procedure = in_state(state)

    assert procedure.indication(SPEED_SET, 0.1) is None
    assert reached(procedure) is state


def test_indication_for_another_request_is_ignored() -> None:
    procedure = in_state(State.ACKNOWLEDGED)

    assert procedure.indication(CONTROL, 0.1) is None
    assert procedure.indication(SPEED_SET, 0.2) is not None


def test_invalid_indication_is_an_error_and_changes_nothing() -> None:
    procedure = in_state(State.ACKNOWLEDGED)

    with pytest.raises(DecodeError):
        procedure.indication(b"\x80", 0.1)

    assert reached(procedure) is State.ACKNOWLEDGED


# --- time ------------------------------------------------------------------------------------


def test_procedure_times_out_thirty_seconds_after_the_write_response() -> None:
    procedure = Procedure()
    procedure.start(SPEED, 0.0)
    procedure.write_acknowledged(5.0)

    procedure.tick(34.9)
    assert reached(procedure) is State.ACKNOWLEDGED
    procedure.tick(35.0)

    assert reached(procedure) is State.POISONED


@pytest.mark.parametrize("state", [State.WRITING, State.ANSWERED])
def test_write_without_a_response_times_out(state: State) -> None:
    procedure = in_state(state)

    procedure.tick(TIMEOUT)

    assert reached(procedure) is State.POISONED


def test_late_indication_is_ignored_even_without_a_tick() -> None:
    procedure = in_state(State.ACKNOWLEDGED)

    assert procedure.indication(SPEED_SET, TIMEOUT) is None
    assert reached(procedure) is State.POISONED


@pytest.mark.parametrize("state", [State.IDLE, State.POISONED, State.LOST])
def test_time_changes_no_other_state(state: State) -> None:
    procedure = in_state(state)

    procedure.tick(1e9)

    assert reached(procedure) is state


# --- a halt goes first -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "state", [State.IDLE, State.WRITING, State.ACKNOWLEDGED, State.ANSWERED, State.POISONED]
)
def test_halt_is_written_in_every_state_of_a_link(state: State) -> None:
    assert in_state(state).start(STOP, 1.0) == b"\x08\x01"


def test_halt_ends_the_wait_for_another_answer() -> None:
    procedure = in_state(State.ACKNOWLEDGED)
    procedure.start(STOP, 1.0)
    procedure.write_acknowledged(1.1)

    assert procedure.indication(SPEED_SET, 1.2) is None
    assert procedure.indication(STOPPED, 1.3) == Response(0x08, ResultCode.SUCCESS)
    assert reached(procedure) is State.IDLE


@pytest.mark.parametrize("older", [Procedure.write_refused, lambda p: p.write_acknowledged(1.1)])
def test_halt_waits_for_its_own_write_response(older: Callable[[Procedure], None]) -> None:
    procedure = in_state(State.WRITING)
    procedure.start(STOP, 1.0)

    older(procedure)
    assert reached(procedure) is State.WRITING
    procedure.write_acknowledged(1.2)

    assert reached(procedure) is State.ACKNOWLEDGED


def test_halt_leaves_a_timed_out_link_unusable() -> None:
    procedure = in_state(State.POISONED)
    procedure.start(STOP, 40.0)
    procedure.write_refused()
    procedure.write_acknowledged(40.1)

    assert procedure.indication(STOPPED, 40.2) is None
    assert reached(procedure) is State.POISONED


# --- Request Control may be given up ---------------------------------------------------------


def test_unanswered_request_control_can_be_given_up() -> None:
    """Horizon Omega Z (quirk P9)."""
    procedure = Procedure()
    procedure.start(RequestControl(), 0.0)
    procedure.write_acknowledged(0.1)

    procedure.give_up()
    procedure.start(SPEED, 2.0)

    assert procedure.indication(CONTROL, 2.1) is None
    assert reached(procedure) is State.WRITING


def test_other_requests_cannot_be_given_up() -> None:
    with pytest.raises(ProcedureError, match="only Request Control"):
        in_state(State.ACKNOWLEDGED).give_up()


def test_request_cannot_be_given_up_before_its_write_response() -> None:
    procedure = Procedure()
    procedure.start(RequestControl(), 0.0)

    with pytest.raises(ProcedureError, match=r"give up.*WRITING"):
        procedure.give_up()


# --- what may not happen ---------------------------------------------------------------------


@pytest.mark.parametrize("state", [state for state in State if state is not State.IDLE])
def test_second_procedure_cannot_start(state: State) -> None:
    procedure = in_state(state)

    with pytest.raises(ProcedureError, match=f"cannot start.*{state.name}"):
        procedure.start(StartOrResume(), 0.0)

    assert reached(procedure) is state


def test_halt_cannot_start_on_a_lost_link() -> None:
    procedure = in_state(State.LOST)

    with pytest.raises(ProcedureError, match=r"cannot halt.*LOST"):
        procedure.start(STOP, 0.0)
    procedure.link_lost()


@pytest.mark.parametrize("state", [State.IDLE, State.ACKNOWLEDGED, State.LOST])
def test_only_a_pending_write_is_acknowledged_or_refused(state: State) -> None:
    with pytest.raises(ProcedureError, match=f"cannot acknowledge.*{state.name}"):
        in_state(state).write_acknowledged(0.0)
    with pytest.raises(ProcedureError, match=f"cannot refuse.*{state.name}"):
        in_state(state).write_refused()


def test_request_out_of_range_begins_no_procedure() -> None:
    procedure = Procedure()

    with pytest.raises(EncodeError):
        procedure.start(SetTargetSpeed(-1), 0.0)

    assert reached(procedure) is State.IDLE


# --- any interleaving ------------------------------------------------------------------------

STEPS: list[Callable[[Procedure, float], object]] = [
    lambda procedure, now: procedure.start(SPEED, now),
    lambda procedure, now: procedure.start(STOP, now),
    lambda procedure, now: procedure.start(RequestControl(), now),
    lambda procedure, now: procedure.write_acknowledged(now),
    lambda procedure, _: procedure.write_refused(),
    lambda procedure, now: procedure.indication(SPEED_SET, now),
    lambda procedure, now: procedure.indication(STOPPED, now),
    lambda procedure, _: procedure.give_up(),
    lambda procedure, now: procedure.tick(now),
]


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.sampled_from([0.0, 0.1, 31.0])), max_size=20))
def test_any_steps_keep_the_timeout_pass_a_halt_and_survive_mistakes(
    story: list[tuple[Callable[[Procedure, float], object], float]],
) -> None:
    procedure, now = Procedure(), 0.0
    for step, pause in story:
        before = procedure.state
        now += pause
        try:
            step(procedure, now)
        except ProcedureError:
            assert reached(procedure) is before
            assert step is not STEPS[1]
        if before is State.POISONED:
            assert reached(procedure) is State.POISONED
