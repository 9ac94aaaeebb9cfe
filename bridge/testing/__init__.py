"""A simulated treadmill for the tests of any program that speaks to one through bleak."""

from bridge.testing.treadmill import Backends, SimulatedTreadmill, backends

__all__ = ["Backends", "SimulatedTreadmill", "backends"]
