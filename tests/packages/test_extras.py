"""The line that adds an extra's libraries, for each way to install the program."""

import os
import sys
from importlib import metadata

import pytest

from bridge import extras
from bridge.extras import install_line, libraries_of


def test_install_line_names_this_python_and_the_libraries() -> None:
    line = install_line("watch")
    assert line.startswith(f"{sys.executable} -m pip install 'rich>=")


def test_combined_extra_names_the_libraries_of_its_parts() -> None:
    names = [each.partition(">")[0].partition("<")[0] for each in libraries_of("demo")]
    assert names == ["starlette", "uvicorn", "bumble", "rich", "amqtt"]


def test_install_line_uses_uv_in_an_environment_without_pip(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    line = install_line("fit")
    assert line.startswith(f"uv pip install --python {sys.executable} 'fitdecode")


def test_install_line_for_an_environment_of_root_uses_sudo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert install_line("watch").startswith(f"sudo {sys.executable} -m pip")


def test_program_that_is_not_installed_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> None:
        raise metadata.PackageNotFoundError

    monkeypatch.setattr(metadata, "requires", missing)
    assert libraries_of("watch") == ["treadmill-bridge[watch]"]
