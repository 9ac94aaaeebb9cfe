"""Configurations from text, as a test writes them."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from bridge.config import Config, ConfigError, load

EXAMPLE = Path(__file__).parents[2] / "docs" / "example.toml"
PREFIX = "TREADMILL_BRIDGE__"


def from_toml(directory: Path, text: str, env: Mapping[str, str] | None = None) -> Config:
    path = directory / "config.toml"
    path.write_text(text)
    return load(path, env or {})


def problems(directory: Path, text: str, env: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        from_toml(directory, text, env)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return list(caught.value.problems)
