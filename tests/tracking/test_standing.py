"""Standstill of a belt, and belts found moving."""

from collections.abc import Callable

import pytest

from bridge.guard import Guard, Policy
from bridge.values import Belt, Command, Halt, StartBelt, Verb
from protocols.ftms.training_status import TrainingStatus
from tests.tracking.rig import Timeline, frame

STATUSES = {"stopped": "02 01", "paused": "02 02", "started": "04"}


def bare(belt: Timeline, speed: int, times: int) -> None:
    """Send frames without counters."""
    for _ in range(times):
        belt.send(b"\x00\x00" + speed.to_bytes(2, "little"))


def wait(belt: Timeline, seconds: float) -> None:
    belt.now += seconds
    belt.builder.tick(belt.now)


def new_link(belt: Timeline) -> None:
    belt.link()
    belt.belts.clear()


def never(belt: Timeline, state: str) -> None:
    stood = any(each.stands for each in belt.belts)
    assert not (stood if state == "stands" else Belt(state) in belt.belts)


STEPS: dict[str, Callable[[Timeline, str, int], object]] = {
    "": lambda belt, speed, times: belt.runs(*[int(speed)] * times),
    "shows": lambda belt, speed, seconds: belt.shows(int(speed), seconds),
    "bare": lambda belt, speed, times: bare(belt, int(speed), times),
    "stale": lambda belt, speed, times: [belt.send(frame(int(speed), 0, 0)) for _ in range(times)],
    "halt": lambda belt, kind, _: belt.halts(Halt(kind)),
    "refused": lambda belt, *_: belt.builder.halt_written(belt.now),
    "start": lambda belt, *_: belt.builder.written(StartBelt(), belt.now),
    "status": lambda belt, status, _: belt.status(STATUSES[status]),
    "training": lambda belt, status, _: belt.training(TrainingStatus[status.upper()]),
    "silence": lambda belt, seconds, _: belt.silence(int(seconds)),
    "wait": lambda belt, seconds, _: wait(belt, float(seconds)),
    "link": lambda belt, *_: new_link(belt),
    "never": lambda belt, state, _: never(belt, state),
}


def follow(course: str, belt: Timeline) -> None:
    """Play a machine's timeline from a text, step by step.

    `600*3` are three frames at that speed, with counters that advance; `shows:500*3` three seconds
    of frames with that speed and counters that stand; `bare:500` is a frame without counters,
    `stale:0` one whose counters fell back. `halt:stop` and `start:` are orders that were answered,
    `refused:` is a halt that was refused, `status:` and `training:` are what the machine reports.
    `silence:30` are seconds of answered reads, `wait:0.5` seconds without any, and `link:` is a new
    link. `=idle` behind a step is the state that must follow, `=no_stand` any but a stand;
    `never:running` and `never:stands` are about all states since the beginning or the newest link.
    """
    for number, step in enumerate(course.split()):
        does, _, expected = step.partition("=")
        kind, colon, what = does.partition(":")
        value, _, times = (what if colon else kind).partition("*")
        STEPS[kind if colon else ""](belt, value, int(times or 1))
        state = belt.snapshot.belt
        if expected == "no_stand":
            assert not state.stands, (number, step)
        elif expected:
            assert state is Belt(expected), (number, step)


COURSES = {
    # Zeros.
    "two seconds of zeros at 12 km/h are no stand": "1200*10 stale:0*2 1200=running never:stands",
    "zeros before the belt can have run out are no stand": "1200*5 0*3=stopping 0=idle",
    "answer to our stop does not make a zero a stand": (
        "1200*5 halt:stop 900=stopping stale:0=no_stand"
    ),
    "one zero and then silence on a new link is unknown": "stale:0 silence:30=unknown",
    "one zero and then silence after a run is a stand in ten seconds": (
        "90*2 stale:0 silence:10=stopping silence:1=idle"
    ),
    # Motion after a stand.
    "motion at 12 km/h right after a stand is found moving": (
        "0*3=idle 1200=unknown wait:0.9=unknown 1200=running"
    ),
    "motion at a low speed after a stand is a start": "0*3=idle 80=running",
    "motion at the highest reachable speed after a stand is a start": "0*3=idle wait:1 650=running",
    "motion just above a reachable speed is found moving": "0*3=idle wait:1 651=unknown",
    "motion at any speed after a started status is a start": (
        "0*3=idle status:started=starting 1200=running"
    ),
    "motion at any speed after our start is a start": "0*3=idle start: 1200=running",
    # A stop in the countdown.
    "countdown is over when the machine reports the stop": (
        "0*3 start: halt:stop 0*2=starting status:stopped=idle"
    ),
    "countdown is over after fifteen seconds without motion": (
        "0*3 start: halt:stop 0*15=starting 0=idle"
    ),
    "motion after a stop in the countdown is no stand": "0*3 start: halt:stop 0*2 80=no_stand",
    # A speed field that freezes at rest.
    "frozen speed is a pause once the counters stood for three seconds": (
        "500*20 halt:pause status:paused shows:500 halt:pause shows:500=stopping halt:pause "
        "shows:500*2=paused shows:500*60=paused"
    ),
    "frozen speed is a stop once the training status turned idle": (
        "training:manual 500*20 halt:stop training:idle shows:500*4=idle"
    ),
    "frozen speed is a stop after a stopped status": "500*20 status:stopped shows:500*4=idle",
    "frozen speed is no stand while a counter advances": (
        "500*20 halt:stop status:stopped 500*9 never:stands"
    ),
    "stopped status from before the halt does not end it": (
        "500*20 status:stopped wait:0.5 halt:stop shows:500*9=no_stand"
    ),
    "frozen speed without statuses stands ten seconds after the last halt": (
        "500*20 halt:stop shows:500*5 halt:stop shows:500*9=no_stand shows:500=idle"
    ),
    "speed that rose to its frozen value stands ten seconds after the last refused halt": (
        "500*20 halt:stop 440 500 refused: shows:500*9=no_stand shows:500*2=idle"
    ),
    "frozen speed without counters never stands": (
        "bare:500*20 halt:stop status:stopped bare:500*9=no_stand"
    ),
    "frozen speed with counters that never advanced never stands": (
        "stale:500*20 halt:stop status:stopped stale:500*30=no_stand"
    ),
    "console start with a frozen speed is starting until counters advance": (
        "500*20 halt:pause status:paused shows:500*10 status:started=starting "
        "shows:500*3=starting 80 120=running"
    ),
    "motion that only the counters show is found moving": (
        "500*20 status:stopped shows:500*10=idle 500=unknown 500=running"
    ),
    "motion that only the speed shows is a run": (
        "500*20 status:stopped shows:500*10=idle shows:300=running"
    ),
    # A fall that shows after the counters stand.
    "pause outlasts the late fall of a belt that stands by its counters": (
        "300*20 halt:pause status:paused shows:300*5=paused shows:220=stopping shows:80 "
        "shows:0*3=paused"
    ),
    "late fall at a speed above a start is no motion": (
        "1000*20 halt:stop status:stopped shows:1000*4=idle shows:840=stopping shows:500 "
        "shows:0*4=idle"
    ),
    "counters that advance with the fall are a start": (
        "300*20 halt:pause status:paused shows:300*4=paused 80=running"
    ),
    "rise after the counters stand is a start": (
        "300*20 halt:pause status:paused shows:300*4=paused shows:320=running"
    ),
    # A residual speed at rest.
    "residual speed on a first link is no run": "shows:150*60=unknown never:running",
    "residual speed in a countdown is no run": (
        "training:pre_workout shows:0=starting shows:100=unknown"
    ),
    "residual speed on a first link stands after a stopped status": (
        "shows:100*5 halt:stop status:stopped shows:100*7=no_stand shows:100=idle shows:100*60=idle"
    ),
    "residual speed without counters stands 3 s after a stopped status": (
        "bare:500*5 halt:stop bare:300 status:stopped bare:150*3=no_stand bare:150=idle"
    ),
    "speed without counters above a residual one is motion in spite of a stopped status": (
        "bare:500*5 halt:stop status:stopped bare:151*9 never:stands"
    ),
    "residual speed without counters and status is motion": (
        "bare:500*5 halt:stop bare:100*12 never:stands"
    ),
    "learned residual speed stands on each later link": (
        "500*20 status:stopped 300 200 shows:150*10=idle link: shows:150*12=idle never:running"
    ),
    "learned residual speed ends a run without a status": (
        "500*20 status:stopped shows:100*12 150 300 500*20=running 300 200 shows:100*12=idle"
    ),
    "walk at a residual speed runs as soon as a counter advances": "100=unknown 100=running",
    "walk without counters runs at once": "bare:100=running",
    "walk from a stand runs at once": "shows:0*3 shows:100=running",
    "walk after a start or a run is no residual speed": (
        "shows:0 start: shows:100=running link: shows:500*2 shows:100=running"
    ),
}


@pytest.mark.parametrize("course", COURSES.values(), ids=COURSES)
def test_belt_state_at_one_frame_a_second(course: str) -> None:
    follow(course, Timeline())


@pytest.mark.parametrize("every", [0.2, 1.0, 3.0])
def test_stale_zero_on_a_new_link_at_12_kmh_is_no_standstill(every: float) -> None:
    follow("stale:0=unknown 1200=running never:stands", Timeline(every))


@pytest.mark.parametrize(
    "course",
    [
        pytest.param("90*10 0*3=stopping 0=idle", id="zeros of one and a half seconds are rest"),
        pytest.param("0*4=idle 300=running", id="motion at 3 km/h after a stand is a start"),
        pytest.param("0*4=idle 301=unknown", id="motion at once above that is found moving"),
    ],
)
def test_belt_state_at_two_frames_a_second(course: str) -> None:
    follow(course, Timeline(0.5))


@pytest.mark.parametrize(("speed", "seconds"), [(500, 15), (360, 20), (359, 21)])
def test_frozen_speed_is_a_standstill_after_twice_the_time_of_10_m(
    speed: int, seconds: int
) -> None:
    course = f"{speed}*40 status:stopped shows:{speed}*{seconds - 1}=stopping shows:{speed}=idle"
    follow(course, Timeline(step_m=10))


def test_counters_count_as_standing_after_three_seconds_without_an_advance() -> None:
    belt = Timeline()
    stand = []
    for step in ("500*20 shows:500*5", "500 halt:stop", *["shows:500*1"] * 4, "500*2"):
        follow(step, belt)
        stand.append(belt.snapshot.counters_stand)
    assert stand == [False, False, False, False, True, True, False]
    follow("bare:500*9", belt)
    assert not belt.snapshot.counters_stand
    without = Timeline()
    follow("bare:500*9 halt:stop bare:500*9", without)
    assert not without.snapshot.counters_stand


def test_machine_that_reports_every_three_seconds_is_not_silent_between_its_frames() -> None:
    belt = Timeline(3.0)
    follow("500*40", belt)
    assert belt.snapshot.learned.frame_s == 3.0
    follow("silence:13=running silence:1=unknown", belt)


def test_halt_ends_despite_a_frozen_speed_without_status() -> None:
    belt = Timeline()
    belt.runs(*[500] * 20)
    guard = Guard(Policy(unit_is_kmh=True), belt.now)
    guard.decide(belt.snapshot, belt.now)
    stop = Command("c1", Verb.STOP, "test", belt.now)
    guard.submit(stop, belt.snapshot, belt.now)
    written, events = [], []
    for second in range(20):
        decision = guard.decide(belt.snapshot, belt.now)
        events += [event.type for event in decision.events]
        if decision.halt:
            written.append(second)
            belt.halts()
        belt.shows(500, 1)
    assert written == [0, 1, 2]
    assert belt.snapshot.belt is Belt.IDLE
    assert events[-2:] == ["stop_ignored", "session_ended"]
