"""`python -m bridge.dashboard`: the server process. Reads its settings from one line of stdin.

It is started by `treadmill-bridge dashboard`, which reads the configuration.
"""

import signal

if __name__ == "__main__":  # Ctrl-C ends it at once, until the server ends cleanly
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

import asyncio
import logging
import sys

from bridge.dashboard.settings import Settings
from bridge.dashboard.web.server import ListenError, listen, serve


def main() -> int:
    """Serve until a signal; return 2 if the address cannot be used."""
    logging.basicConfig(format="dashboard: %(message)s", level=logging.INFO)
    # The start is reported below, and a viewer's disconnection is not an error.
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
    logging.getLogger("mqtt").setLevel(logging.CRITICAL)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    settings = Settings.decode(sys.stdin.readline())
    try:
        listener = listen(settings.address, settings.port, settings.more_ports)
    except ListenError as error:
        print(f"dashboard: {error}", file=sys.stderr)  # noqa: T201
        return 2

    def ready(address: str) -> None:
        try:
            print(f"The dashboard is at {address}", flush=True)  # noqa: T201
        except OSError:  # a full disk or a closed pipe, which is no reason not to serve
            sys.stdout = None  # its buffer cannot be flushed at the exit either

    asyncio.run(serve(settings, listener, ready))
    return 0


if __name__ == "__main__":
    sys.exit(main())
