"""Recent events of one axis for a judge: from the console, the commands and the guard.

Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds.
"""

import math
from dataclasses import dataclass, field
from typing import Self

from bridge.values import Axis
from tests.guard.proof.judges.moment import Moment

LEAD_S = 5.0
DOUBT_S = 2.5
RECENT_S = 5.0
SETTLE_S = 16.0
START_MOST = 300
STEP = 2
"""So many presses at once, one km/h, are no creeping."""


@dataclass
class Record:
    """One axis."""

    axis: Axis
    began: float | None = None
    young: bool = False
    """True until the belt's own speed is known."""
    found: bool = False
    """True of a young belt that was found moving, and not seen to start."""
    fastest: float = 0.0
    """The highest reading of a young belt."""
    rose: float = -math.inf
    """Time when a young belt last reached a new maximum."""
    obeyed: float = -math.inf
    """Time when it last went down to the named value."""
    grown: float = -math.inf
    """Time when it was last young."""
    top: float = 0.0
    """The target x is below this."""
    ceiling: float = 0.0
    told: int = 0
    """What the machine heard last, from the console or from here."""
    anchor: float = 0.0
    readings: list[tuple[float, int]] = field(default_factory=list)
    below: set[float] = field(default_factory=set)
    """Times of readings below every setpoint that may have been in force."""
    replaced: list[tuple[float, int]] = field(default_factory=list)
    """Setpoints until they were replaced, and when that was."""
    names: list[tuple[float, int]] = field(default_factory=list)
    writes: list[tuple[float, int]] = field(default_factory=list)
    raised: float = -math.inf
    """Time of the last write that raised the setpoint."""
    touched: float = -math.inf
    """Time of the last change at the console."""
    pressed: bool = False
    """True if a slower press happened, or may have, since the last event about one."""
    owed: bool = False
    """True while a slower press has yet to be reported."""
    crossed: bool = False
    """True while a press downwards, which a write of ours may have undone, is yet to be written."""
    blocked: bool = False
    """True if it rose without a request, and no person has sent one since."""
    unwritten: bool = False
    """True if a request passed that nothing was written for yet."""
    falls_until: float = -math.inf
    """Until when a fall may be the belt's way to a lower setpoint."""
    bounded: float = -math.inf
    """Time when the belt of another app was last sent its bound."""
    over_since: float | None = None
    over_at: float = 0.0
    alarmed: bool = False
    """True if the alarm was given since the belt is too fast."""
    under_since: float | None = None
    under_at: float = 0.0
    slowed: tuple[float, int] | None = None
    """Time and value of the last slower press, which outlasts the run."""

    def again(self, later: float) -> Self:
        """Return another guard's record, with all times moved by `later`."""
        slowed = self.slowed and (self.slowed[0] + later, self.slowed[1])
        return type(self)(self.axis, slowed=slowed)

    def _begin(self, at: Moment, now: int) -> None:
        """The request for a belt just found or started is its actual value."""
        request = at.after.requested[self.axis]
        least = min(at.applied, default=now)
        assert request is None or request <= max(now + at.steps.step, least), (
            "no belt is asked for more"
        )
        slowed = self.slowed
        self.__init__(self.axis, slowed=slowed)  # type: ignore[misc]
        self.began = self.rose = at.now
        self.young = self.axis in at.after.gestures
        self.grown = at.now if self.young else self.grown
        self.found = any(hold.rule == "settling" for hold in at.after.limits.holds)
        self.top, self.ceiling, self.told, self.anchor = now + at.steps.step, now, now, now
        if self.young and not self.found:
            self.ceiling = min(now, START_MOST)  # what starts faster is eased to that
        if at.applied and at.measured is not None:  # it was lowered from where the belt was found
            self.ceiling = max(now, min(at.measured, now + self._allowance(at)))
        self.readings = [(at.now, value) for value in at.readings]
        self.fastest = max(at.readings, default=0)
        self.names = [(at.now, value) for value in at.named]
        self.unwritten, self.pressed = bool(at.applied), bool(at.named)
        self.writes = [(at.now, t.value) for t in at.after.targets if t.axis is self.axis]

    # --- what the console did

    def _above(self, at: Moment, value: float) -> list[int]:
        """Evidence of a press upwards, since the last decision."""
        step = at.steps.step  # a setpoint is rounded down
        return [*(v for v in at.named if v > value), *(v for v in at.readings if v >= value + step)]

    def _slower_than(self, at: Moment, value: float) -> list[int]:
        """Evidence of a press downwards; a status that may be an echo may count later."""
        named = [v for t, v in self.names if t >= at.since - DOUBT_S]
        shown = [int(at.learned.of(self.axis).target_of(v)) for v in at.readings]
        return [v for v in (*named, *shown) if v < value]

    def _by_console(self, at: Moment, was: int, now: int) -> bool:
        return now != was and not any(t.axis is self.axis for t in at.after.targets)

    def _rose_unwritten(self, at: Moment, was: int) -> bool:
        """Return True for a press upwards that only the readings show, below the next step."""
        axis, (pressed, _) = at.learned.of(self.axis), self.slowed or (math.inf, 0)
        late = [v for t, v in self.readings if t > pressed]
        usual = max(axis.highest(was, at.steps.step), min(late, default=math.inf) + axis.slack)
        return len(late) > 1 and min(late[-2:]) > usual

    def _crosses(self, when: float, value: int) -> bool:
        """Return True for a write of ours that undid a press upwards: it is undone in its turn."""
        return self.touched >= when - 4 and any(w == value for _, w in self.writes)

    def _names_current(self, at: Moment, was: int, value: int) -> bool:
        slack = at.learned.of(self.axis).noise + at.learned.of(self.axis).resolution
        last = [v for _, v in self.readings[-2:]] or [was]
        low, high = min(was, *last), max(was, *last)
        return at.learned.names_current is True and low - slack <= value <= high + slack

    def _allowance(self, at: Moment) -> float:
        """Return what a press adds; a step of a coarse grid has to be climbed too."""
        return max(at.ramp * LEAD_S + at.learned.of(self.axis).press, at.steps.step)

    # --- memory

    def _note(self, at: Moment, was: int, now: int) -> None:
        """Remember what a decision was, and what it was made of."""
        axis = at.learned.of(self.axis)
        kinds = {e.type for e in at.after.events if e.axis is self.axis}
        wrote = [(at.now, t.value) for t in at.after.targets if t.axis is self.axis]
        lower, above = self._slower_than(at, was), self._above(at, was)
        eased = at.easing * at.dt + at.steps.step
        # A person's command lowers at once too, while the belt may be anywhere below.
        pressed = at.named or not wrote or (now < was - eased and not at.applied)
        asked = at.before.requested[self.axis]
        self.pressed = self.pressed or bool(self._slower_than(at, max(was, asked or was)))
        if was > now == min(at.named, default=was) and not wrote:
            self.obeyed = at.now
        if "console_slowed" in kinds:
            self.owed = self.pressed = False
        if above and (at.named or wrote or now > was):
            self.touched, self.told, self.owed = at.now, max(above), False
            self.slowed = None
        elif now < was and lower and pressed:
            self.touched, self.told = at.now, now
            # A start value that a status names more finely than a coarse reading is no press.
            finer = asked is None and not self.writes and was - min(lower) < axis.resolution
            self.owed = not (at.others or self.young or finer)
            if self.owed:
                self.slowed = (at.now, max(now, min(lower)))
        elif self._rose_unwritten(at, was):
            self.slowed = None
        if wrote:
            self.writes, self.told, self.unwritten = [*self.writes[-100:], *wrote], now, False
        self.raised = at.now if wrote and now > was else self.raised
        if wrote or now < was:
            # A write below a press upwards is a fall too, of the target that the machine had.
            recent = (v for t, v in self.readings if t > at.now - RECENT_S)
            way = max([was, *at.named, *recent]) - now
            travel = way / axis.fall_per_s.low + axis.lag_s.high
            self.falls_until = max(self.falls_until, at.now + travel if way > 0 else at.now)
        self._follow_anchor(at, was, now)
        if at.applied:
            self.unwritten = not wrote
        # While it starts, a machine may name its current speed: that is no request.
        named = max(at.named, default=0) > START_MOST and at.after.requested[self.axis] is not None
        if at.applied or (named and not self.found):
            self.young = False
        found = any(hold.rule == "settling" for hold in at.after.limits.holds)
        if at.readings and max(at.readings) > self.fastest:  # a start ends when it rises no more
            self.fastest, self.rose = max(at.readings), at.now
        ends = bool(at.readings) and at.now - self.rose > SETTLE_S  # nothing settles unseen
        ends = ends and now <= START_MOST and not found
        ends, self.found = ends or (self.found and not found), found
        self.young = self.young and self.axis in at.after.gestures and not ends
        self.grown = at.now if self.young else self.grown
        # The newest one is kept through any silence: the next one may confirm it.
        self.readings = [r for r in self.readings[:-1] if r[0] > at.now - 30] + self.readings[-1:]
        self.below = {t for t in self.below if t > at.now - 30}
        self.replaced = [(t, v) for t, v in self.replaced if t > at.now - 30]
        self.names = [(t, v) for t, v in self.names if t > at.now - 12]

    def _follow_anchor(self, at: Moment, was: int, now: int) -> None:
        axis = at.learned.of(self.axis)
        if at.applied:
            self.anchor = max(at.applied[-1], now)
        elif at.named or self.young:
            # What is named on the way up to a command may be the belt's speed, and lowers nothing.
            up = max(at.named, default=now) > was
            self.anchor = max([now, *at.named, self.anchor if up else now])
        asked, before = at.after.requested[self.axis] or 0, at.before.requested[self.axis]
        if asked > (before or 0) and asked - was > STEP * axis.press:
            self.anchor = asked  # no belt creeps as fast as that
        late = [v for t, v in self.readings if t > at.now - 20]
        if late and max(late) - min(late) <= 2 * (axis.noise + axis.resolution):
            self.anchor = max(self.anchor, now)
