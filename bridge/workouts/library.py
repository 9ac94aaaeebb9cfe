"""The workouts of a folder, as read by `bridge.workouts.readers.reading`."""

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridge.workouts.model import Workout

NONE = "none"
"""Name that cancels the chosen workout, so that no workout can have it."""


@dataclass(frozen=True, slots=True)
class Library:
    """Workouts of a folder by name, and the problems of its unusable files."""

    workouts: "dict[str, Workout]"
    problems: dict[str, str]

    def find(self, name: str) -> "Workout | None":
        """Return the workout of that name, ignoring case; None if there is none."""
        wanted = name.casefold()
        return next((w for n, w in self.workouts.items() if n.casefold() == wanted), None)

    def problem_of(self, name: str) -> str | None:
        """Return what is wrong with the file of that name, ignoring case; None if there is none."""
        wanted = name.casefold()
        stems = ((PurePath(file).stem, problem) for file, problem in self.problems.items())
        return next((problem for stem, problem in stems if stem.casefold() == wanted), None)


EMPTY = Library({}, {})
