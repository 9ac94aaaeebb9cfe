"""A session and its cool-down, and the warm-up, which outlives a session."""

from dataclasses import dataclass, replace
from typing import Self

from bridge.guard.rules.cool_down import CoolDown
from bridge.guard.rules.steep import ago
from bridge.values.effort import NO_EFFORT, Effort
from bridge.values.plan import Ceilings
from bridge.values.policy import Policy


@dataclass(slots=True)
class WarmUp:
    """Belt time that counts as warm-up, in seconds; a long stand resets it."""

    belt_time: float = 0.0
    moved: float | None = None
    """Time when the belt was last seen to move."""

    def turned(self, now: float) -> Self:
        """Convert monotonic times to seconds ago, as in a `Past`, or back."""
        return replace(self, moved=ago(self.moved, now))

    def _counted(self, policy: Policy, now: float) -> float:
        rested = self.moved is not None and now - self.moved > policy.warm_up_pause_s
        return 0.0 if rested else self.belt_time

    def left(self, policy: Policy, now: float) -> float:
        """Return the belt time left; all of it after a long stand or a long unobserved time."""
        return max(0.0, policy.warm_up_s - self._counted(policy, now))

    def move(self, policy: Policy, now: float, dt: float) -> bool:
        """Count `dt` of observed belt time; return True if that ends the warm-up."""
        before = self._counted(policy, now)
        self.belt_time, self.moved = before + dt, now
        return before < policy.warm_up_s <= self.belt_time


@dataclass(slots=True)
class Session:
    """From the belt's first movement to its stop, pauses included. Seconds."""

    moved: float | None = None
    """Time when the belt was last seen to move."""
    effort: Effort = NO_EFFORT
    told: frozenset[str] = frozenset()
    """Events already sent that occur only once in a session."""
    cool_down: CoolDown | None = None
    finish_at: float | None = None
    """Time at which a session beyond its baseline or its plan is ended."""
    plan: Ceilings | None = None
    """Plan in force when the session began; its ceilings never rise during the session."""

    def turned(self, now: float) -> Self:
        """Convert monotonic times to seconds ago, as in a `Past`, or back.

        A restart loses the notice of an end.
        """
        slope = self.cool_down and self.cool_down.turned(now)
        return replace(self, moved=ago(self.moved, now), cool_down=slope, finish_at=None)

    def move(self, now: float, dt: float, *, speed: int, incline: int) -> None:
        """Count `dt` of observed belt time; speed in 0.01 km/h, incline in 0.1 %."""
        way = speed / 360 * dt
        self.effort = self.effort.plus(dt, way, way * max(0, incline) / 1000)
        self.moved = now

    def pause(self, dt: float) -> None:
        """Count `dt` of an observed pause: it delays the cool-down and the automatic end."""
        if self.cool_down is not None:
            self.cool_down = self.cool_down.later(dt)
        if self.finish_at is not None:
            self.finish_at += dt

    def first(self, event: str) -> bool:
        """Return True the first time that an event is to be sent in this session."""
        before = self.told
        self.told |= {event}
        return event not in before

    @property
    def is_ending(self) -> bool:
        """True if an end was announced or a cool-down began."""
        return self.finish_at is not None or self.cool_down is not None

    def must_finish(self, now: float) -> bool:
        """Return True if the automatic end of the session is due."""
        return self.finish_at is not None and now >= self.finish_at
