"""One message, parsed as of a fixed moment."""

from dataclasses import replace
from datetime import UTC, datetime

from bridge.contract.message import Circumstances
from bridge.contract.parser import Refusal, parse
from bridge.values import Command
from tests.rigs.wording import text_of

NOW = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)


PROGRAMS = frozenset({"workout", "automation", "program", "zwift"})


def around(**changes: bool) -> Circumstances:
    known = Circumstances(received=7.0, utc=NOW, fallback_id="own", programs=PROGRAMS)
    return replace(known, **changes)  # type: ignore[arg-type]


def read(kind: str, payload: str | bytes, **changes: bool) -> Command | Refusal:
    raw = payload.encode() if isinstance(payload, str) else payload
    return parse(kind, raw, around(**changes))


def refused(kind: str, payload: str | bytes, **changes: bool) -> str:
    refusal = read(kind, payload, **changes)
    assert isinstance(refusal, Refusal)
    return text_of(refusal.reason)
