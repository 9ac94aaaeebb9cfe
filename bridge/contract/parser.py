"""Parses a command message to a command, or to a refusal with advice.

Pure, and never raises, whatever the bytes. A stop or pause is recognised first, even in a message
that is broken, too long or too old. Only the retained flag prevents it, because a retained message
is not a present request.
"""

import re
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from functools import partial

from bridge.contract.message import (
    MAX_BYTES,
    MAX_TEXT,
    Circumstances,
    Message,
    RefusedError,
    check_size,
    is_text,
    lay_open,
    refuse,
    text_of,
)
from bridge.contract.topics import SETTABLE
from bridge.plans.model import WORST
from bridge.plans.status import PlanAction
from bridge.values import Command, Reason, Verb
from bridge.workouts.states import PlayerAction
from protocols.units import MPH

MAX_SPEED = 0xFFFF
"""Limits of the wire format, in 0.01 km/h; the guard decides what is allowed."""
MAX_INCLINE = 0x7FFF - 1
"""The same in 0.1 %, either way; the largest number of the wire means "not available"."""

_EXACT = Context(prec=2 * MAX_BYTES, rounding=ROUND_HALF_EVEN)
_NOISE = Decimal("1e-9")
"""Finest difference that is meant: a sender's arithmetic makes 8.199999999999999 of 8.2."""
_AXES_AND_NOTES = {*SETTABLE} - {"belt"}
_BELT = {verb.value: verb for verb in Verb if verb not in _AXES_AND_NOTES}
_AROUND_A_WORD = string.whitespace + string.punctuation + "\0\ufeff"
"""What may surround the word of a stop: a C program's last octet, an editor's byte order mark."""
_HALT_IN_RUINS = re.compile(r'"command"\s*:\s*"(stop|pause)"', re.IGNORECASE)
_ZERO_IN_RUINS = re.compile(r'"value"\s*:\s*-?0+(\.0*)?[\s,}]|\A\s*-?0(\.0+)?\s*\Z')
_SEARCHED = 4 * MAX_BYTES
"""Bytes of a too long message that are searched for a stop: 1 ms, so that a flood delays little."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that is not a command: its intended kind, as far as known, and the reason."""

    id: str
    command: str
    source: str
    reason: Reason
    requested: object = None


def parse(kind: str, payload: bytes, around: Circumstances) -> Command | Refusal:
    """Parse a message of the topic `…/set/<kind>`."""
    message = lay_open(payload, around)
    halt = _halt(kind, message)
    try:
        if around.retained:
            refuse("retained")
        if halt:
            return message.command(halt, requested=0.0 if kind == "speed" else None)
        if around.expired:
            refuse("expired")
        if kind not in SETTABLE:
            refuse("unknown_topic", known=SETTABLE)
        check_size(payload)
        return _READERS[kind](message)
    except RefusedError as error:
        return Refusal(
            id=message.id,
            command=halt or (kind if kind in SETTABLE else "unknown"),
            source=message.source,
            reason=error.reason,
            requested=_number_asked(kind, message.document),
        )


# --- stop and pause ------------------------------------------------------------------------------


def _halt(kind: str, message: Message) -> Verb | None:
    """Find a stop or pause, even in a broken message; a stop takes precedence."""
    if kind not in {"belt", "speed", "incline"}:
        return None
    document = message.document
    text = message.payload[:_SEARCHED].decode(errors="ignore")
    command = document.get("command") if isinstance(document, dict) else None
    found = (each for each in (text, command) if isinstance(each, str))
    words = {each.strip(_AROUND_A_WORD).casefold() for each in found}
    words.update(word.casefold() for word in _HALT_IN_RUINS.findall(text))
    for halt in (Verb.STOP, Verb.PAUSE):
        if halt in words:
            return halt
    return Verb.STOP if kind == "speed" and _is_zero(document, text) else None


def _is_zero(document: object, text: str) -> bool:
    value = document.get("value") if isinstance(document, dict) else document
    if isinstance(value, Decimal):
        return value == 0
    return document is None and bool(_ZERO_IN_RUINS.search(text))


# --- the topics ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Axis:
    """Parsing of one axis: `factors` to its own unit, and the `digits` that the wire keeps."""

    verb: Verb
    unit: str
    factors: Mapping[str, Decimal]
    digits: int
    least: Decimal
    wire_most: int
    example: str

    @property
    def most(self) -> Decimal:
        return Decimal(self.wire_most).scaleb(-self.digits)


_SPEED = _Axis(
    verb=Verb.SPEED,
    unit="km/h",
    factors={"km/h": Decimal(1), "mph": Decimal(str(MPH))},
    digits=2,
    least=Decimal(0),
    wire_most=MAX_SPEED,
    example='a number such as 8.2, or JSON such as {"value": 8.2, "unit": "km/h"}',
)
_INCLINE = _Axis(
    verb=Verb.INCLINE,
    unit="%",
    factors={"%": Decimal(1), "percent": Decimal(1)},
    digits=1,
    least=-Decimal(MAX_INCLINE).scaleb(-1),
    wire_most=MAX_INCLINE,
    example='a number such as 2.5, or JSON such as {"value": 2.5}',
)


def _read_target(message: Message, axis: _Axis) -> Command:
    value: object = message.document
    unit: object = axis.unit
    if not isinstance(value, Decimal):
        fields = message.fields(frozenset({"value", "unit"}), axis.example)
        value, unit = fields.get("value"), fields.get("unit", axis.unit)
    if not isinstance(value, Decimal):
        refuse("invalid_value", example=axis.example)
    factor = axis.factors.get(unit) if isinstance(unit, str) else None
    if factor is None:
        refuse("unknown_unit", known=tuple(axis.factors))
    # Compared before any arithmetic, so that a huge exponent does no harm.
    if not axis.least <= value <= axis.most:
        refuse("out_of_range", example=f"{axis.least} to {axis.most} {axis.unit}")
    wire = _to_wire(value, factor, axis.digits)
    if wire > axis.wire_most:
        refuse("out_of_range", example=f"{axis.least} to {axis.most} {axis.unit}")
    if wire == 0 and value and axis.verb is Verb.SPEED:
        refuse("out_of_range", "small")
    requested = float(value) if factor == 1 else wire / 10**axis.digits
    return message.command(axis.verb, value=wire, requested=requested)


def _to_wire(value: Decimal, factor: Decimal, digits: int) -> int:
    """Return a target in wire units, not above what was asked.

    Miles are rounded to the nearest: 5 mph, rounded down here and again for a machine of miles,
    would become 4.9.
    """
    if factor != 1:
        exact = _EXACT.multiply(value, factor).scaleb(digits, _EXACT)
        return int(exact.to_integral_value(context=_EXACT))
    exact = value.quantize(_NOISE, context=_EXACT).scaleb(digits, _EXACT)
    return int(exact.to_integral_value(ROUND_FLOOR))


def _read_belt(message: Message) -> Command:
    words = ", ".join(_BELT)
    example = f'one of the words {words}, or JSON such as {{"command": "start"}}'
    word, confirm = message.document, False
    if message.wrong and not message.means_object:
        word = text_of(message.payload).strip()
    elif not isinstance(word, str):
        fields = message.fields(frozenset({"command", "confirm"}), example)
        word, said = fields.get("command"), fields.get("confirm", False)
        if not isinstance(said, bool):
            refuse("invalid_confirm")
        confirm = said
    verb = _BELT.get(str(word).casefold())
    if verb is None:
        refuse("unknown_command", example=example)
    return message.command(verb, confirm=confirm)


def _read_pain(message: Message) -> Command:
    example = '{"place": "lower back", "severity": 3} or {"clear": true}'
    fields = message.fields(frozenset({"place", "severity", "clear"}), example)
    place, severity = fields.get("place"), fields.get("severity")
    if fields.get("clear") is True and not fields.keys() & {"place", "severity"}:
        return message.command(Verb.PAIN, details={"clear": True})
    if "clear" in fields or not is_text(place):
        refuse("invalid_pain", example=example)
    if not isinstance(severity, Decimal) or severity not in set(range(WORST + 1)):
        refuse("invalid_severity", example=example)
    details: dict[str, object] = {"place": place, "severity": int(severity)}
    return message.command(Verb.PAIN, requested=details, details=details)


def _read_name(message: Message, verb: Verb) -> Command:
    example = f"the configured name of the {verb} as plain text of 1 to {MAX_TEXT} characters"
    name: object = message.document
    if message.means_object:
        name = message.fields(frozenset({"name"}), example).get("name")
    elif not isinstance(name, str):
        name = text_of(message.payload).strip()
    if not is_text(name):
        refuse("invalid_name", example=example)
    return message.command(verb, requested=name, details={"name": name})


def _read_workout(message: Message) -> Command:
    words = ", ".join(PlayerAction)
    example = f'a workout\'s name, or JSON such as {{"command": "skip"}} with one of {words}'
    name: object = message.document
    if message.means_object:
        fields = message.fields(frozenset({"name", "command"}), example)
        name, word = fields.get("name"), fields.get("command", PlayerAction.START)
        if not isinstance(word, str) or word not in set(PlayerAction):
            refuse("unknown_workout_command", example=example)
        if "name" not in fields and "command" in fields:
            return message.command(Verb.WORKOUT, requested=word, details={"command": word})
        if word != PlayerAction.START:
            refuse("name_with_command", example="the name, or another command")
    elif not isinstance(name, str):
        name = text_of(message.payload).strip()
    if not is_text(name):
        refuse("invalid_name", example=example)
    return message.command(Verb.WORKOUT, requested=name, details={"name": name})


_ANSWER = frozenset({"severity", "place"})


def _read_plan(message: Message) -> Command:
    words = ", ".join(PlanAction)
    example = f'a pain of 0 to {WORST}, one of {words}, or JSON such as {{"severity": 2}}'
    fields: Mapping[str, object]
    if message.means_object:
        fields = message.fields(frozenset({"severity", "place", "command"}), example)
    elif isinstance(message.document, Decimal):
        fields = {"severity": message.document}
    elif isinstance(message.document, str):
        fields = {"command": message.document}
    else:
        fields = {"command": text_of(message.payload).strip()}
    match fields:
        case {"command": str(word)} if word in set(PlanAction) and not fields.keys() & _ANSWER:
            return message.command(Verb.PLAN, requested=word, details={"command": word})
        case {"severity": Decimal() as severity} if severity in set(range(WORST + 1)):
            if "command" in fields:
                refuse("invalid_plan", example=example)
        case _:
            refuse("invalid_plan", example=example)
    details: dict[str, object] = {"severity": int(severity)}
    if fields.get("place") is not None:
        details["place"] = fields["place"]
        if not is_text(fields["place"]):
            refuse("invalid_text", key="place", longest=MAX_TEXT)
    return message.command(Verb.PLAN, requested=details, details=details)


_READERS: Mapping[str, Callable[[Message], Command]] = {
    "speed": partial(_read_target, axis=_SPEED),
    "incline": partial(_read_target, axis=_INCLINE),
    "belt": _read_belt,
    "pain": _read_pain,
    "person": partial(_read_name, verb=Verb.PERSON),
    "shoes": partial(_read_name, verb=Verb.SHOES),
    "workout": _read_workout,
    "plan": _read_plan,
}


def _number_asked(kind: str, document: object) -> float | None:
    """Return the number in a refused message, for the outcome; None without a sensible one.

    A speed is in km/h; its number is returned as it is if the unit is unknown.
    """
    fields = document if isinstance(document, dict) else {"value": document}
    value, unit = fields.get("value"), fields.get("unit")
    if not isinstance(value, Decimal) or not -MAX_SPEED <= value <= MAX_SPEED:
        return None
    if kind == "speed" and unit == "mph":
        value = Decimal(_to_wire(value, _SPEED.factors[unit], _SPEED.digits)).scaleb(-_SPEED.digits)
    return float(value)
