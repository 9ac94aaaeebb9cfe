"""Chunks of samples: lossless, and small."""

import struct
import zlib
from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.history.store.chunk import ChunkError, Phase, Second, decode, encode
from tests.history.years import course
from tests.rigs.effort import effort

NUMBERS = st.one_of(st.none(), st.integers(-(2**31) + 1, 2**31 - 1))
SECONDS = st.builds(
    Second,
    at=st.integers(0, 10**9),
    **{f.name: NUMBERS for f in fields(Second) if f.name not in {"at", "phase", "flags"}},
    phase=st.integers(0, 3),
    flags=st.integers(0, 3),
)


@settings(max_examples=effort(30, 100))
@given(st.lists(SECONDS, max_size=8))
def test_any_samples_are_the_same_after_writing_and_reading(samples: list[Second]) -> None:
    assert list(decode(encode(samples))) == samples


def test_an_hour_of_samples_takes_less_than_the_size_limit() -> None:
    seconds = list(course(60, 7))
    size = sum(len(encode(seconds[i : i + 60])) for i in range(0, len(seconds), 60))
    assert size < 30_000


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x01\x01\x00no zlib",
        encode([Second(1)])[:-2],
        b"\x02" + encode([Second(1)])[1:],
        struct.pack("<BH", 1, 9) + zlib.compress(b"1234"),
    ],
)
def test_chunk_that_cannot_be_read_is_refused(content: bytes) -> None:
    with pytest.raises(ChunkError):
        decode(content)


def test_phase_of_a_sample_is_found_by_its_name() -> None:
    assert [Phase.of(name) for name in (None, "warm_up", "active", "cool_down")] == list(Phase)
