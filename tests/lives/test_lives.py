"""A small fixed set of lives, a few virtual minutes each; `make lives` plays the many."""

import random

import pytest

from tests.lives.play import Case, Played, cases, play
from tests.lives.playing.machine import Machine, State, Traits
from tests.lives.playing.traits import ANY, CATALOGUE, MILD, traits_of

LEARN_S, LIFE_S, WARM_UP_S = 240.0, 540.0, 60.0

ORDINARY = (
    ("plain", "dashboard"),
    ("plain", "console"),
    ("plain", "mixed"),
    ("gain", "dashboard"),
    ("no status", "console"),
    ("echo never", "mixed"),
    ("report nearest 0.5", "mixed"),
    ("target floor 0.5", "dashboard"),
    ("command lag", "mixed"),
    ("overshoot", "dashboard"),
    ("slow incline", "console"),
    ("gaps", "dashboard"),
)


def lived(kind: str, user: str) -> Played:
    return play(Case(11, 0, kind, user), LEARN_S, LIFE_S, warm_up_s=WARM_UP_S)


class TestGoals:
    @pytest.mark.parametrize(("kind", "user"), ORDINARY)
    def test_an_ordinary_life_has_no_false_event_and_every_request_is_obeyed(
        self, kind: str, user: str
    ) -> None:
        played = lived(kind, user)
        assert [i for i in played.first.incidents if i.kind == "SAFETY"] == []
        assert played.later.incidents == []

    def test_a_machine_that_takes_miles_is_found(self) -> None:
        found = lived("miles targets", "steady")
        assert (found.first.miles_found.share, found.later.miles_found.share) == (1, 1)


class TestTheSimulation:
    """That it can be trusted."""

    def test_a_life_has_something_to_judge(self) -> None:
        asking, pressing = lived("plain", "dashboard").later, lived("plain", "console").later
        assert min(asking.hours, pressing.hours) > 0.1
        assert min(asking.reached.of, pressing.keys_named.of, pressing.presses_down.of) > 0

    def test_the_same_case_is_the_same_life(self) -> None:
        case = Case(3, 1, ANY, "mixed")
        one, two = (play(case, 60.0, 120.0) for _ in range(2))
        assert one == two

    def test_every_kind_and_every_user_has_its_lives(self) -> None:
        many = cases(500, 7)
        assert {case.kind for case in many} >= {*CATALOGUE, MILD, ANY, "miles both"}
        assert {case.user for case in many} == {"dashboard", "console", "mixed", "steady"}

    def test_the_name_of_a_case_tells_all_of_it(self) -> None:
        case = Case(3, 1, "report floor 0.5", "mixed")
        assert Case.of(case.name) == case

    @pytest.mark.parametrize("kind", CATALOGUE)
    def test_a_trait_is_drawn_within_what_is_ordinary(self, kind: str) -> None:
        for seed in range(20):
            traits, picked = traits_of(kind, random.Random(seed))
            assert picked == (kind,)
            assert 0.25 <= traits.frame_s <= 3.0
            assert traits.command_lag_s <= 6.0
            assert traits.report_lag_s <= 6.0
            assert 0.94 <= traits.gain <= 1.06
            assert 0.05 <= traits.ramp <= 2.0
            assert 20.0 <= traits.incline_s <= 200.0

    def test_a_plain_machine_does_what_it_is_told(self) -> None:
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
