"""What the design says of the hand at the console, judged from outside, one axis at a time.

It keeps what was measured, named, asked and written since the belt came under guard, and nothing
of what the guard makes of it but its words. Speeds in 0.01 km/h, inclines in 0.1 %, seconds.
"""

import math
from dataclasses import dataclass, field
from itertools import pairwise

from bridge.guard import Decision, Verdict
from bridge.guard.texts import amount
from bridge.values import Axis, Command, Event, Result
from tests.guard.conftest import COUNTS
from tests.guard.ledger import Steps

MEMORY_S = 8.0
START_S = 3.0
GARBLED_S = 3.0
RESPECT_S = 30.0
PRESSES_S = 5.0
"""Presses this close together are one."""
FLICKER = 5
"""A speed that falls by less was slowed by nobody."""
PATIENCE_S, SELDOM_S, ALARM_S = 2.0, 10.0, 30.0
MILE = 1.609344
HANDS = frozenset({"console_slowed", "console_raised", "unexpected_rise"})
"""What a value other than the commanded one leads to."""


@dataclass(frozen=True)
class Moment:
    """What is new at a decision."""

    now: float
    before: Decision
    after: Decision
    measured: int | None
    """By a sample that is new."""
    missed: list[int]
    """By one that came before it, and was seen by none but the guard that answered a command."""
    named: list[int]
    """Targets that the machine named."""
    asked: list[tuple[Command, Verdict]]
    """What was asked on this axis, and how it was answered."""
    garbled: bool
    """Whether nonsense came a moment ago."""
    runs: bool
    """Whether the belt is known to run."""
    moves: bool
    """Whether it is within reach, and not known to stand."""
    stands: bool
    """Whether it is known to stand."""


@dataclass(frozen=True)
class Rise:
    """A value above what was commanded; `writes` is how many there had been before."""

    time: float
    value: int
    named: bool
    writes: int


@dataclass
class Console:
    """One axis of a belt under guard, and the hand at its console."""

    axis: Axis
    began: float = math.inf
    started: bool = False
    """Whether it was seen to start, and not found moving."""
    setpoints: list[tuple[float, float, float]] = field(default_factory=list)
    """From when on each was in force, and between what two the belt was taken to be then."""
    writes: list[tuple[float, int]] = field(default_factory=list)
    corrections: list[float] = field(default_factory=list)
    alarms: list[float] = field(default_factory=list)
    rises: list[Rise] = field(default_factory=list)
    calm: float = -math.inf
    """When the belt was last measured where it was told to be."""
    last: int | None = None
    below: int = 0
    """Samples in a row that were lower than anything commanded of late, nothing being written."""
    maybe_below: int = 0
    """The same, if the belt was taken to be as fast as can be."""
    level: tuple[float, float] = (-math.inf, math.inf)
    """What was measured last that was no slower than it was told to be: at least, and at most."""
    slowed: tuple[float, float] | None = None
    """When a hand slowed it last, and to what: known for longer than the belt is under guard."""
    obeys_a_hand: bool = False
    """Whether that was after the last write: it may be set to more than it is taken to be."""
    faulty: bool = False
    """Whether it rose unasked, and has neither stood since nor did anybody ask."""
    ignores: bool = False
    """Whether it was said in this run that it does not do what it was told."""
    found: list[int] = field(default_factory=list)
    """What was measured while it ran and was not under guard."""

    def again(self, later: float) -> "Console":
        """What another guard knows of it, for whom all was `later` than it seemed."""
        slowed = self.slowed and (self.slowed[0] + later, self.slowed[1])
        return Console(self.axis, slowed=slowed)

    # --- at each decision

    def judge(self, at: Moment, steps: Steps) -> None:
        """Judge what was said, and what was written."""
        was, now = at.before.setpoint.get(self.axis), at.after.setpoint[self.axis]
        events = [e for e in at.after.events if e.details.get("axis") == self.axis]
        said = {event.type for event in events}
        words = [event.type for event in events if event.type in HANDS]
        self._judge_answers(at)
        passed = [c for c, verdict in at.asked if verdict.result is not Result.REJECTED]
        if passed:
            self.rises.clear()  # a press before it counts no more
        self._judge_faults(at, was, now, said, words, passed=bool(passed))
        if now is None or not steps.settable:
            self._ends()
            self.found = self._seen_running(at)
        elif was is None:
            self._begins(at, now, steps)
        else:
            self._judge_hand(at, was, steps, said, last=words[-1] if words else "")
            if "console_raised" in said:
                limits = {e.details["limit"] for e in events if e.type == "console_raised"}
                # Slowed at the same decision, it rose from there.
                low = min([was, *at.named]) if "console_slowed" in said else was
                self._judge_raised(at, low, steps, limits)
            self._note(at, steps, said, passed=bool(passed))
        for event in events:
            self._note_hand(at, event)

    def _seen_running(self, at: Moment) -> list[int]:
        """What was measured of a belt that is not under guard, since it runs."""
        if not at.runs:
            return []
        return [*self.found, *at.missed, *([] if at.measured is None else [at.measured])]

    def _ends(self) -> None:
        """Nothing of it counts in another run, but that a hand had the last word."""
        self.began = math.inf
        self.obeys_a_hand, self.last, self.below, self.maybe_below = False, None, 0, 0
        self.level = (-math.inf, math.inf)
        for kept in (self.setpoints, self.writes, self.corrections, self.alarms, self.rises):
            kept.clear()

    def _begins(self, at: Moment, now: int, steps: Steps) -> None:
        request = at.after.requested[self.axis]
        kinds = {event.type for event in at.after.events}
        found = self._seen_running(at)
        asked = any(verdict.result is not Result.REJECTED for _, verdict in at.asked)
        if "adopted" in kinds and request is not None and not asked:
            self._judge_found(found, request, now, steps)
        self._ends()
        self.found.clear()
        self.began = self.calm = at.now
        # What rises as it starts is asked for what it is told.
        self.started = request is None or "unexpected_rise" in kinds
        # Nothing is judged for the first seconds, and a belt may be found below its lowest speed.
        known = self.started or now > steps.lowest
        least = float(now) if known else -math.inf
        most = float(now if self.started else max([now, *found]))
        began = min(0.0, most) if self.started else most
        self.setpoints += [(at.now, -math.inf, began), (at.now, least, most)]
        self.writes += [(at.now, t.value) for t in at.after.targets if t.axis is self.axis]
        if at.measured is not None and at.measured > now + steps.apart(now):
            # It may have been taken over by a command a moment before.
            self.rises.append(Rise(at.now, at.measured, named=False, writes=0))

    # --- what is judged

    def _judge_found(self, found: list[int], request: int, now: int, steps: Steps) -> None:
        """A belt found moving is asked for what it does, once three samples agree."""
        # Where nobody measures it, it is where it was last, and told the step below that.
        assert request < max([*(value + 1 for value in found), now + steps.step])
        if self.axis is Axis.SPEED:
            COUNTS["times a belt was found moving"] += 1
            assert len(found) >= 3, "it is left alone until then"
            agree = all(abs(b - a) <= steps.apart(a) for a, b in pairwise(found[-3:]))
            assert agree or len(found) >= 10
            assert request <= max(now, found[-1] if agree else min(found[-10:]))

    def _judge_faults(
        self,
        at: Moment,
        was: int | None,
        now: int | None,
        said: set[str],
        words: list[str],
        *,
        passed: bool,
    ) -> None:
        """A fault lasts as long as its cause, and no longer."""
        if passed or at.stands:
            self.faulty = False
        if "unexpected_rise" in words and now is not None and was is not None:
            request = at.after.requested[self.axis]
            assert request is not None
            assert request <= was, "a fault is no request"
        rises = [word for word in words if word != "console_slowed"]
        if rises and not at.stands:
            self.faulty = rises[-1] == "unexpected_rise"
        assert (f"unexpected_rise_{self.axis}" in at.after.faults) is self.faulty
        if self.faulty:
            assert now is None or was is None or now <= was, "no increase until a person asks"
        told = bool(said & {"not_responding", "incline_stuck"})
        ignores = f"not_responding_{self.axis}" in at.after.faults
        assert not ignores or at.moves, "it ends at a stand, if not before"
        begins = now is not None and was is None
        assert not ignores or (self.ignores and not begins) or told, "it is said, in each run"
        assert ignores or now is None or not told, "it is a fault"
        self.ignores = ignores
        lags = at.measured is not None and was is not None and at.measured < was
        if ignores and now is not None and lags and not (passed or at.named or at.garbled):
            request = at.after.requested[self.axis]
            assert request is None or request <= (was or 0), "nothing waits until it responds"

    def _judge_answers(self, at: Moment) -> None:
        if self.slowed is None:
            return
        when, to = self.slowed
        known = [at.before.requested.get(self.axis), at.before.setpoint.get(self.axis)]
        here = [value for value in known if value is not None] or self._seen_running(at)
        for command, verdict in at.asked:
            if command.value is None or command.value <= max(to, min(here, default=0)):
                continue  # less than that can be asked at any time, wherever the belt is
            if command.received < when + RESPECT_S:
                COUNTS["times more was asked within 30 s of a hand"] += 1
                assert verdict.result is Result.REJECTED, "a hand has the last word for 30 s"

    def _lowest(self, now: float) -> tuple[float, float]:
        """The lowest setpoint of late, or what it was taken for: at least, and at most."""
        ends = [began for began, _, _ in self.setpoints[1:]] + [math.inf]
        times = zip(self.setpoints, ends, strict=True)
        of_late = [(least, most) for (_, least, most), end in times if end > now - MEMORY_S]
        return min(least for least, _ in of_late), min(most for _, most in of_late)

    def _is_echo(self, now: float, value: int, steps: Steps) -> bool:
        """Whether a value that the machine names is one that was written of late."""
        of_late = [wrote for when, wrote in self.writes if when > now - MEMORY_S]
        return any(abs(wrote - value) <= steps.step for wrote in of_late)

    def _judge_hand(self, at: Moment, was: int, steps: Steps, said: set[str], *, last: str) -> None:
        """A belt that is slower is obeyed in the third sample, one that is faster at once.

        Of two presses at one decision the `last` one counts: slower, then faster, is faster.
        """
        apart = steps.apart(was)
        if at.measured is not None:
            least, most = self._lowest(at.now)
            fall = max(steps.step, FLICKER) if self.axis is Axis.SPEED else steps.step
            self._count_below(at.measured, least - apart, most - apart, fall)
        heard = [v for v in at.named if v < was and not self._is_echo(at.now, v, steps)]
        self._judge_named(at, heard, said)
        if "console_slowed" in said:
            request = at.after.requested[self.axis]
            seen = [*at.named, *([] if at.measured is None else [at.measured])]
            lower = max((value for value in seen if value < was), default=None)
            assert lower is not None
            assert request is not None
            assert last == "console_raised" or request <= lower, "the hand's speed is the request"
            limit = at.after.limits.most(self.axis)
            writes = any(target.axis is self.axis for target in at.after.targets)
            assert last != "console_slowed" or not writes or limit < lower, "nothing is written"
            assert heard or self.maybe_below >= 3, "no belt that lags is taken for slowed"
        if at.measured is None:
            return
        if self.below >= 3:
            COUNTS["times a hand slowed the belt in silence"] += 1
            assert "console_slowed" in said, "a hand that slows it is obeyed"
        written = self.writes[-1][0] if self.writes else -math.inf
        steady = at.now - max(self.began, written) > SELDOM_S and not self.obeys_a_hand
        if steady and self.last is not None and self.last <= was + apart:
            risen = at.measured > max(was + steps.step, self.last) + apart
            COUNTS["times a steady belt rose"] += risen
            corrected = any(target.axis is self.axis for target in at.after.targets)
            assert corrected or not risen, "written again at once"

    def _count_below(self, measured: int, least: float, most: float, fall: int) -> None:
        """Only what fell from where it was no slower than commanded was slowed."""
        low, high = self.level
        if measured >= most:
            # It may have been slowed already while a lower setpoint still counts.
            self.level = (measured, measured if high == math.inf else max(high, measured))
        elif measured >= least:
            self.level = (min(low, measured), max(high, measured))
        else:
            self.level = (low, max(high, measured))  # it may be on its way up to there
        below, maybe = measured < least, measured < most
        self.below = self.below + 1 if below and measured <= low - fall else 0
        self.maybe_below = self.maybe_below + 1 if maybe and measured <= high - fall else 0

    def _judge_named(self, at: Moment, lower: list[int], said: set[str]) -> None:
        """A target that is lower, and none of ours, is obeyed at once."""
        if self.axis is Axis.SPEED:
            lower = [value for value in lower if value > 0]
        starts = at.now < self.began + START_S  # its own word for what it starts with
        if lower and len(at.named) == 1 and not starts:
            COUNTS["times a lower target was named"] += 1
            assert "console_slowed" in said, "what the console names is obeyed"

    def _judge_raised(self, at: Moment, was: int, steps: Steps, limits: set[object]) -> None:
        """It becomes a request only where it can be a person's wish."""
        COUNTS["times a rise was believed"] += 1
        rises = [rise for rise in self.of_late(at.now) if rise.time >= self.began]
        new = [Rise(at.now, value, named=True, writes=len(self.writes)) for value in at.named]
        if at.measured is not None:
            new.append(Rise(at.now, at.measured, named=False, writes=len(self.writes)))
        low = self._told_to_be(was) + steps.apart(was)
        rises += [rise for rise in new if rise.value > low]
        request = at.after.requested[self.axis]
        assert request is not None
        assert request <= max(rise.value for rise in rises), "no more than what was seen, or named"
        assert limits <= {amount(self.axis, rise.value) for rise in rises}, "it was seen, or named"
        assert any(rise.named for rise in rises) or len(rises) >= 3, "it lasts, or was named"
        assert at.named or not at.garbled, "not amid nonsense"
        earliest = self.began + START_S if self.started else self.began
        assert any(
            rise.time >= earliest
            and not any(t > rise.time - MEMORY_S for t, _ in self.writes[: rise.writes])
            for rise in rises
        ), "nothing of ours had been written for 8 s when it began"
        value = max(rise.value for rise in new)
        if steps.told:
            assert value <= steps.highest + steps.apart(steps.highest), "the machine can do it"
        assert was <= 0 or abs(value / was / MILE - 1) >= 0.03, "no kilometres taken for miles"

    def _told_to_be(self, was: int) -> float:
        """Where the belt is to be: a hand can set less than the least that is ever written."""
        return min(float(was), self.setpoints[-1][1])

    def of_late(self, now: float) -> list[Rise]:
        """The rises since the belt was last where it was told to be, and the press before."""
        return [rise for rise in self.rises if rise.time >= self.calm - PRESSES_S]

    # --- what is kept

    def _note(self, at: Moment, steps: Steps, said: set[str], *, passed: bool) -> None:
        was, now = at.before.setpoint[self.axis], at.after.setpoint[self.axis]
        assert was is not None
        assert now is not None
        seen = [(value, True) for value in at.named]
        if at.measured is not None:
            self.last = at.measured
            seen.append((at.measured, False))
            if at.measured <= self._told_to_be(was):
                self.calm = at.now
        wrote, low = len(self.writes), self._told_to_be(was) + steps.apart(was)
        self.rises += [Rise(at.now, v, named, wrote) for v, named in seen if v > low]
        if said & {"console_slowed", "console_raised", "unexpected_rise"}:
            self.below = 0
        if "console_slowed" in said:
            self.maybe_below = 0
        if "unexpected_rise_alarm" in said:
            self.alarms.append(at.now)
        if "console_slowed" in said:
            to = max(value for value, _ in seen if value < was)
            self.obeys_a_hand = True
            self.level = (-math.inf, float(max(now, to)))
            self.setpoints.append((at.now, float(min(now, to)), float(max(now, to))))
            self.corrections.clear()
        elif now != was:
            self.setpoints.append((at.now, float(now), float(now)))
        for target in at.after.targets:
            if target.axis is self.axis:
                same = at.before.requested[self.axis] == at.after.requested[self.axis]
                again = now == was and same and target.reduction
                if again and not passed and "console_raised" not in said:
                    self._judge_correction(at)
                self.writes.append((at.now, target.value))
                low, high = self.level
                told = float(target.value)
                self.level = (min(low, told), high if high == math.inf else min(high, told))
                self.below, self.maybe_below, self.obeys_a_hand = 0, 0, False

    def _note_hand(self, at: Moment, event: Event) -> None:
        """What is slowed stands for a while, until it is made faster at the console."""
        if event.type == "console_raised":
            self.slowed = None
        if event.type == "console_slowed":
            seen = [*at.named, *([] if at.measured is None else [at.measured])]
            to = [v for v in seen if amount(self.axis, v) == event.details["limit"]]
            assert to, "it was seen, or named"
            self.slowed = (at.now, to[0])

    def _judge_correction(self, at: Moment) -> None:
        """At once, then patiently, then seldom, and never without a word."""
        now = at.now
        recent = [when for when in self.corrections if when > now - ALARM_S]
        if len(recent) >= 3:
            COUNTS["times corrections were in vain"] += 1
            assert now - recent[-1] >= SELDOM_S
            alarmed = any(when > now - ALARM_S for when in self.alarms)
            told = f"not_responding_{self.axis}" in at.after.faults
            assert alarmed or told, "it is cried out about"
        elif recent:
            assert now - recent[-1] >= PATIENCE_S
        self.corrections.append(now)
