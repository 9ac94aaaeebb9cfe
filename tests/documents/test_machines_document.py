"""docs/machines.md against the table of models and the simulated machines."""

import re
import tomllib
from pathlib import Path

from bridge.machines.models import MODELS

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "machines.md").read_text("utf-8")
MACHINES = ROOT / "simulators" / "machines"
NOT_OF_A_BRAND = {"strict", "start-toggle", "target-as-speed"}
"""They show one quirk, or none."""
OWN_PROTOCOL = "walkingpad"
KNOWN = {"A": "recorded", "B": "reported", "C": "inferred"}


def rows() -> list[list[str]]:
    found = re.findall(r"^\| (.*) \|$", DOCUMENT, re.MULTILINE)
    return [[cell.strip() for cell in row.split(" | ")] for row in found[1:]]


def machines_of(row: list[str]) -> list[str]:
    return re.findall(r"`([a-z0-9-]+)`", row[-1]) if len(row) == 5 else []


def evidence(machine: str) -> set[str]:
    """The grades of what is known of a simulated machine."""
    profile = tomllib.loads((MACHINES / f"{machine}.toml").read_text("utf-8"))
    grades = set()
    for key in profile.get("evidence", {}):
        grades |= set(re.findall(r"\b[ABC]\b", key))
    return grades


def test_every_simulated_machine_of_a_brand_has_a_row() -> None:
    listed = [machine for row in rows() for machine in machines_of(row)]
    there = {path.stem for path in MACHINES.glob("*.toml")} - NOT_OF_A_BRAND
    assert set(listed) == there | {OWN_PROTOCOL}
    assert len(listed) == len(set(listed))


def test_machine_row_has_the_best_evidence_grade_of_its_machines() -> None:
    for row in rows():
        machines = [each for each in machines_of(row) if each != OWN_PROTOCOL]
        grades = {grade for machine in machines for grade in evidence(machine)}
        assert not grades or row[2] == KNOWN[min(grades)], row


def test_machines_document_has_every_model() -> None:
    brands = {word for row in rows() for word in re.findall(r"[A-Za-z0-9.]+", f"{row[0]} {row[1]}")}
    titles = [model.title for model in MODELS if model.key != "simulated"]
    assert [each for each in titles if brands.isdisjoint(re.findall(r"[A-Za-z0-9.]+", each))] == []
