"""The embedded PostgreSQL: started by who comes first, stopped by who leaves last, the data kept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from postdesk.project import database, keys


@pytest.fixture
def data(tmp_path: Path) -> Path:
    # The server runs as a user of its own when the tests run as root: it must get in.
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o755)
    return tmp_path / "data"


def _execute(uri: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(uri, autocommit=True) as connection:
        cursor = connection.execute(statement)  # type: ignore[arg-type]
        return cursor.fetchall() if cursor.description else []


def test_the_last_to_leave_stops_the_server_and_the_data_stays(data: Path):
    first = database.open_embedded(data)
    second = database.open_embedded(data)
    _execute(first.uri, "CREATE TABLE kept AS SELECT 7 AS number")

    assert database.close_embedded(first) is False
    assert _execute(second.uri, "SELECT number FROM kept") == [(7,)]
    assert database.close_embedded(second) is True
    with pytest.raises(psycopg.OperationalError):
        _execute(second.uri, "SELECT 1")

    again = database.open_embedded(data)
    try:
        assert _execute(again.uri, "SELECT number FROM kept") == [(7,)]
        assert _execute(again.uri, "SHOW max_wal_size") == [("4GB",)]
    finally:
        database.close_embedded(again)


def test_a_user_that_is_killed_does_not_keep_the_server_running(data: Path):
    code = (
        "import os, pathlib, sys; from postdesk.project import database;"
        "database.open_embedded(pathlib.Path(sys.argv[1])); os.kill(os.getpid(), 9)"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(data)], check=False, env=dict(os.environ))
    assert killed.returncode == -9

    found = database.open_embedded(data)

    assert not found.started_here
    assert database.close_embedded(found) is True


def test_three_that_come_at_once_share_one_server(data: Path):
    code = (
        "import pathlib, sys; from postdesk.project import database; import psycopg;"
        "e = database.open_embedded(pathlib.Path(sys.argv[1]));"
        "psycopg.connect(e.uri).close(); print(e.uri); database.close_embedded(e)"
    )
    racers = [
        subprocess.Popen([sys.executable, "-c", code, str(data)], stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    said = {racer.communicate(timeout=60)[0].strip() for racer in racers}

    assert [racer.returncode for racer in racers] == [0, 0, 0]
    assert len(said) == 1


def test_the_secret_keys_are_made_once_and_kept(tmp_path: Path):
    first = keys.secret_keys(tmp_path, ())

    assert keys.secret_keys(tmp_path, ()) == first
    assert len(first[0]) >= 40
    assert (tmp_path / "secret.keys").stat().st_mode & 0o077 == 0
    assert keys.secret_keys(tmp_path, ("given",)) == ("given",)


def test_a_url_that_is_no_postgresql_is_refused_in_a_sentence():
    with pytest.raises(Exception, match="must begin with postgresql://"):
        database.django_database("mysql://localhost/desk")
