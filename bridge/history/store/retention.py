"""Retention of samples and logs; the sessions themselves are kept for ever."""

import math
import sqlite3
from dataclasses import dataclass

DAY_S = 86_400.0
ROOM = 0.9
"""Above `max_mb`, the oldest samples are deleted until this share of it is used."""
SOME = 200
"""Rows of a log that one short transaction deletes."""

_LOGS = ("command", "decision", "event")


@dataclass(frozen=True, slots=True)
class Retention:
    """Delete samples older than `days` (None: never), and the oldest above `max_mb` (1e6 bytes)."""

    days: float | None
    max_mb: float | None

    def delete_some(self, connection: sqlite3.Connection, now: float) -> bool:
        """Delete a few rows that are too old at `now` (Unix time); False if there are none.

        One call is one short transaction, so that nothing waits for it. Age counts from the newest
        session if that is earlier, so that a wrong clock deletes nothing.
        """
        newest = connection.execute("SELECT max(end) FROM session").fetchone()[0]
        if newest is not None and self.days is not None:
            limit = min(now, newest) - self.days * DAY_S
            if _delete_before(connection, limit):
                return True
        if not self._is_too_big(connection):
            return False
        if newest is not None and _delete_before(connection, newest):
            return True
        # Only logs since the last session are left, such as months of refused automations.
        return any(_delete_logs(connection, name, math.inf) for name in _LOGS)

    def _is_too_big(self, connection: sqlite3.Connection) -> bool:
        """True above `max_mb`; freed pages are reused, so they do not count."""
        if self.max_mb is None:
            return False
        pages, free, size = (
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        return bool((pages - free) * size > self.max_mb * 1e6 * ROOM)


def _delete_before(connection: sqlite3.Connection, limit: float) -> bool:
    """Delete the samples of the oldest session that ended before a time, else some old logs."""
    old = connection.execute(
        "SELECT id FROM session WHERE end < ? AND EXISTS"
        " (SELECT 1 FROM samples WHERE samples.session = session.id) ORDER BY end LIMIT 1",
        (limit,),
    ).fetchone()
    if old is not None:
        connection.execute("DELETE FROM samples WHERE session = ?", old)
        return True
    return any(_delete_logs(connection, name, limit) for name in _LOGS)


def _delete_logs(connection: sqlite3.Connection, name: str, limit: float) -> bool:
    """Delete some rows of a log from before a time, of any treadmill."""
    for (treadmill,) in connection.execute(f"SELECT DISTINCT treadmill FROM {name}").fetchall():  # noqa: S608 - fixed names
        last = connection.execute(
            f"SELECT max(wall) FROM (SELECT wall FROM {name}"  # noqa: S608 - fixed names
            " WHERE treadmill = ? AND wall < ? ORDER BY wall LIMIT ?)",
            (treadmill, limit, SOME),
        ).fetchone()[0]
        if last is not None:
            connection.execute(
                f"DELETE FROM {name} WHERE treadmill = ? AND wall <= ?",  # noqa: S608 - fixed names
                (treadmill, last),
            )
            return True
    return False
