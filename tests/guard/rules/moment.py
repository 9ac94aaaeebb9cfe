"""A moment for the rules to judge. Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds."""

from typing import Any

from bridge.guard import Past, Policy, SteepTier
from bridge.guard.facts import Facts
from bridge.guard.journal import Journal
from bridge.guard.rules.heart_rate import Heart
from bridge.guard.rules.steep import Steep, SteepWatch
from bridge.machines.learned import UNLEARNED
from bridge.values import Axis
from bridge.values.grid import incline_grid, speed_grid
from tests.guard.proof.guard_rig import STRICT

FACTS = Facts(
    now=1000.0,
    policy=Policy(),
    grids={Axis.SPEED: speed_grid(STRICT), Axis.INCLINE: incline_grid(STRICT, 0)},
    learned=UNLEARNED,
    others=False,
    gone=frozenset(),
    settled=True,
    fresh=True,
    garbled=False,
    unit_known=True,
    warm_up_left=0.0,
    steep=(),
    cool_down=None,
    heart=Heart(),
    rest_left=0.0,
)
"""A warm runner on a machine that is known."""


TIER = SteepTier(threshold=100, budget_s=60.0, window_s=180.0, then=50)


def left(exposure: Steep, now: float) -> float:
    """Seconds of the budget left."""
    return exposure.left(exposure.used(now))


def judged(exposure: Steep, now: float) -> Steep:
    """The exposure at a moment, on a deck that needs no time to fall."""
    return exposure.judge(Policy(), now, 0.0, Journal())


def watched(tier: SteepTier = TIER, **policy: Any) -> tuple[SteepWatch, Policy, Journal]:
    """Return a new watch, its policy, and the journal of its events."""
    limits = Policy(steep=(tier,), **policy)
    return SteepWatch.begin(limits, 1000.0, Past.nobody()), limits, Journal()
