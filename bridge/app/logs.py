"""Logging: for people on a terminal, JSON under a service manager; one line for each happening.

What the libraries say through Python's own logging goes the same way. Nothing leaves without having
been through `redaction`.
"""

import logging
import os
import sys
from datetime import datetime
from typing import Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from bridge.redaction import redacted_items

Level = Literal["error", "warning", "info", "debug", "all"]
Format = Literal["auto", "text", "json"]

_LEVELS: dict[str, int] = {
    "error": logging.ERROR,
    "warning": logging.WARNING,
    "info": logging.INFO,
    "debug": logging.DEBUG,
    "all": logging.DEBUG,
}
_LIBRARIES = {
    "bleak": logging.DEBUG,
    "bumble": logging.INFO,
    "mqtt": logging.DEBUG,
}
"""From where on each may speak at the level `all`, for those who look for the fault in there."""


_SENTENCES = {
    "bridge_started": "The bridge is running",
    "bridge_ended": "The bridge has ended",
    "command": "A command came",
    "connected": "Connected to the treadmill",
    "disconnected": "The link to the treadmill ended",
    "mqtt_connected": "Connected to the broker",
    "mqtt_trouble": "The broker is not reached",
    "outcome": "A command ended",
    "radio_open": "Bluetooth is in use",
}
"""What stands first on a terminal, for the happenings of a first day."""

_PRIORITIES = {"critical": 2, "error": 3, "warning": 4, "info": 6, "debug": 7}
"""Syslog's numbers, which the journal takes from the head of a line."""


class _Handler(logging.StreamHandler):  # type: ignore[type-arg]
    """Ours; known by its class, so that setting up again replaces it."""


def set_up(level: Level | None = "info", form: Format = "auto") -> None:
    """Set logging up for this process; it goes to standard error.

    Args:
        level: from here on up; `all` adds what the libraries say, None is silence.
        form: `auto` is text on a terminal, else JSON.
    """
    number = _LEVELS[level] if level else logging.CRITICAL
    prepare: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # Plain tracebacks: the richer ones print every local variable too, passwords among them.
    finish: list[Processor] = [structlog.processors.format_exc_info, _redact, _renderer(form)]
    structlog.configure(
        processors=[*prepare, *finish],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = _Handler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *prepare],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *finish],
        )
    )
    root = logging.getLogger()
    for old in [each for each in root.handlers if isinstance(each, _Handler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    # The libraries speak only of what goes wrong, and of that only what we do not say ourselves.
    root.setLevel(max(number, logging.ERROR))
    if level == "all":
        for name, lowest in _LIBRARIES.items():
            logging.getLogger(name).setLevel(lowest)
    else:
        hush()


def hush() -> None:
    """Let the libraries underneath say nothing: for commands that speak in lines of their own."""
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _renderer(form: Format) -> Processor:
    journal = "JOURNAL_STREAM" in os.environ
    if form == "text" or (form == "auto" and sys.stderr.isatty() and not journal):
        console = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty() and not os.environ.get("NO_COLOR"),
            exception_formatter=structlog.dev.plain_traceback,
        )
        render: Processor = _for_people(console)
    else:
        render = structlog.processors.JSONRenderer()
    return _with_priority(render) if journal and _is_the_journal() else render


def _for_people(render: Processor) -> Processor:
    """Begin with the local time and a sentence, where there is one."""

    def spoken(logger: WrappedLogger, name: str, event: EventDict) -> str:
        event["timestamp"] = f"{datetime.now():%H:%M:%S}"  # noqa: DTZ005 - local
        key = str(event.get("event"))
        if key in {"event", "no_link"} and "text" in event:
            event["event"] = event.pop("text")
        else:
            event["event"] = _SENTENCES.get(key, key)
        return str(render(logger, name, event))

    return spoken


def _is_the_journal() -> bool:
    """Whether standard error is what systemd says the journal is; it may have been redirected."""
    try:
        status = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
    return os.environ["JOURNAL_STREAM"] == f"{status.st_dev}:{status.st_ino}"


def _with_priority(render: Processor) -> Processor:
    """Put the priority in front, as sd-daemon(3) has it; the journal takes it off again."""

    def prefixed(logger: WrappedLogger, name: str, event: EventDict) -> str:
        priority = _PRIORITIES.get(str(event.get("level")), 6)
        # A second line would be another happening, of another priority.
        text = str(render(logger, name, event)).replace("\n", f"\n<{priority}>")
        return f"<{priority}>{text}"

    return prefixed


def _redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    return redacted_items(event)
