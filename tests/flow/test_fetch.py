"""Fetching from servers that list what they do not hand over, or will not let go of what they have."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

import pytest

from postdesk.basics.errors import Rejected
from postdesk.engine import fetch
from postdesk.flow import upkeep
from postdesk.mailroom.models import RemoteMailbox, SpooledMail
from postdesk.wire.imap import ImapSource
from postdesk.wire.source import Fetched, Key, Listed
from tests.support.desk import AT, a_desk, mail

pytestmark = pytest.mark.django_db


class Shelf(ImapSource):
    """An open folder in memory, with the faults a test asks for; the same calls as the real source."""

    def __init__(self, uids: Sequence[int], *, withheld: Sequence[int] = (), keeps: bool = False) -> None:
        self.uids, self.withheld, self.keeps = list(uids), set(withheld), keeps
        self.listings = 0

    epoch = 7  # type: ignore[assignment]

    def listing(self, above: int | None = None) -> list[Listed]:
        self.listings += 1
        assert self.listings < 20, "the turn goes round in circles"
        return [Listed(uid, 100) for uid in self.uids if uid > (above or 0)]

    def fetch(self, keys: Sequence[Key]) -> Iterator[Fetched]:
        for key in keys:
            if key in self.uids and key not in self.withheld:
                yield Fetched(key, mail(subject=f"Mail {key}", message_id=f"{key}@shelf"), None)

    def settle(self, keys: Sequence[Key], how: str, archive_folder: str | None = None) -> None:
        if self.keeps:
            raise Rejected("NO [OVERQUOTA] the archive is full")
        self.uids = [uid for uid in self.uids if uid not in keys]


def _ledger() -> dict[int | None, str]:
    return dict(SpooledMail.objects.values_list("uid", "outcome"))


@pytest.mark.parametrize("fetched", ["nothing", "delete"])
def test_a_message_that_is_withheld_once_is_noted_and_fetched_later(fetched: str):
    mailbox = a_desk(fetched=fetched).mailbox
    shelf = Shelf([1, 2, 3], withheld=[2])

    fetch.take_turn(mailbox, shelf)
    assert _ledger() == {1: "waiting", 2: "unfetched", 3: "waiting"}

    shelf.withheld.clear()
    fetch.take_turn(mailbox, shelf)
    assert _ledger() == {1: "waiting", 2: "waiting", 3: "waiting"}


def test_a_message_that_somebody_else_took_away_leaves_no_row():
    mailbox = a_desk(fetched="delete").mailbox
    shelf = Shelf([1, 2], withheld=[2])
    fetch.take_turn(mailbox, shelf)

    shelf.uids.remove(2)
    fetch.take_turn(mailbox, shelf)

    assert set(_ledger()) == {1}


def test_an_archive_that_is_full_stops_no_mail_and_is_told():
    mailbox = a_desk(fetched="move", archive_folder="Processed", per_fetch=2).mailbox
    shelf = Shelf([1, 2, 3, 4, 5], keeps=True)

    with pytest.raises(Rejected, match="OVERQUOTA"):
        fetch.take_turn(mailbox, shelf)

    assert set(_ledger()) == {1, 2, 3, 4, 5}
    assert RemoteMailbox.objects.get(pk=mailbox.pk).last_success_at is None


def test_a_turn_that_died_is_taken_up_within_half_a_minute_and_one_that_ended_is_left_alone():
    desk = a_desk()
    rows = RemoteMailbox.objects.filter(pk=desk.mailbox.pk)
    RemoteMailbox.objects.exclude(pk=desk.mailbox.pk).update(status=False)
    later = AT + upkeep.LONG_TURN + dt.timedelta(seconds=1)

    rows.update(last_attempt_at=AT, next_fetch_at=AT + dt.timedelta(minutes=5))
    assert upkeep.resume_turns(at=AT + dt.timedelta(seconds=5)) == 0, "it may still be at work"
    assert upkeep.resume_turns(at=later) == 1

    rows.update(last_success_at=AT + dt.timedelta(seconds=1))
    assert upkeep.resume_turns(at=later) == 0
    rows.update(last_success_at=AT - dt.timedelta(hours=1), last_error_at=AT + dt.timedelta(seconds=1))
    assert upkeep.resume_turns(at=later) == 0, "a failure has its own pause"
