"""kill -9 of the worker at a hundred random instants: nothing is lost, nothing is doubled."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter

import pytest

from tests.support.desk import mail
from tests.support.desk_file import desk_file
from tests.support.dovecot import Dovecot
from tests.support.installation import Installation
from tests.support.nursery import Nursery
from tests.support.sink import Sink

MAILS, KILLS = 300, 100


@pytest.mark.slow
@pytest.mark.parametrize(
    ("protocol", "fetched"), [("imap", "move"), ("imap", "delete"), ("imap", "nothing"), ("pop3", "delete")]
)
def test_a_hundred_kills_lose_nothing_and_double_nothing(
    installation: Installation, dovecot: Dovecot, protocol: str, fetched: str
):
    dice = random.Random(f"{protocol}/{fetched}")
    user = f"kill-{protocol}-{fetched}"
    per_kill = MAILS // KILLS
    with Sink() as sink:
        port = getattr(dovecot, protocol)
        installation.apply(
            desk_file(
                port=port, smtp_port=sink.port, protocol=protocol, fetched=fetched, username=user, per_fetch=7,
                push=False,
            )
        )  # fmt: skip
        nursery = Nursery(installation.env)
        try:
            killed = _kill_often(nursery, dovecot, user, dice, per_kill)
        finally:
            nursery.close()
        installation.until_idle()
        answers = Counter(letter.recipients[0] for letter in sink.letters)

    stray = installation.query(
        "SELECT outcome, stage, reason, attempts, traceback FROM mailroom_spooledmail WHERE outcome <> 'ticket'"
    )
    assert [row for row in stray if row[0] != "duplicate"] == []
    assert killed > KILLS // 2, "most kills must have met a working worker"
    subjects = Counter(subject for (subject,) in installation.query("SELECT subject FROM tickets_ticket"))
    assert set(subjects) == {f"Kill {number}" for number in range(MAILS)}, "every message is a ticket"
    assert set(subjects.values()) == {1}, "no message is two tickets"
    outcomes = dict(installation.query("SELECT outcome, count(*) FROM mailroom_spooledmail GROUP BY outcome"))
    assert set(outcomes) <= {"ticket", "duplicate"}
    uncertain = {
        address
        for (address,) in installation.query("SELECT address FROM mailroom_letterrecipient WHERE state = 'uncertain'")
    }
    doubled = {address for address, times in answers.items() if times > 1}
    assert not doubled, "nobody is answered twice"
    missing = {f"k{number}@example.com" for number in range(MAILS)} - set(answers)
    assert missing <= uncertain, "who got no answer is shown as uncertain"
    assert len(uncertain) <= KILLS // 2
    _server_is_as_it_should_be(dovecot, user, fetched)


def _kill_often(nursery: Nursery, dovecot: Dovecot, user: str, dice: random.Random, per_kill: int) -> int:
    """A few mails, a worker, and -9 somewhere in its work; a hundred times. How many were still at it."""
    killed = number = 0
    for _kill in range(KILLS):
        for _ in range(per_kill):
            sender = f"k{number}@example.com"
            dovecot.drop(user, mail(subject=f"Kill {number}", sender=sender, message_id=f"kill{number}@example.com"))
            number += 1
        pid = nursery.spawn()
        time.sleep(dice.uniform(0.05, 0.6))
        os.kill(pid, signal.SIGKILL)
        killed += nursery.reap(pid) == -signal.SIGKILL
    return killed


def _server_is_as_it_should_be(dovecot: Dovecot, user: str, fetched: str) -> None:
    left = dovecot.mails(user)
    if fetched == "nothing":
        assert len(left) == MAILS
        assert all(not one.flags for one in left)
    else:
        assert left == []
    if fetched == "move":
        assert len(dovecot.mails(user, "Processed")) == MAILS
