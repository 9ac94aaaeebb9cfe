"""What is published of one treadmill, and when. Pure but for the publisher it is handed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal, Protocol

from bridge.announcer import Announcer
from bridge.clock import on_the_wall
from bridge.guard import Decision
from bridge.guard.decision import SteepReport
from bridge.guard.texts import on_the_clock
from bridge.mqtt.contract import (
    OFFLINE,
    ONLINE,
    AxisBound,
    Bounds,
    EventPayload,
    GuardPayload,
    LinkPayload,
    SessionPayload,
    StatePayload,
    Steep,
    WorkoutPayload,
)
from bridge.mqtt.topics import Topics
from bridge.sessions import Summary
from bridge.values import Axis, Belt, Event, Snapshot, Who
from bridge.workouts.dry_run import DryRun
from bridge.workouts.states import Status

EVERY_S = 10.0
"""A state is published this often even if nothing changes."""
COUNTERS_S = 5.0
"""The guard's counters are published this often while they run; what it decides, at once."""

JITTER_S = 2.0
"""An end of a rest that moves no further than this is the same one."""


class Publisher(Protocol):
    """Whoever takes messages for the broker; never waits."""

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        retain: bool = False,
        qos: int = 0,
        each: bool = False,
    ) -> None:
        """Take one message; of a retained topic the newest counts, unless `each` does."""
        ...


class Reports:
    """Turns snapshots and decisions of one treadmill into messages, no more often than needed."""

    def __init__(
        self,
        treadmill: str,
        topics: Topics,
        publisher: Publisher,
        state_hz: float,
        *,
        announcer: Announcer | None = None,
    ) -> None:
        self._id = treadmill
        self._topics = topics
        self._publisher = publisher
        self._announcer = announcer
        self._pause = 1 / state_hz
        self._state: StatePayload | None = None
        self._state_time = float("-inf")
        self._guard: GuardPayload | None = None
        self._guard_time = float("-inf")
        self._link: LinkPayload | None = None
        self._online: bool | None = None
        self._resting_until: datetime | None = None
        self._workout_gist: object = ()  # so that its absence is said too
        self._workout_time = float("-inf")

    def follow(
        self, snapshot: Snapshot, decision: Decision, who: Who, now: float, utc: datetime
    ) -> None:
        """Publish what changed; `now` in monotonic seconds."""
        if snapshot.connected is not self._online:
            self._online = snapshot.connected
            payload = ONLINE if snapshot.connected else OFFLINE
            self._publish(self._topics.availability, payload, retain=True, qos=1)
        self._follow_link(snapshot)
        self._follow_guard(decision, who, now, utc)
        self._follow_state(snapshot, decision, who, now, utc)
        if self._announcer is not None:
            self._announcer.follow(snapshot.machine, self._state, now)

    def event(self, event: Event, utc: datetime) -> None:
        """Publish something that happened."""
        self._publish(self._topics.event, EventPayload.of(event, utc).encode(), qos=1)

    def workout(self, status: Status | None, preview: DryRun | None, now: float) -> None:
        """Publish how far a workout has come: what changes at once, what is left now and then."""
        gist = (preview, replace(status, remaining_s=None, remaining_m=None)) if status else None
        runs = status is not None and status.state == "running"
        if gist == self._workout_gist and not (runs and now - self._workout_time >= COUNTERS_S):
            return
        self._workout_gist, self._workout_time = gist, now
        payload = WorkoutPayload.of(status, preview).encode()
        self._publish(self._topics.workout, payload, retain=True, qos=1)

    def session(self, summary: Summary, who: Who) -> None:
        """Publish the summary of a finished session."""
        hours = summary.moving_s / 3600
        payload = SessionPayload(
            start=summary.start,
            end=summary.end,
            moving_s=round(summary.moving_s, 1),
            distance_m=round(summary.distance_m, 1),
            elevation_gain_m=summary.elevation_gain_m,
            energy_kcal=summary.energy_kcal,
            max_speed_kmh=summary.max_speed / 100,
            max_incline_percent=None if summary.max_incline is None else summary.max_incline / 10,
            average_speed_kmh=round(summary.distance_m / 1000 / hours, 2) if hours else None,
            average_heart_rate_bpm=(
                None if summary.mean_heart_rate is None else round(summary.mean_heart_rate, 1)
            ),
            max_heart_rate_bpm=summary.max_heart_rate,
            person=who.person,
            shoes=who.shoes,
        )
        topic = self._topics.session(self._id)
        self._publisher.publish(topic, payload.encode(), retain=True, qos=1, each=True)

    def farewell(self, snapshot: Snapshot, who: Who, utc: datetime) -> None:
        """Say that nobody watches the machine from here any more.

        What is retained outlives this, and must not go on telling of a link and of fresh data.
        """
        self._follow_link(Snapshot(machine=snapshot.machine, learned=snapshot.learned))
        state = StatePayload(time=utc, person=who.person, shoes=who.shoes)
        self._publish(self._topics.state, state.encode(), retain=True)
        self._publish(self._topics.workout, WorkoutPayload().encode(), retain=True, qos=1)
        self._state = None
        self._online = False
        self._publish(self._topics.availability, OFFLINE, retain=True, qos=1)

    def _publish(
        self, topic: Callable[[str], str], payload: bytes, *, retain: bool = False, qos: int = 0
    ) -> None:
        self._publisher.publish(topic(self._id), payload, retain=retain, qos=qos)

    def _follow_link(self, snapshot: Snapshot) -> None:
        payload = LinkPayload.of(
            snapshot.machine,
            connected=snapshot.connected,
            control=snapshot.control,
            learned=snapshot.learned,
        )
        if payload != self._link:
            self._link = payload
            self._publish(self._topics.link, payload.encode(), retain=True, qos=1)

    def _follow_guard(self, decision: Decision, who: Who, now: float, utc: datetime) -> None:
        ends, clock = self._rest_ends(decision, utc), on_the_wall(utc)
        payload = guard_payload(decision, who, ends, clock)
        if payload == self._guard:
            return
        if _gist(payload) == _gist(self._guard) and now - self._guard_time < COUNTERS_S:
            return
        self._guard, self._guard_time = payload, now
        self._publish(self._topics.guard, payload.encode(), retain=True, qos=1)

    def _rest_ends(self, decision: Decision, utc: datetime) -> datetime | None:
        """When the rest ends; it does not move with every breath of the wall clock."""
        before, ends = self._resting_until, None
        if decision.rest_left_s > 0:
            ends = (utc + timedelta(seconds=decision.rest_left_s)).replace(microsecond=0)
            if before is not None and abs((ends - before).total_seconds()) <= JITTER_S:
                ends = before
        self._resting_until = ends
        return ends

    def _follow_state(
        self, snapshot: Snapshot, decision: Decision, who: Who, now: float, utc: datetime
    ) -> None:
        payload = state_payload(snapshot, decision, who, now, utc)
        last = self._state
        age = now - self._state_time
        if last is not None and payload.belt is last.belt and age < EVERY_S:
            same = payload.model_copy(update={"time": last.time}) == last
            if same or age < self._pause:
                return
        self._state, self._state_time = payload, now
        self._publish(self._topics.state, payload.encode(), retain=True)


def state_payload(
    snapshot: Snapshot, decision: Decision, who: Who, now: float, utc: datetime
) -> StatePayload:
    """The state as the contract has it: unknown is null, and 0 only where the belt stands."""
    age = snapshot.age(now)
    data = snapshot.sample.data if snapshot.sample and age <= snapshot.learned.fault_s else None
    speed = data.speed if data else None
    if snapshot.connected and snapshot.belt.stands:
        speed = 0
    elif snapshot.connected and snapshot.belt is Belt.UNKNOWN:
        speed = speed or None  # a 0 that nobody vouches for
    phases: dict[str, Literal["warm_up", "active", "cool_down"]] = {
        "warm_up": "warm_up",
        "active": "active",
        "cool_down": "cool_down",
    }
    return StatePayload(
        time=utc,
        belt=snapshot.belt,
        phase=phases.get(decision.phase or ""),
        fresh=snapshot.connected and age <= snapshot.learned.hold_s,
        speed_kmh=_scaled(speed, 100),
        incline_percent=_scaled(data.incline if data else None, 10),
        distance_m=data.distance if data else None,
        elapsed_s=data.elapsed if data else None,
        elevation_gain_m=_scaled(data.elevation_gain if data else None, 10),
        energy_kcal=data.energy if data else None,
        heart_rate_bpm=(data.heart_rate or None) if data else None,
        cadence_spm=_cadence(snapshot, now),
        step_count=data.step_count if data else None,
        power_w=data.power if data else None,
        target_speed_kmh=_scaled(decision.setpoint.get(Axis.SPEED), 100),
        target_incline_percent=_scaled(decision.setpoint.get(Axis.INCLINE), 10),
        requested_speed_kmh=_scaled(decision.requested.get(Axis.SPEED), 100),
        requested_incline_percent=_scaled(decision.requested.get(Axis.INCLINE), 10),
        person=who.person,
        shoes=who.shoes,
    )


def _cadence(snapshot: Snapshot, now: float) -> int | None:
    """Steps a minute; 0 means nothing, as a heart rate of 0 does."""
    steps = snapshot.steps
    if steps is None or now - steps.time > snapshot.learned.fault_s:
        return None
    return steps.a_minute or None


def guard_payload(
    decision: Decision, who: Who, resting_until: datetime | None, clock: datetime
) -> GuardPayload:
    """What the guard allows now; of several tiers, the one with the least left.

    `clock` is the local time, by which moments to come are told.
    """
    tiers = sorted(decision.steep, key=lambda tier: tier.left_s)
    return GuardPayload(
        bounds=Bounds(
            speed=_bound(decision, Axis.SPEED, 100, clock),
            incline=_bound(decision, Axis.INCLINE, 10, clock),
        ),
        steep=_steep(tiers[0]) if tiers else Steep(),
        warm_up_left_s=round(decision.warm_up_left_s),
        resting_until=resting_until,
        faults=decision.faults,
        profile=who.profile,
    )


def _steep(tier: SteepReport) -> Steep:
    opens = None if tier.opens_s is None else round(tier.opens_s)
    return Steep(used_s=round(tier.used_s), left_s=round(tier.left_s), opens_s=opens)


def _bound(decision: Decision, axis: Axis, scale: int, clock: datetime) -> AxisBound:
    limits, wanted = decision.limits, decision.requested.get(axis)
    lowest = limits.lowest(axis)
    waits = () if wanted is None else limits.waiting(axis, wanted)
    texts = [b.text for b in lowest] + [w.text for w in waits] + [h.text for h in limits.holds]
    reasons = tuple(on_the_clock(text, clock) for text in texts)
    return AxisBound(max=round(lowest[0].value / scale, 2) if lowest else None, reasons=reasons)


def _gist(payload: GuardPayload | None) -> object:
    """What of it does not count by itself."""
    if payload is None:
        return None
    bounds = payload.bounds
    return (
        *(
            (None if _slides(bound) else bound.max, len(bound.reasons))
            for bound in (bounds.speed, bounds.incline)
        ),
        payload.steep.opens_s is None,
        payload.warm_up_left_s == 0,
        payload.resting_until,
        payload.faults,
        payload.profile,
    )


def _slides(bound: AxisBound) -> bool:
    """Whether a bound moves all the time: the slope of a cool-down."""
    return any(reason.startswith("cool-down") for reason in bound.reasons)


def _scaled(wire: int | None, scale: int) -> float | None:
    return None if wire is None else wire / scale
