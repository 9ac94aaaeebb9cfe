"""Small characteristics: feature, training status, status, advertising and other services."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols import uuids
from protocols.device_information import DeviceInformation
from protocols.errors import DecodeError, EncodeError
from protocols.ftms.advertising import FitnessMachineAdvertisement, MachineType
from protocols.ftms.feature import Feature, FitnessMachineFeature, Target
from protocols.ftms.machine_status import MachineStatus, StatusOp
from protocols.ftms.training_status import TrainingStatus, TrainingStatusValue
from protocols.heart_rate import HeartRateMeasurement
from protocols.running_speed import RscFeature, RscMeasurement

# --- Fitness Machine Feature 2ACC ------------------------------------------------------------


def test_feature_is_written_and_read() -> None:
    value = FitnessMachineFeature(
        Feature.AVERAGE_SPEED | Feature.TOTAL_DISTANCE | Feature.ELAPSED_TIME,
        Target.SPEED | Target.INCLINATION,
    )
    octets = bytes.fromhex("05100000 03000000")

    assert FitnessMachineFeature.decode(octets) == value
    assert value.encode() == octets


def test_reserved_features_are_ignored() -> None:
    value = FitnessMachineFeature.decode(bytes.fromhex("0100feff 0100feff 99"))

    assert value == FitnessMachineFeature(Feature.AVERAGE_SPEED, Target.SPEED)


def test_short_feature_is_a_decode_error() -> None:
    with pytest.raises(DecodeError):
        FitnessMachineFeature.decode(bytes(7))


@settings(deadline=None)
@given(st.integers(0, (1 << 17) - 1), st.integers(0, (1 << 17) - 1))
def test_any_encoded_feature_is_decoded_to_the_same_value(features: int, targets: int) -> None:
    value = FitnessMachineFeature(Feature(features), Target(targets))

    assert FitnessMachineFeature.decode(value.encode()) == value


# --- Training Status 2AD3 --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("octets", "value"),
    [
        ("00 01", TrainingStatusValue(TrainingStatus.IDLE)),
        ("01 0d 48696c6c", TrainingStatusValue(TrainingStatus.MANUAL, text="Hill")),
        ("03 03 c3a4", TrainingStatusValue(TrainingStatus(3), text="ä", extended=True)),
        ("00 10", TrainingStatusValue(TrainingStatus.OTHER, raw=0x10)),
        ("", TrainingStatusValue(None)),
    ],
)
def test_training_status_is_written_and_read(octets: str, value: TrainingStatusValue) -> None:
    assert TrainingStatusValue.decode(bytes.fromhex(octets)) == value
    assert value.encode() == bytes.fromhex(octets)


@pytest.mark.parametrize(
    ("octets", "value"),
    [
        ("01 0d", TrainingStatusValue(TrainingStatus.MANUAL)),  # quirk S12
        ("fc 01", TrainingStatusValue(TrainingStatus.IDLE)),
        ("00 01 48696c6c", TrainingStatusValue(TrainingStatus.IDLE)),
        ("01 01 48ff", TrainingStatusValue(TrainingStatus.IDLE, text="H\ufffd")),
    ],
)
def test_training_status_as_machines_send_it_is_read(
    octets: str, value: TrainingStatusValue
) -> None:
    assert TrainingStatusValue.decode(bytes.fromhex(octets)) == value


def test_raw_training_status_defaults_to_the_status() -> None:
    assert TrainingStatusValue(TrainingStatus.COOL_DOWN).raw == 0x0B
    assert TrainingStatusValue(None).raw is None


def test_training_status_of_one_octet_is_a_decode_error() -> None:
    with pytest.raises(DecodeError, match="no status"):
        TrainingStatusValue.decode(b"\x00")


@pytest.mark.parametrize(
    "value",
    [
        TrainingStatusValue(TrainingStatus.IDLE, text="\ud800"),
        TrainingStatusValue(TrainingStatus.OTHER, raw=256),
    ],
)
def test_training_status_out_of_range_is_not_written(value: TrainingStatusValue) -> None:
    with pytest.raises(EncodeError):
        value.encode()


@settings(deadline=None)
@given(st.integers(0, 0xFF), st.text(st.characters(codec="utf-8")), st.booleans())
def test_any_encoded_training_status_is_decoded_to_the_same_value(
    raw: int, text: str, extended: bool
) -> None:
    value = TrainingStatusValue(TrainingStatus(raw), raw, text, extended)

    assert TrainingStatusValue.decode(value.encode()) == value


# --- Fitness Machine Status 2ADA -------------------------------------------------------------

STATUSES = [
    ("01", MachineStatus(StatusOp.RESET)),
    ("02 01", MachineStatus(StatusOp.STOPPED_OR_PAUSED, 1)),
    ("03", MachineStatus(StatusOp.STOPPED_BY_SAFETY_KEY)),
    ("04", MachineStatus(StatusOp.STARTED_OR_RESUMED)),
    ("05 3403", MachineStatus(StatusOp.TARGET_SPEED_CHANGED, 820)),
    ("06 f1ff", MachineStatus(StatusOp.TARGET_INCLINE_CHANGED, -15)),
    ("07 2c01", MachineStatus(StatusOp.TARGET_RESISTANCE_CHANGED, 300)),
    ("08 9cff", MachineStatus(StatusOp.TARGET_POWER_CHANGED, -100)),
    ("09 8e", MachineStatus(StatusOp.TARGET_HEART_RATE_CHANGED, 142)),
    ("0a 2c01", MachineStatus(StatusOp.TARGETED_ENERGY_CHANGED, 300)),
    ("0b 1027", MachineStatus(StatusOp.TARGETED_STEPS_CHANGED, 10_000)),
    ("0c 8813", MachineStatus(StatusOp.TARGETED_STRIDES_CHANGED, 5_000)),
    ("0d 701101", MachineStatus(StatusOp.TARGETED_DISTANCE_CHANGED, 70_000)),
    ("0e 0807", MachineStatus(StatusOp.TARGETED_TIME_CHANGED, 1800)),
    ("0f 0100 0200", MachineStatus(StatusOp.TARGETED_TIME_IN_TWO_ZONES_CHANGED, (1, 2))),
    ("10 010002000300", MachineStatus(StatusOp.TARGETED_TIME_IN_THREE_ZONES_CHANGED, (1, 2, 3))),
    (
        "11 01000200030004000500",
        MachineStatus(StatusOp.TARGETED_TIME_IN_FIVE_ZONES_CHANGED, (1, 2, 3, 4, 5)),
    ),
    ("12 18fc 9cff 28 33", MachineStatus(StatusOp.BIKE_SIMULATION_CHANGED, (-1000, -100, 40, 51))),
    ("13 3852", MachineStatus(StatusOp.WHEEL_CIRCUMFERENCE_CHANGED, 21_048)),
    ("14 02", MachineStatus(StatusOp.SPIN_DOWN_STATUS, 2)),
    ("15 a800", MachineStatus(StatusOp.TARGETED_CADENCE_CHANGED, 168)),
    ("ff", MachineStatus(StatusOp.CONTROL_PERMISSION_LOST)),
    ("16", MachineStatus(0x16)),
]


@pytest.mark.parametrize(("octets", "status"), STATUSES)
def test_machine_status_is_written_and_read(octets: str, status: MachineStatus) -> None:
    assert MachineStatus.decode(bytes.fromhex(octets)) == status
    assert status.encode() == bytes.fromhex(octets)


def test_machine_status_cases_cover_every_op_code() -> None:
    assert {status.op for _, status in STATUSES} > set(StatusOp)


@pytest.mark.parametrize(
    ("octets", "status"),
    [
        ("04 00 00", MachineStatus(StatusOp.STARTED_OR_RESUMED)),  # quirk S2
        ("02 02 00", MachineStatus(StatusOp.STOPPED_OR_PAUSED, 2)),
        ("16 de ad", MachineStatus(0x16)),
        ("02", MachineStatus(StatusOp.STOPPED_OR_PAUSED)),  # stopped, without a parameter
        ("05 34", MachineStatus(StatusOp.TARGET_SPEED_CHANGED)),
        ("07 0f", MachineStatus(StatusOp.TARGET_RESISTANCE_CHANGED, 15)),  # FTMS 1.0
    ],
)
def test_machine_status_as_machines_send_it_is_read(octets: str, status: MachineStatus) -> None:
    assert MachineStatus.decode(bytes.fromhex(octets)) == status


def test_empty_machine_status_is_a_decode_error() -> None:
    with pytest.raises(DecodeError):
        MachineStatus.decode(b"")


@pytest.mark.parametrize(
    "status", [MachineStatus(StatusOp.TARGET_SPEED_CHANGED), MachineStatus(0x02, 256)]
)
def test_machine_status_with_an_unfit_parameter_is_not_written(status: MachineStatus) -> None:
    with pytest.raises(EncodeError):
        status.encode()


# --- advertising -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("octets", "value"),
    [
        ("01 0100", FitnessMachineAdvertisement(True, MachineType.TREADMILL)),
        ("00 2100", FitnessMachineAdvertisement(False, MachineType(0x21))),
    ],
)
def test_service_data_are_written_and_read(octets: str, value: FitnessMachineAdvertisement) -> None:
    assert FitnessMachineAdvertisement.decode(bytes.fromhex(octets)) == value
    assert value.encode() == bytes.fromhex(octets)


def test_reserved_bits_of_service_data_are_ignored() -> None:
    value = FitnessMachineAdvertisement.decode(bytes.fromhex("ff c1ff 99"))

    assert value == FitnessMachineAdvertisement(True, MachineType.TREADMILL)


def test_short_service_data_are_a_decode_error() -> None:
    with pytest.raises(DecodeError):
        FitnessMachineAdvertisement.decode(b"\x01\x01")


# --- Heart Rate Measurement 2A37 -------------------------------------------------------------


@pytest.mark.parametrize(
    ("octets", "value"),
    [
        ("00 6f", HeartRateMeasurement(111)),
        ("01 2c01", HeartRateMeasurement(300)),
        ("06 6f", HeartRateMeasurement(111, contact=True)),
        ("04 6f", HeartRateMeasurement(111, contact=False)),
        ("18 6f 0a00 7203 2702", HeartRateMeasurement(111, None, 10, (882, 551))),
        ("10 6f 7203", HeartRateMeasurement(111, intervals=(882,))),
    ],
)
def test_heart_rate_is_written_and_read(octets: str, value: HeartRateMeasurement) -> None:
    assert HeartRateMeasurement.decode(bytes.fromhex(octets)) == value
    assert value.encode() == bytes.fromhex(octets)


@pytest.mark.parametrize(
    ("octets", "value"),
    [
        ("02 6f", HeartRateMeasurement(111)),  # contact means nothing without its support
        ("01 6f00", HeartRateMeasurement(111)),
        ("18 6f 0a", HeartRateMeasurement(111)),
        ("10 6f 7203 27", HeartRateMeasurement(111, intervals=(882,))),
        ("00 6f 7203", HeartRateMeasurement(111)),
    ],
)
def test_heart_rate_as_sensors_send_it_is_read(octets: str, value: HeartRateMeasurement) -> None:
    assert HeartRateMeasurement.decode(bytes.fromhex(octets)) == value


@pytest.mark.parametrize("octets", ["", "00", "01 6f"])
def test_short_heart_rate_is_a_decode_error(octets: str) -> None:
    with pytest.raises(DecodeError):
        HeartRateMeasurement.decode(bytes.fromhex(octets))


words = st.integers(0, 0xFFFF)


@settings(deadline=None)
@given(
    st.builds(
        HeartRateMeasurement,
        words,
        st.none() | st.booleans(),
        st.none() | words,
        st.lists(words, max_size=9).map(tuple),
    )
)
def test_any_encoded_heart_rate_is_decoded_to_the_same_value(value: HeartRateMeasurement) -> None:
    assert HeartRateMeasurement.decode(value.encode()) == value


# --- Running Speed and Cadence 2A53, 2A54 ----------------------------------------------------


@pytest.mark.parametrize(
    ("octets", "value"),
    [
        ("00 9101 bb", RscMeasurement(401, 187)),
        ("04 9101 bb", RscMeasurement(401, 187, running=True)),
        ("01 9101 bb 6400", RscMeasurement(401, 187, stride_length=100)),
        ("02 b900 33 8a020000", RscMeasurement(185, 51, distance=650)),
        ("07 b900 33 6400 8a020000", RscMeasurement(185, 51, True, 100, 650)),
    ],
)
def test_running_speed_is_written_and_read(octets: str, value: RscMeasurement) -> None:
    assert RscMeasurement.decode(bytes.fromhex(octets)) == value
    assert value.encode() == bytes.fromhex(octets)


@pytest.mark.parametrize(
    ("octets", "value"),
    [
        ("03 b900 33 6400 8a02", RscMeasurement(185, 51, stride_length=100)),
        ("01 b900 33 64", RscMeasurement(185, 51)),
        ("f8 b900 33 99", RscMeasurement(185, 51)),
    ],
)
def test_running_speed_as_sensors_send_it_is_read(octets: str, value: RscMeasurement) -> None:
    assert RscMeasurement.decode(bytes.fromhex(octets)) == value


def test_short_running_speed_is_a_decode_error() -> None:
    with pytest.raises(DecodeError):
        RscMeasurement.decode(bytes(3))


def test_running_feature_is_written_and_read() -> None:
    value = RscFeature.TOTAL_DISTANCE | RscFeature.WALKING_OR_RUNNING

    assert RscFeature.decode(bytes.fromhex("e6ff")) == value
    assert value.encode() == bytes.fromhex("0600")
    with pytest.raises(DecodeError):
        RscFeature.decode(b"\x06")


# --- Device Information 180A -----------------------------------------------------------------


def test_device_information_is_written_and_read() -> None:
    value = DeviceInformation(
        manufacturer="treadmill-bridge",
        model="Simulated treadmill",
        system_id=bytes.fromhex("0102030405060708"),
    )
    values = {
        uuids.MANUFACTURER_NAME: b"treadmill-bridge",
        uuids.MODEL_NUMBER: b"Simulated treadmill",
        uuids.SYSTEM_ID: bytes.fromhex("0102030405060708"),
    }

    assert DeviceInformation.decode(values) == value
    assert value.encode() == values


def test_device_information_as_makers_send_it_is_read() -> None:
    values = {
        uuids.MANUFACTURER_NAME: b" 0x01\0\0",
        uuids.FIRMWARE_REVISION: b"\xffV1",
        uuids.TREADMILL_DATA: b"not its business",
    }

    assert DeviceInformation.decode(values) == DeviceInformation("0x01", firmware="\ufffdV1")
    assert DeviceInformation.decode({}) == DeviceInformation()


def test_device_information_outside_utf_8_is_not_written() -> None:
    with pytest.raises(EncodeError):
        DeviceInformation(model="\ud800").encode()
