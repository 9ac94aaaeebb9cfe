"""A machine for the tests of the snapshot."""

import pytest

from tests.tracking.snapshot.machine import Machine


@pytest.fixture
def machine() -> Machine:
    return Machine()
