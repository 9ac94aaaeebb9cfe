"""What each machine profile does otherwise than FTMS; the names carry the quirks' ids."""

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
)
from simulators.ftms.profile_file import machine_names
from simulators.physics.machine import Phase
from simulators.physics.spec import MachineSpec
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
            heard = len(found.a.of(DATA))
            found.treadmill.advance(20)
            assert len(found.a.of(DATA)) == heard

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

    def test_d20_and_targets_in_the_same(self) -> None:
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

    def test_d21_the_incline_field_says_one_thing_for_ever(self) -> None:
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


class TestControl:
    def test_p4_no_control_is_needed(self) -> None:
        assert bench("citysports-cs-wp8").write("07") == "80 07 01"

    def test_p5_a_repeated_start_succeeds_and_does_nothing(self) -> None:
        city = walking("citysports-cs-wp8", 300)
        assert city.write("07") == "80 07 01"
        assert city.machine.target_speed == 300

    def test_p6_success_for_an_incline_that_cannot_be(self) -> None:
        urevo = bench("urevo-e1l")
        for request in ("03 3c00", "03 4600", "03 0000"):  # what one app probes with (P22)
            assert urevo.write(request) == "80 03 01"
        urevo.treadmill.advance(10)
        assert urevo.machine.true_incline_percent == 0

    def test_p7_success_for_a_start_that_moves_nothing(self) -> None:
        reebok = bench("reebok-fr30z")
        reebok.control()
        assert reebok.write("07") == "80 07 01"
        reebok.treadmill.advance(20)
        assert reebok.machine.stands
        assert reebok.machine.start()

    def test_p8_failed_in_the_place_of_not_supported(self) -> None:
        yesoul = bench("yesoul-w2-pro")
        yesoul.control()
        assert yesoul.write("03 0a00") == "80 03 04"

    def test_p9_a_request_for_control_is_granted_and_never_answered(self) -> None:
        omega = bench("horizon-omega-z")
        assert omega.say("00") == "nothing"
        assert omega.say("07") == "80 07 01"

    def test_p11_a_speed_before_the_belt_moves_is_lost(self) -> None:
        z1 = bench("kingsmith-z1")
        z1.control()
        z1.treadmill.advance(1)
        assert z1.write("02 2c01") == "80 02 01"
        assert z1.machine.target_speed == 0

    def test_a_speed_before_the_belt_moves_may_be_refused(self) -> None:
        shy = Bench(profile=Profile(control=Control(speed_before_motion=Early.REFUSED)))
        shy.control()
        assert shy.write("02 2c01") == "80 02 04"
        shy.write("07")
        shy.treadmill.advance(10)
        assert shy.write("02 2c01") == "80 02 01"

    def test_p12_request_and_start_before_a_speed_drop_the_belt_to_its_minimum(self) -> None:
        fitshow = walking("fitshow-fs-bt", 800)
        fitshow.control()
        fitshow.treadmill.advance(1.5)
        assert fitshow.write("07") == "80 07 01"
        fitshow.treadmill.advance(20)
        assert fitshow.machine.true_speed_kmh == pytest.approx(1.0, abs=0.01)

    def test_p13_each_speed_needs_a_request_and_a_start_of_its_own(self) -> None:
        myrun = walking("technogym-myrun")
        myrun.control()
        assert myrun.write("02 f401") == "80 02 04"
        for _ in range(2):
            assert [myrun.write(each) for each in ("00", "07", "02 f401")][-1] == "80 02 01"
        assert myrun.write("02 f401") == "80 02 04"

    def test_p14_who_has_control_is_forgotten_now_and_then(self) -> None:
        ph4 = bench("kingsmith-ph4")
        ph4.control()
        answers = [ph4.write("02 2c01") for _ in range(6)]
        assert answers == ["80 02 01"] * 5 + ["80 02 05"]
        assert ph4.a.of(STATUS) == []
        ph4.control()
        assert ph4.write("02 2c01") == "80 02 01"

    def test_p15_targets_in_mph_and_data_in_kmh(self) -> None:
        t202 = walking("jftm-t202")
        t202.control()
        assert t202.write("02 6400") == "80 02 01"  # meant as 1.0 km/h
        t202.treadmill.advance(20)
        assert last_record(t202.a).speed == 161

    def test_p16_inclines_in_whole_percents_only(self) -> None:
        sole = bench("sole-f85")
        sole.control()
        assert sole.server.read(INCLINE_RANGE).hex(" ", 2) == "0000 9600 0500"
        assert sole.write("03 0f00") == "80 03 01"
        assert sole.machine.target_incline == 10

    def test_p17_a_negative_incline_that_the_range_does_not_name(self) -> None:
        sole = bench("sole-f85")
        sole.control()
        assert sole.write("03 ceff") == "80 03 01"
        sole.treadmill.advance(20)
        assert sole.machine.true_incline_percent == -5.0

    def test_p19_everything_is_accepted_and_nothing_done(self) -> None:
        xterra = walking("xterra-t85", 500)
        xterra.control()
        for request in ("02 2c01", "03 3200", "08 01"):
            assert xterra.write(request).endswith(" 01")
        xterra.treadmill.advance(20)
        assert xterra.machine.true_speed_kmh == pytest.approx(5.0, abs=0.01)
        assert xterra.machine.true_incline_percent == 0

    def test_p20_what_comes_too_fast_is_dropped(self) -> None:
        fitshow = walking("fitshow-fs-bt")
        fitshow.control()
        assert fitshow.say("02 f401") == "nothing"
        fitshow.treadmill.advance(1)
        assert fitshow.say("02 f401") == "80 02 01"

    def test_p23_a_stop_is_taken_as_a_pause(self) -> None:
        z1 = walking("kingsmith-z1")
        z1.control()
        z1.treadmill.advance(1)
        assert z1.write("08 01") == "80 08 01"
        assert z1.machine.phase is Phase.PAUSED

    def test_l8_a_speed_is_no_order_that_it_knows(self) -> None:
        kickr = bench("kickr-run")
        kickr.control()
        assert kickr.write("02 2c01") == "80 02 02"
        assert kickr.write("03 1400") == "80 03 01"

    def test_p25_a_start_to_a_moving_belt_pauses_it_and_the_next_resumes(self) -> None:
        toggle = walking("start-toggle", 500)
        toggle.control()
        assert toggle.write("07") == "80 07 01"
        toggle.treadmill.advance(10)
        assert toggle.machine.stands
        assert toggle.write("07") == "80 07 01"
        toggle.treadmill.advance(10)
        assert not toggle.machine.stands

    @pytest.mark.parametrize("machine", ["citysports-cs-wp8", "technogym-myrun", "fitshow-fs-bt"])
    def test_no_machine_starts_without_its_safety_key(self, machine: str) -> None:
        found = bench(machine)
        found.control()
        found.machine.pull_safety_key()
        found.treadmill.advance(2)
        assert found.write("07") == "80 07 04"

    def test_a_repeated_stop_may_succeed(self) -> None:
        easy = Bench(profile=Profile(control=Control(repeated_stop_fails=False)))
        easy.control()
        assert easy.write("08 01") == "80 08 01"

    def test_control_may_stay_with_whom_it_has(self) -> None:
        firm = Bench(profile=Profile(control=Control(yields=False)))
        firm.control()
        assert firm.write("00", firm.b) == "80 00 05"

    def test_indications_may_not_be_needed(self) -> None:
        lax = Bench(profile=Profile(control=Control(needs_subscription=False)))
        assert lax.server.write(lax.a, b"\x00", indicating=False) is not None


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


@pytest.mark.parametrize("machine", machine_names())
class TestEveryMachine:
    def test_ten_minutes_of_it_are_understood_by_the_codec(self, machine: str) -> None:
        found = walking(machine)
        found.treadmill.advance(600)
        join = Defragmenter()
        for uuid, value in found.a.heard:
            if uuid == DATA:
                join.add(value)
        assert found.a.of(DATA)

    def test_it_stops_at_its_console(self, machine: str) -> None:
        found = walking(machine)
        assert found.machine.stop() or found.machine.phase is Phase.IDLE
        found.treadmill.advance(60)
        assert found.machine.stands

    def test_one_seed_one_traffic(self, machine: str) -> None:
        one, two = walking(machine), walking(machine)
        one.treadmill.advance(60)
        for _ in range(60):
            two.treadmill.advance(1)
        assert one.a.heard == two.a.heard


def test_a_frame_with_only_its_flags_is_no_crash() -> None:
    torn = replace(STRICT, data=Data(torn_at=1))
    cut = Bench(profile=torn)
    cut.treadmill.advance(1)
    with pytest.raises(DecodeError):
        TreadmillData.decode(bytes.fromhex(cut.a.of(DATA)[0]))
