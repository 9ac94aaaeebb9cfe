"""Stored pasts: every version reads what another wrote."""

import json
from typing import Any

import pytest

from bridge.guard import Past, SteepTier
from bridge.guard.person.session import Session, WarmUp
from bridge.guard.rules.cool_down import CoolDown
from bridge.guard.rules.steep import Climbs, Steep
from bridge.guard.slowed import Slowed
from bridge.history.store.stored import decode, encode
from bridge.values import Axis
from bridge.values.effort import Baseline, Effort
from bridge.values.plan import Ceilings, Day

TIER = SteepTier(threshold=100, budget_s=600, window_s=1800, then=50)
START, END = {Axis.SPEED: 1000.0, Axis.INCLINE: 50.0}, {Axis.SPEED: 400.0, Axis.INCLINE: 0.0}
FULL = Past(
    steep=(Steep(TIER, ((900.0, 700.0), (40.0, 10.0)), 5.0, was_steep=True),),
    incline=80,
    session=Session(
        3.0, Effort(500.0, 900.0, 12.0), frozenset({"time_s"}), CoolDown(60.0, 300.0, START, END)
    ),
    rest_left_s=100.0,
    baseline=Baseline(Effort(1800.0, 5000.0, 40.0), recent=False),
    slowed=(Slowed(Axis.SPEED, 4.0, 500),),
    climbs=Climbs(((1700.0, 1600.0, 90), (40.0, 10.0, 100)), 2000.0, 5.0, 100),
    warm_up=WarmUp(400.0, 3.0),
)
WRITTEN = """
{"steep":[{"tier":{"threshold":100,"budget_s":600.0,"window_s":1800.0,"then":50},
"spans":[[900.0,700.0],[40.0,10.0]],"seen_ago_s":5.0,"was_steep":true,"closed":false,
"warned":false,"assumed":false}],"incline":80,
"session":{"moved_ago_s":3.0,"effort":{"time_s":500.0,"distance_m":900.0,"climb_m":12.0},
"told":["time_s"],"cool_down":{"began_ago_s":60.0,"duration_s":300.0,"from_speed":1000.0,
"from_incline":50.0,"to_speed":400.0,"to_incline":0.0}},"rest_left_s":100.0,
"baseline":{"most":{"time_s":1800.0,"distance_m":5000.0,"climb_m":40.0},"recent":false},
"slowed":[{"axis":"speed","ago_s":4.0,"to":500}],
"climbs":{"spans":[[1700.0,1600.0,90],[40.0,10.0,100]],"known_s":2000.0,"seen_ago_s":5.0,
"incline":100},"warm_up":{"belt_time_s":400.0,"moved_ago_s":3.0}}
"""
"""Data as the first version wrote them."""


def test_past_of_the_first_version_is_read() -> None:
    assert decode(WRITTEN) == FULL


def test_written_past_has_every_key_that_the_first_version_reads() -> None:
    assert holds(json.loads(encode(FULL)), json.loads(WRITTEN))


CEILINGS = Ceilings(2, 6, "Run", Day.REST, 800, 0, 1200.0, 2000.0, 60.0)


@pytest.mark.parametrize(
    "past",
    [
        FULL,
        Past(),
        Past.nobody(),
        Past(session=Session()),
        Past(session=Session(plan=CEILINGS.confirmed()), plan=CEILINGS),
    ],
)
def test_past_that_was_written_is_read_again(past: Past) -> None:
    assert decode(encode(past)) == past


@pytest.mark.parametrize(
    "text", ["", "nonsense", "[]", '{"session": {"cool_down": {"from_speed": 1.0}}}']
)
def test_past_that_cannot_be_read_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(text)


def holds(value: Any, wanted: Any) -> bool:
    """True if a JSON value contains at least another one."""
    if isinstance(wanted, dict):
        return all(holds(value[name], each) for name, each in wanted.items())
    if isinstance(wanted, list):
        return all(holds(*pair) for pair in zip(value, wanted, strict=True))
    return bool(value == wanted)
