"""Learned figures of the judged machine. Speeds in 0.01 km/h, seconds."""

from dataclasses import replace

from bridge.machines.learned import UNLEARNED_SPEED, Interval

AXIS = replace(
    UNLEARNED_SPEED,
    lag_s=Interval(0.0, 1.0),
    rise_per_s=Interval(10.0, 50.0),
    fall_per_s=Interval(5.0, 50.0),
    resolution=10.0,
)
"""One report step is due after 1 s upwards or 2 s downwards."""
