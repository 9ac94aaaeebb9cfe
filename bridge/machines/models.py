"""Table of models whose behaviour must be declared, because detection would be too late.

For other machines the bridge trusts what they report, and observes them. Each row names its
evidence: A, a capture from a real machine; B, an owner's report; C, a work-around in other
software. A row that may be wrong errs towards the slower belt. The keys of `[treadmills.machine]`
override every row.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any, Final

from bridge.machines.profile import (
    Cadence,
    HaltWord,
    Profile,
    SpeedUnit,
    StatusTarget,
    TrainingStatusUse,
)
from protocols.ranges import InclineRange

MPH_BOTH_WAYS: Final = Profile(reported_speed_unit=SpeedUnit.MPH, target_speed_unit=SpeedUnit.MPH)


@dataclass(frozen=True, slots=True)
class Model:
    """A row: matching machines and their profile.

    Patterns are shell patterns, case-insensitive. One of `names` must match the advertised name.
    `maker` and `model` match the Device Information. Empty matches everything.
    """

    key: str
    title: str
    profile: Profile
    evidence: str
    names: tuple[str, ...] = ()
    maker: str = ""
    model: str = ""

    def fits(self, name: str, maker: str, model: str) -> bool:
        """Return True if a machine matches this row."""
        return (
            (not self.names or any(_fits(pattern, name) for pattern in self.names))
            and (not self.maker or _fits(self.maker, maker))
            and (not self.model or _fits(self.model, model))
        )


def _fits(pattern: str, text: str) -> bool:
    return fnmatchcase(text.strip().lower(), pattern.lower())


MODELS: Final = (
    Model(
        "simulated",
        "the simulated treadmill of this project",
        Profile(reported_speed_unit=SpeedUnit.KMH, target_speed_unit=SpeedUnit.KMH),
        "its source",
        maker="treadmill-bridge",
        model="Simulated treadmill",
    ),
    Model(
        "urevo",
        "UREVO walking pads (E1L)",
        Profile(status_target=StatusTarget.CURRENT),
        "S3 A",
        names=("urevo*", "urtm*"),
    ),
    Model(
        "kingsmith_z1",
        "KingSmith WalkingPad Z1",
        Profile(training_status=TrainingStatusUse.READ, halt=HaltWord.PAUSE, needs_unlock=True),
        "P18 B, P21 B, P23 B",
        names=("ks-hd-z1*",),
    ),
    Model(
        "kingsmith_ph4",
        "KingSmith WalkingPad PH4",
        Profile(training_status=TrainingStatusUse.READ, speed_first=True),
        "D23 B, P21 B",
        names=("ks-*ph4*",),
    ),
    Model(
        "kingsmith",
        "KingSmith WalkingPads that speak FTMS",
        Profile(training_status=TrainingStatusUse.READ),
        "P21 B",
        names=("ks-*",),
    ),
    Model(
        "fitshow_dbt",
        "DBT walking pad with a FitShow module",
        Profile(range_speed_unit=SpeedUnit.MPH, pace_s=1.2),
        "D28 B, P20 B",
        names=("fs-dbt*",),
    ),
    Model(
        "fitshow",
        "machines with a FitShow module",
        Profile(pace_s=1.2),
        "P12 C, P20 B",
        names=("fs-*",),
    ),
    Model(
        "life_fitness",
        "Life Fitness",
        Profile(ask_every_s=10.0),
        "L3 B",
        maker="life fitness*",
    ),
    Model(
        "sole",
        "Sole F85 and F89",
        Profile(incline_range=InclineRange(-50, 150, 10)),
        "P16 C, P17 C",
        names=("f85*", "f89*", "sole f85*", "sole f89*"),
    ),
    Model(
        "t202",
        "Johnson T202",
        Profile(target_speed_unit=SpeedUnit.MPH),
        "P15 B",
        names=("jftm*t202*",),
    ),
    Model(
        "horizon_7_0_at",
        "Horizon 7.0 AT",
        Profile(target_speed_unit=SpeedUnit.MPH),
        "P15 B",
        names=("*7.0at*",),
    ),
    Model(
        "bowflex_t9",
        "Bowflex T9",
        MPH_BOTH_WAYS,
        "D19 C, P15 C",
        names=("bowflex t9*",),
    ),
    Model(
        "iconcept",
        "iConcept",
        Profile(incline_scale=0.1),
        "D20 C",
        names=("t01_*",),
    ),
    Model(
        "tunturi_t60",
        "Tunturi T60",
        Profile(incline_reported=False, incline_step=10),
        "D21 C, P16 C",
        names=("tunturi t60*",),
    ),
    Model(
        "domyos_ts100",
        "Domyos TS100",
        Profile(incline_reported=False),
        "D21 C",
        names=("domyos*ts100*",),
    ),
    Model(
        "wellfit",
        "Wellfit",
        Profile(speed_step=32),
        "P16 B",
        names=("wellfit*",),
    ),
    Model(
        "myrun",
        "Technogym MyRun",
        Profile(start_before_target=True, cadence=Cadence.STRIDES),
        "L10 A, P13 C",
        names=("myrun*",),
    ),
    Model(
        "focus_senator",
        "Focus Fitness Senator",
        Profile(needs_unlock=True),
        "P18 C",
        names=("*senator*",),
    ),
)
"""In order: the first matching row applies."""


def find_model(name: str, maker: str = "", model: str = "") -> Model | None:
    """Return the row of a machine by advertised name, maker and model; None without one."""
    return next((row for row in MODELS if row.fits(name, maker, model)), None)


@dataclass(frozen=True, slots=True)
class Declared:
    """The owner's declarations: a row of the table by its key, and single settings.

    `model` None: find the row; empty: none. `settings` are fields of `Profile`.
    """

    model: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    def profile(self, name: str, maker: str = "", model: str = "") -> Profile:
        """Return the profile of a machine: its row, overridden by the owner's settings."""
        row = self.row(name, maker, model)
        return replace(row.profile if row else Profile(), **self.settings)

    def row(self, name: str, maker: str = "", model: str = "") -> Model | None:
        """Return the row of a machine."""
        if self.model is None:
            return find_model(name, maker, model)
        return next((row for row in MODELS if row.key == self.model), None)
