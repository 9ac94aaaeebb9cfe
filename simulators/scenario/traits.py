"""Traits of a machine that decide if a scenario applies, by the names that scenarios use."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from protocols.ftms.control_point import OpCode
from protocols.ftms.feature import Target
from simulators.ftms.profile import Lock, Profile
from simulators.physics.spec import SpeedUnit
from simulators.scenario.script import Scenario


def _ignores(op: OpCode) -> Callable[[Profile], bool]:
    return lambda profile: (
        not profile.control.present or profile.lock.control or op in profile.control.ignores
    )


def _no_speed(profile: Profile) -> bool:
    return _ignores(OpCode.SET_TARGET_SPEED)(profile) or Target.SPEED not in profile.targets


def _mph(profile: Profile) -> bool:
    units = (profile.data.speed_unit, profile.control.speed_unit, profile.belt.unit)
    return SpeedUnit.MPH in units


TRAITS: Final[Mapping[str, Callable[[Profile], bool]]] = {
    "no control": lambda profile: not profile.control.present,
    "ignores start": _ignores(OpCode.START_OR_RESUME),
    "ignores stop": _ignores(OpCode.STOP_OR_PAUSE),
    "ignores speed": _no_speed,
    "ignores incline": _ignores(OpCode.SET_TARGET_INCLINE),
    "ignores speed for good": lambda profile: _no_speed(replace(profile, lock=Lock())),
    "two starts": lambda profile: profile.control.start_before_target,
    "stop pauses": lambda profile: profile.control.stop_pauses,
    "free for all": lambda profile: not profile.control.needs_control,
    "shows nothing": lambda profile: profile.lock.data,
    "no status": lambda profile: not profile.status.sent,
    "silent at rest": lambda profile: profile.data.silent_at_rest,
    "reports target": lambda profile: profile.data.reports_target,
    "mph": _mph,
    "no incline": lambda profile: profile.belt.incline.minimum == profile.belt.incline.maximum,
    "odd incline": lambda profile: (
        profile.data.incline_factor != 1 or profile.control.incline_factor != 1
    ),
    "other steps": lambda profile: (
        (profile.belt.speed.minimum, profile.belt.speed.step) != (80, 10)
    ),
}


def reason_against(scenario: Scenario, profile: Profile) -> str:
    """Return why a scenario does not apply to a machine; empty if it does."""
    for name, why in scenario.not_for.items():
        if name == profile.key or (name in TRAITS and TRAITS[name](profile)):
            return why
    return ""
