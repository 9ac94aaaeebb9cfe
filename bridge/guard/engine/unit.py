"""A machine that may take kilometres for miles: what a rise after a write of ours means then."""

from dataclasses import dataclass

from bridge.machines.learned import LearnedMachine, UnitVerdict
from protocols.units import MPH


@dataclass(slots=True)
class UnitWatch:
    """The unit of targets on one run.

    `verified` is False from a write until the belt is steady, while the unit is not known: until
    then no rise is a request.
    """

    verdict: UnitVerdict
    verified: bool = True
    suspected: bool = False
    """True if the newest request was lowered because the machine may have taken it for miles."""
    _falls: bool = False
    _origin: tuple[int, float] = 0, 0.0
    """The setpoint and the reading before the writes that are not verified yet, all of them up or
    all of them down."""

    def wrote(self, before: int, after: int, measured: float, *, verified: bool) -> None:
        """Take a write of ours to a belt that reads `measured`."""
        falls = after < before
        if after != before and (self.verified or falls is not self._falls):
            self._falls, self._origin = falls, (before, measured)
        self.verified = verified

    def followed(self, setpoint: int, measured: float) -> bool:
        """Return False for a belt that was lowered and did not come half of the way."""
        before, shown = self._origin
        return not self._falls or measured - shown <= (setpoint - before) / 2

    def switched(self, machine: LearnedMachine) -> bool:
        """Return True once, when targets were found to be miles: the setpoint counts anew."""
        news, self.verdict = machine.targets is not self.verdict, machine.targets
        return news and machine.targets is UnitVerdict.MPH

    def suspects(self, machine: LearnedMachine, setpoint: float, measured: float) -> bool:
        """Return True once a request, for a steady belt nearer to miles than to kilometres."""
        miles = measured > setpoint * (1 + MPH) / 2
        news = machine.miles_suspected and miles and not self.suspected
        self.suspected = self.suspected or news
        return news
