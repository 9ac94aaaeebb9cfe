"""Keeps start-up small and fast: the bridge runs for years on small computers."""

import gc
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def hidden(*names: str) -> Iterator[None]:
    """Hide installed modules from imports inside the block.

    structlog imports rich if it is installed, for tracebacks that the bridge doesn't use; that
    takes 5 MB, and 40 ms of a fast processor. Code that needs rich imports it later.
    """
    mine = [name for name in names if name not in sys.modules]
    for name in mine:
        sys.modules[name] = None  # type: ignore[assignment]  # the import system's way to say no
    try:
        yield
    finally:
        for name in mine:
            del sys.modules[name]


@contextmanager
def without_collecting() -> Iterator[None]:
    """Disable garbage collection inside the block: imported modules stay anyway.

    Each full collection takes some 10 ms of a fast processor.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@contextmanager
def interruptible() -> Iterator[None]:
    """End at once on Ctrl-C inside the block, without a traceback; after it Ctrl-C raises again.

    While modules load there is nothing to tidy up, and pydantic turns a KeyboardInterrupt into an
    error of its own. A process that ignores Ctrl-C goes on ignoring it.
    """
    python, at_once = signal.default_int_handler, signal.SIG_DFL
    here = threading.current_thread() is threading.main_thread()  # others cannot set handlers
    if not here or signal.getsignal(signal.SIGINT) not in {python, at_once}:
        yield
        return
    signal.signal(signal.SIGINT, at_once)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, python)


def settle() -> None:
    """Collect once, and exclude the living objects from later collections, which are then short.

    Called after loading and before the first treadmill is served: it takes some 30 ms.
    """
    gc.collect()
    gc.freeze()
