"""The cases of `make lives`, and how one of them is played and judged."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any

from bridge.guard import Policy
from tests.lives.judging.figures import Figures
from tests.lives.judging.judge import judge
from tests.lives.playing.life import Life
from tests.lives.playing.machine import Traits
from tests.lives.playing.traits import ANY, CATALOGUE, MILD, MILES, traits_of
from tests.lives.playing.users import USERS, steady

LEARN_S, LIFE_S = 600.0, 2100.0
"""A life has two sessions on one machine: ten minutes, and thirty-five."""
AWAY_S = 720.0
"""Seconds between them, after which a warm-up begins anew."""
GENTLE = Policy(allow_remote_start=True)
TRAINED = replace(GENTLE, name="trained", speed_ramp=50.0, incline_ramp=2.0, warm_up_speed=800)


@dataclass(frozen=True, slots=True)
class Case:
    """One life, reproducible from its name: seed, number, kind of machine and kind of person."""

    seed: int
    number: int
    kind: str
    user: str

    @property
    def name(self) -> str:
        """Argument of `--replay`."""
        return f"{self.seed}:{self.number}:{self.kind}:{self.user}"

    @classmethod
    def of(cls, name: str) -> "Case":
        """Read a name."""
        seed, number, kind, user = name.split(":")
        return cls(int(seed), int(number), kind, user)


@dataclass(slots=True)
class Played:
    """A life that was played."""

    case: Case
    machine: str
    policy: str
    picked: tuple[str, ...]
    first: Figures = field(default_factory=Figures)
    later: Figures = field(default_factory=Figures)


def cases(lives: int, seed: int, trait: str | None = None, user: str | None = None) -> list[Case]:
    """So many lives: of each single trait, of mixtures, and some on machines of miles."""
    people = [user] if user else list(USERS)
    single, others = _singles(people), {MILD: 0, ANY: 0, "miles": 0}
    found = []
    for number in range(lives):
        turn = number % 20
        if trait is not None:
            kind, who = trait, people[number % len(people)]
        elif turn < 11:
            kind, who = next(single)
        else:
            group = MILD if turn < 15 else ANY if turn < 19 else "miles"
            others[group] += 1
            kind, who = group, people[others[group] % len(people)]
            if group == "miles":
                kind = list(MILES)[others[group] % 2]
        if kind in MILES:
            who = "steady"
        found.append(Case(seed, number, kind, who))
    return found


def _singles(people: list[str]) -> Iterator[tuple[str, str]]:
    """Each trait in turn; in the next round with the next person."""
    turn = 0
    while True:
        for index, name in enumerate(CATALOGUE):
            yield name, people[(index + turn) % len(people)]
        turn += 1


def live(
    case: Case, learn_s: float = LEARN_S, life_s: float = LIFE_S, **changes: Any
) -> tuple[Life, Played]:
    """Play a life; the same case is always the same life.

    `changes`: fields of the policy that are to be different.
    """
    rng = random.Random(case.name)
    traits, picked = traits_of(case.kind, rng)
    policy = replace(TRAINED if rng.random() < 0.25 else GENTLE, **changes)
    script = USERS.get(case.user, steady)
    life = Life(traits, policy, rng)
    life.play(script, learn_s)
    life.leave(AWAY_S, restart=rng.random() < 0.3)
    life.play(script, life_s)
    return life, Played(case, describe(traits), policy.name, picked)


def play(case: Case, learn_s: float = LEARN_S, life_s: float = LIFE_S, **changes: Any) -> Played:
    """Play a life and judge it; see `live`."""
    life, played = live(case, learn_s, life_s, **changes)
    played.first, played.later = (judge(log) for log in life.logs[:2])
    return played


def describe(traits: Traits) -> str:
    """Deviations of a machine from the plain one."""
    plain = Traits()
    told = [
        f"{each.name}={getattr(traits, each.name)}"
        for each in fields(traits)
        if getattr(traits, each.name) != getattr(plain, each.name)
    ]
    return " ".join(told) or "plain"
