"""Deviations of each machine profile in data and reads; names have the quirks' ids."""

from dataclasses import replace

import pytest

from protocols.errors import DecodeError
from protocols.ftms.ranges import HeartRateRange
from protocols.ftms.treadmill_data import Defragmenter, TreadmillData
from simulators.ftms.profile import STRICT, Data, Features, Profile, Ranges
from simulators.ftms.profile_file import machine_names
from simulators.physics.machine import Phase
from simulators.physics.spec import MachineSpec
from tests.rigs.effort import effort
from tests.simulators.ftms.bench import Bench, bench, last_record, walking

DATA, TRAINING, STATUS = 0x2ACD, 0x2AD3, 0x2ADA


SPEED_RANGE, INCLINE_RANGE, FEATURE = 0x2AD4, 0x2AD5, 0x2ACC


class TestData:
    def test_d1_a_vendor_step_counter_of_three_octets(self) -> None:
        urevo = walking("urevo-e1l", 225)
        urevo.treadmill.advance(60)
        frame = urevo.a.of(DATA)[-1]
        assert frame[:4] == "8425"
        assert len(frame) == 2 * 18
        steps = int.from_bytes(bytes.fromhex(frame[-6:]), "little")
        assert steps == int(urevo.machine.runner.steps) > 50

    def test_d2_a_vendor_step_counter_of_two_octets(self) -> None:
        z1 = walking("kingsmith-z1")
        z1.treadmill.advance(60)
        assert (frame := z1.a.of(DATA)[-1])[:4] == "0424"
        assert len(frame) == 2 * 11
        assert last_record(z1.a).step_count == int(z1.machine.runner.steps)

    def test_d3_a_record_torn_at_twenty_octets(self) -> None:
        matrix = walking("matrix", 500)
        matrix.treadmill.advance(1)
        assert [(frame[:4], len(frame)) for frame in matrix.a.of(DATA)] == [("9e1b", 40)]
        record = last_record(matrix.a)
        assert record.truncated
        assert (record.speed, record.energy_per_hour) == (500, None)

    @pytest.mark.parametrize(
        ("machine", "flags"),
        [("matrix-touchxl", ["9f00", "001f"]), ("technogym-myrun", ["1f00", "8006"])],
    )
    def test_d4_a_record_in_two_parts_with_the_speed_in_the_second(
        self, machine: str, flags: list[str]
    ) -> None:
        found = walking(machine, 500)
        found.treadmill.advance(1)
        assert [frame[:4] for frame in found.a.of(DATA)] == flags
        assert all(len(frame) <= 40 for frame in found.a.of(DATA))
        assert last_record(found.a).speed == 500

    @pytest.mark.parametrize(
        ("machine", "gain"), [("life-fitness", 0x7FFF), ("matrix-touchxl", 0xFFFF)]
    )
    def test_d5_d6_a_number_for_nothing_in_the_negative_gain(self, machine: str, gain: int) -> None:
        found = walking(machine)
        found.treadmill.advance(1)
        assert last_record(found.a).negative_elevation_gain == gain

    @pytest.mark.parametrize("machine", ["citysports-cs-wp8", "technogym-myrun", "life-fitness"])
    def test_d7_energies_not_available_beside_a_real_total(self, machine: str) -> None:
        found = walking(machine)
        found.treadmill.advance(60)
        record = last_record(found.a)
        assert (record.energy_per_hour, record.energy_per_minute) == (None, None)
        assert record.energy
        assert any("ffffff" in frame for frame in found.a.of(DATA))

    def test_d8_d9_constant_zeros_for_energies_and_heart_rate(self) -> None:
        urevo = walking("urevo-e1l")
        urevo.treadmill.advance(60)
        record = last_record(urevo.a)
        assert (record.energy_per_hour, record.energy_per_minute, record.heart_rate) == (0, 0, 0)
        assert record.energy

    def test_d10_the_distance_jumps_ten_metres(self) -> None:
        urevo = walking("urevo-e1l")
        urevo.treadmill.advance(60)
        seen = {TreadmillData.decode(bytes.fromhex(frame)).distance for frame in urevo.a.of(DATA)}
        assert len(seen) > 2
        assert all(metres is not None and metres % 10 == 0 for metres in seen)

    def test_d12_counters_survive_a_stop(self) -> None:
        urevo = walking("urevo-e1l")
        elapsed = urevo.machine.elapsed_s
        urevo.machine.stop()
        urevo.treadmill.advance(20)
        urevo.machine.start()
        urevo.treadmill.advance(10)
        assert urevo.machine.elapsed_s > elapsed

    def test_d13_d14_features_that_do_not_fit_the_data(self) -> None:
        run500 = walking("run500")
        run500.treadmill.advance(1)
        assert run500.server.read(FEATURE)[0] & 1  # average speed
        assert last_record(run500.a).average_speed is None
        assert bench("urevo-e1l").server.read(FEATURE).hex(" ", 4) == "45560000 05000000"

    def test_l8_the_kickr_run_sets_its_incline_alone(self) -> None:
        server = bench("kickr-run").server
        assert server.read(FEATURE).hex(" ", 4) == "0c000000 02000000"
        assert server.read(INCLINE_RANGE).hex() == "e2ff96000100"
        assert SPEED_RANGE not in server.readable

    @pytest.mark.parametrize(("machine", "records"), [("citysports-cs-wp8", 52), ("urevo-e1l", 20)])
    def test_d16_records_at_the_machines_own_interval(self, machine: str, records: int) -> None:
        found = bench(machine)
        found.treadmill.advance(10)
        assert len(found.a.of(DATA)) == records

    def test_d17_silent_at_rest_with_or_without_a_last_zero(self) -> None:
        for machine, last in (("kingsmith-z1", 0), ("reebok-fr30z", None)):
            found = bench(machine)
            found.treadmill.advance(10)
            assert found.a.of(DATA) == []
            found = walking(machine)
            found.machine.stop()
            found.treadmill.advance(5)
            *_, speed = [
                TreadmillData.decode(bytes.fromhex(frame)).speed for frame in found.a.of(DATA)
            ]
            assert speed == last if last is not None else speed
            received = len(found.a.of(DATA))
            found.treadmill.advance(20)
            assert len(found.a.of(DATA)) == received

    def test_d19_mph_both_ways_shows_in_the_distance_alone(self) -> None:
        bowflex = walking("bowflex-t9")
        bowflex.control()
        assert bowflex.write("02 f401") == "80 02 01"
        bowflex.treadmill.advance(30)
        before = last_record(bowflex.a).distance
        bowflex.treadmill.advance(360)
        after = last_record(bowflex.a)
        assert after.speed == 500
        assert bowflex.machine.true_speed_kmh == pytest.approx(5 * 1.609, abs=0.01)
        assert before is not None
        assert after.distance is not None
        assert after.distance - before == pytest.approx(805, abs=2)  # not 500

    def test_d20_inclines_in_hundredths_of_a_percent(self) -> None:
        iconcept = walking("iconcept")
        assert iconcept.machine.set_incline(100)
        iconcept.treadmill.advance(30)
        assert last_record(iconcept.a).incline == 1000

    def test_d20_targets_are_in_hundredths_of_a_percent(self) -> None:
        iconcept = walking("iconcept")
        iconcept.control()
        assert iconcept.write("03 f401") == "80 03 01"
        iconcept.treadmill.advance(30)
        assert iconcept.machine.true_incline_percent == 5.0
        assert iconcept.write("03 f203") == "80 03 03"  # 10.1 %
        iconcept.machine.incline_up()
        assert iconcept.a.of(STATUS)[-1] == "06fe01"

    def test_d23_the_speed_comes_first_though_more_is_to_come(self) -> None:
        ph4 = walking("kingsmith-ph4", 300)
        ph4.treadmill.advance(1)
        frame = bytes.fromhex(ph4.a.of(DATA)[-1])
        assert frame[0] & 1
        assert int.from_bytes(frame[2:4], "little") == pytest.approx(300, abs=2)
        assert not TreadmillData.decode(frame).complete

    def test_d21_incline_field_never_changes(self) -> None:
        domyos = walking("domyos-ts100")
        domyos.treadmill.advance(5)
        assert domyos.machine.true_incline_percent == 0
        assert last_record(domyos.a).incline == 150

    def test_d25_more_octets_than_the_flags_name(self) -> None:
        sole, strict = walking("sole-f65", 500), walking("strict", 500)
        sole.treadmill.advance(1)
        strict.treadmill.advance(1)
        assert len(sole.a.of(DATA)[-1]) == len(strict.a.of(DATA)[-1]) + 2 * 2
        assert last_record(sole.a).speed == 500
        assert FEATURE not in sole.server.readable

    def test_d26_paces_of_one_octet(self) -> None:
        star = walking("star-trac", 1200)
        star.treadmill.advance(1)
        (frame,) = star.a.of(DATA)
        assert (frame[:4], len(frame)) == ("fe17", 2 * 32)
        record = last_record(star.a)
        assert (record.speed, record.pace, record.wide_pace) == (1200, 2, False)

    def test_d27_a_range_of_mph_steps_in_kmh(self) -> None:
        assert bench("urevo-e1l").server.read(SPEED_RANGE).hex() == "600083022000"
        assert bench("urevo-e1l").server.read(INCLINE_RANGE).hex() == "0" * 12

    def test_d28_a_range_that_counts_mph_where_the_data_count_kmh(self) -> None:
        pad = walking("fitshow-dbt", 200)
        pad.treadmill.advance(1)
        assert pad.server.read(SPEED_RANGE).hex(" ", 2) == "3c00 7c01 0a00"
        assert last_record(pad.a).speed == 322

    def test_d29_the_target_in_the_place_of_the_speed(self) -> None:
        liar = walking("target-as-speed")
        liar.machine.set_speed(1000)
        liar.treadmill.advance(1)
        assert last_record(liar.a).speed == 1000
        assert liar.machine.true_speed_kmh < 2


class TestReads:
    def test_d25_the_features_may_be_missing(self) -> None:
        bare = Bench(profile=Profile(features=Features(present=False)))
        assert FEATURE not in bare.server.readable
        assert bare.write("00") == "80 00 01"

    def test_ranges_may_be_missing_though_the_machine_has_them(self) -> None:
        spec = MachineSpec(heart_rate=HeartRateRange(80, 180, 1))
        absent = Ranges(absent=("speed", "incline", "heart_rate"))
        bare = Bench(spec, Profile(ranges=absent))
        assert not {SPEED_RANGE, INCLINE_RANGE, 0x2AD7} & set(bare.server.readable)
        bare.control()
        assert bare.write("02 ffff") == "80 02 03"
        assert bare.treadmill.time == 0

    def test_the_heart_rate_range_may_claim_more(self) -> None:
        spec = MachineSpec(heart_rate=HeartRateRange(80, 180, 1))
        boaster = Bench(spec, Profile(ranges=Ranges(heart_rate=HeartRateRange(30, 250, 1))))
        assert boaster.server.read(0x2AD7).hex() == "1efa01"
        boaster.control()
        assert boaster.write("06 1e") == "80 06 03"


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

    def test_steps_of_time_change_no_frame(self, machine: str) -> None:
        one, two = bench(machine), bench(machine)
        for found in (one, two):
            found.machine.start()
        one.treadmill.advance(30)
        for seconds in (7.3, 0.01, *[1.0] * 20, 2.69):
            two.treadmill.advance(seconds)
        assert one.a.received == two.a.received


def test_frame_of_one_octet_is_a_decode_error() -> None:
    torn = replace(STRICT, data=Data(torn_at=1))
    cut = Bench(profile=torn)
    cut.treadmill.advance(1)
    with pytest.raises(DecodeError):
        TreadmillData.decode(bytes.fromhex(cut.a.of(DATA)[0]))
