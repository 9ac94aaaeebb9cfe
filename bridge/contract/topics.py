"""The names of the topics, version 1 of the contract."""

from dataclasses import dataclass
from typing import NamedTuple

from bridge.names import OWN

BRIDGE = "bridge"
"""The one word that cannot be a treadmill's id: its topics are the bridge's own."""

SETTABLE = ("speed", "incline", "belt", "pain", "person", "shoes", "workout", "plan")
"""What follows `set/` in a command's topic."""


class Target(NamedTuple):
    """Where a command is meant to go: a treadmill's id and what of it is to be set."""

    treadmill: str
    kind: str


@dataclass(frozen=True, slots=True)
class Topics:
    """Topics below one base; every method takes a treadmill's id."""

    base: str = "treadmills"

    @property
    def bridge_availability(self) -> str:
        """`online` or `offline`, retained, and the will of the connection."""
        return f"{self.base}/{BRIDGE}/availability"

    @property
    def echo(self) -> str:
        """What the bridge sends itself each second, to know how late the broker is.

        It lies outside the base, so that watching the base stays readable. Bridges with the same
        base share it, and find each other by it.
        """
        return f"{OWN}/echo/{self.base}"

    def availability(self, treadmill: str) -> str:
        """Whether the Bluetooth link to the machine is up."""
        return f"{self.base}/{treadmill}/availability"

    def state(self, treadmill: str) -> str:
        """What the treadmill does now."""
        return f"{self.base}/{treadmill}/state"

    def guard(self, treadmill: str) -> str:
        """What the guard allows now, and why."""
        return f"{self.base}/{treadmill}/guard"

    def link(self, treadmill: str) -> str:
        """The machine behind the link, and who controls it."""
        return f"{self.base}/{treadmill}/link"

    def event(self, treadmill: str) -> str:
        """One event at a time."""
        return f"{self.base}/{treadmill}/event"

    def session(self, treadmill: str) -> str:
        """The last finished session."""
        return f"{self.base}/{treadmill}/session"

    def workout(self, treadmill: str) -> str:
        """The workout that was chosen, and how far it has come."""
        return f"{self.base}/{treadmill}/workout"

    def plan(self, treadmill: str) -> str:
        """The plan of whoever is on, and what it asks."""
        return f"{self.base}/{treadmill}/plan"

    def workouts(self, treadmill: str) -> str:
        """The workouts that can be chosen."""
        return f"{self.base}/{treadmill}/workouts"

    def outcome(self, treadmill: str) -> str:
        """What became of commands."""
        return f"{self.base}/{treadmill}/outcome"

    def set(self, treadmill: str, kind: str) -> str:
        """Where a command of one of the `SETTABLE` kinds is sent."""
        return f"{self.base}/{treadmill}/set/{kind}"

    def all(self, treadmill: str) -> str:
        """The subscription that brings everything of one treadmill."""
        return f"{self.base}/{treadmill}/#"

    def commands(self, treadmill: str) -> str:
        """The subscription that brings every command for one treadmill."""
        return self.set(treadmill, "#")

    def target(self, topic: str) -> Target | None:
        """Take a command's topic apart; None where it is none (its kind may be unknown)."""
        treadmill, separator, kind = topic.removeprefix(f"{self.base}/").partition("/set/")
        if not topic.startswith(f"{self.base}/") or not separator or "/" in treadmill:
            return None
        return Target(treadmill, kind)

    def owns(self, topic: str) -> bool:
        """Whether a topic lies at or below the base."""
        return topic == self.base or topic.startswith(f"{self.base}/")


def discovery_topic(prefix: str, treadmill: str) -> str:
    """Where a treadmill's discovery message lies, retained."""
    return f"{prefix}/device/{treadmill}/config"
