"""Payloads of workouts, version 1 of the contract."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

from bridge.contract.payloads import Payload, ReasonPayload
from bridge.values import Axis
from bridge.workouts.states import State, Status

if TYPE_CHECKING:  # loaded with the first workout that is chosen
    from bridge.workouts.dry_run import DryRun

MAX_LOWERED = 20
"""Maximum number of lowered steps in a preview; the summary counts all of them."""
MAX_STEPS = 100
"""Maximum number of steps in a preview."""
MAX_NAMES = 500
"""Maximum number of workout names; each is a file of the folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkoutsPayload(Payload):
    """`<base>/<id>/workouts`: the names of the available workouts."""

    names: tuple[str, ...] = ()

    @classmethod
    def of(cls, names: Iterable[str]) -> Self:
        """List the names alphabetically, up to `MAX_NAMES`."""
        return cls(names=tuple(sorted(names, key=str.casefold)[:MAX_NAMES]))


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkoutStep(Payload):
    """A step of a workout in words, and what the guard would change; null: nothing."""

    text: str
    lowered: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkoutPreview(Payload):
    """Result of a workout's dry run today; `lowered` has the lowered steps with reasons.

    `steps` lists all steps before the workout begins, and is empty afterwards.
    """

    duration_s: int
    distance_m: int
    climb_m: float
    summary: str
    references: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    lowered: tuple[str, ...] = ()
    steps: tuple[WorkoutStep, ...] = ()

    @classmethod
    def of(cls, run: "DryRun", *, ready: bool) -> Self:
        """Put a dry run into few words; `ready`: the workout has not begun."""
        steps = run.steps[:MAX_STEPS] if ready else ()
        lowered = [f"{each.step.number}: {each.text}" for each in run.steps if each.text]
        return cls(
            duration_s=round(run.seconds),
            distance_m=round(run.metres),
            climb_m=round(run.climb_m, 1),
            summary=run.summary,
            references=run.plan.references,
            assumed=run.assumed,
            lowered=tuple(lowered[:MAX_LOWERED]),
            steps=tuple(
                WorkoutStep(text=each.step.text, lowered=each.text or None) for each in steps
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkoutPayload(Payload):
    """`<base>/<id>/workout`: the chosen workout, and its progress.

    `step` counts from 1. `target` and `cap` are km/h and percent; null if there is none.
    """

    name: str | None = None
    state: Literal["none", "ready", "running", "paused", "ended"] = "none"
    step: int | None = None
    steps: int | None = None
    text: str | None = None
    remaining_s: int | None = None
    remaining_m: int | None = None
    next: str | None = None
    target_speed_kmh: float | None = None
    target_incline_percent: float | None = None
    cap_speed_kmh: float | None = None
    cap_incline_percent: float | None = None
    why: tuple[ReasonPayload, ...] = ()
    preview: WorkoutPreview | None = None

    @classmethod
    def of(
        cls, status: Status | None, preview: "DryRun | None", why: tuple[ReasonPayload, ...] = ()
    ) -> Self:
        """Convert the progress; all null if no workout was chosen."""
        if status is None:
            return cls()
        return cls(
            name=status.name,
            state=status.state.value,
            step=status.step,
            steps=status.steps,
            text=status.text,
            remaining_s=_rounded(status.remaining_s),
            remaining_m=_rounded(status.remaining_m),
            next=status.following,
            target_speed_kmh=_of_wire(status.targets, Axis.SPEED, 100),
            target_incline_percent=_of_wire(status.targets, Axis.INCLINE, 10),
            cap_speed_kmh=_of_wire(status.caps, Axis.SPEED, 100),
            cap_incline_percent=_of_wire(status.caps, Axis.INCLINE, 10),
            why=why,
            preview=None
            if preview is None
            else WorkoutPreview.of(preview, ready=status.state is State.READY),
        )


def _rounded(value: float | None) -> int | None:
    return None if value is None else round(value)


def _of_wire(values: dict[Axis, int], axis: Axis, scale: int) -> float | None:
    value = values.get(axis)
    return None if value is None else value / scale
