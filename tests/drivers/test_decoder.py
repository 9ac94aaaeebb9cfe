"""Decoding of FTMS frames to measurements and events. Bytes by hand, little-endian."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from bridge.drivers.ftms.decoder import Decoder, activity, measurement
from bridge.machines import PLAIN_EDGE, Cadence, Edge, Profile, Quirk, SpeedUnit
from bridge.values import Activity, Axis, Doing, Measurement, Unusable
from bridge.values.status import MachineEvent, Paused, Stopped, TargetChanged
from protocols.ftms.training_status import TrainingStatus
from protocols.ftms.treadmill_data import TreadmillData


@dataclass
class Heard:
    """A listener that remembers."""

    log: list[Any] = field(default_factory=list)

    def measured(self, data: Measurement) -> None:
        self.log.append(data)

    def training(self, activity: Activity | None) -> None:
        self.log.append(activity)

    def happened(self, event: MachineEvent) -> None:
        self.log.append(event)

    def stepped(self, a_minute: int) -> None:
        self.log.append(a_minute)

    def unusable(self, what: Unusable) -> None:
        self.log.append(what)

    def observed(self, quirk: Quirk) -> None:
        self.log.append(quirk)


def data(*frames: str, profile: Profile = PLAIN_EDGE.profile) -> list[Any]:
    heard = Heard()
    decoder = Decoder(heard, lambda: Edge(profile))
    for second, frame in enumerate(frames):
        decoder.treadmill_data(bytes.fromhex(frame), second / 10)
    return heard.log


def status(octets: str, profile: Profile = PLAIN_EDGE.profile) -> list[Any]:
    heard = Heard()
    Decoder(heard, lambda: Edge(profile)).machine_status(bytes.fromhex(octets), 7.0)
    return heard.log


class TestTreadmillData:
    def test_decoder_reads_a_record_as_a_measurement(self) -> None:
        # Flags 0x040C: speed 8.2 km/h, 100 m, 1.5 % without a ramp angle, 60 s.
        (found,) = data("0c04 3403 640000 0f00 ff7f 3c00")
        assert found == Measurement(speed=820, incline=15, distance=100, elapsed=60)

    def test_decoder_joins_two_parts_into_one_measurement(self) -> None:
        assert data("0500 640000", "0000 3e03") == [
            Unusable.PART,
            Measurement(speed=830, distance=100),
        ]

    def test_wrong_more_data_flag_is_removed_if_declared(self) -> None:
        profile = Profile(speed_first=True)
        assert data("0100 3403", profile=profile) == [Measurement(speed=820)]
        assert data("", profile=profile) == [Unusable.MEASUREMENT]

    def test_truncated_record_is_reported_once_and_marked_as_another_kind(self) -> None:
        torn, first, second = data("0800 3403", "0800 3403")
        assert torn is Quirk.TORN_RECORDS
        assert first == second == Measurement(speed=820)
        (whole,) = data("0800 3403 0f00 ff7f")
        assert first.kind != whole.kind

    def test_vendor_step_counter_is_a_quirk(self) -> None:
        quirk, found = data("0020 3403 0700")
        assert (quirk, found.step_count) == (Quirk.VENDOR_STEPS, 7)

    @pytest.mark.parametrize("nothing", ["ff7f", "ffff"])
    def test_elevation_gain_of_a_placeholder_value_is_none(self, nothing: str) -> None:
        (found,) = data(f"1000 3403 {nothing} 0000")
        assert found.elevation_gain is None

    def test_a_frame_without_flags_is_unusable(self) -> None:
        assert data("00") == [Unusable.MEASUREMENT]

    def test_decoder_converts_reported_mph_to_kmh(self) -> None:
        profile = Profile(reported_speed_unit=SpeedUnit.MPH)
        assert data("0000 f401", profile=profile) == [Measurement(speed=805)]

    def test_decoder_drops_the_incline_of_a_machine_without_one(self) -> None:
        record = TreadmillData(speed=100, incline=150, ramp_angle=85)
        found = measurement(record, Edge(Profile(incline_reported=False)))
        assert found == Measurement(speed=100)


class TestStatus:
    @pytest.mark.parametrize(
        ("octets", "event"),
        [
            ("02 01", Stopped(7.0)),
            ("02 02", Paused(7.0)),
            ("05 3601", TargetChanged(7.0, Axis.SPEED, 310)),
            ("06 f6ff", TargetChanged(7.0, Axis.INCLINE, -10)),
        ],
    )
    def test_status_is_an_event(self, octets: str, event: MachineEvent) -> None:
        assert status(octets) == [event]

    def test_status_has_targets_in_true_numbers(self) -> None:
        profile = Profile(target_speed_unit=SpeedUnit.MPH)
        assert status("05 3601", profile) == [TargetChanged(7.0, Axis.SPEED, 499)]

    def test_unused_status_is_ignored(self) -> None:
        assert status("07 0500") == []

    def test_unknown_status_is_unusable(self) -> None:
        assert status("42") == [Unusable.UNKNOWN_STATUS]
        assert status("") == [Unusable.STATUS]


class TestOtherValues:
    @pytest.mark.parametrize(
        ("status", "doing"),
        [
            (TrainingStatus.IDLE, Doing.RESTING),
            (TrainingStatus.POST_WORKOUT, Doing.RESTING),
            (TrainingStatus.PRE_WORKOUT, Doing.COUNTDOWN),
            (TrainingStatus.OTHER, Doing.UNTOLD),
            (TrainingStatus.MANUAL, Doing.ACTIVE),
        ],
    )
    def test_a_training_status_is_a_state_of_the_workout(
        self, status: TrainingStatus, doing: Doing
    ) -> None:
        found = activity(status)
        assert found is not None
        assert found.doing is doing

    def test_low_and_high_intervals_are_different_activities(self) -> None:
        low, high = TrainingStatus.LOW_INTENSITY_INTERVAL, TrainingStatus.HIGH_INTENSITY_INTERVAL
        assert activity(low) != activity(high)
        assert activity(None) is None

    @pytest.mark.parametrize(("cadence", "steps"), [(Cadence.STEPS, 82), (Cadence.STRIDES, 164)])
    def test_decoder_counts_a_stride_as_two_steps(self, cadence: Cadence, steps: int) -> None:
        heard = Heard()
        decoder = Decoder(heard, lambda: Edge(Profile(cadence=cadence)))
        decoder.running_speed(bytes.fromhex("00 b900 52"))
        assert heard.log == [steps]

    def test_short_value_is_unusable(self) -> None:
        heard = Heard()
        decoder = Decoder(heard)
        decoder.running_speed(b"")
        decoder.training_status(b"\x00")
        assert heard.log == [Unusable.OTHER, Unusable.OTHER]
