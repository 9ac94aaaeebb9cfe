"""Steadiness of a belt after a write. Wire units, seconds."""

import pytest

from bridge.tracking.learning.steady import INCLINE_KIND, SPEED_KIND, Kind, Steadiness, Stretch

LAG_S = 6.0


def stretches(
    course: str, kind: Kind | None = None, frame_s: float = 1.0
) -> list[tuple[float, Stretch]]:
    """Play a course; return the steady stretches, each with its time.

    `w600` is a write, `p600` a press, `600*12` are readings, one each `frame_s`, `gap8` is a
    silence, and at `spoil` something else moves the belt.
    """
    steadiness, now, found = Steadiness(kind or SPEED_KIND), 0.0, []
    for step in course.split():
        if step == "spoil":
            steadiness.spoil()
        elif step[0] in "wp":
            steadiness.commanded(int(step[1:]), LAG_S, now, ours=step[0] == "w", step_s=0.0)
        elif step.startswith("gap"):
            now += float(step[3:]) - frame_s
        else:
            value, _, times = step.partition("*")
            for _ in range(int(times or 1)):
                now += frame_s
                stretch = steadiness.sample(int(value), now)
                if stretch is not None:
                    found.append((now, stretch))
    return found


def when(course: str, kind: Kind | None = None, frame_s: float = 1.0) -> list[str]:
    return [f"{stretch.target}@{now:g}" for now, stretch in stretches(course, kind, frame_s)]


WITHIN_15 = "580 660 620*3 600 640 600 640 600 640"
COURSES = {
    "ten seconds from the first reading at the target": ("500*3 w600 600*30", ["600@14"]),
    "shorter than ten seconds": ("500*3 w600 600*10", []),
    "first reading of all, which a lag may hide": ("w600 600*30", ["600@16"]),
    "half of the way is the end of the lag": ("500*3 w600 550*30", ["600@14"]),
    "half of a way of 0.2 km/h, too": ("500*3 w520 510*30", ["520@14"]),
    "less may be noise before it": ("500*3 w600 549*30", ["600@19"]),
    "half of the way from target to target": (
        "500*3 w600 570*12 w700 620*11",
        ["600@14", "700@26"],
    ),
    "step of a ramp needs no lag": ("500*3 w600 600*12 w619 600*30", ["600@14", "619@26"]),
    "change of 0.2 km/h has its lag": ("500*3 w600 600*12 w620 600*30", ["600@14", "620@31"]),
    "step of a ramp within the lag": ("500*3 w580 500 w590 500*20", ["590@19"]),
    "each write begins anew": ("500*3 w600 600*9 w610 610*11", ["610@23"]),
    "belt that ignores a change of 1 km/h": ("500*3 w600 524*40", []),
    "belt that came a quarter of its way": ("500*3 w600 525*40", ["600@19"]),
    "change of less than 1 km/h may be rounded down": ("500*3 w599 500*40", ["599@19"]),
    "change of less than 1 km/h may be rounded to the nearest": (
        "500*3 w560 560*12 w640 560*30",
        ["560@14", "640@31"],
    ),
    "change of less than 1 km/h that no rounding hides": ("493*3 w590 508*40", []),
    "step of a ramp without readings": ("w600 w610 610*30", ["610@16"]),
    "belt that ignores two changes": ("500*3 w550 515*17 w610 515*40", ["550@19"]),
    "belt that reads high and ignores two changes": (
        "500*3 w600 630*12 w660 630*17 w700 630*40",
        ["600@14", "660@31"],
    ),
    "belt that obeyed before": ("500*3 w600 600*12 w300 501*20", ["600@14", "300@31"]),
    "halves 0.15 km/h apart": ("500*3 w600 600*5 615*6", ["600@14"]),
    "halves further apart": ("500*3 w600 600*5 616*6", []),
    "readings that alternate": (f"500*3 w600 {WITHIN_15}", ["600@14"]),
    "first half a little lower": (f"500*3 w600 579 {WITHIN_15[4:]}", []),
    "first half a little higher": (f"500*3 w600 580 661 {WITHIN_15[8:]}", []),
    "wobble of 1 km/h": ("500*3 w600 570 670 570 670 620 570 670 570 670 620*2", ["600@14"]),
    "larger wobble": ("500*3 w600 570 671 570 670 620 570 671 570 670 620*2", []),
    "silence of 8 s": ("500*3 w600 600*6 gap8 600", ["600@17"]),
    "longer silence begins anew": ("500*3 w600 600*6 gap8.1 600*11", ["600@27.1"]),
    "coarse reading of a moving belt counts for twice its pace": (
        "500*3 w800 550*12 600*12 650*26",
        ["800@52"],
    ),
    "first coarse step of a slow belt far from its target": (
        "900*3 w500 900*15 800*20 700*20 600*20 500*50",
        ["500@119"],
    ),
    "coarse step two steps from its target lasts 40 s": ("900*3 w600 900*15 800*50", ["600@59"]),
    "first large step far from its target, with fine reports": (
        "900*3 w500 900*15 790*20",
        ["500@29"],
    ),
    "only coarse step, next to the target": ("900*3 w700 900*5 800*20", ["700@19"]),
    "coarse reading that rises and falls has no pace": (
        "500*3 w600 600*7 620*8 600*30",
        ["600@19"],
    ),
    "pace of up to 40 s": ("500*3 w800 550*50 600*90", ["800@134"]),
    "pace is forgotten with the next write": (
        "500*3 w800 550*12 600*12 w790 650*11",
        ["790@38"],
    ),
    "write of a pressed value has its lag": ("500*3 p600 550 600*5 w600 600*30", ["600@25"]),
    "repeated press of a written value": ("500*3 w600 550 600*5 p600 600*30", ["600@15"]),
    "repeated write of a pressed value": (
        "500*3 p600 550 600*5 w600 600*5 w600 600*30",
        ["600@25"],
    ),
    "belt that leaves a pressed value when that is written": (
        "500*3 p600 550 600*5 w600 600*5 700 800 900 966*30",
        ["600@28"],
    ),
    "belt that something else moves": ("500*3 w600 600*5 spoil 600*30", []),
    "next write after that has its lag": ("500*3 w600 600*5 spoil w610 600*30", ["610@24"]),
    "only the first stretch after a write": ("500*3 w600 600*60", ["600@14"]),
}


@pytest.mark.parametrize(("course", "found"), COURSES.values(), ids=COURSES)
def test_belt_is_steady_ten_seconds_after_it_arrived(course: str, found: list[str]) -> None:
    assert when(course) == found


@pytest.mark.parametrize(
    ("course", "found"),
    [
        ("50*3 w80 80*5 81*6", ["80@14"]),
        ("50*3 w80 80*5 82*6", []),
        ("50*3 w80 70 90 70 90 80 70 90 70 90 80*2", ["80@14"]),
        ("50*3 w80 70 91 70 90 80 70 91 70 90 80*2", []),
        ("50*3 w80 80*12 w82 80*30", ["80@14", "82@26"]),
        ("50*3 w80 80*12 w83 80*30", ["80@14", "83@31"]),
        ("50*3 w59 50*30", ["59@19"]),
        ("50*3 w60 50*30", []),
        ("50*3 w20 50*15 40*50", ["20@59"]),  # a coarse step far from its target
        ("50*3 w80 68*8 69*6 70*8", ["80@18"]),  # for twice the pace of its readings
    ],
)
def test_a_deck_is_steady_within_smaller_limits(course: str, found: list[str]) -> None:
    assert when(course, INCLINE_KIND) == found


@pytest.mark.parametrize(("frame_s", "found"), [(4.0, ["600@28"]), (5.0, ["600@35"])])
def test_steady_stretch_needs_at_least_four_readings(frame_s: float, found: list[str]) -> None:
    assert when("500*3 w600 600*10", frame_s=frame_s) == found


@pytest.mark.parametrize(("step_s", "found"), [(0.0, [23]), (20.0, [33]), (60.0, [53])])
def test_coarse_reading_is_steady_only_after_the_time_of_a_report_step(
    step_s: float, found: list[int]
) -> None:
    steadiness, steady = Steadiness(SPEED_KIND), []
    steadiness.commanded(400, LAG_S, 0.0, ours=True, step_s=0.0)
    steadiness.commanded(300, LAG_S, 1.0, ours=True, step_s=step_s)
    for now, value in enumerate([400] * 12 + [300] * 60, start=1):
        if steadiness.sample(value, float(now)) is not None:
            steady.append(now)
    assert steady == found


@pytest.mark.parametrize(
    ("course", "peak"),
    [
        ("500*3 w600 640 600*11", 640),
        ("500*3 w600 600 640 600*11", 640),
        ("700*3 w600 640 600*11", None),  # lowered
        ("600*3 w600 620 600*16", None),
    ],
)
def test_peak_of_a_steady_stretch_is_the_highest_reading_since_a_raise(
    course: str, peak: int | None
) -> None:
    ((_, stretch),) = stretches(course)
    assert stretch.peak == peak


@pytest.mark.parametrize(
    ("course", "ours"),
    [
        ("w600 p610 610*30", False),
        ("p600 w610 610*30", True),
        ("p600 600*5 w600 600*30", True),
        ("w600 600*5 p600 600*30", True),
    ],
)
def test_steady_stretch_belongs_to_the_newest_write_or_press(course: str, *, ours: bool) -> None:
    ((_, stretch),) = stretches(course)
    assert stretch.ours is ours


def test_first_quarter_of_a_steady_stretch_is_ignored_as_motion() -> None:
    ((_, stretch),) = stretches("500*3 w600 610*5 590*2 600*14", frame_s=0.5)
    assert (stretch.low, stretch.high, stretch.middle) == (600, 600, 600)
    assert stretch.mean == pytest.approx(598.75)


@pytest.mark.parametrize(
    ("course", "low"),
    [
        ("500*3 w600 600*6 580*2 600*3", 580),  # a runner's step
        ("500*3 w600 600*8 570*3", 600),  # a press down
        ("500*3 w600 590*5 600*6", 600),  # a press up
        ("500*3 w600 600*6 580 600 590*3", 580),
        ("500*3 w600 600*3 590 600*7", 590),
        ("500*3 w600 600*2 605*4 600 595*4", 600),  # a press down in two steps
    ],
)
def test_fall_without_a_return_is_no_droop(course: str, low: int) -> None:
    ((_, stretch),) = stretches(course)
    assert stretch.low == low


@pytest.mark.parametrize(
    ("middle", "low", "high", "resolution", "shown"),
    [
        (500, 470, 510, 10, (10, 28, 0.04)),
        (500, 470, 510, 20, (10, 28, 0.0)),  # rounding
        (200, 170, 210, 19, (10, 28, 20 / 300)),  # at a slow walk, as at 3 km/h
        (500, 490, 530, 10, (30, 32, 0.0)),
    ],
)
def test_readings_above_the_median_show_noise_and_more_than_a_step_below_it_droop(
    middle: int, low: int, high: int, resolution: int, shown: tuple[float, float, float]
) -> None:
    stretch = Stretch(500, middle - 2.0, middle, low, high, None, ours=True)
    assert (stretch.noise, stretch.wander, stretch.droop(resolution)) == pytest.approx(shown)
