"""Commands to a plan, and its status."""

from dataclasses import dataclass
from enum import StrEnum

from bridge.plans.model import Plan
from bridge.plans.progress import Progress, State
from bridge.values.plan import Ceilings

QUESTION = "How much does it hurt, from 0 (not at all) to 10?"
"""The question about pain, if the plan has none of its own."""


class PlanAction(StrEnum):
    """Commands that a person may give to their plan."""

    CONFIRM = "confirm"
    BACK = "back"
    RESTART = "restart"


@dataclass(frozen=True, slots=True)
class PlanStatus:
    """A person's place in a plan. Phases and sessions count from 1; `rest_left_s` in seconds.

    `ceilings` are today's; None once the plan is finished.
    """

    plan: Plan
    progress: Progress
    ceilings: Ceilings | None

    @property
    def text(self) -> str:
        """Summary in one line."""
        progress, plan = self.progress, self.plan
        if progress.state is State.FINISHED:
            return f"{plan.name}: finished"
        if progress.state is State.ENDED:
            return f"{plan.name}: ended because of pain"
        phase = plan.phases[progress.phase]
        return (
            f"{plan.name}: phase {progress.phase + 1} of {len(plan.phases)} ({phase.name}), "
            f"session {progress.done + 1} of {phase.sessions}"
        )

    @property
    def question(self) -> str | None:
        """The question asked now; None without one."""
        return None if self.progress.question is None else self.plan.question or QUESTION
