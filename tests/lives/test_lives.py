"""A small fixed set of lives, a few virtual minutes each; `make lives` plays the many."""

import random
from functools import cache
from itertools import product

import pytest

from bridge.values import Axis, Result, Verb
from tests.lives.judging.console import judge_console
from tests.lives.judging.figures import Figures
from tests.lives.judging.judge import judge
from tests.lives.judging.log import Asked, Log, Moment, Pressed, Said, Shown, Wrote
from tests.lives.judging.safety import judge_safety, newest_request
from tests.lives.judging.truth import Intent, Truth
from tests.lives.play import GENTLE, Case, Played, cases, play
from tests.lives.playing.life import Life, Person
from tests.lives.playing.machine import LOWEST, MILE_KM, Machine, State, Traits
from tests.lives.playing.traits import ANY, CATALOGUE, MILD, traits_of

pytestmark = pytest.mark.unmeasured

LEARN_S, LIFE_S, WARM_UP_S = 240.0, 540.0, 60.0

ORDINARY = (
    ("plain", "dashboard"),
    ("plain", "console"),
    ("gain", "dashboard"),
    ("no status", "console"),
    ("echo never", "mixed"),
    ("report nearest 0.5", "mixed"),
    ("target floor 0.5", "dashboard"),
    ("command lag", "mixed"),
    ("overshoot", "dashboard"),
    ("slow incline", "console"),
)


@cache
def lived(kind: str, user: str) -> Played:
    return play(Case(11, 0, kind, user), LEARN_S, LIFE_S, warm_up_s=WARM_UP_S)


def climbing(traits: Traits, *speeds: float) -> Log:
    """A belt on its way to 8 km/h, with a frame each second from 10 s on; its target is 5.5."""
    log = Log(traits, GENTLE, 0.0, first=False, ended=100.0)
    log.asked.append(Asked(1.0, Verb.SPEED, 8.0, "a", None, [(1.0, Result.ACCEPTED, "")]))
    for second, speed in enumerate(speeds):
        log.shown.append(Shown(10.0 + second, speed, 0.0))
    for second in range(100):
        log.moments.append(Moment(second, "runs", 7.0, 5.5, 0.0, 0.0, 7.0, 0.0, 16.0, 15.0))
    return log


class TestGoals:
    @pytest.mark.parametrize(("kind", "user"), ORDINARY)
    def test_simulated_life_has_no_false_event_and_obeys_every_request(
        self, kind: str, user: str
    ) -> None:
        played = lived(kind, user)
        assert [i for i in played.first.incidents if i.kind == "SAFETY"] == []
        assert played.later.incidents == []

    def test_machine_that_takes_miles_is_detected(self) -> None:
        found = lived("miles targets", "steady")
        assert (found.first.miles_found.share, found.later.miles_found.share) == (1, 1)


class TestTheSimulation:
    """That it can be trusted."""

    def test_simulated_lives_contain_requests_and_presses(self) -> None:
        lives = [lived(kind, user).later for kind, user in ORDINARY if user != "dashboard"]
        assert min(life.hours for life in lives) > 0.1
        counted = [(life.reached.of, life.keys_named.of, life.presses_down.of) for life in lives]
        assert all(sum(each) > 0 for each in zip(*counted, strict=True))

    def test_same_case_plays_the_same_life(self) -> None:
        case = Case(3, 1, ANY, "mixed")
        one, two = (play(case, 60.0, 120.0) for _ in range(2))
        assert one == two

    def test_every_kind_of_machine_and_user_is_among_500_lives(self) -> None:
        many = cases(500, 7)
        assert {case.kind for case in many} >= {*CATALOGUE, MILD, ANY, "miles both"}
        assert {case.user for case in many} == {"dashboard", "console", "mixed", "steady"}

    def test_case_of_a_simulated_life_round_trips_through_its_name(self) -> None:
        case = Case(3, 1, "report floor 0.5", "mixed")
        assert Case.of(case.name) == case

    @pytest.mark.parametrize(
        ("traits", "read"),
        [
            (Traits(statuses=False, report_step=1.0), 4.0),
            (Traits(statuses=False, report_step=1.0, report_floor=True), 3.0),
            (Traits(names_current=True, report_step=1.0, gain=1.06), 4 / 1.06),
            (Traits(statuses=False, overshoot=0.07), 3.8),
            (Traits(report_step=1.0), 0.0),  # a status names it
        ],
    )
    def test_unreported_press_is_judged_by_the_readings(self, traits: Traits, read: float) -> None:
        press = Pressed(0.0, 1.0, Axis.SPEED, 1.0, 3.7, 3.7, quick=True)
        truth = Truth(Log(traits, GENTLE, 0.0, first=False))
        assert truth.read_as(Intent(0.0, 3.7, press)) == pytest.approx(read)

    @pytest.mark.parametrize(
        ("gain", "down", "read"),
        [
            (1.0, False, 4.0),
            (1.05, False, 4.2),  # targets from 3.5 to 4.4 km/h are 4 km/h on this machine
            (1.2, False, 4.4),
            (1.05, True, 4.2),
            (0.95, False, 3.8),
        ],
    )
    def test_press_without_a_status_is_judged_as_the_highest_target_of_its_speed(
        self, gain: float, read: float, *, down: bool
    ) -> None:
        traits = Traits(statuses=False, target_step=1.0, target_floor=down, gain=gain)
        press = Pressed(0.0, 1.0, Axis.SPEED, 1.0, 4.0, 4.0, quick=True)
        truth = Truth(Log(traits, GENTLE, 0.0, first=False))
        assert truth.read_as(Intent(0.0, 4.0, press)) == pytest.approx(read)

    @pytest.mark.parametrize(
        ("offset", "wrote", "deck_told", "read"),
        [
            (0.9, None, False, 2.9),
            (0.9, 1.0, False, 2.9),  # after the press
            (0.9, -1.0, False, 0.0),
            (0.9, None, True, 0.0),
            (-0.9, None, False, 2.0),
        ],
    )
    def test_unreported_incline_press_is_judged_as_read_before_the_first_write(
        self, offset: float, wrote: float | None, *, deck_told: bool, read: float
    ) -> None:
        traits = Traits(statuses=False, incline_offset=offset)
        log = Log(traits, GENTLE, 0.0, first=False, deck_told=deck_told)
        if wrote is not None:
            log.wrote.append(Wrote(wrote, Axis.INCLINE, 1.0))
        press = Pressed(0.0, 1.0, Axis.INCLINE, 0.0, 2.0, 2.0, quick=False)
        assert Truth(log).read_as(Intent(0.0, 2.0, press)) == pytest.approx(read)

    @pytest.mark.parametrize(
        ("asked", "statuses", "newest"), [(8.0, True, 8.6), (5.0, True, 5.6), (8.0, False, 8.0)]
    )
    @pytest.mark.parametrize("time", [10.5, 20.0])
    def test_named_press_up_in_a_climb_raises_the_request_at_once(
        self, asked: float, statuses: bool, newest: float, time: float
    ) -> None:
        log = Log(Traits(statuses=statuses), GENTLE, 0.0, first=False, ended=100.0)
        log.asked.append(Asked(1.0, Verb.SPEED, asked, "a", None, [(1.0, Result.ACCEPTED, "")]))
        log.pressed.append(Pressed(9.0, 10.0, Axis.SPEED, 5.0, 5.6, 5.6, quick=False))
        assert newest_request(Axis.SPEED, time, Truth(log)) == pytest.approx(newest)

    def test_simulated_key_without_effect_adds_nothing_to_the_press(self) -> None:
        life = Life(Traits(), GENTLE, random.Random(1))
        person, machine = Person(life, random.Random(1)), life.machine
        machine.state, machine.target = State.RUNS, 4.0
        keys = person.keys(Axis.SPEED, -2)
        next(keys)
        machine.target = LOWEST  # a write of the bridge
        assert list(keys) == []
        assert [round(press.after, 1) for press in life.log.pressed] == [3.9]

    @pytest.mark.parametrize(("second", "newest"), [(5.0, 5.0), (7.0, 8.0)])
    def test_unreported_fall_counts_as_a_press_from_its_second_frame(
        self, second: float, newest: float
    ) -> None:
        log = climbing(Traits(statuses=False), 7.0, 5.0, second, 7.0, 7.0)
        log.pressed.append(Pressed(9.0, 10.0, Axis.SPEED, 7.0, 5.0, 5.0, quick=False))
        assert newest_request(Axis.SPEED, 40.0, Truth(log)) == newest

    @pytest.mark.parametrize(
        ("pressed", "second", "judged"), [(5.0, 5.0, 1), (5.0, 7.0, 0), (5.5, 7.0, 1)]
    )
    def test_unreported_fall_that_a_write_undid_before_its_second_frame_is_not_judged(
        self, pressed: float, second: float, judged: int
    ) -> None:
        log = climbing(Traits(statuses=False), 7.0, pressed, second, 7.0, 7.0)
        log.asked.clear()
        log.pressed.append(Pressed(9.0, 10.0, Axis.SPEED, 7.0, pressed, pressed, quick=False))
        figures = Figures()
        judge_console(Truth(log), figures)
        assert figures.falls.of == judged

    def test_press_up_without_a_status_in_a_climb_leaves_the_request(self) -> None:
        log = climbing(Traits(statuses=False), 5.0, 6.0, 7.0, 7.0, 7.0)
        log.pressed.append(Pressed(9.0, 10.0, Axis.SPEED, 5.0, 7.0, 7.0, quick=False))
        assert newest_request(Axis.SPEED, 40.0, Truth(log)) == 8.0

    @pytest.mark.parametrize(("value", "wrong"), [(6.5, 0), (7.5, 1)])
    def test_write_below_the_reading_after_a_key_eases_the_belt(
        self, value: float, wrong: int
    ) -> None:
        log = climbing(Traits(statuses=False), 7.0, 7.0)
        log.asked.clear()
        log.pressed.append(Pressed(8.0, 9.0, Axis.SPEED, 5.0, 6.0, 6.0, quick=False))
        log.wrote.append(Wrote(12.0, Axis.SPEED, value))
        figures = Figures()
        judge_safety(Truth(log), figures)
        assert figures.safety == wrong

    @pytest.mark.parametrize(("told", "false"), [(15.9, 1), (16.0, 0)])
    def test_judge_expects_the_stop_alarm_5_s_after_the_last_falling_frame(
        self, told: float, false: int
    ) -> None:
        log = climbing(Traits(), 7.0, 5.0)
        log.said.append(Said(told, "stop_ignored", "The belt does not slow down."))
        assert judge(log).false_events == false

    @pytest.mark.parametrize(("known", "slower"), [((3.0, 6.0), 1.0), ((3.0,), MILE_KM)])
    def test_judge_waits_longer_for_a_climb_while_the_unit_is_unknown(
        self, known: tuple[float, ...], slower: float
    ) -> None:
        truth = Truth(Log(Traits(), GENTLE, 0.0, first=False, told_before=known))
        still, climb = (truth.patience_s(Axis.SPEED, 100.0, rise) for rise in (0.0, 10.0))
        assert climb - still == pytest.approx(1.3 * 100 * slower)

    @pytest.mark.parametrize(("ramp", "reached"), [(0.1, 1), (0.03, 0)])
    def test_judge_expects_a_belt_that_resumes_below_its_display_to_climb_from_there(
        self, ramp: float, reached: int
    ) -> None:
        log = Log(Traits(), GENTLE, 0.0, first=False, told_before=(3.0, 6.0), ended=150.0)
        log.asked.append(Asked(0.0, Verb.SPEED, 6.0, "a", None, [(0.0, Result.ACCEPTED, "")]))
        log.moments.append(Moment(0.0, "runs", 1.3, 6.8, 0.0, 0.0, 1.3, 0.0, 16.0, 15.0))
        for second in range(1, 150):
            speed = min(6.0, 1.3 + ramp * second)
            log.shown.append(Shown(second, speed, 0.0))
            log.moments.append(
                Moment(second, "runs", speed, speed, 0.0, 0.0, speed, 0.0, 16.0, 15.0)
            )
        tally = judge(log).reached
        assert (tally.of, tally.good) == (1, reached)

    def test_traits_are_drawn_within_their_ordinary_ranges(self) -> None:
        for kind, seed in product(CATALOGUE, range(20)):
            traits, picked = traits_of(kind, random.Random(seed))
            assert picked == (kind,)
            assert 0.25 <= traits.frame_s <= 3.0
            assert traits.command_lag_s <= 6.0
            assert traits.report_lag_s <= 6.0
            assert 0.94 <= traits.gain <= 1.06
            assert 0.05 <= traits.ramp <= 2.0
            assert 20.0 <= traits.incline_s <= 200.0

    def test_plain_simulated_machine_obeys_and_echoes_orders_and_keys(self) -> None:
        heard: list[tuple[str, bytes]] = []
        machine = Machine(Traits(), random.Random(1), lambda *frame: heard.append(frame))
        machine.order_start()
        for _ in range(120):
            machine.step()
        assert (machine.state, machine.speed) == (State.RUNS, 0.8)
        machine.order_speed(500)
        for _ in range(200):
            machine.step()
        assert round(machine.speed, 6) == 5.0
        assert ("status", bytes.fromhex("05f401")) in heard
        machine.key(-3)
        for _ in range(40):
            machine.step()
        assert round(machine.speed, 6) == 4.7
        assert ("status", bytes.fromhex("05d601")) in heard
