"""`[[sensors]]`: sensors beside a treadmill."""

from typing import Literal, Self

from pydantic import Field, model_validator

from bridge.config.section import Filled, Section, agreed


class Sensor(Section):
    """One of `[[sensors]]`: a heart-rate strap, by its address or its name."""

    kind: Literal["heart_rate"] = "heart_rate"
    treadmill: str | None = None
    address: str | None = Field(
        default=None,
        pattern=r"^([0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}|[0-9A-Fa-f-]{36})$",
        description="a Bluetooth address such as 12:34:56:78:9A:BC",
    )
    name: Filled | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        problems = ["give address or name, not both"] if self.address and self.name else []
        return agreed(self, problems)
