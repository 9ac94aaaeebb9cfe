"""Storage format of a past: JSON with names that every version can read."""

import json
from typing import Any

from bridge.guard.person.past import Past
from bridge.history.store.adapters import adapter
from bridge.values import Axis

_WRITTEN = {
    "seen": "seen_ago_s",
    "moved": "moved_ago_s",
    "at": "ago_s",
    "began": "began_ago_s",
    "known_from": "known_s",
    "belt_time": "belt_time_s",
}
_READ = {name: field for field, name in _WRITTEN.items()}
_ENDS = {"start": "from", "end": "to"}
"""Start and end of a cool-down: a name for each axis, such as `from_speed`."""


def encode(past: Past) -> str:
    """Encode a past as JSON."""
    row = _renamed(adapter(Past).dump_python(past, mode="json"), _WRITTEN)
    slope = row["session"] and row["session"]["cool_down"]
    if slope:
        for field, end in _ENDS.items():
            slope |= {f"{end}_{axis}": value for axis, value in slope.pop(field).items()}
    return json.dumps(row)


def decode(text: str) -> Past:
    """Decode a stored past.

    Raises:
        ValueError: another version wrote it, or it is damaged.
    """
    row = json.loads(text)
    match row:
        case {"session": {"cool_down": {"from_speed": _} as slope}}:
            for field, end in _ENDS.items():
                slope[field] = {axis: slope.get(f"{end}_{axis}") for axis in Axis}
    return adapter(Past).validate_python(_renamed(row, _READ))


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_renamed(each, names) for each in value]
    if isinstance(value, dict):
        fields: dict[str, Any] = value
        return {names.get(name, name): _renamed(each, names) for name, each in fields.items()}
    return value
