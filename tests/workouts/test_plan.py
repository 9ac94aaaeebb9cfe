"""From shares to numbers, and never upwards by guessing."""

import pytest

from bridge.guard import Policy
from bridge.values import Units
from bridge.workouts.dry_run import dry_run
from bridge.workouts.model import Band, Kmh, Share, Step, Workout, WorkoutError
from bridge.workouts.person import Reference, Runner
from bridge.workouts.plan import Slope, plan

TEN = Runner({Reference.KM_10: 12.0, Reference.MARATHON: 10.0}, 180)


def speed_of(share: Share, runner: Runner = TEN) -> float:
    (step,) = plan(Workout("x", (Step(60, speed=share),)), runner).steps
    assert step.speed is not None
    return step.speed.start


def test_share_uses_its_reference_speed_or_the_next_slower_one() -> None:
    assert speed_of(Share(0.5, Reference.KM_10)) == 600
    assert speed_of(Share(0.5, Reference.MILE)) == 600
    assert speed_of(Share(0.5, Reference.HALF_MARATHON)) == 500
    assert speed_of(Share(0.5)) == 500


def test_share_never_uses_a_faster_reference_speed() -> None:
    with pytest.raises(WorkoutError, match="your speed over marathon"):
        speed_of(Share(0.5, Reference.MARATHON), Runner({Reference.MILE: 15.0}))
    with pytest.raises(WorkoutError, match="no speed of yours is configured"):
        speed_of(Share(0.5), Runner())


def test_heart_rate_share_needs_a_configured_maximum() -> None:
    workout = Workout("x", (Step(60, band=Band(50, 60, percent=True)),))
    assert plan(workout, TEN).steps[0].band == (90, 108)
    with pytest.raises(WorkoutError, match="max_heart_rate_bpm"):
        plan(workout, Runner())


def test_step_after_a_hill_without_incline_is_level() -> None:
    hill, flat = Step(60, speed=Kmh(6), incline=4.0), Step(60, speed=Kmh(6))
    steps = plan(Workout("x", (hill, flat)), TEN).steps
    assert steps[1].incline == Slope(0.0, 0.0)
    assert plan(Workout("x", (flat,)), TEN).steps[0].incline is None


def test_step_text_shows_every_part_of_the_step() -> None:
    steps = plan(
        Workout(
            "x",
            (
                Step(90, speed=Kmh(6), speed_end=Kmh(7.25), incline=1.0, incline_end=2.0),
                Step(distance_m=1500, speed_end=Kmh(8), text="Fast"),
                Step(band=Band(120, 130)),
                Step(60),
            ),
        ),
        TEN,
    ).steps
    assert [step.text for step in steps] == [
        "Work: 6 km/h to 7.25 km/h, 1 % to 2 %, for 1 min 30 s",
        "Fast: 8 km/h, for 1.5 km",
        "Work: 120 to 130 bpm, until you skip it",
        "Work: as you like, for 1 min",
    ]


def test_step_texts_are_in_the_owners_units() -> None:
    steps = (
        Step(distance_m=1609.344, speed=Share(0.5, Reference.KM_10)),
        Step(60, speed=Kmh(6.437376), speed_end=Kmh(4.828032)),
    )
    runner = Runner({Reference.KM_10: 12.874752}, units=Units.MPH)
    planned = plan(Workout("x", steps), runner)
    assert planned.references == ("10 km: 8 mph",)
    assert [step.text for step in planned.steps] == [
        "Work: 4 mph, for 1 mile",
        "Work: 4 mph to 3 mph, for 1 min",
    ]
    run = dry_run(planned, Policy(unit_is_kmh=True))
    assert " miles, 0 ft of climb" in run.summary
    assert all("km/h" not in step.text for step in run.steps)
