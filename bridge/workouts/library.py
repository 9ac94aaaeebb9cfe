"""The workouts of a folder. `bridge.workouts.readers.reading` fills it, where there is a folder."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridge.workouts.model import Workout


@dataclass(frozen=True, slots=True)
class Library:
    """The workouts of a folder by their names, and why other files in it cannot be used."""

    workouts: "dict[str, Workout]"
    problems: dict[str, str]

    def find(self, name: str) -> "Workout | None":
        """The workout of that name; case makes no difference."""
        wanted = name.casefold()
        return next((w for n, w in self.workouts.items() if n.casefold() == wanted), None)


EMPTY = Library({}, {})
