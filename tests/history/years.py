"""Years of generated runs in a history file, for benchmarks, tests and the README's picture."""

import math
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bridge.history.store.chunk import CHUNK, Flag, Phase, Second, encode
from bridge.history.store.rows import Pain, Samples, Session, Wear
from bridge.history.store.schema import migrate
from bridge.history.store.upsert import upsert

END = datetime(2026, 11, 28, 7, tzinfo=UTC)
PERSON = "Anna"


def course(minutes: int, seed: int) -> Iterator[Second]:
    """A run: five minutes of warm-up, some hills, and five minutes of cool-down."""
    dice = random.Random(seed)  # noqa: S311 - nothing secret about it
    way = climb = 0.0
    for at in range(minutes * 60):
        phase = Phase.WARM_UP if at < 300 else Phase.ACTIVE
        phase = Phase.COOL_DOWN if at > minutes * 60 - 300 else phase
        speed = 550 if phase is not Phase.ACTIVE else 850 + round(100 * math.sin(at / 300))
        incline = 0 if phase is not Phase.ACTIVE else 10 * (at // 150 % (2 + seed % 13))
        way += speed / 360
        climb += speed / 360 * incline / 1000
        yield Second(
            at=at,
            speed=speed,
            incline=incline,
            distance=round(way * 10),
            climb=round(climb * 10),
            energy=at // 6,
            heart_rate=round(95 + 45 * min(1, at / 900) + dice.random() * 6),
            target_speed=speed,
            target_incline=incline,
            requested_speed=speed,
            requested_incline=incline,
            bound_speed=1600,
            bound_incline=150,
            phase=phase,
            flags=Flag.RUNNING | (Flag.STEEP if incline >= 100 else Flag(0)),
        )


def minutes_of(day: int, since_hurt: int) -> int:
    """More from week to week, a longer run on every seventh day, a leap now and then.

    In steps of four minutes, so that few different courses are computed.
    """
    base = 26 + 6 * math.sin(day / 40) + day % 84 / 7
    if since_hurt < 7:
        base *= 0.6
    if day % 7 == 6:
        base *= 1.25
    return 4 * round(base * (1.45 if day % 61 == 48 else 1) / 4)


def session_of(start: datetime, seconds: list[Second], shoes: str) -> Session:
    last = seconds[-1]
    rates = [s.heart_rate or 0 for s in seconds]
    way, climb = (last.distance or 0) / 10, (last.climb or 0) / 10
    return Session(
        id=f"den {start.isoformat()}",
        treadmill="den",
        person=PERSON,
        shoes=shoes,
        start=start.timestamp(),
        end=start.timestamp() + last.at,
        moving_s=float(len(seconds)),
        distance_m=way,
        climb_m=None,
        energy_kcal=last.energy,
        max_speed_kmh=max(s.speed or 0 for s in seconds) / 100,
        max_incline_percent=max(s.incline or 0 for s in seconds) / 10,
        average_heart_rate_bpm=sum(rates) / len(rates),
        max_heart_rate_bpm=max(rates),
        effort_s=float(len(seconds)),
        effort_m=way,
        effort_climb_m=climb,
        steep_s=float(sum(s.steep for s in seconds)),
        flat_m=way + 5 * climb,
        machine="Sole F85",
    )


def fill(path: Path, days: int, *, every: int = 1) -> None:
    """Write a run on every day of so many, the last one on the day of `END`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made: dict[tuple[int, int], tuple[list[Second], list[Samples]]] = {}
    hurt = -30
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        migrate(connection)
        connection.execute("BEGIN")
        for day in range(days):
            start = END - timedelta(days=days - 1 - day)
            if day % 53 == 40:
                hurt = day
                place = ("lower back", "left ankle", "knee")[day // 53 % 3]
                row = Pain(f"{day} pain", PERSON, start.timestamp() + 7200, place, 2 + day % 4)
                connection.execute(*upsert(row))
            # The first rest is kept; in the second the person runs.
            if day % every or (1 <= day - hurt <= 2 and day // 53 % 3 != 1) or day % 7 == 2:
                continue
            shape = (minutes_of(day, day - hurt), 3 + 4 * (day % 3))
            if shape not in made:
                seconds = list(course(*shape))
                made[shape] = (
                    seconds,
                    [
                        Samples("", chunk[0].at, encode(chunk))
                        for chunk in (seconds[i : i + CHUNK] for i in range(0, len(seconds), CHUNK))
                    ],
                )
            seconds, chunks = made[shape]
            session = session_of(start, seconds, "Ghost" if day % 3 else "Pegasus")
            connection.execute(*upsert(session))
            for chunk in chunks:
                connection.execute(*upsert(Samples(session.id, chunk.first, chunk.content)))
        for shoes, metres in (("Ghost", 412_000.0), ("Pegasus", 148_500.0)):
            connection.execute(*upsert(Wear(shoes, metres, 0)))
        connection.execute("COMMIT")
