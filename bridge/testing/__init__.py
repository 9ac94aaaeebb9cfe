"""A simulated treadmill for tests of any program that uses bleak."""

from bridge.testing.treadmill import Backends, SimulatedTreadmill, backends

__all__ = ["Backends", "SimulatedTreadmill", "backends"]
