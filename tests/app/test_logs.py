"""Log outputs: JSON for a service manager, text for people, always on standard error."""

import errno
import io
import json
import logging
import os
import re
import sys
from pathlib import Path

import pytest
import structlog

from bridge.app import logs
from bridge.redaction import hide

pytestmark = pytest.mark.usefixtures("logging_as_it_was")
Capture = pytest.CaptureFixture[str]


class Writes(io.StringIO):
    """Keeps each write apart: between two, a line of another thread may come."""

    def __init__(self) -> None:
        super().__init__()
        self.each: list[str] = []

    def write(self, text: str) -> int:
        self.each.append(text)
        return len(text)


class Broken(io.StringIO):
    """Takes text into a buffer that cannot be flushed, as Python does on a full disk."""

    def __init__(self, trouble: OSError) -> None:
        super().__init__()
        self.trouble = trouble

    def flush(self) -> None:
        raise self.trouble


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def a_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Standard error is a terminal without colours; a fixture would come before pytest's own."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    return terminal


def test_service_logs_one_json_line_per_event(capsys: Capture) -> None:
    logs.set_up()
    structlog.get_logger().info("connected", machine="Horizon", rssi=-60)
    (line,) = capsys.readouterr().err.splitlines()
    said = json.loads(line)
    assert said.pop("timestamp").endswith("Z")
    assert said == {"event": "connected", "machine": "Horizon", "rssi": -60, "level": "info"}


def test_each_log_line_is_a_single_write(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    writes = Writes()
    monkeypatch.setattr(sys, "stderr", writes)
    logs.set_up("all")
    structlog.get_logger().warning("mqtt_trouble")
    logging.getLogger("mqtt").debug("Sending CONNECT")
    assert [json.loads(line)["event"] for line in writes.each] == [
        "mqtt_trouble",
        "Sending CONNECT",
    ]
    assert all(line.endswith("\n") for line in writes.each)


@pytest.mark.parametrize(
    "trouble", [BrokenPipeError(), OSError(errno.ENOSPC, "No space left on device")]
)
def test_unwritable_log_line_is_dropped_without_an_exception(
    monkeypatch: pytest.MonkeyPatch, trouble: OSError
) -> None:
    broken = Broken(trouble)
    monkeypatch.setattr(sys, "stderr", broken)
    logs.set_up("all")
    structlog.get_logger().warning("mqtt_trouble")
    logging.getLogger("mqtt").debug("Sending CONNECT")
    assert sys.stderr is not broken, "Python would flush it at the exit, and exit with 120"


def test_terminal_log_line_begins_with_local_time_and_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = a_terminal(monkeypatch)
    logs.set_up()
    structlog.get_logger().warning("no_link", reason="powered_off", text="Bluetooth is off.")
    structlog.get_logger().info("something_new", text="kept")
    structlog.get_logger().info("connected")
    first, second, third = terminal.getvalue().splitlines()
    assert re.fullmatch(
        r"\d\d:\d\d:\d\d \[warning *\] Bluetooth is off\. +reason=powered_off", first
    )
    assert second.split()[3:] == ["something_new", "text=kept"]
    assert third.endswith("Connected to the treadmill")


@pytest.mark.parametrize("library", [False, True])
def test_a_failure_is_logged_with_its_traceback_in_the_same_line(
    capsys: Capture, library: bool
) -> None:
    logs.set_up()
    log = logging.getLogger("asyncio") if library else structlog.get_logger()
    try:
        next(iter(()))
    except StopIteration:
        log.exception("Task exception was never retrieved")
    (line,) = capsys.readouterr().err.splitlines()
    assert "StopIteration" in json.loads(line)["exception"]


def test_traceback_contains_no_local_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = a_terminal(monkeypatch)
    logs.set_up()
    word = "".join(("swor", "dfish"))
    try:
        next(iter(word[:0]))
    except StopIteration:
        structlog.get_logger().exception("treadmill_restarts")
    assert "StopIteration" in terminal.getvalue()
    assert word not in terminal.getvalue()


@pytest.mark.parametrize(("form", "journal"), [("json", ""), ("auto", "8:1234")])
def test_terminal_log_is_json_by_option_or_under_the_journal(
    monkeypatch: pytest.MonkeyPatch, form: logs.Format, journal: str
) -> None:
    terminal = a_terminal(monkeypatch)
    if journal:
        monkeypatch.setenv("JOURNAL_STREAM", journal)
    logs.set_up(form=form)
    structlog.get_logger().info("connected")
    assert json.loads(terminal.getvalue())["event"] == "connected"


def test_service_log_is_text_by_option(capsys: Capture) -> None:
    logs.set_up(form="text")
    structlog.get_logger().info("connected", machine="Horizon")
    (line,) = capsys.readouterr().err.splitlines()
    assert "[info" in line
    assert "machine=Horizon" in line


def test_journal_line_begins_with_its_priority(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "journal"
    with path.open("w") as journal:
        status = os.fstat(journal.fileno())
        monkeypatch.setattr(sys, "stderr", journal)
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
        logs.set_up()
        structlog.get_logger().info("connected")
        structlog.get_logger().error("mqtt_trouble")
    heads = [line[:4] for line in path.read_text().splitlines()]
    assert heads == ["<6>{", "<3>{"]


@pytest.mark.parametrize(
    ("level", "events"),
    [
        ("error", ["an error"]),
        ("warning", ["a warning", "an error"]),
        ("info", ["a happening", "a warning", "an error"]),
        ("debug", ["a detail", "a happening", "a warning", "an error"]),
        (None, []),
    ],
)
def test_log_level_hides_lower_levels(
    capsys: Capture, level: logs.Level | None, events: list[str]
) -> None:
    logs.set_up(level)
    log = structlog.get_logger()
    log.debug("a detail")
    log.info("a happening")
    log.warning("a warning")
    log.error("an error")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == events


class TestLibraries:
    def test_libraries_are_silent_by_default(self, capsys: Capture) -> None:
        logs.set_up("debug")
        logging.getLogger("bumble.host").error("a detail of no concern")
        logging.getLogger("bleak.backends").error("another one")
        assert not capsys.readouterr().err

    def test_log_level_all_includes_libraries_in_the_same_format(self, capsys: Capture) -> None:
        logs.set_up("all")
        logging.getLogger("bleak.backends").debug("found %s", "F0:F1:F2:F3:F4:F5")
        (line,) = capsys.readouterr().err.splitlines()
        said = json.loads(line)
        assert said.pop("timestamp").endswith("Z")
        assert said == {
            "event": "found XX:XX:XX:XX:F4:F5",
            "level": "debug",
            "logger": "bleak.backends",
        }

    def test_second_set_up_does_not_double_lines_of_libraries(self, capsys: Capture) -> None:
        logs.set_up()
        logs.set_up()
        logging.getLogger("asyncio").error("once")
        assert len(capsys.readouterr().err.splitlines()) == 1


def test_log_redacts_secrets_and_addresses_everywhere(capsys: Capture) -> None:
    logs.set_up()
    secret = hide('zw\u00f6lf "Boxk\u00e4mpfer"')
    log = structlog.get_logger()
    log.info(secret, reason=f"wrong: {secret}", deep=[{"a": (secret,)}], error=ValueError(secret))
    log.info("found", where="F0:F1:F2:F3:F4:F5", device="/org/bluez/hci0/dev_F0_F1_F2_F3_F4_F5")
    try:
        raise ValueError(secret)  # noqa: TRY301
    except ValueError:
        log.exception("failed", password="hunter2")
    lines = capsys.readouterr().err
    assert not re.search("Boxk", lines)
    assert "F1" not in lines
    assert "hunter2" not in lines
    assert json.loads(lines.splitlines()[0])["deep"] == [{"a": ["***"]}]
    assert json.loads(lines.splitlines()[1])["device"].endswith("dev_XX_XX_XX_XX_F4_F5")
