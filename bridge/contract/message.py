"""A command message: its JSON, its sender, and its errors. Pure."""

import json
import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal, DecimalException
from math import ceil
from typing import NoReturn, TypeGuard

from bridge.values import Command, Reason, Value, Verb

MAX_BYTES = 4096
MAX_AGE = timedelta(seconds=5)
"""Maximum difference between a message's own time and ours, either way."""
MAX_TEXT = 128
REMEMBERED = 2048
"""Number of newest ids whose first outcomes, and response topics, are kept."""

_COMMON = frozenset({"id", "time", "source"})
_NOTE = re.compile(r'"(id|source)"\s*:\s*("(?:[^"\\]|\\.)*")')


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Circumstances of a message.

    `received` is in monotonic seconds. `expired` is True if the message's expiry interval is over.
    `late` is True if the broker's echo is overdue. `fallback_id` identifies a command without an
    id.
    """

    received: float
    utc: datetime
    fallback_id: str
    retained: bool = False
    expired: bool = False
    late: bool = False
    programs: frozenset[str] = field(default_factory=frozenset)


class RefusedError(Exception):
    """Carries the reason for a refusal to `parse`."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def refuse(rule: str, case: str = "", **values: Value) -> NoReturn:
    """Refuse a message; `parse` converts this to a refusal."""
    raise RefusedError(Reason(rule, values=tuple(values.items()), case=case))


@dataclass(frozen=True, slots=True)
class Message:
    """A decoded message: its JSON, or its error in `wrong`; and its sender, if given."""

    payload: bytes
    document: object
    wrong: Reason | None
    id: str
    source: str
    around: Circumstances

    @property
    def means_object(self) -> bool:
        """True if it was meant to be a JSON object, even if it is invalid."""
        return self.payload.lstrip().startswith(b"{")

    def command(
        self,
        verb: Verb,
        *,
        value: int | None = None,
        requested: object = None,
        confirm: bool = False,
        details: dict[str, object] | None = None,
    ) -> Command:
        """Make a command of it, with the sender's id, source and time."""
        return Command(
            id=self.id,
            verb=verb,
            source=self.source,
            received=self.around.received,
            value=value,
            requested=requested,
            confirm=confirm,
            program=self.source.partition(":")[0].strip().casefold() in self.around.programs,
            late=self.around.late,
            details=details or {},
        )

    def fields(self, allowed: frozenset[str], example: str) -> dict[str, object]:
        """Return the keys of a JSON object, after checking for unknown keys and the common ones."""
        if self.wrong:
            values = (*self.wrong.values, ("example", example))
            raise RefusedError(replace(self.wrong, values=values))
        if not isinstance(self.document, dict):
            refuse("invalid_message", example=example)
        if unknown := sorted(self.document.keys() - allowed - _COMMON):
            known = tuple(sorted(allowed | _COMMON))
            refuse("unknown_key", found=ascii(unknown[0][:MAX_TEXT]), known=known)
        for key in ("id", "source"):
            if self.document.get(key) is not None and not is_text(self.document[key]):
                refuse("invalid_text", key=key, longest=MAX_TEXT)
        _check_time(self.document.get("time"), self.around.utc)
        return self.document


def lay_open(payload: bytes, around: Circumstances) -> Message:
    """Decode a message as far as possible; never fails."""
    document, wrong = None, None
    try:
        document = _load(payload)
    except RefusedError as error:
        wrong = error.reason
    known = document if isinstance(document, dict) else _notes_in_ruins(payload)
    identity, source = known.get("id"), known.get("source")
    return Message(
        payload=payload,
        document=document,
        wrong=wrong,
        id=identity if is_text(identity) else around.fallback_id,
        source=source if is_text(source) else "mqtt",
        around=around,
    )


def _notes_in_ruins(payload: bytes) -> dict[str, object]:
    """Find id and source in a message that cannot be read, so that its sender gets the answer."""
    found: dict[str, object] = {}
    for key, quoted in _NOTE.findall(payload[:MAX_BYTES].decode(errors="ignore")):
        with suppress(ValueError):
            found.setdefault(key, json.loads(quoted))
    return found


def is_text(value: object) -> TypeGuard[str]:
    """True for printable text of 1 to `MAX_TEXT` characters."""
    # isprintable() also excludes lone surrogates, which could not be sent back.
    return (
        isinstance(value, str)
        and 0 < len(value) <= MAX_TEXT
        and value.isprintable()
        and not value.isspace()
    )


def text_of(payload: bytes) -> str:
    """Decode UTF-8, or refuse."""
    try:
        return payload.decode()
    except UnicodeDecodeError:
        refuse("not_utf8")


def check_size(payload: bytes) -> None:
    """Refuse messages longer than `MAX_BYTES`."""
    if len(payload) > MAX_BYTES:
        refuse("too_long", bytes=len(payload), most_bytes=MAX_BYTES)


def _load(payload: bytes) -> object:
    check_size(payload)
    try:
        return json.loads(
            text_of(payload),
            parse_float=Decimal,
            parse_int=Decimal,
            parse_constant=_no_constant,
            object_pairs_hook=_no_duplicates,
        )
    except DecimalException:
        refuse("number_too_big")
    except (ValueError, RecursionError):
        refuse("not_json")


def _no_constant(name: str) -> NoReturn:
    refuse("not_a_number", found=name)


def _no_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    keys = dict(pairs)
    if len(keys) < len(pairs):
        refuse("duplicate_key")
    return keys


def _check_time(time: object, utc: datetime) -> None:
    if time is None:
        return
    try:
        age = utc - datetime.fromisoformat(str(time))
    except (ValueError, TypeError, OverflowError):  # TypeError: a time without time zone
        refuse("invalid_time")
    if abs(age) > MAX_AGE:
        case = "" if age > MAX_AGE else "ahead"
        # Rounded up, since "5 s old; 5 s are allowed" would contradict itself.
        seconds = ceil(abs(age).total_seconds())
        refuse("too_old", case, age=seconds, within=MAX_AGE.total_seconds())
