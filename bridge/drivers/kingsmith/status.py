"""Interprets a WalkingPad's successive statuses. Pure.

A pad reports no events. A start or stop at the remote control is inferred from a belt state that no
order explains; a stop also from the last key pressed.
"""

from dataclasses import dataclass

from bridge.machines import Edge
from bridge.values import Activity, Doing, Measurement
from bridge.values.status import MachineEvent, Started, Stopped
from protocols.kingsmith import COUNTDOWN, BeltState, Button, Status


@dataclass(frozen=True, slots=True)
class News:
    """The content of one status; `activity` is None if unchanged."""

    status: Status
    activity: Activity | None
    event: MachineEvent | None

    def measurement(self, edge: Edge) -> Measurement:
        """Return the values in true units."""
        status = self.status
        return Measurement(
            speed=edge.reported_speed(status.speed),
            distance=status.distance,
            elapsed=status.elapsed,
            step_count=status.steps,
        )


class Follower:
    """Follows one pad over one link."""

    def __init__(self) -> None:
        self._before: Status | None = None

    def take(self, status: Status, now: float, *, started: bool, stopped: bool) -> News:
        """Process a status, at a monotonic time.

        `started` and `stopped` are True if our own order explains that the belt starts or stops.
        """
        before, self._before = self._before, status
        doing = activity(status)
        known = None if before is None else activity(before)
        event = _event(before, status, now, started=started, stopped=stopped)
        return News(status, None if doing == known else doing, event)


def activity(status: Status) -> Activity:
    """Return the pad's activity."""
    if status.belt in COUNTDOWN:
        return Activity(Doing.COUNTDOWN)
    known = {
        BeltState.STOPPED: Doing.RESTING,
        BeltState.STANDBY: Doing.RESTING,
        BeltState.RUNNING: Doing.ACTIVE,
    }
    return Activity(next((d for belt, d in known.items() if belt == status.belt), Doing.UNTOLD))


def _event(
    before: Status | None, status: Status, now: float, *, started: bool, stopped: bool
) -> MachineEvent | None:
    if before is None:
        return None
    ran, runs = (activity(each).doing in _GOING for each in (before, status))
    pressed = status.button == Button.STOP != before.button
    if ran and (pressed or not (runs or stopped)):
        return Stopped(now)
    return Started(now) if runs and not (ran or started) else None


_GOING = frozenset({Doing.COUNTDOWN, Doing.ACTIVE})
