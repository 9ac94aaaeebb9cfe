"""A player's input, and its requests."""

from collections.abc import Mapping
from dataclasses import dataclass

from bridge.guard import Decision, Policy
from bridge.guard.limits import Limits
from bridge.machines.learned import LearnedAxis
from bridge.values import INCLINE, SPEED, Axis, Belt, MachineInfo, Snapshot, Verb
from bridge.values.grid import Grid, incline_grid, speed_grid

_LIKELY_FALL = {SPEED: 50.0, INCLINE: 3.0}
"""Assumed deceleration of a belt in wire units per second, until it is learned."""
_MOST_LAG_S = 3.0
_SPARE_S = 2.0
"""Seconds added to the lag for the guard's next decision, the write, and rounding."""


@dataclass(frozen=True, slots=True)
class Look:
    """State of a treadmill at one moment. Wire units, monotonic seconds.

    `heart_rate` is the newest of the sensors. `lag_s` and `fall` are the delay and rate at which
    each axis falls after a request.
    """

    now: float
    belt: Belt
    fresh: bool
    connected: bool
    speed: int | None
    incline: int | None
    heart_rate: int | None
    requested: Mapping[Axis, int | None]
    limits: Limits
    grids: Mapping[Axis, Grid]
    cooling: bool
    lag_s: Mapping[Axis, float]
    fall: Mapping[Axis, float]

    @classmethod
    def of(  # noqa: PLR0917 - one per input
        cls,
        decision: Decision,
        snapshot: Snapshot,
        policy: Policy,
        now: float,
        grids: Mapping[Axis, Grid],
        heart_rate: int | None = None,
    ) -> "Look":
        """Collect it from the guard's decision and the learned machine."""
        data = snapshot.sample.data if snapshot.sample else None
        measured = data.heart_rate if data else None
        easing = {SPEED: policy.speed_easing, INCLINE: policy.incline_easing}
        learned = {SPEED: snapshot.learned.speed, INCLINE: snapshot.learned.incline}
        return cls(
            now=now,
            belt=snapshot.belt,
            fresh=snapshot.age(now) <= snapshot.learned.hold_s,
            connected=snapshot.connected,
            speed=data.speed if data else None,
            incline=data.incline if data else None,
            heart_rate=measured if heart_rate is None else heart_rate,
            requested=decision.requested,
            limits=decision.limits,
            grids=grids,
            cooling=decision.phase == "cool_down",
            lag_s={a: _lag(learned[a]) for a in Axis},
            fall={a: min(easing[a], _fall(a, learned[a])) for a in Axis},
        )


def grids_of(machine: MachineInfo | None, policy: Policy) -> Mapping[Axis, Grid]:
    """Return the settable grid of each axis of a machine."""
    return {SPEED: speed_grid(machine), INCLINE: incline_grid(machine, policy.min_incline)}


def _lag(axis: LearnedAxis) -> float:
    return _SPARE_S + min(_MOST_LAG_S, (axis.lag_s.low + axis.lag_s.high) / 2)


def _fall(axis: Axis, learned: LearnedAxis) -> float:
    return max(learned.fall_per_s.low, min(_LIKELY_FALL[axis], learned.fall_per_s.high))


@dataclass(frozen=True, slots=True)
class Ask:
    """A request of the player; `person` is True if a person requested this rise a moment ago."""

    verb: Verb
    value: int | None = None
    person: bool = False

    @property
    def axis(self) -> Axis | None:
        """The axis that it sets, or None."""
        return Axis(self.verb) if self.verb in {Verb.SPEED, Verb.INCLINE} else None
