"""PostgreSQL itself crashes while work is done: a process of its own killed with -9 ends all its sessions."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from postdesk.project import database
from tests.support.desk import mail
from tests.support.desk_file import desk_file
from tests.support.dovecot import Dovecot
from tests.support.installation import Installation, wait_until
from tests.support.sink import Sink

MAILS = 60


@pytest.fixture
def alone(request: pytest.FixtureRequest) -> Iterator[Installation]:
    """An installation whose PostgreSQL no other test uses."""
    data = Path(os.environ["POSTDESK_DATA"]) / request.node.name[:40]
    embedded = database.open_embedded(data)
    built = Installation(embedded.uri, data)
    yield built
    built.close()
    database.close_embedded(embedded)


def _crash(url: str) -> None:
    """Kill one session's process: PostgreSQL then takes all others for broken and recovers from its log."""
    with psycopg.connect(url) as connection:
        victim = connection.info.backend_pid
        os.kill(victim, signal.SIGKILL)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


def _is_back(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _drop(dovecot: Dovecot, user: str) -> None:
    for number in range(MAILS):
        sender = f"d{number}@example.com"
        dovecot.drop(user, mail(subject=f"Crash {number}", sender=sender, message_id=f"crash{number}@example.com"))


@pytest.mark.slow
def test_a_crash_of_postgresql_during_delivery_doubles_nothing_and_shows_what_is_unknown(
    alone: Installation, dovecot: Dovecot
) -> None:
    with Sink() as sink:
        alone.apply(desk_file(port=dovecot.imap, smtp_port=sink.port, username="crash-delivery", push=False))
        _drop(dovecot, "crash-delivery")
        sink.delay = 0.05
        alone.start("worker")
        sink.wait_for(5, timeout=60)
        _crash(alone.url)
        wait_until(lambda: _is_back(alone.url), seconds=30, what="PostgreSQL is back")
        sink.delay = 0
        # The worker goes on by itself; what it does not know it does not repeat.
        settled = "mailroom_letter WHERE state IN ('sent', 'uncertain')"
        wait_until(lambda: _is_back(alone.url) and alone.count(settled) == MAILS, seconds=90, what="all is settled")
        answers = Counter(letter.recipients[0] for letter in sink.letters)

    assert alone.count("tickets_ticket") == MAILS
    uncertain = {
        address for (address,) in alone.query("SELECT address FROM mailroom_letterrecipient WHERE state = 'uncertain'")
    }
    assert uncertain, "the letters that were claimed at the crash"
    assert {f"d{number}@example.com" for number in range(MAILS)} - set(answers) <= uncertain
    assert max(answers.values()) == 1, "nobody is answered twice"


@pytest.mark.slow
def test_a_crash_of_postgresql_during_intake_loses_and_doubles_no_message(
    alone: Installation, dovecot: Dovecot
) -> None:
    with Sink() as sink:
        alone.apply(desk_file(port=dovecot.imap, smtp_port=sink.port, username="crash-intake", push=False, per_fetch=5))
        _drop(dovecot, "crash-intake")
        alone.start("worker")
        wait_until(lambda: alone.count("mailroom_spooledmail") >= 10, seconds=60, what="mail arrives")
        _crash(alone.url)
        wait_until(lambda: _is_back(alone.url), seconds=30, what="PostgreSQL is back")
        wait_until(
            lambda: _is_back(alone.url) and alone.count("tickets_ticket") == MAILS, seconds=90, what="all are tickets"
        )

    subjects = Counter(subject for (subject,) in alone.query("SELECT subject FROM tickets_ticket"))
    assert set(subjects.values()) == {1}
    assert dovecot.mails("crash-intake") == []
