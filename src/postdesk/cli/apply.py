"""`postdesk apply`: the desk as a file says."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from postdesk.basics import clock
from postdesk.basics.errors import Refused
from postdesk.cli.start import complain, django_ready, load
from postdesk.project.environment import secret_from

NO_INPUT = 66


def apply(file: Path, *, dry_run: bool) -> int:
    """Apply the file. Lines of what changed go to standard output, what is wrong to standard error (then 1)."""
    try:
        text = (sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()).decode()
    except OSError as error:
        complain(f"{file}: {error.strerror}")
        return NO_INPUT
    except UnicodeDecodeError as error:
        complain(f"{file}: is not UTF-8 (byte {error.start})")
        return 1
    django_ready()
    apply_file = load("postdesk.flow.desk_file", "apply_file")
    folder = Path.cwd() if str(file) == "-" else file.resolve().parent
    try:
        lines = apply_file(text, at=clock.now(), dry_run=dry_run, env=secret_from, folder=folder)
    except Refused as refused:
        for problem in refused.fields.get("problems", ()):
            typer.echo(problem, err=True)
        complain(refused.message)
        return 1
    for line in lines:
        typer.echo(line)
    if not lines:
        typer.echo("Nothing to change.")
    elif dry_run:
        typer.echo("Dry run: nothing was changed.", err=True)
    return 0
