"""Mail that is not believed enough waits for a person, and what people do about it."""

from __future__ import annotations

import datetime as dt

import pytest

from postdesk.basics.errors import Invalid
from postdesk.flow import held
from postdesk.flow.foresee import foresee
from postdesk.flow.trace import trace
from postdesk.mailroom import retention
from postdesk.mailroom.models import Blob, Letter, MailSettings, SpooledMail
from postdesk.tickets.models import AllowedSender, Collaborator, Entry, Event, Ticket
from tests.support import builders
from tests.support.desk import AT, a_desk, arrives, mail

pytestmark = pytest.mark.django_db

PASS = b"Authentication-Results: mx.desk.test; dmarc=pass header.from=example.com\r\n"
FAIL = b"Authentication-Results: mx.desk.test; dmarc=fail (p=REJECT) header.from=example.com\r\n"


@pytest.fixture
def desk():
    made = a_desk()
    MailSettings.objects.update(trusted_servers="mx.desk.test")
    return made


@pytest.fixture
def answered(desk):
    """Carol's ticket. Returns its row and the Message-ID of the letter that she has."""
    arrives(desk.mailbox, mail(message_id="a1@example.com"))
    return Ticket.objects.get(), Letter.objects.get().message_id


def answer(ours: str, *, above: bytes = b"", sender: str = "Carol <carol@example.com>", name: str = "a2") -> bytes:
    text = mail(sender=sender, text="Send the money elsewhere.", message_id=f"{name}@example.com",
                headers=f"In-Reply-To: <{ours}>\r\n")  # fmt: skip
    return above + text


def test_g4_a_forged_owner_with_a_forwarded_id_of_ours_is_held_with_the_evidence(desk, answered):
    ticket, ours = answered
    (row,) = arrives(desk.mailbox, answer(ours, above=FAIL))

    assert row.outcome == "held"
    assert "DMARC fails for example.com" in row.reason
    assert f"our signature for #{ticket.number}" in row.reason
    assert Entry.objects.filter(ticket=ticket).count() == 1


def test_g4_a_replayed_id_of_ours_leaves_a_stranger_a_stranger(desk, answered):
    ticket, ours = answered
    stranger = b"Authentication-Results: mx.desk.test; dmarc=pass header.from=evil.example\r\n"
    arrives(desk.mailbox, answer(ours, above=stranger, sender="Carol <carol@evil.example>"))

    entry = Entry.objects.order_by("id").last()
    event = Event.objects.get(entry=entry)
    assert entry.author_address == "carol@evil.example"
    assert (event.data["stranger"], event.data["trust_level"]) == (True, "bare")
    assert not Collaborator.objects.filter(ticket=ticket).exists()
    ticket.refresh_from_db()
    assert ticket.user.address == "carol@example.com"


def test_g5_strangers_with_our_mail_are_held_where_the_desk_wants_participants(desk, answered):
    MailSettings.objects.update(trust_reply="participant")
    (held_row,) = arrives(desk.mailbox, answer(answered[1], sender="eve@evil.example"))
    (row,) = arrives(desk.mailbox, answer(answered[1], name="a3"))

    assert (held_row.outcome, row.outcome) == ("held", "reply")
    assert "takes a sender who takes part in the ticket here" in held_row.reason


def test_g10_a_proven_sender_is_shown_as_such_and_a_forged_field_below_is_not_heard(desk, answered):
    arrives(desk.mailbox, answer(answered[1], above=PASS))
    arrives(desk.mailbox, answer(answered[1], above=FAIL.replace(b"(p=REJECT)", b"(p=NONE)") + PASS, name="a3"))

    events = Event.objects.filter(name="message.received").order_by("id")
    levels = [event.data["trust_level"] for event in events]
    assert levels == ["authenticated", "token"]


def test_g10_nobody_is_answered_automatically_in_a_forged_name(desk):
    (row,) = arrives(desk.mailbox, FAIL + mail(message_id="a1@example.com"))

    assert row.outcome == "ticket"
    assert not Letter.objects.exists()
    assert Event.objects.get(name="ticket.opened").data["autoresponse"] == "The check of the sender failed."


def test_mail_of_agents_is_a_note_and_a_forged_one_or_one_below_the_bar_is_held(desk, answered):
    builders.bob()
    ours = answered[1]
    forged = FAIL.replace(b"example.com", b"desk.example")
    bob = "Bob <bob@desk.example>"
    (first,) = arrives(desk.mailbox, answer(ours, above=forged, sender=bob))
    (second,) = arrives(desk.mailbox, answer(ours, sender=bob, name="a3"))
    MailSettings.objects.update(trust_agent="authenticated")
    (third,) = arrives(desk.mailbox, answer(ours, sender=bob, name="a4"))
    proven = PASS.replace(b"example.com", b"desk.example")
    (fourth,) = arrives(desk.mailbox, answer(ours, above=proven, sender=bob, name="a5"))

    assert [row.outcome for row in (first, second, third, fourth)] == ["held", "reply", "held", "reply"]
    assert [entry.kind for entry in Entry.objects.order_by("id")] == ["message", "note", "note"]


def test_a_closed_ticket_is_opened_again_only_by_who_passes_that_bar(desk, answered):
    _ticket, ours = answered
    Ticket.objects.update(status="closed")
    MailSettings.objects.update(trust_reopen="authenticated")
    (held_row,) = arrives(desk.mailbox, answer(ours))
    assert (held_row.outcome, Ticket.objects.get().status) == ("held", "closed")
    arrives(desk.mailbox, answer(ours, above=PASS, name="a3"))
    assert Ticket.objects.get().status == "open"


def test_g12_the_trace_shows_why_a_message_is_held_and_how_far_a_taken_one_was_believed(desk, answered):
    arrives(desk.mailbox, answer(answered[1], above=FAIL))
    arrives(desk.mailbox, answer(answered[1], above=PASS, name="a3"))

    (trail,) = trace("<a2@example.com>")
    assert trail.held
    assert "DMARC fails" in dict(trail.steps[-1].words)["Why"]
    (trail,) = trace("<a3@example.com>")
    assert "DMARC passes for example.com" in dict(trail.steps[-1].words)["Sender"]


def test_g12_what_would_become_of_it_says_the_same(desk, answered):
    seen = foresee(answer(answered[1], above=FAIL), mailbox="support@desk.test", at=AT)
    assert seen["outcome"] == "hold"
    assert seen["threading"]["trust"] == "failed"


def test_held_mail_is_put_into_a_ticket_and_answers_nobody(desk, answered):
    ticket, ours = answered
    (row,) = arrives(desk.mailbox, answer(ours, above=FAIL))
    with pytest.raises(Invalid, match="There is no ticket #99"):
        held.attach(row, 99, by=builders.alice(), at=AT)

    held.attach(row, ticket.number, by=builders.alice(), at=AT)

    row.refresh_from_db()
    event = Event.objects.get(name="message.received")
    assert (row.outcome, event.agent.name) == ("reply", "Alice Moreau")
    assert event.data["why"].startswith(
        f"Alice Moreau put held mail into #{ticket.number}: A message in a ticket takes"
    )
    assert Letter.objects.count() == 1


def test_an_allowed_pair_joins_that_ticket_and_no_other(desk, answered):
    ticket, _ = answered
    text = {"sender": "eve@evil.example", "headers": "In-Reply-To: <a1@example.com>\r\n"}
    (row,) = arrives(desk.mailbox, mail(message_id="e1@evil.example", **text))
    assert row.outcome == "held"

    assert held.allow_sender(row, ticket=ticket, by=builders.alice(), at=AT) == "eve@evil.example"
    (second,) = arrives(desk.mailbox, mail(message_id="e2@evil.example", text="Again.", **text))

    row.refresh_from_db()
    assert (row.outcome, second.outcome) == ("reply", "reply")
    MailSettings.objects.update(trust_new_ticket="authenticated")
    (third,) = arrives(desk.mailbox, mail(message_id="e3@evil.example", sender="eve@evil.example"))
    assert third.outcome == "held"
    held.allow_sender(third, ticket=None, by=builders.alice(), at=AT)
    (fourth,) = arrives(desk.mailbox, mail(message_id="e4@evil.example", sender="eve@evil.example", text="New."))
    assert fourth.outcome == "ticket"
    assert AllowedSender.objects.count() == 2


def test_no_question_to_the_database_is_added_by_mail_that_is_let_in(desk, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as asked:
        arrives(desk.mailbox, *(PASS + mail(message_id=f"m{n}@example.com", text=str(n)) for n in range(5)))
    assert not [query for query in asked.captured_queries if "allowedsender" in query["sql"]]


def test_held_and_discarded_mail_is_kept_as_long_as_the_settings_say(desk, answered):
    (row,) = arrives(desk.mailbox, answer(answered[1], above=FAIL))
    decided = SpooledMail.objects.get(pk=row.pk).decided_at
    assert retention.expire(at=decided + dt.timedelta(days=4000)) == (0, 0)

    MailSettings.objects.update(keep_held_days=30, keep_discarded_days=7)
    assert retention.expire(at=decided + dt.timedelta(days=29)) == (0, 0)
    late = decided + dt.timedelta(days=31)
    assert retention.expire(at=late) == (1, 0)
    row.refresh_from_db()
    assert row.outcome == "discarded"
    assert row.reason.startswith("Nobody decided about it for 30 days. It was held: A message in a ticket")
    blob = row.blob_id
    assert retention.expire(at=late + dt.timedelta(days=8)) == (0, 1)
    row.refresh_from_db()
    assert row.blob_id is None
    assert not Blob.objects.filter(pk=blob).exists()
