"""Fuzz targets: each takes any octets, and raises only if the codec is wrong."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Protocol, Self

from protocols import kingsmith, uuids
from protocols.describe import describe
from protocols.device_information import DeviceInformation, decode_text
from protocols.errors import DecodeError, EncodeError
from protocols.ftms.advertising import FitnessMachineAdvertisement
from protocols.ftms.control_point import InvalidRequest, Response, decode_request, encode_request
from protocols.ftms.feature import FitnessMachineFeature
from protocols.ftms.machine_status import MachineStatus
from protocols.ftms.procedure import Procedure, ProcedureError
from protocols.ftms.ranges import (
    HeartRateRange,
    InclineRange,
    PowerRange,
    ResistanceRange,
    SpeedRange,
)
from protocols.ftms.training_status import TrainingStatusValue
from protocols.ftms.treadmill_data import Defragmenter, TreadmillData, merge, to_json
from protocols.heart_rate import HeartRateMeasurement
from protocols.running_speed import RscFeature, RscMeasurement
from simulators.ftms.profile import STRICT
from simulators.ftms.treadmill import Treadmill
from simulators.physics.machine import TICK

SAMPLE: Final = Path(__file__).parents[1] / "data" / "frames-sample.json"
_MTU: Final = 23


class Value(Protocol):
    """A codec that reads values from octets and writes them."""

    @classmethod
    def decode(cls, value: bytes) -> Self: ...

    def encode(self) -> bytes: ...


def value_target(kind: type[Value]) -> Callable[[bytes], None]:
    """Reads a value; what was read and can be written is read again as the same."""

    def target(octets: bytes) -> None:
        try:
            value = kind.decode(octets)
        except DecodeError:
            return
        try:
            written = value.encode()
        except EncodeError:
            return
        assert kind.decode(written) == value, (kind, octets.hex(), written.hex())

    return target


def treadmill_data(octets: bytes) -> None:
    """A record as text, written again, and split for the smallest link."""
    try:
        data = TreadmillData.decode(octets)
    except DecodeError:
        return
    json.dumps(to_json(data), allow_nan=False)
    if data.truncated:  # what is missing cannot be written
        return
    try:
        assert TreadmillData.decode(data.encode()) == data
        parts = data.split(_MTU)
    except EncodeError:
        return
    assert all(len(part) <= _MTU - 3 for part in parts)
    joined = TreadmillData.decode(parts[0])
    for part in parts[1:]:
        joined = merge(joined, TreadmillData.decode(part))
    assert to_json(joined).items() >= {
        key: number for key, number in to_json(data).items() if number is not None
    }.items() - {("truncated", True), ("flags", f"0x{data.flags:04x}")}


def records(octets: bytes) -> None:
    """Frames one after another, each behind its length and the time that it takes to come."""
    join, time = Defragmenter(), 0.0
    for length, pause, frame in _chunks(octets):
        time += pause / 100
        try:
            record = join.add(frame[:length], time)
        except DecodeError:
            continue
        assert record is None or record.complete


def request(octets: bytes) -> None:
    """A request; one that is none holds the answer that it deserves."""
    try:
        found = decode_request(octets)
    except DecodeError as error:
        refused = error
    else:
        assert decode_request(encode_request(found)) == found
        return
    if isinstance(refused, InvalidRequest):
        assert Response.decode(refused.response.encode()).result in {2, 3}
    else:
        assert octets == b""


def procedure(octets: bytes) -> None:
    """A client's procedure with any input at any time."""
    client, time = Procedure(), 0.0
    for length, pause, frame in _chunks(octets):
        time += pause
        try:
            match length % 6:
                case 0:
                    client.start(decode_request(frame), time)
                case 1:
                    client.write_acknowledged(time)
                case 2:
                    client.write_refused()
                case 3:
                    client.indication(frame, time)
                case 4:
                    client.tick(time)
                case _:
                    client.link_lost()
        except (DecodeError, ProcedureError):
            continue


def server(octets: bytes) -> None:
    """A strict treadmill, written to by two clients: it answers, and keeps to its ranges."""
    treadmill = Treadmill(STRICT)
    one, two = _Client(), _Client()
    for client in (one, two):
        treadmill.server.join(client)
    for length, pause, frame in _chunks(octets):
        client = one if length & 1 else two
        written = treadmill.write(client, frame, indicating=pause & 1 == 0)
        for _, answer in written.answers:
            response = Response.decode(answer)
            assert response.request_op == frame[0]
            assert 1 <= response.result <= 5
        if length & 2:
            treadmill.server.confirmed(client)
        treadmill.advance(pause % 4 * TICK)
        machine = treadmill.machine
        assert 0 <= machine.true_speed_kmh <= 16
        assert 0 <= machine.true_incline_percent <= 15


def as_text(octets: bytes) -> None:
    """Any characteristic, as `decode` prints it."""
    if len(octets) < 1:
        return
    numbers = (
        *range(uuids.FITNESS_MACHINE_FEATURE, uuids.FITNESS_MACHINE_STATUS + 1),
        uuids.HEART_RATE_MEASUREMENT,
        uuids.RSC_MEASUREMENT,
        uuids.RSC_FEATURE,
        uuids.FITNESS_MACHINE,
        *range(uuids.SYSTEM_ID, uuids.MANUFACTURER_NAME + 1),
    )
    try:
        words = describe(numbers[octets[0] % len(numbers)], [octets[1:]])
    except DecodeError:
        return
    json.dumps(words, allow_nan=False)


def texts(octets: bytes) -> None:
    """Device Information with any octets."""
    decode_text(octets).encode(errors="strict")
    DeviceInformation.decode({uuids.MANUFACTURER_NAME: octets, uuids.SYSTEM_ID: octets})


TARGETS: Final[tuple[Callable[[bytes], None], ...]] = (
    treadmill_data,
    records,
    value_target(TrainingStatusValue),
    value_target(MachineStatus),
    value_target(FitnessMachineFeature),
    value_target(SpeedRange),
    value_target(InclineRange),
    value_target(HeartRateRange),
    value_target(PowerRange),
    value_target(ResistanceRange),
    value_target(Response),
    request,
    procedure,
    server,
    value_target(FitnessMachineAdvertisement),
    value_target(HeartRateMeasurement),
    value_target(RscMeasurement),
    value_target(RscFeature),
    as_text,
    texts,
    value_target(kingsmith.Status),
    value_target(kingsmith.Command),
)


def check(octets: bytes) -> None:
    """One input of the fuzzer: the first octet chooses the target, the rest is for it."""
    if octets:
        TARGETS[octets[0] % len(TARGETS)](octets[1:])


def seeds() -> Iterator[bytes]:
    """Recorded frames of real machines, for each target that can decode them."""
    sample: list[dict[str, Any]] = json.loads(SAMPLE.read_text())
    frames = dict.fromkeys(bytes.fromhex(each["hex"]) for each in sample)
    for frame in frames:
        for number, target in enumerate(TARGETS):
            if target in {records, procedure, server}:
                yield bytes((number, len(frame) % 16, 1)) + frame[:15]
            else:
                yield bytes((number,)) + frame
    yield bytes((TARGETS.index(server),)) + b"".join(
        bytes((len(order) | 2, 60)) + order.ljust(len(order) | 2, b"\0")
        for order in (b"\x00", b"\x07", b"\x02\xf4\x01", b"\x03\x32\x00", b"\x08\x01")
    )


class _Client:
    mtu = _MTU

    def notify(self, uuid: int, value: bytes) -> None:
        assert len(value) <= self.mtu - 3, uuid


def _chunks(octets: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(length, pause, frame) for as long as there is any: a length, a pause, and so many octets."""
    while len(octets) > 2:
        length, pause = octets[0] & 0x1F, octets[1]
        yield length, pause, octets[2 : 2 + length]
        octets = octets[2 + length :]
