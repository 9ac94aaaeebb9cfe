"""Which statuses are echoes, and which name the current speed. Wire units, seconds."""

from dataclasses import replace

import pytest

from bridge.machines.learned import UNLEARNED, Echo, Interval
from bridge.tracking.learning.current_speed import CurrentSpeed
from bridge.tracking.learning.echoes import Echoes
from bridge.tracking.learning.knowledge import NOTHING
from bridge.values import INCLINE, SPEED, Axis
from bridge.values.status import TargetChanged


def followed(course: str, axis: Axis = SPEED) -> tuple[Echoes, str]:
    """Play a course of `write`, `status`, `halt` and `tick`; return what each status was.

    `500@1` is a write at that second, `500?2` a status, `halt` a halt and `@30` a tick. An echo is
    an `e` in the answer, a press a `p`.
    """
    echoes, answers = Echoes(axis, NOTHING, 0), ""
    for step in course.split():
        if step == "halt":
            echoes.forget()
        elif "?" in step:
            value, now = step.split("?")
            answers += "e" if echoes.named(int(value), float(now)) else "p"
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
def test_an_echo_is_the_waiting_write_rounded_to_a_step(course: str, answers: str) -> None:
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
def test_the_lowest_target_of_a_machine_may_be_off_its_grid(target: int, *, echo: bool) -> None:
    echoes = Echoes(SPEED, NOTHING, 81)
    echoes.wrote(target + 1, 0.0)
    assert echoes.named(81, 1.0) is echo


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
    ],
)
def test_echoes_and_missed_echoes_in_a_row_show_the_kind_of_machine(
    course: tuple[str, ...], echo: Echo
) -> None:
    assert followed(" ".join(course))[0].echo is echo


def test_the_longest_time_to_an_echo_is_known_from_the_second_one_on() -> None:
    assert followed(ECHOED[0])[0].echo_s is None
    assert followed(" ".join(ECHOED))[0].echo_s == 0.5


def test_the_shortest_time_to_an_echo_is_known_from_the_eighth_one_on() -> None:
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
def test_the_grid_is_the_step_that_all_echoes_have_in_common(
    axis: Axis, echoes: str, grid: int | None
) -> None:
    pairs = [each.partition(":")[::2] for each in echoes.split()]
    course = (f"{a}@{20 * i} {b or a}?{20 * i + 1}" for i, (a, b) in enumerate(pairs))
    found = followed(" ".join(course), axis)[0]
    assert (found.grid, found.are_rounded) == (grid, grid in {50, 100})


@pytest.mark.parametrize(
    ("before", "after"),
    [(Echo.NEVER, Echo.UNKNOWN), (Echo.EACH, Echo.EACH), (Echo.UNKNOWN, Echo.UNKNOWN)],
)
def test_answer_in_another_unit_shows_a_machine_that_may_echo(before: Echo, after: Echo) -> None:
    echoes = Echoes(SPEED, replace(NOTHING, echo=before), 0)
    echoes.answered()
    assert echoes.echo is after


def readings(target: int) -> Interval:
    """Return the readings of a steady belt that nothing is known about."""
    return UNLEARNED.speed.readings(target, 10)


def watched(course: str, *, known: bool | None = None) -> bool | None:
    """Play a course; return what a machine's statuses name as far as it shows.

    `800/400@1` is a write at that second, `450?2` a status, `450/430?2` one while the belt reads
    the second number, `450~2` one that is rounded, `420!2` a reading, `halt` an end of all that was
    written, and `50<80@2` a status at the start of a machine with that lowest target.
    """
    current = CurrentSpeed(known=known)
    for step in course.split():
        if step == "halt":
            current.forget()
        elif "!" in step:
            value, now = step.split("!")
            current.sample(int(value), float(now), readings)
        elif "<" in step:
            value, least, now = step.replace("@", "<").split("<")
            current.started(TargetChanged(float(now), SPEED, int(value)), int(least))
        elif "?" in step or "~" in step:
            what, now = step.replace("~", "?").split("?")
            value, _, speed = what.partition("/")
            event = TargetChanged(float(now), SPEED, int(value))
            current.named(event, int(speed) if speed else None, rounded="~" in step)
        else:
            what, now = step.split("@")
            value, _, speed = what.partition("/")
            current.wrote(int(value), int(speed), float(now))
    return current.names_current


WAY = "1000/400@0"
HELD_UP = "450/450?1.5 500/500?2 550/550?3 600/600?4 650/650?5 700/700?6"
PASSED = "700/600?1 740!1.2 760/740?1.75"
PASSED_DOWN = "700/800?9 660!9.2 650/660?9.75"
TWO_WAYS = "500/440@0 450?1 480/480?2 400/480@3 470?4 440/440?5"
AGAIN = "500/440@10 450?11 480/480?12 400/480@13 470?14 440/440?15"


@pytest.mark.parametrize(
    ("course", "current"),
    [
        # Two leaps ahead of a steady belt after 8 s of silence.
        ("400/400?0 550/400?8 400/550?16", False),
        ("400/400?100 550/400?107.9 400/550?115.8", None),
        ("400/400?0 549/400?8 400/549?16", None),
        ("400/400?0 550/400?8 500<80@99 400/550?100", None),  # the start was no silence
        # Two changes that no belt can follow: 3 km/h per s and 0.6 km/h.
        ("400?0 761?1 400?2", False),
        ("400?0 760?1 400?2", None),
        # The target is named before the belt can be there.
        ("1000/400@0 1000?1.7", False),
        ("1000/400@0 1000?1.8", None),
        ("1000/1000@0 400/1000@10 400?11", False),
        ("400/1000@0 450/1000@10 450?10.5", None),  # the reading may be old
        ("1000/400@0 450/400@1 450?1.1", None),  # or the target not reached
        ("1000/400@0 halt 1000?0.5", None),
        ("400/400@0 halt 450/1000@5 450?6", False),
        # Five statuses on the way in a row that equal the reading; this machine echoes writes, too.
        (f"{WAY} 450/450?1 500/500?2 550/550?3 600/600?4 650/651?5", True),
        (f"{WAY} 450/450?1 500/500?2 550/550?3 600/600?4 650/650?5 900?6 400?6.1 900?6.2", True),
        (f"{WAY} 450/450?1 500/500?2 550/550?3 600/600?4", None),
        (f"{WAY} 450/450?1 500/500?2 550/550?3 600/600?4 650/650?30", True),
        (f"{WAY} 450/450?1 500/500?2 550/550?3 600/600?4 650/650?30.1", None),
        (f"{WAY} 440/440?0.5 440/440?1 450/450?1.5 500/500?2 550/550?3 600/600?4 650/650?5", True),
        (f"{WAY} 440/440?0.5 440/440?1 500/500?2 550/550?3 600/600?4 650/650?5", None),
        ("700/400?0 450/450?1 500/500?2 550/550?3 600/600?4 700/700?5", None),
        (f"{WAY} 450/450?1 500/500?2 550/550?3 550/550?4 600/600?5 650/650?6", None),
        (f"{WAY} 450/450?1 500/500?2 550/540?3 600/600?4 650/650?5", None),
        (f"{WAY} 450/450?1 500/500?2 550?3 600/600?4 650/650?5", None),
        (f"520/400@0 {WAY} 450/450?1 500/500?2 520/520?3 550/550?4 600/600?5 650/650?6", True),
        (f"1000/400?0 {HELD_UP}", True),
        ("800/400?0 450/440?1 500/500?2 550/550?3 600/600?4 650/650?5", None),
        ("800/400?0 450/440?1 500/500?2 550/550?3 600/600?4 650/650?5 700/700?6", True),
        # A held key names targets that the belt may reach at once, but none before the last.
        (HELD_UP, None),
        (f"400/400@0 {HELD_UP}", None),
        (f"430/400?0 {HELD_UP}", None),
        (f"640/400@0 {HELD_UP}", None),
        (f"660/400@0 {HELD_UP}", True),
        (f"300/700@0 {HELD_UP}", None),
        (f"1000/400@-24 {HELD_UP}", True),
        (f"1000/400@-30 {HELD_UP}", None),
        # Three statuses on the way, and one at the target within 30 s.
        ("800/400@0 450?1 500?2 550?3 800?4", True),
        ("800/400@0 450?1 500?2 550?3 800?30", True),
        ("800/400@0 450?1 500?2 550?3 600~4 800?5", None),
        ("800/400@0 450?1 500?2 550?3 800?30.1", None),
        ("800/400@0 450?1 500?2 800?4", None),
        ("800/400@0 450?1 500?2 550?3 801?4", True),  # a conversion
        ("800/400@0 450?1 500?2 480?3 550?4 800?5", None),  # one went back
        ("430/400@0 800/400@1 450?2 500?3 430?4 480?5 800?6", None),  # after a late echo
        ("800/400@0 450?1 450?2 500?3 800?4", None),  # one stood
        ("800/400@0 450?1 500?2 550?3 850?4 800?5", None),  # one was beyond
        # Keys pressed down between late echoes of a ramp name no current speed.
        ("700/400@0 760/400@1 800/400@2 700?3 690?3.3 760?4 740?4.3 780?4.6 800?5", None),
        ("700/400@0 760/400@1 800/400@2 700?3 710?3.3 760?4 770?4.3 780?4.6 800?5", True),
        ("800/400@0 800?0.9 450?1 500?2 550?3 800?4", True),  # it answers the write, too
        # A further write of a ramp continues the way; one back begins another.
        ("600/400@0 450?1 500?2 800/500@3 550?4 800?6", True),
        ("400/600@0 300/600@1 550?2 500?3 450?4 300?6", True),
        ("600/400@0 450?1 500?2 600/500@3 550?4 600?5", True),  # repeated
        ("600/400@0 450?1 500?2 550?3 500/550@4 500?6", None),
        ("600/400@0 450?1 500?2 550?3 560?31 900/560@32 900?40", None),
        # Statuses that repeat writes of the last 30 s are echoes.
        ("450/400@90 500/400@91 550/400@92 800/400@93 450?94 500?95 550?96 800?97", None),
        ("450/400@0 800/400@31 450?32 500?33 550?34 800?35", True),
        ("450/400@0 800/400@30 450?32 500?33 550?34 800?35", None),
        # Two on the way near the reading, on three changes.
        ("500/400@0 450?1 480/420?2 400/480@3 470?4 440/500?5 500/440@6 460?7 490/430?8", True),
        ("500/400@0 450?1 480/420?2 400/480@3 470?4 440/500?5 500/440@6 460?7 490/429?8", None),
        ("500/400@0 450?1 480/420?2 400/480@3 470?4 440/500?5 500/440@6 460?7", None),
        ("451/400@0 501/400@0.5 551/400@1 601/400@1.5 450?2 500?2.5 550?3 600?3.5", None),
        (f"{TWO_WAYS} 490?6 {AGAIN}", None),
        (f"{TWO_WAYS} 490?6 {AGAIN} 500/440@20 450?21 480/480?22", True),
        # One on the way, and one at most 0.75 s later where the machine rounds the target to.
        (" ".join(f"170/200@{t} 190/200?{t}.3 150/200?{t + 1}" for t in (0, 10, 20)), True),
        (" ".join(f"170/200@{t} 190/200?{t}.2 150/200?{t + 1}" for t in (0, 10, 20)), None),
        (" ".join(f"170/200@{t} 150/200?{t + 1}" for t in (0, 10, 20)), None),
        (" ".join(f"170/200@{t} 190/200?{t}.3 70/100?{t + 1}" for t in (0, 10, 20)), None),
        # A belt that passes what was named, by more than 5 %, before it names the next speed.
        (f"{PASSED} {PASSED_DOWN}", True),
        (f"{PASSED}", None),
        (f"{PASSED} 700/800?9 665!9.2 650/660?9.75", None),  # it may be there
        (f"{PASSED} 700/800?9 660!9.2 650/660?9.76", None),
        (f"{PASSED} 700/735?9 660!9.2 650/660?9.75", None),  # it may have been there
        (f"{PASSED} 700?9 660!9.2 650/660?9.75", None),
        (f"{PASSED} 700/800?9 660!9.2 670/660?9.75", None),  # a press that ends it
        (f"{PASSED} 700/800?9 660!9.2 710/660?9.75", None),
        (f"{PASSED} 660/800@8 650/660@8.5 700/800?9 660!9.2 650/660?9.75", None),  # an echo
        (f"{PASSED} 700/800@8 700/800?9 660!9.2 650/660?9.75", None),
        # A belt that changes by 1 km/h, in two readings, names nothing for 8 s.
        ("100!1 100!2 200!3 200!4", False),
        ("300!1 300!2 200!3 200!4", False),
        ("100!1 150!2 200!3 250!4", None),  # 1.5 to 2.0 for certain
        ("100!1 150!2 200!3 250!4 300!5", False),
        ("100!1 100!2 199!3 199!4", None),
        ("700!1 100!2 100!3 700!4 100!5", None),  # garbage
        ("700!1 700!2 0!3 0!4 700!5 700!6", None),  # zeros are no speed
        ("100?10 100!11 100!12 200!13 200!14", None),
        ("100?0 100!1 100!2 200!7.9 300!8 300!9", None),
        ("100?0 200!7 200!8 300!9 300!10", False),
        ("100!1 100!2 150?3 200!4 200!5 200!11 200!12 250!13 250!14", None),
        ("100!1 100!2 80<80@2.5 200!3 200!4", None),  # it named its speed
        # A starting belt names two speeds below its lowest target.
        ("50<80@1 60<80@2", True),
        ("1<80@1 50<80@2", True),
        ("50<80@1 50<80@2", None),
        ("0<80@1 50<80@2", None),
        ("80<80@1 50<80@2", None),
    ],
)
def test_statuses_on_the_way_name_the_current_speed_and_leaps_name_targets(
    course: str, *, current: bool | None
) -> None:
    assert watched(course) is current


@pytest.mark.parametrize(
    ("named", "current"),
    [
        ("400?14 430?14.75 460?15.5 490?16.25", True),
        ("400?14 431?14.5 461?15 491?15.5", True),  # converted
        ("400?14 430?14.5 432?14.8 460?15 490?15.5", None),  # a rounded echo
        # One that is repeated: three more are needed.
        ("400?14 430?14.5 430?14.8 460?15 490?15.5", None),
        ("400?14 430?14.5 430?14.8 460?15 490?15.5 520?16", True),
    ],
)
def test_three_statuses_that_pass_over_writes_within_0_75_s_name_the_current_speed(
    named: str, *, current: bool | None
) -> None:
    writes = " ".join(f"{400 + 10 * second}/400@{second}" for second in range(13))
    assert watched(f"{writes} {named}") is current


@pytest.mark.parametrize(
    ("back", "current"), [("110/140@{}", True), ("135/140@{}", True), ("", None)]
)
def test_speeds_that_passed_over_writes_are_no_echoes_of_these_once_another_write_leads_back(
    back: str, *, current: bool | None
) -> None:
    climbs = []
    for start in (0, 40, 80):
        climbs += [f"{110 + 10 * number}/100@{start + number}" for number in range(4)]
        climbs += [f"110?{start + 4}", f"140?{start + 4.5}", back.format(start + 5)]
        climbs += [f"130?{start + 5.3}", f"100?{start + 5.9}"]
    assert watched(" ".join(climbs)) is current


@pytest.mark.parametrize(
    ("before", "last", "current"),
    [
        (20.0, "150?{}", True),
        (2.0, "150?{}", True),
        (1.9, "150?{}", None),  # a key is held down
        (20.0, "230?{}", None),  # more than a step of the machine
        (20.0, "150~{}", None),
    ],
)
def test_speed_just_beyond_the_newest_write_passes_over_writes_like_the_write_itself(
    before: float, last: str, current: bool | None
) -> None:
    climbs = []
    for start in (0, 40, 80):
        climbs += [f"{110 + 10 * number}/100@{start + number}" for number in range(3)]
        climbs += [f"100?{start + 3 - before}", f"110?{start + 3}", last.format(start + 3.5)]
    assert watched(" ".join(climbs)) is current


def test_a_belt_that_passes_what_was_named_shows_its_current_speed_despite_its_silence() -> None:
    silent = "100!-20 100!-19 200!-18 200!-17"
    assert watched(silent) is False
    assert watched(f"{silent} {PASSED} {PASSED_DOWN}") is True


def test_a_machine_whose_statuses_leap_is_not_judged_by_few_on_the_way() -> None:
    course = "500/400@0 450?1 480/420?2 400/480@3 470?4 440/500?5 500/440@6 460?7 490/430?8"
    assert watched(f"{course} 50<80@1 60<80@2", known=False) is False


def test_a_machine_known_to_name_its_current_speed_stays_so_when_it_is_silent() -> None:
    assert watched("100!1 100!2 200!3 200!4", known=True) is True
