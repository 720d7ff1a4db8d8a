"""`postdesk parse`: messages in, one JSON object a line out. Knows nothing of Django."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from postdesk.cli.output import write_lines
from postdesk.cli.start import complain
from postdesk.mail.describe import describe
from postdesk.mail.message import ParsedMail
from postdesk.mail.parse import parse

NO_INPUT = 66


def parse_paths(paths: Sequence[str]) -> int:
    """Describe each message. Returns 66 when a path could not be read; the others are described all the same."""
    missing: list[str] = []
    write_lines(_described(paths, missing))
    return NO_INPUT if missing else 0


def _described(paths: Sequence[str], missing: list[str]) -> Iterator[dict[str, Any]]:
    for path in paths:
        try:
            raw = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        except (OSError, ValueError) as error:
            complain(f"{path}: {getattr(error, 'strerror', None) or error}")
            missing.append(path)
            continue
        yield describe_message(path, raw)


def describe_message(path: str, raw: bytes) -> dict[str, Any]:
    """The object for one message. The parser repairs whatever it meets; were it to fail, that is said as a defect."""
    try:
        return describe(path, parse(raw))
    except Exception as error:  # noqa: BLE001 - the contract: never an exception, never a stop
        return describe(path, ParsedMail(defects=(f"the parser failed: {type(error).__name__}",)))
