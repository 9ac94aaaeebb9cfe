"""Newest value of each field, for machines that alternate their fields. Pure.

Times are monotonic seconds.
"""

from dataclasses import fields, replace

from bridge.tracking.belt_state import FASTEST, JUMP
from bridge.values import INCLINE, SPEED, Axis, Measurement, Sample

_NAMES = tuple(each.name for each in fields(Measurement) if each.name != "kind")
_NONE: frozenset[Axis] = frozenset()


class Fields:
    """Merged records of one link; each field has its own age."""

    def __init__(self) -> None:
        self._records: dict[int, tuple[float, Measurement]] = {}
        self._reported = _NONE

    def merge(self, data: Measurement, now: float, limit_s: float) -> Sample:
        """Take a record; fill missing fields from records of another kind up to `limit_s` old."""
        self._records[data.kind] = (now, data)
        speed_age = incline_age = 0.0
        kinds = self._records.items()
        self._records = {kind: each for kind, each in kinds if now - each[0] <= limit_s}
        for time, older in sorted(self._records.values(), key=_time, reverse=True)[1:]:
            before, data = data, _filled(data, older)
            speed_age = now - time if data.speed is not before.speed else speed_age
            incline_age = now - time if data.incline is not before.incline else incline_age
        return Sample(now, data, speed_age, incline_age, self._gone(data))

    def _gone(self, data: Measurement) -> frozenset[Axis]:
        gone = _NONE
        for axis, value in ((SPEED, data.speed), (INCLINE, data.incline)):
            if value is None:
                gone |= self._reported & {axis}
            elif axis not in self._reported:
                self._reported |= {axis}
        return gone


def is_blank(data: Measurement, before: Sample, now: float) -> bool:
    """Return True for an impossible zero in mid-run, or a record with all counters zero.

    Some machines send one such record and then continue as before.
    """
    last = before.data
    if data.speed != 0 or not last.speed:
        return False
    if data.is_blank and (last.distance or last.elapsed or last.energy or last.step_count):
        return True
    return last.speed > FASTEST * (now - before.time + before.speed_age) + JUMP


def _time(record: tuple[float, Measurement]) -> float:
    return record[0]


def _filled(data: Measurement, older: Measurement) -> Measurement:
    """Return the data with missing fields taken from an older record."""
    lacking = {
        name: value
        for name in _NAMES
        if getattr(data, name) is None and (value := getattr(older, name)) is not None
    }
    return replace(data, **lacking) if lacking else data
