"""Types and checks that all sections of the configuration share."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bridge.config.units import metric
from bridge.config.variable import Variable


def is_number(value: object) -> object:
    """Refuse booleans and text where a number is expected."""
    if isinstance(value, bool):
        _refuse(f"{str(value).lower()} is not a number; write one")
    if isinstance(value, str) and not isinstance(value, Variable):
        _refuse(f"{value!r} is text; write a number without quotes")
    return value


def _is_boolean(value: object) -> object:
    if isinstance(value, str) and not isinstance(value, Variable):
        _refuse(f"{value!r} is text; write true or false without quotes")
    if isinstance(value, int | float) and not isinstance(value, bool):
        _refuse(f"{value} is a number; write true or false")
    return value


def _is_path(value: object) -> object:
    if isinstance(value, str):
        if not value.strip() or "\0" in value:
            _refuse(f"{value!r} is not a path; write one, or leave the key out")
        try:
            Path(value).expanduser()
        except RuntimeError:
            home = value.partition("/")[0]
            _refuse(f"{value!r} needs a home directory, and {home} has none; write it out from /")
    return value


def _is_filled(text: str) -> str:
    if not text.strip():
        _refuse(f"{text!r} is empty; write some text, or leave the key out")
    if "\0" in text:
        _refuse(f"{text!r} has a character that no text can have")
    return text


def _refuse(message: str) -> NoReturn:
    raise ValueError(message)  # not TypeError: pydantic collects only ValueErrors


Number = Annotated[float, BeforeValidator(is_number)]
Boolean = Annotated[bool, BeforeValidator(_is_boolean)]
PathName = Annotated[Path, BeforeValidator(_is_path)]
Filled = Annotated[str, AfterValidator(_is_filled)]
"""Text of an optional key, which is left out rather than blank."""


class Section(BaseModel):
    """Base of all sections: immutable, without unknown keys or infinite numbers."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
        defer_build=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _in_kilometres(cls, data: object) -> object:
        return metric(data, cls.model_fields) if isinstance(data, Mapping) else data


AnySection = TypeVar("AnySection", bound=Section)


def agreed(section: AnySection, problems: list[str]) -> AnySection:
    """Return the section, or raise one error with all its problems."""
    if problems:
        raise ValueError("; ".join(problems))
    return section


def bounded(default: Any, hard: tuple[float, float], wise: tuple[float, float]) -> Any:
    """Return a field for a number: refused outside `hard`, with a warning outside `wise`.

    A default of `...` makes the key required; None makes it optional.
    """
    return Field(default, ge=hard[0], le=hard[1], json_schema_extra={"wise": [*wise]})


def subsection() -> Any:
    """Return a field for a section that may be missing: it then has its defaults."""
    return Field(default_factory=dict, validate_default=True)


def unreadable(error: Exception) -> str:
    """Return why a file cannot be read, for people."""
    return f"cannot be read ({getattr(error, 'strerror', None) or error})"
