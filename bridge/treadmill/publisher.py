"""Messages of one treadmill: content and timing. Pure apart from the injected publisher."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol

from bridge.contract.link import LinkPayload
from bridge.contract.payloads import (
    OFFLINE,
    ONLINE,
    AxisBound,
    Bounds,
    EventPayload,
    GuardPayload,
    ReasonPayload,
    StatePayload,
    Steep,
)
from bridge.contract.plan import PlanPayload
from bridge.contract.topics import Topics
from bridge.contract.workout import WorkoutPayload
from bridge.guard import Decision
from bridge.guard.decision import SteepReport
from bridge.guard.limits import Hold
from bridge.history.session_log import Summary
from bridge.home_assistant.announcer import Announcer
from bridge.plans.status import PlanStatus
from bridge.texts import Texts
from bridge.treadmill.summary import session_payload
from bridge.values import ENDED, LOOKING, Axis, Belt, Reason, Snapshot, Trouble, Who
from bridge.workouts.states import Status

if TYPE_CHECKING:
    from bridge.workouts.dry_run import DryRun

EVERY_S = 10.0
"""Seconds between states without a change."""
COUNTERS_S = 5.0
"""Seconds between updates of running counters; decisions are published at once."""

JITTER_S = 2.0
"""Largest shift in seconds of an end that still counts as unchanged."""


class Publisher(Protocol):
    """Takes messages for the broker; never waits."""

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        retain: bool = False,
        qos: int = 0,
        each: bool = False,
    ) -> None:
        """Take one message; of a retained topic only the newest is kept, unless `each` is True."""
        ...


class Reports:
    """Turns snapshots and decisions of one treadmill into messages, as rarely as possible."""

    def __init__(
        self,
        treadmill: str,
        topics: Topics,
        publisher: Publisher,
        state_hz: float,
        *,
        announcer: Announcer | None = None,
        texts: Texts | None = None,
    ) -> None:
        self._id = treadmill
        self._topics = topics
        self._publisher = publisher
        self.trouble: Trouble = LOOKING
        """Reason of a missing link."""
        self._announcer = announcer
        self._texts = texts or Texts()
        self._pause = 1 / state_hz
        self._state: StatePayload | None = None
        self._state_time = float("-inf")
        self.due = float("-inf")
        """Monotonic time at which the next state is due, even without a change."""
        self._guard: GuardPayload | None = None
        self._guard_time = float("-inf")
        self._link: LinkPayload | None = None
        self._link_known: object = None
        """Input of the last payload; equal input makes no new payload."""
        self._online: bool | None = None
        self._gist: object = None
        self._ends: dict[Reason, datetime | None] = {}
        self._resting_until: datetime | None = None
        self._plan: PlanPayload | None = None
        self._plan_gist: object = ()
        self._workout_gist: object = ()  # differs from None, so that "no workout" is published too
        self._workout_time = float("-inf")

    def follow(
        self,
        snapshot: Snapshot,
        decision: Decision,
        who: Who,
        now: float,
        utc: datetime,
        *,
        stated: bool = False,
    ) -> None:
        """Publish the changes; `now` in monotonic seconds.

        `stated`: `state` was called for this moment already.
        """
        if snapshot.connected is not self._online:
            self._online = snapshot.connected
            payload = ONLINE if snapshot.connected else OFFLINE
            self._publish(self._topics.availability, payload, retain=True, qos=1)
        self._follow_link(snapshot)
        self._follow_guard(decision, who, now, utc)
        if not stated:
            self.state(snapshot, decision, who, now, utc)
        if self._announcer is not None:
            self._announcer.follow(snapshot.machine, self._state, now)

    def as_before(self, snapshot: Snapshot) -> bool:
        """True if link and belt are as they were published last."""
        same_link = snapshot.connected is self._online
        return same_link and self._state is not None and snapshot.belt is self._state.belt

    def event(self, event: EventPayload) -> None:
        """Publish an event."""
        self._publish(self._topics.event, event.encode(), qos=1)

    def workout(
        self, status: Status | None, preview: "DryRun | None", now: float, utc: datetime
    ) -> None:
        """Publish the progress of a workout: changes at once, countdowns at intervals."""
        gist = (preview, _workout_gist(status)) if status else None
        runs = status is not None and status.state == "running"
        if gist == self._workout_gist and not (runs and now - self._workout_time >= COUNTERS_S):
            return
        self._workout_gist, self._workout_time = gist, now
        why = () if status is None else status.why
        reasons = tuple(ReasonPayload.of(self._texts.reason(reason, utc)) for reason in why)
        payload = WorkoutPayload.of(status, preview, reasons).encode()
        self._publish(self._topics.workout, payload, retain=True, qos=1)

    def plan(self, status: PlanStatus | None, who: Who, utc: datetime) -> None:
        """Publish the active person's position in their plan when it changes."""
        gist = (status, who.person)
        if gist == self._plan_gist:
            return
        self._plan_gist = gist
        left = status.progress.rest_left_s if status else 0.0
        before = self._plan.rest_until if self._plan else None
        until = _steady(Reason("plan", ends_s=left or None).at(utc), before).until
        payload = PlanPayload.of(status, who.person, until)
        if payload != self._plan:
            self._plan = payload
            self._publish(self._topics.plan, payload.encode(), retain=True, qos=1)

    def session(self, summary: Summary, who: Who) -> None:
        """Publish the summary of a finished session."""
        payload = session_payload(summary, who).encode()
        self._publisher.publish(
            self._topics.session(self._id), payload, retain=True, qos=1, each=True
        )

    def farewell(self, snapshot: Snapshot, who: Who, utc: datetime) -> None:
        """Publish that the bridge no longer observes the machine.

        Retained messages outlive the process, so they must not keep claiming a link and fresh data.
        """
        self.trouble = ENDED
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
        reason = None if snapshot.connected else self.trouble
        known = (snapshot.machine, snapshot.connected, snapshot.control, snapshot.learned, reason)
        if known == self._link_known:
            return
        self._link_known = known
        payload = LinkPayload.of(
            snapshot.machine,
            connected=snapshot.connected,
            control=snapshot.control,
            learned=snapshot.learned,
            reason=reason,
        )
        if payload != self._link:
            self._link = payload
            self._publish(self._topics.link, payload.encode(), retain=True, qos=1)

    def _follow_guard(self, decision: Decision, who: Who, now: float, utc: datetime) -> None:
        ends = self._rest_ends(decision, utc)
        gist = (ends, *_gist(decision, who))
        if gist == self._gist and now - self._guard_time < COUNTERS_S:
            return
        self._guard_time, self._gist = now, gist
        payload = self._guard_payload(decision, who, ends, utc)
        if payload != self._guard:
            self._guard = payload
            self._publish(self._topics.guard, payload.encode(), retain=True, qos=1)

    def _rest_ends(self, decision: Decision, utc: datetime) -> datetime | None:
        rest = Reason("rest", ends_s=decision.rest_left_s or None).at(utc)
        self._resting_until = _steady(rest, self._resting_until).until
        return self._resting_until

    def _guard_payload(
        self, decision: Decision, who: Who, resting_until: datetime | None, utc: datetime
    ) -> GuardPayload:
        """Return the guard payload; an end changes only for a cause."""
        ends: dict[Reason, datetime | None] = {}

        def worded(reason: Reason) -> ReasonPayload:
            which = replace(reason, ends_s=None)
            steady = _steady(reason.at(utc), self._ends.get(which))
            ends[which] = steady.until
            return ReasonPayload.of(self._texts.reason(steady, utc))

        payload = guard_payload(decision, who, resting_until, worded)
        self._ends = ends
        return payload

    def state(
        self, snapshot: Snapshot, decision: Decision, who: Who, now: float, utc: datetime
    ) -> bool:
        """Publish the state if it is due; True if it was published."""
        last, age = self._state, now - self._state_time
        same_belt = last is not None and snapshot.belt is last.belt
        if same_belt and age < self._pause:
            self.due = self._state_time + self._pause
            return False
        payload = state_payload(snapshot, decision, who, now, utc)
        if same_belt and age < EVERY_S and payload == last:
            self.due = self._state_time + EVERY_S
            return False
        self._state, self._state_time, self.due = payload, now, now + EVERY_S
        self._publish(self._topics.state, payload.encode(), retain=True)
        return True


def state_payload(
    snapshot: Snapshot, decision: Decision, who: Who, now: float, utc: datetime
) -> StatePayload:
    """Return the state payload: unknown is null, and 0 only if the belt stands."""
    age = snapshot.age(now)
    data = snapshot.sample.data if snapshot.sample and age <= snapshot.learned.fault_s else None
    speed = data.speed if data else None
    if snapshot.connected and snapshot.belt.stands:
        speed = 0
    elif snapshot.belt is Belt.UNKNOWN or not snapshot.connected:
        speed = speed or None  # an unconfirmed 0, or one from before the link was lost
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
        target_speed_kmh=_scaled(decision.target(Axis.SPEED), 100),
        target_incline_percent=_scaled(decision.target(Axis.INCLINE), 10),
        requested_speed_kmh=_scaled(decision.requested.get(Axis.SPEED), 100),
        requested_incline_percent=_scaled(decision.requested.get(Axis.INCLINE), 10),
        person=who.person,
        shoes=who.shoes,
    )


def _cadence(snapshot: Snapshot, now: float) -> int | None:
    """Return the steps per minute; 0 means none, as for the heart rate."""
    steps = snapshot.steps
    if steps is None or now - steps.time > snapshot.learned.fault_s:
        return None
    return steps.a_minute or None


def _steady(reason: Reason, before: datetime | None) -> Reason:
    """Return the reason with its previous end, unless that moved by more than clock jitter."""
    if reason.until is None or before is None:
        return reason
    moved = abs((reason.until - before).total_seconds()) > JITTER_S
    return reason if moved else replace(reason, until=before)


def guard_payload(
    decision: Decision,
    who: Who,
    resting_until: datetime | None,
    worded: Callable[[Reason], ReasonPayload],
) -> GuardPayload:
    """Return the guard payload; of several tiers, the one with the least left."""
    tiers = sorted(decision.steep, key=lambda tier: tier.left_s)
    return GuardPayload(
        bounds=Bounds(
            speed=_bound(decision, Axis.SPEED, 100, worded),
            incline=_bound(decision, Axis.INCLINE, 10, worded),
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


def _bound(
    decision: Decision, axis: Axis, scale: int, worded: Callable[[Reason], ReasonPayload]
) -> AxisBound:
    lowest = decision.limits.lowest(axis)
    reasons = tuple(worded(limit.reason) for limit in decision.limiting(axis))
    return AxisBound(max=round(lowest[0].value / scale, 2) if lowest else None, reasons=reasons)


def _gist(decision: Decision, who: Who) -> tuple[object, ...]:
    """Return the part that is published at once on a change: no counters, no sliding bound."""
    return (
        *(_gist_of(decision, axis) for axis in Axis),
        *(tier.opens_s is None for tier in decision.steep),
        decision.warm_up_left_s < 0.5,  # rounded to 0
        decision.faults,
        who.profile,
    )


def _gist_of(decision: Decision, axis: Axis) -> object:
    return [
        (limit.rule, limit.case, None if isinstance(limit, Hold) or limit.slides else limit.value)
        for limit in decision.limiting(axis)
    ]


def _workout_gist(status: Status) -> Status:
    """Return the part of a workout that is published at once on a change: no countdowns."""
    why = tuple(replace(reason, ends_s=None, until=None, values=()) for reason in status.why)
    return replace(status, remaining_s=None, remaining_m=None, why=why)


def _scaled(wire: int | None, scale: int) -> float | None:
    return None if wire is None else wire / scale
