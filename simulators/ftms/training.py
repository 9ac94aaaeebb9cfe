"""Training Status as the machine's model tells it."""

from typing import assert_never

from protocols.ftms.training_status import TrainingStatus
from simulators.ftms.profile import Training
from simulators.physics.machine import Machine, Phase

_TEXT_PRESENT, _EXTENDED = 0x01, 0x02
_ATT_HEADER = 3
_HEADERS = _ATT_HEADER + 2
"""Octets of a notification that are not the text."""


def training_octet(machine: Machine, training: Training) -> int:
    """What kind of training goes on; FTMS has no word for a pause, a part of the session."""
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
    """The whole value, as a read over a link with this ATT MTU answers it, in parts if need be."""
    promised = _TEXT_PRESENT if text or training.string_flag else 0
    octets = text.encode()
    extended = _EXTENDED if len(octets) > mtu - _HEADERS else 0
    return bytes((promised | extended, octet)) + octets


def training_frame(octet: int, text: str, mtu: int, training: Training) -> bytes:
    """What a notification carries: a longer value is cut, and has to be read (FTMS 1.0.1 §4.10)."""
    return training_value(octet, text, mtu, training)[: mtu - _ATT_HEADER]
