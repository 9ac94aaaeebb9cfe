"""What must not be read in a log or a report: passwords, and Bluetooth addresses in full.

An address names a person's device wherever it is met, so only its last third is shown: enough to
tell two machines apart. What is secret is known by its content, not by where it stands.
"""

import re
from collections.abc import Mapping

HIDDEN = "***"
_SHORTEST = 4
"""Of a shorter secret every other word would fall victim to it."""

_ADDRESS = re.compile(
    r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{2}([:_-])(?:[0-9A-Fa-f]{2}\1){3}"
    r"([0-9A-Fa-f]{2}\1[0-9A-Fa-f]{2})(?![0-9A-Fa-f])"
)
# As some machines have it in their names. Not the end of a UUID, and no plain number.
_BARE_ADDRESS = re.compile(
    r"(?<![0-9A-Fa-f])(?<![0-9A-Fa-f]{4}-)(?=[0-9]*[A-Fa-f])[0-9A-Fa-f]{8}([0-9A-Fa-f]{4})"
    r"(?![0-9A-Fa-f])"
)
_SECRET_KEY = re.compile(r"password|secret|token", re.IGNORECASE)

_secrets: set[str] = set()


def hide(secret: str) -> str:
    """Never show this text from now on; returns it as it is."""
    if len(secret) >= _SHORTEST:
        _secrets.add(secret)
    return secret


def redact(text: str) -> str:
    """The text without anything that was hidden, and with addresses as `XX:XX:XX:XX:9A:BC`."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    text = _ADDRESS.sub(lambda found: f"{f'XX{found[1]}' * 4}{found[2]}", text)
    return _BARE_ADDRESS.sub(r"XXXXXXXX\1", text)


def redacted(value: object) -> object:
    """The same for a value of any kind and depth; what is no plain value becomes its text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return redacted_items(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [redacted(entry) for entry in value]
    return redact(str(value))


def redacted_items(mapping: Mapping[str, object]) -> dict[str, object]:
    """The same for all that a mapping holds; what bears the name of a secret is not shown."""
    return {redact(str(key)): _entry(str(key), entry) for key, entry in mapping.items()}


def _entry(key: str, value: object) -> object:
    return HIDDEN if _SECRET_KEY.search(key) and isinstance(value, str) else redacted(value)
