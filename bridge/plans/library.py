"""The library of workouts with today's workout of a plan."""

from dataclasses import replace

from bridge.plans.status import PlanStatus
from bridge.workouts.library import Library

NAME = "plan"
"""Name of the phase's workout; a file with the same name takes precedence."""


def with_plan(library: Library, status: PlanStatus | None) -> Library:
    """Return the library with today's workout of the plan."""
    if status is None:
        return library
    from bridge.plans.workout import workout_of  # noqa: PLC0415 - few people have a plan

    workout = workout_of(status.plan, status.progress)
    if workout is None or library.find(NAME) is not None:
        return library
    return replace(library, workouts={NAME: workout, **library.workouts})
