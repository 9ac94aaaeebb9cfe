"""The memory of the household: in this process, and, where there is a file, beyond it."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

from pydantic import ValidationError

from bridge.clock import Clock
from bridge.guard.person.past import Past
from bridge.guard.rules.gradual import NO_EFFORT, Effort
from bridge.history.learned import decode, encode
from bridge.history.recall import DAY_S, LONG_S, aged, baseline, joined
from bridge.history.session_log import SessionLog, Summary
from bridge.history.store import stored
from bridge.history.store.adapters import adapter
from bridge.history.store.file import HistoryFile
from bridge.history.store.moment import Moment, Timekeeper, elapsed
from bridge.history.store.rows import (
    Began,
    Exposure,
    Key,
    Learned,
    Log,
    Pain,
    Planned,
    Rest,
    Row,
    Runner,
    Session,
    Shod,
    Wear,
    key_of,
)
from bridge.plans.progress import Progress, begin
from bridge.tracking.learning.knowledge import Knowledge
from bridge.values import Who

WORN_KM = 800
"""Shoes that went this far need a successor."""
_MARKS_KM = (500, WORN_KM)
"""Distances at which the owner hears of a pair of shoes."""
PAIN_S = 30 * DAY_S
"""How far back pain is counted."""

_R = TypeVar("_R", bound=Row)


class History:
    """Knows of every person what a guard has to know, and never makes anybody wait.

    Args:
        keeper: tells the moment.
        file: where it is kept; None: in this process alone.
        blank: True in a new installation, where steep budgets are whole; this is kept in the file.
            Else what is not known counts as the strictest that it can be.
    """

    def __init__(
        self, keeper: Timekeeper, file: HistoryFile | None = None, *, blank: bool = False
    ) -> None:
        self._keeper = keeper
        self._file = file
        self._rows: dict[Key, Row] = {}
        self._touched: Counter[tuple[str, str]] = Counter()
        self._rested: Counter[str] = Counter()
        self._seen: dict[Planned, float] = {}
        for row in file.rows if file else ():
            self._rows[key_of(row)] = row
        if self._get(Began, "0") is None:
            self._put(Began(*_parts(keeper.now())))
        if blank:
            self._put(Began(*_parts(keeper.now()), key=1))

    @classmethod
    def blank(cls, clock: Clock) -> "History":
        """Of this process alone, as in a new installation."""
        return cls(Timekeeper(clock, "this process", lambda: True), blank=True)

    @property
    def trouble(self) -> str | None:
        """Why nothing can be written now, as a sentence without its end; None while it can."""
        return self._file.trouble if self._file else None

    @property
    def lost(self) -> str | None:
        """Why what was known before this start is not known any more; None if it is."""
        return self._file.lost if self._file else None

    def catch_up(self) -> None:
        """Take in what stood in a file that could not be opened at the start."""
        for row in self._file.late() if self._file else ():
            mine = self._rows.get(key_of(row))
            if isinstance(row, Wear) and isinstance(mine, Wear):
                told = max(row.told_km, mine.told_km)
                self._put(Wear(row.shoes, row.metres + mine.metres, told))
            elif mine is None:
                self._rows[key_of(row)] = row
                if isinstance(row, Rest):
                    self._rested[row.person] += 1

    def close(self) -> None:
        """Write what is left."""
        if self._file is not None:
            self._file.close()

    # --- exposure

    def past(self, treadmill: str, person: str) -> Past:
        """What a guard has to know of a person on a treadmill, as of now."""
        now = self._keeper.now()
        own = self._get(Exposure, treadmill, person)
        past = self._unrecorded(now) if own is None else _aged(own, now)
        others = [row for row in self._all(Exposure) if row.person == person and row is not own]
        if past.steep or past.climbs.known_from > 0:  # else all of it is spent already
            past = joined(past, [_aged(row, now) for row in others])
        sessions = [row for row in self._all(Session) if row.person == person]
        return replace(
            past,
            rest_left_s=self.rest_left(person),
            baseline=baseline(sessions, now.wall),
        )

    def is_certain(self, treadmill: str, person: str) -> bool:
        """Whether it is known how long ago the past of a person was."""
        row = self._get(Exposure, treadmill, person) or self._get(Began, "0")
        return row is None or elapsed(_moment(row), self._keeper.now()) is not None

    def session(self, treadmill: str, person: str) -> SessionLog | None:
        """The session that was under way when it was last written down."""
        row = self._get(Exposure, treadmill, person)
        if row is None or not row.session:
            return None
        try:
            log = adapter(SessionLog).validate_json(row.session)
        except ValidationError:
            return None
        return replace(log, last=None, seen=datetime.fromtimestamp(row.wall, UTC))

    def keep(self, treadmill: str, person: str, past: Past, session: SessionLog | None) -> None:
        """Write down what a guard knows of a person, and the session under way."""
        self._touched[treadmill, person] += 1
        self._put(
            Exposure(
                treadmill,
                person,
                *_parts(self._keeper.now()),
                past=stored.encode(past),
                session=adapter(SessionLog).dump_json(session).decode() if session else "",
            )
        )

    def elsewhere(self, treadmill: str, person: str) -> int:
        """A number that changes whenever another treadmill's exposure of this person does."""
        return sum(
            times
            for (other, who), times in self._touched.items()
            if who == person and other != treadmill
        )

    def _unrecorded(self, now: Moment) -> Past:
        """Of whom nothing is written, was on no belt since the file was begun."""
        if self._get(Began, "1") is not None:
            return Past.nobody()
        began = self._get(Began, "0")
        since = elapsed(_moment(began), now) if began else None
        return Past.nobody() if since is not None and since > LONG_S else Past()

    # --- machines

    def learned(self, address: str) -> Knowledge | None:
        """What was learned of a machine; None if nothing was, or it cannot be read."""
        row = self._get(Learned, address)
        return None if row is None else decode(row)

    def keep_learned(self, address: str, knowledge: Knowledge) -> None:
        """Write down what was learned of a machine."""
        self._put(encode(address, knowledge))

    # --- sessions

    def finish(
        self, treadmill: str, person: str, shoes: str | None, done: Summary, effort: Effort | None
    ) -> None:
        """Write down a finished session; `effort` as the guard measured it."""
        self._write_session(treadmill, Who(person, shoes), done, effort)

    def progress(
        self, treadmill: str, who: Who, done: Summary, effort: Effort | None, machine: str
    ) -> None:
        """Write down a session that is under way, as far as it has come."""
        self._write_session(treadmill, who, done, effort, machine=machine, finished=False)

    def log(self, row: Log) -> None:
        """Write down what only people read."""
        if self._file is not None:
            self._file.put(row)

    def _write_session(
        self,
        treadmill: str,
        who: Who,
        done: Summary,
        effort: Effort | None,
        *,
        machine: str = "",
        finished: bool = True,
    ) -> None:
        effort = effort or NO_EFFORT
        identity = session_id(treadmill, done.start)
        before = self._get(Session, identity)
        self._put(
            Session(
                id=identity,
                treadmill=treadmill,
                person=who.person,
                shoes=who.shoes,
                start=done.start.timestamp(),
                end=done.end.timestamp(),
                moving_s=done.moving_s,
                distance_m=done.distance_m,
                climb_m=done.elevation_gain_m,
                energy_kcal=done.energy_kcal,
                max_speed_kmh=done.max_speed / 100,
                max_incline_percent=None if done.max_incline is None else done.max_incline / 10,
                average_heart_rate_bpm=done.mean_heart_rate,
                max_heart_rate_bpm=done.max_heart_rate,
                effort_s=effort.time_s,
                effort_m=effort.distance_m,
                effort_climb_m=effort.climb_m,
                steep_s=done.steep_s,
                flat_m=done.flat_m,
                machine=machine or (before.machine if before else ""),
                finished=finished,
            )
        )

    # --- pain and rest

    def report_pain(self, person: str, place: str, severity: int) -> int:
        """Write down a report; how many there are of the last 30 days, this one with them."""
        now = self._keeper.now().wall
        number = len(self._all(Pain))
        self._put(Pain(f"{number} {now:.3f}", person, now, place, severity))
        return sum(
            row.person == person and row.severity > 0 and now - row.wall <= PAIN_S
            for row in self._all(Pain)
        )

    def rest(self, person: str, left_s: float) -> None:
        """A rest begins, so many seconds long, or is lifted: 0."""
        self._rested[person] += 1
        self._put(Rest(person, *_parts(self._keeper.now()), left_s=left_s))

    def rests(self, person: str) -> int:
        """A number that changes whenever a rest of this person begins or is lifted."""
        return self._rested[person]

    def rest_left(self, person: str) -> float:
        """How much rest a person has left, in seconds."""
        row = self._get(Rest, person)
        if row is None:
            return 0.0
        return max(0.0, row.left_s - (elapsed(_moment(row), self._keeper.now()) or 0.0))

    def carry_rest(self, person: str) -> None:
        """Write down how much rest is left by now.

        What was rested by a clock that nobody vouches for would else be lost with its boot. Not
        where it is unknown how much time went by, for that may be known later.
        """
        row, now = self._get(Rest, person), self._keeper.now()
        if row is not None and row.left_s > 0 and elapsed(_moment(row), now) is not None:
            self._put(Rest(person, *_parts(now), left_s=self.rest_left(person)))

    # --- plans

    def progress_in(self, person: str, plan: str, start: int) -> Progress:
        """How far a person has come in a plan, as of now; time that is not certain has not passed.

        Of whom nothing is known begins at phase `start`; whose progress was lost, at the first.
        """
        row = self._get(Planned, person, plan)
        if row is None and not self.lost:
            return begin(0 if self.trouble else start)
        progress = None if row is None else _read_progress(row)
        if row is None or progress is None:
            progress = begin(0, lost=True)
            self.keep_progress(person, plan, progress)
            return progress
        return progress.aged(self._passed(row))

    def _passed(self, row: Planned) -> float:
        """Seconds since a row was written; where that is unknown, since it was first looked at."""
        now = self._keeper.now()
        passed = elapsed(_moment(row), now)
        return now.ticks - self._seen.setdefault(row, now.ticks) if passed is None else passed

    def keep_progress(self, person: str, plan: str, progress: Progress) -> None:
        """Write down how far a person has come in a plan."""
        self._seen.clear()
        parts = _parts(self._keeper.now())
        content = adapter(Progress).dump_json(progress).decode()
        self._put(Planned(person, plan, *parts, progress=content))

    def carry_progress(self, person: str, plan: str) -> None:
        """Write down how long ago the last session is by now, as `carry_rest` does.

        Of a row that the network's clock vouches for that may be known better later.
        """
        row = self._get(Planned, person, plan)
        if row is None or (elapsed(_moment(row), self._keeper.now()) is None and row.synchronised):
            return
        progress = self.progress_in(person, plan, 0)
        if progress.waits:
            self.keep_progress(person, plan, progress)

    # --- who, and in what

    def runner(self, treadmill: str) -> str | None:
        """Who is on a treadmill, as far as was said."""
        row = self._get(Runner, treadmill)
        return None if row is None else row.person

    def set_runner(self, treadmill: str, person: str) -> None:
        """Somebody is on a treadmill from now on."""
        self._put(Runner(treadmill, person))

    def shoes(self, person: str) -> str | None:
        """What somebody wears, as far as was said."""
        row = self._get(Shod, person)
        return None if row is None else row.shoes

    def set_shoes(self, person: str, shoes: str) -> None:
        """Somebody wears these from now on."""
        self._put(Shod(person, shoes))

    def walk(self, shoes: str, metres: float, start_m: float) -> int | None:
        """A pair went further; `start_m` is what it had gone before any of it was counted.

        Returns the mark (km) that was reached by it, and not told before.
        """
        before = self._get(Wear, shoes) or Wear(shoes, 0.0, 0)
        gone = before.metres + max(0.0, metres)
        passed = [
            mark for mark in _MARKS_KM if mark > before.told_km and start_m + gone >= mark * 1000
        ]
        mark = max(passed, default=None)
        self._put(Wear(shoes, gone, before.told_km if mark is None else mark))
        return mark

    def gone(self, shoes: str) -> float:
        """How far a pair went on these belts, in metres."""
        row = self._get(Wear, shoes)
        return 0.0 if row is None else row.metres

    # --- rows

    def _put(self, row: Row) -> None:
        self._rows[key_of(row)] = row
        if self._file is not None:
            self._file.put(row)

    def _get(self, kind: type[_R], *key: str) -> _R | None:
        row = self._rows.get((kind.TABLE, *key))
        return row if isinstance(row, kind) else None

    def _all(self, kind: type[_R]) -> list[_R]:
        return [row for row in self._rows.values() if isinstance(row, kind)]


def session_id(treadmill: str, start: datetime) -> str:
    """A session's name in the file."""
    return f"{treadmill} {start.isoformat()}"


def _parts(moment: Moment) -> tuple[str, float, float, bool]:
    return moment.boot, moment.ticks, moment.wall, moment.synchronised


def _moment(row: Began | Exposure | Rest | Planned) -> Moment:
    return Moment(row.boot, row.ticks, row.wall, row.synchronised)


def _read_progress(row: Planned) -> Progress | None:
    try:
        return adapter(Progress).validate_json(row.progress)
    except ValidationError:  # another version's
        return None


def _aged(row: Exposure, now: Moment) -> Past:
    try:
        past = stored.decode(row.past)
    except ValueError:  # another version's: then it counts as unknown
        return Past()
    return aged(past, elapsed(_moment(row), now))
