"""Copy of the outbox on disk, so that unsent messages survive the process.

It is written in threads, and only while messages wait. A problem with the disk or the file is
logged once, and the bridge continues from memory.
"""

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NoReturn

import structlog

from bridge.history.store.database import (
    HINT,
    BrokenError,
    cause,
    open_to_write,
    set_aside,
    telling_broken,
)
from bridge.mqtt.outbox import CAPACITY, Outbox, Outgoing

NAME = "outbox.sqlite3"
PAUSE_S = 1.0
"""Seconds that a message waits before it is stored; most are sent sooner."""
AGAIN_S = 30.0
"""Seconds until a failed disk is tried again."""
CLOSE_S = 1.0
BUSY_S = 1.0
"""SQLite's busy timeout in seconds; shorter than the history's, because shutdown waits for it."""

_SCHEMA = 1

log = structlog.get_logger()


def forget_retained(path: Path, prefix: str) -> list[str]:
    """Delete retained messages below a topic prefix; return their topics in order.

    Raises:
        OSError, sqlite3.Error: The file cannot be read or written.
    """
    if not path.exists():
        return []
    chosen = "retain AND substr(topic, 1, ?) = ?"
    with closing(open_to_write(path, BUSY_S)) as connection, connection:
        connection.execute("BEGIN")
        where = (len(prefix), prefix)
        rows = connection.execute(f"SELECT topic FROM outbox WHERE {chosen} ORDER BY place", where)  # noqa: S608 - fixed column names
        topics = [topic for (topic,) in rows]
        connection.execute(f"DELETE FROM outbox WHERE {chosen}", where)  # noqa: S608
    return list(dict.fromkeys(topics))


class Backlog:
    """Keeps a copy of an outbox's waiting messages.

    Args:
        path: the file; its directory is created.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stored: dict[int, int] = {}
        """Row ids in the file, by the message's number in the outbox."""
        self._complained = False
        self._work: asyncio.Task[None] | None = None

    async def restore(self, outbox: Outbox) -> None:
        """Load the messages that an earlier process left into the outbox."""
        try:
            found = await asyncio.to_thread(self._load)
        except Exception as error:  # noqa: BLE001 - the bridge must start whatever the file contains
            self._complain(error)
            return
        numbers = outbox.restore(message for _, message in found)
        self._stored = dict(zip(numbers, (row for row, _ in found), strict=True))
        if found:
            log.info("mqtt_backlog_found", count=len(found))

    async def follow(self, outbox: Outbox) -> NoReturn:
        """Keep the copy up to date until cancelled."""
        before = set(self._stored)
        while True:
            if not (outbox.waiting() or self._stored):
                before = set()
                await outbox.until_queued()
            await asyncio.sleep(AGAIN_S if self._complained else PAUSE_S)
            waiting = outbox.waiting()
            self._work = asyncio.create_task(
                self._store([m for m in waiting if m.number in before])
            )
            # A thread cannot be cancelled; `close` waits for the rest of its work.
            await asyncio.shield(self._work)
            before = {message.number for message in waiting}

    async def close(self, outbox: Outbox) -> None:
        """Store the remaining messages, within `BUSY_S` for a disk that hangs."""
        try:
            async with asyncio.timeout(CLOSE_S):
                if self._work is not None:
                    await self._work
                await self._store(outbox.waiting())
        except TimeoutError as error:
            self._complain(error)

    async def _store(self, waiting: Sequence[Outgoing]) -> None:
        if {message.number for message in waiting} == self._stored.keys():
            return
        try:
            self._stored = await asyncio.to_thread(self._write, waiting, dict(self._stored))
        except Exception as error:  # noqa: BLE001 - a disk failure may cost only this copy
            self._complain(error)
        else:
            if self._complained:
                log.info("mqtt_backlog_writable", path=str(self._path))
            self._complained = False

    def _complain(self, error: Exception) -> None:
        write = log.debug if self._complained else log.warning
        self._complained = True
        reason = cause(error) or "no answer"
        write("mqtt_backlog_unwritable", reason=f"{self._path}: {reason}", hint=HINT)

    # --- run in threads

    def _load(self) -> list[tuple[int, Outgoing]]:
        if not self._path.exists():
            return []
        try:
            with self._open() as connection:
                return list(_rows(connection))
        except BrokenError as error:
            self._set_aside(error)
            return []

    def _write(self, waiting: Sequence[Outgoing], stored: dict[int, int]) -> dict[int, int]:
        """Synchronise the file with the waiting messages; return row ids by number."""
        try:
            with self._open() as connection:
                return _match(connection, waiting, stored)
        except BrokenError as error:
            self._set_aside(error)
        with self._open() as connection:
            return _match(connection, waiting, {})

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Yield the file in one transaction; it is created if missing."""
        with (
            telling_broken(),
            closing(open_to_write(self._path, BUSY_S)) as connection,
            connection,
        ):
            connection.execute("BEGIN")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version not in {0, _SCHEMA}:
                message = f"its version is {version}, not {_SCHEMA}"
                raise BrokenError(message)
            connection.execute(
                "CREATE TABLE IF NOT EXISTS outbox (place INTEGER PRIMARY KEY AUTOINCREMENT, "
                "topic TEXT NOT NULL, payload BLOB NOT NULL, qos INTEGER NOT NULL, "
                "retain INTEGER NOT NULL, correlation BLOB)"
            )
            if not version:
                connection.execute(f"PRAGMA user_version = {_SCHEMA}")
            yield connection

    def _set_aside(self, why: Exception) -> None:
        aside = set_aside(self._path)
        log.error(
            "mqtt_backlog_lost",
            reason=str(why),
            path=str(self._path),
            hint=f"it was set aside as {aside.name}, and a new one begun; it may be deleted",
        )


def _rows(connection: sqlite3.Connection) -> Iterator[tuple[int, Outgoing]]:
    columns = "place, topic, payload, qos, retain, correlation"
    for row in connection.execute(f"SELECT {columns} FROM outbox ORDER BY place LIMIT {CAPACITY}"):  # noqa: S608 - fixed column names
        place, topic, payload, qos, retain, correlation = row
        sound = isinstance(topic, str) and isinstance(payload, bytes) and qos in {0, 1, 2}
        if not (sound and isinstance(correlation, bytes | None)):
            message = f"row {place} makes no sense"
            raise BrokenError(message)
        keep = bool(retain)
        yield place, Outgoing(topic, payload, qos, keep, correlation, each=keep)


def _match(
    connection: sqlite3.Connection, waiting: Sequence[Outgoing], stored: dict[int, int]
) -> dict[int, int]:
    wanted = {message.number for message in waiting}
    gone = [row for number, row in stored.items() if number not in wanted]
    connection.executemany("DELETE FROM outbox WHERE place = ?", [(row,) for row in gone])
    rows = {number: row for number, row in stored.items() if number in wanted}
    for message in waiting:
        if message.number not in rows:
            cursor = connection.execute(
                "INSERT INTO outbox (topic, payload, qos, retain, correlation) "
                "VALUES (?, ?, ?, ?, ?)",
                (message.topic, message.payload, message.qos, message.retain, message.correlation),
            )
            rows[message.number] = cursor.lastrowid or 0
    return rows
