"""A moment for the rules to judge. Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds."""

from bridge.guard import Policy
from bridge.guard.facts import (
    Facts,
    incline_grid,
    speed_grid,
)
from bridge.guard.rules.heart_rate import Heart
from bridge.values import Axis
from tests.guard.proof.story import STRICT

FACTS = Facts(
    now=1000.0,
    policy=Policy(),
    grids={Axis.SPEED: speed_grid(STRICT), Axis.INCLINE: incline_grid(STRICT, 0)},
    settled=True,
    age=0.5,
    fresh=True,
    garbled=False,
    unit_known=True,
    warm_up_left=0.0,
    steep=(),
    cool_down=None,
    heart=Heart(),
)
"""A warm runner on a machine that is known."""
