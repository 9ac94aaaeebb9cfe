"""The wall clock, for people."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from bridge.clock import LOCAL, on_the_wall


@pytest.fixture(autouse=True)
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        # As the rule itself, since a bare machine need not know the names of zones.
        patch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("utc", "wall"),
    [
        (datetime(2026, 7, 1, 12, tzinfo=UTC), "2026-07-01T14:00:00+02:00"),
        (datetime(2026, 12, 1, 12, tzinfo=UTC), "2026-12-01T13:00:00+01:00"),
        # The hour that comes twice.
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "2026-10-25T02:30:00+02:00"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "2026-10-25T02:30:00+01:00"),
    ],
)
def test_wall_time_has_the_local_offset_of_its_utc_moment(utc: datetime, wall: str) -> None:
    shown = on_the_wall(utc)
    assert shown.isoformat() == wall
    assert shown.astimezone(UTC) == utc


def test_later_moment_uses_the_utc_offset_of_its_own_date() -> None:
    before = on_the_wall(datetime(2026, 10, 24, 12, tzinfo=UTC))
    after = (before.astimezone(UTC) + timedelta(days=2)).astimezone(before.tzinfo)
    assert after.isoformat() == "2026-10-26T13:00:00+01:00"


def test_local_time_has_the_name_of_its_zone() -> None:
    assert on_the_wall(datetime(2026, 7, 1, tzinfo=UTC)).tzname() == "CEST"
    assert (LOCAL.tzname(None), LOCAL.utcoffset(None), LOCAL.dst(None)) == (None, None, None)
