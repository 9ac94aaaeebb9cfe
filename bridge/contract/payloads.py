"""The payloads of the MQTT contract, version 1, as this bridge sends them.

`link.py` has those about the machine, `workout.py` those about workouts.

Every key is always present; unknown values are null. Times are ISO 8601 in UTC, to the millisecond.
Names include the units: km/h, percent, m, s, kcal, beats and steps per minute, watts.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, Self

from bridge.contract.parser import Refusal
from bridge.texts import Texts, Wording
from bridge.values import Belt, Event, Outcome, Reason, Result, Verb

ONLINE = b"online"
OFFLINE = b"offline"

Phase = Literal["warm_up", "active", "cool_down"]


def plain(value: object) -> object:
    """Convert a value for JSON; the `default` of Python's encoder.

    Raises:
        TypeError: There is no conversion.
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


@dataclass(frozen=True, slots=True)
class Payload:
    """Base of all payloads: immutable, without infinite numbers.

    They are not validated, because no value comes from outside. `bridge/contract/asyncapi.py`
    generates their schemas for the documentation.
    """

    def encode(self) -> bytes:
        """Return the JSON for the wire, in UTF-8.

        Raises:
            ValueError: A number is infinite or NaN.
        """
        return _ENCODER.encode(self).encode(errors="replace")

    def document(self) -> dict[str, Any]:
        """Return the JSON object, for readers in this process."""
        found: dict[str, Any] = json.loads(self.encode())
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class StatePayload(Payload):
    """`<base>/<id>/state`: the present state of the treadmill."""

    time: datetime = field(compare=False)  # two states that differ in it alone are the same
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
    """A reason: a rule's stable name, one sentence, a limit (km/h or percent), and its end."""

    rule: str
    text: str
    limit: float | None = None
    until: datetime | None = None

    @classmethod
    def of(cls, wording: Wording) -> Self:
        """Convert a reason for the wire."""
        return cls(rule=wording.rule, text=wording.text, limit=wording.limit, until=wording.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisBound(Payload):
    """Maximum of one axis in km/h or percent (null: no bound), and the reasons."""

    max: float | None = None
    reasons: tuple[ReasonPayload, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds(Payload):
    """The bounds of both axes."""

    speed: AxisBound = AxisBound()
    incline: AxisBound = AxisBound()


@dataclass(frozen=True, slots=True, kw_only=True)
class Steep(Payload):
    """Budget of steep incline in seconds; `opens_s` is the time until it opens again."""

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


Detail = ReasonPayload | datetime | str | int | float | tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPayload(Payload):
    """`<base>/<id>/event`: an event of interest to people.

    `details` has the data behind the sentence: `axis`, `limit` (km/h or percent), `until`, `reason`
    and more, with the units in the names.
    """

    type: str
    time: datetime
    text: str
    details: dict[str, Detail] = field(default_factory=dict)

    @classmethod
    def of(cls, event: Event, time: datetime, texts: Texts) -> Self:
        """Convert an event for the wire."""
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
    time: datetime

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
