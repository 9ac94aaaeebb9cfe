"""Finds out by watching what FTMS does not say of one machine. Pure: no clock, no I/O.

It says what it saw as quirks, by stable names, and as events where a person should know. It changes
nothing but the reading of the machine's numbers, and that only towards the slower belt.
"""

from dataclasses import dataclass, field, replace

from bridge.machines import Quirk, SpeedUnit
from bridge.machines.edge import MPH
from bridge.status import Started, StatusEvent, TargetChanged
from bridge.values import Axis, Belt, Event, MachineInfo
from protocols.ftms.control_point import Request, SetTargetSpeed, StartOrResume, StopOrPause
from protocols.ftms.training_status import TrainingStatus
from protocols.ftms.treadmill_data import VENDOR_STEPS, TreadmillData

MOTION_S = 15.0
"""Seconds from a start to motion or data: countdowns take 3 s, slow machines 6 s."""
FIRST_DATA_S = 30.0
"""Seconds after which a machine that never sent anything is worth a word."""
REST_S = 10.0
"""Seconds of silence at rest that are a way of the machine and no gap."""
STEADY = 3
"""Samples that show a speed to be settled."""
MIXED = 0.03
"""How near to 1.609 or its inverse a ratio has to be: no step of any machine is mistaken for it."""
LAG_S = 8.0
"""Seconds in which a belt may still be on its way; less than asked means nothing before."""
LEAP = 300
"""No belt changes by 3 km/h (wire units) from one sample to the next: that is the target."""
LEAP_S = 1.2
LEAPS = 2
NEAR = 20
"""How near (0.2 km/h) a target status must be to the measured speed to pass for it."""
FOLLOWED = 3
"""How many such statuses in a row, each another value, show that it is the current speed."""
RAMP_S = 30.0
"""Seconds after a write in which the belt may be on its way to the target."""
REFUSALS = 3
"""Refusals without a single success that are a way of the machine; one, if it is known for it."""
FRESH_S = 3.0
"""Seconds for which a sample is of now."""
PARTS = 5
"""So many parts of records, and never a whole one, are flags that lie."""

_DULL = frozenset({TrainingStatus.OTHER, TrainingStatus.IDLE})
_NOT_RUNNING = _DULL | {None, TrainingStatus.PRE_WORKOUT, TrainingStatus.POST_WORKOUT}

TEXTS = {
    "no_data": "The treadmill sends no data. Some send none before the belt moves, others wait for"
    " their maker's app. If the belt moves now, its speed is not known here.",
    "no_motion": "The treadmill took the start, but its belt did not move within 15 s. Is the"
    " safety key in, and does the console wait for something?",
    "never_whole": "The treadmill sends only parts of records, each with the word that more is to"
    " come. Some machines set that flag by mistake: set speed_first = true, and compare the speed"
    " with the display. Until then it is not known here.",
    "only_zeros": "The treadmill says that it runs, and sends nothing but zeros. Some machines do"
    " so until their maker's app has been connected once: open it, close it, and look again. How"
    " fast the belt moves is not known here, and it is not started; stop it at its console.",
    "locked": "This treadmill obeys only after its maker's app has unlocked it: open that app once,"
    " close it, and ask again. Until then it is only watched; it stops at its console.",
    "refuses_everything": "The treadmill refuses every order. Close other apps that hold it; some"
    " machines obey only after their maker's app has unlocked them. It is watched all the same.",
    "targets_in_mph": "The belt runs 1.61 times as fast as it was told: this treadmill takes speeds"
    ' in miles. From now on it is told in miles; set target_speed_unit = "mph" to keep it so, and'
    " ask again for the speed you want.",
    "follows_at_0_62": "The treadmill reports 0.62 times the speed it was told: it reports in"
    " miles, or takes kilometres for miles. Compare with its display, and set"
    " reported_speed_unit or target_speed_unit.",
}

EVENTS = ("incline_ignored", "no_data", "no_motion", "refuses_everything", "unit_mixup")
"""The types of the events that are told here."""


@dataclass(frozen=True, slots=True)
class _Write:
    """A target speed that was written, and the measured speed before it. Wire units, seconds."""

    time: float
    start: int
    target: int


@dataclass(slots=True)
class Observer:
    """Watches one link. Times are monotonic seconds, speeds true 0.01 km/h.

    `machine` is what is known of it, with the quirks found so far.
    """

    machine: MachineInfo
    linked: float
    events: list[Event] = field(default_factory=list)
    _speed: int | None = None
    _heard: float | None = None
    _started: float | None = None
    _write: _Write | None = None
    _halted: _Write | None = None
    _steady: int = 0
    _beyond: int = 0
    _leaps: int = 0
    _slow_targets: frozenset[int] = frozenset()
    _followed: frozenset[int] = frozenset()
    _training: TrainingStatus | None = None
    _training_moved: bool = False
    _running: float | None = None
    _blank: bool = True
    _parts: int = 0
    _refusals: int = 0
    _told_refusals: bool = False
    _obeyed: bool = False

    def add(self, quirk: Quirk) -> bool:
        """Take note of a quirk; whether it is new on this link."""
        if self.has(quirk):
            return False
        self.machine = replace(self.machine, quirks=(*self.machine.quirks, quirk))
        return True

    def _drop(self, quirk: Quirk) -> None:
        """It does so no more."""
        if self.has(quirk):
            left = tuple(each for each in self.machine.quirks if each != quirk)
            self.machine = replace(self.machine, quirks=left)

    def has(self, quirk: Quirk) -> bool:
        """Whether the machine is known to do this."""
        return quirk in self.machine.quirks

    def take_events(self) -> list[Event]:
        """What a person should know, once."""
        events, self.events = self.events, []
        return events

    # --- what the machine sends

    def part(self) -> None:
        """A part of a record that more follows."""
        self.add(Quirk.SPLIT_RECORDS)
        self._parts += 1

    def sample(self, data: TreadmillData, now: float) -> None:
        """A whole record, in true numbers."""
        if data.truncated:
            self.add(Quirk.TORN_RECORDS)
        if data.flags & VENDOR_STEPS and data.step_count is not None:
            self.add(Quirk.VENDOR_STEPS)
        self._heard = now
        self._blank = self._blank and data.is_blank
        speed = data.speed
        if speed is None:
            return
        before, self._speed = self._speed, speed
        if speed > 0:
            self._started = None
        still = before is not None and abs(speed - before) <= NEAR // 2
        self._steady = self._steady + 1 if still else 1
        self._compare_with_range(speed)
        self._compare_with_target(speed, now)
        self._look_for_leaps(speed, now)

    def _compare_with_range(self, speed: int) -> None:
        told = self.machine.speed_range
        if told is None or told.maximum <= 0:
            return
        beyond = speed > told.maximum * 1.02 + max(1, told.step)
        self._beyond = self._beyond + 1 if beyond else 0
        if self._beyond >= STEADY:
            self.add(Quirk.SPEED_BEYOND_RANGE)

    def _compare_with_target(self, speed: int, now: float) -> None:
        write = self._write
        if write is None or write.target <= 0 or self._steady < STEADY:
            return
        ratio = speed / write.target
        if abs(ratio / MPH - 1) < MIXED and now - write.time >= STEADY - 1:
            self._targets_are_miles()
        elif abs(ratio * MPH - 1) < MIXED and now - write.time > LAG_S:
            self._slow_targets |= {write.target}
            if len(self._slow_targets) > 1 and self.add(Quirk.FOLLOWS_AT_0_62):
                self._tell("unit_mixup", "follows_at_0_62", factor=0.62)

    def _targets_are_miles(self) -> None:
        """From now on targets are written as miles: fewer of them, so that the belt slows."""
        if self.machine.edge.profile.target_speed_unit is SpeedUnit.MPH:
            return
        self.machine = taking_miles(self.machine)
        self._write = None
        if self.add(Quirk.TARGETS_IN_MPH):
            self._tell("unit_mixup", "targets_in_mph", factor=1.61)

    def _look_for_leaps(self, speed: int, now: float) -> None:
        for change in (self._write, self._halted):
            if change is None or abs(change.start - change.target) < LEAP:
                continue
            if 0 < now - change.time <= LEAP_S and abs(speed - change.target) <= NEAR:
                self._leaps += 1
                self._halted = None
                self._write = replace(change, start=speed) if change is self._write else self._write
        if self._leaps >= LEAPS:
            self.add(Quirk.REPORTS_TARGET)

    def training(self, status: TrainingStatus | None) -> None:
        """A training status, read or notified."""
        if status is None:
            self.add(Quirk.EMPTY_TRAINING_STATUS)
        elif status is not self._training:
            self._training_moved = self._training is not None
            self._training = status

    def status(self, event: StatusEvent, now: float, *, replay: bool) -> None:
        """A machine status; `replay`: right after subscribing, where it can be no news."""
        if replay:
            self.add(Quirk.STATUS_REPLAYED)
        elif isinstance(event, Started):
            self._started = now
        elif not isinstance(event, TargetChanged):
            self._started = None
            self._write = None
        elif event.axis is Axis.SPEED:
            self._watch_target(event)

    def _watch_target(self, event: TargetChanged) -> None:
        """Learn the current-speed quirk from statuses that follow the belt to a target of ours."""
        ramp, speed = self._write, self._speed
        if ramp is None or speed is None:
            return
        on_its_way = (
            event.time - ramp.time <= RAMP_S
            and min(ramp.start, ramp.target) < event.value < max(ramp.start, ramp.target)
            and abs(event.value - speed) <= NEAR
        )
        self._followed = self._followed | {event.value} if on_its_way else frozenset()
        if len(self._followed) >= FOLLOWED:
            self.add(Quirk.STATUS_IS_CURRENT_SPEED)

    # --- what it was told

    def written(self, request: Request, now: float) -> None:
        """An order of ours was carried out, or so the machine says."""
        self._obeyed = True
        self._drop(Quirk.REFUSES_EVERYTHING)
        speed = self._speed or 0
        if isinstance(request, StartOrResume):
            self._started = now
        elif isinstance(request, StopOrPause):
            self._started = self._write = None
            self._halted = _Write(now, speed, 0)
        elif isinstance(request, SetTargetSpeed):
            self._write = _Write(now, speed, request.speed)
            self._followed = frozenset()

    def refused(self) -> None:
        """The machine refused an order, or did not answer it."""
        if not self.machine.can_control:
            return
        self._refusals += 1
        locked = self.machine.edge.profile.needs_unlock
        enough = self._refusals >= (1 if locked else REFUSALS)
        if not enough or self._obeyed or not self.add(Quirk.REFUSES_EVERYTHING):
            return
        if not self._told_refusals:
            self._told_refusals = True
            self._tell("refuses_everything", "locked" if locked else "refuses_everything")

    def try_again(self) -> None:
        """A person asks: the next refusal shows again that it refuses everything."""
        self._drop(Quirk.REFUSES_EVERYTHING)

    # --- time

    def tick(self, belt: Belt, now: float) -> None:
        """Time passes, with the belt as it is judged to be."""
        silent = now - (self.linked if self._heard is None else self._heard)
        if silent > REST_S and belt in {Belt.IDLE, Belt.PAUSED, Belt.UNKNOWN}:
            self.add(Quirk.SILENT_AT_REST)
        if self._heard is None and silent > FIRST_DATA_S and not belt.stands:
            self._no_data("never_whole" if self._parts >= PARTS else "no_data")
        self._doubt_zeros(belt, now)
        self._await_motion(now)
        self._running = (self._running or now) if belt is Belt.RUNNING else None
        ran = self._running is not None and now - self._running > REST_S
        if ran and self._training in _DULL and not self._training_moved:
            self.add(Quirk.TRAINING_STATUS_CONSTANT)

    def _doubt_zeros(self, belt: Belt, now: float) -> None:
        """A belt that says that it runs, in zeros: see `BeltState`."""
        fresh = self._heard is not None and now - self._heard <= FRESH_S
        if belt is Belt.UNKNOWN and fresh and self._blank and now - self.linked > MOTION_S:
            self._started = None
            self._no_data("only_zeros")

    def _await_motion(self, now: float) -> None:
        if self._started is None or now - self._started <= MOTION_S:
            return
        started, self._started = self._started, None
        if self._heard is None or self._heard < started:
            self._no_data("no_data")
        elif self._blank and self._training not in _NOT_RUNNING:
            self._no_data("only_zeros")
        elif self.add(Quirk.START_WITHOUT_MOTION):
            self._tell("no_motion", "no_motion")

    def _no_data(self, text: str) -> None:
        if self.add(Quirk.NO_DATA):
            self._tell("no_data", text)

    def _tell(self, kind: str, text: str, **details: object) -> None:
        self.events.append(Event(kind, TEXTS[text], dict(details)))


def taking_miles(machine: MachineInfo) -> MachineInfo:
    """The same machine, known to take its targets in miles; its ranges stay as they are."""
    edge = machine.edge
    profile = replace(edge.profile, target_speed_unit=SpeedUnit.MPH)
    return replace(machine, edge=replace(edge, profile=profile))
