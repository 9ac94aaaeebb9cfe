"""Reports readiness, status and the watchdog's keep-alive to the service manager.

Protocol: sd_notify(3), lines in a datagram. Without a service manager nothing is sent.
"""

import asyncio
import os
import socket
from collections.abc import Mapping
from typing import NoReturn, Protocol

import structlog

EVERY_S = 10.0
"""Seconds between health checks if the service manager sets no watchdog."""

log = structlog.get_logger()


class Working(Protocol):
    """Object whose health can be checked."""

    def stuck(self) -> list[str]:
        """Return the parts that have made no progress for too long."""
        ...

    def status(self) -> str:
        """Return the status in one line for people."""
        ...


class Notifier:
    """Sends to the service manager; never blocks, never fails.

    Args:
        env: environment; by default that of this process.
    """

    def __init__(self, env: Mapping[str, str] | None = None) -> None:
        env = os.environ if env is None else env
        self._address = env.get("NOTIFY_SOCKET", "")
        meant = env.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        text = env.get("WATCHDOG_USEC", "")
        limit = int(text) / 1e6 if meant and text.isdecimal() else 0.0
        self.every_s = min(limit / 3, EVERY_S) if limit else EVERY_S

    def send(self, *lines: str) -> None:
        """Send assignments such as `READY=1`."""
        if not self._address:
            return
        address = self._address
        if address.startswith("@"):  # Linux's abstract socket names
            address = "\0" + address[1:]
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
                out.setblocking(False)
                out.sendto("\n".join(lines).encode(), address)
        except OSError as error:
            log.warning("service_manager_unreachable", reason=error.strerror)


async def report(bridge: Working, notifier: Notifier) -> NoReturn:
    """Report readiness, and feed the watchdog while every part works."""
    reported: list[str] = []
    notifier.send("READY=1", f"STATUS={bridge.status()}")
    try:
        while True:
            await asyncio.sleep(notifier.every_s)
            stuck = bridge.stuck()
            if not stuck:
                notifier.send("WATCHDOG=1", f"STATUS={bridge.status()}")
            elif stuck != reported:
                log.error(
                    "bridge_stuck",
                    parts=stuck,
                    hint="the service manager will restart the bridge; please report this",
                )
            reported = stuck
    finally:
        notifier.send("STOPPING=1")
