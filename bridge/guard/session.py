"""One session: belt time, the warm-up it earns, and the cool-down that ends it."""

from dataclasses import dataclass, field
from typing import Self

from bridge.guard.cool_down import CoolDown
from bridge.guard.past import NO_EFFORT, Effort, SessionPast
from bridge.guard.policy import Policy


@dataclass(slots=True)
class Session:
    """From the belt's first movement to its stop; a pause belongs to it. Seconds."""

    belt_time: float = 0.0
    moved: float | None = None
    """When the belt was last seen to move."""
    warm_up_over: bool = False
    effort: Effort = NO_EFFORT
    told: set[str] = field(default_factory=set)
    """What is told but once in a session, and was."""
    cool_down: CoolDown | None = None
    finish_at: float | None = None
    """When a session that is too much at once is brought to its end."""
    finished: bool = False

    @classmethod
    def of(cls, past: SessionPast, now: float) -> Self:
        """Go on with a session that another process began."""
        return cls(
            belt_time=past.belt_time_s,
            moved=None if past.moved_ago_s is None else now - past.moved_ago_s,
            warm_up_over=past.warm_up_over,
            effort=past.effort,
            told=set(past.told),
            cool_down=None if past.cool_down is None else CoolDown.of(past.cool_down, now),
        )

    def past(self, now: float) -> SessionPast:
        """What is to be known of it later."""
        return SessionPast(
            belt_time_s=self.belt_time,
            moved_ago_s=None if self.moved is None else now - self.moved,
            warm_up_over=self.warm_up_over,
            effort=self.effort,
            told=frozenset(self.told),
            cool_down=None if self.cool_down is None else self.cool_down.past(now),
        )

    def warm_up_left(self, policy: Policy, now: float) -> float:
        """Belt time still to go; all of it after a long rest or a long time unobserved."""
        if self.moved is not None and now - self.moved > policy.warm_up_pause_s:
            return policy.warm_up_s
        return max(0.0, policy.warm_up_s - self.belt_time)

    def move(
        self, policy: Policy, now: float, dt: float, *, speed: int = 0, incline: int = 0
    ) -> bool:
        """Count `dt` of observed belt time; True once, when it ends the warm-up.

        Speed in 0.01 km/h, incline in 0.1 %.
        """
        if self.moved is not None and now - self.moved > policy.warm_up_pause_s:
            self.belt_time = 0.0
            self.warm_up_over = False
        self.belt_time += dt
        way = speed / 360 * dt
        self.effort = self.effort.plus(dt, way, way * max(0, incline) / 1000)
        self.moved = now
        ends = not self.warm_up_over and self.belt_time >= policy.warm_up_s
        self.warm_up_over = self.warm_up_over or ends
        return ends and policy.warm_up_s > 0

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
