"""Benchmarks, which run by hand alone: here they are only imported."""

import pkgutil
import subprocess
import sys

import pytest

import benchmarks

NAMES = [
    found.name
    for found in pkgutil.walk_packages(benchmarks.__path__, "benchmarks.")
    if not found.name.endswith("__main__")
]


@pytest.mark.parametrize("name", NAMES)
def test_benchmark_can_be_imported(name: str) -> None:
    """In a process of its own: a subject decides for its whole process what can be loaded."""
    command = (sys.executable, "-c", f"import {name}")
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    if ended.stderr.endswith("ModuleNotFoundError: No module named 'pyftms'\n"):
        pytest.skip("LEFT OUT: no pyftms here (make setup-pyftms)")
    assert ended.returncode == 0, ended.stderr
