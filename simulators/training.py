"""Training Status as the machine's model tells it."""

from typing import assert_never

from protocols.ftms.training_status import TrainingStatus
from simulators.machine import Machine, Phase
from simulators.profile import Training

_TEXT_PRESENT = 0x01


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


def training_value(octet: int, training: Training) -> bytes:
    """The value that a notification carries."""
    return bytes((_TEXT_PRESENT if training.string_flag else 0, octet))
