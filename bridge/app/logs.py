"""Logging: text for people on a terminal, JSON under a service manager; one line per event.

Messages from libraries take the same path. `redaction` filters every line.
"""

import logging
import os
import sys
from contextlib import suppress
from datetime import datetime
from typing import Literal, TextIO, cast

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
"""Lowest level of each library at `all`, for debugging them."""


_SENTENCES = {
    "bridge_started": "The bridge is running",
    "bridge_ended": "The bridge has ended",
    "command": "A command came",
    "connected": "Connected to the treadmill",
    "disconnected": "The link to the treadmill ended",
    "mqtt_connected": "Connected to the broker",
    "mqtt_trouble": "Cannot reach the broker",
    "outcome": "A command ended",
    "radio_open": "Bluetooth is in use",
}
"""Sentences for a terminal, for the events of a first day."""

_PRIORITIES = {"critical": 2, "error": 3, "warning": 4, "info": 6, "debug": 7}
"""Syslog priorities, which the journal takes from the start of a line."""


class _Lossy:
    """Standard error that drops what cannot be written, to a full disk or a closed pipe.

    The guard must not end because its log cannot be written.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            # Python would flush what is left in its buffer at the exit, and exit with 120.
            if sys.stderr is self._stream:
                sys.stderr = None


class _Handler(logging.StreamHandler):  # type: ignore[type-arg]
    """The handler of `set_up`; its class lets a second `set_up` find and replace it."""


def set_up(level: Level | None = "info", form: Format = "auto") -> None:
    """Set up logging to standard error for this process.

    Args:
        level: lowest level to log; `all` includes the libraries, None logs nothing.
        form: `auto` is text on a terminal, else JSON.
    """
    number = _LEVELS[level] if level else logging.CRITICAL
    stream = cast("TextIO", _Lossy(sys.stderr))
    prepare: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # Plain tracebacks: rich ones print every local variable, including passwords.
    finish: list[Processor] = [structlog.processors.format_exc_info, _redact, _renderer(form)]
    structlog.configure(
        processors=[*prepare, *finish],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        # One write for each line: the MQTT client's thread logs through the handler below.
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    handler = _Handler(stream)
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
    # Log only errors of the libraries: the bridge reports everything else itself.
    root.setLevel(max(number, logging.ERROR))
    if level == "all":
        for name, lowest in _LIBRARIES.items():
            logging.getLogger(name).setLevel(lowest)
    else:
        hush()


def hush() -> None:
    """Silence the libraries, for commands that print their own lines."""
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
    """Prefix the local time, and the event's sentence if it has one."""

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
    """True if standard error is the journal; it may be redirected."""
    try:
        status = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
    return os.environ["JOURNAL_STREAM"] == f"{status.st_dev}:{status.st_ino}"


def _with_priority(render: Processor) -> Processor:
    """Prefix the priority as in sd-daemon(3); the journal strips it."""

    def prefixed(logger: WrappedLogger, name: str, event: EventDict) -> str:
        priority = _PRIORITIES.get(str(event.get("level")), 6)
        # The journal treats each line as an entry, so each needs the priority.
        text = str(render(logger, name, event)).replace("\n", f"\n<{priority}>")
        return f"<{priority}>{text}"

    return prefixed


def _redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    return redacted_items(event)
