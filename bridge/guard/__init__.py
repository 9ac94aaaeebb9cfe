"""The guard between every command and the belt.

Pure: callers pass the time; the package reads no clock, awaits nothing and logs nothing. `Guard` is
the entry point.
"""

from bridge.guard.decision import Decision, Target, Verdict
from bridge.guard.guard import Guard
from bridge.guard.person.past import Past
from bridge.values.policy import Policy, Slower, SteepTier

__all__ = ["Decision", "Guard", "Past", "Policy", "Slower", "SteepTier", "Target", "Verdict"]
