"""FIT activity export, encoded by hand; docs/decisions has the reasons.

Message and field numbers, base types and scales are those of FIT profile 21. Altitude is virtual:
it is computed from the incline, and the file says so.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from importlib.metadata import version

from bridge.history.export.activity import Activity, Lap, Record, breaks, mean
from bridge.history.session_log import average_kmh
from bridge.history.store.chunk import Phase

EPOCH = 631_065_600
"""Unix time of FIT's epoch, 1989-12-31 00:00 UTC."""
PROTOCOL, PROFILE = 0x20, 21_158
MANUFACTURER = 255
"""`development`, for products without a number of their own."""
PRODUCT = 1
VIRTUAL = "virtual altitude from the incline"

ENUM, UINT8, SINT16, UINT16, UINT32, STRING, UINT32Z = 0x00, 0x02, 0x83, 0x84, 0x86, 0x07, 0x8C
_FORMS = {ENUM: "B", UINT8: "B", SINT16: "h", UINT16: "H", UINT32: "I", UINT32Z: "I"}
_INVALID = {
    ENUM: 0xFF,
    UINT8: 0xFF,
    SINT16: 0x7FFF,
    UINT16: 0xFFFF,
    UINT32: 0xFFFF_FFFF,
    UINT32Z: 0,
}
_LOW = {SINT16: -0x7FFF}

FILE_ID, SESSION, LAP, RECORD, EVENT, DEVICE_INFO, ACTIVITY, FILE_CREATOR = (
    *(0, 18, 19, 20),
    *(21, 23, 34, 49),
)
TIMESTAMP, INDEX = 253, 254
RUNNING, WALKING, TREADMILL, INDOOR_WALKING = 1, 11, 1, 27
TIMER, EVENT_SESSION, EVENT_LAP, EVENT_ACTIVITY = 0, 8, 9, 26
START, STOP, STOP_ALL = 0, 1, 4
BLUETOOTH_LOW_ENERGY, LOCAL = 3, 5
_INTENSITY = {Phase.WARM_UP: 2, Phase.COOL_DOWN: 3}
LAP_MANUAL, LAP_SESSION_END = 0, 7

Field = tuple[int, int, float | str | None]
"""Number, base type, value; None is written as the type's invalid value."""


def crc16(data: bytes, crc: int = 0) -> int:
    """Return the checksum of the FIT protocol."""
    for octet in data:
        for nibble in (octet & 0xF, octet >> 4):
            low = _CRC[crc & 0xF]
            crc = (crc >> 4) ^ low ^ _CRC[nibble]
    return crc


_CRC = (
    *(0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401),
    *(0xA001, 0x6C00, 0x7800, 0xB401, 0x5000, 0x9C01, 0x8801, 0x4400),
)


class FitWriter:
    """Collects messages; a definition is written when the layout of a message changes."""

    def __init__(self) -> None:
        self._content = bytearray()
        self._layouts: dict[int, tuple[int, tuple[tuple[int, int, int], ...]]] = {}

    def add(self, message: int, fields: Sequence[Field]) -> None:
        """Write one message."""
        values = [(number, kind, _octets(kind, value)) for number, kind, value in fields]
        layout = tuple((number, len(octets), kind) for number, kind, octets in values)
        local = self._local(message, layout)
        self._content.append(local)
        for _, _, octets in values:
            self._content += octets

    def _local(self, message: int, layout: tuple[tuple[int, int, int], ...]) -> int:
        """Return the local number of a layout, and define it if new; there are 16."""
        for local, known in self._layouts.items():
            if known == (message, layout):
                return local
        same = [n for n, (known, _) in self._layouts.items() if known == message]
        local = same[0] if same else len(self._layouts)
        self._layouts[local] = (message, layout)
        self._content += struct.pack("<BBBHB", 0x40 | local, 0, 0, message, len(layout))
        for field in layout:
            self._content += bytes(field)
        return local

    def close(self) -> bytes:
        """Return the file, with header and checksums."""
        header = struct.pack("<BBHI4s", 14, PROTOCOL, PROFILE, len(self._content), b".FIT")
        whole = header + struct.pack("<H", crc16(header)) + bytes(self._content)
        return whole + struct.pack("<H", crc16(whole))


def _octets(kind: int, value: float | str | None) -> bytes:
    if kind == STRING:
        text = str(value or "").encode()[:63]
        return text.decode(errors="ignore").encode() + b"\0"
    form = "<" + _FORMS[kind]
    if value is None:
        return struct.pack(form, _INVALID[kind])
    number = round(float(value))
    return struct.pack(form, max(_LOW.get(kind, 0), min(number, _top(kind))))


def _top(kind: int) -> int:
    """Return the largest valid number of a base type."""
    return 0xFFFF_FFFF if kind == UINT32Z else _INVALID[kind] - 1


def encode(activity: Activity) -> bytes:
    """Encode a session as a FIT activity."""
    writer = FitWriter()
    session = activity.course.session
    # unique per session, so that no service merges two
    serial = zlib.crc32(session.id.encode()) or 1
    sport = (WALKING, INDOOR_WALKING) if activity.walking else (RUNNING, TREADMILL)
    writer.add(
        FILE_ID,
        [
            (0, ENUM, 4),
            (1, UINT16, MANUFACTURER),
            (2, UINT16, PRODUCT),
            (3, UINT32Z, serial),
            (4, UINT32, activity.start - EPOCH),
            (8, STRING, "treadmill-bridge"),
        ],
    )
    writer.add(FILE_CREATOR, [(0, UINT16, _software())])
    bridge: list[Field] = [(3, UINT32Z, serial), (25, ENUM, LOCAL)]
    writer.add(DEVICE_INFO, [*_device(activity, 0, "treadmill-bridge", VIRTUAL), *bridge])
    machine = _device(activity, 1, session.machine or "treadmill", "treadmill")
    writer.add(DEVICE_INFO, [*machine, (25, ENUM, BLUETOOTH_LOW_ENERGY)])
    for message, fields in _course(activity):
        writer.add(message, fields)
    for index, lap in enumerate(activity.laps):
        writer.add(LAP, _lap(activity, index, lap, sport))
    writer.add(SESSION, _session(activity, sport))
    writer.add(
        ACTIVITY,
        [
            (TIMESTAMP, UINT32, activity.end - EPOCH),
            (0, UINT32, session.moving_s * 1000),
            (1, UINT16, 1),
            (2, ENUM, 0),
            (3, ENUM, EVENT_ACTIVITY),
            (4, ENUM, STOP),
        ],
    )
    return writer.close()


def _software() -> int:
    """Return the version in FIT's form, times 100."""
    major, minor, *_ = version("treadmill-bridge").split(".")
    return int(major) * 100 + int(minor)


def _device(activity: Activity, index: int, name: str, what: str) -> list[Field]:
    return [
        (TIMESTAMP, UINT32, activity.start - EPOCH),
        (0, UINT8, index),
        (2, UINT16, MANUFACTURER),
        (4, UINT16, PRODUCT),
        (5, UINT16, _software()),
        (19, STRING, what),
        (27, STRING, name),
    ]


def _course(activity: Activity) -> Iterator[tuple[int, list[Field]]]:
    """Yield the records, with the timer's starts and stops between them."""
    stops = dict(breaks(activity))
    yield EVENT, _timer(activity.start, START)
    for record in activity.records:
        yield RECORD, _record(record)
        if record.time in stops:
            yield EVENT, _timer(record.time, STOP_ALL)
            yield EVENT, _timer(stops[record.time], START)
    yield EVENT, _timer(activity.end, STOP_ALL)


def _timer(time: int, kind: int) -> list[Field]:
    return [(TIMESTAMP, UINT32, time - EPOCH), (0, ENUM, TIMER), (1, ENUM, kind)]


def _record(record: Record) -> list[Field]:
    altitude = (record.altitude_m + 500) * 5
    speed = record.speed_kmh / 3.6 * 1000
    strides = None if record.cadence is None else record.cadence / 2
    incline = record.incline_percent
    return [
        (TIMESTAMP, UINT32, record.time - EPOCH),
        (2, UINT16, altitude),
        (78, UINT32, altitude),
        (3, UINT8, record.heart_rate),
        (4, UINT8, None if strides is None else int(strides)),
        (53, UINT8, None if strides is None else strides % 1 * 128),
        (5, UINT32, record.distance_m * 100),
        (6, UINT16, speed),
        (73, UINT32, speed),
        (7, UINT16, record.power),
        (9, SINT16, None if incline is None else incline * 100),
    ]


def _lap(activity: Activity, index: int, lap: Lap, sport: tuple[int, int]) -> list[Field]:
    rates = [r.heart_rate for r in lap.records if r.heart_rate]
    steps = mean([r.cadence for r in lap.records if r.cadence])
    fastest = max(record.speed_kmh for record in lap.records)
    average, top = _speeds(lap.timer_s, lap.distance_m, fastest)
    last = index == len(activity.laps) - 1
    return [
        (TIMESTAMP, UINT32, lap.end - EPOCH),
        (INDEX, UINT16, index),
        (0, ENUM, EVENT_LAP),
        (1, ENUM, STOP),
        (2, UINT32, lap.start - EPOCH),
        (7, UINT32, (lap.end - lap.start) * 1000),
        (8, UINT32, lap.timer_s * 1000),
        (9, UINT32, lap.distance_m * 100),
        (13, UINT16, average),
        (110, UINT32, average),
        (14, UINT16, top),
        (111, UINT32, top),
        (15, UINT8, mean(rates)),
        (16, UINT8, max(rates, default=None)),
        (17, UINT8, None if steps is None else steps / 2),
        (21, UINT16, lap.climb_m),
        (22, UINT16, lap.descent_m),
        (23, ENUM, _INTENSITY.get(lap.phase, 0)),
        (24, ENUM, LAP_SESSION_END if last else LAP_MANUAL),
        (25, ENUM, sport[0]),
        (39, ENUM, sport[1]),
    ]


def _speeds(moving_s: float, distance_m: float, fastest_kmh: float) -> tuple[float | None, float]:
    """Return the mean and the highest speed in mm/s."""
    average = average_kmh(moving_s, distance_m, fastest_kmh)
    return None if average is None else average / 3.6 * 1000, fastest_kmh / 3.6 * 1000


def _session(activity: Activity, sport: tuple[int, int]) -> list[Field]:
    session = activity.course.session
    moving = session.moving_s
    average, top = _speeds(moving, session.distance_m, session.max_speed_kmh)
    steps = activity.cadence
    return [
        (TIMESTAMP, UINT32, activity.end - EPOCH),
        (INDEX, UINT16, 0),
        (0, ENUM, EVENT_SESSION),
        (1, ENUM, STOP),
        (2, UINT32, activity.start - EPOCH),
        (5, ENUM, sport[0]),
        (6, ENUM, sport[1]),
        (7, UINT32, (activity.end - activity.start) * 1000),
        (8, UINT32, moving * 1000),
        (9, UINT32, session.distance_m * 100),
        (11, UINT16, session.energy_kcal),
        (14, UINT16, average),
        (124, UINT32, average),
        (15, UINT16, top),
        (125, UINT32, top),
        (16, UINT8, session.average_heart_rate_bpm),
        (17, UINT8, session.max_heart_rate_bpm),
        (18, UINT8, None if steps is None else steps / 2),
        (22, UINT16, activity.climb_m),
        (23, UINT16, activity.descent_m),
        (25, UINT16, 0),
        (26, UINT16, len(activity.laps)),
        (28, ENUM, 0),
        (110, STRING, "Treadmill, virtual climb"),
    ]
