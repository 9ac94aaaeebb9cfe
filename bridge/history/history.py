"""The history: exposure, sessions, pain, rest and shoes, in memory and optionally in a file."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

from pydantic import ValidationError

from bridge.clock import Clock
from bridge.guard.person.past import Past
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
from bridge.values.effort import NO_EFFORT, Effort

WORN_KM = 800
"""Distance in km at which shoes should be replaced."""
_MARKS_KM = (500, WORN_KM)
"""Distances in km at which the owner is notified about a pair of shoes."""
PAIN_S = 30 * DAY_S
"""Seconds for which reports of pain are counted."""

_R = TypeVar("_R", bound=Row)


class History:
    """Provides each person's past to the guard; no call blocks.

    Args:
        keeper: source of the current moment.
        file: the history's file; None keeps everything in memory.
        blank: True for a new installation, whose steep budgets are full; stored in the file.
            Otherwise unknown values count as the strictest possible.
    """

    def __init__(
        self, keeper: Timekeeper, file: HistoryFile | None = None, *, blank: bool = False
    ) -> None:
        self._keeper = keeper
        self._file = file
        self.unfinished = file.unfinished if file else ()
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
        """Return an empty history in memory, as in a new installation."""
        return cls(Timekeeper(clock, "this process", lambda: True), blank=True)

    @property
    def trouble(self) -> str | None:
        """Why nothing can be written now, as a sentence without full stop; None if all is well."""
        return self._file.trouble if self._file else None

    @property
    def lost(self) -> str | None:
        """Why earlier data were lost at this start; None if they were not."""
        return self._file.lost if self._file else None

    def catch_up(self) -> None:
        """Merge a file that could not be opened at the start."""
        for row in self._file.late() if self._file else ():
            mine = self._rows.get(key_of(row))
            if isinstance(row, Wear) and isinstance(mine, Wear):
                marked = max(row.told_km, mine.told_km)
                self._put(Wear(row.shoes, row.metres + mine.metres, marked))
            elif mine is None:
                self._rows[key_of(row)] = row
                if isinstance(row, Rest):
                    self._rested[row.person] += 1

    def close(self) -> None:
        """Write the remaining rows."""
        if self._file is not None:
            self._file.close()

    # --- exposure

    def past(self, treadmill: str, person: str) -> Past:
        """Return a person's past on a treadmill, as of now."""
        now = self._keeper.now()
        own = self._get(Exposure, treadmill, person)
        past = self._unrecorded(now) if own is None else _aged(own, now)
        others = [row for row in self._all(Exposure) if row.person == person and row is not own]
        if past.steep or past.climbs.known_from > 0:  # otherwise the whole budget is already used
            past = joined(past, [_aged(row, now) for row in others])
        sessions = [row for row in self._all(Session) if row.person == person]
        return replace(
            past,
            rest_left_s=self.rest_left(person),
            baseline=baseline(sessions, now.wall),
        )

    def is_certain(self, treadmill: str, person: str) -> bool:
        """True if the age of the person's past is known."""
        row = self._get(Exposure, treadmill, person) or self._get(Began, "0")
        return row is None or elapsed(_moment(row), self._keeper.now()) is not None

    def session(self, treadmill: str, person: str) -> SessionLog | None:
        """Return the stored session in progress; None without one."""
        row = self._get(Exposure, treadmill, person)
        if row is None or not row.session:
            return None
        try:
            log = adapter(SessionLog).validate_json(row.session)
        except ValidationError:
            return None
        return replace(log, last=None, seen=datetime.fromtimestamp(row.wall, UTC))

    def keep(self, treadmill: str, person: str, past: Past, session: SessionLog | None) -> None:
        """Store the guard's knowledge of a person, and the session in progress."""
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
        """Return a number that changes with this person's exposure on other treadmills."""
        return sum(
            times
            for (other, who), times in self._touched.items()
            if who == person and other != treadmill
        )

    def _unrecorded(self, now: Moment) -> Past:
        """Return the past of a person without rows: no exposure since the file was created."""
        if self._get(Began, "1") is not None:
            return Past.nobody()
        began = self._get(Began, "0")
        since = elapsed(_moment(began), now) if began else None
        return Past.nobody() if since is not None and since > LONG_S else Past()

    # --- machines

    def learned(self, address: str) -> Knowledge | None:
        """Return what was learned of a machine; None if nothing was, or it is unreadable."""
        row = self._get(Learned, address)
        return None if row is None else decode(row)

    def keep_learned(self, address: str, knowledge: Knowledge) -> None:
        """Store what was learned of a machine."""
        self._put(encode(address, knowledge))

    # --- sessions

    def finish(
        self, treadmill: str, person: str, shoes: str | None, done: Summary, effort: Effort | None
    ) -> None:
        """Store a finished session; `effort` as the guard measured it."""
        self._write_session(treadmill, Who(person, shoes), done, effort)

    def progress(
        self, treadmill: str, who: Who, done: Summary, effort: Effort | None, machine: str
    ) -> None:
        """Store the state of a session in progress."""
        self._write_session(treadmill, who, done, effort, machine=machine, finished=False)

    def log(self, row: Log) -> None:
        """Store a row that only people read."""
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
        """Store a report of pain; return the number of reports in the last 30 days."""
        now = self._keeper.now().wall
        number = len(self._all(Pain))
        self._put(Pain(f"{number} {now:.3f}", person, now, place, severity))
        return sum(
            row.person == person and row.severity > 0 and now - row.wall <= PAIN_S
            for row in self._all(Pain)
        )

    def rest(self, person: str, left_s: float) -> None:
        """Start a rest of so many seconds, or end it with 0."""
        self._rested[person] += 1
        self._put(Rest(person, *_parts(self._keeper.now()), left_s=left_s))

    def rests(self, person: str) -> int:
        """Return a number that changes whenever a rest of this person begins or ends."""
        return self._rested[person]

    def rest_left(self, person: str) -> float:
        """Return the rest that a person has left, in seconds."""
        row = self._get(Rest, person)
        if row is None:
            return 0.0
        return max(0.0, row.left_s - (elapsed(_moment(row), self._keeper.now()) or 0.0))

    def carry_rest(self, person: str) -> None:
        """Store the rest left now.

        Time rested by an unsynchronised clock would otherwise be lost at the next boot. Nothing is
        stored if the elapsed time is unknown, because it may become known later.
        """
        row, now = self._get(Rest, person), self._keeper.now()
        if row is not None and row.left_s > 0 and elapsed(_moment(row), now) is not None:
            self._put(Rest(person, *_parts(now), left_s=self.rest_left(person)))

    # --- plans

    def progress_in(self, person: str, plan: str, start: int) -> Progress:
        """Return a person's progress in a plan, as of now; only certain time counts as elapsed.

        Without stored progress a person begins at phase `start`; after a loss of data, at the
        first.
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
        """Return the seconds since a row was written; if unknown, since it was first read."""
        now = self._keeper.now()
        passed = elapsed(_moment(row), now)
        return now.ticks - self._seen.setdefault(row, now.ticks) if passed is None else passed

    def keep_progress(self, person: str, plan: str, progress: Progress) -> None:
        """Store a person's progress in a plan."""
        self._seen.clear()
        parts = _parts(self._keeper.now())
        content = adapter(Progress).dump_json(progress).decode()
        self._put(Planned(person, plan, *parts, progress=content))

    def carry_progress(self, person: str, plan: str) -> None:
        """Store the age of the last session now, as `carry_rest` does.

        A row with a synchronised time is left alone, because its age may become known more exactly.
        """
        row = self._get(Planned, person, plan)
        if row is None or (elapsed(_moment(row), self._keeper.now()) is None and row.synchronised):
            return
        progress = self.progress_in(person, plan, 0)
        if progress.waits:
            self.keep_progress(person, plan, progress)

    # --- who, and in what

    def runner(self, treadmill: str) -> str | None:
        """Return the person on a treadmill; None if unknown."""
        row = self._get(Runner, treadmill)
        return None if row is None else row.person

    def set_runner(self, treadmill: str, person: str) -> None:
        """Set the person on a treadmill."""
        self._put(Runner(treadmill, person))

    def shoes(self, person: str) -> str | None:
        """Return a person's shoes; None if unknown."""
        row = self._get(Shod, person)
        return None if row is None else row.shoes

    def set_shoes(self, person: str, shoes: str) -> None:
        """Set a person's shoes."""
        self._put(Shod(person, shoes))

    def walk(self, shoes: str, metres: float, start_m: float) -> int | None:
        """Add distance to a pair; `start_m` is its distance before counting began.

        Returns the mark in km that it has newly reached, else None.
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
        """Return the distance of a pair on these belts, in metres."""
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
    """Return the id of a session in the file."""
    return f"{treadmill} {start.isoformat()}"


def _parts(moment: Moment) -> tuple[str, float, float, bool]:
    return moment.boot, moment.ticks, moment.wall, moment.synchronised


def _moment(row: Began | Exposure | Rest | Planned) -> Moment:
    return Moment(row.boot, row.ticks, row.wall, row.synchronised)


def _read_progress(row: Planned) -> Progress | None:
    try:
        return adapter(Progress).validate_json(row.progress)
    except ValidationError:  # written by another version
        return None


def _aged(row: Exposure, now: Moment) -> Past:
    try:
        past = stored.decode(row.past)
    except ValueError:  # written by another version: counts as unknown
        return Past()
    return aged(past, elapsed(_moment(row), now))
