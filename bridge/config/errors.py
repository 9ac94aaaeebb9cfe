"""Errors in a configuration, one line each with the key and what to write instead."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, get_args, get_origin

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


def explain(
    error: ValidationError,
    document: object,
    root: type[BaseModel],
    variables: Mapping[tuple[str, ...], str],
) -> list[str]:
    """Convert pydantic's errors to lines; `document` was validated against `root`.

    A value is printed only if its key is known and not secret: a mistyped `pasword` is not.
    `variables` are the variables of the environment by the key that they set.
    """
    lines = []
    for details in error.errors(include_url=False, include_input=False):
        loc, miles = _as_written(details["loc"], document)
        name = _named(details["type"], loc, variables)
        text = _text(details, document, root, loc, miles=miles)
        lines.append(f"{name}: {text}" if name else text)
    return lines


def _named(kind: str, loc: Loc, variables: Mapping[tuple[str, ...], str]) -> str:
    """Return the key, after the variable that set it."""
    keys = tuple(str(part) for part in loc)
    for key, name in variables.items():
        above = keys[: len(key)] == key
        below = keys and key[: len(keys)] == keys and kind != "value_error"
        if above or below:
            return f"{name} ({_dotted(loc)})"
    return _dotted(loc)


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
        return "the value, which is hidden, is not text; write text in quotes"
    value, field = _value_at(loc, document), _field_at(details["loc"], root)
    if kind == "tuple_type" and any(models_in(field.annotation)):
        return f"write [[{_section(loc)}]] with two brackets on each side; it is a list of tables"
    if kind in {"model_type", "dict_type"} and isinstance(value, list):
        return f"write [{_section(loc)}] with one bracket on each side; it is a table"
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


_MISTYPED = 0.85
"""Similarity (of difflib) from which on a key is a mistyped one of its own section, such as `hosts`
for `host`, although another section has exactly this key."""


def _section(loc: Sequence[int | str]) -> str:
    """Return the name of a section as in its brackets."""
    return _dotted([part for part in loc if isinstance(part, str)])


def _unknown_key(loc: Sequence[int | str], root: type[BaseModel]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - for mistakes alone

    key, here = str(loc[-1]), _section(loc[:-1])
    keys = {name: _with_twins(model) for name, model in _sections(root)}
    below = [name for name in keys if name and name.rpartition(".")[0] == here]
    owners = [name for name in keys if key in keys[name]]
    if owners and not get_close_matches(key, keys[here], cutoff=_MISTYPED):
        near_by = [name for name in owners if name in below]
        return f"unknown key; it belongs {_places(near_by or owners, root)}"
    homes = {each: name for name in (*below, here) for each in keys[name]}
    near = get_close_matches(key, keys[here], n=1, cutoff=0.7)
    near = near or get_close_matches(key, homes, n=1, cutoff=0.5)
    if near:
        place = f" {_places([homes[near[0]]], root)}" if homes[near[0]] != here else ""
        return f"unknown key; did you mean {near[0]}{place}?"
    return f"unknown key; known keys: {', '.join(sorted(_model_at(loc[:-1], root).model_fields))}"


def _sections(model: type[BaseModel], name: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """Yield all sections by their names; the root's is empty."""
    yield name, model
    for key, field in model.model_fields.items():
        for inner in models_in(field.annotation):
            yield from _sections(inner, f"{name}.{key}".removeprefix("."))


def _with_twins(model: type[BaseModel]) -> set[str]:
    known = set(model.model_fields)
    return known | {twin for key in known if (twin := twin_of(key))}


def _places(names: Sequence[str], root: type[BaseModel]) -> str:
    """Return sections in words, in their brackets."""
    if names == [""]:
        return "at the top of the file, above all sections"
    written = [f"[[{name}]]" if _is_list(name, root) else f"[{name}]" for name in names if name]
    *some, last = written
    return f"in {', '.join(some)} or {last}" if some else f"in {last}"


def _is_list(section: str, root: type[BaseModel]) -> bool:
    return get_origin(_field_at(section.split("."), root).annotation) is tuple


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
