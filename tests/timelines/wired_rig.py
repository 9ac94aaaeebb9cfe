"""A guard and the simulated machine, with nothing between them but bytes; no Bluetooth, no task.

What the machine sends goes through the bridge's snapshot, what the guard decides is written to the
machine's FTMS server as a control point would write it. Every decision is judged by `JudgedRig`.
"""

from dataclasses import dataclass, field

from bridge.drivers.ftms.control_point import request_for
from bridge.drivers.ftms.frames import FrameBuilder
from bridge.guard import Decision
from bridge.guard.decision import Target
from bridge.machines import PLAIN_EDGE
from bridge.values import (
    Axis,
    Belt,
    Control,
    HaltBelt,
    MachineInfo,
    Order,
    SetTarget,
    Snapshot,
    StartBelt,
)
from bridge.values.status import MachineEvent
from protocols import uuids
from protocols.errors import DecodeError
from protocols.ftms.control_point import Request, RequestControl, Response, encode_request
from simulators.ftms.faults import Fault
from simulators.ftms.profile import STRICT, Profile
from simulators.ftms.treadmill import Treadmill
from simulators.physics.console import BUTTONS
from simulators.physics.machine import Happening, Kind
from tests.guard.proof.guard_rig import TICK
from tests.guard.proof.judged_rig import JudgedRig

RECONNECT_S = 2.0
_WORD = 0x7FFF


class Wire:
    """The bridge as the machine's only client."""

    mtu = 517

    def __init__(self) -> None:
        self.heard: list[tuple[int, bytes]] = []

    def notify(self, uuid: int, value: bytes) -> None:
        self.heard.append((uuid, value))

    def __hash__(self) -> int:
        return id(self)


@dataclass
class WiredRig(JudgedRig):
    """A judged rig whose belt is the simulator's, over its wire format."""

    profile: Profile = STRICT
    seed: int = 0
    builder: FrameBuilder = field(default_factory=FrameBuilder)
    controlled: bool = False
    back_at: float | None = None
    unheeded: bool = False
    """True if a halt was written and the belt has neither stood nor been started since."""

    def __post_init__(self) -> None:
        self.treadmill = Treadmill(self.profile, seed=self.seed)
        self.machine = MachineInfo(
            address="F0:00:00:00:00:01",
            speed_range=self.profile.speed_range,
            incline_range=self.profile.incline_range,
            can_control=self.profile.control.present,
        )
        self.treadmill.faults.link = self
        self.treadmill.machine.listen(self._happens)
        self.wire = Wire()
        self._join()
        super().__post_init__()

    @property
    def snapshot(self) -> Snapshot:
        return self.builder.snapshot

    @property
    def shown_belt(self) -> Belt:
        return self.builder.snapshot.belt

    # --- the link, as faults break it

    def go_dark(self) -> None:
        self._leave()

    def back(self) -> None:
        self.back_at = self.now

    def hang_up(self) -> None:
        self._leave()
        self.back_at = self.now + RECONNECT_S

    def _leave(self) -> None:
        if self.connected:
            self.treadmill.server.leave(self.wire)
            self.builder.disconnected(self.now, lost=True)
            self.connected = self.controlled = False

    def _join(self) -> None:
        self.wire = Wire()
        self.treadmill.server.join(self.wire)
        self.builder.connected(self.machine, self.now)
        for uuid in (uuids.FITNESS_MACHINE_STATUS, uuids.TREADMILL_DATA):
            self.treadmill.server.subscribed(self.wire, uuid)
        self.connected, self.back_at = True, None

    # --- time

    def wait(self, seconds: float) -> "WiredRig":
        for _ in range(round(seconds / TICK)):
            self.now += TICK
            if self.back_at is not None and self.now >= self.back_at and not self.connected:
                self._join()
            self.treadmill.advance(TICK)
            self._take_in()
            self.builder.tick(self.now)
            self._decide()
        return self

    def _measure(self) -> None:
        """The machine measures by itself."""

    def _told(self, target: Target) -> None:
        """The machine gets the order over the wire."""

    def _take_in(self) -> None:
        heard, self.wire.heard = self.wire.heard, []
        for uuid, value in heard:
            if not self.connected:
                return
            if uuid == uuids.TREADMILL_DATA:
                self._sample(value)
            elif uuid == uuids.TRAINING_STATUS:
                self.builder.training_status(value, self.now)
            elif uuid == uuids.FITNESS_MACHINE_STATUS:
                for event in self.builder.machine_status(value, self.now):
                    self._observe(event)

    def _sample(self, value: bytes) -> None:
        self.sample = self.builder.treadmill_data(value, self.now) or self.sample

    def _observe(self, event: MachineEvent) -> None:
        if type(event).__name__ == "ControlLost":
            self.controlled = False
            self.builder.control(Control.TAKEN)
        self._note(event)
        self.guard.observe(event, self.snapshot, self.now)

    # --- what people and faults do

    def button(self, name: str) -> None:
        BUTTONS[name](self.treadmill.machine)

    def choose(self, axis: Axis, value: int) -> None:
        machine = self.treadmill.machine
        if axis is Axis.SPEED:
            machine.set_speed(value)
        else:
            machine.set_incline(value)

    def breaks(self, fault: Fault) -> None:
        self.treadmill.faults.strike(fault)

    def _happens(self, happening: Happening) -> None:
        if happening.kind is Kind.STARTED:
            self.unheeded = False

    # --- what the guard decides

    def _judge_orders(self, before: Decision, decision: Decision) -> None:
        # A belt that a stop did not reach seems to start again, and gets the stop again.
        self.may_halt = self.may_halt or (self.unheeded and decision.halt is not None)
        super()._judge_orders(before, decision)

    def _decide(self) -> Decision:
        self.unheeded = self.unheeded and not self.treadmill.machine.stands
        decision = super()._decide()
        if decision.halt is not None:
            self.unheeded = True
            self._order(HaltBelt(decision.halt))
        if decision.start:
            self._order(StartBelt())
        for target in decision.targets:
            self._order(SetTarget(target.axis, target.value))
        return decision

    def _order(self, order: Order) -> None:
        """Write it, after a request for control where that is not held."""
        if not self.connected or not self.profile.control.present:
            return
        if not self.controlled:
            self.controlled = self._write(RequestControl()) is not False
            self.builder.control(Control.HELD if self.controlled else Control.DENIED)
            if not self.controlled:
                self.refuses("control_denied")
        if isinstance(order, SetTarget):
            self.builder.sending(order, self.now)
        if self._write(request_for(order, PLAIN_EDGE)):
            self.builder.written(order, self.now)

    def _write(self, request: Request) -> bool | None:
        """True if the machine agreed; None if it does not answer."""
        done = self.treadmill.write(self.wire, encode_request(request), indicating=True)
        if done.error is not None:
            return False
        agreed: bool | None = None
        for _, value in done.answers:
            try:
                agreed = Response.decode(value).success
            except DecodeError:
                agreed = False
        if self.connected:
            self.treadmill.server.confirmed(self.wire)
        return agreed
