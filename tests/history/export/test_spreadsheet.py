"""The CSV in a real spreadsheet: LibreOffice Calc, without a screen."""

import os
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bridge.history.export import export
from bridge.history.export.csv_file import HEADER
from bridge.history.reader import Course
from tests.history.years import END, course, session_of

PROGRAM = shutil.which("soffice")
pytestmark = pytest.mark.skipif(
    PROGRAM is None, reason="LEFT OUT: there is no LibreOffice (apt install libreoffice-calc)"
)
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
GERMAN = "CSV:59,34,76,1,,1031"
"""Separated by `;`, UTF-8, from the first line on, as German Windows reads it."""
TEXT = frozenset({"time", "phase", "person", "shoes"})


def opened(content: bytes, place: Path, how: str = "CSV:44,34,76,1,,1033") -> list[list[str]]:
    """Let Calc open a file and return its cells: numbers, and texts with a leading quote."""
    (place / "run.csv").write_bytes(content)
    profile = f"-env:UserInstallation=file://{place}/profile"
    command = [
        *(PROGRAM or "", profile, "--headless", f"--infilter={how}", "--convert-to", "xlsx"),
        *("--outdir", str(place), str(place / "run.csv")),
    ]
    environment = {**os.environ, "HOME": str(place)}
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=240, env=environment
    )
    assert done.returncode == 0, done.stderr
    complaints = [line for line in done.stderr.splitlines() if "javaldx" not in line]
    assert complaints == []
    with zipfile.ZipFile(place / "run.xlsx") as book:
        sheet = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))  # noqa: S314 - Calc wrote it
        strings = ET.fromstring(book.read("xl/sharedStrings.xml"))  # noqa: S314
    assert sheet.find(f".//{MAIN}f") is None, "a cell is a formula"
    texts = ["".join(each.itertext()) for each in strings.iter(f"{MAIN}si")]
    rows = []
    for row in sheet.iter(f"{MAIN}row"):
        cells = dict.fromkeys(range(len(HEADER)), "")
        for cell in row.iter(f"{MAIN}c"):
            letter = re.sub(r"\d", "", cell.get("r", ""))
            value = cell.findtext(f"{MAIN}v", "")
            cells[ord(letter) - ord("A")] = (
                f"'{texts[int(value)]}" if cell.get("t") == "s" else value
            )
        rows.append(list(cells.values()))
    return rows


def run() -> Course:
    seconds = list(course(6, 1))
    return Course(1, session_of(END, seconds, "Ghost"), tuple(seconds))


def test_calc_reads_numbers_as_numbers_and_no_name_as_a_formula(tmp_path: Path) -> None:
    hostile = run()
    session = replace(hostile.session, person="=1+1", shoes="\t@SUM(A1)")
    head, *rows = opened(export(replace(hostile, session=session), "csv"), tmp_path)

    assert head == [f"'{name}" for name in HEADER]
    assert len(rows) == 360
    kinds = {
        name: {"text" if row[place].startswith("'") else "number" for row in rows if row[place]}
        for place, name in enumerate(HEADER)
    }
    known = {name: kind for name, kind in kinds.items() if kind}
    assert known == {name: {"text" if name in TEXT else "number"} for name in known}
    assert rows[0][0] == "'2026-11-28T07:00:00Z"
    assert rows[0][HEADER.index("person")].endswith("=1+1")
    assert rows[0][HEADER.index("shoes")].endswith("@SUM(A1)")


def test_german_calc_reads_times_of_the_excel_csv_as_times(tmp_path: Path) -> None:
    _, first, second, *_ = opened(export(run(), "csv", excel=True), tmp_path, GERMAN)

    # Days since the end of 1899: 28 November 2026, 07:00.
    assert float(first[0]) == pytest.approx(46354 + 7 / 24, abs=1e-6)
    assert float(second[0]) - float(first[0]) == pytest.approx(1 / 86_400, abs=1e-8)
    assert float(first[HEADER.index("speed_kmh")]) == 5.5
