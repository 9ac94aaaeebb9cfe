"""Pydantic adapters for the history's values, built on first use.

None is needed while idle, and each takes some milliseconds to build.
"""

from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_T = TypeVar("_T")


def adapter(kind: type[_T]) -> "TypeAdapter[_T]":
    """Return the adapter of a type, always the same one."""
    return _adapter(kind)  # type: ignore[arg-type]  # a class is hashable


@cache
def _adapter(kind: type[Any]) -> "TypeAdapter[Any]":
    from pydantic import TypeAdapter  # noqa: PLC0415 - imported on first use

    return TypeAdapter(kind)
