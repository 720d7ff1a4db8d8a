"""Rows by COPY: every kind of value arrives as it was, and what PostgreSQL refuses never stops a batch."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from postdesk.mailroom.bulk import insert
from postdesk.people.models import User
from postdesk.tickets.models import Event, Ticket
from tests.support.builders import a_ticket
from tests.support.desk import AT

pytestmark = pytest.mark.django_db


def test_text_and_json_come_back_without_nuls_and_otherwise_unchanged():
    ticket: Ticket = a_ticket()
    data = {"why": "tab\t, new\nline, \\N, \\u0000 written out, nul \x00 gone", "list": ["ü", "\ud800", 7, None, True]}

    insert([Event(ticket=ticket, name="odd\x00", at=AT, data=data)])

    event = Event.objects.get(ticket=ticket, name="odd")
    assert event.data["why"] == "tab\t, new\nline, \\N, \\u0000 written out, nul  gone"
    assert event.data["list"] == ["ü", "?", 7, None, True]
    assert event.at == AT


def test_a_row_that_is_there_already_is_djangos_own_error_and_nothing_is_half_written():
    User.objects.create(address="carol@example.com", created_at=AT)

    with pytest.raises(IntegrityError), transaction.atomic():
        insert([User(address="dave@example.com", created_at=AT), User(address="carol@example.com", created_at=AT)])

    assert list(User.objects.values_list("address", flat=True)) == ["carol@example.com"]
