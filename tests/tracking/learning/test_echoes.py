"""Which statuses are echoes. Wire units, seconds."""

from dataclasses import replace

import pytest

from bridge.machines.learned import Echo
from bridge.tracking.learning.echoes import Echoes
from bridge.tracking.learning.knowledge import NOTHING, AxisKnowledge, Span
from bridge.values import INCLINE, SPEED, Axis


def followed(course: str, axis: Axis = SPEED, grid: int | None = None) -> tuple[Echoes, str]:
    """Play a course of `write`, `status`, `halt` and `tick`; return what each status was.

    `500@1` is a write at that second, `500!` its refusal, `500?2` a status, `halt` a halt and `@30`
    a tick. An echo is an `e` in the answer, a press a `p`. `grid` is known from an earlier link.
    """
    known = AxisKnowledge(echoed=grid)
    echoes, answers = Echoes(axis, replace(NOTHING, speed=known, incline=known), 0), ""
    for step in course.split():
        if step == "halt":
            echoes.forget()
        elif "?" in step:
            value, now = step.split("?")
            answers += "e" if echoes.named(int(value), float(now)) else "p"
        elif step.endswith("!"):
            echoes.refused(int(step[:-1]))
        elif step.startswith("@"):
            echoes.tick(float(step[1:]))
        else:
            value, now = step.split("@")
            echoes.wrote(int(value), float(now))
    return echoes, answers


@pytest.mark.parametrize(
    ("course", "answers"),
    [
        ("500@0 500?12", "e"),
        ("500@0 500?12.1", "p"),  # too late
        ("500@0 600@11 @12.5 600?13 500?13", "ep"),
        ("500@0 halt 500?1", "p"),
        ("500@0 510@1 510! 500?2", "e"),
        ("500@0 510@1 510! 510?2", "p"),
        ("500@0 510@1 500! 510?2", "e"),  # only the newest one can have been refused
        # Exact echoes on no coarser step than 0.1 km/h.
        ("530@0 530?1 540@20 540?21 570@40 550?41", "eep"),
        ("530@0 530?1 540@20 540?21 550@40 @60 570@60 550?61", "eee"),  # until one is missed
        ("534@0 533?1", "e"),  # a conversion
        ("535@0 533?1", "p"),
        ("560@0 501?1", "e"),  # of 5.0, by nearest
        # Rounded down to the coarsest step.
        ("599@0 500?1", "e"),
        ("600@0 500?1", "p"),
        # Each step of speeds: 1, 0.5, 0.32 (0.2 mph), 0.32, 0.2, 0.16 (0.1 mph), 0.16 and 0.1 km/h.
        ("590@0 550?1", "e"),
        ("545@0 515?1", "e"),
        ("574@0 544?1", "e"),
        ("559@0 540?1", "e"),
        ("546@0 531?1", "e"),
        ("607@0 592?1", "e"),
        ("539@0 530?1", "e"),
    ],
)
def test_echo_is_a_pending_write_rounded_to_a_step(course: str, answers: str) -> None:
    assert followed(course)[1] == answers


@pytest.mark.parametrize(
    ("course", "answers"),
    [
        ("19@0 10?1", "e"),
        ("20@0 10?1", "p"),
        ("19@0 15?1", "e"),
        ("20@0 15?1", "p"),
        ("13@0 13?1 18@20 10?21", "ep"),
    ],
)
def test_an_echo_of_an_incline_is_rounded_to_one_or_to_half_a_percent(
    course: str, answers: str
) -> None:
    assert followed(course, INCLINE)[1] == answers


@pytest.mark.parametrize(("target", "echo"), [(179, True), (180, False)])
def test_lowest_target_of_a_machine_may_be_off_its_grid(target: int, *, echo: bool) -> None:
    echoes = Echoes(SPEED, NOTHING, 81)
    echoes.wrote(target + 1, 0.0)
    assert echoes.named(81, 1.0) is echo


@pytest.mark.parametrize(
    ("course", "answers"),
    [
        ("550@0 560@1 576?4 560?4.5", "ep"),
        ("550@0 560@1 576?4 560?4.5 560?5", "epe"),  # the write is still pending
        ("550@0 560@1 576?4 560?6.1", "ee"),  # not of one gesture
        ("570@0 560@1 544?4 560?4.5", "ep"),
        ("550@0 551@1 551?4 550?4.5", "ep"),
        ("530@0 560@1 590@2 500?4 550?4.5 550?5", "eee"),
        ("590@0 560@1 530@2 550?4 550?4.5 500?5", "eee"),
    ],
)
def test_echoes_of_rising_writes_never_fall_and_those_of_falling_writes_never_rise(
    course: str, answers: str
) -> None:
    assert followed(course)[1] == answers


MISSED = ("510@0 @13", "520@20 @33", "530@40 @53", "540@60 @73")
ECHOED = ("550@80 550?80.5", "560@100 560?100.5", "570@120 570?120.5")


@pytest.mark.parametrize(
    ("course", "echo"),
    [
        (MISSED[:2], Echo.UNKNOWN),
        (MISSED[:3], Echo.NEVER),
        (ECHOED[:1], Echo.UNKNOWN),
        (ECHOED[:2], Echo.EACH),
        ((*MISSED[:2], ECHOED[0], "560@100 @113"), Echo.UNKNOWN),
        ((*MISSED[:2], ECHOED[0], "560@100 @113", "570@120 @133"), Echo.UNKNOWN),
        ((*MISSED[:2], ECHOED[0], "1@100 @113", "1@120 @133", "1@140 @153"), Echo.NEVER),
        ((*MISSED, *ECHOED[:2]), Echo.NEVER),
        ((*MISSED, *ECHOED), Echo.EACH),
        # Within 2 s of a press, a status may name another press.
        (("900?0 520@0 520?2", "900?20 520@20 520?22"), Echo.UNKNOWN),
        (("900?0 520@0 520?2.1", "900?20 520@20 520?22.1"), Echo.EACH),
        # So may a status within 2 s before a press.
        (("550@0 550?1", "400?3", "560@20 560?21"), Echo.UNKNOWN),
        (("550@0 550?1", "400?3.1", "560@20 560?21"), Echo.EACH),
        # A gesture that names older writes of a climb by chance.
        (("576@0 586@1 596@2", "576?6", "560?6.5 570@10 570?11"), Echo.UNKNOWN),
    ],
)
def test_consecutive_echoes_or_misses_show_if_a_machine_echoes(
    course: tuple[str, ...], echo: Echo
) -> None:
    assert followed(" ".join(course))[0].echo is echo


def test_longest_echo_time_is_known_from_the_second_echo() -> None:
    assert followed(ECHOED[0])[0].echo_s is None
    assert followed(" ".join(ECHOED))[0].echo_s == 0.5


def test_shortest_echo_time_is_known_from_the_eighth_echo() -> None:
    course = [f"{500 + i}@{20 * i} {500 + i}?{20 * i + (1 if i == 3 else 2)}" for i in range(8)]
    assert followed(" ".join(course[:7]), INCLINE)[0].fastest_s is None
    assert followed(" ".join(course), INCLINE)[0].fastest_s == 1


@pytest.mark.parametrize(
    ("axis", "echoes", "grid"),
    [
        (SPEED, "530 600 650 700 800", 10),
        (SPEED, "530 600 650 700 800 850", None),  # only the latest five count
        (SPEED, "550 561", None),
        (SPEED, "531 581", 1),
        (INCLINE, "15 20", 5),
        (INCLINE, "10 20", None),
        (INCLINE, "12 18", None),
        (SPEED, "530:500 630:600 730:700 840:800", 50),  # or 100, by chance
        (SPEED, "530:500 630:600 730:700 840:800 930:900", 100),
        (SPEED, "180:100 190:100 170:100", 100),  # no other step rounds so far
        (SPEED, "180:100 180:100 170:100", None),
        (SPEED, "120:100 130:100 140:100", None),
        (SPEED, "530:529 580:579", 1),  # converted
    ],
)
def test_grid_is_the_common_step_of_all_echoes(axis: Axis, echoes: str, grid: int | None) -> None:
    pairs = [each.partition(":")[::2] for each in echoes.split()]
    course = (f"{a}@{20 * i} {b or a}?{20 * i + 1}" for i, (a, b) in enumerate(pairs))
    found = followed(" ".join(course), axis)[0]
    assert (found.grid, found.are_rounded) == (grid, grid in {50, 100})


@pytest.mark.parametrize(
    ("grid", "course", "off"),
    [
        (None, "510@0 510?1 @13", None),
        (50, "530@0 500?1 @13", Span(-30, -30)),
        (50, "560@0 600@1 500?2 600?3 @14", None),  # they differ by more than a step
        (50, "530@0 560@1 560! 500?2 550?3 @14", None),  # an echo and a press
    ],
)
def test_differences_of_echoes_from_their_writes_are_learned_on_a_known_grid(
    grid: int | None, course: str, off: Span | None
) -> None:
    assert followed(course, grid=grid)[0].rounding.off == off


@pytest.mark.parametrize(
    ("before", "after"),
    [(Echo.NEVER, Echo.UNKNOWN), (Echo.EACH, Echo.EACH), (Echo.UNKNOWN, Echo.UNKNOWN)],
)
def test_answer_in_another_unit_makes_echoes_possible_again(before: Echo, after: Echo) -> None:
    echoes = Echoes(SPEED, replace(NOTHING, echo=before), 0)
    echoes.answered()
    assert echoes.echo is after
