"""Training Status of the machine's model."""

from typing import assert_never

from protocols.ftms.training_status import TrainingStatus
from simulators.ftms.profile import Training
from simulators.physics.machine import Machine, Phase

_TEXT_PRESENT, _EXTENDED = 0x01, 0x02
_ATT_HEADER = 3
_HEADERS = _ATT_HEADER + 2
"""Octets of a notification besides the text."""


def training_octet(machine: Machine, training: Training) -> int:
    """Return the current training status; FTMS has none for a pause."""
    if training.constant is not None:
        return training.constant
    slowing = training.slowing if training.slowing is not None else TrainingStatus.POST_WORKOUT
    match machine.phase:
        case Phase.STARTING:
            return TrainingStatus.PRE_WORKOUT
        case Phase.RUNNING | Phase.PAUSED:
            return TrainingStatus.MANUAL
        case Phase.IDLE if machine.elapsed_s > 0 and not machine.stands:
            return slowing
        case Phase.IDLE:
            known = training.stopped is not None and machine.elapsed_s > 0
            return training.stopped if known and training.stopped else TrainingStatus.IDLE
        case _:
            assert_never(machine.phase)


def training_value(octet: int, text: str, mtu: int, training: Training) -> bytes:
    """Return the whole value for a read over a link with this ATT MTU, which may need parts."""
    promised = _TEXT_PRESENT if text or training.string_flag else 0
    octets = text.encode()
    extended = _EXTENDED if len(octets) > mtu - _HEADERS else 0
    return bytes((promised | extended, octet)) + octets


def training_frame(octet: int, text: str, mtu: int, training: Training) -> bytes:
    """Return a notification; a longer value is cut, and must be read (FTMS 1.0.1 §4.10)."""
    return training_value(octet, text, mtu, training)[: mtu - _ATT_HEADER]
