"""Benchmarks, which run by hand alone: here they are only imported."""

import importlib
import pkgutil

import pytest

import benchmarks

NAMES = [
    found.name
    for found in pkgutil.walk_packages(benchmarks.__path__, "benchmarks.")
    if not found.name.endswith("__main__")
]


@pytest.mark.parametrize("name", NAMES)
def test_benchmark_can_be_imported(name: str) -> None:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != "pyftms":
            raise
        pytest.skip("LEFT OUT: no pyftms here (make setup-pyftms)")
