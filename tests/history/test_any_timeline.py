"""No kill, power cut or change of the clock gives steep time back.

The belt is only a number here. The guard's count is compared with the true one, second by second.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.guard import Decision, Policy, SteepTier
from bridge.history.history import History
from bridge.history.session_log import Summary
from bridge.history.store.moment import Timekeeper
from bridge.history.store.rows import Key, Row
from bridge.people.people import Household, People
from bridge.values import Belt, Event, MachineInfo, Measurement, Sample, Snapshot, Who
from tests.rigs.effort import effort

TIER = SteepTier(threshold=100, budget_s=60.0, window_s=300.0, then=50)
HOUSEHOLD = Household({"default": Policy(steep=(TIER,), may_control=False)}, {}, {})
MACHINE = MachineInfo("F0:00:00:00:00:01")
UNSAVED_S = 5.0
"""Loss by a kill if the belt was steep between two writes, and at neither."""
START = datetime(2030, 1, 1, tzinfo=UTC)


@dataclass
class World:
    """A belt, a computer with two clocks, and a process on it. Seconds."""

    time: float = 0.0
    booted: float = -1000.0
    boot: int = 1
    offset: float = 0.0
    synchronised: bool = True
    incline: int | None = None
    """Of the moving belt; None: it stands."""
    rows: dict[Key, Row] = field(default_factory=dict)
    steep: list[float] = field(default_factory=list)
    """The seconds that were."""
    kills: int = 0
    doubts: set[str] = field(default_factory=set)
    """Why it may not have been known how much time went by."""
    decision: Decision = field(default_factory=Decision)

    def __post_init__(self) -> None:
        self.start_process()

    # --- the clock of the computer

    def now(self) -> float:
        return self.time - self.booted

    def utc(self) -> datetime:
        return START + timedelta(seconds=self.time + self.offset)

    # --- who listens

    def on_event(self, event: Event) -> None:
        pass

    def finished(self, summary: Summary, who: Who) -> None:
        pass

    # --- what happens

    def start_process(self) -> None:
        keeper = Timekeeper(self, f"boot {self.boot}", lambda: self.synchronised)
        history = History(keeper, blank=True)
        history._rows.update(self.rows)
        self.people = People("den", HOUSEHOLD, history, self, self.now())
        self.history = history
        self.look()

    def look(self) -> None:
        now = self.now()
        speed = 0 if self.incline is None else 500
        snapshot = Snapshot(
            connected=True,
            machine=MACHINE,
            belt=Belt.IDLE if self.incline is None else Belt.RUNNING,
            sample=Sample(now, Measurement(speed=speed, incline=self.incline or 0)),
            read_time=now,
        )
        self.decision = self.people.guard.decide(snapshot, now)
        self.people.follow(self.decision, snapshot.belt, now, self.utc())
        self.rows = dict(self.history._rows)

    def pass_unseen(self, seconds: int) -> None:
        for _ in range(seconds):
            if self.incline is not None and self.incline >= TIER.threshold:
                self.steep.append(self.time)
            self.time += 1

    def run(self, incline: int | None, seconds: int) -> None:
        self.incline = incline
        self.look()
        for _ in range(seconds):
            self.pass_unseen(1)
            self.look()

    def kill(self, down_s: int) -> None:
        self.kills += 1
        self.pass_unseen(down_s)
        self.start_process()

    def power_cut(self, off_s: int, *, synchronised: bool) -> None:
        self.kills += 1
        self.pass_unseen(off_s)
        self.boot += 1
        self.booted = self.time - 20
        if not synchronised or not self.synchronised:
            self.doubts.add("a boot with an unsynchronised clock")
        self.synchronised = synchronised
        self.offset = 0.0 if synchronised else -self.time
        self.start_process()

    def set_clock(self, hours: int) -> None:
        """Set the clock by hand; the kernel then reports it as not synchronised."""
        self.offset = hours * 3600.0
        self.synchronised = hours == 0
        if hours:
            self.doubts.add("something may have been written down then, and a boot come after it")

    # --- what is true

    @property
    def truly_used(self) -> float:
        return sum(self.time - second <= TIER.window_s for second in self.steep)

    def check(self) -> None:
        (tier,) = self.decision.steep
        slack = UNSAVED_S * self.kills + 1
        assert tier.used_s >= self.truly_used - slack
        if not self.doubts or self.boot == 1:
            assert tier.used_s <= self.truly_used + slack


SECONDS = st.integers(1, 120)
ACTIONS = st.one_of(
    st.tuples(st.just("run"), st.sampled_from([None, 0, 100, 120]), SECONDS),
    st.tuples(st.just("kill"), st.none(), SECONDS),
    st.tuples(st.just("power"), st.booleans(), SECONDS),
    st.tuples(st.just("clock"), st.none(), st.sampled_from([-48, -1, 0, 1, 48])),
)


def act(world: World, what: str, how: int | None, much: int) -> None:
    if what == "run":
        world.run(how, much)
    elif what == "kill":
        world.kill(much)
    elif what == "power":
        world.power_cut(much, synchronised=bool(how))
    else:
        world.set_clock(much)


@pytest.mark.unmeasured
@settings(max_examples=effort(50, 200))
@given(timeline=st.lists(ACTIONS, min_size=2, max_size=8))
def test_kill_power_cut_or_clock_change_frees_no_steep_time(
    timeline: list[tuple[str, int | None, int]],
) -> None:
    world = World()
    for what, how, much in timeline:
        act(world, what, how, much)
        world.check()


def test_generated_timeline_can_fill_the_steep_budget() -> None:
    world = World()
    world.run(120, 50)
    world.kill(30)
    assert world.decision.steep[0].used_s >= 80
    world.run(0, 10)
    world.power_cut(600, synchronised=True)
    assert world.decision.steep[0].used_s == 0
    world.run(120, 10)
    world.power_cut(10, synchronised=False)
    assert world.decision.steep[0].used_s >= TIER.budget_s, "the time off is unknown"
