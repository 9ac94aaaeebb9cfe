"""docs/quirks.md against the tests that it names, and the quirks that the simulator plays."""

import re
from pathlib import Path

from tests.documents.test_conformance_document import exists

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "quirks.md").read_text()
TEST = re.compile(r"`([a-z_/]+\.py)::([A-Za-z0-9_:]+)`")
ROW = re.compile(r"^\| ([DPSL]\d+(?:, [DPSL]\d+)*) \|(.*)\|$", re.MULTILINE)
ROWS = {quirk: text for names, text in ROW.findall(DOCUMENT) for quirk in names.split(", ")}
PLAYED = {
    quirk
    for names, _ in ROW.findall((ROOT / "docs" / "simulator.md").read_text())
    for quirk in names.split(", ")
}
NOT_OF_THE_LINK = {"L9"}
"""A heart-rate strap's."""
KNOWN = {
    *(f"D{number}" for number in range(1, 30)),
    *(f"P{number}" for number in range(1, 26)),
    *(f"S{number}" for number in range(1, 16)),
    *(f"L{number}" for number in range(1, 11)),
}


NOT_PLAYED = dict(re.findall(r"^- ([DPSL]\d+): (.+)", DOCUMENT, re.MULTILINE))


def test_quirks_document_names_only_existing_tests() -> None:
    assert [test for test in TEST.findall(DOCUMENT) if not exists(*test)] == []


def test_every_known_quirk_has_a_row_with_a_test() -> None:
    assert {each for each in KNOWN - NOT_OF_THE_LINK if not TEST.search(ROWS[each])} == set()


def test_quirks_document_has_every_simulated_quirk() -> None:
    assert PLAYED
    assert set(ROWS) >= PLAYED


def test_every_unsimulated_quirk_has_a_documented_reason() -> None:
    assert set(NOT_PLAYED) == KNOWN - PLAYED
