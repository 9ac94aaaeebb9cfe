"""Logging: for people on a terminal, JSON under a service manager; one line for each happening."""

import logging
import os
import sys

import structlog


def set_up(level: int = logging.INFO) -> None:
    """Set logging up for this process; it goes to standard error."""
    terminal = sys.stderr.isatty() and "JOURNAL_STREAM" not in os.environ
    render: list[structlog.typing.Processor] = (
        # Plain: the richer one prints every local variable too, passwords among them.
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if terminal
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # The libraries speak only of what goes wrong, and of that only what we do not say ourselves.
    logging.basicConfig(level=max(level, logging.ERROR), stream=sys.stderr)
    logging.getLogger("bumble").setLevel(logging.CRITICAL)
    logging.getLogger("treadmill_bridge.mqtt").setLevel(logging.CRITICAL)
