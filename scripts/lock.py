#!/usr/bin/env python3
"""Writes the lock files in requirements/, or tells whether they still answer to pyproject.toml.

    scripts/lock.py            resolves and writes, keeping pinned versions that still fit
    scripts/lock.py --upgrade  the same, with the newest versions
    scripts/lock.py --check    exits 1 if a lock file was made from other requirements than today's

Each lock file bears a digest of the requirements that it was made from, so that the check needs
neither a network nor a resolver. No index address goes into a lock file: pip's own set-up decides
where packages come from, and the hashes decide whether they are the right ones.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "requirements"
# The development's first: the others are held to its versions, so that all fit in one environment.
DEV = LOCKS / "dev.txt"
DEMO = LOCKS / "demo.txt"
# All that the Debian package and the container image hold.
PACKAGES = LOCKS / "packages.txt"
PYFTMS = LOCKS / "pyftms.txt"
MUTANTS = LOCKS / "mutants.txt"
SELECTION = {
    DEV: ["--extra", "demo", "--extra", "metrics", "--extra", "discovery", "--group", "dev"],
    DEMO: ["--extra", "demo"],
    PACKAGES: ["--extra", "demo", "--extra", "metrics", "--extra", "discovery", "--extra", "fit"],
    PYFTMS: ["--extra", "simulator", "--group", "pyftms"],
    MUTANTS: ["--extra", "demo", "--extra", "metrics", "--group", "dev", "--group", "mutants"],
}
PYTHON = {PYFTMS: "3.12"}
"""The oldest Python that a lock file is for, where it is not the project's own."""
# Home Assistant has an environment of its own; what goes there is not this project's.
HOME = LOCKS / "home-assistant.txt"
HOME_INPUT = HOME.with_suffix(".in")


def digest(project: dict[str, object]) -> str:
    """Return the SHA-256, in hex, of all that decides what a lock file holds."""
    metadata = project["project"]
    assert isinstance(metadata, dict)  # noqa: S101 - for the type checker
    inputs = [
        project["build-system"],
        metadata["requires-python"],
        metadata["dependencies"],
        metadata["optional-dependencies"],
        project["dependency-groups"],
    ]
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def home_digest() -> str:
    """Return the same of what Home Assistant's environment is made from."""
    return hashlib.sha256(HOME_INPUT.read_bytes()).hexdigest()


def header(fingerprint: str) -> str:
    """Return the lines that every lock file begins with."""
    return f"# Written by `make lock`; do not edit.\n# Made from requirements {fingerprint}\n"


def write(lock: Path, project: dict[str, object], options: list[str]) -> None:
    """Resolve for one lock file and write it whole; raises CalledProcessError if uv fails."""
    build = project["build-system"]
    assert isinstance(build, dict)  # noqa: S101 - for the type checker
    # The build backend is locked too: the project is installed without build isolation.
    arguments = [*SELECTION[lock], *options, str(ROOT / "pyproject.toml"), "-"]
    resolve(lock, PYTHON.get(lock, "3.11"), arguments, "\n".join(build["requires"]))
    lock.write_text(header(digest(project)) + lock.read_text())


def write_home(options: list[str]) -> None:
    """The same for Home Assistant's environment."""
    resolve(HOME, "3.13", [*options, str(HOME_INPUT)])
    HOME.write_text(header(home_digest()) + HOME.read_text())


def resolve(lock: Path, python: str, arguments: list[str], text: str = "") -> None:
    """Have uv write a lock file; raises CalledProcessError if it cannot."""
    command = ["uv", "pip", "compile", "--quiet", "--universal", "--python-version", python]
    command += ["--generate-hashes", "--no-annotate", "--no-header", "--output-file", str(lock)]
    subprocess.run([*command, *arguments], cwd=ROOT, input=text, text=True, check=True)


def main() -> int:
    """Do as the command line says; 1 if a lock file is out of date."""
    parser = argparse.ArgumentParser(description="Write or check the lock files.")
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    arguments = parser.parse_args()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    if not arguments.check:
        upgrade = ["--upgrade"] if arguments.upgrade else []
        write(DEV, project, upgrade)
        for lock in (DEMO, PACKAGES, PYFTMS, MUTANTS):
            write(lock, project, ["--constraint", str(DEV)])
        write_home(upgrade)
        return 0
    expected = {lock: header(digest(project)) for lock in SELECTION} | {HOME: header(home_digest())}
    stale = [lock.name for lock, head in expected.items() if not lock.read_text().startswith(head)]
    if stale:
        print(f"out of date: {', '.join(stale)}; run `make lock` and commit the result")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
