"""Learner of one machine, from our writes and its data. Pure: no clock, no I/O.

Pass in every write, sample, status and gesture, then read `learned`. It covers the motion of the
belt, the meaning of its numbers, and their unit. Implausible evidence is refused. Contradicting
evidence from three sessions replaces the model: another machine, or other firmware.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import replace

from bridge.machines import Quirk
from bridge.machines.learned import (
    UNLEARNED,
    LearnedMachine,
    UnitVerdict,
)
from bridge.tracking.learning.averages import average, median
from bridge.tracking.learning.axis import AxisLearner
from bridge.tracking.learning.current_speed import CurrentSpeed
from bridge.tracking.learning.echoes import Echoes
from bridge.tracking.learning.figures import SPEED_LIMITS, resolution_of
from bridge.tracking.learning.knowledge import LATEST, NOTHING, Knowledge, with_point
from bridge.tracking.learning.leaps import Leaps
from bridge.tracking.learning.steady import Stretch
from bridge.tracking.learning.units import FACTORS, GAP_S, DistanceCheck, NamedUnit, factor
from bridge.values import (
    INCLINE,
    SPEED,
    Axis,
    Belt,
    Event,
    HaltBelt,
    MachineInfo,
    Measurement,
    Order,
    SetTarget,
    StartBelt,
)
from bridge.values.status import MachineEvent, TargetChanged
from protocols.units import MPH

FRAMES = 16
"""Number of intervals between samples for their median."""
LOST_FRAMES = 2.5
"""Frames without a sample that are no gap: one frame in ten is lost."""
FRAME_LIMITS = (0.1, 5.0)
SOONER = 0.8
"""Fraction of the shortest time to an echo in which the next one may come."""
SESSION_S = 600.0
"""A stand of more than this many seconds begins a new session, as for the warm-up."""


class Learner:
    """Learner across all links of one machine. Monotonic seconds; converted 0.01 km/h and 0.1 %.

    `quirks` were found on this link or are known from earlier ones. `takes_miles`: targets must be
    written in miles.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._running = False
        self._learned, self._known, self._saved = UNLEARNED, NOTHING, NOTHING
        self._address: str | None = None
        self.connected(MachineInfo(""), None)

    # --- links and stored knowledge

    @property
    def learned(self) -> LearnedMachine:
        """The present model, the same object until it changes."""
        echoes = self._answers
        echo_s = UNLEARNED.echo_s if echoes.echo_s is None else echoes.echo_s
        # An echo may come sooner than any before; if all took alike, only slightly.
        fastest = echoes.fastest_s or 0.0
        learned = LearnedMachine(
            self._axes[SPEED].figures,
            self._axes[INCLINE].figures,
            self._frame_s,
            echoes.echo,
            echo_s,
            names_current=self._current.names_current,
            sessions=self._known.sessions,
            reports=self._distance.verdict,
            targets=self._known.targets,
            miles_suspected=self._suspects_miles(),
            soonest_s=max(fastest / 2, min(SOONER * fastest, 2 * fastest - echo_s)),
        )
        if learned != self._learned:
            self._learned = learned
        return self._learned

    @property
    def knowledge(self) -> Knowledge:
        """Return the observations to store.

        That a machine never answers is stored only if it has never taken a target: one that has
        may just hang, and the next process tries again.
        """
        taken = any(axis.known.taken for axis in self._axes.values())
        return replace(
            self._known,
            never_answers=self._known.never_answers and not taken,
            speed=self._axes[SPEED].known,
            incline=self._axes[INCLINE].known,
            frame_s=self._frame_s,
            echo=self._answers.echo,
            echo_s=self._answers.echo_s,
            fastest_s=self._answers.fastest_s,
            names_current=self._current.names_current,
            current_evidence=round(self._current.evidence, 1),
            reports=self._distance.verdict,
            names_kmh=self.named.kmh,
        )

    def news(self) -> Knowledge | None:
        """Return the observations to store if they changed materially since the last call."""
        changed = [axis for axis in self._axes.values() if axis.changed]
        for axis in changed:
            axis.changed = False
        now = self.knowledge
        before, self._saved = self._saved, now
        plain = replace(now, speed=before.speed, incline=before.incline, frame_s=before.frame_s)
        return now if changed or plain != before else None

    def connected(self, machine: MachineInfo, known: Knowledge | None) -> None:
        """Begin a link.

        `known` is the stored knowledge of the machine. None continues with the present model if it
        is the same machine, and starts anew otherwise.
        """
        if known is not None or self._address != machine.address:
            self._load(known or NOTHING, machine)
        self._declared = machine.edge.profile.target_speed_unit
        self._spoil()
        self._leaps = Leaps()
        self._heard: float | None = None
        self._frames: deque[float] = deque(maxlen=FRAMES)
        self.takes_miles = self._known.targets is UnitVerdict.MPH and self._declared is None
        kept = (
            (Quirk.STATUS_IS_CURRENT_SPEED, self._current.names_current),
            (Quirk.TARGETS_IN_MPH, self.takes_miles),
            (Quirk.REPORTS_MPH, self._distance.verdict is UnitVerdict.MPH),
            (Quirk.NO_ANSWERS, self._known.never_answers),
        )
        self.quirks: frozenset[Quirk] = frozenset(quirk for quirk, seen in kept if seen)

    def _load(self, known: Knowledge, machine: MachineInfo) -> None:
        self._address = machine.address
        self._known = self._saved = known
        self._axes: dict[Axis, AxisLearner] = {}
        self._echoes: dict[Axis, Echoes] = {}
        for axis, told in ((SPEED, machine.speed_range), (INCLINE, machine.incline_range)):
            least, step = (0, 1) if told is None else (told.minimum, max(1, told.step))
            seen = known.of(axis)
            self._axes[axis] = AxisLearner(axis, seen, known.sessions, known.frame_s, step)
            self._echoes[axis] = Echoes(axis, known, least)
        declared = Quirk.STATUS_IS_CURRENT_SPEED in machine.quirks
        self._current = CurrentSpeed(
            known=declared or known.names_current,
            evidence=0.0 if declared else known.current_evidence,
        )
        self._distance = DistanceCheck(known.reports)
        self.named = NamedUnit(known.names_kmh)  # the unit of its statuses
        self._ran: float | None = None
        low, high = FRAME_LIMITS
        self._frame_s = min(high, max(low, known.frame_s))

    # --- orders

    def sending(self, target: SetTarget, now: float) -> None:
        """Record a target that is being written: its echo may come before the machine's answer."""
        self._echoes[target.axis].wrote(target.value, now)
        if target.axis is SPEED:
            self._current.wrote(target.value, now)

    def written(self, order: Order, now: float) -> None:
        """Record an order that the machine accepted."""
        speed = self._axes[SPEED].reading or 0
        match order:
            case SetTarget(axis, value):
                self._axes[axis].wrote(value, now)
                if axis is SPEED:
                    self.named.wrote(value)
                    self._leaps.wrote(value, speed, now)
            case HaltBelt():
                self._spoil()
                self._leaps.halted(speed, now)
            case StartBelt():
                self._spoil()

    def answers(self, *, never: bool) -> None:
        """Record that the machine answered an order, or that it never answers one."""
        if self._known.never_answers is not never:
            self._known = replace(self._known, never_answers=never)
            self.quirks ^= {Quirk.NO_ANSWERS}

    def refused(self, axis: Axis, target: int) -> None:
        """Record that the machine refused this value, not the order as such."""
        self._echoes[axis].refused(target)
        self._axes[axis].refused(target)

    def gestures(self, axes: Iterable[Axis]) -> None:
        """Record a gesture at the console."""
        for axis in axes:
            self._axes[axis].gesture()

    # --- data of the machine

    def sample(self, data: Measurement, now: float) -> None:
        """Take a complete record, in converted units."""
        self._follow_frames(now)
        self._follow_distance(data, now)
        if data.speed is not None:
            self._leaps.sample(data.speed, now)
            belt = self._axes[SPEED].figures
            wander = belt.blur + belt.droop * data.speed
            self._current.sample(data.speed, now, wander, runs=self._running)
            if self._leaps.reports_target:
                self.quirks |= {Quirk.REPORTS_TARGET}
        for axis, value in ((SPEED, data.speed), (INCLINE, data.incline)):
            if value is None:
                continue
            stretch = self._axes[axis].sample(value, now, self._frame_s)
            if stretch is not None and self._running:
                self._take(axis, stretch)

    def status(self, event: MachineEvent) -> None:
        """Take a status; repetitions right after subscribing must be left out."""
        if not isinstance(event, TargetChanged):
            self._spoil()
            self._leaps.forget()
            return
        echoes = self._echoes[event.axis]
        # A machine known to take km/h answers in no other unit: such a value was pressed by chance.
        miles = event.axis is SPEED and self._known.targets is not UnitVerdict.KMH
        if miles and self.named.named(event.value):
            echoes.answered()
            return
        echo = echoes.named(event.value, event.time)
        if echo and not (event.axis is SPEED and self._current.names_current):
            self._axes[event.axis].echoed(echoes.grid)
        if event.axis is SPEED:
            rounded = echo and echoes.are_rounded
            self._current.named(event, self._axes[SPEED].reading, rounded=rounded)
            if self._current.names_current:
                self.quirks |= {Quirk.STATUS_IS_CURRENT_SPEED}
            else:
                self.quirks -= {Quirk.STATUS_IS_CURRENT_SPEED}
        if not echo and self._current.names_current is False and self._running:
            self._axes[event.axis].pressed(event.value, event.time)

    def started(self, event: TargetChanged, least: int) -> None:
        """Take a speed status of a starting belt with known `least` setpoint.

        It may echo a write, which then is not one without an echo.
        """
        self._echoes[SPEED].forget()
        self._current.started(event, least)

    def tick(self, belt: Belt, now: float) -> None:
        """Process the passing of time, with the judged state of the belt."""
        running = belt is Belt.RUNNING
        if running and (self._ran is None or now - self._ran > SESSION_S):
            self._begin()
        if running:
            self._ran = now
        elif self._running:
            self._spoil()
        self._running = running
        if belt is Belt.STOPPING:
            self._echoes[SPEED].forget()  # a machine that stops need not echo its lowest speed
        for axis, echoes in self._echoes.items():
            echoes.tick(now)
            if not (axis is SPEED and self._current.names_current):
                self._axes[axis].rounded(echoes.rounding.off)

    def _begin(self) -> None:
        """Begin a session."""
        self._known = replace(self._known, sessions=self._known.sessions + 1)
        for axis in self._axes.values():
            axis.begin(self._known.sessions)

    # --- conclusions

    def _follow_frames(self, now: float) -> None:
        if self._heard is not None:
            self._frames.append(now - self._heard)
        self._heard = now
        if len(self._frames) < FRAMES // 2:
            return
        low, high = FRAME_LIMITS
        frame = min(high, max(low, median(self._frames)))
        if abs(frame - self._frame_s) > 0.1 * frame:
            self._frame_s = frame

    def _follow_distance(self, data: Measurement, now: float) -> None:
        before = self._distance.verdict
        gap_s = max(GAP_S, LOST_FRAMES * self._frame_s)
        step = self._axes[SPEED].figures.resolution
        self._distance = self._distance.add(now, data.speed, data.distance, gap_s, step)
        found = self._distance.verdict
        if found is not UnitVerdict.MPH or before is found:
            return
        self.quirks |= {Quirk.REPORTS_MPH}
        if before is UnitVerdict.KMH:
            # The unit was switched: earlier readings and targets are not comparable.
            self._known = replace(self._known, targets=UnitVerdict.UNKNOWN, ratios=())

    def _take(self, axis: Axis, stretch: Stretch) -> None:
        learner = self._axes[axis]
        if axis is SPEED and stretch.ours:
            others = tuple(p for p in self._known.ratios if p.target != stretch.target)
            ratios = with_point(others, stretch.target, stretch.mean)[-LATEST:]
            self._known = replace(self._known, ratios=ratios)
            if self._compare() or self._suspects_miles():
                return
            # Until the unit is known, a rise is no press: a person may have set this speed.
            unknown = self._known.targets is UnitVerdict.UNKNOWN
            if unknown and stretch.mean > learner.highest(stretch.target):
                return
        # The lowest speed may be off the grid, so it is no evidence of it.
        if axis is INCLINE or stretch.target > self._echoes[axis].least:
            learner.take(stretch)
        if learner.anew:
            learner.anew = False
            if axis is SPEED:
                self._distance = DistanceCheck()
                self._known = replace(self._known, targets=UnitVerdict.UNKNOWN, ratios=())

    def _compare(self) -> bool:
        """Compare readings with targets; return True if a unit was found wrong."""
        newest, *others = [(p.target, average(p.means)) for p in reversed(self._known.ratios)]
        step = self._axes[SPEED].figures.resolution
        # A machine that rounds its targets stands only on its grid.
        stood = sorted(shown for _, shown in (newest, *others))
        step = max(step, resolution_of(stood, step, SPEED_LIMITS))
        found = next(filter(None, (factor(other, newest, step) for other in others)), None)
        if found == 1.0:
            if self._known.targets is UnitVerdict.UNKNOWN:
                self._known = replace(self._known, targets=UnitVerdict.KMH)
            return False
        if found is None or self._declared is not None:
            return False  # the owner's setting or the model's profile outranks observation
        if found == MPH and not self.takes_miles:
            self._known = replace(self._known, targets=UnitVerdict.MPH, ratios=())
            self.takes_miles = True
            self.quirks |= {Quirk.TARGETS_IN_MPH}
            self._report("targets_in_mph", 1.61)
        elif found == 1 / MPH and Quirk.FOLLOWS_AT_0_62 not in self.quirks:
            self._known = replace(self._known, targets=UnitVerdict.UNKNOWN, ratios=())
            self.quirks |= {Quirk.FOLLOWS_AT_0_62}
            self._report("follows_at_0_62", 0.62)
        return True

    def _report(self, case: str, factor: float) -> None:
        self.events.append(Event("unit_mixup", values=(("factor", factor),), case=case))

    def take_events(self) -> list[Event]:
        """Return and clear the events for people."""
        events, self.events = self.events, []
        return events

    @property
    def _answers(self) -> Echoes:
        """Echoes that show how the machine answers a write; a current speed is no answer."""
        return self._echoes[INCLINE if self._current.names_current else SPEED]

    def _spoil(self) -> None:
        for axis in Axis:
            self._axes[axis].spoil()
            self._echoes[axis].forget()
        self._current.forget()

    def _suspects_miles(self) -> bool:
        if self._known.targets is not UnitVerdict.UNKNOWN or not self._known.ratios:
            return False
        *_, newest = self._known.ratios
        least, most = FACTORS[MPH]
        return least * newest.target <= average(newest.means) <= most * newest.target


def learned_of(machine: MachineInfo, known: Knowledge) -> LearnedMachine:
    """Return the figures of a machine with this knowledge."""
    learner = Learner()
    learner.connected(machine, known)
    return learner.learned
