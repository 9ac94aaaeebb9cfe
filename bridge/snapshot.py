"""Builds the snapshot of one treadmill from its frames: pure, whatever the bytes and order."""

from dataclasses import dataclass, replace

from bridge.belt import SETTLE, BeltState, Word
from bridge.status import (
    ControlLost,
    MachineReset,
    Paused,
    SafetyKey,
    Started,
    StatusEvent,
    Stopped,
    TargetChanged,
)
from bridge.values import Axis, Belt, Control, MachineInfo, Sample, Snapshot
from protocols.errors import DecodeError
from protocols.ftms.control_point import (
    Request,
    SetTargetSpeed,
    StartOrResume,
    StopKind,
    StopOrPause,
)
from protocols.ftms.machine_status import MachineStatus, StatusOp
from protocols.ftms.training_status import TrainingStatusValue
from protocols.ftms.treadmill_data import Defragmenter

REPLAY = 1.0
"""Seconds after subscribing in which a status is the machine's repetition of its last one."""
CURRENT_SPEED_QUIRK = "status_is_current_speed"
"""The machine reports its current speed as target status while it ramps."""
NEAR = 20
"""How near (0.2 km/h) a target status must be to the measured speed to pass for it."""
FOLLOWED = 3
"""How many such statuses in a row, each another value, show that quirk."""
RAMP_LIMIT = 30.0
"""Seconds after a write in which the belt may be on its way to the target."""
MOST_SPEED = 4000
"""No treadmill runs faster than 40 km/h (wire units): what says so is garbage."""
MOST_INCLINE = 500
"""None is steeper than 50 %, up or down (wire units)."""
BABBLE_S = 8.0
"""After garbage, seconds in which a status that names a target may be garbage as well."""

_OPS = frozenset(StatusOp)
_SAID = {Started: Word.START, Stopped: Word.STOP, Paused: Word.PAUSE, SafetyKey: Word.STOP}


@dataclass(frozen=True, slots=True)
class _Ramp:
    time: float
    start: int
    target: int


class SnapshotBuilder:
    """Merges what one treadmill sends. Times are monotonic seconds.

    `snapshot` is the latest knowledge; `malformed` counts the frames that meant nothing or cannot
    be true.
    """

    def __init__(self) -> None:
        self.snapshot = Snapshot()
        self.malformed = 0
        self._belt = BeltState(0.0)
        self._parts = Defragmenter()
        self._linked = 0.0
        self._running_since: float | None = None
        self._halted: StatusEvent | None = None
        self._ramp: _Ramp | None = None
        self._followed: frozenset[int] = frozenset()
        self._babbled = float("-inf")

    def connected(self, machine: MachineInfo, now: float) -> None:
        """A link is up; nothing said before counts any more."""
        self._belt = BeltState(now)
        self._parts.reset()
        self._linked = now
        self._running_since, self._halted = None, None
        self._ramp, self._followed = None, frozenset()
        self.snapshot = Snapshot(
            connected=True, machine=machine, sample=self.snapshot.sample, read_time=now
        )

    def disconnected(self) -> None:
        """The link is gone: the belt is unknown, and half a record is dropped."""
        self._parts.reset()
        self.snapshot = replace(
            self.snapshot, connected=False, belt=Belt.UNKNOWN, control=Control.NONE
        )

    def treadmill_data(self, value: bytes, now: float) -> Sample | None:
        """A Treadmill Data frame; the sample that it completes, if it does."""
        try:
            data = self._parts.add(value, now)
        except DecodeError:
            self._garble(now)
            return None
        if data is None:
            return None
        if data.speed is not None and data.speed > MOST_SPEED:
            self._garble(now)
            return None
        if data.incline is not None and abs(data.incline) > MOST_INCLINE:
            self._garble(now)
            data = replace(data, incline=None)
        sample = Sample(now, data)
        self.snapshot = replace(self.snapshot, sample=sample)
        if data.speed is not None:
            self._belt.speed(data.speed, now)
        self._judge(now)
        return sample

    def training_status(self, value: bytes, now: float) -> None:
        """A Training Status, read or notified; an empty one says nothing."""
        try:
            status = TrainingStatusValue.decode(value).status
        except DecodeError:
            self.malformed += 1
            return
        self._belt.training(status, now)
        self._judge(now)

    def machine_status(self, value: bytes, now: float) -> list[StatusEvent]:
        """A Fitness Machine Status; what of it is news.

        Not news: a repetition at subscribing or of the same stop, and target statuses that name no
        target, because the belt starts, stops, or merely reports its current speed. Amid garbage no
        target is believed: what a hand at the console did shows in the data too.
        """
        try:
            status = MachineStatus.decode(value)
        except DecodeError:
            self.malformed += 1
            self._babbled = now
            return []
        if status.op not in _OPS:
            self._babbled = now
        event = _event(status, now)
        if event is None:
            return []
        if now - self._linked <= REPLAY:
            # Except a safety key: if it was the last word, nothing was started since.
            return [event] if isinstance(event, SafetyKey) else []
        if isinstance(event, TargetChanged):
            return [event] if self._names_target(event) else []
        repeated = self._repeats(event)
        if word := _SAID.get(type(event)):
            self._belt.say(word, now)
        elif isinstance(event, MachineReset):
            self._belt.say(Word.STOP, now)
        self._judge(now)
        return [] if repeated else [event]

    def written(self, request: Request, now: float) -> None:
        """The machine carried out an order of ours, of which it need not report a status."""
        if isinstance(request, StartOrResume):
            self._belt.say(Word.START, now)
        elif isinstance(request, StopOrPause):
            stop = request.kind is StopKind.STOP
            self._belt.say(Word.STOP if stop else Word.PAUSE, now)
        elif isinstance(request, SetTargetSpeed) and (sample := self.snapshot.sample):
            self._ramp = _Ramp(now, sample.data.speed or 0, request.speed)
        self._judge(now)

    def alive(self, now: float) -> None:
        """A read was answered."""
        self.snapshot = replace(self.snapshot, read_time=now)
        self._belt.answered(now)
        self._judge(now)

    def control(self, state: Control) -> None:
        """The control point's state."""
        self.snapshot = replace(self.snapshot, control=state)

    def tick(self, now: float) -> None:
        """Time passes: silence means something too. To be called at least once a second."""
        self._belt.tick(now)
        self._judge(now)

    def _garble(self, now: float) -> None:
        self.malformed += 1
        self._babbled = now
        self.snapshot = replace(self.snapshot, garbled=now)

    def _judge(self, now: float) -> None:
        if not self.snapshot.connected:
            return
        belt = self._belt.belt
        if belt is not Belt.RUNNING:
            self._running_since = None
        elif self._running_since is None:
            self._running_since = now
        if belt is not self.snapshot.belt:
            self.snapshot = replace(self.snapshot, belt=belt)

    def _repeats(self, event: StatusEvent) -> bool:
        last = self._halted
        self._halted = event if isinstance(event, Stopped | Paused) else None
        return last is not None and type(last) is type(event) and event.time - last.time <= SETTLE

    def _names_target(self, event: TargetChanged) -> bool:
        if event.time - self._babbled <= BABBLE_S:
            return False
        if event.axis is Axis.INCLINE:
            return True
        settled = self._running_since is not None and event.time - self._running_since >= SETTLE
        if not settled or event.value == 0:
            return False
        self._observe(event)
        machine = self.snapshot.machine
        return machine is None or CURRENT_SPEED_QUIRK not in machine.quirks

    def _observe(self, event: TargetChanged) -> None:
        """Learn the quirk from statuses that follow the belt on its way to a target of ours."""
        sample, machine, ramp = self.snapshot.sample, self.snapshot.machine, self._ramp
        if sample is None or sample.data.speed is None or machine is None or ramp is None:
            return
        on_its_way = (
            event.time - ramp.time <= RAMP_LIMIT
            and min(ramp.start, ramp.target) < event.value < max(ramp.start, ramp.target)
            and abs(event.value - sample.data.speed) <= NEAR
        )
        self._followed = self._followed | {event.value} if on_its_way else frozenset()
        if len(self._followed) >= FOLLOWED and CURRENT_SPEED_QUIRK not in machine.quirks:
            quirks = (*machine.quirks, CURRENT_SPEED_QUIRK)
            self.snapshot = replace(self.snapshot, machine=replace(machine, quirks=quirks))


def _event(status: MachineStatus, now: float) -> StatusEvent | None:
    match status.op, status.value:
        case StatusOp.RESET, _:
            return MachineReset(now)
        case StatusOp.STOPPED_OR_PAUSED, kind:
            return Paused(now) if kind == StopKind.PAUSE else Stopped(now)
        case StatusOp.STOPPED_BY_SAFETY_KEY, _:
            return SafetyKey(now)
        case StatusOp.STARTED_OR_RESUMED, _:
            return Started(now)
        case StatusOp.TARGET_SPEED_CHANGED, int(speed):
            return TargetChanged(now, Axis.SPEED, speed)
        case StatusOp.TARGET_INCLINE_CHANGED, int(incline):
            return TargetChanged(now, Axis.INCLINE, incline)
        case StatusOp.CONTROL_PERMISSION_LOST, _:
            return ControlLost(now)
        case _:
            return None
