"""Standard streams that are closed, full, or in another encoding; files that cannot be written."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.cli.common import write_whole
from bridge.history.store.file import NAME
from tests.history.years import fill


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
@pytest.mark.parametrize(
    "line",
    [
        "simulate --port 0 --duration 0.1",
        "watch --broker 127.0.0.1:1 --duration 0.1",
        "check {empty} --json",
        "plans list",
    ],
)
def test_command_with_a_closed_standard_stream_exits_with_0(
    tmp_path: Path, line: str, closed: str
) -> None:
    empty = tmp_path / "empty.toml"
    empty.write_text('[[treadmills]]\nid = "home"\n')
    command = f"exec {sys.executable} -m bridge {line.format(empty=empty)} {closed}"
    ended = subprocess.run(["sh", "-c", command], check=False, capture_output=True)
    assert (ended.returncode, b"Traceback" in ended.stderr) == (0, False), ended.stderr


def test_output_in_another_encoding_replaces_unknown_characters(tmp_path: Path) -> None:
    folder = tmp_path / "Läufe…"
    config = tmp_path / "c.toml"
    config.write_text(f'[workouts]\ndirectory = "{folder}"\n', "utf-8")
    command = [sys.executable, "-m", "bridge", "workouts", "list", "-c", str(config)]
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    ended = subprocess.run(command, check=False, capture_output=True, env=environment)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert "Läufe? does not exist".encode("latin-1") in ended.stdout


@pytest.mark.parametrize(
    "arguments", [["--help"], ["plans", "list"], ["simulate", "--port", "0", "--duration", "0"]]
)
def test_output_to_a_full_disk_ends_with_one_line(arguments: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "bridge", *arguments]
        ended = subprocess.run(command, check=False, stdout=full, stderr=subprocess.PIPE)
    text = b"Error: the output cannot be written (No space left on device).\n"
    assert (ended.returncode, ended.stderr) == (1, text)


def test_unwritable_output_of_a_scan_is_not_reported_as_a_bluetooth_fault(radio: str) -> None:
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "bridge", "scan", "--radio", radio, "--seconds", "1"]
        ended = subprocess.run(command, check=False, stdout=full, stderr=subprocess.PIPE)
    assert ended.returncode == 1
    assert b"the output cannot be written" in ended.stderr
    assert b"Bluetooth" not in ended.stderr


def test_history_report_to_a_closed_standard_output_exits_with_0(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    fill(state / NAME, 2, every=1)
    command = ["sh", "-c", f"exec {sys.executable} -m bridge history report -o - >&-"]
    environment = {**os.environ, "TREADMILL_BRIDGE__STATE_DIR": str(state)}
    ended = subprocess.run(command, check=False, env=environment, stderr=subprocess.PIPE)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_file_that_cannot_be_written_whole_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "report.md"
    target.write_text("before")
    write = Path.write_bytes

    def until_the_disk_is_full(path: Path, content: bytes) -> int:
        write(path, content[:3])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", until_the_disk_is_full)
    with pytest.raises(OSError, match="No space"):
        write_whole(target, "after")
    assert [each.name for each in tmp_path.iterdir()] == ["report.md"]
    assert target.read_text() == "before"


def test_file_behind_a_link_is_written_and_the_link_stays(tmp_path: Path) -> None:
    link = tmp_path / "report.md"
    link.symlink_to(tmp_path / "other.md")
    write_whole(link, "text")
    assert link.is_symlink()
    assert (tmp_path / "other.md").read_text() == "text"


def test_device_is_written_and_not_replaced_by_a_file(tmp_path: Path) -> None:
    device = tmp_path / "report.md"
    device.symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space"):
        write_whole(device, "text")
    assert device.is_char_device()
    assert [each.name for each in tmp_path.iterdir()] == ["report.md"]
