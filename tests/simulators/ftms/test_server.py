"""The server, case by case: ids of FTMS.TS.p6, else those of docs/conformance.md."""

from collections.abc import Callable

import pytest

from protocols.ftms.control_server import AttError
from protocols.ftms.ranges import HeartRateRange
from simulators.physics.machine import TICKS_PER_SECOND, Machine, Phase
from simulators.physics.spec import MachineSpec
from tests.simulators.ftms.bench import Bench

FEATURE, DATA, TRAINING = 0x2ACC, 0x2ACD, 0x2AD3
SPEED_RANGE, INCLINE_RANGE, HEART_RATE_RANGE = 0x2AD4, 0x2AD5, 0x2AD7
STATUS = 0x2ADA

HEARTY = MachineSpec(heart_rate=HeartRateRange(80, 180, 1))


@pytest.fixture
def bench() -> Bench:
    return Bench()


class TestReads:
    @pytest.mark.parametrize(
        ("uuid", "octets"),
        [
            # distance, inclination, elevation gain, energy, heart rate, elapsed; speed, incline
            (FEATURE, "1c160000 03000000"),
            (TRAINING, "0001"),
            (SPEED_RANGE, "5000 4006 0a00"),
            (INCLINE_RANGE, "0000 9600 0500"),
        ],
    )
    def test_cr_bv_01_02_03_04_characteristic_is_read(
        self, bench: Bench, uuid: int, octets: str
    ) -> None:
        assert bench.server.read(uuid) == bytes.fromhex(octets)

    def test_cr_bv_07_heart_rate_range_exists_only_with_its_feature(self) -> None:
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

    def test_cn_bv_12_v12_elapsed_counts_through_a_disconnect(self, bench: Bench) -> None:
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
        assert bench.a.received

    def test_v11_record_is_not_kept_for_a_disconnected_client(self, bench: Bench) -> None:
        bench.server.leave(bench.a)
        bench.server.sample()
        bench.machine.start()
        assert bench.a.received == []


class TestTrainingStatus:
    """0e is pre-workout, 0d manual, 0f post-workout, 01 idle."""

    @pytest.mark.parametrize(
        ("timeline", "statuses"),
        [
            ("start, 10, stop, 10", ["000e", "000d", "000f", "0001"]),
            ("start, 10, pause", ["000e", "000d"]),
            ("start, stop", ["000e", "0001"]),
        ],
    )
    def test_tsn_bv_01_training_status_follows_the_session(
        self, bench: Bench, timeline: str, statuses: list[str]
    ) -> None:
        for step in timeline.split(", "):
            if step.isdecimal():
                bench.machine.advance(float(step))
            else:
                getattr(bench.machine, step)()
        bench.server.sample()
        assert bench.a.of(TRAINING) == statuses
        assert bench.server.read(TRAINING).hex() == statuses[-1]


class TestConsole:
    @pytest.mark.parametrize(
        ("act", "statuses"),
        [
            (lambda machine: machine.reset(), ["01"]),
            (lambda machine: machine.start() and machine.stop(), ["04", "0201"]),
            (lambda machine: machine.start() and machine.pause(), ["04", "0202"]),
            (lambda machine: machine.pull_safety_key() and machine.insert_safety_key(), ["03"]),
            (lambda machine: machine.start(), ["04"]),
            (lambda machine: machine.set_speed(820), ["053403"]),
            (lambda machine: machine.set_incline(35), ["062300"]),
            (lambda machine: machine.set_heart_rate(130), ["0982"]),
        ],
        ids=["reset", "stop", "pause", "safety key", "start", "speed", "incline", "heart rate"],
    )
    def test_fmsn_bv_01_02_03_04_05_06_07_10_console_change_is_reported_to_all_clients(
        self, act: Callable[[Machine], object], statuses: list[str]
    ) -> None:
        bench = Bench(HEARTY)
        act(bench.machine)
        assert bench.a.of(STATUS) == bench.b.of(STATUS) == statuses


class TestControlPoint:
    @pytest.mark.parametrize(
        ("request_", "attribute", "value"),
        [
            ("00", "phase", Phase.IDLE),
            ("02 f401", "target_speed", 500),
            ("03 6400", "target_incline", 100),
            ("06 82", "target_heart_rate", 130),
            ("07", "phase", Phase.STARTING),
        ],
    )
    def test_cw_bv_01_03_04_07_08_request_is_carried_out(
        self, request_: str, attribute: str, value: object
    ) -> None:
        bench = Bench(HEARTY)
        bench.control()
        assert bench.write(request_) == f"80 {request_[:2]} 01"
        assert getattr(bench.machine, attribute) == value
        assert bench.server.holder is bench.a

    def test_cw_bv_02_v08_reset_zeroes_targets_and_times_and_releases_control(
        self, bench: Bench
    ) -> None:
        bench.start()
        bench.write("02 f401")
        bench.b.received.clear()
        assert bench.write("01") == "80 01 01"
        assert bench.machine.target_speed == bench.machine.elapsed_s == 0
        assert bench.server.holder is None
        assert bench.b.received == [(TRAINING, b"\x00\x01"), (STATUS, b"\x01")]

    def test_cw_bv_09_stop_ends_the_session(self, bench: Bench) -> None:
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

    def test_fmsn_bv_24_v10_change_by_a_client_is_reported_to_the_others_only(
        self, bench: Bench
    ) -> None:
        bench.start()
        bench.write("02 f401")
        bench.write("03 1400")
        bench.write("08 02")
        assert bench.a.of(STATUS) == []
        assert bench.b.of(STATUS) == ["04", "05f401", "061400", "0202"]


class TestRefusals:
    """Results: 02 not supported, 03 invalid parameter, 04 failed, 05 control not permitted."""

    @pytest.mark.parametrize(
        ("before", "request_", "result"),
        [
            ("00, 07", "07", "04"),
            ("00, 07, 08 01", "08 01", "04"),
            ("00, 07, 08 02", "08 02", "04"),
            # Not supported, even without control.
            *(("", each, "02") for each in ("81", "15", "80 00 01", "04 0a00", "0d 0100")),
            # Out of range.
            *(("00, 07", f"02 {each}", "03") for each in ("4106", "0000", "4f00")),
            *(("00", f"03 {each}", "03") for each in ("9700", "ffff")),
            ("00", "06 b5", "03"),
            # Without control.
            *(("", each, "05") for each in ("07", "02 f401", "08 01", "01")),
        ],
    )
    def test_spe_bv_01_02_03_04_09_spe_bi_05_08_v09_request_is_refused(
        self, before: str, request_: str, result: str
    ) -> None:
        bench = Bench(HEARTY)
        for each in filter(None, before.split(", ")):
            bench.write(each)
        assert bench.write(request_) == f"80 {request_[:2]} {result}"

    def test_spe_bv_03_heart_rate_is_not_supported_without_its_feature(self, bench: Bench) -> None:
        assert bench.write("06 82") == "80 06 02"

    @pytest.mark.parametrize(
        ("has_control", "request_", "result"),
        [
            (False, "02", "05"),
            (True, "08 03", "03"),
            (True, "08 01", "04"),
            *((True, each, "03") for each in ("07 00", "02 f4", "02 f40100", "08", "00 00")),
        ],
    )
    def test_v06_control_is_checked_before_the_parameter_and_that_before_the_state(
        self, bench: Bench, has_control: bool, request_: str, result: str
    ) -> None:
        if has_control:
            bench.control()
        assert bench.write(request_) == f"80 {request_[:2]} {result}"

    @pytest.mark.parametrize("request_", ["07", "02 f401"])
    def test_request_fails_without_the_safety_key(self, bench: Bench, request_: str) -> None:
        bench.control()
        bench.machine.pull_safety_key()
        assert bench.write(request_) == f"80 {request_[:2]} 04"


def test_empty_write_is_refused(bench: Bench) -> None:
    answer = bench.server.write(bench.a, b"", indicating=True)
    assert answer is AttError.INVALID_ATTRIBUTE_VALUE_LENGTH


class TestControl:
    def test_fmsn_bv_23_v07_loss_of_control_is_reported(self, bench: Bench) -> None:
        bench.control()
        assert bench.write("00", bench.b) == "80 00 01"
        assert bench.a.of(STATUS) == ["ff"]
        assert bench.b.of(STATUS) == []
        assert bench.write("07") == "80 07 05"

    def test_repeated_request_keeps_control(self, bench: Bench) -> None:
        bench.control()
        bench.control()
        assert bench.a.of(STATUS) == []

    def test_control_ends_with_the_link_while_the_belt_runs_on(self, bench: Bench) -> None:
        bench.start()
        bench.server.leave(bench.a)
        bench.server.join(bench.a)
        assert bench.machine.phase is Phase.RUNNING
        assert bench.write("08 01") == "80 08 05"
