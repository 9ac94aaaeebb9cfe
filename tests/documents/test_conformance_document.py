"""docs/conformance.md against the tests that it names, and the lists that it has to cover."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "conformance.md").read_text()
ROW = re.compile(r"^\| ([A-Z][A-Z0-9/-]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
TEST = re.compile(r"`([a-z_/]+\.py)::([A-Za-z0-9_:]+)`")

OFFICIAL = {
    f"{group}-{number:02d}"
    for group, numbers in {
        "SGGIT/SER/BV": (1,),
        "SGGIT/CHA/BV": (1, 2, 8, 9, 10, 13, 14, 15, 16),
        "SGGIT/ISFC/BV": (1,),
        "SGGIT/SDP/BV": (1,),
        "CR/BV": (1, 2, 3, 4, 7),
        "CON/BV": (1, 7, 8, 9),
        "CN/BV": range(1, 13),
        "TSN/BV": (1, 2, 3),
        "FMSN/BV": (1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 14, 15, 16, 17, 18, 23, 24),
        "CW/BV": (1, 2, 3, 4, 7, 8, 9, 10, 11, 12, 14, 15, 16, 17, 18),
        "SPE/BV": (1, 2, 3, 4, 9),
        "SPE/BI": (5, 8),
    }.items()
    for number in numbers
}
SERVER = {f"V{number:02d}" for number in range(1, 14)}
CLIENT = {f"C{number:02d}" for number in range(1, 16)}
ROWS = {case: (asks, tests) for case, asks, tests in ROW.findall(DOCUMENT)}


def named(case: str) -> list[tuple[str, str]]:
    return TEST.findall(ROWS[case][1])


def found_in(path: Path) -> Iterator[str]:
    """`name` and `Class::name` of every test in a file."""
    for node in ast.parse(path.read_text()).body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.ClassDef(name=outer, body=body):
                for inner in body:
                    if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                        yield f"{outer}::{inner.name}"
            case _:
                pass


def exists(file: str, test: str) -> bool:
    """True if a file below `tests` has this test: `name` or `Class::name`."""
    return test in _found(file)


@cache
def _found(file: str) -> frozenset[str]:
    return frozenset(found_in(ROOT / "tests" / file))


def test_conformance_rows_match_the_known_cases() -> None:
    assert set(ROWS) == OFFICIAL | SERVER | CLIENT


def test_conformance_row_names_existing_tests_or_a_reason() -> None:
    for case, (_, tests) in ROWS.items():
        assert named(case) or tests.startswith("does not apply: "), case
    assert [test for case in ROWS for test in named(case) if not exists(*test)] == []


def test_name_of_each_server_test_contains_its_case_id() -> None:
    for case in (OFFICIAL | SERVER) & set(ROWS):
        group, _, number = case.replace("/", "_").lower().rpartition("-")
        form = rf"(^|_|::){group}(_\d\d)*_{number}(_|$)" if group else rf"_{number}(_|$)"
        assert all(re.search(form, test) for _file, test in named(case)), case


def test_conformance_document_check_finds_a_test_that_does_not_exist() -> None:
    this = str(Path(__file__).relative_to(ROOT / "tests"))
    assert not exists(this, "test_nothing_of_the_kind")
    assert exists(this, "test_conformance_rows_match_the_known_cases")
