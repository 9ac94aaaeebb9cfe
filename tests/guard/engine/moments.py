"""A machine that was learned, and moments of it. Speeds in 0.01 km/h, times in seconds."""

from dataclasses import replace

from bridge.guard.facts import Facts
from bridge.machines.learned import UNLEARNED, Echo, Interval, LearnedMachine, UnitVerdict
from bridge.values.policy import Policy
from tests.guard.rules.moment import FACTS

AXIS = replace(
    UNLEARNED.speed,
    lag_s=Interval(1.0, 2.0),
    rise_per_s=Interval(20.0, 50.0),
    fall_per_s=Interval(25.0, 100.0),
    noise=5.0,
    resolution=10.0,
    spread=20.0,
    droop=0.0,
    grid=10,
)
LEARNED = replace(
    UNLEARNED,
    speed=AXIS,
    echo=Echo.EACH,
    echo_s=3.0,
    names_current=False,
    sessions=2,
    reports=UnitVerdict.KMH,
    targets=UnitVerdict.KMH,
)


def moment(
    now: float,
    machine: LearnedMachine = LEARNED,
    *,
    policy: Policy = FACTS.policy,
    unit_known: bool = True,
    others: bool = False,
) -> Facts:
    """Return a moment on the usual machine."""
    grids = {axis: grid.coarser(machine.of(axis).grid) for axis, grid in FACTS.grids.items()}
    return replace(
        FACTS,
        now=now,
        grids=grids,
        learned=machine,
        policy=policy,
        unit_known=unit_known,
        others=others,
    )
