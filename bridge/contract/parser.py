"""From the bytes of a command's topic to a command, or to a refusal that says what to do.

Pure, and whatever the bytes: nothing here raises. A stop or a pause is recognised before all else,
even in a message that is otherwise broken, too long or too old; only the retained flag holds it
back, because a retained message is nobody's wish of this moment.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, DecimalException
from functools import partial
from typing import NoReturn, TypeGuard

from bridge.contract.topics import SETTABLE
from bridge.plans.model import WORST
from bridge.plans.status import Word as PlanWord
from bridge.values import Command, Reason, Value, Verb
from bridge.workouts.states import Word
from protocols.units import MPH

MAX_BYTES = 4096
MAX_AGE = timedelta(seconds=5)
MAX_TEXT = 128
MAX_SPEED = 0xFFFF
"""What the wire can carry, in 0.01 km/h; what is allowed is the guard's matter."""
MAX_INCLINE = 0x7FFF - 1
"""The same in 0.1 %, either way; the largest number of the wire means "not available"."""

_EXACT = Context(prec=2 * MAX_BYTES, rounding=ROUND_HALF_EVEN)
_AXES_AND_NOTES = {*SETTABLE} - {"belt"}
_BELT = {verb.value: verb for verb in Verb if verb not in _AXES_AND_NOTES}
_HALT_IN_RUINS = re.compile(r'"command"\s*:\s*"(stop|pause)"', re.IGNORECASE)
_ZERO_IN_RUINS = re.compile(r'"value"\s*:\s*-?0+(\.0*)?\s*[,}]')
_COMMON = frozenset({"id", "time", "source"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that is no command: what it was meant to be, as far as can be told, and why not."""

    id: str
    command: str
    source: str
    reason: Reason
    requested: object = None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known of a message besides its bytes.

    `received` is monotonic seconds, `expired` whether its sender gave it no time (any more), `late`
    whether the broker's echo is overdue, `fallback_id` the id of a command that brings none.
    """

    received: float
    utc: datetime
    fallback_id: str
    retained: bool = False
    expired: bool = False
    late: bool = False
    programs: frozenset[str] = field(default_factory=frozenset)


class _RefusedError(Exception):
    """Carries the reason from wherever it is found to `parse`."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def _refuse(rule: str, case: str = "", **values: Value) -> NoReturn:
    raise _RefusedError(Reason(rule, values=tuple(values.items()), case=case))


def parse(kind: str, payload: bytes, around: Circumstances) -> Command | Refusal:
    """Read one message of the topic `…/set/<kind>`."""
    message = _open(payload, around)
    halt = _halt(kind, message)
    try:
        if around.retained:
            _refuse("retained")
        if halt:
            return message.command(halt, requested=0.0 if kind == "speed" else None)
        if around.expired:
            _refuse("expired")
        if kind not in SETTABLE:
            _refuse("unknown_topic", known=SETTABLE)
        _check_size(payload)
        return _READERS[kind](message)
    except _RefusedError as error:
        return Refusal(
            id=message.id,
            command=halt or (kind if kind in SETTABLE else "unknown"),
            source=message.source,
            reason=error.reason,
            requested=_number_asked(message.document),
        )


@dataclass(frozen=True, slots=True)
class _Message:
    """A message laid open: its JSON, or what is `wrong` with it; who sent it, as far as it says."""

    payload: bytes
    document: object
    wrong: Reason | None
    id: str
    source: str
    around: Circumstances

    @property
    def means_object(self) -> bool:
        """Whether it was meant to be a JSON object, however badly it went."""
        return self.payload.lstrip().startswith(b"{")

    def command(
        self,
        verb: Verb,
        *,
        value: int | None = None,
        requested: object = None,
        confirm: bool = False,
        details: dict[str, object] | None = None,
    ) -> Command:
        return Command(
            id=self.id,
            verb=verb,
            source=self.source,
            received=self.around.received,
            value=value,
            requested=requested,
            confirm=confirm,
            program=self.source.partition(":")[0].strip().casefold() in self.around.programs,
            late=self.around.late,
            details=details or {},
        )

    def fields(self, allowed: frozenset[str], example: str) -> dict[str, object]:
        """The keys of a JSON object, none unknown, with the common ones in order."""
        if self.wrong:
            values = (*self.wrong.values, ("example", example))
            raise _RefusedError(replace(self.wrong, values=values))
        if not isinstance(self.document, dict):
            _refuse("invalid_message", example=example)
        if unknown := sorted(self.document.keys() - allowed - _COMMON):
            known = tuple(sorted(allowed | _COMMON))
            _refuse("unknown_key", found=ascii(unknown[0][:MAX_TEXT]), known=known)
        for key in ("id", "source"):
            if self.document.get(key) is not None and not _is_text(self.document[key]):
                _refuse("invalid_text", key=key, longest=MAX_TEXT)
        _check_time(self.document.get("time"), self.around.utc)
        return self.document


def _open(payload: bytes, around: Circumstances) -> _Message:
    document, wrong = None, None
    try:
        document = _load(payload)
    except _RefusedError as error:
        wrong = error.reason
    said = document if isinstance(document, dict) else {}
    identity, source = said.get("id"), said.get("source")
    return _Message(
        payload=payload,
        document=document,
        wrong=wrong,
        id=identity if _is_text(identity) else around.fallback_id,
        source=source if _is_text(source) else "mqtt",
        around=around,
    )


def _is_text(value: object) -> TypeGuard[str]:
    # isprintable() also keeps out lone surrogates, which could never be sent back.
    return (
        isinstance(value, str)
        and 0 < len(value) <= MAX_TEXT
        and value.isprintable()
        and not value.isspace()
    )


# --- bytes to JSON -------------------------------------------------------------------------------


def _text(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError:
        _refuse("not_utf8")


def _check_size(payload: bytes) -> None:
    if len(payload) > MAX_BYTES:
        _refuse("too_long", bytes=len(payload), most_bytes=MAX_BYTES)


def _load(payload: bytes) -> object:
    _check_size(payload)
    try:
        return json.loads(
            _text(payload),
            parse_float=Decimal,
            parse_int=Decimal,
            parse_constant=_no_constant,
            object_pairs_hook=_no_duplicates,
        )
    except DecimalException:
        _refuse("number_too_big")
    except (ValueError, RecursionError):
        _refuse("not_json")


def _no_constant(name: str) -> NoReturn:
    _refuse("not_a_number", found=name)


def _no_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    keys = dict(pairs)
    if len(keys) < len(pairs):
        _refuse("duplicate_key")
    return keys


# --- stop and pause ------------------------------------------------------------------------------


def _halt(kind: str, message: _Message) -> Verb | None:
    """Find a stop or a pause, even in the ruins of a message; the stop wins over all else."""
    if kind not in {"belt", "speed", "incline"}:
        return None
    document = message.document
    text = message.payload[:MAX_BYTES].decode(errors="ignore")
    command = document.get("command") if isinstance(document, dict) else None
    words = {text.strip().strip('"').casefold(), str(command).casefold()}
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


def _check_time(said: object, utc: datetime) -> None:
    if said is None:
        return
    try:
        age = utc - datetime.fromisoformat(str(said))
    except (ValueError, TypeError, OverflowError):  # TypeError: it names no zone
        _refuse("invalid_time")
    if abs(age) > MAX_AGE:
        case = "" if age > MAX_AGE else "ahead"
        _refuse("too_old", case, age=abs(age).total_seconds(), within=MAX_AGE.total_seconds())


@dataclass(frozen=True, slots=True)
class _Axis:
    """How one axis is asked for: `factors` to its own unit, `digits` that the wire keeps of it."""

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


def _read_target(message: _Message, axis: _Axis) -> Command:
    value: object = message.document
    unit: object = axis.unit
    if not isinstance(value, Decimal):
        fields = message.fields(frozenset({"value", "unit"}), axis.example)
        value, unit = fields.get("value"), fields.get("unit", axis.unit)
    if not isinstance(value, Decimal):
        _refuse("invalid_value", example=axis.example)
    factor = axis.factors.get(unit) if isinstance(unit, str) else None
    if factor is None:
        _refuse("unknown_unit", known=tuple(axis.factors))
    # Compared before any arithmetic, so that no exponent can hurt.
    if not axis.least <= value <= axis.most:
        _refuse("out_of_range", example=f"{axis.least} to {axis.most} {axis.unit}")
    exact = _EXACT.multiply(value, factor)
    wire = int(exact.scaleb(axis.digits, _EXACT).to_integral_value(context=_EXACT))
    if wire > axis.wire_most:
        _refuse("out_of_range", example=f"{axis.least} to {axis.most} {axis.unit}")
    if wire == 0 and value and axis.verb is Verb.SPEED:
        _refuse("out_of_range", "small")
    requested = float(value) if factor == 1 else wire / 10**axis.digits
    return message.command(axis.verb, value=wire, requested=requested)


def _read_belt(message: _Message) -> Command:
    words = ", ".join(_BELT)
    example = f'one of the words {words}, or JSON such as {{"command": "start"}}'
    word, confirm = message.document, False
    if message.wrong and not message.means_object:
        word = _text(message.payload).strip()
    elif not isinstance(word, str):
        fields = message.fields(frozenset({"command", "confirm"}), example)
        word, said = fields.get("command"), fields.get("confirm", False)
        if not isinstance(said, bool):
            _refuse("invalid_confirm")
        confirm = said
    verb = _BELT.get(str(word).casefold())
    if verb is None:
        _refuse("unknown_command", example=example)
    return message.command(verb, confirm=confirm)


def _read_pain(message: _Message) -> Command:
    example = '{"place": "lower back", "severity": 3} or {"clear": true}'
    fields = message.fields(frozenset({"place", "severity", "clear"}), example)
    place, severity = fields.get("place"), fields.get("severity")
    if fields.get("clear") is True and not fields.keys() & {"place", "severity"}:
        return message.command(Verb.PAIN, details={"clear": True})
    if "clear" in fields or not _is_text(place):
        _refuse("invalid_pain", example=example)
    if not isinstance(severity, Decimal) or severity not in set(range(WORST + 1)):
        _refuse("invalid_severity", example=example)
    details: dict[str, object] = {"place": place, "severity": int(severity)}
    return message.command(Verb.PAIN, requested=details, details=details)


def _read_name(message: _Message, verb: Verb) -> Command:
    example = f"the configured name of the {verb} as plain text of 1 to {MAX_TEXT} characters"
    name: object = message.document
    if message.means_object:
        name = message.fields(frozenset({"name"}), example).get("name")
    elif not isinstance(name, str):
        name = _text(message.payload).strip()
    if not _is_text(name):
        _refuse("invalid_name", example=example)
    return message.command(verb, requested=name, details={"name": name})


def _read_workout(message: _Message) -> Command:
    words = ", ".join(Word)
    example = f'a workout\'s name, or JSON such as {{"command": "skip"}} with one of {words}'
    name: object = message.document
    if message.means_object:
        fields = message.fields(frozenset({"name", "command"}), example)
        name, word = fields.get("name"), fields.get("command", Word.START)
        if not isinstance(word, str) or word not in set(Word):
            _refuse("unknown_workout_command", example=example)
        if "name" not in fields and "command" in fields:
            return message.command(Verb.WORKOUT, requested=word, details={"command": word})
        if word != Word.START:
            _refuse("name_with_command", example="the name, or another command")
    elif not isinstance(name, str):
        name = _text(message.payload).strip()
    if not _is_text(name):
        _refuse("invalid_name", example=example)
    return message.command(Verb.WORKOUT, requested=name, details={"name": name})


_ANSWER = frozenset({"severity", "place"})


def _read_plan(message: _Message) -> Command:
    words = ", ".join(PlanWord)
    example = f'a pain of 0 to {WORST}, one of {words}, or JSON such as {{"severity": 2}}'
    fields: Mapping[str, object]
    if message.means_object:
        fields = message.fields(frozenset({"severity", "place", "command"}), example)
    elif isinstance(message.document, Decimal):
        fields = {"severity": message.document}
    elif isinstance(message.document, str):
        fields = {"command": message.document}
    else:
        fields = {"command": _text(message.payload).strip()}
    match fields:
        case {"command": str(word)} if word in set(PlanWord) and not fields.keys() & _ANSWER:
            return message.command(Verb.PLAN, requested=word, details={"command": word})
        case {"severity": Decimal() as severity} if severity in set(range(WORST + 1)):
            if "command" in fields:
                _refuse("invalid_plan", example=example)
        case _:
            _refuse("invalid_plan", example=example)
    details: dict[str, object] = {"severity": int(severity)}
    if fields.get("place") is not None:
        details["place"] = fields["place"]
        if not _is_text(fields["place"]):
            _refuse("invalid_text", key="place", longest=MAX_TEXT)
    return message.command(Verb.PLAN, requested=details, details=details)


_READERS: Mapping[str, Callable[[_Message], Command]] = {
    "speed": partial(_read_target, axis=_SPEED),
    "incline": partial(_read_target, axis=_INCLINE),
    "belt": _read_belt,
    "pain": _read_pain,
    "person": partial(_read_name, verb=Verb.PERSON),
    "shoes": partial(_read_name, verb=Verb.SHOES),
    "workout": _read_workout,
    "plan": _read_plan,
}


def _number_asked(document: object) -> float | None:
    """The number in a refused message, for the outcome, where there is one of any sense."""
    value = document.get("value") if isinstance(document, dict) else document
    if isinstance(value, Decimal) and -MAX_SPEED <= value <= MAX_SPEED:
        return float(value)
    return None
