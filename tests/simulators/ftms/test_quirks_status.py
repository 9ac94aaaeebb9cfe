"""Deviations of each machine profile in status and training status; names have the quirks' ids."""

from simulators.ftms.profile import Profile, Training
from tests.simulators.ftms.bench import Bench, bench, walking

DATA, TRAINING, STATUS = 0x2ACD, 0x2AD3, 0x2ADA


class TestStatus:
    def test_s1_the_commander_hears_of_its_own_command(self) -> None:
        city = bench("citysports-cs-wp8")
        city.write("07")
        city.write("02 2c01")
        assert city.a.of(STATUS) == city.b.of(STATUS) == ["04", "052c01"]

    def test_s1_request_for_control_has_no_status(self) -> None:
        city = bench("citysports-cs-wp8")
        city.control()
        assert city.a.of(STATUS) == []

    def test_s1_failed_command_has_no_status(self) -> None:
        run500 = bench("run500")
        run500.control()
        run500.write("02 ffff")
        assert run500.a.of(STATUS) == []

    def test_s2_s4_status_is_padded_and_the_speed_comes_before_the_start(self) -> None:
        urevo = bench("urevo-e1l")
        urevo.write("07")
        assert urevo.b.of(STATUS) == ["056000", "040000"]
        urevo.machine.pause()
        assert urevo.b.of(STATUS)[-1] == "020200"

    def test_s3_current_speed_is_sent_as_a_target_while_the_belt_slows(self) -> None:
        urevo = walking("urevo-e1l", 288)
        urevo.machine.stop()
        urevo.treadmill.advance(20)
        told = [int.from_bytes(bytes.fromhex(frame[2:])[:2], "little") for frame in
                urevo.a.of(STATUS) if frame.startswith("05")]  # fmt: skip
        assert told == sorted(told, reverse=True)
        assert len(told) > 10
        assert told[-1] == 0

    def test_s5_speed_of_zero_comes_before_a_pause(self) -> None:
        run500 = walking("run500")
        run500.machine.pause()
        assert run500.a.of(STATUS) == ["050000", "0202"]

    def test_s6_no_status_is_ever_sent(self) -> None:
        reebok = walking("reebok-fr30z")
        reebok.machine.stop()
        reebok.treadmill.advance(20)
        assert reebok.a.of(STATUS) == []

    def test_s7_last_status_is_repeated_to_a_new_subscriber(self) -> None:
        z1 = walking("kingsmith-z1")
        z1.machine.pause()
        z1.a.received.clear()
        z1.server.subscribed(z1.a, DATA)
        assert z1.a.received == []
        z1.server.subscribed(z1.a, STATUS)
        assert z1.a.of(STATUS) == ["0202"]
        strict = bench("strict")
        strict.machine.start()
        strict.a.received.clear()
        strict.server.subscribed(strict.a, STATUS)
        assert strict.a.received == []

    def test_s9_statuses_have_numbers_of_their_own(self) -> None:
        ronning = bench("ronning-x27")
        ronning.machine.start()
        ronning.treadmill.advance(20)
        ronning.machine.stop()
        assert [frame for frame in ronning.a.of(STATUS) if frame[:2] != "05"] == ["0a", "0b01"]

    def test_s15_a_pause_at_the_console_is_told_as_a_stop(self) -> None:
        fitshow = walking("fitshow-fs-bt")
        fitshow.machine.pause()
        assert fitshow.a.of(STATUS) == ["0201"]


class TestTraining:
    def test_s14_stopped_is_said_long_before_the_belt_stands(self) -> None:
        urevo = walking("urevo-e1l", 640)
        urevo.machine.stop()
        urevo.treadmill.advance(1)
        assert "020100" in urevo.a.of(STATUS)
        assert urevo.a.of(TRAINING) == ["0010"]
        urevo.treadmill.advance(5)
        assert urevo.machine.true_speed_kmh > 3

    def test_s11_reserved_words_for_slowing_and_stopped(self) -> None:
        urevo = walking("urevo-e1l", 288)
        urevo.machine.stop()
        urevo.treadmill.advance(20)
        assert urevo.a.of(TRAINING) == ["0010", "0011"]

    def test_s12_a_text_is_promised_and_not_there(self) -> None:
        city = bench("citysports-cs-wp8")
        city.machine.start()
        assert city.a.of(TRAINING) == ["010e"]
        assert city.server.read(TRAINING).hex() == "010e"

    def test_s13_training_status_is_always_the_same(self) -> None:
        reebok = walking("reebok-fr30z")
        reebok.machine.stop()
        assert reebok.a.of(TRAINING) == []
        assert reebok.server.read(TRAINING).hex() == "0000"

    def test_d24_a_read_is_answered_with_nothing(self) -> None:
        mute = Bench(profile=Profile(training=Training(empty=True)))
        assert mute.server.read(TRAINING) == b""

    def test_training_status_may_be_missing(self) -> None:
        bare = Bench(profile=Profile(training=Training(present=False)))
        bare.machine.start()
        assert TRAINING not in bare.server.readable
        assert bare.a.of(TRAINING) == []
