"""Two bridges for one treadmill at one broker: one serves it, the other stands aside. Pure.

Each says in its echo since when it has served, and what. Who came first goes on, so that a second
bridge, started by mistake, never takes a belt away from the one that guards it; it waits, and takes
over when the first is silent.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


class RivalError(Exception):
    """Another bridge serves one of these treadmills already."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What another bridge says of itself.

    `since` is when it began to serve, in milliseconds of Unix time, or 0 if it does not;
    `treadmills` are those of ours among its own.
    """

    who: str
    since: int
    treadmills: frozenset[str]


class Rivals:
    """Knows whether this bridge or another one is to serve."""

    def __init__(self, client_id: str, treadmills: Iterable[str]) -> None:
        self._me = client_id
        self._treadmills = frozenset(treadmills)
        self._since = 0

    def begin(self, utc: datetime) -> None:
        """This bridge serves from now on; a connection that is lost meanwhile changes nothing."""
        if not self._since:
            self._since = round(utc.timestamp() * 1000)

    def give_way(self) -> None:
        """This bridge serves no longer."""
        self._since = 0

    @property
    def claim(self) -> str:
        """What this bridge says of itself, to go along in its echo."""
        return f"{self._since} {','.join(sorted(self._treadmills))}"

    def heard(self, echo: bytes) -> Claim | None:
        """Another bridge's claim in an echo; None if it is our own, none, or about others."""
        try:
            who, _, since, names = echo.decode().split(" ")
            claim = Claim(who, int(since), self._treadmills & set(names.split(",")))
        except ValueError:
            return None
        return claim if who != self._me and claim.treadmills else None

    def first(self, other: Claim) -> bool:
        """Whether this bridge is the one to serve. Both sides come to the same answer."""
        return self._rank(self._since, self._me) < self._rank(other.since, other.who)

    def _rank(self, since: int, who: str) -> tuple[bool, int, str]:
        return (not since, since, who)
