"""What is logged where: JSON for a service manager, words for people, always on standard error."""

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog

from bridge import logs


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    names = ("bumble", "treadmill_bridge.mqtt")
    levels = {name: logging.getLogger(name).level for name in names}
    yield
    structlog.reset_defaults()
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def test_a_service_logs_one_line_of_json_for_each_happening(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.set_up()

    structlog.get_logger().info("connected", machine="Horizon", rssi=-60)

    (line,) = capsys.readouterr().err.splitlines()
    said = json.loads(line)
    assert said.pop("timestamp").endswith("Z")
    assert said == {"event": "connected", "machine": "Horizon", "rssi": -60, "level": "info"}


def test_a_failure_is_logged_with_its_traceback_in_the_same_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.set_up()

    try:
        next(iter(()))
    except StopIteration:
        structlog.get_logger().exception("treadmill restarts")

    (line,) = capsys.readouterr().err.splitlines()
    assert "StopIteration" in json.loads(line)["exception"]


def test_people_on_a_terminal_get_words(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)
    logs.set_up()

    structlog.get_logger().info("connected", machine="Horizon")

    assert "connected" in terminal.getvalue()
    assert "{" not in terminal.getvalue()


def test_a_failure_tells_no_local_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)
    logs.set_up()

    word = "".join(("swor", "dfish"))
    try:
        next(iter(word[:0]))
    except StopIteration:
        structlog.get_logger().exception("treadmill restarts")

    assert "StopIteration" in terminal.getvalue()
    assert word not in terminal.getvalue()


def test_the_journal_gets_json_even_from_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("JOURNAL_STREAM", "8:1234")
    logs.set_up()

    structlog.get_logger().info("connected")

    assert json.loads(terminal.getvalue())["event"] == "connected"


@pytest.mark.parametrize(("level", "lines"), [(logging.INFO, 1), (logging.DEBUG, 2)])
def test_details_are_logged_only_if_asked_for(
    capsys: pytest.CaptureFixture[str], level: int, lines: int
) -> None:
    logs.set_up(level)

    structlog.get_logger().debug("a detail")
    structlog.get_logger().info("a happening")

    assert len(capsys.readouterr().err.splitlines()) == lines


def test_the_libraries_underneath_keep_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up()

    logging.getLogger("bumble.host").error("a detail of no concern")

    assert not capsys.readouterr().err
