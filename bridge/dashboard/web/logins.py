"""Login cookies, and the limit on password attempts."""

import hashlib
import hmac
import os
import secrets
from collections import OrderedDict, deque
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from pathlib import Path

LOGIN_S = 30 * 86_400.0
"""Lifetime of a login, in seconds."""


class Logins:
    """Creates and checks login cookies; changing the password ends all logins."""

    def __init__(self, key: bytes, password_hash: str) -> None:
        self._key = hashlib.sha256(key + password_hash.encode()).digest()

    def issue(self, now: float) -> str:
        """Return a new cookie value; `now` is wall time in seconds since 1970."""
        stem = f"{int(now + LOGIN_S)}.{secrets.token_urlsafe(16)}"
        return f"{stem}.{self._sign(stem)}"

    def holds(self, cookie: str, now: float) -> bool:
        """True if the cookie was issued here and has not expired."""
        stem, _, signature = cookie.rpartition(".")
        if not stem.isascii() or not signature.isascii():
            return False
        until = stem.partition(".")[0]
        return (
            hmac.compare_digest(self._sign(stem), signature)
            and until.isdecimal()
            and int(until) > now
        )

    def _sign(self, stem: str) -> str:
        return hmac.new(self._key, stem.encode(), hashlib.sha256).hexdigest()


def signing_key(path: Path | None) -> bytes:
    """Return the key from a file, created if missing; else a key for this run only.

    With a file, logins survive a restart of the dashboard, so that STOP never waits for a password.
    """
    fresh = secrets.token_bytes(32)
    if path is None:
        return fresh
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(fresh)
    except FileExistsError:
        try:
            kept = path.read_bytes()
        except OSError:
            return fresh
        return kept if len(kept) == len(fresh) else fresh
    except OSError:
        return fresh
    return fresh


FREE_TRIES = 5
FIRST_WAIT_S = 30.0
LONGEST_WAIT_S = 900.0
MANY = 30
MANY_S = 60.0
REMEMBERED = 1024


@dataclass(slots=True)
class _Record:
    failures: int = 0
    until: float = 0.0


class Attempts:
    """Limits guessing: five attempts per address, then doubling waits; 30 a minute in total."""

    def __init__(self) -> None:
        self._records: OrderedDict[str, _Record] = OrderedDict()
        self._recent: deque[float] = deque(maxlen=MANY)

    def wait_s(self, address: str, now: float) -> float:
        """Return the seconds until this address may try again; 0 if it may now."""
        record = self._records.get(_network(address))
        alone = record.until - now if record else 0.0
        full = len(self._recent) == MANY
        together = self._recent[0] + MANY_S - now if full else 0.0
        return max(0.0, alone, together)

    def failed(self, address: str, now: float) -> None:
        """Count a wrong password."""
        key = _network(address)
        record = self._records.setdefault(key, _Record())
        self._records.move_to_end(key)
        if len(self._records) > REMEMBERED:
            self._records.popitem(last=False)
        self._recent.append(now)
        record.failures += 1
        if (over := record.failures - FREE_TRIES) >= 0:
            record.until = now + min(FIRST_WAIT_S * 2 ** min(over, 10), LONGEST_WAIT_S)

    def succeeded(self, address: str) -> None:
        """Forget the failures of an address after a correct password."""
        self._records.pop(_network(address), None)


def _network(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return parsed.exploded[:19]
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)
