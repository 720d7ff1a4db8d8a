"""A whole installation for system tests: its own database, commands as subprocesses, workers to kill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from postdesk.project import database

#: Of a name of its own in each of the processes that share the tests (and with DATABASE_URL, the server).
TEMPLATE = f"postdesk_system_template{os.environ.get('PYTEST_XDIST_WORKER', '')}"


class Installation:
    """`postdesk` on a database of its own (DATABASE_URL) and a data folder of its own."""

    def __init__(self, url: str, data: Path) -> None:
        self.url, self.data = url, data
        self.env = {**os.environ, "DATABASE_URL": url, "POSTDESK_DATA": str(data), "POSTDESK_SECRET_KEYS": "k" * 40}
        self.children: list[subprocess.Popen[bytes]] = []

    def command(self, *arguments: str, stdin: bytes = b"", check: bool = True) -> subprocess.CompletedProcess[bytes]:
        """Run `postdesk ...` to its end."""
        done = subprocess.run(
            [sys.executable, "-m", "postdesk", *arguments],
            env=self.env, input=stdin, capture_output=True, timeout=180, check=False,
        )  # fmt: skip
        if check and done.returncode:
            raise AssertionError(f"postdesk {arguments}: {done.returncode}\n{done.stderr.decode()[-4000:]}")
        return done

    def lines(self, *arguments: str) -> list[dict[str, Any]]:
        """The JSON Lines a command prints."""
        return [json.loads(line) for line in self.command(*arguments).stdout.splitlines()]

    def apply(self, text: str) -> str:
        path = self.data / "desk.toml"
        path.write_text(text)
        return self.command("apply", str(path)).stdout.decode()

    def until_idle(self, processes: int = 1) -> None:
        """One process starts three times as fast as three; the default of three has its tests as well."""
        self.command("worker", "--until-idle", "--processes", str(processes))

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """A command that goes on; ended by `close`."""
        child = subprocess.Popen([sys.executable, "-m", "postdesk", *arguments], env=self.env)
        self.children.append(child)
        return child

    def query(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(statement, parameters or None).fetchall()  # type: ignore[arg-type]

    def execute(self, statement: str, *parameters: object) -> None:
        """Change rows behind the program's back."""
        with psycopg.connect(self.url) as connection:
            connection.execute(statement, parameters or None)  # type: ignore[arg-type]

    def count(self, table_and_condition: str) -> int:
        return int(self.query(f"SELECT count(*) FROM {table_and_condition}")[0][0])

    def close(self) -> None:
        for child in self.children:
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        for child in self.children:
            try:
                child.wait(timeout=30)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def wait_until(condition: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Look every 50 ms until it holds; fails naming what was waited for."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise AssertionError(f"after {seconds} s still not: {what}")
        time.sleep(0.05)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server with a migrated template database; yields the server's URL without a database."""
    given = os.environ.get("DATABASE_URL")
    embedded = None
    if given is None:
        embedded = database.open_embedded(Path(os.environ["POSTDESK_DATA"]) / "system")
    base = given or (embedded.uri if embedded else "")
    _recreate(base, TEMPLATE)
    env = {**os.environ, "DATABASE_URL": url_of(base, TEMPLATE), "POSTDESK_SECRET_KEYS": "k" * 40}
    subprocess.run([sys.executable, "-m", "postdesk", "tickets", "--json"], env=env, check=True, capture_output=True)
    yield base
    if embedded is not None:
        database.close_embedded(embedded)


@contextmanager
def a_fresh_installation(cluster: str, name: str, data: Path) -> Iterator[Installation]:
    """An empty, migrated database of that name; gone afterwards, with every process that was started."""
    _recreate(cluster, name, template=TEMPLATE)
    built = Installation(url_of(cluster, name), data)
    yield built
    built.close()
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")  # type: ignore[arg-type]


@pytest.fixture
def installation(cluster: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Installation]:
    """A fresh installation for one test."""
    with a_fresh_installation(cluster, f"postdesk_system_{abs(hash(request.node.nodeid)) % 10**9}", tmp_path) as built:
        yield built


def url_of(base: str, name: str) -> str:
    """The URL of another database on the same server."""
    before, _, after = base.partition("?")
    return f"{before.rpartition('/')[0]}/{name}" + (f"?{after}" if after else "")


def _recreate(base: str, name: str, template: str = "template1") -> None:
    with psycopg.connect(base, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")  # type: ignore[arg-type]
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")  # type: ignore[arg-type]
