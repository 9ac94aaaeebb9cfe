"""`[[treadmills]]`: a machine, and what remote commands may do to it."""

from typing import Literal, Self

from pydantic import Field, model_validator

from bridge.config.section import Boolean, Filled, Section, agreed, subsection
from bridge.config.sections.guard import Guard
from bridge.config.sections.machine import Machine
from bridge.machines import Declared


class Treadmill(Section):
    """One of `[[treadmills]]`: a machine, and what remote commands may do to it."""

    id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="1 to 64 letters, digits, _ or -")
    address: str | None = Field(
        default=None,
        pattern=r"^([0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}|[0-9A-Fa-f-]{36})$",
        description="a Bluetooth address such as 12:34:56:78:9A:BC",
    )
    name: Filled | None = None
    control: Literal["on_demand", "never"] = "on_demand"
    connect: Literal["always", "on_demand"] = "always"
    allow_remote_start: Boolean = False
    stop_belt_on_exit: Boolean = False
    speed_unit: Literal["auto", "kmh", "mph"] = "auto"
    machine: Machine = subsection()
    guard: Guard = subsection()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        problems = []
        if self.id == "bridge":
            problems.append('the id "bridge" is reserved for the bridge\'s topics; choose another')
        if self.address and self.name:
            problems.append("give address or name, not both")
        return agreed(self, problems)

    def declared(self) -> Declared:
        """Return the properties that the owner declares of the machine."""
        return self.machine.declared(self.speed_unit)
