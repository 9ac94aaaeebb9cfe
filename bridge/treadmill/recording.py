"""Recording of a treadmill for people: samples, commands, decisions and events.

Nothing here waits: rows go to the history's thread. Sessions are written every 4 s, so that a kill
loses at most 5 s.
"""

import json
import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from bridge.contract.parser import Refusal
from bridge.contract.payloads import EventPayload, plain
from bridge.guard import Decision, Guard
from bridge.history.history import History, session_id
from bridge.history.session_log import MOVING, SessionLog
from bridge.history.store.chunk import CHUNK, Flag, Phase, Second, encode
from bridge.history.store.rows import Commanded, Decided, Happened, Samples
from bridge.texts import Texts
from bridge.values import Axis, Command, Outcome, Reason, Result, Snapshot, Verb, Who
from bridge.values.effort import Effort

KEEP_S = 4
"""Seconds between writes of samples and the session; with disk latency, 5 s."""
BURST, A_SECOND = 120.0, 1.0
"""Burst and rate per second of recorded commands and events: a flood must not fill the disk."""
REFUSED_BURST, REFUSED_A_SECOND = 30.0, 0.05
"""The same for rejected commands, counted separately. An automation that is rejected over and over
must not displace other commands. An hour of them takes at most 60 kB."""
SAME, SAME_S = 5, 600.0
"""Number of times that the same rejection is recorded, then once per this many seconds."""
OPEN = 64
"""Number of commands whose final outcome is pending."""

_FIRST = frozenset({Result.ACCEPTED, Result.LIMITED})
_SCALE = {Verb.SPEED: 100, Verb.INCLINE: 10}


class Runner(Protocol):
    """Active person, their session and their guard."""

    guard: Guard
    session: SessionLog | None

    @property
    def who(self) -> Who:
        """Person and shoes."""
        ...

    def keep(self, now: float) -> None:
        """Store the complete state of the person now."""
        ...


class _Room:
    """Token bucket for rows: a burst, then a rate per second of the wall clock."""

    def __init__(self, burst: float, a_second: float) -> None:
        self._burst, self._a_second = burst, a_second
        self._left, self._filled = burst, 0.0

    def take(self, wall: float) -> bool:
        """Take one row's room; return True if there was any."""
        gained = max(0.0, wall - self._filled) * self._a_second
        self._left, self._filled = min(self._burst, self._left + gained), wall
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Recording:
    """Recorder of one treadmill.

    Args:
        treadmill: the configured id.
        history: takes the rows.
        texts: formats reasons.
    """

    def __init__(self, treadmill: str, history: History, texts: Texts | None = None) -> None:
        self._treadmill = treadmill
        self._history = history
        self._texts = texts or Texts()
        self._session: SessionLog | None = None
        self._began = 0.0
        """Monotonic time of the session's beginning, derived from the wall clock."""
        self._last = -1
        self._kept = 0
        self._samples: list[Second] = []
        self._bound: dict[Axis, tuple[str, ...]] = {}
        self._commands: OrderedDict[str, Commanded] = OrderedDict()
        self._number = 0
        self._room = _Room(BURST, A_SECOND)
        self._refused_room = _Room(REFUSED_BURST, REFUSED_A_SECOND)
        self._refused: OrderedDict[object, tuple[int, float]] = OrderedDict()
        """Count and last Unix time of each recent rejection."""

    # --- samples and decisions

    def follow(
        self, runner: Runner, snapshot: Snapshot, decision: Decision, now: float, utc: datetime
    ) -> None:
        """Record one moment, at most once a second."""
        session = runner.session
        if session is not self._session:
            self._turn_over(session, now, utc)
        if session is None:
            return
        at = int(now - self._began)
        if at <= self._last or snapshot.age(now) > snapshot.learned.hold_s:
            return
        known = runner.guard.past(now)
        effort = known.session.effort if known.session else None
        steep = snapshot.belt in MOVING and any(tier.was_steep for tier in known.steep)
        if steep:
            session.steep_s += min(at - self._last, KEEP_S) if self._last >= 0 else 1
        self._last = at
        self._samples.append(_second(at, session, snapshot, decision, effort, steep=steep))
        self._log_limits(decision, utc)
        if at - self._kept >= KEEP_S or len(self._samples) >= CHUNK:
            self._kept = at
            name = snapshot.machine.name if snapshot.machine else ""
            summary = session.close(utc)
            # The session comes first, because samples refer to it.
            self._history.progress(self._treadmill, runner.who, summary, effort, name)
            self._write()
            if not snapshot.belt.stands:
                runner.keep(now)  # one transaction writes both

    def keep(self) -> None:
        """Write the pending samples."""
        if self._samples:
            self._write()

    def _turn_over(self, session: SessionLog | None, now: float, utc: datetime) -> None:
        """Handle the end of a session and the beginning of another."""
        if self._session is not None and self._samples:
            last, at = self._samples[-1], int(now - self._began)
            if at > last.at:
                distance = round(self._session.distance_m * 10)
                last = replace(last, at=at, speed=0, distance=distance, flags=0)
                self._samples.append(last)
            self._write()
        self._session, self._samples, self._bound = session, [], {}
        self._last, self._kept = -1, 0
        if session is not None:
            gone = max(0.0, (utc - session.start).total_seconds())
            self._began, self._kept = now - gone, int(gone) - KEEP_S

    def _write(self) -> None:
        if self._session is None:
            return
        session = session_id(self._treadmill, self._session.start)
        samples = self._samples
        self._history.log(Samples(session, samples[0].at, encode(samples)))
        if len(samples) >= CHUNK:
            self._samples = []

    def _log_limits(self, decision: Decision, utc: datetime) -> None:
        """Record the rules that limit an axis, when they change."""
        for axis, scale in ((Axis.SPEED, 100), (Axis.INCLINE, 10)):
            request, limiting = decision.requested.get(axis), decision.limiting(axis)
            lowest = decision.limits.lowest(axis)
            rules = tuple(dict.fromkeys(limit.rule for limit in limiting))
            if rules == self._bound.get(axis):
                continue
            self._bound[axis] = rules
            row = Decided(
                self._treadmill,
                utc.timestamp(),
                axis.value,
                rule=", ".join(rules),
                text=" ".join(self._texts.reason(limit.reason, utc).text for limit in limiting),
                bound=round(lowest[0].value / scale, 2) if lowest else None,
                requested=None if request is None else request / scale,
            )
            self._history.log(row)

    # --- commands and events

    def event(self, event: EventPayload, utc: datetime) -> None:
        """Record an event as published."""
        if not self._room.take(utc.timestamp()):
            return
        self._number += 1
        details = json.dumps(event.details, default=plain)
        wall = utc.timestamp()
        row = Happened(self._treadmill, wall, self._number, event.type, event.text, details)
        self._history.log(row)

    def ended_by_a_kill(self) -> list[Outcome]:
        """Return the final outcomes of commands that an earlier process could not finish; once."""
        rows = self._history.unfinished
        self._history.unfinished = tuple(row for row in rows if row.treadmill != self._treadmill)
        found = []
        for row in reversed(rows):
            if row.treadmill == self._treadmill and row.command in set(Verb):
                verb = Verb(row.command)
                asked = json.loads(row.requested)
                command = Command(row.id, verb, row.source, 0.0, requested=asked)
                applied = None if row.applied is None else round(row.applied * _SCALE.get(verb, 1))
                self._commands[row.id] = row
                found.append(Outcome(command, Result.FAILED, applied, (Reason("ended"),)))
        return found

    def outcome(self, outcome: Outcome, utc: datetime) -> None:
        """Record an outcome; the final one replaces the first."""
        command = outcome.command
        final = outcome.result not in _FIRST
        before = self._commands.pop(command.id, None)
        if before is None and outcome.result is Result.REJECTED:
            asked = (command.id, command.verb.value, command.source, command.requested)
            self._refuse(*asked, outcome.reasons, utc)
            return
        if before is None and not self._room.take(utc.timestamp()):
            return
        scale = _SCALE.get(command.verb, 1)
        # Keep the limit of the command next to its ending.
        limited = before is not None and before.outcome.startswith(Result.LIMITED)
        limits = json.loads(before.reasons) if before and limited else []
        row = Commanded(
            self._treadmill,
            before.wall if before else utc.timestamp(),
            command.id,
            command.verb.value,
            command.source,
            requested=json.dumps(command.requested, default=str),
            applied=None if outcome.applied is None else outcome.applied / scale,
            outcome=_both(before, outcome.result),
            reasons=json.dumps(limits + self._reasons(outcome.reasons, utc)),
            ended=utc.timestamp() if final else None,
        )
        if not final:
            self._commands[command.id] = row
            while len(self._commands) > OPEN:
                self._commands.popitem(last=False)
        self._history.log(row)

    def refusal(self, refusal: Refusal, utc: datetime) -> None:
        """Record an invalid message."""
        asked = (refusal.id, refusal.command, refusal.source, refusal.requested)
        self._refuse(*asked, (refusal.reason,), utc)

    def _refuse(  # noqa: PLR0917 - one argument per column
        self,
        identity: str,
        command: str,
        source: str,
        requested: object,
        reasons: Sequence[Reason],
        utc: datetime,
    ) -> None:
        """Record a rejection, unless the same one repeats too often."""
        wall, asked = utc.timestamp(), json.dumps(requested, default=str)
        key = (command, source, asked, tuple((each.rule, each.case) for each in reasons))
        times, last = self._refused.get(key, (0, -math.inf))
        if times >= SAME and abs(wall - last) < SAME_S:
            return
        if not self._refused_room.take(wall):
            return
        self._refused.pop(key, None)  # moves the newest to the end
        self._refused[key] = (times + 1, wall)
        while len(self._refused) > OPEN:
            self._refused.popitem(last=False)
        row = Commanded(
            self._treadmill,
            wall,
            identity,
            command,
            source,
            requested=asked,
            applied=None,
            outcome=Result.REJECTED.value,
            reasons=json.dumps(self._reasons(reasons, utc)),
            ended=wall,
        )
        self._history.log(row)

    def _reasons(self, reasons: Sequence[Reason], utc: datetime) -> list[dict[str, str]]:
        """Return each reason with its rule and sentence."""
        worded = [self._texts.reason(reason, utc) for reason in reasons]
        return [{"rule": each.rule, "text": each.text} for each in worded]


def _both(before: Commanded | None, result: Result) -> str:
    """Return the final outcome; "limited" stays visible in it."""
    if before is not None and before.outcome.startswith(Result.LIMITED):
        return f"{Result.LIMITED}, {result}"
    return result.value


def _second(
    at: int,
    session: SessionLog,
    snapshot: Snapshot,
    decision: Decision,
    effort: Effort | None,
    *,
    steep: bool,
) -> Second:
    data = snapshot.sample.data if snapshot.sample else None
    steps = snapshot.steps
    moves = snapshot.belt in MOVING and not (data and data.speed == 0)
    flags = (Flag.RUNNING if moves else Flag(0)) | (Flag.STEEP if steep else Flag(0))
    return Second(
        at=at,
        speed=0 if snapshot.belt.stands else data.speed if data else None,
        incline=data.incline if data else None,
        distance=round(session.distance_m * 10),
        climb=None if effort is None else round(effort.climb_m * 10),
        energy=session.energy.total,
        heart_rate=(data.heart_rate or None) if data else None,
        cadence=(steps.a_minute or None) if steps else None,
        power=data.power if data else None,
        target_speed=decision.target(Axis.SPEED),
        target_incline=decision.target(Axis.INCLINE),
        requested_speed=decision.requested.get(Axis.SPEED),
        requested_incline=decision.requested.get(Axis.INCLINE),
        bound_speed=_bound(decision, Axis.SPEED),
        bound_incline=_bound(decision, Axis.INCLINE),
        phase=Phase.of(decision.phase),
        flags=flags,
    )


def _bound(decision: Decision, axis: Axis) -> int | None:
    lowest = decision.limits.lowest(axis)
    return int(lowest[0].value) if lowest else None
