"""Coverage is measured only where it is enabled."""

import coverage
import pytest


@pytest.mark.unmeasured
def test_coverage_is_off_in_an_unmeasured_test() -> None:
    assert coverage.Coverage.current() is None
