"""Upkeep costs what there is to do, and not what lies about."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from postdesk.flow import upkeep
from postdesk.mailroom import spool
from tests.support.desk import AT, a_desk, mail

pytestmark = pytest.mark.django_db


def test_a_backlog_of_many_messages_is_one_wake_up_for_each_mailbox():
    desk = a_desk()
    for mailbox in (desk.mailbox, desk.billing_mailbox):
        arrivals = [spool.Arrival(uid, mail(subject=f"Number {uid}"), AT) for uid in range(1, 31)]
        spool.accept(spool.Place(mailbox, "INBOX", 7), arrivals, at=AT)

    with CaptureQueriesContext(connection) as asked:
        upkeep.wake_lanes()

    assert len(asked.captured_queries) < 30
