"""The recorder: what reaches the disk, when, and what a disk that fails costs."""

import asyncio
import contextlib
import errno
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bleak.backends.device import BLEDevice

from bridge.bluetooth.scan import Found
from bridge.diagnostics.recorder import Recorder, RecordingError
from protocols.captures.capture import Frame, Kind, Offer, decode
from tests.e2e.bridge_rig import until

ADDRESS = "12:34:56:A1:B2:C3"
FOUND = Found(ADDRESS, "FS-A1B2C3", -50, None, True, BLEDevice(ADDRESS, "FS-A1B2C3", None))
OFFERED = {0x2ACC: ("read",), 0x2ACD: ("notify", "broadcast"), 0x2A25: ("read",), 0x2A24: ("read",)}


class ManualClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.time = 100.0

    def now(self) -> float:
        return self.time

    def utc(self) -> datetime:
        return datetime(2030, 1, 1, 7, tzinfo=UTC)


def linked(recorder: Recorder) -> None:
    recorder.linked(FOUND, OFFERED)
    recorder.frame(Kind.READ, 0x2ACC, b"\x08\x14")
    recorder.frame(Kind.READ, 0x2A25, b"serial")
    recorder.frame(Kind.READ, 0x2A24, b"F85 A1B2C3\0")
    recorder.frame(Kind.NOTIFY, 0x2ACD, b"\0\0\x01\x01")
    recorder.ready()


def test_recording_has_the_initial_reads_in_its_header_and_later_frames_below(
    tmp_path: Path,
) -> None:
    clock = ManualClock()
    recorder = Recorder(tmp_path / "walk.jsonl", clock)
    linked(recorder)
    clock.time += 1.2345
    recorder.frame(Kind.NOTIFY, 0x2ACD, b"\0\0\x02\x02")
    recorder.lost()
    recorder.linked(FOUND, OFFERED)
    recorder.frame(Kind.READ, 0x2ACC, b"\x09")
    recorder.ready()
    recorder.close()
    recorder.close()

    capture = decode((tmp_path / "walk.jsonl").read_text())
    assert capture.header.began == "2030-01-01T07:00:00Z"
    assert capture.header.machine == {"name": "FS-xxxxxx", "model": "F85 xxxxxx"}
    assert capture.header.offers == {
        0x2ACC: Offer(("read",), b"\x08\x14"),
        0x2ACD: Offer(("notify",)),
        0x2A24: Offer(("read",), b"F85 xxxxxx"),
    }
    assert capture.frames == (
        Frame(0, Kind.NOTIFY, 0x2ACD, b"\0\0\x01\x01"),
        Frame(1234, Kind.NOTIFY, 0x2ACD, b"\0\0\x02\x02"),
        Frame(1234, Kind.DOWN),
        Frame(1234, Kind.UP),
        Frame(1234, Kind.READ, 0x2ACC, b"\x09"),
    )
    assert recorder.frames == 5


def test_recording_contains_no_address_and_no_serial_number(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "walk.jsonl", ManualClock())
    linked(recorder)
    recorder.close()

    text = (tmp_path / "walk.jsonl").read_text().casefold()
    assert [part for part in ("a1b2c3", "a1:b2", "serial", b"serial".hex()) if part in text] == []


def test_recording_without_a_link_leaves_no_file(tmp_path: Path) -> None:
    Recorder(tmp_path / "walk.jsonl", ManualClock()).close()
    assert list(tmp_path.iterdir()) == []


def test_file_that_exists_is_kept_unless_it_may_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "walk.jsonl").write_text("precious")
    with pytest.raises(RecordingError, match="already exists; choose another file"):
        Recorder(tmp_path / "walk.jsonl", ManualClock())
    assert (tmp_path / "walk.jsonl").read_text() == "precious"

    recorder = Recorder(tmp_path / "walk.jsonl", ManualClock(), replace=True)
    linked(recorder)
    recorder.close()
    assert decode((tmp_path / "walk.jsonl").read_text()).frames


def test_recording_to_an_unwritable_path_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"cannot write .*: No such file or directory"):
        Recorder(tmp_path / "nowhere" / "walk.jsonl", ManualClock())


async def test_recording_is_on_disk_within_a_second(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "walk.jsonl", ManualClock())
    task = asyncio.create_task(recorder.run())
    linked(recorder)
    await until("the file", lambda: (tmp_path / "walk.jsonl").stat().st_size)
    assert len(decode((tmp_path / "walk.jsonl").read_text()).frames) == 1
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    recorder.close()


class Full:
    """A file on a disk with room for a given number of octets."""

    closed = False

    def __init__(self, room: int) -> None:
        self.octets = b""
        self.room = room

    def write(self, octets: memoryview) -> int:
        if len(self.octets) == self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken = bytes(octets[: self.room - len(self.octets)])
        self.octets += taken
        return len(taken)

    def truncate(self, size: int) -> None:
        self.octets = self.octets[:size]

    def close(self) -> None:
        self.closed = True


async def test_recording_on_a_full_disk_fails_and_keeps_what_was_written(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "walk.jsonl", ManualClock())
    linked(recorder)
    recorder._file.close()
    header = len(recorder._waiting[0].encode())
    disk = Full(header + 50)
    recorder._file = disk  # type: ignore[assignment]
    recorder.frame(Kind.NOTIFY, 0x2ACD, b"\0\0\x02\x02")

    with pytest.raises(RecordingError, match=r"No space left on device; the \d+ octets before"):
        await recorder.run()
    with contextlib.suppress(RecordingError):
        recorder.close()

    capture = decode(disk.octets.decode())
    assert (len(capture.frames), capture.torn) == (1, False)


def test_recorder_drops_frames_when_its_queue_is_full_and_reports_how_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.diagnostics.recorder.MOST_WAITING", 3)
    recorder = Recorder(tmp_path / "walk.jsonl", ManualClock())
    linked(recorder)
    for _ in range(3):
        recorder.frame(Kind.NOTIFY, 0x2ACD, b"\0\0\x02\x02")

    with pytest.raises(RecordingError, match="lacks 2 frames"):
        recorder.close()
    assert len(decode((tmp_path / "walk.jsonl").read_text()).frames) == 2
