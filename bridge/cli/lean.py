"""Loading no more than a command needs: the bridge runs for years on small computers."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def hidden(*names: str) -> Iterator[None]:
    """Hide installed modules from whatever is imported meanwhile.

    structlog loads rich where that is installed, for tracebacks that the bridge doesn't use; it
    takes 5 MB and 40 ms of a fast processor. What needs rich loads it later.
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
    """Let the collector of garbage rest: what is imported meanwhile is kept anyway.

    Each pass over all of it takes some 10 ms of a fast processor.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def settle() -> None:
    """Collect once, and leave what is alive now out of all later passes: they are short then.

    Called once all is loaded and before the first treadmill is served: it takes some 30 ms.
    """
    gc.collect()
    gc.freeze()
