"""The names of the topics, version 1 of the contract."""

from dataclasses import dataclass
from typing import NamedTuple

from bridge.names import OWN

BRIDGE = "bridge"
"""Reserved for the bridge's own topics, so no treadmill may have this id."""

SETTABLE = ("speed", "incline", "belt", "pain", "person", "shoes", "workout", "plan")
"""Last part of a command's topic, after `set/`."""


class Target(NamedTuple):
    """Target of a command: a treadmill's id, and the kind of command."""

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
        """Topic of the bridge's echo, sent once a second to measure the broker's delay.

        It is outside the base, so that watching the base stays readable. Bridges with the same base
        share it, and detect each other by it.
        """
        return f"{OWN}/echo/{self.base}"

    def availability(self, treadmill: str) -> str:
        """Availability of the Bluetooth link to the machine."""
        return f"{self.base}/{treadmill}/availability"

    def state(self, treadmill: str) -> str:
        """The present state of the treadmill."""
        return f"{self.base}/{treadmill}/state"

    def guard(self, treadmill: str) -> str:
        """What the guard allows now, and why."""
        return f"{self.base}/{treadmill}/guard"

    def link(self, treadmill: str) -> str:
        """The machine behind the link, and its control state."""
        return f"{self.base}/{treadmill}/link"

    def event(self, treadmill: str) -> str:
        """Events, one at a time."""
        return f"{self.base}/{treadmill}/event"

    def session(self, treadmill: str) -> str:
        """The last finished session."""
        return f"{self.base}/{treadmill}/session"

    def workout(self, treadmill: str) -> str:
        """The chosen workout, and its progress."""
        return f"{self.base}/{treadmill}/workout"

    def plan(self, treadmill: str) -> str:
        """The plan of the present person, and its question."""
        return f"{self.base}/{treadmill}/plan"

    def workouts(self, treadmill: str) -> str:
        """The available workouts."""
        return f"{self.base}/{treadmill}/workouts"

    def outcome(self, treadmill: str) -> str:
        """The outcomes of commands."""
        return f"{self.base}/{treadmill}/outcome"

    def set(self, treadmill: str, kind: str) -> str:
        """Topic for a command of one of the `SETTABLE` kinds."""
        return f"{self.base}/{treadmill}/set/{kind}"

    def all(self, treadmill: str) -> str:
        """Subscription for all topics of one treadmill."""
        return f"{self.base}/{treadmill}/#"

    def commands(self, treadmill: str) -> str:
        """Subscription for all commands for one treadmill."""
        return self.set(treadmill, "#")

    def target(self, topic: str) -> Target | None:
        """Parse a command's topic; None if it is not one (its kind may be unknown)."""
        treadmill, separator, kind = topic.removeprefix(f"{self.base}/").partition("/set/")
        if not topic.startswith(f"{self.base}/") or not separator or "/" in treadmill:
            return None
        return Target(treadmill, kind)

    def owns(self, topic: str) -> bool:
        """True if a topic is the base, or below it."""
        return topic == self.base or topic.startswith(f"{self.base}/")


def discovery_topic(prefix: str, treadmill: str) -> str:
    """Topic of a treadmill's discovery message, retained."""
    return f"{prefix}/device/{treadmill}/config"
