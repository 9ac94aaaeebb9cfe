"""Single key presses from a terminal, while an event loop runs."""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

BUTTON_KEYS = {
    "g": "start",
    "s": "stop",
    "p": "pause",
    "+": "speed up",
    "-": "speed down",
    "u": "incline up",
    "d": "incline down",
    "k": "pull the safety key",
    "i": "insert the safety key",
}
"""Keys, and the buttons of a simulated machine's console."""


def help_on_buttons() -> str:
    """Return the keys and buttons in one line."""
    return "  ".join(f"{key} {what}" for key, what in BUTTON_KEYS.items())


@contextmanager
def keyboard(pressed: Callable[[str], None]) -> Iterator[bool]:
    """Call `pressed` for each key inside the block; yields False without a terminal."""
    if not sys.stdin.isatty():
        yield False
        return
    import termios  # noqa: PLC0415 - not on every system
    import tty  # noqa: PLC0415

    descriptor = sys.stdin.fileno()
    try:
        before = termios.tcgetattr(descriptor)
    except termios.error:  # closed in this moment
        yield False
        return
    loop = asyncio.get_running_loop()

    def readable() -> None:
        octets = b""
        with suppress(OSError):
            octets = os.read(descriptor, 32)
        if not octets:  # the terminal was closed
            loop.remove_reader(descriptor)
        for key in octets.decode(errors="ignore"):
            if key.isprintable():
                pressed(key)

    tty.setcbreak(descriptor)
    loop.add_reader(descriptor, readable)
    try:
        yield True
    finally:
        loop.remove_reader(descriptor)
        with suppress(termios.error):  # a closed terminal
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
