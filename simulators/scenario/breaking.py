"""Faults of a scenario's steps: those of `simulators.ftms.faults`, by name and fields.

    [[step]]
    fault = "drop answers"
    count = 2
    on = "written"
    op = "start or resume"

Without `on` it strikes now. Scenarios have three more: "come back" ends a loss of range, "unlock"
unlocks the machine like the vendor's app, and "say" sends octets (`hex`) of a characteristic
(`uuid`) to every client.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final, get_args

from protocols.errors import DecodeError
from protocols.ftms.control_point import OpCode
from protocols.uuids import TREADMILL_DATA, short
from simulators.ftms import faults as catalogue
from simulators.ftms.faults import Fault, On, Step


class BreakingError(ValueError):
    """Unknown fault or invalid fields; the text lists the valid ones."""


@dataclass(frozen=True, slots=True)
class ComeBack:
    """The machine comes back into range."""


@dataclass(frozen=True, slots=True)
class Unlock:
    """The vendor's app unlocks the machine."""


@dataclass(frozen=True, slots=True)
class Say:
    """Every client receives these octets, as from a faulty machine."""

    hex: str
    uuid: int = TREADMILL_DATA

    @property
    def octets(self) -> bytes:
        """Octets to send."""
        return bytes.fromhex(self.hex)


Breakage = Fault | ComeBack | Unlock | Say


def _messages(kind: type) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind.__name__).lower()


KINDS: Final[Mapping[str, type]] = {
    _messages(kind): kind for kind in (*get_args(catalogue.Fault), ComeBack, Unlock, Say)
}
_WHEN: Final = frozenset({"on", "op", "nth"})


def breakage(name: str, details: Mapping[str, object]) -> tuple[Breakage, On | None]:
    """Return the fault, and the step that it waits for; None is now.

    Raises:
        BreakingError: unknown fault or invalid fields.
    """
    kind = KINDS.get(name)
    if kind is None:
        message = f"no fault {name!r}; known are: {', '.join(KINDS)}"
        raise BreakingError(message)
    own = {key: value for key, value in details.items() if key not in _WHEN}
    known = {field.name for field in fields(kind)}
    if not own.keys() <= known:
        message = f"the fault {name!r} accepts {', '.join(sorted(known)) or 'nothing'}"
        raise BreakingError(message)
    try:
        if "uuid" in own:
            own["uuid"] = short(str(own["uuid"]))
        fault: Breakage = kind(**own)
        if isinstance(fault, Say):
            _ = fault.octets
        when = _when(details)
    except (TypeError, ValueError, KeyError, DecodeError) as error:
        message = f"the fault {name!r} has invalid fields: {error}"
        raise BreakingError(message) from error
    if when is not None and isinstance(fault, ComeBack | Unlock | Say):
        message = f"the fault {name!r} strikes at once"
        raise BreakingError(message)
    return fault, when


def _when(details: Mapping[str, object]) -> On | None:
    if "on" not in details:
        return None
    op = details.get("op")
    number = OpCode[str(op).upper().replace(" ", "_")] if op is not None else None
    return On(Step(details["on"]), number, int(str(details.get("nth", 1))))
