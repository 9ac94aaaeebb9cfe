"""How each machine profile answers at its control point; the names carry the quirks' ids."""

import pytest

from simulators.ftms.profile import Control, Early, Profile
from simulators.physics.machine import Phase
from tests.simulators.ftms.bench import Bench, bench, last_record, walking

DATA, TRAINING, STATUS = 0x2ACD, 0x2AD3, 0x2ADA


SPEED_RANGE, INCLINE_RANGE, FEATURE = 0x2AD4, 0x2AD5, 0x2ACC


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
