"""Keeps start-up small and fast: the bridge runs for years on small computers."""

import gc
import signal
import sys
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
    """End at once on Ctrl-C inside the block, without a traceback.

    While modules load there is nothing to tidy up, and pydantic turns a KeyboardInterrupt into an
    error of its own.
    """
    try:
        before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    except ValueError:  # in a thread, which gets no signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def settle() -> None:
    """Collect once, and exclude the living objects from later collections, which are then short.

    Called after loading and before the first treadmill is served: it takes some 30 ms.
    """
    gc.collect()
    gc.freeze()
