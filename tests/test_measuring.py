"""Coverage is measured where it is asked for, and nowhere else."""

import coverage
import pytest


@pytest.mark.unmeasured
def test_nothing_is_measured_in_an_unmeasured_test() -> None:
    assert coverage.Coverage.current() is None
