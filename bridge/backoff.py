"""Pauses between attempts: they grow, with jitter, until an attempt lasts long enough."""

import asyncio
import random

from bridge.clock import Clock

FIRST_S, LONGEST_S = 1.0, 30.0
GOOD_S = 60.0


class Backoff:
    """The pauses of one task that tries again for ever.

    Args:
        clock: the time.
        first_s: the first pause, in seconds; each further one is twice as long.
        longest_s: no pause is longer than this.
        good_s: an attempt that lasted this long starts the pauses anew.
        randomness: where the jitter comes from: each pause is cut to between half and all of it,
            so that many clients do not come back at the same moment.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        first_s: float = FIRST_S,
        longest_s: float = LONGEST_S,
        good_s: float = GOOD_S,
        randomness: random.Random | None = None,
    ) -> None:
        self._clock = clock
        self._first_s, self._longest_s, self._good_s = first_s, longest_s, good_s
        self._random = randomness or random.Random()  # noqa: S311 - spreads attempts, no secret
        self._pause_s = first_s
        self._began = clock.now()

    def attempt(self) -> None:
        """An attempt begins."""
        self._began = self._clock.now()

    async def rest(self) -> None:
        """Wait after an attempt that failed."""
        if self._clock.now() - self._began >= self._good_s:
            self._pause_s = self._first_s
        await asyncio.sleep(self._pause_s * self._random.uniform(0.5, 1.0))
        self._pause_s = min(2 * self._pause_s, self._longest_s)
