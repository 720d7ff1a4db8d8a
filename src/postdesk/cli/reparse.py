"""`postdesk reparse`: stored messages are read again; what is understood otherwise is shown, and mended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import typer

from postdesk.basics import clock
from postdesk.basics.errors import Refused
from postdesk.cli.output import cell, write_lines
from postdesk.flow import reread
from postdesk.flow.reread import Difference
from postdesk.tickets.models import Ticket

#: Characters of a value in the list for people.
_SHOWN = 60


def reparse(*, ticket: int | None, since: dt.datetime | None, dry_run: bool, as_json: bool) -> int:
    """Differences on standard output, progress on standard error. Returns 130 when it was interrupted."""
    if ticket is not None and not Ticket.objects.filter(number=ticket).exists():
        raise Refused(f"There is no ticket #{ticket}.")
    count = _Count()
    differences = _differences(ticket, since, dry_run, count)
    stopped = False
    try:
        if as_json:
            write_lines(_document(one) for one in differences)
        else:
            for one in differences:
                for line in _lines(one):
                    typer.echo(line)
    except KeyboardInterrupt:
        stopped = True
    done = "would change" if dry_run else "changed"
    typer.echo(f"{count.read} of {count.total} messages read, {count.differ} {done}.", err=True)
    if stopped:
        typer.echo("Interrupted. What is done is done; run it again for the rest.", err=True)
    return 130 if stopped else 0


class _Count:
    total = read = differ = 0


def _differences(ticket: int | None, since: dt.datetime | None, dry_run: bool, count: _Count) -> Iterator[Difference]:
    rows = reread.candidates(ticket=ticket, since=since.replace(tzinfo=dt.UTC) if since else None)
    count.total = rows.count()
    shown = 0
    for step in reread.run(rows, at=clock.now(), dry_run=dry_run):
        count.read += step.read
        count.differ += len(step.differences)
        if count.read - shown >= 500:
            shown = count.read
            typer.echo(f"{count.read} of {count.total} messages read ...", err=True)
        yield from step.differences


def _lines(one: Difference) -> Iterator[str]:
    yield f"#{one.ticket}, entry {one.entry}:"
    for name, (before, after) in one.fields.items():
        old, new = _around(cell(before), cell(after))
        yield f"  {name}: {old!r} -> {new!r}"


def _around(before: str, after: str) -> tuple[str, str]:
    """Both from shortly before the place where they begin to differ."""
    same = next((at for at, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]), None)
    start = max((min(len(before), len(after)) if same is None else same) - 20, 0)
    return before[start : start + _SHOWN], after[start : start + _SHOWN]


def _document(one: Difference) -> dict[str, Any]:
    fields = {name: {"before": before, "after": after} for name, (before, after) in one.fields.items()}
    return {"ticket": one.ticket, "entry": one.entry, "fields": fields}
