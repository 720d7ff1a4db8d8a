"""Which mailboxes this process watches: shards of them, each an advisory lock on a connection kept for that.

A worker that dies loses the connection, so its locks, so its shards; another takes them within seconds.
"""

from __future__ import annotations

from django.db import connection

#: Mailbox id modulo this is its shard.
COUNT = 16
#: First half of the lock key; the second is the shard.
NAMESPACE = 0x7073  # "ps"


class Shards:
    """The shards held by this thread's database connection. Use from one thread only."""

    def __init__(self) -> None:
        self.held: set[int] = set()

    def balance(self) -> set[int]:
        """Take free shards up to a fair share, give back what is above it. Returns those held now."""
        _call_yourself_watcher()
        share = -(-COUNT // max(1, _watchers()))
        self._check()
        for shard in sorted(set(range(COUNT)) - self.held):
            if len(self.held) >= share:
                break
            if _ask("SELECT pg_try_advisory_lock(%s, %s)", shard):
                self.held.add(shard)
        while len(self.held) > share:
            shard = self.held.pop()
            _ask("SELECT pg_advisory_unlock(%s, %s)", shard)
        return set(self.held)

    def release(self) -> None:
        """Give everything back, at a clean stop."""
        while self.held:
            _ask("SELECT pg_advisory_unlock(%s, %s)", self.held.pop())

    def _check(self) -> None:
        """A connection that was lost took its locks along: what is ours is what PostgreSQL says."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND pid = pg_backend_pid()",
                [NAMESPACE],
            )
            self.held = {row[0] for row in cursor.fetchall()}


def _ask(statement: str, shard: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, [NAMESPACE, shard])
        return bool(cursor.fetchone()[0])


def _call_yourself_watcher() -> None:
    """So that the other processes can count us."""
    with connection.cursor() as cursor:
        cursor.execute("SET application_name = 'postdesk-watch'")


def _watchers() -> int:
    """Processes that watch mailboxes of this desk."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT pid) FROM pg_stat_activity WHERE application_name = 'postdesk-watch'"
            " AND datname = current_database()"
        )
        return int(cursor.fetchone()[0])
