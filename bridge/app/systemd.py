"""What the service manager is told: that the bridge is up, how it is, and that it still works.

The protocol is that of sd_notify(3): lines in a datagram. Without a service manager it is silent.
"""

import asyncio
import os
import socket
from collections.abc import Mapping
from typing import NoReturn, Protocol

import structlog

EVERY_S = 10.0
"""How often is looked whether all parts work, where the service manager asks for nothing."""

log = structlog.get_logger()


class Working(Protocol):
    """What can tell whether it works."""

    def stuck(self) -> list[str]:
        """Which parts have not done their work for too long."""
        ...

    def status(self) -> str:
        """How it is, in one line for people."""
        ...


class Notifier:
    """Sends to the service manager; never waits, never fails.

    Args:
        env: by default that of this process.
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
        if address.startswith("@"):  # Linux's abstract names
            address = "\0" + address[1:]
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
                out.setblocking(False)
                out.sendto("\n".join(lines).encode(), address)
        except OSError as error:
            log.warning("service_manager_unreachable", reason=error.strerror)


async def report(bridge: Working, notifier: Notifier) -> NoReturn:
    """Say that the bridge is up, and feed the watchdog for as long as every part works."""
    told: list[str] = []
    notifier.send("READY=1", f"STATUS={bridge.status()}")
    try:
        while True:
            await asyncio.sleep(notifier.every_s)
            stuck = bridge.stuck()
            if not stuck:
                notifier.send("WATCHDOG=1", f"STATUS={bridge.status()}")
            elif stuck != told:
                log.error(
                    "bridge_stuck",
                    parts=stuck,
                    hint="the service manager will start it again; please report this",
                )
            told = stuck
    finally:
        notifier.send("STOPPING=1")
