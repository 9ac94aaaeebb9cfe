"""Sentences about invalid values: pydantic's kinds of errors in plain words."""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

Context = Mapping[str, Any]


def not_one_of(value: object, allowed: Iterable[str]) -> str:
    """Return that a value is none of the allowed ones, with the nearest of them if one is near."""
    known = list(allowed)
    text = f"{written(value)} is not {known[0]}" if len(known) == 1 else ""
    text = text or f"{written(value)} is not one of {', '.join(known)}"
    from difflib import get_close_matches  # noqa: PLC0415 - for mistakes alone

    near = get_close_matches(str(value).strip().lower(), known, n=1, cutoff=0.5)
    return f"{text}; did you mean {near[0]}?" if near else text


def written(value: object) -> str:
    """Return a value much as the file has it; no entries of lists and tables, which may be secret.

    Text is in single quotes, with escapes for what cannot be printed.
    """
    match value:
        case bool():
            return str(value).lower()
        case list():
            return "a list"
        case dict():
            return "a table"
        case str() | int() | float():
            return repr(value)
        case _:
            return str(value)


def sentence(kind: str, value: object, context: Context, *, required: bool) -> str | None:
    """Return what is wrong with a value and what to write; None for an unknown kind of error.

    Args:
        kind: pydantic's name of the error.
        value: what the file or the environment has.
        context: pydantic's details.
        required: the key cannot be left out.
    """
    if kind == "string_too_short":
        instead = "write some text" if required else "write some text, or leave the key out"
        return f"{written(value)} is empty; {instead}"
    told = _SENTENCES.get(kind)
    return None if told is None else told(value, context)


def _choice(value: object, context: Context) -> str:
    return not_one_of(value, re.findall(r"'([^']*)'", str(context["expected"])))


def _number(value: object, _: Context) -> str:
    if isinstance(value, float) and math.isinf(value):
        return f"{value} is infinite; write a number"
    return f"{written(value)} is not a number; write one"


def _needs(what: str, write: str) -> Callable[[object, Context], str]:
    return lambda value, _: f"{written(value)} is not {what}; write {write}"


def _too_much(_: object, context: Context) -> str:
    return f"has {context['actual_length']} entries; at most {context['max_length']} are allowed"


def _too_few(_: object, context: Context) -> str:
    return f"has too few entries; at least {context['min_length']} are needed"


def _too_long(value: object, context: Context) -> str:
    return f"has {len(str(value))} characters; at most {context['max_length']} are allowed"


def _not_above(value: object, context: Context) -> str:
    return f"{written(value)} is not above {context['gt']:g}"


_SENTENCES: Final[Mapping[str, Callable[[object, Context], str]]] = {
    **dict.fromkeys(("literal_error", "enum"), _choice),
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), _number),
    **dict.fromkeys(
        ("int_type", "int_parsing", "int_from_float", "int_parsing_size"),
        _needs("a whole number", "one"),
    ),
    **dict.fromkeys(("bool_type", "bool_parsing"), _needs("true or false", "one of them")),
    **dict.fromkeys(("model_type", "dict_type"), _needs("a table", "keys with values")),
    "string_type": _needs("text", "text in quotes"),
    "string_too_long": _too_long,
    "path_type": _needs("a path", "one in quotes"),
    "tuple_type": _needs("a list", "one in square brackets, [ and ]"),
    "too_long": _too_much,
    "too_short": _too_few,
    "greater_than": _not_above,
}
