"""Two people on one belt, whom the guard allows different things."""

import asyncio
from dataclasses import replace

from bridge.contract.payloads import EventPayload
from bridge.guard import SteepTier
from bridge.history.history import History
from bridge.history.session_log import Summary
from bridge.people.people import Household
from bridge.values import Event, Verb, Who
from tests.rigs.treadmill_rig import POLICY, TreadmillRig
from tests.rigs.virtual_time import LoopClock

STEEP = SteepTier(100, 60.0, 300.0, 50)
SHORT = replace(POLICY, warm_up_s=0.0, incline_ramp=50.0, steep=(STEEP,))
ANNA = replace(SHORT, name="gentle", max_speed=1000)
BEN = replace(SHORT, name="steady", max_speed=600)
TWO = Household(
    {"Anna": ANNA, "Ben": BEN}, {"Ben": "Pegasus"}, {"Ghost": 0.0, "Pegasus": 499_990.0}
)


def history() -> History:
    return History.blank(LoopClock())


async def pain(rig: TreadmillRig, severity: int, place: str = "knee", identity: str = "") -> None:
    rig.request(Verb.PAIN, identity=identity, place=place, severity=severity)
    await asyncio.sleep(1)


async def climb(rig: TreadmillRig, seconds: int) -> None:
    """Run steeply, and have it seen."""
    rig.request(Verb.INCLINE, 100, identity=f"climb-{LoopClock().now()}")
    await rig.live(seconds)


def used(rig: TreadmillRig) -> float:
    return rig.treadmill.decision.steep[0].used_s


def texts(events: list[EventPayload], kind: str) -> list[str]:
    return [event.text for event in events if event.type == kind]


class Nobody:
    """Receives all events of people, and stores none."""

    def on_event(self, event: Event) -> None: ...

    def finished(self, summary: Summary, who: Who) -> None: ...
