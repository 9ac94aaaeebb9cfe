"""The SQL statement that writes a row."""

import functools
from dataclasses import fields

from bridge.history.store.rows import Log, Row


def upsert(row: Row | Log) -> tuple[str, tuple[object, ...]]:
    """Return the statement that inserts or replaces a row by its key, and its values."""
    names = tuple(field.name for field in fields(row))
    return _upsert(row.TABLE, row.KEY, names), tuple(getattr(row, name) for name in names)


@functools.cache
def _upsert(table: str, key: tuple[str, ...], names: tuple[str, ...]) -> str:
    changed = ", ".join(f"{n} = excluded.{n}" for n in names if n not in key)
    return (
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608 - fixed names
        f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changed}"
    )
