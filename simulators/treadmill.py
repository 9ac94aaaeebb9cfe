"""The treadmill without Bluetooth: machine, server and their time. Pure, and as fast as it can."""

from simulators.machine import Machine, MachineSpec
from simulators.profile import STRICT, Profile
from simulators.server import FtmsServer


class Treadmill:
    """One machine that lives: time passes in `advance`, and records go out at its own interval."""

    def __init__(
        self,
        profile: Profile = STRICT,
        spec: MachineSpec | None = None,
        *,
        seed: int = 0,
        sample_interval: float | None = None,
    ) -> None:
        self.profile = profile
        self.machine = Machine(spec or profile.belt, seed=seed)
        self.server = FtmsServer(self.machine, profile)
        self._interval = sample_interval or profile.data.interval_s
        self._time = 0.0
        self._samples = 1

    @property
    def time(self) -> float:
        """Seconds that it has lived."""
        return self._time

    def advance(self, dt: float) -> None:
        """Let `dt` seconds pass, with every record that falls into them."""
        until = self._time + dt
        while (due := self._samples * self._interval) <= until + 1e-9:
            self._pass(due)
            self._samples += 1
            self.server.sample()
        self._pass(until)

    def _pass(self, until: float) -> None:
        self.machine.advance(max(0.0, until - self._time))
        self._time = max(until, self._time)
