"""The folder of workouts that the configuration names."""

import os
from pathlib import Path

from bridge.config import Config
from bridge.workouts.library import Library


def folder_of(config: Config) -> Path | None:
    """Return the folder of workouts; None if it does not exist."""
    folder = config.workouts_directory()
    return folder if os.path.isdir(folder) else None  # noqa: PTH112 - Path.is_dir may raise


def read_library(folder: Path) -> Library:
    """Read a folder of workouts; imports the readers only if there is one."""
    from bridge.workouts.readers.reading import load  # noqa: PLC0415

    return load(folder)
