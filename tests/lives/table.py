"""The figures of many lives against their goals."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.lives.judging.figures import Figures, Tally
from tests.lives.play import Played
from tests.lives.playing.traits import ANY, CATALOGUE, LENIENT, MILD, MILES


def total(played: Iterable[Played], *, first: bool = False) -> Figures:
    """The sum of the first, or of the later sessions."""
    whole = Figures()
    for each in played:
        whole += each.first if first else each.later
    return whole


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: its goal, and what came out in first and in later sessions."""

    figure: str
    goal: str
    first: str
    later: str
    ok: bool | None
    """None where nothing was counted."""

    @property
    def verdict(self) -> str:
        """For the last column."""
        return "–" if self.ok is None else "yes" if self.ok else "NO"


def rows(lives: list[Played]) -> list[Row]:
    """The table of the design, and what else is counted."""
    ordinary = [each for each in lives if each.case.kind not in MILES]
    consoles = [each for each in ordinary if each.case.user == "console"]
    found = [_worst(ordinary, lenient=False), _worst(ordinary, lenient=True)]
    found += [_clean(ordinary, MILD, 0.97), _clean(ordinary, ANY, 0.85)]
    shares: list[tuple[str, float, list[Played], Callable[[Figures], Tally]]] = [
        ("requests reached", 1.0, ordinary, lambda f: f.reached),
        ("console: increases by keys, with statuses", 0.98, consoles, lambda f: f.keys_named),
        ("… without statuses", 0.95, consoles, lambda f: f.keys_unnamed),
        (
            "console: increases by quick keys, with statuses",
            0.98,
            consoles,
            lambda f: f.quick_named,
        ),
        ("… without statuses", 0.95, consoles, lambda f: f.quick_unnamed),
        ("a press down, with statuses: obeyed in 1.5 s", 1.0, ordinary, lambda f: f.presses_down),
        ("a fall of 0.5 km/h, without: in 3 s or 2 frames", 1.0, ordinary, lambda f: f.falls),
        ("cool-downs with at most one write a step", 1.0, ordinary, lambda f: f.cool_downs),
        ("a real miles machine found", 1.0, lives, lambda f: f.miles_found),
    ]
    found += [_share(*each) for each in shares]
    counts: list[tuple[str, list[Played], Callable[[Figures], int]]] = [
        ("console-only: alarms", consoles, lambda f: f.alarms),
        ("false verdicts on miles", ordinary, lambda f: f.false_miles),
        ("wrong rejections", ordinary, lambda f: f.wrong_rejections),
        ("requests reached, but told as failed", ordinary, lambda f: f.wrong_failures),
        ("commands without a final outcome", ordinary, lambda f: f.unended),
        ("violations of safety", ordinary, lambda f: f.safety),
    ]
    found += [_none(*each) for each in counts]
    return found


def _worst(lives: list[Played], *, lenient: bool) -> Row:
    """The trait with the most false events an hour."""
    there = {each.case.kind for each in lives}
    names = [n for n in CATALOGUE if n in there and (n in LENIENT) is lenient]
    most = 1.0 if lenient else 0.5

    def worst(*, first: bool) -> tuple[float, str]:
        found = [(0.0, "none")]
        for name in names:
            mine = [each for each in lives if each.case.kind == name]
            found.append((total(mine, first=first).false_per_hour, name))
        return max(found)

    (before, before_name), (after, after_name) = worst(first=True), worst(first=False)
    which = "gain, droop, rounding to 1.0" if lenient else "any other"
    return Row(
        f"false events an hour, worst single trait ({which})",
        f"≤ {most:g}",
        f"{before:.1f} ({before_name})",
        f"{after:.1f} ({after_name})",
        after <= most if names else None,
    )


def _clean(lives: list[Played], kind: str, least: float) -> Row:
    mine = [each for each in lives if each.case.kind == kind]
    first, later = total(mine, first=True), total(mine)

    def share(figures: Figures) -> str:
        return f"{figures.clean}/{figures.sessions}"

    ok = later.clean >= least * later.sessions if mine else None
    return Row(f"{kind}s: sessions without one", f"≥ {least:.0%}", share(first), share(later), ok)


def _share(figure: str, least: float, lives: list[Played], pick: Callable[[Figures], Tally]) -> Row:
    first, later = pick(total(lives, first=True)), pick(total(lives))
    ok = later.share >= least if later.of else None
    return Row(figure, f"≥ {least:.0%}" if least < 1 else "all", _of(first), _of(later), ok)


def _of(tally: Tally) -> str:
    return f"{tally.good}/{tally.of}" if tally.of else "–"


def _none(figure: str, lives: list[Played], pick: Callable[[Figures], int]) -> Row:
    first, later = pick(total(lives, first=True)), pick(total(lives))
    goal = "0"
    if figure == "false verdicts on miles":
        goal = f"0 of {total(lives).lowerings} lowerings"
    # No session excuses these two.
    always = "miles" in figure or "safety" in figure
    ok = later == 0 and (first == 0 or not always)
    return Row(figure, goal, str(first), str(later), ok if lives else None)


def markdown(found: list[Row]) -> str:
    """The table of goals."""
    lines = ["| figure | goal | first session | later | met |", "|---|---|---|---|---|"]
    lines += [f"| {r.figure} | {r.goal} | {r.first} | {r.later} | {r.verdict} |" for r in found]
    return "\n".join(lines)


_COLUMNS: list[tuple[str, Callable[[Figures], str]]] = [
    ("hours", lambda f: f"{f.hours:.1f}"),
    ("false/h", lambda f: f"{f.false_per_hour:.1f}"),
    ("alarms", lambda f: str(f.alarms)),
    ("reached", lambda f: _of(f.reached)),
    ("keys", lambda f: _of(_sum(f.keys_named, f.keys_unnamed))),
    ("quick", lambda f: _of(_sum(f.quick_named, f.quick_unnamed))),
    ("down", lambda f: _of(f.presses_down)),
    ("falls", lambda f: _of(f.falls)),
    ("rejected", lambda f: str(f.wrong_rejections)),
    ("failed", lambda f: str(f.wrong_failures)),
    ("unended", lambda f: str(f.unended)),
    ("miles", lambda f: str(f.false_miles)),
    ("safety", lambda f: str(f.safety)),
]


def _sum(one: Tally, two: Tally) -> Tally:
    return Tally(one.good + two.good, one.of + two.of)


def breakdown(lives: list[Played], *, first: bool = False) -> str:
    """One line for each kind of machine; later sessions, or the first ones."""
    kinds = [*CATALOGUE, MILD, ANY, *MILES]
    head = f"{'kind':<22}" + "".join(f"{name:>10}" for name, _ in _COLUMNS)
    lines = [head]
    for kind in kinds:
        mine = [each for each in lives if each.case.kind == kind]
        if mine:
            figures = total(mine, first=first)
            cells = "".join(f"{show(figures):>10}" for _, show in _COLUMNS)
            lines.append(f"{kind:<22}{cells}")
    return "\n".join(lines)
