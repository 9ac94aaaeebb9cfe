"""`[home_assistant]`: how the treadmills appear in Home Assistant."""

from typing import Literal

from pydantic import Field

from bridge.config.section import Boolean, Section
from bridge.config.sections.mqtt import TOPIC, Topic


class HomeAssistant(Section):
    """`[home_assistant]`: discovery on or off, and the unit of speed."""

    discovery: Boolean = True
    speed_unit: Literal["km/h", "mph"] | None = None
    """None: the unit of the top-level key `units`."""
    birth_topic: Topic = Field(default="homeassistant/status", description=TOPIC)
