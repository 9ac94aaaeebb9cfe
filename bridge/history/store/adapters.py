"""What reads and writes the values of the history: pydantic's adapters, built on first use.

At rest none is needed, and each takes some milliseconds to build.
"""

from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_T = TypeVar("_T")


def adapter(kind: type[_T]) -> "TypeAdapter[_T]":
    """The adapter of a kind of value, always the same one."""
    return _adapter(kind)  # type: ignore[arg-type]  # a class is hashable


@cache
def _adapter(kind: type[Any]) -> "TypeAdapter[Any]":
    from pydantic import TypeAdapter  # noqa: PLC0415 - loaded when the first one is needed

    return TypeAdapter(kind)
