"""`[[people]]` and `[[shoes]]`: runners, their limits and their shoes."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from bridge.config.section import (
    Boolean,
    Filled,
    Number,
    PathName,
    Section,
    agreed,
    bounded,
    is_number,
    subsection,
)
from bridge.config.sections.guard import Guard
from bridge.config.sections.workouts import References
from bridge.plans.model import MAX_PHASES, Plan, PlanError

DEFAULT_PERSON = "default"
"""The person if none is configured."""


def _printable(name: str) -> str:
    if not name.isprintable() or name != name.strip():
        message = f"{name!r} must be printable, without spaces around it"
        raise ValueError(message)
    return name


Name = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(_printable)]


class PlanChoice(Section):
    """`[[people.plan]]`: a built-in plan by `name`, or a TOML `file`.

    `clinician` confirms that a clinician chose it. A person who is new to the plan begins at
    `start_phase`.
    """

    name: Filled | None = None
    file: PathName | None = None
    clinician: Boolean = False
    start_phase: Annotated[
        int, BeforeValidator(is_number), Field(ge=1, le=MAX_PHASES, strict=True)
    ] = 1

    @model_validator(mode="after")
    def _fits(self) -> Self:
        both = (self.name is None) == (self.file is None)
        problem = "give name for a built-in plan, or file for your own"
        return agreed(self, [problem] if both else [])

    def read(self, folder: Path) -> Plan:
        """Read the plan; a relative file is in `folder`.

        Raises:
            PlanError: It cannot be read, needs a clinician, or has fewer phases than `start_phase`.
        """
        from bridge.plans.reading import find, read_file  # noqa: PLC0415 - few people have a plan

        if self.file is not None:
            path = folder / self.file.expanduser()
            try:
                plan = read_file(path)
            except PlanError as error:
                problem = f"{path}: {error}"
                raise PlanError(problem) from error
        else:
            plan = find(self.name or "")
        if plan.clinician and not self.clinician:
            problem = (
                f"{plan.name!r} is only for people whose clinician chose it. If yours did, set "
                "clinician = true"
            )
            raise PlanError(problem)
        if self.start_phase > len(plan.phases):
            problem = (
                f"start_phase is {self.start_phase}, but the plan has {len(plan.phases)} phases"
            )
            raise PlanError(problem)
        return plan


class Person(Section):
    """One of `[[people]]`: their own keys of `[guard]` and `[workouts]`, and their shoes."""

    name: Name
    shoes: Filled | None = None
    guard: Guard = subsection()
    plan: Annotated[tuple[PlanChoice, ...], Field(max_length=1)] = ()
    reference_kmh: References = Field(default_factory=dict)
    max_heart_rate_bpm: Number | None = bounded(None, hard=(100, 230), wise=(140, 210))


class Shoes(Section):
    """One of `[[shoes]]`: a pair, and its distance before the bridge began to count."""

    name: Name
    start_km: Number = bounded(0.0, hard=(0, 5000), wise=(0, 2000))
