"""Which statuses name the current speed instead of the target. Wire units, seconds."""

import math

import pytest

from bridge.tracking.learning.current_speed import MOST, ONE, CurrentSpeed
from bridge.values import SPEED
from bridge.values.status import TargetChanged


def watched(
    course: str,
    *,
    times: int = 1,
    known: bool | None = None,
    evidence: float = 0.0,
) -> CurrentSpeed:
    """Play a course so many times, 100 s apart; return the detector.

    `800@1` is a write at that second, `450?2` a status, `450~2` a rounded echo, `420!2` a reading,
    `50<80@2` a status at the start of a machine with that lowest target, and `halt` an end of all
    that was written.
    """
    current = CurrentSpeed(known=known, evidence=evidence)
    for turn in range(times):
        for step in course.split():
            _play(current, step, 100.0 * turn)
    return current


def _play(current: CurrentSpeed, step: str, start: float) -> None:
    if step == "halt":
        current.forget()
        return
    sign = next(each for each in "<!~?@" if each in step)
    value, _, rest = step.partition(sign)
    least, _, second = rest.rpartition("@")
    now = start + float(second)
    event = TargetChanged(now, SPEED, int(value))
    if sign == "<":
        current.started(event, int(least))
    elif sign == "!":
        current.sample(int(value), now)
    elif sign == "@":
        current.wrote(int(value), now)
    else:
        current.named(event, None, rounded=sign == "~")


THERE = "800?0 400@10 790?10.5 700?11 610?11.5 520?12 430?12.5 400?13"
AND_BACK = "800@40 410?40.5 500?41 590?41.5 680?42 770?42.5 800?43"
LEAP = "400?50 800@60 800?60.5"
SILENT = "800!10 800!11 700!12 700!13"
LIKELY, SEVERAL, RARE = math.log(2), math.log(5), math.log(10)


@pytest.mark.parametrize(
    ("course", "times", "current"),
    [
        (THERE, 1, None),  # one motion is one piece of evidence
        (f"{THERE} {AND_BACK}", 1, True),
        (f"{LEAP}", 1, None),
        (f"{LEAP} 400@90 400?90.5", 1, False),
        ("400?0 800?10 400?20", 1, False),  # quick keys
        (SILENT, 1, None),
        (SILENT, 2, False),
        ("50<80@0 60<80@1", 1, True),  # too slow for a target
        ("1<80@0 50<80@1", 1, True),
        ("50<80@0 50<80@1", 1, None),
        ("0<80@0 50<80@1", 1, None),
        ("80<80@0 50<80@1", 1, None),
    ],
)
def test_a_verdict_takes_two_motions(course: str, times: int, *, current: bool | None) -> None:
    assert watched(course, times=times).names_current is current


@pytest.mark.parametrize(
    "course",
    [
        "400?0 410@10 410?10.3 420@11 420?11.3 430@12 430?12.3",  # a ramp
        "400?0 410@10 420@11 410?13 420?14",  # with a lag
        # Minus keys between late echoes.
        "690?0 700@9 760@10 800@11 700?12 690?12.3 760?13 740?13.3 780?13.6 800?14",
        "400?0 410?10 420?10.3 430?10.6 440?10.9",  # a key held down
        "400?0 550?10",  # a quick key
        "400?0 405?10",  # steps finer than any that is known
        "400?0 405@10 405?10.5",
        "400?0 420?10",
        "400?0 400?1 400?2",  # repeated without a write
        "400?0 450@10 390?10.5",  # a press away from it
        "0?0 400?1",
        "800!1 750!2 700!3 650!4",  # 7.0 to 7.5 km/h for certain
        "700!1 100!2 100!3 700!4 100!5",  # garbage
        "700!1 700!2 0!3 0!4 700!5 700!6",  # zeros are no speed
        "400?0 400!1 400!2 500!6.9 500!7.9",  # reports may be late
        "400?0 800!6.9 800!7.9 700!8.9 700!9.9",
        "800!1 800!2 700?3 700!4 700!5 700!12 700!13",  # a status for the change
        "800!1 800!2 701!3 701!4",  # less than 1 km/h
        "800!1 900!2 900!3",  # a single reading, the first one
    ],
)
def test_what_targets_and_current_speeds_explain_alike_is_no_evidence(course: str) -> None:
    assert watched(course).evidence == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("course", "evidence"),
    [
        # On the way to a write; a press of one step or of several is rare meanwhile.
        ("800?0 400@10 790?10.5", RARE),
        ("800?0 400@10 760?10.8", RARE),
        ("800?0 400@10 halt 790?10.5", 0.0),
        ("800?0 400@10 790?22", RARE),
        ("800?0 400@10 790?22.1", 0.0),
        ("400?0 800@10 405?10.5", RARE),
        # A console gesture lasts at most 4 s.
        ("410?0 800@0 420?4", 0.0),
        ("410?0 800@0 420?4.1", RARE),
        # A single press of a known step, within the conversion of units.
        ("400?0 450?10", -SEVERAL),
        ("400?0 449?10", -SEVERAL),
        # Larger changes while the belt moves, of no number of steps that one press may have.
        ("400?0 410?10 450?10.5", SEVERAL),
        ("400?0 410?10 450?12.6", 0.0),
        # More than 3 km/h per s, or 1.5 km/h after silence.
        ("400?0 410?10 580?10.5", SEVERAL),
        ("400?0 410?10 581?10.5", -ONE),
        ("400?0 410?10 730?11", SEVERAL),
        ("400?0 410?10 731?11", -ONE),
        ("400?0 551?1.1", -ONE),
        ("400?0 551?10", -ONE),
        # The target at once, from rest.
        ("400?0 450@10 450?10.5", -SEVERAL),
        ("400?0 450@10 449?10.5", -SEVERAL),  # in other units
        ("400?0 470@10 450?10.5", LIKELY - SEVERAL),  # rounded down
        ("400?0 430@10 450?10.5", -SEVERAL),  # rounded up: no belt goes so far
        # A status that leaves out writes.
        ("400?0 430@10 450@10.1 450?10.5", 0.0),
        ("400?0 410@10 420@11 430@12 410?12.5 430?13", SEVERAL),
        # The same speed again answers a write, rounded or not.
        ("400?0 400@10 400?10.5", -RARE),
        ("400?0 430@10 400~10.5", -RARE),
        ("400?0 430@10 400?10.5", -RARE),
        ("400?0 370@10 400?10.5", -RARE),
        # A silent change by 1 km/h, 8 s after the last status.
        ("400?0 800!7 800!8 700!9 700!10", -ONE),
    ],
)
def test_each_status_is_evidence_by_its_likelihood(course: str, evidence: float) -> None:
    assert watched(course).evidence == pytest.approx(evidence)


@pytest.mark.parametrize("rounded", ["?", "~"])
def test_echoes_rounded_to_a_tenth_of_a_mile_name_targets(rounded: str) -> None:
    climb = " ".join(
        f"{write}@{second} {round(write // 16.09 * 16.09)}{rounded}{second}.2"
        for second, write in enumerate(range(330, 530, 10))
    )
    assert watched(climb, times=2).evidence < 0


def test_silence_counts_once_until_the_next_status() -> None:
    more = " ".join(f"{800 - 100 * number}!{number}" for number in range(6))
    assert watched(f"800?-20 {more}").evidence == -ONE


@pytest.mark.parametrize(("lowest", "evidence"), [(400, 0.0), (300, 0.0), (200, -ONE)])
def test_readings_that_a_steady_belt_may_show_are_no_silent_change(
    lowest: int, evidence: float
) -> None:
    current = watched("")
    for second, speed in enumerate((400, 400, lowest, lowest, 400, 400)):
        current.sample(speed, float(second), 100.0)
    assert current.evidence == evidence


def test_a_belt_that_does_not_run_may_be_silent() -> None:
    current = watched("")
    for second, speed in enumerate((800, 800, 500, 500)):
        current.sample(speed, float(second), runs=False)
    assert current.evidence == 0


@pytest.mark.parametrize(
    ("pause_s", "evidence"), [pytest.param(2, -4.0, id="same"), pytest.param(2.1, -7.0, id="next")]
)
def test_a_motion_ends_after_2_s_without_a_status(pause_s: float, evidence: float) -> None:
    course = f"400?0 800?10 400?{10 + pause_s}"
    assert watched(course).evidence == pytest.approx(evidence)


@pytest.mark.parametrize("statuses", [1, 2])
@pytest.mark.parametrize(
    ("motions", "current"), [(1, True), (2, True), (3, None), (4, None), (5, False)]
)
def test_contrary_motions_turn_a_verdict_round(
    motions: int, statuses: int, *, current: bool | None
) -> None:
    times = [10 * motion + 0.5 * n for motion in range(1, motions + 1) for n in range(statuses)]
    leaps = " ".join(f"{800 - 400 * (n % 2)}?{second}" for n, second in enumerate(times))
    assert watched(f"400?0 {leaps}", known=True).names_current is current


@pytest.mark.parametrize(
    ("before", "current"),
    [
        pytest.param(4.0, True, id="still more likely"),
        pytest.param(3.5, None, id="even odds"),
        pytest.param(3.0, None, id="less likely"),
    ],
)
def test_a_verdict_lasts_as_long_as_it_is_more_likely(
    before: float, *, current: bool | None
) -> None:
    """The leap is evidence of -3.5."""
    assert watched(LEAP, known=True, evidence=before).names_current is current


@pytest.mark.parametrize(("before", "current"), [(-3.3, None), (-3.4, False)])
def test_a_verdict_takes_evidence_of_6_9(before: float, *, current: bool | None) -> None:
    """The leap is evidence of -3.5."""
    assert watched(LEAP, evidence=before).names_current is current


def test_evidence_of_earlier_sessions_counts() -> None:
    assert watched(THERE, evidence=3.0).names_current
    assert watched("", known=True).evidence == MOST
    assert watched("", known=False).evidence == -MOST
