"""docs/safety.md against the code: each rule and test that it names exists."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from bridge.config import Guard, Slower, SteepTier
from bridge.guard.rules import RULES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/safety.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/\S+\.py)::(\w+(?:::\w+)?)`", PAGE)


def names_in(path: str) -> set[str]:
    """The tests in a file, each after its class where it has one."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    groups = [("", tree.body)]
    groups += [(f"{g.name}::", g.body) for g in tree.body if isinstance(g, ast.ClassDef)]
    return {
        prefix + test.name
        for prefix, body in groups
        for test in body
        if isinstance(test, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_every_test_named_in_the_document_exists() -> None:
    assert len(NAMED) > 20
    missing = [name for path, name in NAMED if name not in names_in(path)]
    assert not missing


def test_every_test_in_the_document_is_named_with_its_file() -> None:
    assert PAGE.count("::test_") == len(NAMED)


def test_every_rule_has_a_row_in_the_document() -> None:
    rows = {row.split("`")[1] for row in PAGE.splitlines() if row.startswith("| `")}
    # Two judge sessions and belts, one comes after the others, and the holds are one function.
    others = {"slower", "response", "gradual", "garbled", "missing", "settling", "stale"}
    assert {rule.__name__ for rule in RULES} - {"holds"} | others <= rows


SECTIONS: tuple[tuple[type[BaseModel], str], ...] = (
    (Guard, ""),
    (SteepTier, "steep."),
    (Slower, "slower."),
)


def numbers() -> Iterator[str]:
    """For each number of the configuration, how its row has to read."""
    for section, prefix in SECTIONS:
        for key, field in section.model_fields.items():
            extra: Any = field.json_schema_extra
            if extra is None:
                continue
            low = next(bound.ge for bound in field.metadata if hasattr(bound, "ge"))
            high = next(bound.le for bound in field.metadata if hasattr(bound, "le"))
            default = "none" if field.is_required() or field.default is None else field.default
            told = default if isinstance(default, str) else f"{default:.15g}"
            wise = " to ".join(f"{bound:.15g}" for bound in extra["wise"])
            yield f"| `{prefix}{key}` | {told} | {low:.15g} to {high:.15g} | {wise} |"


@pytest.mark.parametrize("row", [*numbers()])
def test_every_number_in_the_document_is_that_of_the_configuration(row: str) -> None:
    assert row in PAGE


def test_document_has_no_number_without_a_setting() -> None:
    table = PAGE.split("### Every number")[1].split("## ")[0]
    assert table.count("| `") == len(list(numbers()))
