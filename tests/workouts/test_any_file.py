"""Any bytes give a workout within all bounds, or a WorkoutError with a reason."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.workouts.model import MAX_M, MAX_S, MAX_STEPS, WorkoutError, count, flat
from bridge.workouts.readers.reading import read
from tests.workouts import samples

SAMPLES = (
    samples.ZWO_TIME,
    samples.ZWO_DISTANCE,
    samples.QZ,
    samples.TOML,
    samples.FIT,
    samples.FIT_TOOL,
    samples.gpx([500 + n % 17 for n in range(60)]),
)
WORDS = [b'"', b"<", b"/>", b"nan", b"1e999", b"-1", b"99999999999", b"\0", b"&lol;", b"[[step]]",
         b"repeat = 200", b'Repeat="200"', b"<!DOCTYPE a []>", b"\xff", b"="]  # fmt: skip


def holds(data: bytes) -> None:
    try:
        workout = read(data, "x")
    except WorkoutError as error:
        assert str(error)  # noqa: PT017 - either is right
        return
    assert 1 <= count(workout.parts) <= MAX_STEPS
    steps = flat(workout.parts)
    numbers = [step.duration_s or 0.0 for step in steps] + [s.distance_m or 0.0 for s in steps]
    numbers += [step.incline or 0.0 for step in steps]
    assert all(math.isfinite(number) for number in numbers)
    assert sum(step.duration_s or 0.0 for step in steps) <= MAX_S
    assert sum(step.distance_m or 0.0 for step in steps) <= MAX_M


@given(st.binary(max_size=300))
def test_workout_file_of_any_bytes_is_read_or_refused(data: bytes) -> None:
    holds(data)


@pytest.mark.parametrize("sample", SAMPLES)
@given(data=st.data())
def test_mutated_workout_file_is_read_or_refused(sample: bytes, data: st.DataObject) -> None:
    mutated = bytearray(sample)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(mutated)))
        cut = data.draw(st.integers(0, 12))
        mutated[at : at + cut] = data.draw(st.sampled_from(WORDS) | st.binary(max_size=4))
    holds(bytes(mutated))


@given(st.binary(max_size=200))
def test_fit_file_of_any_messages_is_read_or_refused(body: bytes) -> None:
    """The checksum is right, so that what is behind it is reached."""
    holds(samples.fit(samples.FIT_FILE_ID, samples.FIT_STEPS, body))


@given(st.lists(st.floats(-500, 9000), min_size=2, max_size=80))
def test_gpx_file_of_any_heights_has_inclines_within_bounds(heights: list[float]) -> None:
    holds(samples.gpx(heights))
