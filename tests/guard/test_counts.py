"""The counts at the end of a run, which its workers and the run itself made."""

from collections import Counter
from types import SimpleNamespace
from unittest.mock import Mock

import pytest

from tests.guard import conftest
from tests.guard.conftest import PROMISED_STEPS, PROMISED_STRETCHES, STEPS, STRETCHES


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """The counts of a run that has just begun."""
    new: Counter[str] = Counter()
    monkeypatch.setattr(conftest, "COUNTS", new)
    return new


def finished(**config: object) -> SimpleNamespace:
    """Return a session after its end."""
    session = SimpleNamespace(config=SimpleNamespace(**config), exitstatus=0)
    conftest.pytest_sessionfinish(session)  # type: ignore[arg-type]
    return session


def test_proof_counts_of_all_workers_are_summed(counts: Counter[str]) -> None:
    worker: dict[str, object] = {}
    counts[STEPS] = 3
    finished(workeroutput=worker)
    counts.clear()
    for node in (SimpleNamespace(workeroutput=worker),) * 2 + (SimpleNamespace(),):
        conftest.pytest_testnodedown(node)
    assert counts == {STEPS: 6}


@pytest.mark.parametrize(
    ("stretches", "steps", "short"),
    [
        (PROMISED_STRETCHES, PROMISED_STEPS, False),
        (PROMISED_STRETCHES, PROMISED_STEPS - 1, True),
        (PROMISED_STRETCHES - 1, 5, False),
        (0, 0, False),
    ],
)
def test_complete_proof_with_too_few_steps_fails(
    counts: Counter[str], stretches: int, steps: int, *, short: bool
) -> None:
    counts.update({STRETCHES: stretches, STEPS: steps})
    reporter = Mock()
    conftest.pytest_terminal_summary(reporter)
    assert finished().exitstatus == int(short)
    said = [call.args[0] for call in reporter.write_line.call_args_list]
    assert f"{steps:,} {STEPS}" in said
    assert ("fewer than the 100,000 steps promised" in said) is short
