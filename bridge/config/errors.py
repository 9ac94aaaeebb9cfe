"""Errors in a configuration, one line each with the key and what to write instead."""

from collections.abc import Iterable, Sequence
from typing import Any, get_args

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from bridge.config.invalid import sentence, written
from bridge.config.units import in_miles, twin_of

Loc = tuple[int | str, ...]


class ConfigError(ValueError):
    """The configuration is invalid; `problems` has one readable line per error."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class ConfigFileError(ConfigError):
    """The file cannot be read, or is not TOML; the only problem names it."""

    def __init__(self, problem: str) -> None:
        super().__init__([problem])


def explain(error: ValidationError, document: object, root: type[BaseModel]) -> list[str]:
    """Convert pydantic's errors to lines; `document` was validated against `root`.

    A value is printed only if its key is known and not secret: a mistyped `pasword` is not.
    """
    lines = []
    for details in error.errors(include_url=False, include_input=False):
        loc, miles = _as_written(details["loc"], document)
        name = _dotted(loc)
        text = _text(details, document, root, loc, miles=miles)
        lines.append(f"{name}: {text}" if name else text)
    return lines


_BOUNDS = {
    "greater_than_equal": "is below {ge:g}, the lowest allowed",
    "less_than_equal": "is above {le:g}, the highest allowed",
}


def _as_written(loc: Loc, document: Any) -> tuple[Loc, bool]:
    """Return the location of a key as written, and True if it was written in miles."""
    for place, part in enumerate(loc):
        twin = twin_of(part) if isinstance(part, str) else None
        if twin is not None and isinstance(document, dict) and part not in document:
            return (*loc[:place], twin, *loc[place + 1 :]), twin in document
        try:
            document = document[part]
        except (KeyError, IndexError, TypeError):
            break
    return loc, False


def _text(
    details: ErrorDetails, document: object, root: type[BaseModel], loc: Loc, *, miles: bool
) -> str:
    kind, context = details["type"], details.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(details["loc"], root)
    if kind == "missing":
        return "is missing"
    if kind == "value_error":
        return str(context["error"])
    if _is_secret(details["loc"], root):
        return "is not valid here (the value is hidden)"
    value, field = _value_at(loc, document), _field_at(details["loc"], root)
    if kind == "tuple_type" and any(models_in(field.annotation)):
        name = _dotted([part for part in loc if isinstance(part, str)])
        return f"write [[{name}]] with two brackets on each side; it is a list of tables"
    if kind == "string_pattern_mismatch":
        return f"{value!r} is not {field.description}"
    if kind in _BOUNDS:
        bounds = {key: in_miles(bound) if miles else bound for key, bound in context.items()}
        return f"{value} {_BOUNDS[kind].format(**bounds)}"
    told = sentence(kind, value, context, required=field.is_required())
    return told or f"{written(value)} {details['msg'].removeprefix('Input ')}"


def _dotted(loc: Sequence[int | str]) -> str:
    name = ""
    for part in loc:
        name += f"[{part}]" if isinstance(part, int) else f".{part}"
    return name.removeprefix(".")


def _unknown_key(loc: Sequence[int | str], root: type[BaseModel]) -> str:
    known = sorted(_model_at(loc[:-1], root).model_fields)
    twins = [twin for key in known if (twin := twin_of(key))]
    from difflib import get_close_matches  # noqa: PLC0415 - for mistakes alone

    near = get_close_matches(str(loc[-1]), [*known, *twins], n=1, cutoff=0.5)
    if near:
        return f"unknown key; did you mean {near[0]}?"
    return f"unknown key; known keys: {', '.join(known)}"


def _model_at(loc: Sequence[int | str], root: type[BaseModel]) -> type[BaseModel]:
    model = root
    for part in loc:
        if isinstance(part, str):
            model = next(models_in(model.model_fields[part].annotation))
    return model


def models_in(annotation: Any) -> Any:
    """Yield the sections that an annotation names."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from models_in(part)


def _is_secret(loc: Sequence[int | str], root: type[BaseModel]) -> bool:
    annotation = _field_at(loc, root).annotation if loc else root
    return SecretStr in (annotation, *get_args(annotation))


def _field_at(loc: Sequence[int | str], root: type[BaseModel]) -> FieldInfo:
    *path, key = [part for part in loc if isinstance(part, str)]
    return _model_at(path, root).model_fields[key]


def _value_at(loc: Sequence[int | str], document: Any) -> object:
    for part in loc:
        document = document[part]
    return document
