"""How a command begins: what it needs is imported by name when it runs, so that `--help` and `parse` need no database.

Django's models can be imported only once Django is set up, and setting it up starts the embedded PostgreSQL;
hence commands are declared in cli.main and written in modules that are loaded here.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from typing import Any

import typer

from postdesk.basics.errors import PostdeskError

#: The two halves of the advisory lock under which one process at a time migrates.
_MIGRATING = (0x7064, 1)


def django_ready(*, migrate: bool = True) -> None:
    """Set Django up (which starts the embedded PostgreSQL unless DATABASE_URL is set) and bring the tables up to date.

    Of several processes that start at once, one migrates and the others wait for it. May be called again.
    """
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "postdesk.project.settings")
    django.setup()
    if migrate and _unapplied():
        _migrate()


def _unapplied() -> bool:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _migrate() -> None:
    from django.core.management import call_command
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", _MIGRATING)
        try:
            # Whoever had the lock before has done it by now.
            if _unapplied():
                call_command("migrate", verbosity=0, interactive=False)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", _MIGRATING)


def load(module: str, name: str) -> Callable[..., Any]:
    """The function `name` of `module`, imported now."""
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


def run(module: str, name: str, *, database: bool = True, migrate: bool = True, **arguments: Any) -> None:
    """Carry a command out: its function returns the exit code, None for 0. Errors of ours are told in a line."""
    try:
        if database:
            django_ready(migrate=migrate)
        code = load(module, name)(**arguments)
    except PostdeskError as error:
        complain(str(error))
        raise typer.Exit(1) from None
    except Exception as error:
        if not is_database_failure(error):
            raise
        complain(f"the database cannot be reached: {first_line(error.__cause__ or error)}")
        raise typer.Exit(1) from None
    if code:
        raise typer.Exit(code)


def is_database_failure(error: Exception) -> bool:
    """Whether Django, or the queue of jobs on its own connection, lost or never got the database."""
    db, queue = sys.modules.get("django.db"), sys.modules.get("procrastinate.exceptions")
    return (db is not None and isinstance(error, db.OperationalError | db.InterfaceError)) or (
        queue is not None and isinstance(error, queue.ConnectorException)
    )


def complain(sentence: str) -> None:
    """One line on standard error."""
    typer.echo(f"postdesk: {sentence}", err=True)


def first_line(error: BaseException) -> str:
    """The error's own words, the first line of them."""
    return next(iter(str(error).splitlines()), "") or type(error).__name__
