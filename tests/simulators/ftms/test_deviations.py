"""Deviations of machine profiles beyond `test_quirks`; the names have the same ids."""

from dataclasses import replace

import pytest

from protocols.errors import DecodeError
from protocols.ftms.ranges import HeartRateRange
from protocols.ftms.treadmill_data import Defragmenter, TreadmillData
from simulators.ftms.profile import (
    STRICT,
    Control,
    Data,
    Early,
    Features,
    Profile,
    Ranges,
    Training,
)
from simulators.ftms.profile_file import machine_names
from simulators.physics.machine import Phase
from simulators.physics.spec import MachineSpec
from tests.rigs.effort import effort
from tests.simulators.ftms.bench import Bench, bench, last_record, walking
from tests.simulators.physics.machines import near

DATA, TRAINING, STATUS = 0x2ACD, 0x2AD3, 0x2ADA
SPEED_RANGE, INCLINE_RANGE, FEATURE = 0x2AD4, 0x2AD5, 0x2ACC
URTM, CITY = "urevo-e1l", "citysports-cs-wp8"


class TestData:
    @pytest.mark.parametrize(
        ("machine", "flags", "octets", "counter"),
        [(URTM, "8425", 18, 3), ("kingsmith-z1", "0424", 11, 2)],
        ids=["D1", "D2"],
    )
    def test_d1_d2_vendor_step_counter_ends_the_record(
        self, machine: str, flags: str, octets: int, counter: int
    ) -> None:
        found = walking(machine)
        found.treadmill.advance(60)
        frame = bytes.fromhex(found.a.of(DATA)[-1])
        assert (frame[:2].hex(), len(frame)) == (flags, octets)
        steps = int.from_bytes(frame[-counter:], "little")
        assert steps == last_record(found.a).step_count == int(found.machine.runner.steps) > 50

    def test_d10_distance_advances_in_steps_of_10_m(self) -> None:
        urevo = walking(URTM)
        urevo.treadmill.advance(60)
        seen = {TreadmillData.decode(bytes.fromhex(frame)).distance for frame in urevo.a.of(DATA)}
        assert len(seen) > 2
        assert all(metres is not None and metres % 10 == 0 for metres in seen)

    @pytest.mark.parametrize(("machine", "records"), [(CITY, 52), (URTM, 20)])
    def test_d16_records_at_the_machines_own_interval(self, machine: str, records: int) -> None:
        found = bench(machine)
        found.treadmill.advance(10)
        assert len(found.a.of(DATA)) == records

    @pytest.mark.parametrize(("machine", "zero"), [("kingsmith-z1", True), ("reebok-fr30z", False)])
    def test_d17_silent_at_rest_with_or_without_a_last_zero(self, machine: str, zero: bool) -> None:
        found = bench(machine)
        found.treadmill.advance(10)
        assert found.a.of(DATA) == []
        found = walking(machine)
        found.play("stop, 5 s")
        received = found.a.of(DATA)
        assert (TreadmillData.decode(bytes.fromhex(received[-1])).speed == 0) is zero
        found.treadmill.advance(20)
        assert found.a.of(DATA) == received

    def test_d19_mph_in_both_directions_shows_only_in_the_distance(self) -> None:
        bowflex = walking("bowflex-t9")
        assert bowflex.play("00, 02 f401, 30 s") == "01, 01"
        before = last_record(bowflex.a).distance or 0
        bowflex.treadmill.advance(360)
        after = last_record(bowflex.a)
        assert after.speed == 500
        assert bowflex.machine.true_speed_kmh == near(5 * 1.609)
        assert (after.distance or 0) - before == pytest.approx(805, abs=2)  # not 500

    def test_d23_speed_comes_in_the_first_part_of_a_split_record(self) -> None:
        ph4 = walking("kingsmith-ph4", 300)
        ph4.treadmill.advance(1)
        frame = bytes.fromhex(ph4.a.of(DATA)[-1])
        assert frame[0] & 1
        assert int.from_bytes(frame[2:4], "little") == pytest.approx(300, abs=2)
        assert not TreadmillData.decode(frame).complete

    def test_d25_more_octets_than_the_flags_name(self) -> None:
        sole, strict = walking("sole-f65", 500), walking("strict", 500)
        sole.treadmill.advance(1)
        strict.treadmill.advance(1)
        assert len(sole.a.of(DATA)[-1]) == len(strict.a.of(DATA)[-1]) + 2 * 2
        assert last_record(sole.a).speed == 500
        assert FEATURE not in sole.server.readable

    def test_frame_of_one_octet_is_a_decode_error(self) -> None:
        cut = Bench(profile=replace(STRICT, data=Data(torn_at=1)))
        cut.treadmill.advance(1)
        with pytest.raises(DecodeError):
            TreadmillData.decode(bytes.fromhex(cut.a.of(DATA)[0]))


class TestStatus:
    def test_s3_current_speed_is_sent_as_a_target_while_the_belt_slows(self) -> None:
        urevo = walking(URTM, 288)
        urevo.play("stop, 20 s")
        told = [int.from_bytes(bytes.fromhex(frame[2:])[:2], "little") for frame in
                urevo.a.of(STATUS) if frame.startswith("05")]  # fmt: skip
        assert told == sorted(told, reverse=True)
        assert len(told) > 10
        assert told[-1] == 0

    def test_s7_last_status_is_repeated_to_a_new_subscriber(self) -> None:
        z1, strict = walking("kingsmith-z1"), bench("strict")
        for found, press in ((z1, "pause"), (strict, "start")):
            found.play(press)
            found.a.received.clear()
            found.server.subscribed(found.a, DATA)
            assert found.a.received == []
            found.server.subscribed(found.a, STATUS)
        assert (z1.a.of(STATUS), strict.a.of(STATUS)) == (["0202"], [])

    def test_s9_statuses_have_numbers_of_their_own(self) -> None:
        ronning = bench("ronning-x27")
        ronning.play("start, 20 s, stop")
        assert [frame for frame in ronning.a.of(STATUS) if frame[:2] != "05"] == ["0a", "0b01"]


class TestOptions:
    """Fields of a profile that no machine here has, or that show without a timeline."""

    def test_d24_training_status_is_read_as_empty(self) -> None:
        mute = Bench(profile=Profile(training=Training(empty=True)))
        assert mute.server.read(TRAINING) == b""

    def test_training_status_may_be_missing(self) -> None:
        bare = Bench(profile=Profile(training=Training(present=False)))
        bare.machine.start()
        assert TRAINING not in bare.server.readable
        assert bare.a.of(TRAINING) == []

    def test_d25_the_features_may_be_missing(self) -> None:
        bare = Bench(profile=Profile(features=Features(present=False)))
        assert FEATURE not in bare.server.readable
        assert bare.write("00") == "80 00 01"

    def test_range_characteristics_may_be_missing_on_a_capable_machine(self) -> None:
        spec = MachineSpec(heart_rate=HeartRateRange(80, 180, 1))
        bare = Bench(spec, Profile(ranges=Ranges(absent=("speed", "incline", "heart_rate"))))
        assert not {SPEED_RANGE, INCLINE_RANGE, 0x2AD7} & set(bare.server.readable)
        assert bare.play("00, 02 ffff") == "01, 03"
        assert bare.treadmill.time == 0

    def test_simulated_heart_rate_range_may_exceed_the_machine(self) -> None:
        spec = MachineSpec(heart_rate=HeartRateRange(80, 180, 1))
        boaster = Bench(spec, Profile(ranges=Ranges(heart_rate=HeartRateRange(30, 250, 1))))
        assert boaster.server.read(0x2AD7).hex() == "1efa01"
        assert boaster.play("00, 06 1e") == "01, 03"

    @pytest.mark.parametrize(
        ("control", "timeline", "results"),
        [
            (Control(speed_before_motion=Early.REFUSED), "00, 02 2c01, 07, 10 s, 02 2c01",
             "01, 04, 01, 01"),
            (Control(repeated_stop_fails=False), "00, 08 01", "01, 01"),
        ],
    )  # fmt: skip
    def test_simulated_control_point_deviates_as_configured(
        self, control: Control, timeline: str, results: str
    ) -> None:
        assert Bench(profile=Profile(control=control)).play(timeline) == results

    def test_simulated_machine_may_keep_control_with_its_holder(self) -> None:
        firm = Bench(profile=Profile(control=Control(yields=False)))
        firm.control()
        assert firm.write("00", firm.b) == "80 00 05"

    def test_control_point_may_work_without_indications(self) -> None:
        lax = Bench(profile=Profile(control=Control(needs_subscription=False)))
        assert lax.server.write(lax.a, b"\x00", indicating=False) is not None


@pytest.mark.unmeasured
@pytest.mark.parametrize("machine", machine_names())
class TestEveryMachine:
    def test_codec_decodes_every_frame_and_the_console_stops_the_belt(self, machine: str) -> None:
        found = walking(machine)
        found.treadmill.advance(effort(60, 600))
        join = Defragmenter()
        for uuid, value in found.a.received:
            if uuid == DATA:
                join.add(value)
        assert found.a.of(DATA)
        assert found.machine.stop() or found.machine.phase is Phase.IDLE
        found.treadmill.advance(30)
        assert found.machine.stands

    def test_size_of_the_time_steps_changes_no_frame(self, machine: str) -> None:
        one, two = bench(machine), bench(machine)
        for found in (one, two):
            found.machine.start()
        one.treadmill.advance(30)
        for seconds in (7.3, 0.01, *[1.0] * 20, 2.69):
            two.treadmill.advance(seconds)
        assert one.a.received == two.a.received
