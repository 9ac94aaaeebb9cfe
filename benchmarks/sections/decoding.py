"""Cost of decoding a frame, compared with bare unpacking and other projects' decoders."""

import importlib
import struct
from collections.abc import Callable, Iterator

from benchmarks.table import Row, compared
from benchmarks.timing import interleaved
from protocols.ftms.treadmill_data import Defragmenter, TreadmillData

COMMON = bytes.fromhex("8c056400140000000000000500e70003005b00")
SHORT = bytes.fromhex("0000e803")
SPLIT = (bytes.fromhex("8d05140000000000000500e70003005b00"), bytes.fromhex("0000e803"))
CHANGING = tuple(
    TreadmillData(speed=speed, distance=10, incline=0, heart_rate=90, elapsed=5).frame(flags)
    for speed in (100, 500, 900)
    for flags in (0x0004, 0x000C, 0x0104, 0x0504, 0x010C, 0x0400, 0x0508, 0x050C)
)


def bare(value: bytes) -> tuple[object, ...]:
    """Unpack only the common frame: the minimum of work."""
    (flags,) = struct.unpack_from("<H", value)
    speed, distance, incline, angle, energy, hour, minute, heart, elapsed = struct.unpack_from(
        "<H3shhHHBBH", value, 2
    )
    metres = int.from_bytes(distance, "little")
    return flags, speed, metres, incline, angle, energy, hour, minute, heart, elapsed


def _pyftms() -> Callable[[bytes], object]:
    models = importlib.import_module("pyftms.models")
    serializer = importlib.import_module("pyftms.serializer").get_serializer(models.TreadmillData)
    return lambda value: serializer.deserialize(bytearray(value))._asdict()


def _bluetooth_sig() -> Callable[[bytes], object]:
    module = importlib.import_module("bluetooth_sig.gatt.characteristics.treadmill_data")
    characteristic = module.TreadmillDataCharacteristic()
    return lambda value: characteristic.parse_value(bytearray(value))


PEERS = {"pyftms": _pyftms, "bluetooth-sig": _bluetooth_sig}


def measure(*, rounds: int = 21) -> Iterator[Row]:
    """Yield the rows; print the names of peers that are not installed."""
    changing, parts = iter(CHANGING * 10_000), Defragmenter()

    def split() -> None:
        for part in SPLIT:
            parts.add(part)

    subjects: dict[str, Callable[[], object]] = {
        "bare": lambda: bare(COMMON),
        "common": lambda: TreadmillData.decode(COMMON),
        "short": lambda: TreadmillData.decode(SHORT),
        "changing flags": lambda: TreadmillData.decode(next(changing)),
        "split in two": split,
    }
    for name, make in PEERS.items():
        try:
            decode = make()
        except ImportError as error:
            print(f"LEFT OUT: {name} is not installed for this Python ({error})")
        else:
            subjects[name] = lambda decode=decode: decode(COMMON)
    found = interleaved(subjects, rounds=rounds)
    for name in ("common", "short", "changing flags", "split in two"):
        most = 6 if name == "common" else None
        yield compared(
            "decode", name, found[name], found["bare"], "µs", "struct.unpack", at_most=most
        )
    for name in PEERS:
        if name in found:
            most = 1 / 15 if name == "pyftms" else None
            yield compared(
                "decode", "common", found["common"], found[name], "µs", name, at_most=most
            )
