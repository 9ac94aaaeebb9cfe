"""The payloads of the MQTT contract, version 1, as this bridge sends them.

Every key is always present; what is unknown is null. Times are ISO 8601 in UTC, to the millisecond.
The names bear the units: km/h, percent, m, s, kcal, beats and steps per minute, watts.

They are plain values and one JSON encoder: nothing in them comes from outside, so nothing is
validated on the way out. `bridge/contract/asyncapi.py` makes their schemas, for the documentation.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, Self

from bridge.contract.parser import Refusal
from bridge.machines.learned import (
    UNLEARNED,
    Echo,
    Interval,
    LearnedAxis,
    LearnedMachine,
    UnitVerdict,
)
from bridge.texts import Texts, Wording
from bridge.values import (
    Axis,
    Belt,
    Control,
    Event,
    MachineInfo,
    Outcome,
    Reason,
    Result,
    Trouble,
    Verb,
)
from bridge.workouts.states import Status
from protocols.ranges import InclineRange, SpeedRange

if TYPE_CHECKING:  # most runs are without a workout
    from bridge.workouts.dry_run import DryRun

ONLINE = b"online"
OFFLINE = b"offline"

Phase = Literal["warm_up", "active", "cool_down"]


def plain(value: object) -> object:
    """What JSON has for a value that it does not know: `default` of Python's encoder.

    Raises:
        TypeError: There is nothing for it.
    """
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, Payload):
        return {name: getattr(value, name) for name in value.__dataclass_fields__}
    message = f"{type(value).__name__} has no form in JSON"
    raise TypeError(message)


_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=plain
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What all payloads share: nothing infinite, nothing changed afterwards."""

    def encode(self) -> bytes:
        """The JSON that goes on the wire, in UTF-8.

        Raises:
            ValueError: A number is infinite or none.
        """
        return _ENCODER.encode(self).encode(errors="replace")

    def document(self) -> dict[str, Any]:
        """The same as a JSON object, for readers in this process."""
        found: dict[str, Any] = json.loads(self.encode())
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class StatePayload(Payload):
    """`<base>/<id>/state`: what the treadmill does now."""

    time: datetime
    belt: Belt = Belt.UNKNOWN
    phase: Phase | None = None
    fresh: bool = False
    speed_kmh: float | None = None
    incline_percent: float | None = None
    distance_m: int | None = None
    elapsed_s: int | None = None
    elevation_gain_m: float | None = None
    energy_kcal: int | None = None
    heart_rate_bpm: int | None = None
    cadence_spm: float | None = None
    step_count: int | None = None
    power_w: int | None = None
    target_speed_kmh: float | None = None
    target_incline_percent: float | None = None
    requested_speed_kmh: float | None = None
    requested_incline_percent: float | None = None
    person: str | None = None
    shoes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonPayload(Payload):
    """Why: a rule's stable name, one sentence, a limit (km/h or percent), and when it ends."""

    rule: str
    text: str
    limit: float | None = None
    until: datetime | None = None

    @classmethod
    def of(cls, wording: Wording) -> Self:
        """Put a reason on the wire."""
        return cls(rule=wording.rule, text=wording.text, limit=wording.limit, until=wording.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisBound(Payload):
    """The most that one axis is allowed, in km/h or percent (null: nothing binds), and why."""

    max: float | None = None
    reasons: tuple[ReasonPayload, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds(Payload):
    """The bounds of both axes."""

    speed: AxisBound = AxisBound()
    incline: AxisBound = AxisBound()


@dataclass(frozen=True, slots=True, kw_only=True)
class Steep(Payload):
    """The budget of steep incline, in seconds; `opens_s` is how long until it opens again."""

    used_s: float | None = None
    left_s: float | None = None
    opens_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardPayload(Payload):
    """`<base>/<id>/guard`: what the guard allows now, and why."""

    bounds: Bounds = Bounds()
    steep: Steep = Steep()
    warm_up_left_s: float | None = None
    resting_until: datetime | None = None
    faults: tuple[str, ...] = ()
    profile: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine(Payload):
    """Who the machine says it is."""

    name: str | None = None
    maker: str | None = None
    model: str | None = None
    firmware: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Range(Payload):
    """From where to where, in which steps a target can be set."""

    min: float
    max: float
    step: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranges(Payload):
    """The machine's own ranges; null where it does not tell."""

    speed_kmh: Range | None = None
    incline_percent: Range | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Between(Payload):
    """At least and at most."""

    min: float
    max: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedAxisPayload(Payload):
    """How one axis moves and reads, in km/h or percent, and in seconds; null: not learned yet.

    A machine that stands steady at a target reads `gain` times the target plus `offset`, give or
    take `tolerance` (near the targets that were observed). `step` is what it rounds targets to.
    """

    lag_s: Between | None = None
    rise_per_s: Between | None = None
    fall_per_s: Between | None = None
    gain: float | None = None
    offset: float | None = None
    tolerance: float | None = None
    noise: float | None = None
    resolution: float | None = None
    step: float | None = None
    droop_percent: float | None = None
    overshoot_percent: float | None = None

    @classmethod
    def of(cls, axis: LearnedAxis, start: LearnedAxis, scale: int) -> Self:
        """Say what was learned beyond what was assumed at the start."""

        def number(value: float, before: float, factor: float = 1 / scale) -> float | None:
            return None if value == before else round(value * factor, 2)

        steady = axis.spread is not None
        return cls(
            lag_s=_between(axis.lag_s, start.lag_s, 1),
            rise_per_s=_between(axis.rise_per_s, start.rise_per_s, scale),
            fall_per_s=_between(axis.fall_per_s, start.fall_per_s, scale),
            gain=round(axis.gain, 2) if steady else None,
            offset=round(axis.offset / scale, 2) if steady else None,
            tolerance=None if axis.spread is None else round(axis.spread / scale, 2),
            noise=number(axis.noise, start.noise),
            resolution=number(axis.resolution, start.resolution),
            step=None if axis.grid is None else axis.grid / scale,
            droop_percent=number(axis.droop, start.droop, 100),
            overshoot_percent=number(axis.overshoot, start.overshoot, 100),
        )


def _between(span: Interval, start: Interval, scale: int) -> Between | None:
    if span == start:
        return None
    return Between(min=round(span.low / scale, 2), max=round(span.high / scale, 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned(Payload):
    """What the bridge found out about the machine by watching it; null: not known yet."""

    sessions: int = 0
    frame_s: float | None = None
    echo: Literal["never", "each"] | None = None
    echo_s: float | None = None
    names_current_speed: bool | None = None
    reported_speed_unit: Literal["km/h", "mph"] | None = None
    target_speed_unit: Literal["km/h", "mph"] | None = None
    speed: LearnedAxisPayload = LearnedAxisPayload()
    incline: LearnedAxisPayload = LearnedAxisPayload()

    @classmethod
    def of(cls, learned: LearnedMachine) -> Self:
        """Put it into km/h, percent and seconds."""
        return cls(
            sessions=learned.sessions,
            frame_s=None if learned.frame_s == UNLEARNED.frame_s else round(learned.frame_s, 1),
            echo=_ECHOES[learned.echo],
            echo_s=None if learned.echo_s == UNLEARNED.echo_s else round(learned.echo_s, 1),
            names_current_speed=learned.names_current,
            reported_speed_unit=_UNITS[learned.reports],
            target_speed_unit=_UNITS[learned.targets],
            speed=LearnedAxisPayload.of(learned.speed, UNLEARNED.speed, 100),
            incline=LearnedAxisPayload.of(learned.incline, UNLEARNED.incline, 10),
        )


_ECHOES: dict[Echo, Literal["never", "each"] | None] = {
    Echo.UNKNOWN: None,
    Echo.NEVER: "never",
    Echo.EACH: "each",
}
_UNITS: dict[UnitVerdict, Literal["km/h", "mph"] | None] = {
    UnitVerdict.UNKNOWN: None,
    UnitVerdict.KMH: "km/h",
    UnitVerdict.MPH: "mph",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkReason(Payload):
    """Why there is no link: a stable name, and a sentence for people."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPayload(Payload):
    """`<base>/<id>/link`: the machine behind the link, and who controls it."""

    connected: bool
    reason: LinkReason | None = None
    control: Control = Control.NONE
    rssi: int | None = None
    machine: Machine = Machine()
    ranges: Ranges = Ranges()
    features: tuple[str, ...] = ()
    quirks: tuple[str, ...] = ()
    learned: Learned = Learned()

    @classmethod
    def of(
        cls,
        machine: MachineInfo | None,
        *,
        connected: bool,
        control: Control,
        learned: LearnedMachine = UNLEARNED,
        reason: Trouble | None = None,
    ) -> Self:
        """Say what is known of a machine; nothing, if it was never seen."""
        why = None if reason is None else LinkReason(rule=reason.rule, text=reason.text)
        if machine is None:
            return cls(connected=connected, reason=why, control=control)
        return cls(
            connected=connected,
            reason=why,
            control=control,
            rssi=machine.rssi,
            machine=Machine(
                name=machine.name or None,
                maker=machine.maker or None,
                model=machine.model or None,
                firmware=machine.firmware or None,
            ),
            ranges=Ranges(
                speed_kmh=_range(machine.speed_range, 100),
                incline_percent=_range(machine.incline_range, 10),
            ),
            features=_feature_names(machine),
            quirks=machine.quirks,
            learned=Learned.of(learned),
        )


def _range(wire: SpeedRange | InclineRange | None, scale: int) -> Range | None:
    if wire is None:
        return None
    return Range(min=wire.minimum / scale, max=wire.maximum / scale, step=wire.step / scale)


def _feature_names(machine: MachineInfo) -> tuple[str, ...]:
    if machine.features is None:
        return ()
    return (*machine.features.measures, *machine.features.settable)


Detail = ReasonPayload | datetime | str | int | float | tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPayload(Payload):
    """`<base>/<id>/event`: something a person may want to hear of.

    `details` holds what the sentence is about: `axis`, `limit` (km/h or percent), `until`, `reason`
    and more, with the units in the names.
    """

    type: str
    time: datetime
    text: str
    details: dict[str, Detail] = field(default_factory=dict)

    @classmethod
    def of(cls, event: Event, time: datetime, texts: Texts) -> Self:
        """Put an event into words for the wire."""
        details = {
            name: ReasonPayload.of(value) if isinstance(value, Wording) else value
            for name, value in texts.details(event, time).items()
        }
        return cls(type=event.type, time=time, text=texts.event(event, time), details=details)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPayload(Payload):
    """`<base>/<id>/session`: the last finished session, from first movement to stop."""

    start: datetime
    end: datetime
    moving_s: float
    distance_m: float | None = None
    elevation_gain_m: float | None = None
    energy_kcal: int | None = None
    max_speed_kmh: float | None = None
    max_incline_percent: float | None = None
    average_speed_kmh: float | None = None
    average_heart_rate_bpm: float | None = None
    max_heart_rate_bpm: int | None = None
    person: str | None = None
    shoes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkoutPreview(Payload):
    """What a workout would come to today, under the guard; `lowered` says which steps and why."""

    duration_s: int
    distance_m: int
    climb_m: float
    summary: str
    references: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    lowered: tuple[str, ...] = ()

    @classmethod
    def of(cls, run: "DryRun") -> Self:
        """Put a dry run into few words."""
        lowered = [f"{each.step.number}: {each.text}" for each in run.steps if each.text]
        return cls(
            duration_s=round(run.seconds),
            distance_m=round(run.metres),
            climb_m=round(run.climb_m, 1),
            summary=run.summary,
            references=run.plan.references,
            assumed=run.assumed,
            lowered=tuple(lowered[:MAX_LOWERED]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkoutPayload(Payload):
    """`<base>/<id>/workout`: the workout that was chosen, and how far it has come.

    `step` counts from 1. `target` and `cap` are km/h and percent; null where there is none.
    """

    name: str | None = None
    state: Literal["none", "ready", "running", "paused", "ended"] = "none"
    step: int | None = None
    steps: int | None = None
    text: str | None = None
    remaining_s: int | None = None
    remaining_m: int | None = None
    next: str | None = None
    target_speed_kmh: float | None = None
    target_incline_percent: float | None = None
    cap_speed_kmh: float | None = None
    cap_incline_percent: float | None = None
    why: tuple[ReasonPayload, ...] = ()
    preview: WorkoutPreview | None = None

    @classmethod
    def of(
        cls, status: Status | None, preview: "DryRun | None", why: tuple[ReasonPayload, ...] = ()
    ) -> Self:
        """Say how far it has come; nothing, if none was chosen."""
        if status is None:
            return cls()
        return cls(
            name=status.name,
            state=status.state.value,
            step=status.step,
            steps=status.steps,
            text=status.text,
            remaining_s=_rounded(status.remaining_s),
            remaining_m=_rounded(status.remaining_m),
            next=status.following,
            target_speed_kmh=_of_wire(status.targets, Axis.SPEED, 100),
            target_incline_percent=_of_wire(status.targets, Axis.INCLINE, 10),
            cap_speed_kmh=_of_wire(status.caps, Axis.SPEED, 100),
            cap_incline_percent=_of_wire(status.caps, Axis.INCLINE, 10),
            why=why,
            preview=None if preview is None else WorkoutPreview.of(preview),
        )


MAX_LOWERED = 20
"""Steps that a preview names; the summary counts all of them."""


def _rounded(value: float | None) -> int | None:
    return None if value is None else round(value)


def _of_wire(values: dict[Axis, int], axis: Axis, scale: int) -> float | None:
    value = values.get(axis)
    return None if value is None else value / scale


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomePayload(Payload):
    """`<base>/<id>/outcome`: what became of a command.

    `requested` and `applied` are km/h or percent where the command is a target.
    """

    id: str
    command: str
    requested: object = None
    applied: float | None = None
    outcome: Result
    reasons: tuple[ReasonPayload, ...] = ()
    source: str
    time: datetime

    @classmethod
    def of(cls, result: Outcome | Refusal, time: datetime, texts: Texts) -> Self:
        """Say what became of a command, or that a message was no command and why."""

        def worded(*reasons: Reason) -> tuple[ReasonPayload, ...]:
            return tuple(ReasonPayload.of(texts.reason(reason, time)) for reason in reasons)

        if isinstance(result, Refusal):
            return cls(
                id=result.id,
                command=result.command,
                requested=result.requested,
                outcome=Result.REJECTED,
                reasons=worded(result.reason),
                source=result.source,
                time=time,
            )
        command = result.command
        return cls(
            id=command.id,
            command=command.verb,
            requested=command.requested,
            applied=_applied(command.verb, result.applied),
            outcome=result.result,
            reasons=worded(*result.reasons),
            source=command.source,
            time=time,
        )


def _applied(verb: Verb, wire: int | None) -> float | None:
    if wire is None:
        return None
    return wire / (10 if verb is Verb.INCLINE else 100)
