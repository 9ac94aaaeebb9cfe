"""Warnings about a shared state directory, as far as the disk allows."""

import errno
import fcntl
import os
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, NoReturn

import pytest
from structlog.testing import capture_logs

from bridge.history.store.lock import NAME, marked


def warnings(logs: list[MutableMapping[str, Any]]) -> list[tuple[str, str]]:
    assert {entry["log_level"] for entry in logs} <= {"warning"}
    return [(entry["event"], entry["reason"]) for entry in logs]


def test_second_bridge_warns_of_the_first_and_continues(tmp_path: Path) -> None:
    directory = tmp_path / "not" / "there" / "yet"
    with capture_logs() as logs, marked(directory) as first_new, marked(directory) as second_new:
        assert (first_new, second_new) == (True, None)
    first = f"another treadmill-bridge (process {os.getpid()})"
    assert warnings(logs) == [
        ("state_shared", f"{first} runs with the state directory {directory}")
    ]
    assert logs[0]["hint"] == "give each bridge a state_dir of its own"


def test_bridge_that_has_ended_causes_no_warning(tmp_path: Path) -> None:
    with capture_logs() as logs:
        for _ in range(2):
            with marked(tmp_path):
                pass
        with pytest.raises(LookupError), marked(tmp_path):
            raise LookupError
        with marked(tmp_path):
            pass
    assert not logs


def test_bridges_with_different_directories_do_not_warn(tmp_path: Path) -> None:
    with capture_logs() as logs, marked(tmp_path / "one"), marked(tmp_path / "two"):
        pass
    assert not logs


def test_state_directory_and_lock_are_readable_by_their_user_only(tmp_path: Path) -> None:
    with marked(tmp_path / "state"):
        pass
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "state" / NAME).stat().st_mode & 0o777 == 0o600


def test_lock_file_of_an_ended_process_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("99999999999999\n")
    with marked(tmp_path):
        assert (tmp_path / NAME).read_text() == f"{os.getpid()}\n"


def test_lock_on_a_full_disk_works_without_a_process_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    with capture_logs() as logs, marked(tmp_path), marked(tmp_path):
        pass
    nobody = f"another treadmill-bridge runs with the state directory {tmp_path}"
    assert warnings(logs) == [("state_shared", nobody)]


@pytest.mark.parametrize(
    ("what", "number"),
    [
        pytest.param((os, "open"), errno.EROFS, id="the disk is read-only"),
        pytest.param((os, "open"), errno.ENOSPC, id="the disk is full"),
        pytest.param((os, "open"), errno.EACCES, id="it is another user's"),
        pytest.param((fcntl, "flock"), errno.ENOLCK, id="the file system knows no locks"),
    ],
)
def test_bridge_that_cannot_lock_warns_and_continues(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: tuple[object, str], number: int
) -> None:
    def fail(*_arguments: object) -> NoReturn:
        raise OSError(number, os.strerror(number))

    gone_on = False
    monkeypatch.setattr(*what, fail)
    with capture_logs() as logs, marked(tmp_path), marked(tmp_path):
        gone_on = True
    assert gone_on
    assert warnings(logs) == [("state_not_locked", f"{tmp_path}: {os.strerror(number)}")] * 2


def test_state_directory_that_is_a_file_gets_advice_on_the_directory(tmp_path: Path) -> None:
    file = tmp_path / "state"
    file.touch()
    with capture_logs() as logs, marked(file):
        pass
    assert warnings(logs) == [("state_not_locked", f"{file}: {os.strerror(errno.EEXIST)}")]
    assert "state_dir must be a directory" in logs[0]["hint"]
