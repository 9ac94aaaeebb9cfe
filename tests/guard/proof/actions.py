"""What may happen to a treadmill at home, as values that Hypothesis can make up and shrink.

An action is a function of the timeline. Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from bridge.guard import Policy, SteepTier
from bridge.machines import Quirk
from bridge.values import (
    Axis,
    Belt,
    Features,
    MachineInfo,
    Measurement,
    Verb,
)
from bridge.values.plan import Ceilings, Day
from bridge.values.status import (
    ControlLost,
    MachineReset,
    Paused,
    SafetyKey,
    Started,
    Stopped,
    TargetChanged,
)
from protocols.ranges import InclineRange, SpeedRange
from tests.guard.proof.guard_rig import STRICT, GuardRig

Act = Callable[[GuardRig], object]
Status = type[SafetyKey | Started | ControlLost | Paused | Stopped | MachineReset]


@dataclass(frozen=True)
class Action:
    """One thing that happens; its name is what a failing example shows."""

    name: str
    act: Act

    def __repr__(self) -> str:
        return self.name


QUICK = Policy(
    speed_ramp=50.0,
    incline_ramp=5.0,
    warm_up_s=6.0,
    warm_up_pause_s=20.0,
    steep=(
        SteepTier(threshold=100, budget_s=12.0, window_s=36.0, then=50),
        SteepTier(threshold=60, budget_s=20.0, window_s=60.0, then=30),
    ),
    steep_warning_s=3.0,
    cool_down_s=8.0,
    unit_is_kmh=True,
    allow_remote_start=True,
)
"""The gentle limits with everything long made short."""

POLICIES = (
    QUICK,
    replace(QUICK, unit_is_kmh=False, steep=()),
    replace(QUICK, max_speed=905, max_incline=63, min_incline=-20, warm_up_s=0.0),
    replace(QUICK, speed_ramp=10.0, incline_ramp=1.0, speed_easing=30.0, cool_down_s=0.0),
    replace(QUICK, allow_remote_start=False, cool_down_speed=100),
    replace(QUICK, may_control=False),
)
MACHINES = (
    STRICT,
    replace(STRICT, speed_range=SpeedRange(96, 643, 32), incline_range=InclineRange(-30, 150, 7)),
    replace(STRICT, speed_range=SpeedRange(0, 2000, 0), incline_range=InclineRange(0, 0, 0)),
    replace(STRICT, speed_range=SpeedRange(900, 80, 1), incline_range=InclineRange(40, 250, 40)),
    replace(STRICT, quirks=(Quirk.NO_CONTROL_POINT,)),
    MachineInfo(address="x"),
    MachineInfo(address="x", features=Features(settable=("inclination",))),
)

numbers = st.one_of(
    st.integers(0, 1700),
    st.sampled_from([-40, -1, 79, 80, 81, 100, 120, 150, 600, 601, 1600, 1601, 65535, 10**400]),
)
words16 = st.one_of(st.integers(0, 1700), st.sampled_from([-32768, -10, 0, 32767, 65535]))
axes = st.sampled_from(Axis)
measurements = st.builds(
    Measurement,
    speed=st.none() | words16,
    incline=st.none() | words16,
    distance=st.none() | st.integers(0, 2**24 - 1),
)


def running(speed: int = 800, **options: object) -> GuardRig:
    """A warm runner, long after the last write."""
    told = GuardRig(**{"policy": QUICK, **options}).warmed_up()  # type: ignore[arg-type]
    told.ask(Verb.SPEED, speed)
    return told.wait(40)


def _action(name: str, act: Act) -> Action:
    return Action(name, act)


def wait(quarters: int) -> Action:
    """Let time pass."""
    return _action(f"wait {quarters / 4} s", lambda rig: rig.wait(quarters / 4))


def ask(
    verb: Verb,
    value: int | None,
    *,
    program: bool,
    late: bool,
    decide: bool,
    confirm: bool = False,
) -> Action:
    """Send a command."""
    marks = f"{program=:d} {late=:d} {decide=:d} {confirm=:d}"
    return _action(
        f"ask {verb} {value} {marks}",
        lambda rig: rig.ask(
            verb, value, program=program, late=late, decide=decide, confirm=confirm
        ),
    )


def become(belt: Belt) -> Action:
    """The belt is seen to do something else; a standing one stands."""

    def act(rig: GuardRig) -> None:
        if belt.stands:
            rig.stands(belt)
        else:
            rig.belt = belt

    return _action(f"belt {belt}", act)


def runs(speed: int, incline: int) -> Action:
    """The belt comes to speed by itself."""
    return _action(f"runs {speed} {incline}", lambda rig: rig.runs(speed, incline))


def press(axis: Axis, value: int) -> Action:
    """A person sets a target at the console, and no status reports it."""
    return _action(f"press {axis} {value}", lambda rig: rig.press(axis, value))


def named(axis: Axis, value: int) -> Action:
    """A person sets a target at the console, and a status reports it."""
    return _action(
        f"console {axis} {value}",
        lambda rig: rig.press(axis, value).says(TargetChanged(rig.now, axis, value)),
    )


def sets(name: str, value: object) -> Action:
    """A fault begins or ends."""
    return _action(f"{name} = {value}", lambda rig: setattr(rig, name, value))


def says(event: Status) -> Action:
    """The machine sends a status."""
    return _action(event.__name__, lambda rig: rig.says(event(rig.now)))


def reconnects(machine: MachineInfo) -> Action:
    """The link is lost, and another machine found."""

    def act(rig: GuardRig) -> None:
        rig.connected = False
        rig.wait(0.25)
        rig.machine, rig.connected = machine, True

    return _action(f"reconnect {machine.speed_range} {machine.incline_range}", act)


def sleeps(seconds: float) -> Action:
    """The computer sleeps."""

    def act(rig: GuardRig) -> None:
        rig.now += seconds

    return _action(f"sleep {seconds} s", act)


def answers_reads() -> Action:
    """A read is answered."""

    def act(rig: GuardRig) -> None:
        rig.read_time = rig.now

    return _action("read", act)


def refuses(fault: str) -> Action:
    """Orders are turned down."""
    return _action(fault, lambda rig: rig.refuses(fault))


def gives() -> Action:
    """Orders are taken again."""
    return _action("control given", lambda rig: rig.gives())


def for_a_while(name: str, value: object, quarters: int) -> Action:
    """A fault that passes."""

    def act(rig: GuardRig) -> None:
        usual = getattr(rig, name)
        setattr(rig, name, value)
        rig.wait(quarters / 4)
        setattr(rig, name, usual)

    return _action(f"{name} = {value} for {quarters / 4} s", act)


def halts_and_starts(halt: Verb, start: Verb, seconds: int, speed: int) -> Action:
    """The belt is stopped from afar and started again, and comes to a speed of its own."""

    def act(rig: GuardRig) -> None:
        rig.ask(halt)
        rig.belt = Belt.STOPPING
        rig.wait(seconds)
        rig.stands(Belt.PAUSED if halt is Verb.PAUSE else Belt.IDLE).wait(1)
        rig.ask(start)
        rig.belt = Belt.STARTING
        rig.wait(3)
        rig.runs(speed)

    return _action(f"{halt} for {seconds} s, then {start}: {speed}", act)


def runs_on(quarters: int) -> Action:
    """All faults end, and a person runs."""

    def act(rig: GuardRig) -> None:
        rig.silent, rig.connected, rig.obeys, rig.garbled = False, True, True, None
        if rig.belt is not Belt.RUNNING:
            rig.stands().wait(0.5)
            rig.runs()
        rig.wait(quarters / 4)

    return _action(f"runs on for {quarters / 4} s", act)


def weighed(*choices: tuple[int, st.SearchStrategy[Action]]) -> st.SearchStrategy[Action]:
    """One of these, some more often than others."""
    return st.sampled_from([kind for often, kind in choices for _ in range(often)]).flatmap(
        lambda kind: kind
    )


speeds = st.one_of(st.integers(80, 1600), st.integers(80, 1600), numbers)
inclines = st.one_of(st.integers(0, 150), st.integers(0, 150), numbers)
rarely = st.sampled_from([False] * 7 + [True])
waits = (st.integers(1, 24) | st.integers(1, 56)).map(wait)
asks = st.one_of(
    *(
        st.builds(
            ask,
            st.just(verb),
            values,
            program=rarely,
            late=rarely,
            decide=rarely.map(lambda b: not b),
        )
        for verb, values in ((Verb.SPEED, speeds), (Verb.INCLINE, inclines))
    )
)
orders = st.builds(
    ask,
    st.sampled_from([v for v in Verb if v not in {Verb.SPEED, Verb.INCLINE}]),
    st.none(),
    program=st.just(False),
    late=rarely,
    decide=st.booleans(),
    confirm=st.booleans(),
)
plans = st.none() | st.builds(
    Ceilings,
    phase=st.just(1),
    phases=st.just(3),
    name=st.just("build"),
    day=st.sampled_from([Day.RUN, Day.RUN, Day.REST, Day.ENDED]),
    speed=st.none() | st.integers(80, 1600),
    incline=st.none() | st.integers(0, 150),
)
finish = st.just(ask(Verb.FINISH, None, program=False, late=False, decide=True))
calm = (st.integers(8, 48) | st.integers(8, 120)).map(runs_on)
noise = st.just(_action("noise", lambda rig: rig.garble()))
restarts = st.builds(
    halts_and_starts,
    st.sampled_from([Verb.STOP, Verb.PAUSE]),
    st.sampled_from([Verb.START, Verb.RESUME]),
    st.integers(0, 12),
    st.integers(80, 1600),
)
passing = st.one_of(
    st.builds(for_a_while, st.just("silent"), st.just(True), st.integers(1, 60)),
    st.builds(for_a_while, st.just("obeys"), st.just(False), st.integers(1, 60)),
    st.builds(for_a_while, st.just("connected"), st.just(False), st.integers(1, 30)),
    st.builds(for_a_while, st.just("garbled"), measurements, st.integers(1, 30)),
)
lasting = st.one_of(
    st.builds(sets, st.sampled_from(["silent", "connected", "obeys"]), st.booleans()),
    st.builds(sets, st.just("garbled"), st.none() | measurements),
    st.builds(sets, st.just("acceleration"), st.sampled_from([2.0, 20.0, 100.0, 500.0])),
    st.builds(sets, st.just("motor"), st.sampled_from([0.5, 5.0, 10.0])),
    st.sampled_from(["control_taken", "control_denied"]).map(refuses),
    st.builds(gives),
    st.sampled_from([0.0, 2.0, 30.0, 4000.0]).map(sleeps),
    st.sampled_from(MACHINES).map(reconnects),
)
statuses: st.SearchStrategy[Status] = st.sampled_from(
    [SafetyKey, Started, ControlLost, Paused, Stopped, MachineReset]
)
hands = st.one_of(
    *(
        st.builds(does, st.just(axis), values)
        for does in (press, named)
        for axis, values in (
            (Axis.SPEED, st.integers(80, 1600)),
            (Axis.INCLINE, st.integers(0, 150)),
            (Axis.SPEED, words16),
        )
    )
)
oddities = st.one_of(
    st.builds(runs, st.integers(80, 1600), st.integers(0, 150)),
    st.sampled_from(Belt).map(become),
    statuses.map(says),
    st.builds(answers_reads),
)
happenings = weighed(
    (8, waits),
    (8, asks),
    (4, hands),
    (1, orders),
    (1, restarts),
    (2, passing),
    (1, lasting),
    (1, oddities),
)
anything = st.lists(happenings, min_size=5, max_size=40)
