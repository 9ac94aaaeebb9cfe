"""Password hashes: scrypt with 16 MiB and five rounds.

Parameters from the OWASP Password Storage Cheat Sheet of 2023. A Raspberry Pi needs about half a
second for one hash.
"""

import base64
import binascii
import hashlib
import hmac
import os

SHORTEST = 8
"""Minimum length of a password in characters."""
MAX_TEXT = 1024

_N, _R, _P = 1 << 14, 8, 5
_KNOWN_N = frozenset(1 << bits for bits in range(10, 18))
_MEMORY = 1 << 28
"""Memory limit of scrypt in bytes; the largest accepted N needs half of it."""


def hash_password(password: str) -> str:
    """Return `scrypt$N$r$p$salt$hash`, salt and hash in base64.

    Raises:
        ValueError: The password is too short or too long.
    """
    if not SHORTEST <= len(password) <= MAX_TEXT:
        message = f"take a password of {SHORTEST} to {MAX_TEXT} characters"
        raise ValueError(message)
    salt = os.urandom(16)
    digest = _scrypt(password, salt, _N, _R, _P)
    return f"scrypt${_N}${_R}${_P}${_text(salt)}${_text(digest)}"


def is_hash(text: str) -> bool:
    """Return True if the text has the format of `hash_password`."""
    return _parse(text) is not None


def verify(password: str, hashed: str) -> bool:
    """Return True if the password matches the hash. Takes about half a second of CPU."""
    parsed = _parse(hashed)
    if parsed is None or len(password) > MAX_TEXT:
        return False
    n, r, p, salt, digest = parsed
    return hmac.compare_digest(_scrypt(password, salt, n, r, p), digest)


def _parse(text: str) -> tuple[int, int, int, bytes, bytes] | None:
    match text.split("$"):
        case ["scrypt", n, r, p, salt, digest] if n.isdecimal() and r.isdecimal() and p.isdecimal():
            try:
                parsed = (int(n), int(r), int(p), _bytes(salt), _bytes(digest))
            except (ValueError, binascii.Error):
                return None
            known = parsed[0] in _KNOWN_N and parsed[1:3] == (_R, _P)
            return parsed if known and len(parsed[3]) >= 8 and len(parsed[4]) == 32 else None
    return None


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    octets = password.encode(errors="surrogatepass")  # JSON may hold half a character
    return hashlib.scrypt(octets, salt=salt, n=n, r=r, p=p, maxmem=_MEMORY, dklen=32)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
