"""The rules: each a small pure function from the facts to what it allows, in no order."""

from bridge.guard.facts import Facts
from bridge.guard.limits import Limits
from bridge.guard.rules import cool_down, envelope, garbled, settling, stale, steep, warm_up

RULES = (
    cool_down.cool_down,
    envelope.envelope,
    garbled.garbled,
    settling.settling,
    stale.stale,
    steep.steep,
    warm_up.warm_up,
)


def limits(facts: Facts) -> Limits:
    """Ask every rule."""
    return Limits.of(limit for rule in RULES for limit in rule(facts))
