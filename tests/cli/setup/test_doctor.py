"""`treadmill-bridge doctor`: the output. The checks are tested in tests/app/doctor."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.app.doctor import Finding, Verdict
from bridge.cli.setup import doctor
from tests.cli.conftest import Invoke, ended

GOOD = Finding("clock", Verdict.OK, "synchronised")
LEFT_OUT = Finding("service", Verdict.SKIPPED, "not installed")
BAD = Finding("machine home", Verdict.FAILED, "12:34:56:78:9A:BC is held", "machine_held")


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    """Findings of the examination."""
    findings: list[Finding] = []

    async def examine(
        _path: object, _places: object, on_finding: Callable[[Finding], None]
    ) -> list[Finding]:
        for each in findings:
            on_finding(each)
        return findings

    monkeypatch.setattr(doctor, "examine", examine)
    return findings


def test_doctor_prints_a_line_per_check_and_exits_with_1_for_a_fault(
    invoke: Invoke, found: list[Finding]
) -> None:
    found += [GOOD, LEFT_OUT, BAD]
    result = ended(invoke("doctor"), 1)
    assert result.stdout.splitlines() == [
        "ok      clock: synchronised",
        "skipped service: not installed",
        "FAILED  machine home: 12:34:56:78:9A:BC is held",
        "1 of 3 checks failed; each line suggests a fix.",
    ]


def test_doctor_without_a_fault_exits_with_0_and_names_the_next_step(
    invoke: Invoke, found: list[Finding]
) -> None:
    found += [GOOD, LEFT_OUT]
    ended(invoke("doctor"), 0, "treadmill-bridge scan")


def test_doctor_prints_findings_as_json(invoke: Invoke, found: list[Finding]) -> None:
    found += [GOOD, BAD]
    result = ended(invoke("doctor", "--json"), 1)
    document = json.loads(result.stdout)
    assert document["good"] is False
    assert [each["rule"] for each in document["findings"]] == [None, "machine_held"]


def test_doctor_report_contains_no_address(
    invoke: Invoke, found: list[Finding], tmp_path: Path
) -> None:
    found += [GOOD, BAD]
    target = tmp_path / "report.md"
    invoke("doctor", "--report", str(target))
    text = target.read_text()
    assert "XX:XX:XX:XX:9A:BC is held" in text
    assert "12:34:56" not in text


def test_doctor_report_that_cannot_be_written_exits_with_2(
    invoke: Invoke, found: list[Finding]
) -> None:
    found.append(GOOD)
    ended(invoke("doctor", "--report", "/proc/nowhere/report.md"), 2, "cannot write")
