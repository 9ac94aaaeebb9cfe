"""`record` and `replay`: a walk is written down, and walks again."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from protocols.captures.capture import Capture, Kind, decode
from tests.cli.conftest import Invoke, beside, ended
from tests.e2e.bridge_rig import until
from tests.protocols.captures.test_btsnoop import session

BRIDGE = (sys.executable, "-m", "bridge")
ADDRESS = "F0:F1:F2:F3:F4:F5"
"""The simulated treadmill's."""
WAIT_S = 30


def eventually(what: str, found: Callable[[], object]) -> None:
    end = time.monotonic() + WAIT_S
    while not found():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)


def read(file: Path) -> Capture:
    return decode(file.read_text())


def samples(capture: Capture) -> list[bytes]:
    return [f.value for f in capture.frames if (f.kind, f.uuid) == (Kind.NOTIFY, 0x2ACD)]


def has_samples(file: Path, number: int) -> bool:
    try:
        return len(samples(read(file))) >= number
    except (OSError, ValueError):
        return False


@pytest.fixture(scope="module")
def walk(radio: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A capture of the simulated treadmill, ended by Ctrl-C."""
    file = tmp_path_factory.mktemp("walk") / "walk.jsonl"
    with subprocess.Popen((*BRIDGE, "record", str(file), "--radio", radio)) as process:
        eventually("two samples", lambda: has_samples(file, 2))
        process.send_signal(signal.SIGINT)
        assert process.wait(WAIT_S) == 0
    return file


def test_capture_contains_the_machine_and_no_address(walk: Path) -> None:
    capture = read(walk)

    assert capture.header.machine["name"] == "Simulated treadmill"
    assert capture.header.offers[0x2AD4].value == bytes.fromhex("500040060a00")
    assert "indicate" in capture.header.offers[0x2AD9].properties
    assert not [frame for frame in capture.frames if frame.kind in {Kind.WRITE, Kind.COMMAND}]
    text = walk.read_text().casefold()
    assert ADDRESS.casefold() not in text
    assert ADDRESS.replace(":", "").casefold() not in text


def test_replayed_capture_is_recorded_unchanged(invoke: Invoke, walk: Path, tmp_path: Path) -> None:
    ready, again = tmp_path / "ready", tmp_path / "again.jsonl"

    async def record() -> None:
        await until("the radio", ready.exists, within=WAIT_S)
        radio = (await asyncio.to_thread(ready.read_text)).strip()
        process = await asyncio.create_subprocess_exec(
            *BRIDGE, "record", str(again), "--radio", radio
        )
        ends.append(await process.wait())

    ends: list[int] = []
    with beside(record):
        result = invoke(
            *("replay", str(walk), "--port", "0", "--ready-file", str(ready), "--speed", "5")
        )
    assert "values were sent" in result.stdout
    assert result.exit_code == 0
    # The radio ends with the replay, and the recording reports it.
    assert ends == [2]

    first, second = read(walk), read(again)
    assert second.header.offers == first.header.offers
    assert second.header.machine == first.header.machine
    assert samples(second) == samples(first)


def test_killed_recording_leaves_a_readable_capture(radio: str, tmp_path: Path) -> None:
    file = tmp_path / "walk.jsonl"
    with subprocess.Popen((*BRIDGE, "record", str(file), "--radio", radio)) as process:
        eventually("a sample", lambda: has_samples(file, 1))
        process.kill()
    assert samples(read(file))


def test_recording_ends_after_its_duration_and_overwrites_no_file(
    invoke: Invoke, radio: str, tmp_path: Path
) -> None:
    file = tmp_path / "walk.jsonl"
    result = ended(invoke("record", str(file), "--radio", radio, "--duration", "4"), 0)
    assert re.search(r"Wrote \d+ frames to ", result.stdout)
    assert "Connected to Simulated treadmill" in result.stderr

    before = file.read_text()
    result = ended(invoke("record", str(file), "--radio", radio), 2)
    assert result.stderr.endswith(
        "already exists; choose another file, or add --force to overwrite it\n"
    )
    assert file.read_text() == before


def test_recording_without_a_machine_in_range_leaves_no_file(
    invoke: Invoke, radio: str, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[[treadmills]]\nid = "a"\nname = "elsewhere"\n')
    file = tmp_path / "walk.jsonl"
    result = invoke("record", str(file), "--radio", radio, "--duration", "0.5", "-c", str(config))
    assert result.exit_code == 1
    assert "No treadmill was in range" in result.stderr
    assert not file.exists()


TWO = """
[[treadmills]]
id = "a"
name = "A"
[[treadmills]]
id = "b"
name = "B"
"""


@pytest.mark.parametrize(
    ("config", "arguments", "says"),
    [
        (TWO, (), "choose one with --treadmill: a, b"),
        (TWO, ("--treadmill", "c"), "no treadmill 'c' is configured; configured: a, b"),
        ("", ("--treadmill", "c"), "no treadmill 'c' is configured; configured: none"),
        ("", ("--radio", "tcp-client:127.0.0.1:1"), "does not open"),
    ],
)
def test_record_refuses_impossible_options_with_a_reason(
    invoke: Invoke, tmp_path: Path, config: str, arguments: tuple[str, ...], says: str
) -> None:
    (tmp_path / "config.toml").write_text(config)
    file = tmp_path / "walk.jsonl"
    ended(invoke("record", str(file), "-c", str(tmp_path / "config.toml"), *arguments), 2, says)
    assert not file.exists()


@pytest.mark.skipif(not os.access("/dev/full", os.W_OK), reason="no full disk here")
def test_full_disk_ends_the_recording_with_an_error_that_names_it(
    invoke: Invoke, radio: str
) -> None:
    result = invoke("record", "/dev/full", "--force", "--radio", radio)
    assert result.exit_code == 2
    assert "record: cannot write /dev/full any more: No space left" in result.stderr


class TestImport:
    def test_bluetooth_log_is_imported_as_a_capture(self, invoke: Invoke, tmp_path: Path) -> None:
        log, file = tmp_path / "btsnoop_hci.log", tmp_path / "phone.jsonl"
        log.write_bytes(session().octets)
        result = invoke("record", "--from-btsnoop", str(log), str(file))

        assert (result.exit_code, result.stdout) == (0, f"Wrote 7 frames to {file}.\n")
        assert "1 values were left out" in result.stderr
        assert samples(read(file)) == [bytes.fromhex("00002003")]

        result = invoke("record", "--from-btsnoop", str(log), str(file))
        assert (result.exit_code, "already exists" in result.stderr) == (2, True)

    @pytest.mark.parametrize(
        ("octets", "to", "says"),
        [
            (b"nonsense", "phone.jsonl", "not a btsnoop log"),
            (session().octets, "no/where.jsonl", "No such file or directory"),
        ],
    )
    def test_unimportable_bluetooth_log_exits_with_2_and_the_reason(
        self, invoke: Invoke, tmp_path: Path, octets: bytes, to: str, says: str
    ) -> None:
        (tmp_path / "log").write_bytes(octets)
        result = invoke("record", "--from-btsnoop", str(tmp_path / "log"), str(tmp_path / to))
        assert result.exit_code == 2
        assert says in result.stderr


class TestReplay:
    @pytest.mark.parametrize(
        ("octets", "says"),
        [
            (b"nonsense\n", "line 1: no JSON: 'nonsense'"),
            (b"\xff\n", "is not a capture: it is not a text file"),
            (b'{"capture":1}\n', "is not from a treadmill: it has no Treadmill Data"),
            (None, "cannot read "),
        ],
    )
    def test_replay_of_an_invalid_capture_exits_with_2_and_the_reason(
        self, invoke: Invoke, tmp_path: Path, octets: bytes | None, says: str
    ) -> None:
        file = tmp_path / "walk.jsonl"
        if octets is not None:
            file.write_bytes(octets)
        ended(invoke("replay", str(file), "--port", "0"), 2, says)
