"""Lanes: one mailbox or SMTP account is worked on by one thread at a time.

A lane is a PostgreSQL session advisory lock: it dies with the connection of the worker that held it,
so a killed worker blocks nobody. Nothing depends on a lane for correctness; every claim and every
insert below it is safe against a second worker. Lanes only keep order and save work.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection

#: First half of the two-part lock key: tells our locks from anybody else's in the database.
NAMESPACE = 0x7064  # "pd"


@contextmanager
def lane(name: str) -> Iterator[bool]:
    """Try to take the lane; yields whether it was free. Never waits."""
    key = zlib.crc32(name.encode()) - 2**31
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [NAMESPACE, key])
        taken = bool(cursor.fetchone()[0])
    try:
        yield taken
    finally:
        if taken:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [NAMESPACE, key])


def drain(name: str, *, step: Callable[[], bool], has_more: Callable[[], bool]) -> None:
    """Work a lane until it is empty.

    `step` works one batch and says whether to go on. After letting go of the lane `has_more` is asked once
    more: rows that came while the lane was ours, and whose wake-up found it taken, are seen then.
    """
    while True:
        with lane(name) as taken:
            if not taken:
                return
            while step():
                pass
        if not has_more():
            return
