"""A belt that does not respond: when that is a fault, at any speed and any start time.

The judges of `test_proof.py` allow for the widest machine, which has 30 s. Here the machine is
learned, so each figure of the contract counts. Speeds in 0.01 km/h, times in seconds.
"""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridge.values import SPEED
from tests.guard.engine.line import Line, steady
from tests.guard.engine.moments import AXIS
from tests.guard.proof.test_properties import times

pytestmark = pytest.mark.unmeasured

PATIENCE_S = 8.0
FRAME_S = 1.0
TOLERATED, ALLOWED = 30, 130
"""A belt less than this below, or above, its setpoint may obey."""
RAMP = 10
"""A rise faster than the ramp is a held key."""
CREEP = 200
"""Most that the belt may rise above its anchor without a status."""


def fails(line: Line) -> bool:
    return "not_responding_speed" in line.journal.faults


class TestDeafBelt:
    @times(60)
    @given(
        found=st.integers(20, 150).map(lambda steps: 10 * steps),
        asked=st.integers(20, 150).map(lambda steps: 10 * steps),
        share=st.floats(0.0, 0.9),
        rate=st.floats(25.0, 50.0),
    )
    def test_deaf_belt_fault_comes_8_s_after_a_report_step_was_due(
        self, *, found: int, asked: int, share: float, rate: float
    ) -> None:
        """The belt comes a share of the way, and stays there (precision 15c)."""
        line = steady(found).asks(asked)
        stop = found + share * (asked - found)
        here, before, changed = float(found), found, line.now
        for _ in range(200):
            setpoint = line.state()[1]
            if here != stop:
                target = min(setpoint, stop) if asked > found else max(setpoint, stop)
                here += max(-rate, min(rate, target - here))
                changed = line.now
            if setpoint != before:
                before, changed = setpoint, line.now
            line.shows(round(here))
            if fails(line):
                break
        apart = line.state()[1] - here
        assert fails(line) or -ALLOWED <= apart <= TOLERATED
        if fails(line):
            slowest = AXIS.rise_per_s.low if asked > found else AXIS.fall_per_s.low
            shows_s = AXIS.lag_s.high + (AXIS.blur + AXIS.resolution) / slowest
            assert line.now - changed + FRAME_S >= PATIENCE_S
            assert line.now - changed <= shows_s + PATIENCE_S + 2 * FRAME_S

    @times(40)
    @given(step=st.integers(30, 100), every=st.integers(4, 15))
    @example(step=35, every=4)  # far above the setpoint once that is written
    def test_belt_that_keeps_creeping_above_its_anchor_raises_the_alarm(
        self, step: int, every: int
    ) -> None:
        """No bound is exceeded, and no status names anything (precision 4)."""
        every = max(every, math.ceil(step / RAMP))
        line, here, beyond = steady(800), 800, None
        for second in range(1000):
            here += step if second % every == 0 else 0
            line.shows(here)
            if beyond is None and here > 800 + CREEP + AXIS.slack:
                beyond = line.now
            if "unexpected_rise_alarm" in line.events():
                break
            assert line.state()[1] <= 800 + CREEP
        lag_s, notice_s = AXIS.lag_s.high, 4.0 + FRAME_S
        assert fails(line)
        assert beyond is None or line.now - beyond <= lag_s + 5 + every + 2 * notice_s
        assert line.state() == (800, 800) or line.state()[1] > 800 > (line.state()[0] or 0) - 1
        assert line.shows(*[here] * 12).written(SPEED)[-1] == 800
