"""Reads plans from TOML, built-in or from a file. `docs/plans.md` describes the format."""

import difflib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from bridge import toml
from bridge.plans.model import MAX_PHASES, WORST, Interval, PainRule, Phase, Plan, PlanError

MAX_BYTES = 256 * 1024
"""Maximum size of a file in bytes."""
MAX_SESSIONS = 50
"""Maximum number of sessions of a phase."""
MAX_REST_DAYS = 14
MIN_MINUTES, MAX_MINUTES = 5.0, 360.0
"""Length of a session; shorter ones require no rest (see `COUNTS_S`)."""
MIN_KM, MAX_KM = 0.3, 60.0
MIN_KMH, MAX_KMH = 1.0, 25.0
MAX_PERCENT = 20.0
MAX_INTERVALS, MAX_TIMES = 50, 60
MAX_TEXT = 500

Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
Speed = Annotated[float, Field(ge=MIN_KMH, le=MAX_KMH)]
Minutes = Annotated[float, Field(ge=0.0, le=MAX_MINUTES)]
Severity = Annotated[int, Field(ge=1, le=WORST)]


class _Table(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, strict=True, hide_input_in_errors=True
    )


class _Interval(_Table):
    walk_min: Minutes = 0.0
    run_min: Minutes = 0.0
    times: Annotated[int, Field(ge=1, le=MAX_TIMES)] = 1
    walk_kmh: Speed | None = None
    run_kmh: Speed | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.walk_min + self.run_min <= 0:
            message = "give it walk_min, run_min or both"
            raise ValueError(message)
        return self

    def value(self) -> Interval:
        return Interval(
            self.walk_min * 60, self.run_min * 60, self.times, self.walk_kmh, self.run_kmh
        )


class _Phase(_Table):
    name: Text
    sessions: Annotated[int, Field(ge=1, le=MAX_SESSIONS)]
    rest_days: Annotated[int, Field(ge=0, le=MAX_REST_DAYS)] | None = None
    max_speed_kmh: Speed | None = None
    max_incline_percent: Annotated[float, Field(ge=0.0, le=MAX_PERCENT)] | None = None
    session_min: Annotated[float, Field(ge=MIN_MINUTES, le=MAX_MINUTES)] | None = None
    session_km: Annotated[float, Field(ge=MIN_KM, le=MAX_KM)] | None = None
    intervals: Annotated[list[_Interval], Field(max_length=MAX_INTERVALS)] = []

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.session_min is None and self.session_km is None:
            message = "give it session_min, session_km or both"
            raise ValueError(message)
        fastest = max((i.run_kmh or i.walk_kmh or 0.0 for i in self.intervals), default=0.0)
        if self.max_speed_kmh is not None and fastest > self.max_speed_kmh:
            message = f"an interval of {fastest:g} km/h is above max_speed_kmh"
            raise ValueError(message)
        return self

    def value(self, rest_days: int) -> Phase:
        return Phase(
            name=_line(self.name),
            sessions=self.sessions,
            rest_days=rest_days if self.rest_days is None else self.rest_days,
            speed_kmh=self.max_speed_kmh,
            incline_percent=self.max_incline_percent,
            time_s=None if self.session_min is None else self.session_min * 60,
            distance_m=None if self.session_km is None else self.session_km * 1000,
            intervals=tuple(interval.value() for interval in self.intervals),
        )


class _Pain(_Table):
    hold: Severity = 3
    back: Severity = 5
    end: Severity = 7
    question: Annotated[str, Field(max_length=MAX_TEXT)] = ""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not self.hold <= self.back <= self.end:
            message = "hold must not be above back, nor back above end"
            raise ValueError(message)
        return self


class _Plan(_Table):
    name: Text
    description: Annotated[str, Field(max_length=MAX_TEXT)] = ""
    source: Annotated[str, Field(max_length=MAX_TEXT)] = ""
    clinician: bool = False
    rest_days: Annotated[int, Field(ge=0, le=MAX_REST_DAYS)] = 1
    pain: _Pain = _Pain()
    phase: Annotated[list[_Phase], Field(min_length=1, max_length=MAX_PHASES)]


def built_in() -> tuple[str, ...]:
    """Return the names of the built-in plans."""
    return tuple(sorted(_texts()))


def source_of(name: str) -> str:
    """Return the TOML of a built-in plan, to copy and change.

    Raises:
        PlanError: There is none with that name.
    """
    texts = _texts()
    if name not in texts:
        near = difflib.get_close_matches(name, texts, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(built_in())}"
        problem = f"no plan {name!r} is built in; {hint}"
        raise PlanError(problem)
    return texts[name]


@cache
def _texts() -> Mapping[str, str]:
    folder = files("bridge.plans") / "builtin"
    return {
        each.name.removesuffix(".toml"): each.read_text("utf-8")
        for each in folder.iterdir()
        if each.name.endswith(".toml")
    }


@cache
def find(name: str) -> Plan:
    """Return a built-in plan.

    Raises:
        PlanError: There is none with that name.
    """
    return read(source_of(name).encode(), name)


def read_file(path: Path) -> Plan:
    """Read a plan from a file; its key is the file's name, which differs from built-in ones.

    Raises:
        PlanError: It cannot be read or used.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        problem = f"it cannot be read ({error.strerror or error})"
        raise PlanError(problem) from error
    return read(data, path.name)


def read(data: bytes, key: str) -> Plan:
    """Read a plan; progress is stored under its `key`.

    Raises:
        PlanError: It is not TOML, or something in it cannot be used.
    """
    if len(data) > MAX_BYTES:
        problem = f"the file is too large; {MAX_BYTES} bytes are the most"
        raise PlanError(problem)
    try:
        document = toml.parse(data)
    except toml.TomlError as error:
        problem = f"this is not valid TOML ({_line(str(error))})"
        raise PlanError(problem) from error
    try:
        table = _Plan.model_validate(document)
    except ValidationError as error:
        raise _explained(error) from error
    return Plan(
        key=key,
        name=_line(table.name),
        phases=tuple(phase.value(table.rest_days) for phase in table.phase),
        pain=PainRule(table.pain.hold, table.pain.back, table.pain.end),
        description=_line(table.description),
        source=_line(table.source),
        question=_line(table.pain.question),
        clinician=table.clinician,
    )


_TABLES: Mapping[str, type[_Table]] = {"phase": _Phase, "intervals": _Interval, "pain": _Pain}


def _explained(error: ValidationError) -> PlanError:
    """Return the first problem, with its place and advice."""
    details = error.errors(include_url=False, include_input=False)[0]
    loc = details["loc"]
    where = " ".join(str(part + 1) if isinstance(part, int) else part for part in loc)
    context: Mapping[str, Any] = details.get("ctx", {})
    match details["type"]:
        case "extra_forbidden":
            problem = _unknown(loc)
        case "missing":
            problem = "this key is missing"
        case "value_error":
            problem = str(context["error"])
        case "greater_than_equal":
            problem = f"{context['ge']:g} is the least"
        case "less_than_equal":
            problem = f"{context['le']:g} is the most"
        case _:
            problem = details["msg"].removeprefix("Input ")
    return PlanError(problem, where)


def _unknown(loc: Sequence[int | str]) -> str:
    tables = [part for part in loc[:-1] if isinstance(part, str)]
    known = sorted((_TABLES[tables[-1]] if tables else _Plan).model_fields)
    near = difflib.get_close_matches(str(loc[-1]), known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"known keys: {', '.join(known)}"
    return f"unknown key; {hint}"


def _line(text: str) -> str:
    """Return a text on one line, without control characters."""
    return "".join(c for c in " ".join(text.split()) if c.isprintable())
