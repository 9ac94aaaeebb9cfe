"""Incline of the deck: measured, or the steepest that its motor may have left."""

import math

from bridge.guard.person.past import Past
from bridge.machines.learned import LearnedAxis


class Deck:
    """Deck of one belt (0.1 %); `at` is its known position, else that of the past."""

    def __init__(self, past: Past, at: float | None = None) -> None:
        self.at = past.incline if at is None else at
        """Last known incline; where it is not measured, the steepest possible one."""
        self.told = past.climbs.incline
        """Last commanded incline of this session, on any link."""
        self._last = self.told or None
        """Last commanded incline of any session; None if unknown."""
        self._setpoint: int | None = None

    @property
    def incline(self) -> int | None:
        """Last known incline in whole wire units."""
        return None if self.at is None else math.ceil(self.at)

    @property
    def adopted(self) -> int | None:
        """Incline that a start without a reading adopts as its setpoint.

        `incline` is the steepest possible one, for counting. Eased down from there, a deck that
        has already reached its last command would rise first.
        """
        here, last = self.incline, self._last
        return here if here is None or last is None else min(here, last)

    def follow(
        self,
        measured: int | None,
        told: int | None,
        machine: LearnedAxis,
        step: int,
        dt: float,
        *,
        settled: bool,
    ) -> int | None:
        """Return the incline to count as exposure, and store the position; None if unknown.

        A reading counts as `told` if the machine may show it at that setpoint: displays round and
        read low. A deck on its way up counts by its reading. A belt that lost its guard or was
        found moving is assumed at its last commanded incline. Until it is `settled`, its setpoint
        only follows the reading. A deck that is not measured is assumed to rise at once, and to
        fall as fast as the slowest motor.
        """
        if settled and told is not None and self._setpoint not in {None, told}:
            self.told = self._last = told
        self._setpoint = told if settled else None
        if measured is None:
            # No setpoint and no reading: the incline is unknown.
            if told is None:
                return None
            here = told if self.at is None else self.at
            self.at = max(told, here - machine.fall_per_s.low * dt)
            return self.incline
        self.at = measured
        told = max(self.told, told or 0)
        low = measured < told and measured >= machine.readings(told, step).low
        return told if low else measured
