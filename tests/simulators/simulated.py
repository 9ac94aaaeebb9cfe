"""Simulated treadmill as a mark describes it."""

from typing import Any

import pytest

from simulators.ftms.profile_file import load_profile
from simulators.simulation import Simulation

MARKER = "simulation(machine, **options): which machine of the simulator, and the options it has"


def as_marked(request: pytest.FixtureRequest) -> Simulation:
    """The arguments of the closest marker `simulation`; without one, the strict machine."""
    marker = request.node.get_closest_marker("simulation")
    if marker is None:
        return Simulation()
    options: dict[str, Any] = dict(marker.kwargs)
    if marker.args:
        options["profile"] = load_profile(*marker.args)
    return Simulation(**options)
