"""Facts about real treadmills beyond FTMS: declared models and the learned machine."""

from bridge.machines.edge import PLAIN_EDGE, Edge
from bridge.machines.models import MODELS, Declared, Model, find_model
from bridge.machines.profile import (
    Cadence,
    HaltWord,
    Pairing,
    Profile,
    SpeedUnit,
    StatusTarget,
    TrainingStatusUse,
    WriteType,
)
from bridge.machines.quirk import Quirk, declared_quirks

__all__ = [
    "MODELS",
    "PLAIN_EDGE",
    "Cadence",
    "Declared",
    "Edge",
    "HaltWord",
    "Model",
    "Pairing",
    "Profile",
    "Quirk",
    "SpeedUnit",
    "StatusTarget",
    "TrainingStatusUse",
    "WriteType",
    "declared_quirks",
    "find_model",
]
