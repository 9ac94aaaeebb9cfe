"""The rules: small pure functions from facts to limits, independent of their order."""

from bridge.guard.facts import Facts
from bridge.guard.limits import Bound, Limits
from bridge.guard.rules.cool_down import cool_down
from bridge.guard.rules.envelope import envelope, slower
from bridge.guard.rules.gentle import rest, warm_up
from bridge.guard.rules.heart_rate import heart_rate
from bridge.guard.rules.holds import holds
from bridge.guard.rules.plan import plan
from bridge.guard.rules.steep import steep
from bridge.values import Axis

RULES = (cool_down, envelope, heart_rate, holds, plan, rest, steep, warm_up)


def limits(facts: Facts) -> Limits:
    """Apply every rule; `slower` comes last, because it needs the remaining incline bound."""
    found = [limit for rule in RULES for limit in rule(facts)]
    if facts.policy.slower:
        inclines = (b.value for b in found if isinstance(b, Bound) and b.axis is Axis.INCLINE)
        found += slower(facts, min(inclines))
    return Limits.of(found)
