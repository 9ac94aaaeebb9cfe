"""Conversion of learned machine properties to and from the history's file."""

import sqlite3
from contextlib import closing
from pathlib import Path

import structlog
from pydantic import ValidationError

from bridge.history.store.adapters import adapter
from bridge.history.store.database import open_to_read
from bridge.history.store.rows import Learned
from bridge.tracking.learning.knowledge import Knowledge

log = structlog.get_logger()


def encode(address: str, knowledge: Knowledge) -> Learned:
    """Return the row for a machine."""
    return Learned(address, adapter(Knowledge).dump_json(knowledge).decode())


def decode(row: Learned) -> Knowledge | None:
    """Decode a row; None with a warning if it is invalid, so that the machine is learned again."""
    try:
        return adapter(Knowledge).validate_json(row.knowledge)
    except ValidationError as error:
        log.warning("learned_not_readable", problems=error.error_count())
        return None


def read(path: Path, address: str) -> Knowledge | None:
    """Read a machine's properties from the file, without changing it; None if there are none."""
    if not path.exists():
        return None
    try:
        with closing(open_to_read(path)) as connection:
            found = connection.execute(
                "SELECT knowledge FROM learned WHERE address = ?", (address,)
            ).fetchone()
    except sqlite3.Error:
        return None
    return None if found is None else decode(Learned(address, str(found[0])))
