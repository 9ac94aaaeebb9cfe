"""What `make mutants` has shown belongs to the code as it is; nothing is tried anew here."""

import hashlib
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
REPORT: dict[str, Any] = tomllib.loads(Path(__file__).with_name("mutants.toml").read_text())
TRIED: dict[str, Any] = {module["path"]: module for module in REPORT.get("module", [])}
PENDING: list[str] = REPORT["pending"]
MODULES = sorted(
    path.relative_to(ROOT).as_posix() for path in (ROOT / "bridge" / "guard").rglob("*.py")
)


def test_every_module_of_the_guard_is_named_once() -> None:
    assert sorted([*TRIED, *PENDING]) == MODULES


@pytest.mark.parametrize("path", MODULES)
def test_it_was_tried_as_it_is(path: str) -> None:
    if path in PENDING:
        pytest.skip(f"{path} is yet to be tried with mutants: make mutants ARGS={path}")
    digest = hashlib.sha256((ROOT / path).read_bytes()).hexdigest()
    assert TRIED[path]["sha256"] == digest, (
        f"{path} changed since mutants were tried. Run `make mutants ARGS={path}`, or, if that has "
        "to wait, `make mutants ARGS=--pending`, and commit tests/guard/mutants.toml"
    )


@pytest.mark.parametrize("path", sorted(TRIED))
def test_each_survivor_is_explained(path: str) -> None:
    module = TRIED[path]
    survivors = module.get("survivor", [])
    assert module["killed"] + len(survivors) == module["mutants"]
    for survivor in survivors:
        assert survivor["reason"].strip(), (
            f"no test notices this, and no reason is given:\n{survivor['diff']}"
        )
