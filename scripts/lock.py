#!/usr/bin/env python3
"""Writes the lock files in requirements/, or checks them against pyproject.toml.

    scripts/lock.py            resolves and writes, keeping pinned versions that still fit
    scripts/lock.py --upgrade  the same, with the newest versions
    scripts/lock.py --check    exits 1 if a lock file was made from other requirements

Each lock file contains a digest of its requirements, so that the check needs neither a network nor
a resolver. Lock files contain no index address: pip's configuration selects the index, and the
hashes verify the packages.
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
# Development first: it constrains the others' versions, so that all fit in one environment.
DEV = LOCKS / "dev.txt"
DEMO = LOCKS / "demo.txt"
# The content of the Debian package and the container image.
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
"""Oldest Python of a lock file, if it is not the project's own."""
# Home Assistant has its own environment, with its own requirements.
HOME = LOCKS / "home-assistant.txt"
HOME_INPUT = HOME.with_suffix(".in")


def digest(project: dict[str, object]) -> str:
    """Return the SHA-256, in hex, of everything that determines a lock file."""
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
    """Return the same digest for Home Assistant's environment."""
    return hashlib.sha256(HOME_INPUT.read_bytes()).hexdigest()


def header(fingerprint: str) -> str:
    """Return the header of every lock file."""
    return f"# Written by `make lock`; do not edit.\n# Made from requirements {fingerprint}\n"


def write(lock: Path, project: dict[str, object], options: list[str]) -> None:
    """Resolve and write one lock file; raises CalledProcessError if uv fails."""
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
    """Write a lock file with uv; raises CalledProcessError if uv fails."""
    command = ["uv", "pip", "compile", "--quiet", "--universal", "--python-version", python]
    command += ["--generate-hashes", "--no-annotate", "--no-header", "--output-file", str(lock)]
    subprocess.run([*command, *arguments], cwd=ROOT, input=text, text=True, check=True)


def main() -> int:
    """Run the command line; return 1 if a lock file is out of date."""
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
