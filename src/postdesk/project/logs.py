"""Logs go to standard error, one line an event; standard output belongs to the commands' answers."""

from __future__ import annotations

import logging
import sys

import structlog

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure(level: str) -> None:
    """Set structlog up: coloured lines on a terminal, logfmt elsewhere. Unknown levels mean info."""
    render: structlog.types.Processor
    if sys.stderr.isatty():
        render = structlog.dev.ConsoleRenderer()
    else:
        render = structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"], bool_as_flag=False)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS.get(level, logging.INFO)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    line = "%(asctime)s %(levelname)s %(name)s %(message)s"
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format=line)
    # It reports each bounce that one of its detectors stumbles over; the others still read it.
    logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)
    logging.getLogger("mail.bounce").setLevel(logging.CRITICAL)
