"""Scenarios as values, and the reader of their files.

Times are seconds, speeds km/h, inclines percent. Every error names the step and the valid entries.
"""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from importlib.resources import files
from math import isfinite
from pathlib import Path
from typing import Any, Final

from simulators.physics.console import BUTTONS
from simulators.scenario.breaking import KINDS, BreakingError, breakage
from simulators.scenario.condition import Condition, ConditionError, read_condition

LONGEST_S = 24 * 3600.0
ENVIRONMENT_FAULTS: Final = frozenset({"broker away", "broker back", "new subscriber"})
"""Faults of the bridge's environment; they need a rig that has it."""
TOPICS: Final = ("speed", "incline", "belt", "pain", "person", "shoes")
_LIBRARY: Final = files("simulators") / "scenarios"
_SUFFIX: Final = ".toml"


class ScenarioError(ValueError):
    """Invalid scenario; the text says where and why."""


@dataclass(frozen=True, slots=True)
class Press:
    """A press of a console button."""

    button: str


@dataclass(frozen=True, slots=True)
class Choose:
    """A target chosen at the console: `axis` is `speed` or `incline`."""

    axis: str
    value: float


@dataclass(frozen=True, slots=True)
class Ask:
    """A command to the bridge, published on `set/<topic>`."""

    topic: str
    payload: str
    id: str = ""
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault; the rig knows the names."""

    name: str
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wait:
    """Time passes."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Expect:
    """All conditions become true within so many seconds."""

    conditions: tuple[Condition, ...]
    within: float = 0.0


@dataclass(frozen=True, slots=True)
class Hold:
    """All conditions stay true for so many seconds."""

    conditions: tuple[Condition, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Watch:
    """The conditions stay true from now until the end."""

    conditions: tuple[Condition, ...]


Action = Press | Choose | Ask | Fault | Wait | Expect | Hold | Watch


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario.

    `covers` is its purpose, `bridge` is configuration for the bridge (`guard` and `treadmill`), and
    `not_for` maps machines, or traits of machines, to the reason why it does not apply to them.
    """

    title: str
    steps: tuple[Action, ...]
    why: str = ""
    key: str = ""
    covers: tuple[str, ...] = ()
    always: tuple[Condition, ...] = ()
    bridge: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    not_for: Mapping[str, str] = field(default_factory=dict)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Return every condition in the scenario."""
        found = list(self.always)
        for step in self.steps:
            if isinstance(step, Expect | Hold | Watch):
                found += step.conditions
        return tuple(found)


def library() -> dict[str, Scenario]:
    """Return the built-in scenarios by key."""
    return {name.removesuffix(_SUFFIX): _of_library(name) for name in library_names()}


def library_names() -> list[str]:
    """Return the file names of the built-in scenarios."""
    return sorted(f.name for f in _LIBRARY.iterdir() if f.name.endswith(_SUFFIX))


def load_scenario(name: str) -> Scenario:
    """Load a built-in scenario by its key, or a file by its path.

    Raises:
        ScenarioError: it does not exist, or is invalid.
    """
    if f"{name}{_SUFFIX}" in library_names():
        return _of_library(f"{name}{_SUFFIX}")
    path = Path(name)
    if path.suffix != _SUFFIX and not path.exists():
        close = get_close_matches(name, [n.removesuffix(_SUFFIX) for n in library_names()], 3)
        hint = f"did you mean {' or '.join(close)}?" if close else "`list` names those there are"
        message = f"no scenario {name!r}: {hint}"
        raise ScenarioError(message)
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        message = f"{name} cannot be read: {error.strerror or error}"
        raise ScenarioError(message) from error
    except UnicodeDecodeError as error:
        message = f"{name} cannot be read: {error}"
        raise ScenarioError(message) from error
    return read_scenario(text, path.stem)


def _of_library(name: str) -> Scenario:
    return read_scenario((_LIBRARY / name).read_text("utf-8"), name.removesuffix(_SUFFIX))


def read_scenario(text: str, key: str = "") -> Scenario:
    """Parse a scenario.

    Raises:
        ScenarioError: it is invalid.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = f"{key}: invalid TOML: {error}"
        raise ScenarioError(message) from error
    known = {"title", "why", "covers", "always", "bridge", "not_for", "step"}
    _check_keys(document, known, key)
    steps = document.get("step")
    if not isinstance(steps, list) or not steps:
        message = f"{key}: no scenario: it needs at least one [[step]]"
        raise ScenarioError(message)
    actions: list[Action] = []
    for number, step in enumerate(steps, 1):
        actions += _read_step(step, f"{key}: step {number}")
    bridge = document.get("bridge", {})
    if not isinstance(bridge, dict) or not set(bridge) <= {"guard", "treadmill"}:
        message = f"{key}: bridge has the parts guard and treadmill"
        raise ScenarioError(message)
    return Scenario(
        title=_text(document, "title", key),
        steps=tuple(actions),
        why=str(document.get("why", "")),
        key=key,
        covers=tuple(map(str, document.get("covers", ()))),
        always=_conditions(document.get("always", []), key),
        bridge=bridge,
        not_for={str(k): str(v) for k, v in document.get("not_for", {}).items()},
    )


def _read_step(step: object, where: str) -> list[Action]:
    """Return the actions of one step: its pause, and its repeated action."""
    if not isinstance(step, dict):
        message = f"{where}: not a table"
        raise ScenarioError(message)
    kinds = sorted(step.keys() & _READERS.keys())
    if len(kinds) != 1:
        message = f"{where}: it needs exactly one of: {', '.join(_READERS)}"
        raise ScenarioError(message)
    (kind,) = kinds
    allowed, reader = _READERS[kind]
    _check_keys(step, {kind, "after", "note", *allowed}, where)
    pause = _seconds(step, "after", where, 0.0)
    actions = reader(step, where)
    return [Wait(pause), *actions] if pause else list(actions)


Reader = Callable[[dict[str, Any], str], Sequence[Action]]


def _press(step: dict[str, Any], where: str) -> Sequence[Action]:
    button = step["press"]
    if button not in BUTTONS:
        message = f"{where}: no button {button!r}; known are: {', '.join(BUTTONS)}"
        raise ScenarioError(message)
    times = step.get("times", 1)
    if not isinstance(times, int) or not 1 <= times <= 1000:
        message = f"{where}: times must be a whole number from 1 to 1000"
        raise ScenarioError(message)
    return [Press(button)] * times


def _choose(step: dict[str, Any], where: str) -> Sequence[Action]:
    ((axis, value),) = [(k, v) for k, v in step.items() if k in {"choose_kmh", "choose_percent"}]
    number = _number(value, axis, where, -100, 100)
    return [Choose("speed" if axis == "choose_kmh" else "incline", number)]


def _ask(step: dict[str, Any], where: str) -> Sequence[Action]:
    topic, _, payload = str(step["ask"]).partition(" ")
    if topic not in TOPICS or not payload:
        message = f"{where}: a command is TOPIC PAYLOAD, the topic one of {', '.join(TOPICS)}"
        raise ScenarioError(message)
    return [Ask(topic, payload.strip(), str(step.get("id", "")), bool(step.get("retain", False)))]


def _fault(step: dict[str, Any], where: str) -> Sequence[Action]:
    name = _text(step, "fault", where)
    details = {k: v for k, v in step.items() if k not in {"fault", "after", "note"}}
    if name not in ENVIRONMENT_FAULTS:
        try:
            breakage(name, details)
        except BreakingError as error:
            message = f"{where}: {error}"
            raise ScenarioError(message) from error
    return [Fault(name, details)]


def _wait(step: dict[str, Any], where: str) -> Sequence[Action]:
    return [Wait(_seconds(step, "wait", where, 0.0))]


def _expect(step: dict[str, Any], where: str) -> Sequence[Action]:
    within = _seconds(step, "within", where, 0.0)
    return [Expect(_conditions(step["expect"], where), within)]


def _hold(step: dict[str, Any], where: str) -> Sequence[Action]:
    return [Hold(_conditions(step["hold"], where), _seconds(step, "for", where, 0.0))]


def _watch(step: dict[str, Any], where: str) -> Sequence[Action]:
    return [Watch(_conditions(step["watch"], where))]


_DETAILS: Final = frozenset({"on", "op", "nth"}).union(
    *({field.name for field in fields(kind)} for kind in KINDS.values())
)
_READERS: Final[Mapping[str, tuple[frozenset[str], Reader]]] = {
    "press": (frozenset({"times"}), _press),
    "choose_kmh": (frozenset(), _choose),
    "choose_percent": (frozenset(), _choose),
    "ask": (frozenset({"id", "retain"}), _ask),
    "fault": (_DETAILS, _fault),
    "wait": (frozenset(), _wait),
    "expect": (frozenset({"within"}), _expect),
    "hold": (frozenset({"for"}), _hold),
    "watch": (frozenset(), _watch),
}


def _conditions(value: object, where: str) -> tuple[Condition, ...]:
    texts = value if isinstance(value, list) else [value]
    try:
        return tuple(read_condition(str(text)) for text in texts)
    except ConditionError as error:
        message = f"{where}: {error}"
        raise ScenarioError(message) from error


def _check_keys(document: Mapping[str, object], known: set[str], where: str) -> None:
    for key in document:
        if key not in known:
            close = get_close_matches(key, known, 1)
            hint = f"; did you mean {close[0]}?" if close else ""
            message = f"{where}: unknown key {key!r}{hint} Known are: {', '.join(sorted(known))}"
            raise ScenarioError(message)


def _text(document: Mapping[str, object], key: str, where: str) -> str:
    value = document.get(key)
    if not isinstance(value, str) or not value.strip():
        message = f"{where}: {key} is required, and must be text"
        raise ScenarioError(message)
    return value


def _seconds(step: Mapping[str, object], key: str, where: str, default: float) -> float:
    return _number(step.get(key, default), key, where, 0, LONGEST_S)


def _number(value: object, key: str, where: str, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        message = f"{where}: {key} must be a number"
        raise ScenarioError(message)
    if not least <= value <= most:
        message = f"{where}: {key} must be from {least:g} to {most:g}"
        raise ScenarioError(message)
    return float(value)
