"""Jinja as Home Assistant speaks it, as far as the discovery message uses it."""

import json
from typing import Any

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

_ENVIRONMENT = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
_ENVIRONMENT.filters["to_json"] = lambda value: json.dumps(value, ensure_ascii=False)


def render(template: str, payload: object = None, value: object = None) -> str:
    """Return the output of a template for a payload, or for a value that a person chose.

    Like Home Assistant's, but a name that is not there is an error instead of a warning.
    """
    known: dict[str, Any] = {"value": value}
    if payload is not None:
        known["value_json"] = json.loads(json.dumps(payload))
    return _ENVIRONMENT.from_string(template).render(**known)
