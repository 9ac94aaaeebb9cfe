"""The payload of a training plan, version 1 of the contract."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self

from bridge.contract.payloads import Payload
from bridge.plans.progress import State
from bridge.plans.status import PlanStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPayload(Payload):
    """`<base>/<id>/plan`: the plan of the present person, their progress, and its question.

    `phase` and `session` count from 1. The ceilings are those of the next session; on an
    unconfirmed rest day only a walk is allowed. `question` is the open one.
    """

    name: str | None = None
    title: str | None = None
    person: str | None = None
    state: Literal["none", "active", "finished", "ended"] = "none"
    text: str | None = None
    phase: int | None = None
    phases: int | None = None
    phase_name: str | None = None
    session: int | None = None
    sessions: int | None = None
    day: Literal["run", "rest", "confirmed", "ended"] | None = None
    rest_until: datetime | None = None
    max_speed_kmh: float | None = None
    max_incline_percent: float | None = None
    session_s: int | None = None
    session_m: int | None = None
    question: Literal["after", "morning"] | None = None
    question_text: str | None = None

    @classmethod
    def of(cls, status: PlanStatus | None, person: str, rest_until: datetime | None) -> Self:
        """Convert a person's progress; all null without a plan."""
        if status is None:
            return cls(person=person)
        plan, progress, ceilings = status.plan, status.progress, status.ceilings
        phase = plan.phases[progress.phase]
        over = progress.state is not State.ACTIVE
        question = progress.question
        return cls(
            name=plan.key,
            title=plan.name,
            person=person,
            state=progress.state.value,
            text=status.text,
            phase=progress.phase + 1,
            phases=len(plan.phases),
            phase_name=phase.name,
            session=None if over else progress.done + 1,
            sessions=phase.sessions,
            day=None if ceilings is None else ceilings.day.value,
            rest_until=rest_until,
            max_speed_kmh=_scaled(ceilings.speed if ceilings else None, 100),
            max_incline_percent=_scaled(ceilings.incline if ceilings else None, 10),
            session_s=_whole(ceilings.time_s if ceilings else None),
            session_m=_whole(ceilings.distance_m if ceilings else None),
            question=None if question is None else question.value,
            question_text=status.question,
        )


def _scaled(wire: int | None, scale: int) -> float | None:
    return None if wire is None else wire / scale


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)
