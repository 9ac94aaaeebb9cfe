"""Fault injection between the server and its transport. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Protocol, TypeVar, assert_never

from protocols.ftms.control_point import OpCode, Response, ResultCode
from simulators.ftms.faults import (
    AnswerFault,
    AnswerWith,
    At,
    DelayAnswers,
    DelayWrites,
    DropAnswers,
    Duplicate,
    Fault,
    FrameFault,
    Garble,
    HangUp,
    LoseControl,
    LoseLink,
    On,
    PullKey,
    RefuseWrites,
    Reorder,
    RepeatAnswers,
    RunOn,
    Scheduled,
    Silence,
    StartItself,
    Step,
    Tear,
    WriteFault,
    WrongOpAnswers,
)
from simulators.ftms.server import FtmsServer

_FaultT = TypeVar("_FaultT", WriteFault, AnswerFault, FrameFault)


class Link(Protocol):
    """The transport, as far as faults can break it."""

    def go_dark(self) -> None:
        """Go out of range."""
        ...

    def back(self) -> None:
        """Come back into range."""
        ...

    def hang_up(self) -> None:
        """Disconnect every client from the machine's side."""
        ...


@dataclass(frozen=True, slots=True)
class WriteFate:
    """Fate of a write: refused, late, or answered with an injected result."""

    error: int | None = None
    delay_s: float = 0.0
    result: int | None = None


class FaultLine:
    """Injects scheduled faults into one treadmill, and counts them down."""

    def __init__(self, server: FtmsServer, *, seed: int = 0) -> None:
        self.link: Link = _BareLink(server)
        """The link to break; a radio sets itself here."""
        self._server = server
        self._now = 0.0
        self._timed: list[tuple[float, Callable[[], None]]] = []
        self._awaited: list[tuple[On, Fault]] = []
        self._writes: list[WriteFault] = []
        self._answers: list[AnswerFault] = []
        self._frames: list[FrameFault] = []
        self._silent_until: dict[int, float] = {}
        self._runs_on_until = 0.0
        self._held: dict[int, bytes] = {}
        self._chance = Random(seed)  # noqa: S311  (octets of a fault, not a secret)

    def schedule(self, *scheduled: Scheduled) -> None:
        """Schedule faults; one whose time has passed strikes at once."""
        for each in scheduled:
            match each.when:
                case At(seconds):
                    self._at(seconds, each.fault)
                case On() as step:
                    self._awaited.append((step, each.fault))

    def strike(self, fault: Fault) -> None:
        """Let a fault strike now."""
        match fault:
            case LoseLink(seconds):
                self.link.go_dark()
                if seconds is not None:
                    self._timed.append((self._now + seconds, self.link.back))
            case HangUp():
                self.link.hang_up()
            case RefuseWrites() | DelayWrites() | AnswerWith():
                self._writes.append(fault)
            case DropAnswers() | DelayAnswers() | RepeatAnswers() | WrongOpAnswers():
                self._answers.append(fault)
            case Tear() | Duplicate() | Reorder() | Garble():
                self._frames.append(fault)
            case Silence(seconds, uuid):
                self._silent_until[uuid] = self._now + seconds
            case RunOn(seconds):
                self._runs_on_until = self._now + seconds
            case LoseControl() | PullKey() | StartItself():
                self._strike_machine(fault)
            case unknown:
                assert_never(unknown)

    def _strike_machine(self, fault: LoseControl | PullKey | StartItself) -> None:
        machine = self._server.machine
        match fault:
            case LoseControl():
                self._server.withdraw_control()
            case PullKey():
                machine.pull_safety_key()
            case StartItself(speed):
                machine.start()
                if speed:
                    machine.set_speed(speed)
            case unknown:
                assert_never(unknown)

    def advance(self, now: float) -> None:
        """Advance the time to `now`."""
        self._now = now
        while self._timed and min(time for time, _ in self._timed) <= now:
            due = min(self._timed, key=lambda each: each[0])
            self._timed.remove(due)
            due[1]()

    @property
    def next(self) -> float | None:
        """Time of the next timed fault."""
        return min((time for time, _ in self._timed), default=None)

    def reach(self, step: Step, op: int | None = None) -> None:
        """Handle a step of a conversation."""
        for each in tuple(self._awaited):
            when, fault = each
            if when.step is not step or when.op not in {None, op}:
                continue
            self._awaited.remove(each)
            if when.nth > 1:
                self._awaited.append((replace(when, nth=when.nth - 1), fault))
            else:
                self.strike(fault)

    def on_write(self, op: int | None) -> WriteFate:
        """Return the fate of a request on arrival."""
        self.reach(Step.WRITTEN, op)
        fault = _take(self._writes)
        match fault:
            case RefuseWrites(error):
                return WriteFate(error=error)
            case DelayWrites(seconds):
                return WriteFate(delay_s=seconds)
            case AnswerWith(result):
                return WriteFate(result=result)
            case None:
                runs_on = op == OpCode.STOP_OR_PAUSE and self._now < self._runs_on_until
                return WriteFate(result=ResultCode.SUCCESS if runs_on else None)
            case unknown:
                assert_never(unknown)

    def on_answer(self, answer: Response) -> list[tuple[float, bytes]]:
        """Return the answers to send instead of this one, each with its delay in seconds."""
        fault = _take(self._answers)
        value = answer.encode()
        match fault:
            case DropAnswers():
                return []
            case DelayAnswers(seconds):
                return [(seconds, value)]
            case RepeatAnswers():
                return [(0.0, value), (0.0, value)]
            case WrongOpAnswers(op):
                return [(0.0, Response(op, answer.result).encode())]
            case None:
                return [(0.0, value)]
            case unknown:
                assert_never(unknown)

    def on_frame(self, uuid: int, frame: bytes) -> list[bytes]:
        """Return the notifications to send instead of this one."""
        if self._now < self._silent_until.get(uuid, 0.0):
            return []
        held = self._held.pop(uuid, None)
        if held is not None:
            return [frame, held]
        fault = _take(self._frames, lambda each: each.uuid == uuid)
        match fault:
            case Tear(octets):
                return [frame[:octets]]
            case Duplicate():
                return [frame, frame]
            case Reorder():
                self._held[uuid] = frame
                return []
            case Garble():
                return [self._chance.randbytes(len(frame))]
            case None:
                return [frame]
            case unknown:
                assert_never(unknown)

    def _at(self, seconds: float, fault: Fault) -> None:
        self._timed.append((seconds, lambda: self.strike(fault)))
        self.advance(self._now)


def _take(
    faults: list[_FaultT], fits: Callable[[_FaultT], bool] = lambda _fault: True
) -> _FaultT | None:
    """Return the oldest matching fault, and decrement its count."""
    for index, fault in enumerate(faults):
        if fits(fault):
            if fault.count > 1:
                faults[index] = replace(fault, count=fault.count - 1)
            else:
                del faults[index]
            return fault
    return None


class _BareLink:
    """A link without a radio: losing it makes the clients leave."""

    def __init__(self, server: FtmsServer) -> None:
        self._server = server

    def go_dark(self) -> None:
        for client in self._server.clients:
            self._server.leave(client)

    def back(self) -> None:
        pass

    def hang_up(self) -> None:
        self.go_dark()
