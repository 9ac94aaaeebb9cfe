"""Loading the configuration: the file, then the environment, then flags; the last one wins."""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from bridge import toml
from bridge.config.errors import ConfigError, ConfigFileError, explain
from bridge.config.root import Config
from bridge.config.section import unreadable
from bridge.config.units import twin_of
from bridge.config.variable import Variable

DEFAULT_PATH = Path("/etc/treadmill-bridge/config.toml")
ENVIRONMENT_PREFIX = "TREADMILL_BRIDGE__"


def load(
    path: Path | None = None,
    env: Mapping[str, str] | None = None,
    overrides: Mapping[str, object] | None = None,
) -> Config:
    """Load the configuration from a file, then the environment, then flags.

    Args:
        path: The TOML file; None for none.
        env: Variables such as `TREADMILL_BRIDGE__MQTT__HOST`; by default those of this process.
        overrides: Flags by dotted key, such as `mqtt.host`; None means not given.

    Raises:
        ConfigError: With one line per problem.
    """
    document = _read(path) if path else {}
    variables: dict[tuple[str, ...], str] = {}
    for name, text in sorted((os.environ if env is None else env).items()):
        keys = _keys_of(name)
        if keys:
            _put(document, keys, _from_text(name, text), name)
            variables[tuple(keys)] = name
    for key, value in (overrides or {}).items():
        if value is not None:
            _put(document, key.split("."), value, key)
            variables.pop(tuple(key.split(".")), None)
    return validated(document, variables)


def validated(
    document: dict[str, Any], variables: Mapping[tuple[str, ...], str] = MappingProxyType({})
) -> Config:
    """Return the configuration of a document as it is; see `explain` about `variables`.

    Raises:
        ConfigError: With one line per problem.
    """
    try:
        return Config.model_validate(document)
    except ValidationError as error:
        raise ConfigError(explain(error, document, Config, variables)) from None


def _keys_of(name: str) -> list[str]:
    """Return the key that a variable of the environment sets; empty if it sets none.

    Raises:
        ConfigError: It was certainly meant to set one.
    """
    prefix = ENVIRONMENT_PREFIX.removesuffix("_")
    if name.startswith(ENVIRONMENT_PREFIX):
        keys = name.removeprefix(ENVIRONMENT_PREFIX).lower().split("__")
        if not all(keys):
            example = f"{ENVIRONMENT_PREFIX}MQTT__HOST"
            raise ConfigError([f"{name}: names no key; write it as {example}"])
        return keys
    if name.upper().startswith(prefix) and "__" in name:
        meant = ENVIRONMENT_PREFIX + name[len(prefix) :].upper().removeprefix("_")
        how = "with two underscores" if name.startswith(prefix) else "in capitals"
        raise ConfigError([f"{name}: names no key; did you mean {meant}, {how}?"])
    return []


def _read(path: Path) -> dict[str, object]:
    try:
        data = path.read_bytes()
    except OSError as error:
        problem = f"{path} {unreadable(error)}"
        raise ConfigFileError(problem) from error
    try:
        return toml.parse(data)
    except toml.TomlError as error:
        problem = f"{path} is not valid TOML: {error}{_quotes_missing(data, str(error))}"
        raise ConfigFileError(problem) from error


def _quotes_missing(data: bytes, error: str) -> str:
    """Return a hint for text without quotes; the hint omits the value, which may be a password."""
    line = re.search(r"at line (\d+)", error)
    if line is None:
        return ""
    text = data.decode(toml.ENCODING).splitlines()[int(line[1]) - 1]
    bare = re.fullmatch(r"\s*(\w+)\s*=\s*[A-Za-z_/][^\s\"'\[\]{}]*\s*(#.*)?", text)
    return f'. Text needs quotes: {bare[1]} = "…"' if bare else ""


def _from_text(name: str, text: str) -> object:
    """Parse a variable's value: as TOML if it looks like a list or table, else as text."""
    if (
        text[:1] in {'"', "'"}
        and text[1:].endswith(text[0])
        and not name.upper().endswith("PASSWORD")
    ):
        raise ConfigError([f"{name}: leave out the quotes; variables are plain text"])
    if not text.startswith(("[", "{")):
        return Variable(text)
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{name} is not valid TOML: {error}"]) from error


def _put(document: dict[str, object], keys: list[str], value: object, source: str) -> None:
    """Set a nested key; a number selects a list entry, or appends one.

    Raises:
        ConfigError: There is no such place; the problem names the source.
    """
    node: Any = document
    for depth, (key, following) in enumerate(zip(keys, [*keys[1:], None], strict=True)):
        place: Any = key
        if isinstance(node, list):
            place = _place_in(node, key, f"{source}: {'.'.join(keys[:depth])}")
        elif not isinstance(node, dict):
            raise ConfigError([f"{source}: {'.'.join(keys[:depth])} is not a table"])
        if following is None:
            if isinstance(node, dict):  # the later source wins, whichever unit it uses
                node.pop(twin_of(key) or "", None)
            node[place] = value
            return
        if isinstance(node, dict):
            node.setdefault(place, [] if following.isdecimal() else {})
        node = node[place]


def _place_in(entries: list[object], key: str, what: str) -> int:
    """Return the place of a list's entry; the one after the last is new."""
    if not key.isdecimal():
        raise ConfigError([f"{what} needs the number of an entry, from 0"])
    place, count = int(key), len(entries)
    if place > count:
        raise ConfigError([f"{what} has {count} entries; write {count} for a new one"])
    if place == count:
        entries.append({})
    return place
