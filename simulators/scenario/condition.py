"""A condition of a scenario: one comparison, such as `machine.speed_kmh <= 6.1`.

    NAME OP VALUE

OP is one of `is`, `is not`, `<`, `<=`, `>`, `>=`, `has`. VALUE is a number, `true`, `false`,
`null`, another NAME (optionally followed by `+ NUMBER` or `- NUMBER`), or any text. An ordering
comparison with null is false.
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

ROOTS: Final = frozenset(
    {
        "machine",
        "state",
        "guard",
        "link",
        "session",
        "outcome",
        "events",
        "availability",
        "text",
        "late",
    }
)
"""Prefixes of names: `machine` is the machine's own side, all others are the bridge's."""

Look = Callable[[str], object]
_CONDITION = re.compile(r"(?P<name>[a-z]\S*)\s+(?P<op>is not|is|has|<=|>=|<|>)\s+(?P<value>.+)")
_SUM = re.compile(r"(?P<name>[a-z][\w.]*)(\s*(?P<sign>[+-])\s*(?P<number>\d+(\.\d+)?))?")
_SIZES: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_WORDS: Final = {"true": True, "false": False, "null": None}


class ConditionError(ValueError):
    """Invalid condition; the text describes a valid one."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison; `text` is how it was written."""

    text: str
    name: str
    op: str
    value: str

    @property
    def of_machine(self) -> bool:
        """True if the condition needs no bridge."""
        other = _reference(self.value)
        return all(
            _root(name) == "machine" for name in (self.name, other[0] if other else None) if name
        )

    def holds(self, look: Look) -> bool:
        """Return True if the condition holds; `look` returns the value of a name."""
        found, wanted = look(self.name), _wanted(self.value, look)
        if self.op in _SIZES:
            if not _is_number(found) or not _is_number(wanted):
                return False
            return _SIZES[self.op](float(str(found)), float(str(wanted)))
        if self.op == "has":
            return wanted in found if isinstance(found, list) else str(wanted) in str(found)
        return (_same(found, wanted)) is (self.op == "is")

    def found(self, look: Look) -> str:
        """Return the actual values, for a report."""
        parts = [f"{self.name} is {_said(look(self.name))}"]
        other = _reference(self.value)
        if other is not None:
            parts.append(f"{other[0]} is {_said(look(other[0]))}")
        return ", ".join(parts)


def read_condition(text: str) -> Condition:
    """Parse a condition.

    Raises:
        ConditionError: the text is not a condition.
    """
    match = _CONDITION.fullmatch(text.strip())
    if match is None or _root(match["name"]) not in ROOTS:
        message = (
            f"{text!r} is not a condition: write NAME OP VALUE, such as"
            " `machine.speed_kmh <= 6.1`, `state.belt is running` or `outcome.mine is limited`"
        )
        raise ConditionError(message)
    return Condition(text.strip(), match["name"], match["op"], match["value"].strip())


def _root(name: str) -> str:
    return name.partition(".")[0]


def _reference(value: str) -> tuple[str, float] | None:
    """Return the name in a value, and the number added to it."""
    match = _SUM.fullmatch(value)
    if match is None or "." not in match["name"] or _root(match["name"]) not in ROOTS:
        return None
    number = float(match["number"] or 0)
    return match["name"], -number if match["sign"] == "-" else number


def _wanted(value: str, look: Look) -> object:
    if value in _WORDS:
        return _WORDS[value]
    reference = _reference(value)
    if reference is not None:
        name, more = reference
        found = look(name)
        return float(str(found)) + more if _is_number(found) else found
    try:
        return float(value)
    except ValueError:
        return value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same(found: object, wanted: object) -> bool:
    if _is_number(found) and _is_number(wanted):
        return float(str(found)) == float(str(wanted))
    if isinstance(found, bool) or found is None or isinstance(wanted, bool) or wanted is None:
        return found is wanted
    return str(found) == str(wanted)


def _said(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return (
        {None: "null", True: "true", False: "false"}.get(value, str(value))
        if (value is None or isinstance(value, bool))
        else str(value)
    )
