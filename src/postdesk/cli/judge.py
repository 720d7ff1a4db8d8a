"""`postdesk judge`: what would become of messages, and why; nothing is taken in."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from postdesk.basics import clock
from postdesk.basics.errors import Invalid
from postdesk.cli.output import write_lines
from postdesk.cli.start import complain
from postdesk.flow.foresee import foresee

NO_INPUT = 66


def judge(paths: Sequence[str], mailbox: str | None) -> int:
    """Judge each message. Returns 66 when a path could not be read, 1 for an address that is not the desk's."""
    missing: list[str] = []
    try:
        write_lines(_judged(paths, mailbox, missing))
    except Invalid as error:
        complain(error.message)
        return 1
    return NO_INPUT if missing else 0


def _judged(paths: Sequence[str], mailbox: str | None, missing: list[str]) -> Iterator[dict[str, Any]]:
    for path in paths:
        try:
            raw = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        except (OSError, ValueError) as error:
            complain(f"{path}: {getattr(error, 'strerror', None) or error}")
            missing.append(path)
            continue
        yield {"path": path, **foresee(raw, mailbox=mailbox, at=clock.now())}
