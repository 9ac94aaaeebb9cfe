"""Redaction of logs and reports: passwords, and most of each Bluetooth address.

An address identifies a person's device. Only its last third is shown, which is enough to tell two
machines apart. Secrets are found by their content, wherever they occur.
"""

import re
from collections.abc import Mapping

HIDDEN = "***"
_SHORTEST = 4
"""Minimum length of a hidden secret: a shorter one would match parts of ordinary words."""

_ADDRESS = re.compile(
    r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{2}([:_-])(?:[0-9A-Fa-f]{2}\1){3}"
    r"([0-9A-Fa-f]{2}\1[0-9A-Fa-f]{2})(?![0-9A-Fa-f])"
)
# The form used in some device names. It excludes the end of a UUID and plain numbers.
_BARE_ADDRESS = re.compile(
    r"(?<![0-9A-Fa-f])(?<![0-9A-Fa-f]{4}-)(?=[0-9]*[A-Fa-f])[0-9A-Fa-f]{8}([0-9A-Fa-f]{4})"
    r"(?![0-9A-Fa-f])"
)
_SECRET_KEY = re.compile(r"password|secret|token", re.IGNORECASE)

_secrets: set[str] = set()


def hide(secret: str) -> str:
    """Redact this text from now on; return it unchanged."""
    if len(secret) >= _SHORTEST:
        _secrets.add(secret)
    return secret


def redact(text: str) -> str:
    """Return the text without hidden secrets, and with addresses as `XX:XX:XX:XX:9A:BC`."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    text = _ADDRESS.sub(lambda found: f"{f'XX{found[1]}' * 4}{found[2]}", text)
    return _BARE_ADDRESS.sub(r"XXXXXXXX\1", text)


def redacted(value: object) -> object:
    """Return a redacted copy of any value, nested or not; unknown types become their text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return redacted_items(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [redacted(entry) for entry in value]
    return redact(str(value))


def redacted_items(mapping: Mapping[str, object]) -> dict[str, object]:
    """Return a redacted copy of a mapping; text under secret-like keys is masked."""
    return {redact(str(key)): _entry(str(key), entry) for key, entry in mapping.items()}


def _entry(key: str, value: object) -> object:
    return HIDDEN if _SECRET_KEY.search(key) and isinstance(value, str) else redacted(value)
