"""The payload of `<base>/<id>/workout`: the workout that was chosen, and what it would come to."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

from bridge.contract.payloads import (
    Payload,
    ReasonPayload,
)
from bridge.values import Axis
from bridge.workouts.states import Status

if TYPE_CHECKING:  # loaded with the first workout that is chosen
    from bridge.workouts.dry_run import DryRun

MAX_LOWERED = 20
"""Steps that a preview names; the summary counts all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkoutPreview(Payload):
    """What a workout would come to today, under the guard; `lowered` says which steps and why."""

    duration_s: int
    distance_m: int
    climb_m: float
    summary: str
    references: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    lowered: tuple[str, ...] = ()

    @classmethod
    def of(cls, run: "DryRun") -> Self:
        """Put a dry run into few words."""
        lowered = [f"{each.step.number}: {each.text}" for each in run.steps if each.text]
        return cls(
            duration_s=round(run.seconds),
            distance_m=round(run.metres),
            climb_m=round(run.climb_m, 1),
            summary=run.summary,
            references=run.plan.references,
            assumed=run.assumed,
            lowered=tuple(lowered[:MAX_LOWERED]),
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
            preview=None if preview is None else WorkoutPreview.of(preview),
        )


def _rounded(value: float | None) -> int | None:
    return None if value is None else round(value)


def _of_wire(values: dict[Axis, int], axis: Axis, scale: int) -> float | None:
    value = values.get(axis)
    return None if value is None else value / scale
