"""A belt under guard without the rest of the guard: what the tests of `Run` stand on.

It goes at 8 km/h and 2 %, the time is 1000, and the tolerances are 0.4 km/h and 1 %.
"""

from collections.abc import Mapping
from dataclasses import replace

from bridge.guard.decision import Target
from bridge.guard.facts import Facts
from bridge.guard.journal import Journal
from bridge.guard.limits import Bound, Limit, Limits
from bridge.guard.respect import Respect
from bridge.guard.run import Run
from bridge.values import INCLINE, SPEED, Axis, Event
from tests.guard.rules.moment import FACTS

GRIDS = FACTS.grids
HERE: Mapping[Axis, int] = {SPEED: 800, INCLINE: 20}
NOW = 1000.0


def found(at: Mapping[Axis, int] = HERE, now: float = NOW - 60) -> Run:
    """A belt found moving a minute ago."""
    return Run.found(now, dict(at), GRIDS, Journal(), Respect())


def advance(
    run: Run,
    *limits: Limit,
    dt: float = 1.0,
    now: float = NOW,
    measured: Mapping[Axis, int | None] = HERE,
    facts: Facts = FACTS,
) -> tuple[Target, ...]:
    """What is written a second later, with room up to 16 km/h and 15 % beneath other limits."""
    room = (Bound(SPEED, 1600, "range", "range"), Bound(INCLINE, 150, "range", "range"))
    moment = replace(facts, now=now)
    return run.advance(moment, Limits.of((*room, *limits)), dict(measured), dt)


def told(run: Run) -> list[str]:
    """The types of the events since the last look."""
    return [event.type for event in run.journal.drain()]


def only(run: Run) -> Event:
    """The one event since the last look."""
    (event,) = run.journal.drain()
    return event
