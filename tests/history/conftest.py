"""A computer and the path of its history."""

from pathlib import Path

import pytest

from bridge.history.store.file import NAME
from tests.history.computer import Computer


@pytest.fixture
def computer() -> Computer:
    return Computer()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / NAME
