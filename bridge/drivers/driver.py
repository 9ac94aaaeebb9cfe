"""What a link looks like to whoever gives orders: the one gate to the machine, and no more."""

from typing import Protocol

from bridge.machines import Edge
from bridge.values import Axis, Halt


class Orders(Protocol):
    """The one gate to the machine's control point; it takes only what the guard decided."""

    def set_target(self, axis: Axis, value: int, *, reduction: bool, new_request: bool) -> None:
        """Set a target, in wire units."""
        ...

    def start(self) -> None:
        """Start or resume."""
        ...

    def halt(self, kind: Halt) -> None:
        """Stop or pause, ahead of everything."""
        ...

    def withdraw(self, axis: Axis | None) -> None:
        """What waits for this axis (None: a start) is not wanted any more."""
        ...

    def speak(self, edge: Edge) -> None:
        """The machine's numbers are other than declared."""
        ...


class Line(Protocol):
    """The link to the machine."""

    @property
    def control_point(self) -> Orders:
        """Where orders go."""
        ...

    def connect(self) -> None:
        """Take the link."""
        ...

    def release(self) -> None:
        """Let go of the link, so that another app can take it."""
        ...
