"""The treadmill without Bluetooth: machine, server, faults and their time. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from protocols.ftms.control_point import Response
from protocols.ftms.control_server import AttError
from simulators.ftms.fault_line import FaultLine
from simulators.ftms.faults import Scheduled
from simulators.ftms.profile import STRICT, Profile
from simulators.ftms.server import Client, FtmsServer
from simulators.physics.machine import Machine
from simulators.physics.spec import MachineSpec

_A_MOMENT = 1e-9


@dataclass(frozen=True, slots=True)
class Written:
    """Result of a write to the control point.

    An ATT `error` refuses the write, without effect. Otherwise a Write Response is sent after
    `response_delay_s`, then the `answers`, each a value and its delay in seconds. With
    `answers_first` they are sent before the Write Response.
    """

    error: int | None = None
    response_delay_s: float = 0.0
    answers: tuple[tuple[float, bytes], ...] = ()
    answers_first: bool = False


class Treadmill:
    """One machine with its time, which passes in `advance`; records are sent at its interval.

    The transport reports the steps of a conversation to `faults`.
    """

    def __init__(
        self,
        profile: Profile = STRICT,
        spec: MachineSpec | None = None,
        *,
        seed: int = 0,
        sample_interval: float | None = None,
        faults: Iterable[Scheduled] = (),
    ) -> None:
        self.profile = profile
        self.machine = Machine(spec or profile.belt, seed=seed)
        self.server = FtmsServer(self.machine, profile)
        self.faults = FaultLine(self.server, seed=seed)
        self.server.spoil = self.faults.on_frame
        self._interval = sample_interval or profile.data.interval_s
        self._time = 0.0
        self._samples = 1
        self.faults.schedule(*faults)

    @property
    def time(self) -> float:
        """Seconds since the treadmill was created."""
        return self._time

    def advance(self, dt: float) -> None:
        """Let `dt` seconds pass, with the records and faults due in them."""
        until = self._time + dt
        while (due := self._next()) <= until + _A_MOMENT:
            self._pass(due)
            if self._samples * self._interval <= due + _A_MOMENT:
                self._samples += 1
                self.server.sample()
        self._pass(until)

    def write(self, client: Client, value: bytes, *, indicating: bool) -> Written:
        """Handle a write to the control point; `indicating`: True if indications are enabled."""
        op = value[0] if value else None
        fate = self.faults.on_write(op)
        control = self.profile.control
        if fate.error is not None:
            return Written(fate.error)
        if fate.result is not None:
            answer: Response | AttError | None = Response(op or 0, fate.result)
        else:
            answer = self.server.write(client, value, indicating=indicating)
        if isinstance(answer, AttError):
            return Written(answer)
        answers = [] if answer is None else self.faults.on_answer(answer)
        if not answers:
            self.server.confirmed(client)  # the machine considers it done
        return Written(
            response_delay_s=fate.delay_s,
            answers=tuple((delay + control.answer_delay_s, each) for delay, each in answers),
            answers_first=control.answers_first,
        )

    def _next(self) -> float:
        sample = self._samples * self._interval
        fault = self.faults.next
        return sample if fault is None else min(sample, fault)

    def _pass(self, until: float) -> None:
        self.machine.advance(max(0.0, until - self._time))
        self._time = max(until, self._time)
        self.faults.advance(self._time)
