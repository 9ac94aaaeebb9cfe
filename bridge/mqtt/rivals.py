"""Coordination of two bridges for the same treadmill at one broker. Pure.

Each echo contains when its bridge began to serve, and which treadmills. The first one continues, so
a second bridge, started by mistake, never takes a belt from the one that guards it. The second
waits, and takes over when the first is silent.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

ASIDE_S = 3.0
"""Longest pause in seconds until a bridge that stands aside looks whether the first still serves:
a belt that lost its bridge must not wait for the usual back-off."""


class RivalError(Exception):
    """Another bridge already serves one of these treadmills."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Another bridge's claim.

    `since` is when it began to serve, in milliseconds of Unix time, or 0 if it does not serve;
    `treadmills` are those that both bridges have.
    """

    who: str
    since: int
    treadmills: frozenset[str]


class Rivals:
    """Decides which bridge serves."""

    def __init__(self, client_id: str, treadmills: Iterable[str]) -> None:
        self._me = client_id
        self._treadmills = frozenset(treadmills)
        self._since = 0

    def begin(self, utc: datetime) -> None:
        """Start to serve; a lost connection does not change that."""
        if not self._since:
            self._since = round(utc.timestamp() * 1000)

    def give_way(self) -> None:
        """Stop serving."""
        self._since = 0

    @property
    def claim(self) -> str:
        """Return this bridge's claim, for its echo."""
        return f"{self._since} {','.join(sorted(self._treadmills))}"

    def received(self, echo: bytes) -> Claim | None:
        """Return another bridge's claim from an echo; None if it is our own or unrelated."""
        try:
            who, _, since, names = echo.decode().split(" ")
            claim = Claim(who, int(since), self._treadmills & set(names.split(",")))
        except ValueError:
            return None
        return claim if who != self._me and claim.treadmills else None

    def first(self, other: Claim) -> bool:
        """True if this bridge is the one to serve. Both sides compute the same result."""
        return self._rank(self._since, self._me) < self._rank(other.since, other.who)

    def _rank(self, since: int, who: str) -> tuple[bool, int, str]:
        return (not since, since, who)
