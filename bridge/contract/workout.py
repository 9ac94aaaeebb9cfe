"""What the bridge publishes of workouts, version 1 of the contract."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

from bridge.contract.payloads import Payload, ReasonPayload
from bridge.values import Axis
from bridge.workouts.states import State, Status

if TYPE_CHECKING:  # loaded with the first workout that is chosen
    from bridge.workouts.dry_run import DryRun

MAX_LOWERED = 20
"""Steps that a preview names as lowered; the summary counts all of them."""
MAX_STEPS = 100
"""Steps that a preview lists."""
MAX_NAMES = 500
"""Workouts that are named; each is a file of the folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkoutsPayload(Payload):
    """`<base>/<id>/workouts`: the names of the workouts that can be chosen."""

    names: tuple[str, ...] = ()

    @classmethod
    def of(cls, names: Iterable[str]) -> Self:
        """Name them by the alphabet, as far as there is room."""
        return cls(names=tuple(sorted(names, key=str.casefold)[:MAX_NAMES]))


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkoutStep(Payload):
    """One step of a workout in words, and what the guard would make of it; null: as planned."""

    text: str
    lowered: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkoutPreview(Payload):
    """What a workout would come to today, under the guard; `lowered` says which steps and why.

    `steps` lists all of them before the workout begins, and is empty afterwards.
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
    """`<base>/<id>/workout`: the workout that was chosen, and how far it has come.

    `step` counts from 1. `target` and `cap` are km/h and percent; null where there is none.
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
        """Say how far it has come; nothing, if none was chosen."""
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
