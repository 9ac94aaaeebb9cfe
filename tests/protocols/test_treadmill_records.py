"""Treadmill Data, 2ACD, in parts: split to the MTU and joined; and properties of any record."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.errors import DecodeError, EncodeError
from protocols.ftms.treadmill_data import Defragmenter, TreadmillData, merge
from tests.protocols.samples import FULL, FULL_FRAME, record

# --- several frames --------------------------------------------------------------------------


def test_matrix_touchxl_sends_one_record_in_two_parts() -> None:
    first = bytes.fromhex("9f0061003600000000ff7f0000ffff05006e0002")
    then = bytes.fromhex("001f71000002cc003c06ff7f1a00")
    joined = Defragmenter()

    assert joined.add(first) is None
    data = joined.add(then)

    assert data == TreadmillData(
        speed=113,
        average_speed=97,
        distance=54,
        incline=0,
        positive_elevation_gain=0,
        negative_elevation_gain=0xFFFF,
        energy=5,
        energy_per_hour=110,
        energy_per_minute=2,
        heart_rate=0,
        metabolic_equivalent=2,
        elapsed=204,
        remaining=1596,
        power=26,
    )
    assert data.flags == 0x1F00


def test_split_fills_the_parts_and_puts_the_speed_last() -> None:
    assert FULL.split(23) == [
        bytes.fromhex("7f00 ee02 701101 f1fff7ff ab001a00 0e0c"),
        bytes.fromhex("801f 3403 2c0158020a 8e 55 08075802 ecff0401"),
    ]


def test_split_sends_the_speed_separately_if_it_does_not_fit() -> None:
    *parts, last = replace(FULL, step_count=9).split(23)

    assert [len(part) for part in parts] == [17, 20]
    assert last == bytes.fromhex("0000 3403")


def test_a_record_that_fits_is_not_split() -> None:
    assert FULL.split(37) == [FULL_FRAME]
    assert len(FULL.split(36)) == 2


def test_part_of_a_record_is_split_into_parts() -> None:
    part = replace(FULL, speed=None, complete=False)

    frames = part.split(23)

    assert [frame[0] & 1 for frame in frames] == [1, 1]
    assert TreadmillData.decode(frames[-1]).speed is None


def test_mtu_below_23_is_refused() -> None:
    with pytest.raises(EncodeError, match="MTU"):
        FULL.split(22)


def test_lost_link_drops_a_partial_record() -> None:
    joined = Defragmenter()
    joined.add(TreadmillData(distance=70, complete=False).encode())

    joined.reset()

    assert joined.add(record().encode()) == record()


def test_parts_of_two_records_are_not_merged_when_the_last_part_was_lost() -> None:
    joined = Defragmenter()
    joined.add(TreadmillData(distance=70, heart_rate=142, complete=False).encode())

    assert joined.add(TreadmillData(distance=71, complete=False).encode()) is None

    assert joined.add(record().encode()) == record(distance=71)


@pytest.mark.parametrize(("age", "distance"), [(2.0, 70), (2.1, None)])
def test_partial_record_older_than_two_seconds_is_dropped(age: float, distance: int | None) -> None:
    joined = Defragmenter()
    joined.add(TreadmillData(distance=70, complete=False).encode(), 100.0)

    assert joined.add(record().encode(), 100.0 + age) == record(distance=distance)


def test_record_in_three_parts_is_joined() -> None:
    joined = Defragmenter()

    whole = replace(FULL, step_count=9)

    assert [joined.add(part) for part in whole.split(23)] == [None, None, whole]


def test_unreadable_part_drops_the_partial_record() -> None:
    joined = Defragmenter()
    joined.add(TreadmillData(distance=70, complete=False).encode())

    with pytest.raises(DecodeError):
        joined.add(b"")

    assert joined.add(record().encode()) == record()


def test_truncated_part_makes_a_truncated_record() -> None:
    torn = TreadmillData.decode(bytes.fromhex("0500 0a00"))

    assert torn == TreadmillData(complete=False, truncated=True)
    assert merge(torn, record()).truncated


# --- properties ------------------------------------------------------------------------------


def some(low: int, high: int) -> st.SearchStrategy[int | None]:
    return st.none() | st.integers(low, high)


U16 = some(0, 0xFFFE)
S16 = some(-0x8000, 0x7FFE)


@st.composite
def records(draw: st.DrawFn) -> TreadmillData:
    wide = draw(st.booleans())
    pace = some(0, 0xFFFF if wide else 0xFF)
    gains = draw(st.none() | st.tuples(*2 * [st.integers(0, 0xFFFF)])) or (None, None)
    data = TreadmillData(
        speed=draw(st.integers(0, 0xFFFF)),
        average_speed=draw(U16),
        distance=draw(some(0, 0xFFFFFF)),
        incline=draw(S16),
        ramp_angle=draw(S16),
        positive_elevation_gain=gains[0],
        negative_elevation_gain=gains[1],
        pace=draw(pace),
        average_pace=draw(pace),
        energy=draw(U16),
        energy_per_hour=draw(U16),
        energy_per_minute=draw(some(0, 0xFE)),
        heart_rate=draw(some(0, 0xFF)),
        metabolic_equivalent=draw(some(0, 0xFF)),
        elapsed=draw(U16),
        remaining=draw(U16),
        force_on_belt=draw(S16),
        power=draw(S16),
        step_count=draw(some(0, 0xFFFFFF)),
    )
    paced = data.pace is not None or data.average_pace is not None
    return replace(data, wide_pace=wide and paced)


@pytest.mark.unmeasured
@settings(deadline=None)
@given(records())
def test_any_encoded_record_is_decoded_to_the_same_value(data: TreadmillData) -> None:
    assert TreadmillData.decode(data.encode()) == data


@pytest.mark.unmeasured
@settings(deadline=None)
@given(records(), st.integers(23, 60))
def test_any_split_record_is_joined_to_the_same_value(data: TreadmillData, mtu: int) -> None:
    joined = Defragmenter()
    parts = data.split(mtu)

    *pending, whole = [joined.add(part) for part in parts]

    assert all(len(part) <= mtu - 3 for part in parts)
    assert set(pending) <= {None}
    assert whole == data


# --- frames as a machine with a layout of its own sends them -----------------------------------


def test_frame_has_only_the_groups_of_its_flags() -> None:
    data = TreadmillData.decode(FULL.frame(0x0404))
    assert (data.speed, data.distance, data.elapsed) == (FULL.speed, FULL.distance, FULL.elapsed)
    assert data.incline is data.energy is None


def test_first_part_of_a_frame_has_no_speed() -> None:
    data = TreadmillData.decode(FULL.frame(0x0005))
    assert (data.complete, data.speed, data.distance) == (False, None, FULL.distance)


def test_frame_marks_an_unknown_group_as_not_available() -> None:
    nothing = replace(FULL, energy=None, energy_per_hour=None, energy_per_minute=None)
    assert nothing.frame(0x0080) == bytes.fromhex("8000 3403 ffff ffff ff")


def test_frame_refuses_an_unknown_field_without_such_a_value() -> None:
    with pytest.raises(EncodeError, match="distance"):
        replace(FULL, distance=None).frame(0x0004)
