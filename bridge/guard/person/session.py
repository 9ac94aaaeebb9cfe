"""One session, with the cool-down that ends it; and the warm-up, which outlives a session."""

from dataclasses import dataclass, replace
from typing import Self

from bridge.guard.policy import Policy
from bridge.guard.rules.cool_down import CoolDown
from bridge.guard.rules.gradual import NO_EFFORT, Effort
from bridge.guard.rules.plan import Ceilings
from bridge.guard.rules.steep import ago


@dataclass(slots=True)
class WarmUp:
    """Belt time that counts for the warm-up, in seconds: until the belt stands for too long."""

    belt_time: float = 0.0
    moved: float | None = None
    """When the belt was last seen to move."""

    def turned(self, now: float) -> Self:
        """Turn monotonic times into seconds ago, as a `Past` holds them, or back."""
        return replace(self, moved=ago(self.moved, now))

    def _counted(self, policy: Policy, now: float) -> float:
        rested = self.moved is not None and now - self.moved > policy.warm_up_pause_s
        return 0.0 if rested else self.belt_time

    def left(self, policy: Policy, now: float) -> float:
        """Belt time still to go; all of it after a long stand or a long time unobserved."""
        return max(0.0, policy.warm_up_s - self._counted(policy, now))

    def move(self, policy: Policy, now: float, dt: float) -> bool:
        """Count `dt` of observed belt time; True where that ends the warm-up."""
        before = self._counted(policy, now)
        self.belt_time, self.moved = before + dt, now
        return before < policy.warm_up_s <= self.belt_time


@dataclass(slots=True)
class Session:
    """From the belt's first movement to its stop; a pause belongs to it. Seconds."""

    moved: float | None = None
    """When the belt was last seen to move."""
    effort: Effort = NO_EFFORT
    told: frozenset[str] = frozenset()
    """What is told but once in a session, and was."""
    cool_down: CoolDown | None = None
    finish_at: float | None = None
    """When a session that is too much at once, or as long as its plan allows, is brought to its
    end."""
    finished: bool = False
    plan: Ceilings | None = None
    """What the person's plan allowed when the session began; never more than that."""

    def turned(self, now: float) -> Self:
        """Turn monotonic times into seconds ago, as a `Past` holds them, or back.

        A notice of its end is lost with its process, and so is whether its stop was written.
        """
        slope = self.cool_down and self.cool_down.turned(now)
        return replace(
            self, moved=ago(self.moved, now), cool_down=slope, finish_at=None, finished=False
        )

    def move(self, now: float, dt: float, *, speed: int = 0, incline: int = 0) -> None:
        """Count `dt` of observed belt time; speed in 0.01 km/h, incline in 0.1 %."""
        way = speed / 360 * dt
        self.effort = self.effort.plus(dt, way, way * max(0, incline) / 1000)
        self.moved = now

    def pause(self, dt: float) -> None:
        """Count `dt` of an observed stand: it is no part of a cool-down, nor of its notice."""
        if self.cool_down is not None:
            self.cool_down = self.cool_down.later(dt)
        if self.finish_at is not None:
            self.finish_at += dt

    def must_finish(self, now: float) -> bool:
        """Whether a session that is too much at once is to end now."""
        return self.finish_at is not None and now >= self.finish_at

    def finishes(self, now: float) -> bool:
        """True once on each link, when the cool-down is over."""
        if self.cool_down is None or self.finished or self.cool_down.left(now) > 0:
            return False
        self.finished = True
        return True
