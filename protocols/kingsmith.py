"""The protocol of KingSmith WalkingPads beside FTMS: service FE00, notify FE01, write FE02.

KingSmith publishes no specification. The frames are those of public captures (A1, R1 Pro) and of
ph4r05/ph4-walkingpad. Commands are `F7 type … checksum FD`, answers `F8 type … checksum FD`; the
checksum is the sum of all octets between the first one and itself, modulo 256. Numbers are
big-endian. The pad never acknowledges a command: only the next status shows its effect.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Self

from protocols.errors import DecodeError, EncodeError

NOTIFY: Final = 0xFE01
WRITE: Final = 0xFE02

PACE_S: Final = 0.69
"""Minimum seconds between two writes: a pad drops a command that follows sooner."""
WIRE_SPEED: Final = 10
"""One unit of a speed on the wire, in 0.01 km/h."""
ASKED_PER_KMH: Final = 30
"""The app's speed in a status counts thirtieths of a km/h; below 3 it is another command's."""
_LEAST_ASKED = 3
DISTANCE_M: Final = 10
"""Metres in one unit of the distance."""

_TO_PAD = 0xF7
_FROM_PAD = 0xF8
_END = 0xFD
_TYPE = 0xA2
_STATUS_SIZE = 20
_COMMAND_SIZE = 6


class Op(IntEnum):
    """Operation of a command of type A2."""

    ASK_STATUS = 0x00
    SPEED = 0x01
    MODE = 0x02
    START = 0x04


class Mode(IntEnum):
    """Operating mode of the pad."""

    AUTOMATIC = 0
    """The walker's position on the belt sets the speed; the app cannot."""
    MANUAL = 1
    STANDBY = 2


class BeltState(IntEnum):
    """Octet 2 of a status: the known values; pads send others too."""

    STOPPED = 0
    RUNNING = 1
    STANDBY = 5
    STARTING = 9
    """First value of the countdown 9, 8, 7, 6."""


class Button(IntEnum):
    """Last key pressed on the remote control, octet 16 of a status."""

    NONE = 0
    UP = 2
    STOP = 3
    DOWN = 4


COUNTDOWN: Final = frozenset({6, 7, 8, 9})
"""Belt states between a start and the first motion."""


def checksum(octets: bytes) -> int:
    """Return the checksum of a frame's octets between its first octet and the checksum."""
    return sum(octets) % 256


@dataclass(frozen=True, slots=True)
class Command:
    """A command of type A2; `argument` is one octet."""

    op: Op
    argument: int = 0

    def encode(self) -> bytes:
        """Return the six octets.

        Raises:
            EncodeError: the argument does not fit into one octet.
        """
        if not 0 <= self.argument <= 0xFF:
            message = f"argument: {self.argument} is not within 0 … 255"
            raise EncodeError(message)
        body = bytes((_TYPE, self.op, self.argument))
        return bytes((_TO_PAD, *body, checksum(body), _END))

    @classmethod
    def decode(cls, value: bytes) -> Self:
        """Parse a command, as a pad does.

        Raises:
            DecodeError: not a frame of this type, a wrong checksum, or an unknown operation.
        """
        body = _body(value, _TO_PAD, _COMMAND_SIZE)
        if body[1] not in set(Op):
            message = f"operation {body[1]:#04x} is not known"
            raise DecodeError(message)
        return cls(Op(body[1]), body[2])


def is_status(value: bytes) -> bool:
    """Return True if a notification is a status, whole or not; pads send other types too."""
    return value[:2] == bytes((_FROM_PAD, _TYPE))


ASK_STATUS: Final = Command(Op.ASK_STATUS)
START: Final = Command(Op.START, 1)
STOP: Final = Command(Op.SPEED, 0)
"""The only stop of a pad is the speed 0; there is no pause."""


def set_speed(speed: int) -> Command:
    """Return the command for a speed in 0.01 km/h, rounded down to the pad's 0.1 km/h.

    Raises:
        EncodeError: it is 0 or less after rounding, which would be a stop.
    """
    tenths = speed // WIRE_SPEED
    if tenths <= 0:
        message = f"speed: {speed} is a stop for this pad"
        raise EncodeError(message)
    return Command(Op.SPEED, tenths)


def set_mode(mode: Mode) -> Command:
    """Return the command for a mode."""
    return Command(Op.MODE, mode)


@dataclass(frozen=True, slots=True)
class Status:
    """Status of a pad: speeds in 0.01 km/h, distance in m, time in s.

    `belt`, `mode` and `button` are as received, since pads send undocumented values too. `asked` is
    the speed that the app set last; None if another command followed.
    """

    belt: int = BeltState.STOPPED
    speed: int = 0
    mode: int = Mode.MANUAL
    elapsed: int = 0
    distance: int = 0
    steps: int = 0
    asked: int | None = None
    button: int = Button.NONE

    @classmethod
    def decode(cls, value: bytes) -> Self:
        """Parse a status; octets after the 20 are ignored.

        Raises:
            DecodeError: not a status, too short, or a wrong checksum.
        """
        body = _body(value, _FROM_PAD, _STATUS_SIZE)
        asked = body[13]
        return cls(
            belt=body[1],
            speed=body[2] * WIRE_SPEED,
            mode=body[3],
            elapsed=int.from_bytes(body[4:7], "big"),
            distance=int.from_bytes(body[7:10], "big") * DISTANCE_M,
            steps=int.from_bytes(body[10:13], "big"),
            asked=None if asked < _LEAST_ASKED else asked * 100 // ASKED_PER_KMH,
            button=body[15],
        )

    def encode(self) -> bytes:
        """Return the 20 octets, as a pad sends them; the distance is rounded down.

        Raises:
            EncodeError: a number does not fit.
        """
        asked = 1 if self.asked is None else round(self.asked * ASKED_PER_KMH / 100)
        try:
            body = b"".join(
                (
                    bytes((_TYPE, self.belt, self.speed // WIRE_SPEED, self.mode)),
                    self.elapsed.to_bytes(3, "big"),
                    (self.distance // DISTANCE_M).to_bytes(3, "big"),
                    self.steps.to_bytes(3, "big"),
                    bytes((asked, 0, self.button, 0)),
                )
            )
        except (OverflowError, ValueError) as error:
            message = f"status: {error}"
            raise EncodeError(message) from error
        return bytes((_FROM_PAD, *body, checksum(body), _END))


def _body(value: bytes, first: int, size: int) -> bytes:
    """Return the octets from the type up to the checksum."""
    if len(value) < size:
        message = f"{size} octets needed, got {len(value)}"
        raise DecodeError(message)
    frame = value[:size]
    if frame[0] != first or frame[1] != _TYPE or frame[-1] != _END:
        message = f"{first:02X} {_TYPE:02X} … {_END:02X} needed, got {value.hex(' ')}"
        raise DecodeError(message)
    body = frame[1:-2]
    if checksum(body) != frame[-2]:
        message = f"checksum: got {frame[-2]:#04x}, computed {checksum(body):#04x}"
        raise DecodeError(message)
    return body
