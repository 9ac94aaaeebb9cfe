"""A fault in the middle of a run: what the bridge does about it, and how long it takes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.bluez.rig import Figure, Rig
from tests.bluez.virtual_machine import accelerated

RECOVERY_S, REASON_S = 10.0, 5.0
"""Seconds until samples stream again, from the end of a fault, and until its reason is published,
from its beginning; on a Raspberry Pi."""
ALLOWANCE = 1.0 if accelerated() else 3.0
"""An emulated guest may take so many times longer."""
LOW_KMH, ASKED_KMH = 1.5, 6.0
PUBLISHED_S = 2.0
"""Seconds that a bound may take to get to the broker and out of the guest."""
AFTERWARDS_S = 4.0
"""A recovery that raised something would have written it by then: the ramp writes each second."""


class Fault:
    """A fault that strikes while the belt climbs to a request.

    Args:
        rig: the bridge and its surroundings.
        name: for the table of figures.
        began: when it strikes, by the loop's time.
        highest: the highest target written before, in 0.01 km/h.
    """

    def __init__(self, rig: Rig, name: str, began: float, highest: int) -> None:
        self.name = name
        self.began = began
        self.highest = highest
        self.over_at: float | None = None
        self._rig = rig

    def over(self, at: float | None = None) -> None:
        """The cause is gone now: from here on the bridge has to come back."""
        self.over_at = self._rig.now() if at is None else at

    async def reason(self, *rules: str) -> None:
        """Wait until the bridge names the reason."""
        given = await self._rig.reason(*rules, since=self.began)
        seconds = given.at - self.began
        self._rig.figures.append(Figure(self._rig.name, f"{self.name}: its reason", seconds))
        assert seconds <= REASON_S * ALLOWANCE, f"the reason came only after {seconds:.1f} s"


@asynccontextmanager
async def climbing(rig: Rig, name: str, *, forgotten: bool = True) -> AsyncIterator[Fault]:
    """Let the belt climb to a request, and give a fault that is about to strike.

    Afterwards samples have to stream again in time, and nothing may have been started.

    Args:
        rig: the bridge and its surroundings.
        name: of the fault, for the table of figures.
        forgotten: True if the request does not outlive the fault: then no target may be above
            those from before.
    """
    state = f"{rig.treadmill}/state"
    await rig.run_belt()
    low = rig.now()
    await rig.command("speed", LOW_KMH)
    await rig.message(state, lambda s: s["requested_speed_kmh"] == LOW_KMH, since=low)
    asked = rig.now()
    await rig.command("speed", ASKED_KMH)
    await rig.message(state, lambda _: bool(rig.targets(asked)), since=asked)
    began = rig.now()
    fault = Fault(rig, name, began, max(speed for _, speed in rig.targets(asked)))
    yield fault
    assert fault.over_at is not None
    back = await rig.streaming(since=fault.over_at)
    seconds = back.at - fault.over_at
    await rig.message(state, since=back.at + AFTERWARDS_S)
    assert not rig.starts(began), "the recovery started the belt"
    # What was on its way when the fault struck may have come after `highest` was read.
    late = [speed for at, speed in rig.targets(began) if at < began + 1.0]
    highest = max([fault.highest, *late])
    raised = [speed for _, speed in rig.targets(fault.over_at) if speed > highest]
    assert not (forgotten and raised), f"the recovery raised the target from {highest} to {raised}"
    check_bounds(rig)
    rig.figures.append(Figure(rig.name, name, seconds))
    assert seconds <= RECOVERY_S * ALLOWANCE, f"streaming again only after {seconds:.1f} s"


def check_bounds(rig: Rig) -> None:
    """See that no target speed was ever above the bound that the guard published around then."""
    bounds = [
        (message.at, message.payload["bounds"]["speed"]["max"])
        for message in rig.since(0.0, f"{rig.treadmill}/guard")
    ]
    for at, speed in rig.targets():
        before = [bound for since, bound in bounds if since <= at]
        around = [bound for since, bound in bounds if at < since <= at + PUBLISHED_S]
        allowed = [bound for bound in (*before[-1:], *around) if bound is not None]
        assert allowed, "the guard wrote a target and published no bound"
        assert speed <= round(100 * max(allowed)), f"{speed} is above the bound {max(allowed)}"
