"""What a machine's target statuses mean: an echo, its current speed, or a press. Pure."""

from bridge.machines.learned import UNLEARNED, Echo
from bridge.status import TargetChanged

NEVER = 3
"""Writes in a row without an echo."""
EACH = 2
"""Echoes of a machine of which nothing was known."""
NEAR = 20
"""How near (0.2 km/h) a target status must be to the measured speed to pass for it."""
FOLLOWED = 3
"""So many such statuses in a row, each nearer to the target, name the current speed."""
FASTEST = 300
"""No belt changes by more than 3 km/h (wire units) in a second."""
RAMP_S = 30.0
"""Seconds after a write in which the belt may be on its way to the target."""
ON_GRID = 1
"""Conversions between units are off by one."""


class Echoes:
    """The echoes of one axis' writes. Monotonic seconds, wire units.

    `near` is how far a machine's rounding may take an echo from the write.
    """

    def __init__(self, near: float, echo: Echo = Echo.UNKNOWN, echo_s: float | None = None) -> None:
        self.echo = echo
        self.echo_s = echo_s
        self._near = near
        self._waiting: list[tuple[float, int]] = []
        self._missed = 0
        self._heard = 0

    def wrote(self, target: int, now: float) -> None:
        """A write of ours."""
        self.tick(now)
        self._waiting = [*self._waiting, (now, target)][-NEVER * 4 :]

    def tick(self, now: float) -> None:
        """Time passes: a write that stayed without an echo."""
        most = UNLEARNED.echo_s
        while self._waiting and now - self._waiting[0][0] > most:
            self._waiting.pop(0)
            self._missed += 1
            if self._missed >= NEVER:
                self.echo = Echo.NEVER

    def named(self, value: int, now: float) -> bool:
        """A status names a target; if it is an echo, it ends all writes up to that one.

        Returns True if it is just what was written.
        """
        self.tick(now)
        at = self._of(value)
        if at is None:
            return False
        exact = abs(self._waiting[at][1] - value) <= ON_GRID
        took = now - self._waiting[at][0]
        self._waiting = self._waiting[at + 1 :]
        self._missed = 0
        self._heard += 1
        self.echo_s = took if self.echo_s is None else max(self.echo_s, took)
        if self._heard >= EACH:
            self.echo = Echo.EACH
        return exact

    def forget(self) -> None:
        """The belt was halted: writes before that are answered no more."""
        self._waiting.clear()

    def _of(self, value: int) -> int | None:
        targets = [target for _, target in self._waiting]
        exact = [at for at, target in enumerate(targets) if abs(target - value) <= ON_GRID]
        if exact:
            return exact[0]
        near = [at for at, target in enumerate(targets) if abs(target - value) <= self._near]
        return near[-1] if near else None


class CurrentSpeed:
    """Looks for statuses that follow the belt to a target of ours. Wire units, seconds."""

    def __init__(self, *, known: bool | None = None) -> None:
        self.names_current = known
        self._ramp: tuple[float, int, int] | None = None
        self._followed: tuple[int, ...] = ()

    def wrote(self, target: int, speed: int, now: float) -> None:
        """A target speed of ours, and the speed of the belt then."""
        self._ramp, self._followed = (now, speed, target), ()

    def forget(self) -> None:
        """The belt goes where no target of ours sends it."""
        self._ramp = None

    def named(self, event: TargetChanged, speed: int | None, *, echo: bool) -> None:
        """A status names a target speed; `echo`: it is just what was written."""
        if self._ramp is None or speed is None:
            return
        began, start, target = self._ramp
        took, way = event.time - began, abs(target - start)
        if echo:
            # No motor is there by now: the machine names targets.
            if abs(event.value - target) <= ON_GRID and way > FASTEST * took + NEAR:
                self.names_current = False
            return
        last = self._followed[-1] if self._followed else start
        closer = min(last, target) < event.value < max(last, target)
        if took <= RAMP_S and closer and abs(event.value - speed) <= NEAR:
            self._followed = (*self._followed, event.value)
        else:
            self._followed = ()
        # A machine that named a target ahead of its belt names targets: what follows is pressed.
        if len(self._followed) >= FOLLOWED and self.names_current is None:
            self.names_current = True
