"""`[[people]]` and `[[shoes]]`: who runs, within which limits, and in what."""

from typing import Annotated

from pydantic import AfterValidator, Field

from bridge.config.section import Number, Section, bounded
from bridge.config.sections.guard import Guard
from bridge.config.sections.workouts import References

DEFAULT_PERSON = "default"
"""Who runs, where nobody is named."""


def _printable(name: str) -> str:
    if not name.isprintable() or name != name.strip():
        message = "must be printable, without blanks around it"
        raise ValueError(message)
    return name


Name = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(_printable)]


class Person(Section):
    """One of `[[people]]`: what of `[guard]` and `[workouts]` differs for them, and their shoes."""

    name: Name
    shoes: str | None = None
    guard: Guard = Guard()
    reference_kmh: References = Field(default_factory=dict)
    max_heart_rate_bpm: Number | None = bounded(None, hard=(100, 230), wise=(140, 210))


class Shoes(Section):
    """One of `[[shoes]]`: a pair, and how far it had gone before the bridge counted along."""

    name: Name
    start_km: Number = bounded(0.0, hard=(0, 5000), wise=(0, 2000))
