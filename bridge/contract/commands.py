"""The commands of the MQTT contract, version 1, as models of what other programs may send.

They are used for the description and in tests. `bridge.contract.parser` reads the actual messages:
it finds a stop even in broken ones, and names the expected form of those it refuses.
"""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from bridge.contract.message import MAX_TEXT
from bridge.contract.parser import MAX_INCLINE, MAX_SPEED
from bridge.plans.model import WORST
from bridge.plans.status import PlanAction
from bridge.workouts.states import PlayerAction

Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT, pattern=r"\S")]
BeltWord = Literal["start", "pause", "resume", "stop", "finish", "release", "connect"]


class CommandModel(BaseModel):
    """Keys that every command may have."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, strict=True)

    id: Text | None = Field(
        None, description="Returned in the outcomes. A repeated id gets its first outcome again."
    )
    time: AwareDatetime | None = Field(
        None, description="When it was sent; refused if more than 5 s old or ahead."
    )
    source: Text | None = Field(
        None, description="The sender. Large drops by a program, such as `zwift:ride`, are eased."
    )


class SpeedCommand(CommandModel):
    """A target speed; 0 stops the belt."""

    value: Annotated[float, Field(ge=0, le=MAX_SPEED / 100)]
    unit: Literal["km/h", "mph"] = "km/h"


class InclineCommand(CommandModel):
    """A target incline, in percent."""

    value: Annotated[float, Field(ge=-MAX_INCLINE / 10, le=MAX_INCLINE / 10)]
    unit: Literal["%", "percent"] = "%"


class BeltCommand(CommandModel):
    """What the belt, or the link to the machine, should do."""

    command: BeltWord
    confirm: bool = Field(False, description="Start against advice, such as during a rest.")


class PainReport(CommandModel):
    """Something hurts: from severity 1 on that begins a rest."""

    place: Text
    severity: Annotated[int, Field(ge=0, le=WORST)]


class PainCleared(CommandModel):
    """Lifts the rest."""

    clear: Literal[True]


class WorkoutChoice(CommandModel):
    """Chooses a workout by its name; `none` takes it back."""

    name: Text
    command: Literal["start"] = "start"


class WorkoutCommand(CommandModel):
    """Tells the player of the workout what to do."""

    command: PlayerAction


class PlanAnswer(CommandModel):
    """Answers the plan's question about pain: its severity and place."""

    severity: Annotated[int, Field(ge=0, le=WORST)]
    place: Text | None = None


class PlanCommand(CommandModel):
    """Tells the plan what to do: confirm a run on a rest day, go back a phase, begin again."""

    command: PlanAction


class Choice(CommandModel):
    """Who runs, or in which shoes: a configured name."""

    name: Text
