"""The server, case by case: ids of FTMS.TS.p6 where it has one, else V.. of our checklist."""

import pytest

from protocols.ftms.control_server import AttError
from protocols.ftms.ranges import HeartRateRange
from protocols.ftms.treadmill_data import TreadmillData
from simulators.physics.machine import TICKS_PER_SECOND, Phase
from simulators.physics.spec import MachineSpec
from tests.simulators.ftms.bench import Bench, Recorder

FEATURE, DATA, TRAINING = 0x2ACC, 0x2ACD, 0x2AD3
SPEED_RANGE, INCLINE_RANGE, HEART_RATE_RANGE = 0x2AD4, 0x2AD5, 0x2AD7
STATUS = 0x2ADA

HEARTY = MachineSpec(heart_rate=HeartRateRange(80, 180, 1))


@pytest.fixture
def bench() -> Bench:
    return Bench()


class TestReads:
    def test_cr_bv_01_feature(self, bench: Bench) -> None:
        # distance, inclination, elevation gain, energy, heart rate, elapsed; speed and incline
        assert bench.server.read(FEATURE).hex(" ", 4) == "1c160000 03000000"

    def test_cr_bv_02_training_status(self, bench: Bench) -> None:
        assert bench.server.read(TRAINING).hex() == "0001"

    def test_cr_bv_03_speed_range(self, bench: Bench) -> None:
        assert bench.server.read(SPEED_RANGE).hex(" ", 2) == "5000 4006 0a00"

    def test_cr_bv_04_incline_range(self, bench: Bench) -> None:
        assert bench.server.read(INCLINE_RANGE).hex(" ", 2) == "0000 9600 0500"

    def test_cr_bv_07_heart_rate_range_only_where_the_feature_is_offered(self) -> None:
        hearty = Bench(HEARTY).server
        assert hearty.read(HEART_RATE_RANGE).hex() == "50b401"
        assert hearty.read(FEATURE)[4] == 0x13
        assert HEART_RATE_RANGE not in Bench().server.readable


class TestData:
    def test_cn_bv_01_a_record_at_rest(self, bench: Bench) -> None:
        bench.server.sample()
        golden = (
            "9c05"  # distance, incline, elevation, energy, heart rate, elapsed
            "0000 000000 00000000 00000000"  # speed, distance, incline and ramp, elevation
            "0000 4f00 01"  # nothing spent; standing costs 79 kcal an hour, 1 a minute
            "3e 0000"  # 62 bpm, 0 s
        )
        assert bench.a.of(DATA) == bench.b.of(DATA) == [golden.replace(" ", "")]

    def test_cn_bv_03_04_05_07_08_a_record_on_the_hill(self, bench: Bench) -> None:
        bench.machine.set_incline(100)
        bench.machine.advance(20)
        bench.machine.start()
        bench.machine.set_speed(500)
        bench.machine.advance(3 + 600)
        data = bench.server.data
        assert data.speed == 500
        assert (data.incline, data.ramp_angle) == (100, 57)  # 10 % is 5.7 degrees
        assert data.distance == int(bench.machine.distance_m)
        assert data.positive_elevation_gain == int(bench.machine.distance_m)  # in 0.1 m: a tenth
        assert data.negative_elevation_gain == 0
        assert data.energy is not None
        assert data.energy > 80
        assert data.energy_per_minute is not None
        assert data.energy_per_hour == pytest.approx(data.energy_per_minute * 60, abs=30)
        assert data.heart_rate == round(bench.machine.runner.heart_bpm)

    def test_cn_bv_12_elapsed_counts_through_a_disconnect(self, bench: Bench) -> None:
        bench.start()
        bench.server.leave(bench.a)
        bench.machine.advance(10)
        assert bench.server.data.elapsed == 10

    def test_counters_wrap_when_their_field_is_full(self, bench: Bench) -> None:
        bench.start()
        before = bench.server.data
        assert before.elapsed is not None
        bench.machine.distance_m += 0x1000000
        bench.machine.climb_m = bench.machine.descent_m = 6553.5
        bench.machine._running_ticks += 0x10000 * TICKS_PER_SECOND  # 18 hours
        data = bench.server.data
        assert (data.distance, data.elapsed) == (before.distance, before.elapsed)
        assert (data.positive_elevation_gain, data.negative_elevation_gain) == (0, 0)
        bench.server.sample()
        assert bench.a.heard

    def test_v04_a_long_record_is_split_with_the_speed_in_the_last_part(self, bench: Bench) -> None:
        narrow = Recorder(mtu=23)
        bench.server.join(narrow)
        bench.server.sample()
        parts = [TreadmillData.decode(value) for _, value in narrow.heard]
        assert len(parts) == 2
        assert all(len(value) <= 20 for _, value in narrow.heard)
        assert [part.complete for part in parts] == [False, True]
        assert [part.speed for part in parts] == [None, 0]

    def test_v11_nothing_is_kept_for_who_is_gone(self, bench: Bench) -> None:
        bench.server.leave(bench.a)
        bench.server.sample()
        bench.machine.start()
        assert bench.a.heard == []


class TestTrainingStatus:
    def test_tsn_bv_01_it_follows_the_session(self, bench: Bench) -> None:
        bench.machine.start()
        bench.machine.advance(10)
        bench.machine.stop()
        bench.machine.advance(10)
        bench.server.sample()
        # pre-workout, manual, post-workout, idle
        assert bench.a.of(TRAINING) == ["000e", "000d", "000f", "0001"]

    def test_a_pause_belongs_to_the_session(self, bench: Bench) -> None:
        bench.machine.start()
        bench.machine.advance(10)
        bench.machine.pause()
        assert bench.a.of(TRAINING) == ["000e", "000d"]
        assert bench.server.read(TRAINING).hex() == "000d"

    def test_a_stop_in_the_countdown_is_idle_again(self, bench: Bench) -> None:
        bench.machine.start()
        bench.machine.stop()
        assert bench.a.of(TRAINING) == ["000e", "0001"]


class TestConsole:
    """V10: a change at the console is told to everybody."""

    def test_fmsn_bv_01_reset(self, bench: Bench) -> None:
        bench.machine.reset()
        assert bench.a.of(STATUS) == bench.b.of(STATUS) == ["01"]

    def test_fmsn_bv_02_stop(self, bench: Bench) -> None:
        bench.machine.start()
        bench.machine.stop()
        assert bench.a.of(STATUS) == bench.b.of(STATUS) == ["04", "0201"]

    def test_fmsn_bv_03_pause(self, bench: Bench) -> None:
        bench.machine.start()
        bench.machine.pause()
        assert bench.a.of(STATUS) == ["04", "0202"]

    def test_fmsn_bv_04_safety_key(self, bench: Bench) -> None:
        bench.machine.pull_safety_key()
        bench.machine.insert_safety_key()
        assert bench.a.of(STATUS) == bench.b.of(STATUS) == ["03"]

    def test_fmsn_bv_05_start(self, bench: Bench) -> None:
        bench.machine.start()
        assert bench.a.of(STATUS) == ["04"]

    def test_fmsn_bv_06_speed(self, bench: Bench) -> None:
        bench.machine.set_speed(820)
        assert bench.a.of(STATUS) == bench.b.of(STATUS) == ["053403"]

    def test_fmsn_bv_07_incline(self, bench: Bench) -> None:
        bench.machine.set_incline(35)
        assert bench.a.of(STATUS) == ["062300"]

    def test_fmsn_bv_10_heart_rate(self) -> None:
        bench = Bench(HEARTY)
        bench.machine.set_heart_rate(130)
        assert bench.a.of(STATUS) == ["0982"]


class TestControlPoint:
    def test_cw_bv_01_request_control(self, bench: Bench) -> None:
        assert bench.write("00") == "80 00 01"
        assert bench.server.holder is bench.a

    def test_cw_bv_02_v08_reset(self, bench: Bench) -> None:
        bench.start()
        bench.write("02 f401")
        bench.b.heard.clear()
        assert bench.write("01") == "80 01 01"
        assert bench.machine.target_speed == bench.machine.elapsed_s == 0
        assert bench.server.holder is None
        assert bench.b.heard == [(TRAINING, b"\x00\x01"), (STATUS, b"\x01")]

    def test_cw_bv_03_speed(self, bench: Bench) -> None:
        bench.start()
        assert bench.write("02 f401") == "80 02 01"
        assert bench.machine.target_speed == 500

    def test_cw_bv_04_incline(self, bench: Bench) -> None:
        bench.control()
        assert bench.write("03 6400") == "80 03 01"
        assert bench.machine.target_incline == 100

    def test_cw_bv_07_heart_rate(self) -> None:
        bench = Bench(HEARTY)
        bench.control()
        assert bench.write("06 82") == "80 06 01"
        assert bench.machine.target_heart_rate == 130

    def test_cw_bv_08_start(self, bench: Bench) -> None:
        bench.control()
        assert bench.write("07") == "80 07 01"
        assert bench.machine.phase is Phase.STARTING

    def test_cw_bv_09_stop(self, bench: Bench) -> None:
        bench.start()
        assert bench.write("08 01") == "80 08 01"
        assert bench.machine.phase is Phase.IDLE

    def test_cw_bv_10_v09_pause_then_start_resumes(self, bench: Bench) -> None:
        bench.start()
        bench.machine.advance(10)
        assert bench.write("08 02") == "80 08 01"
        assert bench.machine.phase is Phase.PAUSED
        assert bench.write("07") == "80 07 01"
        bench.machine.advance(3 + 10)
        assert bench.machine.elapsed_s == 20

    def test_fmsn_bv_24_v10_a_change_is_told_to_the_others_only(self, bench: Bench) -> None:
        bench.start()
        bench.write("02 f401")
        bench.write("03 1400")
        bench.write("08 02")
        assert bench.a.of(STATUS) == []
        assert bench.b.of(STATUS) == ["04", "05f401", "061400", "0202"]


class TestRefusals:
    def test_spe_bv_01_v09_second_start(self, bench: Bench) -> None:
        bench.start()
        assert bench.write("07") == "80 07 04"

    def test_spe_bv_02_v09_second_stop(self, bench: Bench) -> None:
        bench.start()
        bench.write("08 01")
        assert bench.write("08 01") == "80 08 04"

    def test_a_second_pause_fails_too(self, bench: Bench) -> None:
        bench.start()
        bench.write("08 02")
        assert bench.write("08 02") == "80 08 04"

    @pytest.mark.parametrize("request_", ["81", "15", "80 00 01", "04 0a00", "06 82", "0d 0100"])
    def test_spe_bv_03_not_supported_even_without_control(
        self, bench: Bench, request_: str
    ) -> None:
        assert bench.write(request_) == f"80 {request_[:2]} 02"

    @pytest.mark.parametrize("speed", ["41 06", "00 00", "4f 00"])
    def test_spe_bv_04_speed_out_of_range(self, bench: Bench, speed: str) -> None:
        bench.start()
        assert bench.write(f"02 {speed}") == "80 02 03"

    @pytest.mark.parametrize("incline", ["97 00", "ff ff"])
    def test_spe_bi_05_incline_out_of_range(self, bench: Bench, incline: str) -> None:
        bench.control()
        assert bench.write(f"03 {incline}") == "80 03 03"

    def test_spe_bi_08_heart_rate_out_of_range(self) -> None:
        bench = Bench(HEARTY)
        bench.control()
        assert bench.write("06 b5") == "80 06 03"

    @pytest.mark.parametrize("request_", ["07", "02 f401", "08 01", "01"])
    def test_spe_bv_09_nothing_without_control(self, bench: Bench, request_: str) -> None:
        assert bench.write(request_) == f"80 {request_[:2]} 05"

    def test_v06_control_before_parameter(self, bench: Bench) -> None:
        assert bench.write("02") == "80 02 05"

    def test_v06_parameter_before_state(self, bench: Bench) -> None:
        bench.control()
        assert bench.write("08 03") == "80 08 03"
        assert bench.write("08 01") == "80 08 04"

    @pytest.mark.parametrize("request_", ["07 00", "02 f4", "02 f40100", "08", "00 00"])
    def test_v06_a_wrong_length_is_an_invalid_parameter(self, bench: Bench, request_: str) -> None:
        bench.control()
        assert bench.write(request_) == f"80 {request_[:2]} 03"

    def test_without_the_safety_key_nothing_goes(self, bench: Bench) -> None:
        bench.control()
        bench.machine.pull_safety_key()
        assert bench.write("07") == "80 07 04"
        assert bench.write("02 f401") == "80 02 04"


class TestAttErrors:
    """V05."""

    def test_without_indications_the_write_is_refused(self, bench: Bench) -> None:
        answer = bench.server.write(bench.a, b"\x00", indicating=False)
        assert answer is AttError.CCCD_IMPROPERLY_CONFIGURED
        assert bench.server.holder is None

    def test_while_a_procedure_is_in_progress_the_next_is_refused(self, bench: Bench) -> None:
        bench.server.write(bench.a, b"\x00", indicating=True)
        answer = bench.server.write(bench.a, b"\x07", indicating=True)
        assert answer is AttError.PROCEDURE_ALREADY_IN_PROGRESS
        assert bench.machine.phase is Phase.IDLE
        bench.server.confirmed(bench.a)
        assert bench.write("07") == "80 07 01"

    def test_an_empty_write_is_too_short(self, bench: Bench) -> None:
        answer = bench.server.write(bench.a, b"", indicating=True)
        assert answer is AttError.INVALID_ATTRIBUTE_VALUE_LENGTH


class TestControl:
    def test_fmsn_bv_23_v07_the_loser_is_told(self, bench: Bench) -> None:
        bench.control()
        assert bench.write("00", bench.b) == "80 00 01"
        assert bench.a.of(STATUS) == ["ff"]
        assert bench.b.of(STATUS) == []
        assert bench.write("07") == "80 07 05"

    def test_asking_again_loses_nothing(self, bench: Bench) -> None:
        bench.control()
        bench.control()
        assert bench.a.of(STATUS) == []

    def test_control_ends_with_the_link_and_the_belt_runs_on(self, bench: Bench) -> None:
        bench.start()
        bench.server.leave(bench.a)
        bench.server.join(bench.a)
        assert bench.machine.phase is Phase.RUNNING
        assert bench.write("08 01") == "80 08 05"
