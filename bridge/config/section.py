"""What all sections of the configuration share."""

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def no_boolean(value: object) -> object:
    """Refuse what TOML calls a boolean where a number belongs."""
    if isinstance(value, bool):
        message = "must be a number"
        raise ValueError(message)  # noqa: TRY004 - pydantic collects ValueErrors only
    return value


Number = Annotated[float, BeforeValidator(no_boolean)]


class Section(BaseModel):
    """What all sections share: no unknown keys, no infinite numbers, no change."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True
    )


AnySection = TypeVar("AnySection", bound=Section)


def agreed(section: AnySection, problems: list[str]) -> AnySection:
    """Refuse a section with problems, all of them at once."""
    if problems:
        raise ValueError("; ".join(problems))
    return section


def bounded(default: Any, hard: tuple[float, float], wise: tuple[float, float]) -> Any:
    """A number within hard bounds (else refused), best within the wise ones (else a warning).

    A default of `...` asks for one, None is none.
    """
    return Field(default, ge=hard[0], le=hard[1], json_schema_extra={"wise": [*wise]})


def unreadable(error: Exception) -> str:
    """Why a file cannot be read, for people."""
    return f"cannot be read ({getattr(error, 'strerror', None) or error})"
