"""Machine profiles as files: one small TOML file for each machine, beside this module.

A file contains only deviations from the strict machine, and names the evidence for each field that
it sets: a quirk of docs/simulator.md with its strength (A: capture from a real machine, B: report
of an owner, C: workaround in another program), or `assumed` for a required number that has not been
measured.

    title = "UREVO E1L walking pad"

    [data]
    step_octets = 3

    [evidence]
    "D1 A" = ["data.step_octets"]
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from enum import Enum
from importlib.resources import files
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from protocols.ftms.ranges import Range
from protocols.ftms.treadmill_data import TreadmillData
from simulators.ftms.profile import Profile
from simulators.physics.runner import RunnerSpec
from simulators.physics.spec import MachineSpec

ASSUMED: Final = "assumed"
_MACHINES: Final = files("simulators") / "machines"
_SUFFIX: Final = ".toml"
_SECTIONS: Final = {
    name: kind
    for name, kind in get_type_hints(Profile).items()
    if is_dataclass(kind) and isinstance(kind, type)
}
_EVIDENCE: Final = re.compile(r"[DPSL]\d+ [ABC]|" + ASSUMED)
_MEASURES: Final = frozenset(field.name for field in fields(TreadmillData)) - {
    "complete",
    "truncated",
    "flags",
    "wide_pace",
}
# Minimum and maximum of numbers whose type does not define them.
_BOUNDS: Final[dict[str, tuple[float, float]]] = {
    "belt.acceleration": (0.01, 20),
    "belt.deceleration": (0.01, 20),
    "belt.emergency_deceleration": (0.01, 50),
    "belt.inertia": (0.01, 10),
    "belt.load_inertia": (0, 10),
    "belt.sag": (0, 5),
    "belt.regulation": (0.1, 30),
    "belt.droop": (0, 0.5),
    "belt.pauses_when_empty_s": (0, 3600),
    "belt.pause_limit_s": (0, 3600),
    "belt.incline_rate": (0.01, 20),
    "belt.countdown": (0, 30),
    "advertising.machine_types": (0, 0xFFFF),
    "features.features": (0, 0xFFFFFFFF),
    "features.targets": (0, 0xFFFFFFFF),
    "data.interval_s": (0.05, 60),
    "data.parts": (0, 0xFFFF),
    "data.step_octets": (0, 3),
    "data.torn_at": (0, 512),
    "data.negative_gain": (0, 0xFFFF),
    "data.distance_step_m": (1, 1000),
    "data.incline_factor": (0.01, 100),
    "data.incline_constant": (-1000, 1000),
    "data.surplus_octets": (0, 20),
    "data.others": (0x2ACE, 0x2AD2),
    "control.answer_delay_s": (0, 60),
    "control.incline_factor": (0.01, 100),
    "control.unsupported": (2, 0xFF),
    "control.extra_ops": (0, 0x14),
    "control.ignores": (0, 0x14),
    "control.forgets_after": (0, 1000),
    "control.least_interval_s": (0, 60),
    "status.least_octets": (1, 20),
    "status.started_op": (0, 0xFF),
    "status.stopped_op": (0, 0xFF),
    "training.constant": (0, 0xFF),
    "training.slowing": (0, 0xFF),
    "training.stopped": (0, 0xFF),
    "link.mtu": (23, 517),
    "link.clients": (1, 8),
    "link.idle_s": (0, 3600),
}
_CHOICES: Final[dict[str, frozenset[str]]] = {
    "ranges.absent": frozenset({"speed", "incline", "heart_rate"}),
    "data.not_available": _MEASURES,
    "data.zero": _MEASURES,
}


class ProfileError(ValueError):
    """Unknown machine or invalid profile file; the text says where and why."""


def machine_names() -> tuple[str, ...]:
    """Return the names of the built-in machines, `strict` first."""
    names = sorted(
        path.name.removesuffix(_SUFFIX)
        for path in _MACHINES.iterdir()
        if path.name.endswith(_SUFFIX)
    )
    return tuple(sorted(names, key=lambda name: name != "strict"))


def load_profile(name: str | Path) -> Profile:
    """Load the profile of a built-in machine, or of a TOML file.

    Args:
        name: a name from `machine_names`, or the path of a file (anything that ends in `.toml`).

    Raises:
        ProfileError: it does not exist, or is invalid.
    """
    path = Path(name)
    if path.suffix == _SUFFIX:
        try:
            return parse_profile(path.read_text(encoding="utf-8"), path.stem)
        except OSError as error:
            message = f"{path} cannot be read: {error.strerror or error}"
            raise ProfileError(message) from None
        except UnicodeDecodeError as error:
            message = f"{path} cannot be read: {error}"
            raise ProfileError(message) from None
    known = machine_names()
    if str(name) not in known:
        near = get_close_matches(str(name), known, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
        message = f"no machine is called {name}; {hint}"
        raise ProfileError(message)
    return parse_profile((_MACHINES / f"{name}{_SUFFIX}").read_text(encoding="utf-8"), str(name))


def parse_profile(text: str, key: str) -> Profile:
    """Parse the profile in a TOML document; `key` is the machine's name.

    Raises:
        ProfileError: it is not TOML, or not a valid profile.
    """
    try:
        document = tomllib.loads(text)
        return _profile(document, key)
    except (tomllib.TOMLDecodeError, ValueError, TypeError) as error:
        message = f"machine {key}: {error}"
        raise ProfileError(message) from None


def _profile(document: dict[str, Any], key: str) -> Profile:
    given = dict(document)
    title = given.pop("title", None)
    evidence = given.pop("evidence", {})
    if not isinstance(title, str) or not title:
        message = "the title is missing"
        raise ProfileError(message)
    sections: dict[str, Any] = {}
    for name, table in given.items():
        if name not in _SECTIONS:
            raise ProfileError(_unknown("section", name, _SECTIONS))
        if not isinstance(table, Mapping):
            message = f"{name} is a section: write [{name}]"
            raise ProfileError(message)
        sections[name] = _section(name, table)
    named = {f"{section}.{each}" for section, table in given.items() for each in table}
    return Profile(key=key, title=title, evidence=_evidence(evidence, named), **sections)


def _section(name: str, table: Mapping[str, Any]) -> object:
    kind = _SECTIONS[name]
    hints = get_type_hints(kind)
    if kind is MachineSpec:
        hints = {each: hint for each, hint in hints.items() if hint is not RunnerSpec}
    values = {}
    for each, value in table.items():
        if each not in hints:
            raise ProfileError(_unknown(f"field of [{name}]", each, hints))
        values[each] = _value(f"{name}.{each}", hints[each], value)
    return kind(**values)


def _value(where: str, kind: Any, value: Any) -> Any:
    """Return `value` converted to the field's type."""
    if get_origin(kind) in {Union, UnionType}:
        (kind,) = (each for each in get_args(kind) if each is not NoneType)
    if get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise ProfileError(_wrong(where, value, "a list"))
        return tuple(_value(where, get_args(kind)[0], each) for each in value)
    if issubclass(kind, Range):
        return _range(where, kind, value)
    if issubclass(kind, Enum):
        choices = [each.value for each in kind]
        if value not in choices:
            raise ProfileError(_wrong(where, value, "one of " + ", ".join(map(str, choices))))
        return kind(value)
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        raise ProfileError(_wrong(where, value, _WORDS[kind]))
    if kind is str and value not in _CHOICES.get(where, (value,)):
        raise ProfileError(_wrong(where, value, "one of " + ", ".join(sorted(_CHOICES[where]))))
    if kind in {int, float}:
        least, most = _BOUNDS[where]
        if not least <= value <= most:
            raise ProfileError(_wrong(where, value, f"within {least:g} … {most:g}"))
    return value


_WORDS: Final = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


def _range(where: str, kind: type[Range], value: Any) -> Range:
    if not (
        isinstance(value, list) and len(value) == 3 and all(type(each) is int for each in value)
    ):
        raise ProfileError(_wrong(where, value, "[minimum, maximum, step] in whole wire units"))
    found = kind(*value)
    found.encode()  # each number fits
    if found.minimum > found.maximum:
        raise ProfileError(_wrong(where, value, "a range that begins with its minimum"))
    return found


def _evidence(table: Any, named: set[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the evidence, which must cover exactly the fields that are set."""
    if not isinstance(table, Mapping):
        message = "evidence is a section: write [evidence]"
        raise ProfileError(message)
    for source, about in table.items():
        if not _EVIDENCE.fullmatch(source):
            message = (
                f"{source!r} is no evidence: write a quirk with its strength (D1 A), or assumed"
            )
            raise ProfileError(message)
        for where in _listed(source, about):
            if where not in named:
                message = f"evidence {source} names {where}, which the file does not set"
                raise ProfileError(message)
    spoken_of = {where for about in table.values() for where in about}
    if missing := sorted(named - spoken_of):
        message = f"no evidence for {', '.join(missing)}"
        raise ProfileError(message)
    return tuple((source, tuple(about)) for source, about in table.items())


def _listed(source: str, about: Any) -> Iterator[str]:
    if not isinstance(about, list) or not all(isinstance(each, str) for each in about):
        raise ProfileError(_wrong(f'evidence."{source}"', about, "a list of fields"))
    yield from about


def _unknown(what: str, name: str, known: Mapping[str, object]) -> str:
    near = get_close_matches(name, known, 1)
    hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"
    return f"{name} is no {what}{hint}"


def _wrong(where: str, value: object, wanted: str) -> str:
    return f"{where} is {value!r}, but has to be {wanted}"
