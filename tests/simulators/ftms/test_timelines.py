"""Any sequence of presses, requests, faults and time keeps the machine to its physics."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.ftms.control_point import Response
from simulators.ftms.faults import (
    AnswerWith,
    DelayAnswers,
    DropAnswers,
    Duplicate,
    Fault,
    Garble,
    HangUp,
    LoseControl,
    LoseLink,
    PullKey,
    RefuseWrites,
    Reorder,
    RepeatAnswers,
    RunOn,
    Silence,
    StartItself,
    Tear,
    WrongOpAnswers,
)
from simulators.ftms.profile import STRICT, Profile
from simulators.ftms.profile_file import load_profile
from simulators.ftms.treadmill import Treadmill
from simulators.physics.machine import Machine, Phase
from simulators.physics.programme import Leg, Programme
from tests.rigs.effort import effort
from tests.simulators.ftms.bench import Recorder

pytestmark = pytest.mark.unmeasured

TOP_KMH = 16.0
Act = Callable[["World"], None]


class World:
    """A treadmill and a client that comes back whenever it is lost."""

    def __init__(self, profile: Profile) -> None:
        self.treadmill = Treadmill(profile, seed=1)
        self.client = Recorder(mtu=23)

    @property
    def machine(self) -> Machine:
        return self.treadmill.machine

    def pass_(self, seconds: float) -> None:
        before, moved = self.machine.distance_m, self.machine.true_speed_kmh
        started = self.machine.elapsed_s
        self.treadmill.advance(seconds)
        self.check()
        # Nothing moves further than it can, and time counts no faster than it passes.
        fastest = max(moved, self.machine.true_speed_kmh, TOP_KMH) / 3.6 * seconds
        assert self.machine.distance_m - before <= fastest + 1e-6
        assert self.machine.elapsed_s - started <= seconds + 0.05

    def write(self, value: bytes) -> None:
        if self.client not in self.treadmill.server.clients:
            self.treadmill.server.join(self.client)
        written = self.treadmill.write(self.client, value, indicating=True)
        self.treadmill.server.confirmed(self.client)
        for _delay, answer in written.answers:
            Response.decode(answer)
        self.check()

    def check(self) -> None:
        machine = self.machine
        top = machine.spec.speed.maximum / 100 * machine.spec.unit.kmh
        assert 0 <= machine.true_speed_kmh <= top + machine.spec.sag + 0.01
        low, high = machine.spec.incline.minimum / 10, machine.spec.incline.maximum / 10
        assert min(0, low) <= machine.true_incline_percent <= max(0, high)
        assert machine.distance_m >= 0
        assert machine.runner.energy_kcal >= 0
        assert 30 < machine.runner.heart_bpm < 230
        if not machine.key_inserted:
            assert machine.phase is Phase.IDLE
            assert machine.target_speed_kmh == 0
        if machine.phase is Phase.IDLE:
            assert machine.target_speed_kmh == 0


def press(name: str) -> Act:
    return lambda world: getattr(world.machine, name)()


def foot(name: str) -> Act:
    return lambda world: getattr(world.machine.runner, name)()


def write(value: bytes) -> Act:
    return lambda world: world.write(value)


def wait(seconds: float) -> Act:
    return lambda world: world.pass_(seconds)


def strike(fault: Fault) -> Act:
    return lambda world: world.treadmill.faults.strike(fault)


def play(legs: list[tuple[int, int, int]]) -> Act:
    return lambda world: void(world.machine.play(Programme(tuple(Leg(*leg) for leg in legs))))


def void(_value: object) -> None:
    pass


BUTTONS = (
    *("start", "stop", "pause", "reset", "speed_up", "speed_down", "incline_up", "incline_down"),
    *("pull_safety_key", "insert_safety_key"),
)
FAULTS: tuple[Fault, ...] = (
    LoseLink(3),
    HangUp(),
    RefuseWrites(0x0F),
    AnswerWith(0x05),
    DropAnswers(),
    DelayAnswers(2),
    RepeatAnswers(),
    WrongOpAnswers(),
    Tear(3),
    Duplicate(),
    Reorder(),
    Garble(),
    Silence(5),
    LoseControl(),
    PullKey(),
    StartItself(500),
    RunOn(5),
)
ORDERS = st.one_of(
    st.sampled_from([b"\x00", b"\x01", b"\x07", b"\x08\x01", b"\x08\x02"]),
    st.integers(0, 0xFFFF).map(lambda n: b"\x02" + n.to_bytes(2, "little")),
    st.integers(-200, 200).map(lambda n: b"\x03" + n.to_bytes(2, "little", signed=True)),
    st.binary(min_size=1, max_size=6),
)
ACTS: st.SearchStrategy[Act] = st.one_of(
    st.sampled_from(BUTTONS).map(press),
    st.sampled_from(["step_off", "step_on"]).map(foot),
    ORDERS.map(write),
    st.floats(0, 20).map(wait),
    st.sampled_from(FAULTS).map(strike),
    st.lists(
        st.tuples(st.integers(1, 30), st.integers(0, 2000), st.integers(-50, 200)), max_size=3
    ).map(play),
)
MACHINES = ("strict", "urevo-e1l", "citysports-cs-wp8", "start-toggle", "bowflex-t9", "sole-f85")


@settings(max_examples=effort(75, 300))
@given(st.lists(ACTS, max_size=25), st.sampled_from(MACHINES))
def test_any_timeline_keeps_the_machine_to_its_physics(acts: list[Act], machine: str) -> None:
    world = World(load_profile(machine))
    for act in acts:
        act(world)
        world.check()


@settings(max_examples=effort(25, 100))
@given(st.lists(ACTS, max_size=20))
def test_console_stops_the_strict_belt_after_any_timeline(acts: list[Act]) -> None:
    world = World(STRICT)
    for act in acts:
        act(world)
    world.machine.stop()
    world.pass_(30)
    assert world.machine.stands


@settings(max_examples=effort(25, 100))
@given(st.lists(ACTS, max_size=20))
def test_client_stops_the_strict_belt_after_any_timeline(acts: list[Act]) -> None:
    world = World(STRICT)
    for act in acts:
        act(world)
    world.pass_(21)  # faults of a duration are over
    for _ in range(40):  # and those of a count are used up
        world.write(b"\x00")
    world.write(b"\x08\x01")
    world.pass_(30)
    assert world.machine.stands


@settings(max_examples=effort(25, 100))
@given(st.lists(ACTS, max_size=15))
def test_same_timeline_gives_the_same_bytes(acts: list[Act]) -> None:
    def course() -> list[tuple[int, bytes]]:
        world = World(STRICT)
        world.treadmill.server.join(world.client)
        for act in acts:
            act(world)
        return world.client.received

    assert course() == course()
