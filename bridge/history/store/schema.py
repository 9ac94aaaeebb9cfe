"""Schema of the history's file, and migrations from earlier versions.

A migration is one transaction: it succeeds completely, or leaves the file unchanged.
"""

import sqlite3
from collections.abc import Callable

SCHEMA = 4
"""1: what the guard needs at a start.

2: `learned`. 3: STRICT; samples, commands, decisions and events; a number, steep time and
flat-equivalent distance for each session. 4: `plan`.
"""
_STRICT = 3
"""The first version with STRICT tables."""

_TABLES = {
    "began": """(
        boot TEXT NOT NULL, ticks REAL NOT NULL, wall REAL NOT NULL,
        synchronised INTEGER NOT NULL, key INTEGER NOT NULL PRIMARY KEY
    ) STRICT""",
    "exposure": """(
        treadmill TEXT NOT NULL, person TEXT NOT NULL,
        boot TEXT NOT NULL, ticks REAL NOT NULL, wall REAL NOT NULL,
        synchronised INTEGER NOT NULL, past TEXT NOT NULL, session TEXT NOT NULL,
        PRIMARY KEY (treadmill, person)
    ) STRICT""",
    "rest": """(
        person TEXT NOT NULL PRIMARY KEY,
        boot TEXT NOT NULL, ticks REAL NOT NULL, wall REAL NOT NULL,
        synchronised INTEGER NOT NULL, left_s REAL NOT NULL
    ) STRICT""",
    "pain": """(
        id TEXT NOT NULL PRIMARY KEY, person TEXT NOT NULL, wall REAL NOT NULL,
        place TEXT NOT NULL, severity INTEGER NOT NULL
    ) STRICT""",
    "session": """(
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE, treadmill TEXT NOT NULL, person TEXT NOT NULL, shoes TEXT,
        start REAL NOT NULL, end REAL NOT NULL, moving_s REAL NOT NULL, distance_m REAL NOT NULL,
        climb_m REAL, energy_kcal INTEGER, max_speed_kmh REAL NOT NULL, max_incline_percent REAL,
        average_heart_rate_bpm REAL, max_heart_rate_bpm INTEGER,
        effort_s REAL NOT NULL, effort_m REAL NOT NULL, effort_climb_m REAL NOT NULL,
        steep_s REAL, flat_m REAL, machine TEXT NOT NULL DEFAULT '',
        source TEXT NOT NULL DEFAULT 'bridge', finished INTEGER NOT NULL DEFAULT 1
    ) STRICT""",
    "wear": """(
        shoes TEXT NOT NULL PRIMARY KEY, metres REAL NOT NULL, told_km INTEGER NOT NULL
    ) STRICT""",
    "runner": "(treadmill TEXT NOT NULL PRIMARY KEY, person TEXT NOT NULL) STRICT",
    "shod": "(person TEXT NOT NULL PRIMARY KEY, shoes TEXT NOT NULL) STRICT",
    "plan": """(
        person TEXT NOT NULL, plan TEXT NOT NULL,
        boot TEXT NOT NULL, ticks REAL NOT NULL, wall REAL NOT NULL,
        synchronised INTEGER NOT NULL, progress TEXT NOT NULL,
        PRIMARY KEY (person, plan)
    ) STRICT""",
    "learned": "(address TEXT NOT NULL PRIMARY KEY, knowledge TEXT NOT NULL) STRICT",
    # The following tables are only for people and exports. Logs are indexed by treadmill and time.
    "samples": """(
        session TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
        first INTEGER NOT NULL, content BLOB NOT NULL,
        PRIMARY KEY (session, first)
    ) STRICT, WITHOUT ROWID""",
    "command": """(
        treadmill TEXT NOT NULL, wall REAL NOT NULL, id TEXT NOT NULL,
        command TEXT NOT NULL, source TEXT NOT NULL, requested TEXT NOT NULL,
        applied REAL, outcome TEXT NOT NULL, reasons TEXT NOT NULL, ended REAL,
        PRIMARY KEY (treadmill, wall, id)
    ) STRICT, WITHOUT ROWID""",
    "decision": """(
        treadmill TEXT NOT NULL, wall REAL NOT NULL, axis TEXT NOT NULL,
        rule TEXT NOT NULL, text TEXT NOT NULL, bound REAL, requested REAL,
        PRIMARY KEY (treadmill, wall, axis)
    ) STRICT, WITHOUT ROWID""",
    "event": """(
        treadmill TEXT NOT NULL, wall REAL NOT NULL, number INTEGER NOT NULL,
        type TEXT NOT NULL, text TEXT NOT NULL, details TEXT NOT NULL,
        PRIMARY KEY (treadmill, wall, number)
    ) STRICT, WITHOUT ROWID""",
    "deleted": "(id TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID",
}
_INDEXES = (
    "CREATE INDEX IF NOT EXISTS session_end ON session (end)",
    "CREATE INDEX IF NOT EXISTS session_person ON session (person, start)",
    "CREATE INDEX IF NOT EXISTS pain_wall ON pain (wall)",
    "CREATE INDEX IF NOT EXISTS command_unfinished ON command (wall) WHERE ended IS NULL",
    # A running bridge has its sessions in memory, and must not write a deleted one again.
    "CREATE TRIGGER IF NOT EXISTS session_stays_deleted BEFORE INSERT ON session"
    " WHEN EXISTS (SELECT 1 FROM deleted WHERE id = NEW.id) BEGIN SELECT RAISE(IGNORE); END",
)


class NewerSchemaError(Exception):
    """A newer version of this program wrote the file, so it is left alone."""


def version_of(connection: sqlite3.Connection) -> int:
    """Return the version of the schema; 0 in a file without one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def check(connection: sqlite3.Connection, name: object) -> None:
    """Refuse a file of a newer version.

    Raises:
        NewerSchemaError: a newer version wrote it.
    """
    version = version_of(connection)
    if version > SCHEMA:
        message = (
            f"The history {name} has version {version}, and this program knows {SCHEMA}: it was"
            " written by a newer treadmill-bridge. Update this one, or give it another state_dir"
        )
        raise NewerSchemaError(message)


def migrate(connection: sqlite3.Connection) -> None:
    """Create the tables of a new file, or migrate an older one.

    Raises:
        sqlite3.Error: nothing was changed.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = version_of(connection)
        if 0 < version < _STRICT:
            _to_strict(connection)
        for name, body in _TABLES.items():
            connection.execute(f"CREATE TABLE IF NOT EXISTS {name} {body}")
        for statement in _INDEXES:
            connection.execute(statement)
        # Always write, to detect a read-only disk here.
        connection.execute(f"PRAGMA user_version = {SCHEMA}")
        connection.execute("COMMIT")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _to_strict(connection: sqlite3.Connection) -> None:
    """Migrate 2 to 3: copy the rows to STRICT tables with additional columns."""
    (query, old) = ("SELECT name FROM sqlite_master WHERE type = 'table'", "old_")
    there: Callable[[str], bool] = {name for (name,) in connection.execute(query)}.__contains__
    for name in filter(there, _TABLES):
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({name})")]
        listed = ", ".join(columns)
        connection.execute(f"ALTER TABLE {name} RENAME TO {old}{name}")
        connection.execute(f"CREATE TABLE {name} {_TABLES[name]}")
        # In the order of the old rowids, so that sessions are numbered chronologically.
        connection.execute(
            f"INSERT INTO {name} ({listed}) SELECT {listed} FROM {old}{name} ORDER BY rowid"  # noqa: S608 - fixed names
        )
        connection.execute(f"DROP TABLE {old}{name}")
