"""Short ways to read workout files in tests."""

import pytest

from bridge.workouts.model import WorkoutError
from bridge.workouts.readers.reading import read


def problem(data: bytes) -> str:
    with pytest.raises(WorkoutError) as caught:
        read(data)
    return str(caught.value)
