"""The payloads of the MQTT contract, version 1, as this bridge sends them.

`link.py` has those about the machine, `workout.py` those about workouts.

Every key is always present; unknown values are null. Times are ISO 8601 in UTC, to the millisecond.
Names include the units: km/h, percent, m, s, kcal, beats and steps per minute, watts.
"""

from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)

from bridge.contract.parser import Refusal
from bridge.texts import Texts, Wording
from bridge.values import Belt, Event, Outcome, Reason, Result, Verb

ONLINE = b"online"
OFFLINE = b"offline"

Phase = Literal["warm_up", "active", "cool_down"]


def _iso(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Time = Annotated[
    AwareDatetime,
    PlainSerializer(_iso, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


class Payload(BaseModel):
    """Base of all payloads: immutable, without unknown keys or infinite numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    def encode(self) -> bytes:
        """Return the JSON for the wire, in UTF-8."""
        return self.model_dump_json().encode()


class StatePayload(Payload):
    """`<base>/<id>/state`: the present state of the treadmill."""

    time: Time
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


class ReasonPayload(Payload):
    """A reason: a rule's stable name, one sentence, a limit (km/h or percent), and its end."""

    rule: str
    text: str
    limit: float | None = None
    until: Time | None = None

    @classmethod
    def of(cls, wording: Wording) -> Self:
        """Convert a reason for the wire."""
        return cls(rule=wording.rule, text=wording.text, limit=wording.limit, until=wording.until)


class AxisBound(Payload):
    """Maximum of one axis in km/h or percent (null: no bound), and the reasons."""

    max: float | None = None
    reasons: tuple[ReasonPayload, ...] = ()


class Bounds(Payload):
    """The bounds of both axes."""

    speed: AxisBound = AxisBound()
    incline: AxisBound = AxisBound()


class Steep(Payload):
    """Budget of steep incline in seconds; `opens_s` is the time until it opens again."""

    used_s: float | None = None
    left_s: float | None = None
    opens_s: float | None = None


class GuardPayload(Payload):
    """`<base>/<id>/guard`: what the guard allows now, and why."""

    bounds: Bounds = Bounds()
    steep: Steep = Steep()
    warm_up_left_s: float | None = None
    resting_until: Time | None = None
    faults: tuple[str, ...] = ()
    profile: str


Detail = ReasonPayload | Time | str | int | float | tuple[str, ...] | None


class EventPayload(Payload):
    """`<base>/<id>/event`: an event of interest to people.

    `details` has the data behind the sentence: `axis`, `limit` (km/h or percent), `until`, `reason`
    and more, with the units in the names.
    """

    type: str
    time: Time
    text: str
    details: dict[str, Detail] = Field(default_factory=dict)

    @classmethod
    def of(cls, event: Event, time: datetime, texts: Texts) -> Self:
        """Convert an event for the wire."""
        details = {
            name: ReasonPayload.of(value) if isinstance(value, Wording) else value
            for name, value in texts.details(event, time).items()
        }
        return cls(type=event.type, time=time, text=texts.event(event, time), details=details)


class SessionPayload(Payload):
    """`<base>/<id>/session`: the last finished session, from first movement to stop."""

    start: Time
    end: Time
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


class OutcomePayload(Payload):
    """`<base>/<id>/outcome`: the outcome of a command.

    `requested` and `applied` are km/h or percent if the command is a target.
    """

    id: str
    command: str
    requested: object = None
    applied: float | None = None
    outcome: Result
    reasons: tuple[ReasonPayload, ...] = ()
    source: str
    time: Time

    @classmethod
    def of(cls, result: Outcome | Refusal, time: datetime, texts: Texts) -> Self:
        """Convert the outcome of a command, or the refusal of a message."""

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
