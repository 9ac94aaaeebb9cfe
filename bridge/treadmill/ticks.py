"""When a treadmill's next decision is due without any input. Pure; monotonic seconds."""

from bridge.guard import Decision
from bridge.values import Belt, Snapshot

TICK_S = 0.25
"""Longest time in seconds between two decisions; each input triggers one too."""
CALM_TICK_S = 0.9
"""The same at rest, or running at the request. Below 1 s, which the guard counts in full."""
AWAY_TICK_S = 1.5
"""The same without machine and session. Below 3 s, which the guard counts as a gap in what it knows
of the incline."""
PAST_S = 0.01
"""Seconds after a point in time at which it is surely over, whatever floating point makes of it."""

_CALM = frozenset({Belt.IDLE, Belt.PAUSED, Belt.RUNNING})


def is_calm(decision: Decision, snapshot: Snapshot) -> bool:
    """Return True while the guard waits for nothing: at rest, or running at the request."""
    orders = decision.halt or decision.start or decision.targets
    if orders or decision.setpoint != decision.requested:
        return False
    return not snapshot.connected or snapshot.belt in _CALM


def until_due(decision: Decision, snapshot: Snapshot, report_due: float, now: float) -> float:
    """Return the seconds until a calm treadmill's next state is due, or its data are too old."""
    away = not snapshot.connected and decision.phase is None
    learned, age = snapshot.learned, snapshot.age(now)
    left = (limit - age for limit in (learned.hold_s, learned.fault_s) if limit >= age)
    longest = AWAY_TICK_S if away else CALM_TICK_S
    return min(longest, max(0.0, min((report_due - now, *left))) + PAST_S)
