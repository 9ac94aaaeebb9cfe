"""Access control: everyone without a password, else only logged-in browsers."""

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
import secrets
import time
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bridge.dashboard.web.logins import LOGIN_S, Attempts, Logins, signing_key
from bridge.passwords import verify


class Access:
    """Logs in people with the password, and programs with HTTP Basic for the metrics only."""

    def __init__(self, password_hash: str | None, key_file: Path | None, port: int) -> None:
        self._hash = password_hash
        self._attempts = Attempts()
        self._one_at_a_time = asyncio.Lock()
        # Cookies ignore the port, and two dashboards may run on one computer.
        self._cookie = f"treadmill-login-{port}"
        self._logins = (
            None if password_hash is None else Logins(signing_key(key_file), password_hash)
        )
        self._salt = secrets.token_bytes(16)
        self._known_basic = b""

    @property
    def needed(self) -> bool:
        """True if a password is set."""
        return self._logins is not None

    def may(self, request: Request) -> bool:
        """True if this browser is logged in, or no password is set."""
        cookie = request.cookies.get(self._cookie, "")
        return self._logins is None or self._logins.holds(cookie, time.time())

    async def log_in(self, request: Request, body: bytes) -> Response:
        """Answer a login attempt, with the cookie if the password is right."""
        match _parsed(body):
            case {"password": str(password)}:
                pass
            case _:
                return JSONResponse({"error": "Send the password as JSON."}, 400)
        address = request.client.host if request.client else ""
        wait, known = await self._try(address, password)
        if wait > 0:
            text = f"Too many wrong passwords. Try again in {wait:.0f} s."
            return JSONResponse({"error": text}, 429, {"retry-after": f"{wait:.0f}"})
        if not known:
            return JSONResponse({"error": "The password is wrong."}, 403)
        response = JSONResponse({"ok": True})
        if self._logins is not None:
            response.set_cookie(
                self._cookie,
                self._logins.issue(time.time()),
                max_age=int(LOGIN_S),
                httponly=True,
                samesite="strict",
                secure=request.headers.get("origin", "").startswith("https:"),
            )
        return response

    async def knows_basic(self, request: Request) -> bool:
        """True if a program sends the password by HTTP Basic, with any user name."""
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        if scheme.casefold() != "basic":
            return False
        # The password hash is slow by design, and Prometheus scrapes every few seconds.
        digest = hashlib.sha256(self._salt + text.encode()).digest()
        if self._known_basic and hmac.compare_digest(digest, self._known_basic):
            return True
        try:
            password = base64.b64decode(text, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return False
        address = request.client.host if request.client else ""
        _, known = await self._try(address, password)
        if known:
            self._known_basic = digest
        return known

    async def _try(self, address: str, password: str) -> tuple[float, bool]:
        """Return seconds to wait (then nothing was checked), and True if the password is right."""
        async with self._one_at_a_time:
            if (wait := self._attempts.wait_s(address, time.monotonic())) > 0:
                return wait, False
            known = self._hash is None or await asyncio.to_thread(verify, password, self._hash)
            if known:
                self._attempts.succeeded(address)
            else:
                self._attempts.failed(address, time.monotonic())
            return 0.0, known


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
