"""Values that are made anew with each frame or decision, and must therefore cost little."""

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

_T = TypeVar("_T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[_T]) -> type[_T]:
    """Make a slotted dataclass that is frozen to the type checker, and costs nothing for it.

    `dataclass(frozen=True)` sets each field through `object.__setattr__`, and that is most of what
    its values cost. What is made but once is frozen in earnest, and does not come here.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)
