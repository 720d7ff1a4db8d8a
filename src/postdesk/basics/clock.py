"""The only module that reads the clock. Everything else is told the time (`at=`)."""

from __future__ import annotations

import datetime as dt
import time


def now() -> dt.datetime:
    """The current instant, aware, in UTC."""
    return dt.datetime.now(dt.UTC)


def monotonic() -> float:
    """Seconds on a clock that never goes back; for measuring and for deadlines."""
    return time.monotonic()
