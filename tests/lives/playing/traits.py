"""The catalogue of ordinary traits, and mixtures of them."""

import random
from collections.abc import Callable
from dataclasses import replace

from tests.lives.playing.machine import Echo, Miles, Traits

Draw = Callable[[random.Random, float], dict[str, object]]
"""Draws the fields of one trait; the number is how much of its range may be used, 0 to 1."""


def _up_to(name: str, least: float, most: float) -> Draw:
    """The upper half of a range, or the lower one where only half of it may be used."""

    def draw(rng: random.Random, share: float) -> dict[str, object]:
        half = least + (most - least) * 0.5
        low, high = (half, most) if share == 1 else (least, half)
        return {name: round(rng.uniform(low, high), 2)}

    return draw


def _slow_ramp(rng: random.Random, share: float) -> dict[str, object]:
    least = 0.05 if share == 1 else 0.2
    return {"ramp": round(rng.uniform(least, least * 2), 3)}


def _fast_ramp(rng: random.Random, share: float) -> dict[str, object]:
    return {"ramp": round(rng.uniform(1.0, 2.0 * share), 2) if share == 1 else 1.0}


def _signed(name: str, centre: float, most: float) -> Draw:
    def draw(rng: random.Random, share: float) -> dict[str, object]:
        size = rng.uniform(0.6 if share == 1 else 0.0, 1.0) * most * share
        return {name: round(centre + rng.choice((-1, 1)) * size, 3)}

    return draw


def _steps(prefix: str, step: float, *, down: bool) -> Draw:
    def draw(rng: random.Random, share: float) -> dict[str, object]:
        return {f"{prefix}_step": step, f"{prefix}_floor": down}

    return draw


def _fixed(**fields: object) -> Draw:
    return lambda *_: dict(fields)


def _rounding() -> dict[str, Draw]:
    return {
        f"{prefix} {'floor' if down else 'nearest'} {step}": _steps(prefix, step, down=down)
        for prefix in ("report", "target")
        for step in (0.2, 0.5, 1.0, 0.16, 0.32)
        for down in (False, True)
    }


CATALOGUE: dict[str, Draw] = {
    "plain": _fixed(),
    "frames often": _fixed(frame_s=0.25),
    "frames seldom": _up_to("frame_s", 1.0, 3.0),
    "command lag": _up_to("command_lag_s", 0.2, 6.0),
    "report lag": _up_to("report_lag_s", 0.2, 6.0),
    **_rounding(),
    "gain": _signed("gain", 1.0, 0.06),
    "incline offset": _signed("incline_offset", 0.0, 1.0),
    "droop": _up_to("droop", 0.0, 0.08),
    "overshoot": _up_to("overshoot", 0.0, 0.4),
    "noise": _up_to("noise", 0.0, 0.2),
    "no status": _fixed(statuses=False),
    "echo rounded": _fixed(echo=Echo.ROUNDED, target_step=0.5),
    "echo late": _fixed(echo=Echo.LATE),
    "echo never": _fixed(echo=Echo.NEVER),
    "names current": _fixed(names_current=True),
    "slow ramp": _slow_ramp,
    "fast ramp": _fast_ramp,
    "resumes": _fixed(resumes=True),
    "slow incline": _up_to("incline_s", 40.0, 200.0),
    "fast incline": _fixed(incline_s=20.0),
    "incline not reported": _fixed(incline_reported=False),
    "loss": _up_to("loss", 0.0, 0.1),
    "gaps": lambda _, share: {"gap_s": 6.0 * share},
}
"""One trait each, by the name that the table shows."""

MILD, ANY = "mild mixture", "any mixture"
MILES = {"miles targets": Miles.TARGETS, "miles both": Miles.BOTH}
LENIENT = ("gain", "droop", "target nearest 1.0", "target floor 1.0")
"""Traits that may show as one false event an hour; all others as half of one."""

_EDGES = ("report nearest 1.0", "report floor 1.0", "target nearest 1.0", "target floor 1.0")
"""Rounding beyond half of the range, which no mild mixture has."""


def traits_of(name: str, rng: random.Random) -> tuple[Traits, tuple[str, ...]]:
    """Draw a machine of a kind; return its traits."""
    start = rng.choice((0.8, 0.9, 1.0))
    if name in MILES:
        return Traits(miles=MILES[name], start_speed=start), (name,)
    if name == MILD:
        known = [each for each in CATALOGUE if each not in _EDGES and each != "plain"]
        picked, share = _distinct(known, 2, rng), 0.5
    elif name == ANY:
        picked, share = _distinct(list(CATALOGUE)[1:], rng.randint(3, 5), rng), 1.0
    else:
        picked, share = (name,), 1.0
    fields: dict[str, object] = {"start_speed": start}
    for each in picked:
        fields |= CATALOGUE[each](rng, share)
    return replace(Traits(), **fields), picked  # type: ignore[arg-type]


def _distinct(known: list[str], count: int, rng: random.Random) -> tuple[str, ...]:
    """Names of traits of which no two set the same field."""
    picked: list[str] = []
    taken: set[str] = set()
    while len(picked) < count:
        name = rng.choice(known)
        fields = set(CATALOGUE[name](rng, 1.0))
        if not fields & taken:
            picked.append(name)
            taken |= fields
    return tuple(picked)
