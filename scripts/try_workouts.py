"""Try the workout readers on many files: `python scripts/try_workouts.py FOLDER [FOLDER]`.

Counts the loaded and the refused files for each folder and format, and lists the reasons. With
`--as-run`, `.zwo` files for bikes are read as runs, which tests the parser.
"""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from bridge.workouts.model import WorkoutError
from bridge.workouts.readers.reading import SUFFIXES, read

SLOW_S = 1.0


def main() -> int:
    """Try all files; return 1 if a file was neither loaded nor refused within a second."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--as-run", action="store_true")
    wanted = parser.parse_args()
    counts: Counter[tuple[str, str, str]] = Counter()
    reasons: Counter[str] = Counter()
    slow = []
    for folder in wanted.folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() not in SUFFIXES or not path.is_file():
                continue
            data = path.read_bytes()
            if wanted.as_run:
                data = data.replace(b"<sportType>bike<", b"<sportType>run<")
            began = time.perf_counter()
            try:
                read(data, path.stem)
                fate = "loaded"
            except WorkoutError as error:
                fate = "refused"
                reasons[f"{path.suffix.lower()}: {error.problem}"] += 1
            if time.perf_counter() - began > SLOW_S:
                slow.append(path)
            counts[folder.name, path.suffix.lower(), fate] += 1
    for (name, suffix, fate), count in sorted(counts.items()):
        print(f"{count:5} {name} {suffix} {fate}")
    for reason, count in reasons.most_common():
        print(f"{count:5} {reason}")
    for path in slow:
        print(f"slow: {path}")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
