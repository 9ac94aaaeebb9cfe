"""Rare requirements of FTMS.TS and of our own checklist: fields, goals and long texts.

The names carry the ids of FTMS.TS.p6 (without FTMS/SR/) and of docs/conformance.md.
"""

from dataclasses import fields, replace

import pytest

from protocols.ftms.control_point import OpCode
from protocols.ftms.feature import Feature, FitnessMachineFeature, Target
from protocols.ftms.treadmill_data import TreadmillData
from simulators.ftms.profile import STRICT, Features
from simulators.ftms.profile_file import load_profile, machine_names
from simulators.physics.programme import Leg, Programme
from tests.simulators.ftms.bench import LONG, Bench, Recorder

FEATURE, DATA, TRAINING, CONTROL, STATUS = 0x2ACC, 0x2ACD, 0x2AD3, 0x2AD9, 0x2ADA


GOALS = (
    Target.EXPENDED_ENERGY
    | Target.STEPS
    | Target.STRIDES
    | Target.DISTANCE
    | Target.TRAINING_TIME
    | Target.TIME_IN_TWO_ZONES
    | Target.TIME_IN_THREE_ZONES
    | Target.TIME_IN_FIVE_ZONES
)


def measuring(*features: Feature) -> Bench:
    """Strict, but for what it measures; on a slope of 5 % at 6 km/h for a minute."""
    claimed = 0
    for feature in features:
        claimed |= feature
    bench = Bench(profile=replace(STRICT, features=Features(features=claimed)))
    bench.machine.set_incline(50)
    bench.machine.start()
    bench.machine.set_speed(600)
    bench.machine.set_goal(OpCode.SET_TARGETED_TIME, (600,))
    bench.treadmill.advance(3 + 60)
    return bench


def record(bench: Bench) -> TreadmillData:
    return TreadmillData.decode(bytes.fromhex(bench.a.of(DATA)[-1]))


def willing() -> Bench:
    """Takes every goal that a treadmill can be given; A has control."""
    claimed = int(Target.SPEED | Target.INCLINATION | GOALS)
    bench = Bench(profile=replace(STRICT, features=Features(targets=claimed)))
    bench.control()
    return bench


class TestFields:
    """A field is there when its feature is claimed, and in no other record."""

    @pytest.mark.unmeasured
    @pytest.mark.parametrize(
        ("feature", "names"),
        [
            pytest.param(Feature.AVERAGE_SPEED, {"average_speed"}, id="02"),
            pytest.param(Feature.TOTAL_DISTANCE, {"distance"}, id="03"),
            pytest.param(Feature.INCLINATION, {"incline", "ramp_angle"}, id="04"),
            pytest.param(
                Feature.ELEVATION_GAIN, {"positive_elevation_gain", "negative_elevation_gain"},
                id="05",
            ),
            pytest.param(Feature.PACE, {"pace", "average_pace"}, id="06"),
            pytest.param(
                Feature.EXPENDED_ENERGY, {"energy", "energy_per_hour", "energy_per_minute"}, id="07"
            ),
            pytest.param(Feature.HEART_RATE, {"heart_rate"}, id="08"),
            pytest.param(Feature.METABOLIC_EQUIVALENT, {"metabolic_equivalent"}, id="09"),
            pytest.param(Feature.REMAINING_TIME, {"remaining"}, id="10"),
            pytest.param(Feature.FORCE_ON_BELT, {"force_on_belt", "power"}, id="11"),
            pytest.param(Feature.ELAPSED_TIME, {"elapsed"}, id="12"),
        ],
    )  # fmt: skip
    def test_cn_bv_02_03_04_05_06_07_08_09_10_11_12_v02_a_field_comes_with_its_feature(
        self, feature: Feature, names: set[str]
    ) -> None:
        with_it, without = record(measuring(feature)), record(measuring())
        there = {
            field.name
            for field in fields(TreadmillData)
            if getattr(with_it, field.name) != getattr(without, field.name)
        }
        assert there == {*names, "flags"}
        assert without.speed == with_it.speed == 600

    def test_fields_have_the_numbers_of_the_machine(self) -> None:
        everything = list(Feature)
        bench = measuring(*everything)
        data, machine = record(bench), bench.machine
        assert data.average_speed == round(machine.distance_m / 60 * 3.6 * 100)
        assert data.pace == 1  # 0.1 km/min
        assert data.remaining == 540
        assert data.metabolic_equivalent == round(machine.runner.met * 10)
        assert data.force_on_belt == round(75 * 9.80665 * 0.05)
        assert data.power == pytest.approx(75 * 9.80665 * 0.05 * 6 / 3.6, abs=1)


class TestReserved:
    def test_v02_record_has_zero_reserved_bits_and_only_supported_fields(self) -> None:
        bench = Bench()
        claimed = FitnessMachineFeature.decode(bench.server.read(FEATURE))
        assert claimed.encode() == bench.server.read(FEATURE)
        bench.treadmill.advance(1)
        flags = int.from_bytes(bytes.fromhex(bench.a.of(DATA)[0])[:2], "little")
        assert flags >> 13 == 0
        assert bool(flags >> 2 & 1) == (Feature.TOTAL_DISTANCE in claimed.features)
        assert bench.server.read(TRAINING)[0] >> 2 == 0

    @pytest.mark.parametrize("machine", machine_names())
    def test_v02_range_exists_with_its_target_unless_the_machine_deviates(
        self, machine: str
    ) -> None:
        profile = load_profile(machine)
        readable = Bench(profile=profile).server.readable
        if "speed" not in profile.ranges.absent:
            assert (Target.SPEED in profile.targets) <= (0x2AD4 in readable)
        if "incline" not in profile.ranges.absent:
            assert (Target.INCLINATION in profile.targets) <= (0x2AD5 in readable)


class TestGoals:
    """Op, parameter, and what the others hear, for what else a client may set."""

    CASES = (
        pytest.param("09 6400", "0a6400", OpCode.SET_TARGETED_ENERGY, (100,), id="energy"),
        pytest.param("0a e803", "0be803", OpCode.SET_TARGETED_STEPS, (1000,), id="steps"),
        pytest.param("0b f401", "0cf401", OpCode.SET_TARGETED_STRIDES, (500,), id="strides"),
        pytest.param("0c 881300", "0d881300", OpCode.SET_TARGETED_DISTANCE, (5000,), id="distance"),
        pytest.param("0d 0807", "0e0807", OpCode.SET_TARGETED_TIME, (1800,), id="time"),
        pytest.param(
            "0e 2c01 5802", "0f2c015802", OpCode.SET_TARGETED_TIME_IN_TWO_ZONES, (300, 600), id="2"
        ),
        pytest.param(
            "0f 2c01 5802 3c00",
            "102c0158023c00",
            OpCode.SET_TARGETED_TIME_IN_THREE_ZONES,
            (300, 600, 60),
            id="3",
        ),
        pytest.param(
            "10 0100 0200 0300 0400 0500",
            "1101000200030004000500",
            OpCode.SET_TARGETED_TIME_IN_FIVE_ZONES,
            (1, 2, 3, 4, 5),
            id="5",
        ),
    )

    @pytest.mark.parametrize(("request_", "status", "op", "numbers"), CASES)
    def test_cw_bv_11_12_14_15_16_17_18_v10_goal_set_by_a_client_is_reported_to_the_others(
        self, request_: str, status: str, op: OpCode, numbers: tuple[int, ...]
    ) -> None:
        bench = willing()
        assert bench.write(request_) == f"80 {request_[:2]} 01"
        assert bench.machine.goals == {op: numbers}
        assert bench.b.of(STATUS) == [status]
        assert bench.a.of(STATUS) == []

    @pytest.mark.parametrize(("request_", "status", "op", "numbers"), CASES)
    def test_fmsn_bv_11_12_14_15_16_17_18_v10_goal_set_at_the_console_is_reported_to_all(
        self, request_: str, status: str, op: OpCode, numbers: tuple[int, ...]
    ) -> None:
        bench = willing()
        assert bench.machine.set_goal(op, numbers)
        assert bench.a.of(STATUS) == bench.b.of(STATUS) == [status]

    @pytest.mark.parametrize("request_", ["09 64", "0e 2c01", "10 0100"])
    def test_v06_a_goal_of_the_wrong_length_is_an_invalid_parameter(self, request_: str) -> None:
        assert willing().write(request_) == f"80 {request_[:2]} 03"


class TestTexts:
    PROGRAMME = Programme((Leg(60, 300),), name="Hills")

    def test_tsn_bv_02_the_name_of_the_programme_comes_with_the_status(self) -> None:
        bench = Bench()
        bench.machine.play(self.PROGRAMME)
        bench.treadmill.advance(4)
        assert bench.a.of(TRAINING)[-1] == "010d" + b"Hills".hex()
        assert bench.server.read(TRAINING).hex() == "010d" + b"Hills".hex()
        bench.machine.stop()
        bench.treadmill.advance(10)
        assert bench.a.of(TRAINING)[-1] == "0001"

    @pytest.mark.parametrize(
        ("name", "narrow"),
        [("x" * 18, "010d" + "78" * 18), ("x" * 19, "030d" + "78" * 18),
         (LONG, "030d" + LONG[:18].encode().hex())],
    )  # fmt: skip
    def test_tsn_bv_03_long_name_is_truncated_to_the_mtu_and_marked(
        self, name: str, narrow: str
    ) -> None:
        bench = Bench()
        client = Recorder(mtu=23)
        bench.server.join(client)
        bench.machine.play(replace(self.PROGRAMME, name=name))
        bench.treadmill.advance(4)
        whole = "0d" + name.encode().hex()
        assert client.of(TRAINING)[-1] == narrow
        assert bench.server.read(TRAINING, 23).hex() == narrow[:2] + whole
        assert bench.a.of(TRAINING)[-1] == "01" + whole

    def test_tsn_bv_03_long_name_is_sent_once(self) -> None:
        bench = Bench()
        bench.machine.play(replace(self.PROGRAMME, name=LONG))
        bench.treadmill.advance(4)
        bench.a.received.clear()
        bench.treadmill.advance(50)
        assert bench.a.of(TRAINING) == []


def test_v12_v08_only_a_reset_zeroes_times_and_goals() -> None:
    bench = willing()
    bench.write("0d 0807")
    bench.write("07")
    bench.treadmill.advance(20)
    bench.write("08 01")
    assert bench.server.data.elapsed == 17
    bench.write("01")
    assert bench.server.data.elapsed == 0
    assert bench.machine.goals == {}
    assert bench.server.holder is None


def test_sggit_cha_bv_16_sggit_isfc_bv_01_no_machine_changes_its_features() -> None:
    """Indications of 2ACC are for machines whose features change; ours have theirs for life."""
    bench = Bench()
    before = bench.server.read(FEATURE)
    bench.machine.pull_safety_key()
    bench.treadmill.advance(60)
    assert bench.server.read(FEATURE) == before
