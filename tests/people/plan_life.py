"""Virtual months of one person under a plan: people, guard and history, a second at a time.

The belt obeys at once. Between sessions hours pass in one step.
"""

import shutil
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from bridge.guard import Decision, Policy, Verdict
from bridge.history.history import History
from bridge.history.session_log import Summary
from bridge.history.store.file import NAME, HistoryFile
from bridge.people.people import Household, People
from bridge.people.plans import Enrolment
from bridge.plans.model import Plan
from bridge.plans.progress import State
from bridge.values import (
    SPEED,
    Belt,
    Command,
    Event,
    Measurement,
    Result,
    Sample,
    Snapshot,
    Verb,
    Who,
)
from bridge.values.plan import Ceilings, Day
from tests.history.computer import Computer
from tests.rigs.treadmill_rig import MACHINE

HOUR, DAY = 3600.0, 86_400.0
POLICY = Policy(
    unit_is_kmh=True, allow_remote_start=True, warm_up_s=0.0, cool_down_s=10.0, speed_ramp=50.0
)
"""The fastest ramp there is: what is reached slowly is not the subject here."""
MONDAY = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
"""In the evening, wherever in Europe the computer stands."""


@dataclass
class Life:
    """One treadmill, one person, and every event and outcome. Speeds in 0.01 km/h."""

    plan: Plan
    directory: Path | None
    """Path of the history; None keeps it in memory, also across restarts."""
    computer: Computer = field(default_factory=lambda: Computer(wall=MONDAY))
    start: int = 0
    events: list[Event] = field(default_factory=list)
    most: list[float] = field(default_factory=list)
    """The bound of the speed in each second of the session under way or the last one."""
    speed: int = 0
    incline: int = 0
    metres: float = 0.0
    belt: Belt = Belt.IDLE
    number: int = 0

    def __post_init__(self) -> None:
        self._open()

    def _open(self) -> None:
        if self.directory is not None:
            blank = not (self.directory / NAME).exists()
            self.file = HistoryFile(self.directory / NAME)
            self.history = History(self.computer.keeper, self.file, blank=blank)
        elif not hasattr(self, "history"):
            self.history = History(self.computer.keeper, blank=True)
        plans = {"Ann": Enrolment(self.plan, self.start)}
        household = Household({"Ann": POLICY}, {}, {}, plans=plans)
        self.people = People("den", household, self.history, self, self.computer.now())

    # --- events and outcomes of the people (see `Listener`)

    def on_event(self, event: Event) -> None:
        self.events.append(event)

    def finished(self, summary: Summary, who: Who) -> None:
        pass

    def heard(self, kind: str) -> list[Event]:
        return [event for event in self.events if event.type == kind]

    # --- the computer

    def restart(self, *, ruined: bool = False) -> None:
        """The bridge ends in good order, and starts again; or with a history that is no more."""
        if self.people.session is not None:
            self.people.keep(self.computer.now())
        self.history.close()
        for part in self._parts() if ruined else ():
            part.write_bytes(b"no database at all" * 100)
        self._open()

    def off(self, seconds: float) -> None:
        """The computer is switched off for so long."""
        self.history.close()
        self.computer.off(seconds)
        self._open()

    def killed(self) -> None:
        """The bridge is killed: what is not on the disk at this moment is gone."""
        self.number += 1
        assert self.directory is not None
        place = self.directory.parent / f"{self.directory.name}-{self.number}"
        place.mkdir()
        for part in self._parts():
            if not part.name.endswith("-shm"):
                shutil.copyfile(part, place / part.name)
        self.history.close()
        self.directory = place
        self._open()

    def _parts(self) -> list[Path]:
        """The files of the history."""
        assert self.directory is not None
        return list(self.directory.glob(f"{NAME}*"))

    # --- time

    def tick(self, seconds: float = 1.0) -> Decision:
        self.computer.spend(seconds)
        now = self.computer.now()
        self.metres += self.speed / 360 * seconds
        decision = self.people.guard.decide(self._snapshot(now), now)
        for target in decision.targets:
            if target.axis is SPEED:
                self.speed = target.value
            else:
                self.incline = target.value
        if decision.halt and self.belt is Belt.RUNNING:
            self.belt, self.speed = Belt.IDLE, 0
        if decision.start:
            self.belt, self.speed = Belt.RUNNING, 80
        if self.people.session is not None:
            sample = self._snapshot(now).sample
            assert sample is not None
            self.people.session.add(sample, self.belt)
        self.people.follow(decision, self.belt, now, self.computer.utc())
        return decision

    def _snapshot(self, now: float) -> Snapshot:
        data = Measurement(speed=self.speed, incline=self.incline, distance=int(self.metres))
        sample = Sample(now, data)
        return Snapshot(
            connected=True, machine=MACHINE, belt=self.belt, sample=sample, read_time=now
        )

    def wait(self, seconds: float) -> "Life":
        """Let time pass on a belt that stands."""
        while seconds > 0:
            step = min(seconds, HOUR)
            self.tick(step)
            seconds -= step
        self.tick(2.0)
        return self

    # --- what the person does

    def ask(self, verb: Verb, value: int | None = None, **details: object) -> Verdict:
        now = self.computer.now()
        confirm = bool(details.pop("confirm", False))
        command = Command("c", verb, "test", now, value, confirm=confirm, details=details)
        if verb in {Verb.PAIN, Verb.PLAN}:
            return self.people.submit(command, now, self.computer.utc())
        verdict = self.people.guard.submit(command, self._snapshot(now), now)
        self.people.judged(command, verdict, now)
        return verdict

    def says(self, severity: int) -> "Life":
        """Answer the plan's question."""
        assert self.ask(Verb.PLAN, severity=severity).result is Result.ACCEPTED
        return self

    def begin(self, speed: int = 2000, *, confirm: bool = False) -> "Life":
        """Start the belt at its console, or with a confirmation; and ask for too much."""
        if confirm:
            assert self.ask(Verb.START, confirm=True).result is Result.ACCEPTED
        else:
            self.belt, self.speed = Belt.RUNNING, 80
        self.tick()
        self.most = []
        self.ask(Verb.SPEED, speed)
        return self

    def run(self, seconds: float = 4 * HOUR, *, confirm: bool = False) -> "Life":
        """Run until the guard stops the belt, or for so long."""
        self.begin(confirm=confirm)
        while self.belt is Belt.RUNNING and seconds > 0:
            self.on()
            seconds -= 1
        if self.belt is Belt.RUNNING:
            self.belt, self.speed = Belt.IDLE, 0
        self.tick()
        self.tick()
        return self

    def on(self) -> None:
        """Run on for a second, and always ask for more."""
        decision = self.tick()
        self.most.append(decision.limits.most(SPEED))
        if self.belt is Belt.RUNNING and decision.phase != "cool_down":
            self.ask(Verb.SPEED, 2000)
            self.ask(Verb.INCLINE, 100)

    # --- how far they are

    @property
    def where(self) -> tuple[int, int]:
        """The phase, from 1, and how many sessions of it are done."""
        status = self.people.plan
        assert status is not None
        return status.progress.phase + 1, status.progress.done

    @property
    def state(self) -> State:
        status = self.people.plan
        assert status is not None
        return status.progress.state

    @property
    def today(self) -> Ceilings:
        status = self.people.plan
        assert status is not None
        assert status.ceilings is not None
        return status.ceilings

    def day(self) -> Day:
        """Kind of day by the plan."""
        return self.today.day

    @property
    def total(self) -> int:
        """All sessions that have counted."""
        phase, done = self.where
        before = sum(each.sessions for each in self.plan.phases[: phase - 1])
        return before + (0 if self.state is State.FINISHED else done)

    def close(self) -> None:
        self.history.close()


def short(plan: Plan, metres: float) -> Plan:
    """The plan with shorter sessions, so that months take seconds."""
    phases = tuple(
        replace(phase, distance_m=metres if phase.distance_m else None, time_s=None)
        for phase in plan.phases
    )
    return replace(plan, phases=phases)
