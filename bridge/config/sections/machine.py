"""`[treadmills.machine]`: properties that the owner declares, over the table of models."""

from itertools import pairwise
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from bridge.config.invalid import not_one_of
from bridge.config.section import Boolean, Number, Section, agreed
from bridge.machines import (
    MODELS,
    Cadence,
    Declared,
    HaltWord,
    Pairing,
    SpeedUnit,
    StatusTarget,
    TrainingStatusUse,
    WriteType,
)
from protocols.ranges import InclineRange, SpeedRange
from protocols.units import INCLINE, SPEED

NONE: Final = "none"
"""The model without any quirks: plain FTMS, whatever the table has."""
_KEYS: Final = (NONE, *(row.key for row in MODELS))

_Speed = Annotated[Number, Field(ge=0, le=40)]
_Incline = Annotated[Number, Field(ge=-40, le=40)]
_Step = Annotated[Number, Field(gt=0, le=5)]


def _is_known(model: str) -> str:
    if model not in _KEYS:
        raise ValueError(not_one_of(model, _KEYS))
    return model


class Machine(Section):
    """Differences from FTMS. A missing key is taken from the table, else it is as in FTMS."""

    model: Annotated[str, AfterValidator(_is_known)] | None = None
    reported_speed_unit: SpeedUnit | None = None
    target_speed_unit: SpeedUnit | None = None
    range_speed_unit: SpeedUnit | None = None
    speed_range_kmh: tuple[_Speed, _Speed, _Step] | None = None
    incline_range_percent: tuple[_Incline, _Incline, _Step] | None = None
    speed_step_kmh: _Step | None = None
    incline_step_percent: _Step | None = None
    incline_scale: Annotated[Number, Field(ge=0.01, le=100)] | None = None
    incline_table: Annotated[
        tuple[tuple[Number, Number], ...] | None, Field(min_length=2, max_length=64)
    ] = None
    incline_offset_percent: Annotated[Number, Field(ge=-40, le=40)] | None = None
    incline_reported: Boolean | None = None
    reports_target: Boolean | None = None
    speed_first: Boolean | None = None
    status_target: StatusTarget | None = None
    status: Boolean | None = None
    training_status: TrainingStatusUse | None = None
    cadence: Cadence | None = None
    start_toggles: Boolean | None = None
    control_request: Literal["once", "each_target"] | None = None
    halt: HaltWord | None = None
    write: WriteType | None = None
    pace_s: Annotated[Number, Field(ge=0.5, le=5)] | None = None
    ask_every_s: Annotated[Number, Field(ge=0, le=60)] | None = None
    pairing: Pairing | None = None
    needs_unlock: Boolean | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        problems = []
        for key in ("speed_range_kmh", "incline_range_percent"):
            bounds = getattr(self, key)
            if bounds is not None and bounds[0] >= bounds[1]:
                problems.append(f"{key} is [lowest, highest, step]")
        if self.incline_table is not None and not _rises(self.incline_table):
            problems.append("incline_table must rise in both columns")
        if self.start_toggles and self.control_request == "each_target":
            problems.append(
                "a machine whose Start button toggles would be stopped by control_request = "
                '"each_target"; choose one'
            )
        return agreed(self, problems)

    def declared(self, speed_unit: str) -> Declared:
        """Return the declared properties; `speed_unit` is the treadmill's key."""
        both: dict[str, Any] = {}
        if speed_unit != "auto":
            unit = SpeedUnit(speed_unit)
            both = {"reported_speed_unit": unit, "target_speed_unit": unit}
            if unit is SpeedUnit.MPH:
                both["range_speed_unit"] = unit
        model = "" if self.model == NONE else self.model
        return Declared(model, both | self._settings())

    def _settings(self) -> dict[str, Any]:
        given = {key: getattr(self, key) for key in self.model_fields_set - {"model"}}
        settings: dict[str, Any] = {}
        for key, value in given.items():
            match key:
                case "speed_range_kmh":
                    settings["speed_range"] = SpeedRange(*(round(v * SPEED) for v in value))
                case "incline_range_percent":
                    settings["incline_range"] = InclineRange(*(round(v * INCLINE) for v in value))
                case "speed_step_kmh":
                    settings["speed_step"] = max(1, round(value * SPEED))
                case "incline_step_percent":
                    settings["incline_step"] = max(1, round(value * INCLINE))
                case "incline_offset_percent":
                    settings["incline_offset"] = round(value * INCLINE)
                case "incline_table":
                    settings[key] = tuple(
                        (round(number * INCLINE), round(true * INCLINE)) for number, true in value
                    )
                case "control_request":
                    settings["start_before_target"] = value == "each_target"
                case _:
                    settings[key] = value
        return settings


def _rises(table: tuple[tuple[float, float], ...]) -> bool:
    return all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(table))
