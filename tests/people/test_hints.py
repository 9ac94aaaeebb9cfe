"""Hints: at which moments they come, and that they never nag."""

from dataclasses import dataclass, field

import pytest

from bridge.people.hints import POSTURE, Care, Look, Rhythm
from bridge.values import Belt, Event


@dataclass
class Hour:
    """A person on the belt, observed every second."""

    care: Care = field(default_factory=lambda: Care(Rhythm()))
    now: float = 0.0
    said: list[tuple[float, Event]] = field(default_factory=list)

    def spend(
        self,
        seconds: float,
        belt: Belt = Belt.RUNNING,
        phase: str | None = "active",
        speed: int = 1000,
        incline: int = 0,
    ) -> list[str]:
        told = []
        for _ in range(round(seconds)):
            self.now += 1
            for event in self.care.follow(Look(self.now, belt, phase, speed, incline)):
                self.said.append((self.now, event))
                told.append(event.type)
        return told

    def times(self, kind: str) -> list[float]:
        return [at for at, event in self.said if event.type == kind]


@pytest.fixture
def hour() -> Hour:
    return Hour()


class TestWhileRunning:
    def test_posture_cue_comes_every_ten_minutes_of_running(self, hour: Hour) -> None:
        hour.spend(3600)
        assert hour.times("cue_posture") == [601 + 600 * n for n in range(5)]

    def test_drink_cue_comes_between_posture_cues_and_less_often(self, hour: Hour) -> None:
        hour.spend(3600)
        assert hour.times("cue_drink") == [901, 2101, 3301]

    def test_posture_cues_are_short_and_alternate(self, hour: Hour) -> None:
        hour.spend(600 * 8)
        cues = [event.case for _, event in hour.said if event.type == "cue_posture"]
        assert cues == [POSTURE[n % len(POSTURE)] for n in range(7)]
        assert all(len(cue) < 30 for cue in cues)

    def test_posture_cues_continue_their_order_in_the_next_session(self, hour: Hour) -> None:
        hour.spend(700)
        hour.spend(30, Belt.IDLE, None, speed=0)
        hour.spend(700)
        assert [e.case for _, e in hour.said if e.type == "cue_posture"] == [*POSTURE[:2]]

    @pytest.mark.parametrize("phase", ["warm_up", "cool_down", None])
    def test_no_cue_comes_outside_of_the_active_phase(self, hour: Hour, phase: str | None) -> None:
        assert hour.spend(3600, phase=phase) == []

    def test_cues_after_a_long_warm_up_do_not_come_all_at_once(self, hour: Hour) -> None:
        hour.spend(1900, phase="warm_up")
        assert hour.spend(60) == ["cue_posture", "cue_drink"]
        hour.spend(1300)
        assert hour.times("cue_posture") == [1901, 2500, 3100]
        assert hour.times("cue_drink") == [1901, 3100]

    def test_pause_does_not_count_towards_a_cue(self, hour: Hour) -> None:
        hour.spend(500)
        hour.spend(300, Belt.PAUSED, speed=0)
        hour.spend(99)
        assert hour.times("cue_posture") == []
        assert hour.spend(3) == ["cue_posture"]

    def test_unobserved_time_does_not_count_towards_a_cue(self, hour: Hour) -> None:
        hour.spend(2)
        hour.now += 5000
        assert hour.spend(60) == []


class TestAfterARun:
    def test_fast_run_that_stops_abruptly_gives_a_cue_to_walk(self, hour: Hour) -> None:
        hour.spend(400)
        hour.spend(3, Belt.STOPPING, speed=500)
        assert hour.spend(600, Belt.IDLE, None, speed=0) == ["cue_walk"]

    def test_steep_walk_that_stops_abruptly_gives_a_cue_to_walk(self, hour: Hour) -> None:
        hour.spend(400, speed=500, incline=100)
        assert hour.spend(10, Belt.IDLE, None, speed=0) == ["cue_walk"]

    @pytest.mark.parametrize(("speed", "seconds"), [(500, 600), (1000, 250)])
    def test_easy_or_short_run_gives_no_cue_to_walk(
        self, hour: Hour, speed: int, seconds: int
    ) -> None:
        hour.spend(seconds, speed=speed)
        assert hour.spend(600, Belt.IDLE, None, speed=0) == []

    def test_cool_down_gives_no_cue_to_walk(self, hour: Hour) -> None:
        hour.spend(400)
        hour.spend(30, phase="cool_down")
        assert hour.spend(600, Belt.IDLE, None, speed=0) == []

    def test_two_minutes_of_walking_give_no_cue_to_walk(self, hour: Hour) -> None:
        hour.spend(400)
        hour.spend(120, speed=400)
        assert hour.spend(600, Belt.IDLE, None, speed=0) == []

    def test_long_pause_gives_one_cue_to_walk(self, hour: Hour) -> None:
        hour.spend(400)
        assert hour.spend(59, Belt.PAUSED, speed=0) == []
        assert hour.spend(300, Belt.PAUSED, speed=0) == ["cue_walk"]
        assert hour.spend(300, Belt.IDLE, None, speed=0) == []

    def test_short_pause_gives_no_cue_to_walk(self, hour: Hour) -> None:
        hour.spend(400)
        hour.spend(30, Belt.PAUSED, speed=0)
        hour.spend(100, speed=400)
        assert hour.spend(300, Belt.IDLE, None, speed=0) == []

    def test_unknown_belt_gives_no_cue_to_walk(self, hour: Hour) -> None:
        hour.spend(400)
        assert hour.spend(300, Belt.UNKNOWN, None, speed=0) == []


def test_faster_rhythm_shortens_the_time_between_cues() -> None:
    hour = Hour(Care(Rhythm().faster(20)))
    hour.spend(100)
    assert hour.times("cue_posture") == [31, 61, 91]
    assert hour.times("cue_drink") == [46]
