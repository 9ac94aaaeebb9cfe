"""Import of a FIT activity, such as one from a watch, as a session. Needs `fitdecode`."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from bridge.history.report.load import cost
from bridge.history.store.chunk import Flag, Phase, Second
from bridge.history.store.rows import Session

MOST_BYTES, MOST_RECORDS = 30_000_000, 200_000
FASTEST = 4_500
"""Maximum speed of a runner (0.01 km/h); faster records are skipped."""
ON_FOOT = frozenset({"running", "walking", "hiking", "generic"})


class BadActivityError(Exception):
    """The activity cannot be imported; the message gives the reason."""


def read(path: Path, person: str) -> tuple[Session, list[Second]]:
    """Read an activity; the guard does not use it as a baseline.

    Raises:
        BadActivityError: it is no run or walk, or is damaged.
        ImportError: `fitdecode` is not installed.
    """
    messages = list(_messages(path))
    records = [m for name, m in messages if name == "record" and _is_time(m.get("timestamp"))]
    if not records:
        _refuse(f"{path} holds no records: only activities can be imported")
    records.sort(key=lambda record: record["timestamp"])
    summary = next((m for name, m in messages if name == "session"), {})
    sport = str(summary.get("sport") or "generic")
    if sport not in ON_FOOT:
        _refuse(f"{path} is an activity of {sport}: only runs and walks can be imported")
    start = records[0]["timestamp"].replace(tzinfo=UTC)
    samples = _samples(records, start, _number(summary.get("total_ascent")))
    return _session(path, person, start, samples, summary), samples


def _messages(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    import fitdecode  # noqa: PLC0415 - an extra

    try:
        if path.stat().st_size > MOST_BYTES:
            _refuse(f"{path} is too big for an activity")
        with fitdecode.FitReader(
            str(path),
            check_crc=fitdecode.CrcCheck.RAISE,
            error_handling=fitdecode.ErrorHandling.RAISE,
        ) as reader:
            for number, frame in enumerate(reader):
                if number > MOST_RECORDS:
                    _refuse(f"{path} has too many records")
                if frame.frame_type == fitdecode.FIT_FRAME_DATA:
                    yield frame.name, {field.name: field.value for field in frame.fields}
    except OSError as error:
        message = f"{path} cannot be read ({error.strerror or error})"
        raise BadActivityError(message) from error
    except BadActivityError:
        raise
    except Exception as error:  # the library raises any exception on garbage
        message = f"{path} is damaged or no FIT file ({error}): nothing was imported"
        raise BadActivityError(message) from error


def _refuse(message: str) -> NoReturn:
    raise BadActivityError(message)


def _is_time(value: object) -> bool:
    return isinstance(value, datetime)


def _number(value: object) -> float | None:
    if isinstance(value, int | float) and math.isfinite(value):
        return float(value)
    return None


def _first(record: Mapping[str, Any], *names: str) -> float | None:
    """Return the first of some fields that contains a number."""
    found = (_number(record.get(name)) for name in names)
    return next((value for value in found if value is not None), None)


def _samples(records: list[dict[str, Any]], start: datetime, ascent: float | None) -> list[Second]:
    """Return one sample per second; distance and climb never decrease."""
    samples: list[Second] = []
    way, climb, altitude = 0.0, 0.0, None
    for record in records:
        at = int((record["timestamp"].replace(tzinfo=UTC) - start).total_seconds())
        if samples and at <= samples[-1].at:
            continue
        speed = _first(record, "enhanced_speed", "speed")
        wire = None if speed is None else round(speed * 360)
        if wire is not None and not 0 <= wire <= FASTEST:
            continue
        gap = at - samples[-1].at if samples else 0
        distance = _number(record.get("distance"))
        way = max(way, distance) if distance is not None else way + (speed or 0.0) * min(gap, 5)
        height = _first(record, "enhanced_altitude", "altitude")
        if height is not None:
            climb += max(0.0, height - altitude) if altitude is not None else 0.0
            altitude = height
        strides = _number(record.get("cadence"))
        part = _number(record.get("fractional_cadence")) or 0.0
        grade = _number(record.get("grade"))
        samples.append(
            Second(
                at=at,
                speed=wire,
                incline=None if grade is None else round(max(-45.0, min(45.0, grade)) * 10),
                distance=round(way * 10),
                climb=round(climb * 10),
                heart_rate=_whole(record.get("heart_rate")),
                cadence=None if strides is None else round((strides + part) * 2),
                power=_whole(record.get("power")),
                phase=Phase.ACTIVE,
                flags=Flag.RUNNING if wire is None or wire > 0 else Flag(0),
            )
        )
    if ascent is not None and climb > 0:  # the device's barometer is more accurate
        factor = ascent / climb
        return [replace(each, climb=round((each.climb or 0) * factor)) for each in samples]
    return samples


def _whole(value: object) -> int | None:
    number = _number(value)
    return round(number) or None if number is not None else None


def _session(
    path: Path, person: str, start: datetime, samples: list[Second], summary: Mapping[str, Any]
) -> Session:
    last = samples[-1]
    rates = [sample.heart_rate for sample in samples if sample.heart_rate]
    moving = _first(summary, "total_timer_time")
    if moving is None:
        moving = float(sum(sample.running for sample in samples))
    distance = _first(summary, "total_distance")
    kcal = _whole(summary.get("total_calories"))
    flat, before = 0.0, samples[0]
    for sample in samples[1:]:
        way = ((sample.distance or 0) - (before.distance or 0)) / 10
        flat += way * cost((sample.incline or 0) / 10)
        before = sample
    inclines = [sample.incline for sample in samples if sample.incline is not None]
    return Session(
        id=f"import {start.isoformat()} {person}",
        treadmill="import",
        person=person,
        shoes=None,
        start=start.timestamp(),
        end=start.timestamp() + last.at,
        moving_s=moving,
        distance_m=(last.distance or 0) / 10 if distance is None else distance,
        climb_m=(last.climb or 0) / 10,
        energy_kcal=kcal,
        max_speed_kmh=max((sample.speed or 0 for sample in samples), default=0) / 100,
        max_incline_percent=max(inclines) / 10 if inclines else None,
        average_heart_rate_bpm=sum(rates) / len(rates) if rates else None,
        max_heart_rate_bpm=max(rates, default=None),
        effort_s=0.0,
        effort_m=0.0,
        effort_climb_m=0.0,
        flat_m=flat,
        machine=path.name,
        source="import",
    )
