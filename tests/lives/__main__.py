"""`python -m tests.lives`: play many lives and print one table; see `--help`."""

import argparse
import multiprocessing
import re
import sys
from collections import Counter
from pathlib import Path

from tests.lives.judging.figures import Figures
from tests.lives.play import Case, Played, cases, play
from tests.lives.playing.traits import ANY, CATALOGUE, MILD, MILES
from tests.lives.replay import replay
from tests.lives.table import breakdown, markdown, rows

SAFETY = Path(__file__).resolve().parents[2] / "docs" / "safety.md"
BEGIN, END = "<!-- lives:begin -->", "<!-- lives:end -->"
WORST = 12
"""Lives that `--explain` describes."""
FORGIVEN = frozenset({"false console_slowed", "false console_raised", "key not reached"})
"""Incidents that the goals allow now and then; any other one shows its life first."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.lives", description=__doc__)
    parser.add_argument("--lives", type=int, default=500, help="how many (500)")
    parser.add_argument("--seed", type=int, default=1, help="another number: other lives (1)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    parser.add_argument("--trait", choices=[*CATALOGUE, MILD, ANY, *MILES], help="one kind only")
    parser.add_argument("--user", help="dashboard, console or mixed only")
    parser.add_argument("--explain", action="store_true", help="tell of the worst lives")
    parser.add_argument("--first", action="store_true", help="tell of first sessions, too")
    parser.add_argument("--write", action="store_true", help="put the table into docs/safety.md")
    parser.add_argument("--replay", metavar="LIFE", help="play one life by its name, with a trace")
    parser.add_argument("--only", metavar="FROM-TO", help="with --replay: these seconds only")
    return parser.parse_args()


def main() -> int:
    """Return 1 if a goal is missed."""
    given = _arguments()
    if given.replay:
        begin, end = (float(each) for each in (given.only or "0-1e9").split("-"))
        print("\n".join(replay(Case.of(given.replay), begin, end)))
        return 0
    wanted = cases(given.lives, given.seed, given.trait, given.user)
    lives = _all(wanted, given.jobs)
    found = rows(lives)
    table = markdown(found)
    print(breakdown(lives))
    if given.first:
        print("\nfirst sessions\n" + breakdown(lives, first=True))
    if given.explain:
        print("\n" + "\n".join(_explain(lives, first=given.first)))
    print(f"\n{table}")
    if given.write:
        _write(f"{len(lives)} lives, seed {given.seed}:\n\n{table}")
    return int(any(row.ok is False for row in found))


def _all(wanted: list[Case], jobs: int) -> list[Played]:
    lives = []
    with multiprocessing.Pool(jobs) as pool:
        for each in pool.imap_unordered(play, wanted):
            lives.append(each)
            print(f"\r{len(lives)} of {len(wanted)} lives", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return sorted(lives, key=lambda each: each.case.number)


def _explain(lives: list[Played], *, first: bool) -> list[str]:
    def shown(played: Played) -> list[Figures]:
        return [played.first, played.later] if first else [played.later]

    def badness(played: Played) -> int:
        kinds = [i.kind for each in shown(played) for i in each.incidents]
        return sum(1 if kind in FORGIVEN else 20 for kind in kinds)

    kinds = Counter(i.kind for each in lives for f in shown(each) for i in f.incidents)
    lines = ["incidents: " + ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())]
    for played in sorted(lives, key=badness, reverse=True)[:WORST]:
        if not badness(played):
            break
        lines.append(f"\n{played.case.name!r} ({played.policy}; {played.machine})")
        for figures in shown(played):
            told: Counter[str] = Counter()
            for each in sorted(figures.incidents, key=lambda i: (i.kind != "SAFETY", i.time)):
                told[each.kind] += 1
                if told[each.kind] <= 3:
                    lines.append(f"  {each.time:8.1f} {each.kind}: {each.text}")
    return lines


def _write(text: str) -> None:
    page = SAFETY.read_text(encoding="utf-8")
    new, count = re.subn(
        f"{BEGIN}.*?{END}", lambda _: f"{BEGIN}\n{text}\n{END}", page, flags=re.DOTALL
    )
    if not count:
        message = f"{SAFETY} has no {BEGIN} … {END}"
        raise SystemExit(message)
    SAFETY.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
