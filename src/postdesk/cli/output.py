"""What commands print: JSON for programs, tables for people. Standard output carries nothing else."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

_WIDTH_OF_A_PIPE = 200


def write_lines(documents: Iterable[dict[str, Any]]) -> None:
    """JSON Lines in UTF-8, each written as soon as it is made; half surrogates, which UTF-8 lacks, become "?"."""
    out = sys.stdout.buffer
    for document in documents:
        out.write(json.dumps(document, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
    out.flush()


def write_document(document: dict[str, Any]) -> None:
    """One JSON document, indented."""
    text = json.dumps(document, ensure_ascii=False, indent=2)
    sys.stdout.buffer.write(text.encode("utf-8", "replace") + b"\n")
    sys.stdout.buffer.flush()


def write_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """A table for people; `empty` is said when there are no rows. Cells are plain text: mail cannot style them."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for place, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=place == 0)
    for row in rows:
        table.add_row(*(Text(cell(value)) for value in row))
    # What reads a pipe has no width of its own to respect.
    console = Console() if sys.stdout.isatty() else Console(width=_WIDTH_OF_A_PIPE)
    console.print(table if table.row_count else empty, markup=False, highlight=False)


def cell(value: object) -> str:
    """A value as a person reads it; control characters, which might drive the terminal, left out."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return "".join(char if char.isprintable() else " " for char in str(value))


def iso(at: dt.datetime | None) -> str | None:
    """ISO 8601 in UTC, or None."""
    return at.astimezone(dt.UTC).isoformat() if at else None
