"""A state directory belongs to one bridge at a time, as far as its disk lets anybody say so."""

import errno
import fcntl
import os
from pathlib import Path
from typing import NoReturn

import pytest
from structlog.testing import capture_logs

from bridge.history.lock import NAME, InUseError, alone


def test_the_second_hears_who_was_first_and_what_to_do(tmp_path: Path) -> None:
    directory = tmp_path / "not" / "there" / "yet"
    with alone(directory), pytest.raises(InUseError) as caught, alone(directory):
        pass
    assert str(caught.value) == (
        f"another treadmill-bridge (process {os.getpid()}) runs with the state directory "
        f"{directory}: stop it, or give each a state_dir of its own"
    )


def test_it_is_free_again_once_the_first_has_ended(tmp_path: Path) -> None:
    for _ in range(2):
        with alone(tmp_path):
            pass
    with pytest.raises(LookupError), alone(tmp_path):
        raise LookupError
    with alone(tmp_path):
        pass


def test_another_directory_is_another_s(tmp_path: Path) -> None:
    with alone(tmp_path / "one"), alone(tmp_path / "two"):
        pass


def test_only_its_user_may_look(tmp_path: Path) -> None:
    with alone(tmp_path / "state"):
        pass
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "state" / NAME).stat().st_mode & 0o777 == 0o600


def test_what_an_earlier_process_left_there_is_nobody_s(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("99999999999999\n")
    with alone(tmp_path):
        assert (tmp_path / NAME).read_text() == f"{os.getpid()}\n"


def test_on_a_full_disk_it_is_locked_but_nobody_knows_by_whom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    with alone(tmp_path), pytest.raises(InUseError) as caught, alone(tmp_path):
        pass
    assert str(caught.value).startswith("another treadmill-bridge runs with the state directory")


@pytest.mark.parametrize(
    ("what", "number"),
    [
        pytest.param((os, "open"), errno.EROFS, id="the disk is read-only"),
        pytest.param((os, "open"), errno.ENOSPC, id="the disk is full"),
        pytest.param((os, "open"), errno.EACCES, id="it is another user's"),
        pytest.param((fcntl, "flock"), errno.ENOLCK, id="the file system knows no locks"),
    ],
)
def test_where_nothing_can_be_locked_it_goes_on_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: tuple[object, str], number: int
) -> None:
    def fail(*_arguments: object) -> NoReturn:
        raise OSError(number, os.strerror(number))

    gone_on = 0
    monkeypatch.setattr(*what, fail)
    with capture_logs() as logs, alone(tmp_path), alone(tmp_path):
        gone_on += 1
    assert gone_on == 1
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [
        ("state_not_locked", "warning")
    ] * 2
    assert logs[0]["reason"] == f"{tmp_path}: {os.strerror(number)}"
