"""Keys in miles: each metric speed or distance has a twin key in miles."""

from collections.abc import Collection, Mapping
from typing import Final

from bridge.config.variable import Variable
from bridge.values import Units
from protocols.units import MPH

_ENDINGS: Final = (("_kmh_per_s", "_mph_per_s"), ("_kmh", "_mph"), ("_km", "_miles"))


def twin_of(key: str) -> str | None:
    """Return the same key in the other unit; None if it names no unit of length."""
    for metric, miles in _ENDINGS:
        if key.endswith(metric):
            return key.removesuffix(metric) + miles
        if key.endswith(miles):
            return key.removesuffix(miles) + metric
    return None


def is_in_miles(key: str) -> bool:
    """True if a key is in miles."""
    return any(key.endswith(miles) for _, miles in _ENDINGS)


def metric(data: Mapping[str, object], known: Collection[str]) -> dict[str, object]:
    """Convert keys in miles to the `known` ones in kilometres.

    Raises:
        ValueError: both a key and its twin are given.
    """
    found: dict[str, object] = {}
    for key, value in data.items():
        twin = twin_of(key) if is_in_miles(key) else None
        if twin is None or key in known or twin not in known:
            found[key] = value
            continue
        if twin in data:
            message = f"give {twin} or {key}, not both"
            raise ValueError(message)
        found[twin] = _in_kilometres(value)
    return found


def _in_kilometres(value: object) -> object:
    """Convert a number, or a list or table of them; the field refuses anything else."""
    if isinstance(value, Mapping):
        return {name: _in_kilometres(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_in_kilometres(each) for each in value]
    if isinstance(value, Variable):
        try:
            value = float(value)
        except ValueError:
            return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value * MPH
    return value


def as_written(key: str, value: float, units: Units) -> str:
    """Return a metric key and its value in the owner's units."""
    twin = twin_of(key.rpartition(".")[2])
    if units is Units.KMH or twin is None:
        return f"{key} {value:g}"
    path, dot, _ = key.rpartition(".")
    return f"{path}{dot}{twin} {in_miles(value):g}"


def in_miles(kilometres: float) -> float:
    """Return miles, to two decimals."""
    return round(kilometres / MPH, 2)
