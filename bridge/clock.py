"""The one clock. Everything that needs the time is handed one of these."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> float:
        """Monotonic time in seconds; only differences mean anything."""
        ...

    def utc(self) -> datetime:
        """Wall time in UTC: for people and payloads, never for measuring a duration."""
        ...


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The clock of this computer."""

    def now(self) -> float:
        """Monotonic time in seconds, the event loop's own."""
        return time.monotonic()

    def utc(self) -> datetime:
        """Wall time in UTC."""
        return datetime.now(UTC)
