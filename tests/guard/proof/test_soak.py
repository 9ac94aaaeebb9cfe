"""Weeks and years of daily runs, in virtual time: nothing wears out, and nothing is forgotten.

People run on most days, hurt now and then, and are stopped by kills, power cuts and clocks that
jump. What is stored goes through the real history. Judges and oracle check every decision;
at each restart, the oracle's state of a person is reset to the last stored one.
`make soak` takes a year instead of three weeks.
"""

import os
import pickle
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from bridge.guard import Decision, Guard, Policy, SteepTier
from bridge.history.history import History
from bridge.history.session_log import Summary
from bridge.history.store.moment import Timekeeper
from bridge.history.store.rows import Key, Row
from bridge.values import Axis, Belt, Verb
from bridge.values.effort import Effort
from tests.guard.conftest import COUNTS
from tests.guard.proof.actions import QUICK
from tests.guard.proof.ledger import Climb, Person
from tests.guard.proof.proven import Proven

pytestmark = pytest.mark.unmeasured

DAYS = int(os.environ.get("SOAK_DAYS", "21"))
DAY_S = 86_400.0
UNSAVED_S = 5.0
POLICY = replace(
    QUICK,
    warm_up_s=15.0,
    steep=(SteepTier(threshold=100, budget_s=30.0, window_s=90.0, then=50),),
    steep_warning_s=10.0,
    cool_down_s=15.0,
    rest_s=2 * DAY_S,
    gradual_enforced=True,
)
START = datetime(2030, 1, 1, tzinfo=UTC)
LONG_AGO_S = DAY_S


@dataclass
class Saved:
    """The stored state of a person: what the oracle knew, and when by which clock."""

    person: bytes
    boot: int
    at: float
    synchronised: bool


@dataclass
class Computer(Proven):
    """A treadmill, and a computer with a bad clock. `now` is the true time."""

    name: str = "Ada"
    policy: Policy = POLICY
    boot: int = 1
    booted: float = 0.0
    offset: float = 0.0
    synchronised: bool = True
    rows: dict[Key, Row] = field(default_factory=dict)
    saved: dict[str, Saved] = field(default_factory=dict)
    sessions: list[tuple[str, float, Effort]] = field(default_factory=list)
    """Name, wall time and effort."""
    steep_s: list[float] = field(default_factory=list)
    """The truth: each moment at which the belt was climbing steeply under the present person."""
    saved_at: float = 0.0
    restarts: int = 0

    def __post_init__(self) -> None:
        self.history = History(Timekeeper(self.clock, "boot 1", self.is_synchronised), blank=True)
        super().__post_init__()
        self.save()

    # --- the computer's clocks

    @property
    def clock(self) -> "Clocks":
        return Clocks(self)

    def is_synchronised(self) -> bool:
        return self.synchronised

    # --- what is kept

    def save(self) -> None:
        """Write down what the guard and the oracle know."""
        for climb in self.oracle.person.climbs:
            start = self.now - climb.tier.window_s
            kept = next((n for n, (t, _) in enumerate(climb.looks) if t > start), 0)
            climb.looks = climb.looks[max(0, kept - 1) :]
        past = self.guard.past(self.now)
        self.history.keep("den", self.name, past, None)
        self.history.rest(self.name, past.rest_left_s)
        person = pickle.dumps(self.oracle.person)
        self.saved[self.name] = Saved(person, self.boot, self.now, self.synchronised)
        self.saved_at = self.now

    def recalled(self, name: str) -> Person:
        """Return the oracle's state of a person from the stored one."""
        saved = self.saved.get(name)
        if saved is None:
            return Person.new(self.policy, self.now, known=True)
        person: Person = pickle.loads(saved.person)  # noqa: S301 - the test's own
        same_boot = saved.boot == self.boot
        if not (same_boot or (saved.synchronised and self.synchronised)):
            person.later(self.now - saved.at)
            for climb in person.climbs:
                _unknown_since(climb, self.now)
            person.walked = [(t - LONG_AGO_S, dt) for t, dt in person.walked]
            if person.sitting:
                moves = person.sitting.moves
                person.sitting.moves = [(t - LONG_AGO_S, dt) for t, dt in moves]
                if person.sitting.slope:
                    person.sitting.slope.began -= LONG_AGO_S
        person.sessions = [(ended, did) for who, ended, did in self.sessions if who == name]
        person.asked_at = self.wall
        return person

    @property
    def wall(self) -> float:
        """Seconds since the first day, by the clock on the wall."""
        return (self.clock.utc() - START).total_seconds()

    def _decide(self) -> Decision:
        sitting = self.oracle.person.sitting
        decision = super()._decide()
        if any(event.type == "session_ended" for event in decision.events) and sitting:
            done, wall = sitting.effort, self.clock.utc()
            self.sessions.append((self.name, self.wall, done))
            summary = Summary(wall, wall, done.time_s, 0.0, None, None, 0, None, None, None)
            self.history.finish("den", self.name, None, summary, done)
        if not self.belt.stands and self.incline >= 100:
            self.steep_s.append(self.now)
        if self.belt is Belt.RUNNING and self.now - self.saved_at >= UNSAVED_S:
            self.save()
        return decision

    # --- what happens to it

    def starts_again(self, away: float, *, power_cut: bool, synchronised: bool) -> None:
        """The process is gone for a while; after a power cut the wall clock is anywhere."""
        self.restarts += 1
        rows = dict(self.history._rows)
        self.now += away
        if power_cut:
            self.boot += 1
            self.booted = self.now
            self.synchronised = synchronised
            self.offset = 0.0 if synchronised else -away
        boot = f"boot {self.boot}"
        self.history = History(Timekeeper(self.clock, boot, self.is_synchronised), blank=True)
        self.history._rows = rows
        past = self.history.past("den", self.name)
        self.guard = Guard(self.policy, self.now, past)
        self.oracle.restart(self.now, self.recalled(self.name))
        self.is_watched_anew()
        self._measure()
        self._decide()
        # A kill may cost what was not written down, and nothing else.
        window = self.policy.steep[0].window_s
        really = sum(t > self.now - window for t in self.steep_s) / 4
        assert self.decision.steep[0].used_s >= really - UNSAVED_S

    def sets_clock(self) -> None:
        """The clock has been synchronised over the network."""
        self.synchronised, self.offset = True, 0.0

    def is_for(self, name: str) -> None:
        """Another person runs today."""
        self.save()
        verdict = self.guard.change(self.policy, self.history.past("den", name), self.now)
        assert not verdict.reasons
        self.oracle.change(self.recalled(name))
        self.name, self.steep_s = name, []
        self._decide()
        self.save()


@dataclass(frozen=True)
class Clocks:
    """The computer's two clocks."""

    of: Computer

    def now(self) -> float:
        return self.of.now - self.of.booted

    def utc(self) -> datetime:
        return START + timedelta(seconds=self.of.now + self.of.offset)


def _unknown_since(climb: Climb, now: float) -> None:
    """No window drains; what was steep last may have been all along."""
    if climb.looks and climb.looks[-1][1]:
        climb.spent = [(now - climb.tier.window_s, now)]
        climb.looks = [(now, True)]
        return
    climb.spent = list(climb.spans(now))
    climb.looks = [(now - LONG_AGO_S, False)] if climb.looks else []


def run(home: Computer, random: Random, seconds: float) -> None:
    """One session of a typical person."""
    home.runs(random.choice([80, 300, 500])).wait(4)
    until = home.now + seconds
    while home.now < until:
        kind = random.choice(["speed", "incline", "incline", "hand", "wait", "wait", "odd"])
        if kind == "speed":
            home.ask(Verb.SPEED, random.randrange(80, 1600), program=random.random() < 0.3)
        elif kind == "incline":
            home.ask(Verb.INCLINE, random.choice([0, 90, 120, 150, 150, 150]))
        elif kind == "hand":
            home.press(Axis.SPEED, random.randrange(80, 1200))
        elif kind == "odd" and random.random() < 0.2:
            away = random.choice([1.0, 4.0, 20.0, 200.0])
            home.starts_again(away, power_cut=False, synchronised=True)
        elif kind == "odd" and random.random() < 0.1:
            synchronised = random.random() < 0.5
            home.starts_again(60.0, power_cut=True, synchronised=synchronised)
        home.wait(random.choice([1, 2, 5, 10, 20]))
    if random.random() < 0.5:
        home.ask(Verb.FINISH)
        home.wait(home.policy.cool_down_s + 2)
    home.ask(Verb.STOP)
    home.belt = Belt.STOPPING
    home.wait(3)
    home.stands(random.choice([Belt.IDLE, Belt.IDLE, Belt.PAUSED])).wait(2)
    home.stands().wait(1)
    home.save()


def soak(home: Computer, random: Random, days: int) -> None:
    """Day after day."""
    for day in range(days):
        home.now = DAY_S * day + 3600.0 * random.randrange(6, 9)
        home._measure()
        home._decide()
        home.save()
        if random.random() < 0.3:
            home.starts_again(120.0, power_cut=True, synchronised=random.random() < 0.5)
        if random.random() < 0.5:
            home.is_for({"Ada": "Ben", "Ben": "Ada"}[home.name])
        for _ in range(random.choice([0, 1, 1, 2])):
            run(home, random, 320.0 if day % 7 == 3 else random.choice([20.0, 60.0, 120.0]))
            home.now += random.choice([30.0, 900.0, 7200.0])
            home._measure()
            home._decide()
        if random.random() < 0.1:
            home.hurts(random.randrange(1, 10))
        elif random.random() < 0.1:
            home.heals()
        home.save()
        home.sets_clock()


class TestSoak:
    @pytest.mark.timeout(0)
    def test_weeks_of_daily_runs_agree_with_the_oracle(self) -> None:
        home = Computer(now=DAY_S / 4)
        soak(home, Random(DAYS), DAYS)  # noqa: S311 - days, not secrets
        COUNTS["days of the soak"] += DAYS
        COUNTS["decisions in them"] += home.oracle.compared
        COUNTS["restarts in them"] += home.restarts
        assert home.oracle.compared > 100 * DAYS
        assert home.restarts
        assert home.heard("steep_closed")
        assert home.heard("session_ended")
        assert home.heard("gradual_finish")
