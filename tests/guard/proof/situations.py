"""What seldom comes about by chance, brought about on purpose: one timeline each, at its edges.

A hold of 30 s matters only to a request in its last seconds; a memory of 8 s, only on a belt
that does nothing for longer. Speeds in 0.01 km/h, inclines in 0.1 %, times in quarters of a second.
"""

from hypothesis import strategies as st

from bridge.values import Axis, Result, Verb
from bridge.values.status import TargetChanged
from tests.guard.proof.actions import Action, axes, named, press, runs_on
from tests.guard.proof.guard_rig import GuardRig

ASKS = {Axis.SPEED: Verb.SPEED, Axis.INCLINE: Verb.INCLINE}
USUAL = {Axis.SPEED: 500, Axis.INCLINE: 50}
"""Request of a person whose belt runs at its lowest value."""
STEPS = {Axis.SPEED: 100, Axis.INCLINE: 20}
"""Steps by which a person requests more."""


def goes(rig: GuardRig, axis: Axis) -> int | None:
    """Have a person run, above the lowest value; return the setpoint then."""
    runs_on(16).act(rig)
    setpoint = rig.decision.setpoint[axis]
    if setpoint is not None and setpoint < USUAL[axis] // 2:
        rig.ask(ASKS[axis], USUAL[axis])
        for _ in range(20):
            setpoint = rig.decision.setpoint[axis]
            if setpoint is None or setpoint >= USUAL[axis] // 2:
                break
            rig.wait(1)
    return rig.decision.setpoint[axis]


def slows(axis: Axis, sixteenths: int, *, aloud: bool) -> Action:
    """A person slows the belt, or lowers the incline, to a part of the setpoint."""

    def act(rig: GuardRig) -> None:
        setpoint = goes(rig, axis)
        if setpoint is not None:
            hand = named if aloud else press
            hand(axis, setpoint * sixteenths // 16).act(rig)
            rig.wait(4)

    return Action(f"a hand slows {axis} to {sixteenths}/16, {aloud=:d}", act)


def asks_more(axis: Axis, steps: int) -> Action:
    """A person requests more than the current value."""

    def act(rig: GuardRig) -> None:
        here = rig.speed if axis is Axis.SPEED else rig.incline
        rig.ask(ASKS[axis], round(here) + steps * STEPS[axis])

    return Action(f"ask for {steps} steps more of {axis}", act)


def lags(axis: Axis, steps: int, quarters: int, end: str = "") -> Action:
    """A person requests another value, and the belt lags until it arrives or `end` happens."""

    def act(rig: GuardRig) -> None:
        setpoint = goes(rig, axis)
        if setpoint is None:
            return
        rig.obeys = False
        rig.ask(ASKS[axis], setpoint + steps * STEPS[axis])
        rig.wait(quarters / 4)
        if end == "a finish":
            rig.ask(Verb.FINISH)
            rig.wait(quarters / 4)
        rig.obeys = True
        if end == "a hand":
            named(axis, setpoint).act(rig)
            rig.wait(4)
            return
        for each, told in rig.decision.setpoint.items():
            if told is not None:
                rig.press(each, told)

    return Action(f"{axis} lags by {quarters / 4} s, {steps} steps behind, {end}", act)


def slips(axis: Axis, steps: int, quarters: int) -> Action:
    """A person requests more, gets it, and soon lowers it at the console without a status."""

    def act(rig: GuardRig) -> None:
        setpoint = goes(rig, axis)
        if setpoint is None:
            return
        rig.ask(ASKS[axis], setpoint + steps * STEPS[axis])
        rig.wait(quarters / 4)
        rig.press(axis, setpoint)
        rig.wait(13)

    return Action(f"{axis} is taken back by {steps} steps after {quarters / 4} s", act)


def echoes(axis: Axis, quarters: int) -> Action:
    """The machine echoes, late, a setpoint of the climb."""

    def act(rig: GuardRig) -> None:
        setpoint = goes(rig, axis)
        if setpoint is None:
            return
        rig.ask(ASKS[axis], setpoint + 4 * STEPS[axis])
        rig.wait(10)
        ago = rig.now - quarters / 4
        written = [(abs(when - ago), t.value) for when, t in rig.written if t.axis is axis]
        if written:
            rig.says(TargetChanged(rig.now, axis, min(written)[1]))

    return Action(f"{axis} is named {quarters / 4} s late", act)


def rises(axis: Axis, steps: int, quarters: int, *, aloud: bool) -> Action:
    """A person requests less, and soon raises it at the console."""

    def act(rig: GuardRig) -> None:
        setpoint = goes(rig, axis)
        if setpoint is None:
            return
        less = setpoint - STEPS[axis] // 2
        rig.ask(ASKS[axis], less)
        rig.wait(quarters / 4)
        hand = named if aloud else press
        hand(axis, less + steps * STEPS[axis]).act(rig)
        rig.wait(4)

    return Action(f"{axis} rises by {steps} steps after {quarters / 4} s, {aloud=:d}", act)


def overshoots(axis: Axis, twentieths: int, quarters: int) -> Action:
    """The belt goes beyond a setpoint that was just raised, and comes back to it."""

    def act(rig: GuardRig) -> None:
        setpoint = goes(rig, axis)
        if setpoint is None:
            return
        rig.ask(ASKS[axis], setpoint + STEPS[axis])
        for _ in range(12):
            rig.wait(1)
            setpoint = rig.decision.setpoint[axis]
            if setpoint is None or setpoint == rig.decision.requested[axis]:
                break
        if setpoint is None:
            return
        rig.obeys = False
        rig.press(axis, setpoint + STEPS[axis] * twentieths / 20)
        rig.wait(quarters / 4)
        rig.press(axis, setpoint)
        rig.obeys = True
        rig.wait(4)

    return Action(f"{axis} overshoots by {twentieths}/20 of a step for {quarters / 4} s", act)


def insists(axis: Axis, quarters: int, *, beyond: bool = False) -> Action:
    """The machine reads kilometres as miles, and continues despite any setpoint.

    Or it goes `beyond` what the limits allow.
    """

    def act(rig: GuardRig) -> None:
        setpoint = goes(rig, axis)
        if setpoint is None:
            return
        rig.wait(10)
        rig.obeys = False
        bound = rig.decision.limits.most(axis)
        rig.press(axis, round(bound + 4 * STEPS[axis] if beyond else setpoint * 1.609))
        rig.wait(quarters / 4)
        rig.obeys = True
        rig.press(axis, setpoint)

    return Action(f"{axis} is too high for {quarters / 4} s, {beyond=:d}", act)


def starts(axis: Axis, value: int, quarters: int, *, aloud: bool) -> Action:
    """A person starts the belt, and soon a key, or the machine itself, raises it."""

    def act(rig: GuardRig) -> None:
        runs_on(8).act(rig)
        rig.stands().wait(1)
        rig.runs().wait(quarters / 4)
        hand = named if aloud else press
        hand(axis, value).act(rig)
        rig.wait(4)

    return Action(f"{axis} rises to {value}, {quarters / 4} s after a start, {aloud=:d}", act)


def climbs(incline: int, left: int, silent: int) -> Action:
    """A person climbs until little steep time is left, and then the machine is silent."""

    def act(rig: GuardRig) -> None:
        runs_on(32).act(rig)
        if rig.ask(Verb.INCLINE, incline).result is Result.REJECTED:
            return
        for _ in range(60):
            if any(tier.left_s <= left / 4 for tier in rig.decision.steep):
                break
            rig.wait(1)
        rig.silent = True
        rig.wait(silent / 4)
        rig.silent = False
        rig.wait(2)

    return Action(f"climbs {incline} to the last {left / 4} s, then {silent / 4} s of silence", act)


def garbles(axis: Axis, quarters: int) -> Action:
    """During a climb the machine sends implausible data."""

    def act(rig: GuardRig) -> None:
        setpoint = goes(rig, axis)
        if setpoint is None:
            return
        rig.ask(ASKS[axis], setpoint + 6 * STEPS[axis])
        rig.wait(quarters / 4)
        rig.garble().wait(5)

    return Action(f"{axis} climbs for {quarters / 4} s, then nonsense", act)


def resumes(axis: Axis, steps: int, before: int, after: int) -> Action:
    """During a climb the belt runs ahead; a person sends finish, and soon resume."""

    def act(rig: GuardRig) -> None:
        setpoint = goes(rig, axis)
        if setpoint is None:
            return
        rig.ask(ASKS[axis], setpoint + 2 * steps * STEPS[axis])
        rig.obeys = False
        rig.press(axis, setpoint + steps * STEPS[axis])
        rig.wait(before / 4)
        rig.ask(Verb.FINISH)
        rig.wait(after / 4)
        rig.ask(Verb.RESUME)
        rig.wait(2)
        rig.obeys = True

    quarters = f"{before / 4} s, for {after / 4} s"
    return Action(f"{axis} runs {steps} steps ahead, a finish after {quarters}", act)


def starts_again(quarters: int) -> Action:
    """A start that does not show, and another one."""

    def act(rig: GuardRig) -> None:
        runs_on(8).act(rig)
        rig.stands().wait(2)
        rig.ask(Verb.START)
        rig.wait(quarters / 4)
        rig.ask(Verb.START)
        rig.wait(1)

    return Action(f"another start after {quarters / 4} s", act)


lagging = st.builds(
    lags,
    axes,
    st.integers(-2, 4),
    st.integers(28, 60) | st.integers(140, 220),
    st.sampled_from(["", "", "a finish", "a hand"]),
)
slipping = st.builds(slips, axes, st.integers(1, 3), st.integers(8, 40))
echoing = st.builds(echoes, axes, st.integers(12, 40))
rising = st.builds(rises, axes, st.integers(1, 4), st.integers(12, 40), aloud=st.booleans())
climbing = st.builds(climbs, st.integers(80, 150), st.integers(28, 56), st.integers(24, 60))
insisting = st.builds(insists, axes, st.integers(20, 180), beyond=st.booleans())
starting = st.one_of(
    *(
        st.builds(starts, st.just(axis), values, st.integers(1, 20), aloud=st.booleans())
        for axis, values in (
            (Axis.SPEED, st.integers(150, 600)),
            (Axis.INCLINE, st.integers(15, 60)),
        )
    )
)
overshooting = st.builds(overshoots, axes, st.integers(6, 12), st.integers(12, 20))
garbling = st.builds(garbles, axes, st.integers(1, 16))
resuming = st.builds(resumes, axes, st.integers(1, 4), st.integers(2, 12), st.integers(0, 8))
starting_again = st.integers(1, 80).map(starts_again)
