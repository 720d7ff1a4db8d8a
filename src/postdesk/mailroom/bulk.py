"""Insert many rows by COPY: a third of the time of INSERT, whose statement has to be built, sent and parsed as text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from django.db import connection, models

from postdesk.basics.text import storable


def insert(rows: Sequence[models.Model]) -> None:
    """Insert rows of one model, in the caller's transaction. Their ids are not read back: take them beforehand.

    Either all rows have a primary key or none has. Raises django.db.IntegrityError like any insert.
    """
    if not rows:
        return
    fields = [field for field in rows[0]._meta.concrete_fields if not field.primary_key or rows[0].pk is not None]
    names = [field.attname for field in fields]
    as_json = [place for place, field in enumerate(fields) if isinstance(field, models.JSONField)]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    statement = f'COPY "{rows[0]._meta.db_table}" ({columns}) FROM STDIN'
    with native_cursor() as cursor, cursor.copy(cast("Any", statement)) as copy:
        for row in rows:
            values = [getattr(row, name) for name in names]
            for place in as_json:
                values[place] = json.dumps(_storable_json(values[place]))
            copy.write_row([storable(value) if isinstance(value, str) else value for value in values])


@contextmanager
def native_cursor() -> Iterator[psycopg.Cursor[Any]]:
    """A plain psycopg cursor on Django's connection: parameters travel beside the statement, which can be prepared.

    The driver's errors come out as Django's (django.db.OperationalError and its kin), as from any other cursor.
    """
    connection.ensure_connection()
    native = cast("psycopg.Connection[Any]", connection.connection)
    with connection.wrap_database_errors, psycopg.Cursor(native) as cursor:
        yield cursor


def _storable_json(value: Any) -> Any:
    """jsonb refuses what text refuses, wherever it stands inside."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {key: _storable_json(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_storable_json(one) for one in value]
    return value
