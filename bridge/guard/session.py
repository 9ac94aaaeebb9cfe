"""One session: belt time, the warm-up it earns, and the cool-down that ends it."""

from dataclasses import dataclass

from bridge.guard.cool_down import CoolDown
from bridge.guard.policy import Policy


@dataclass(slots=True)
class Session:
    """From the belt's first movement to its stop; a pause belongs to it. Seconds."""

    belt_time: float = 0.0
    moved: float | None = None
    """When the belt was last seen to move."""
    warm_up_over: bool = False
    cool_down: CoolDown | None = None
    finished: bool = False

    def warm_up_left(self, policy: Policy, now: float) -> float:
        """Belt time still to go; all of it after a long rest or a long time unobserved."""
        if self.moved is not None and now - self.moved > policy.warm_up_pause_s:
            return policy.warm_up_s
        return max(0.0, policy.warm_up_s - self.belt_time)

    def move(self, policy: Policy, now: float, dt: float) -> bool:
        """Count `dt` of observed belt time; True once, when it ends the warm-up."""
        if self.moved is not None and now - self.moved > policy.warm_up_pause_s:
            self.belt_time = 0.0
            self.warm_up_over = False
        self.belt_time += dt
        self.moved = now
        ends = not self.warm_up_over and self.belt_time >= policy.warm_up_s
        self.warm_up_over = self.warm_up_over or ends
        return ends and policy.warm_up_s > 0

    def finishes(self, now: float) -> bool:
        """True once, when the cool-down is over."""
        if self.cool_down is None or self.finished or self.cool_down.left(now) > 0:
            return False
        self.finished = True
        return True
