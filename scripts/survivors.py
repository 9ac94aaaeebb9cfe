"""The file of surviving mutants: each with its diff, and the reason why no test can detect it.

`make mutants` writes modules and diffs; the reasons are written by hand. A reason is kept as long
as the diff stays the same, wherever it moves in the module.
"""

import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

HEADER = """\
# Written by `make mutants`; only the reasons are written by hand.
# A survivor without a reason is a missing test.
"""


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that no test detected. An empty reason means that it is unexplained."""

    module: str
    diff: str
    reason: str = ""

    @property
    def key(self) -> str:
        """Key of the survivor, which does not depend on its position."""
        lines = [line for line in self.diff.strip().splitlines() if not line.startswith("@@")]
        return "\n".join([self.module, *lines])

    def is_in(self, source: str) -> bool:
        """Return True if a program still has the lines that the survivor changes."""
        before = [line[1:] for line in self.diff.splitlines() if line[:1] not in {"@", "+"}]
        lines = [line.rstrip() for line in source.splitlines()]
        return "\n".join(["", *before, ""]) in "\n".join(["", *lines, ""])


def read(file: Path) -> list[Survivor]:
    """Return the survivors in a file; none if the file does not exist."""
    if not file.exists():
        return []
    return [Survivor(**entry) for entry in tomllib.loads(file.read_text()).get("survivor", [])]


def write(file: Path, survivors: Iterable[Survivor]) -> None:
    """Replace the file as a whole, sorted by module."""
    lines = [HEADER]
    for survivor in sorted(survivors, key=lambda survivor: survivor.module):
        lines += [
            "[[survivor]]",
            f"module = {json.dumps(survivor.module)}",
            f"reason = {json.dumps(survivor.reason)}",
            f"diff = '''\n{survivor.diff.rstrip()}\n'''\n",
        ]
    new = file.with_name(f"{file.name}.new")
    new.write_text("\n".join(lines))
    new.replace(file)


def replace(file: Path, module: str, found: Iterable[Survivor]) -> list[Survivor]:
    """Replace one module's survivors by the new ones; return these with their reasons."""
    known = read(file)
    reasons = {survivor.key: survivor.reason for survivor in known}
    explained = [
        Survivor(module, survivor.diff, reasons.get(survivor.key, "")) for survivor in found
    ]
    write(file, [*(survivor for survivor in known if survivor.module != module), *explained])
    return explained
