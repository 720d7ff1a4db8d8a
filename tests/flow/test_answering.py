"""Rows H1, H3 to H6, H10, H11 and I: what agents send, to whom, from whom, and who of their colleagues hears of it."""

from __future__ import annotations

import pytest

from postdesk.basics.errors import Invalid, Refused
from postdesk.mail.parse import parse
from postdesk.mailroom.models import Email, Letter, SmtpAccount
from postdesk.people.models import Agent, Team
from postdesk.tickets import operations
from postdesk.tickets.models import Collaborator, Department, Entry, Event, Membership, NoticeSettings, Ticket
from postdesk.tickets.notice_preferences import notice_settings
from postdesk.tickets.operations import Manner, NewTicket
from postdesk.tickets.operations.manner import sender_choices
from tests.support.desk import AT, a_desk, arrives, mail

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return a_desk()


@pytest.fixture
def ticket(desk) -> Ticket:
    arrives(desk.mailbox, mail(message_id="a1@example.com", to="support@desk.test, dave@example.org, eve@example.org"))
    return Ticket.objects.get()


def hired(name: str, **more: object) -> Agent:
    agent = Agent.objects.hire(email=f"{name.lower()}@example.net", name=name, password=None, at=AT)
    Agent.objects.filter(pk=agent.pk).update(**more)
    agent.refresh_from_db()
    return agent


def settings(**more: object) -> None:
    notice_settings()
    NoticeSettings.objects.update(**more)


def mailed(entry: Entry):
    return parse(bytes(Letter.objects.get(pk=entry.letter_id).raw))


def alerted(alert: str = "") -> list[str]:
    letters = Letter.objects.filter(kind="alert", subject__contains=alert).order_by("id")
    return [letter.recipients.get().address for letter in letters]


def test_h3_one_mail_to_the_owner_with_the_active_collaborators_in_cc(ticket):
    Collaborator.objects.filter(user__address="eve@example.org").update(is_active=False)
    entry = operations.reply(ticket, text="Water.", by=hired("Alice"), at=AT)

    sent = mailed(entry)
    assert [one.address for one in sent.to] == ["carol@example.com"]
    assert [one.address for one in sent.cc] == ["dave@example.org"]
    assert Letter.objects.filter(kind="reply").count() == 1
    assert {row.address for row in Letter.objects.get(kind="reply").recipients.all()} == {
        "carol@example.com",
        "dave@example.org",
    }


def test_h3_only_the_user_or_nobody_at_all(ticket):
    alice = hired("Alice")
    only = operations.reply(ticket, text="Between us.", by=alice, at=AT, manner=Manner(audience="user"))
    kept = operations.reply(ticket, text="Told by phone.", by=alice, at=AT, manner=Manner(audience="none"))

    assert (mailed(only).cc, only.cc) == ((), [])
    assert (kept.letter_id, kept.to) == (None, [])
    assert Event.objects.get(entry=kept, name="reply.sent").data["why"].startswith("Kept here only")
    ticket.refresh_from_db()
    assert ticket.is_answered


def test_h3_a_copy_to_an_address_of_the_desk_is_refused_and_nothing_is_sent(ticket):
    with pytest.raises(Refused, match=r"Billing@desk\.test is an address of this desk"):
        operations.reply(ticket, text="Hi.", by=hired("Alice"), at=AT, cc=["dave@example.org", "Billing@desk.test"])

    assert not Entry.objects.filter(kind="reply").exists()
    assert not Letter.objects.filter(kind="reply").exists()


def test_h3_the_sender_can_be_chosen_among_the_addresses_of_ones_departments(desk, ticket):
    other = Email.objects.create(address="other@desk.test", name="Other", created_at=AT, updated_at=AT)
    for email in (desk.billing, other):
        SmtpAccount.objects.create(email=email, host="plain://127.0.0.1", port=1, auth="none")
    alice = hired("Alice")
    Membership.objects.create(department=desk.accounts, agent=alice)

    assert [row.address for row in sender_choices(ticket, alice)] == ["support@desk.test", "billing@desk.test"]
    entry = operations.reply(ticket, text="Hi.", by=alice, at=AT, manner=Manner(sender=desk.billing.pk))
    assert mailed(entry).from_.address == "billing@desk.test"
    with pytest.raises(Refused, match="cannot send from this address"):
        operations.reply(ticket, text="Hi.", by=alice, at=AT, manner=Manner(sender=other.pk))

    Membership.objects.create(department=desk.department, agent=alice)
    assert "other@desk.test" in [row.address for row in sender_choices(ticket, alice)]


@pytest.mark.parametrize(
    ("from_name", "hidden", "name"),
    [
        ("email", False, "Example Support"),
        ("mine", False, "Alice"),
        ("mine", True, "Example Support"),
        ("department", False, "Support"),
    ],
)
def test_h4_the_from_name_is_the_addresses_the_departments_or_the_agents(ticket, from_name, hidden, name):
    settings(hide_staff_name=hidden)
    entry = operations.reply(ticket, text="Hi.", by=hired("Alice", from_name=from_name), at=AT)

    assert (mailed(entry).from_.name, mailed(entry).from_.address) == (name, "support@desk.test")


def test_h4_the_name_of_a_private_department_is_not_shown(ticket):
    Department.objects.update(is_public=False)
    entry = operations.reply(ticket, text="Hi.", by=hired("Alice", from_name="department"), at=AT)

    assert mailed(entry).from_.name == "Example Support"


@pytest.mark.parametrize(
    ("choice", "default", "stands"),
    [
        ("none", "mine", ""),
        ("mine", "none", "Alice, first floor"),
        ("department", "none", "Support since 1999"),
        (None, "mine", "Alice, first floor"),
        (None, "department", "Support since 1999"),
        (None, "none", ""),
    ],
)
def test_h4_signatures_none_mine_or_the_departments(ticket, choice, default, stands):
    Department.objects.update(signature="Support since 1999")
    alice = hired("Alice", signature="Alice, first floor", default_signature=default)
    entry = operations.reply(ticket, text="Hi.", by=alice, at=AT, manner=Manner(signature=choice))

    text = mailed(entry).text.split("Ref-Mid")[0]
    assert [line for line in ("Alice, first floor", "Support since 1999") if line in text] == [stands] * bool(stands)


def test_h5_a_reply_carries_no_automatic_header_and_the_whole_conversation(ticket):
    alice = hired("Alice")
    first = operations.reply(ticket, text="One.", by=alice, at=AT)
    second = operations.reply(ticket, text="Two.", by=alice, at=AT)

    sent = mailed(second)
    assert sent.header("Auto-Submitted") is None
    assert sent.header("Precedence") is None
    assert sent.in_reply_to == ("a1@example.com",)
    own = Letter.objects.get(kind="autoresponse").message_id
    assert set(sent.references) == {"a1@example.com", own, Letter.objects.get(pk=first.letter_id).message_id}


def test_h11_a_reply_is_sent_again_to_the_people_it_went_to_word_for_word(ticket):
    alice = hired("Alice")
    upload = operations.Upload("plan.pdf", "application/pdf", b"%PDF")
    entry = operations.reply(ticket, text="Water.", by=alice, at=AT, cc=["frank@example.org"], files=[upload])
    before = Letter.objects.get(pk=entry.letter_id)
    Collaborator.objects.all().delete()

    operations.resend(entry, by=hired("Bob"), at=AT)

    entry.refresh_from_db()
    after = Letter.objects.get(pk=entry.letter_id)
    assert after.pk != before.pk
    assert after.message_id != before.message_id
    first, again = parse(bytes(before.raw)), parse(bytes(after.raw))
    assert ([one.address for one in again.to], [one.address for one in again.cc]) == (
        ["carol@example.com"],
        ["frank@example.org"],
    )
    assert again.attachments[0].content == b"%PDF"
    assert again.text.split("Ref-Mid")[0] == first.text.split("Ref-Mid")[0]
    assert Event.objects.get(name="reply.resent").letter == after


def test_h11_what_was_not_mailed_cannot_be_sent_again(ticket):
    alice = hired("Alice")
    with pytest.raises(Refused, match="not mailed"):
        operations.resend(operations.note(ticket, text="Hm.", by=alice, at=AT), by=alice, at=AT)


def test_i_internal_activity_goes_to_assignee_and_last_respondent_from_the_alert_address_and_never_to_the_actor(ticket):
    alice, bob = hired("Alice"), hired("Bob")
    Department.objects.update(auto_claim=False)
    operations.reply(ticket, text="First.", by=alice, at=AT)
    Ticket.objects.update(assignee=bob)
    assert alerted() == []

    settings(note_alert=True)
    operations.note(ticket, text="Look <here>", by=alice, at=AT)
    assert alerted("Internal note") == ["bob@example.net"]
    operations.reply(ticket, text="Second.", by=bob, at=AT)
    assert alerted("Reply") == ["alice@example.net"]
    letter = parse(bytes(Letter.objects.filter(kind="alert").first().raw))
    assert "Look &lt;here&gt;" in letter.html


def test_i_an_assignment_alerts_the_agent_but_not_who_takes_a_ticket(ticket):
    alice, bob = hired("Alice"), hired("Bob")
    operations.assign(ticket, to=bob, by=alice, at=AT)
    assert alerted("Assigned to you") == ["bob@example.net"]
    operations.assign(ticket, to=alice, by=alice, at=AT)
    assert len(alerted()) == 1


def test_i_a_team_is_alerted_by_lead_and_members_as_chosen(ticket):
    alice, lead, member = hired("Alice"), hired("Lea"), hired("Max")
    team = Team.objects.create(name="Fire", lead=lead)
    team.members.add(lead, member)
    operations.assign(ticket, to=team, by=alice, at=AT)
    assert alerted() == []

    settings(assigned_alert_to=["team_lead", "team_members"])
    operations.assign(ticket, to=None, by=alice, at=AT)
    operations.assign(ticket, to=team, by=alice, at=AT)
    assert alerted() == ["lea@example.net", "max@example.net"]


def test_i_a_transfer_alerts_the_manager_of_the_new_department(desk, ticket):
    Department.objects.filter(pk=desk.accounts.pk).update(manager=hired("Mona"))
    desk.accounts.refresh_from_db()
    settings(transfer_alert=True)
    operations.transfer(ticket, to=desk.accounts, by=hired("Alice"), at=AT)

    assert alerted("Transferred to Accounts") == ["mona@example.net"]


def test_h1_an_agent_opens_a_ticket_and_the_user_gets_the_notice(desk):
    alice = hired("Alice")
    Department.objects.filter(pk=desk.department.pk).update(manager=hired("Mona"))
    new = NewTicket("Zoe@example.com", "Your lamp", "It is ready.", desk.department, name="Zoe")
    ticket = operations.open_ticket(new, by=alice, at=AT)

    sent = parse(bytes(Letter.objects.get(kind="notice").raw))
    assert ticket.user.address == "zoe@example.com"
    assert sent.subject == f"Your lamp [#{ticket.number}]"
    assert sent.header("Auto-Submitted") is None
    assert "It is ready." in sent.text
    assert alerted("New ticket") == ["mona@example.net"]
    ticket.refresh_from_db()
    assert (ticket.is_answered, ticket.waiting_since) == (True, None)

    arrives(
        desk.mailbox,
        mail(sender="zoe@example.com", text="Thanks!", headers=f"In-Reply-To: <{sent.message_id}>\r\n"),
    )
    assert [entry.kind for entry in ticket.entries.all()] == ["reply", "message"]


def test_a_ticket_written_down_for_a_caller_waits_for_an_answer(desk):
    settings(new_ticket_by_agent_notice=False)
    new = NewTicket("zoe@example.com", "Lamp", "Is it ready?", desk.department, said_by_user=True)
    ticket = operations.open_ticket(new, by=hired("Alice"), at=AT)

    assert (ticket.waiting_since, ticket.is_answered, ticket.source) == (AT, False, "phone")
    assert ticket.entries.get().kind == "message"
    assert not Letter.objects.exists()


def test_with_the_notice_off_an_agents_first_words_go_out_as_a_plain_reply(desk):
    settings(new_ticket_by_agent_notice=False)
    operations.open_ticket(
        NewTicket("zoe@example.com", "Lamp", "It is ready.", desk.department), by=hired("Alice"), at=AT
    )

    assert Letter.objects.get().kind == "reply"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"address": "zoe"}, "address"),
        ({"address": "support@desk.test"}, "address"),
        ({"subject": " "}, "subject"),
        ({"text": ""}, "text"),
        ({"priority": "urgent"}, "priority"),
    ],
)
def test_a_new_ticket_that_makes_no_sense_names_the_field_and_makes_nothing(desk, changed, field):
    given = {"address": "zoe@example.com", "subject": "Lamp", "text": "Hi.", "department": desk.department, **changed}

    with pytest.raises(Invalid) as caught:
        operations.open_ticket(NewTicket(**given), by=hired("Alice"), at=AT)
    assert caught.value.field == field
    assert not Ticket.objects.exists()
    assert not Letter.objects.exists()


def test_i_what_was_said_on_the_phone_is_passed_on_to_the_collaborators(ticket):
    alice, bob = hired("Alice"), hired("Bob")
    Ticket.objects.update(assignee=bob)
    entry = operations.write_down(ticket, text="It still burns.", by=alice, at=AT)

    sent = mailed(entry)
    assert [one.address for one in (*sent.to, *sent.cc)] == ["dave@example.org", "eve@example.org"]
    assert "Carol wrote" in sent.text
    assert sent.header("Auto-Submitted") is None
    assert alerted("New message") == ["bob@example.net"]

    settings(new_activity_notice=False)
    assert operations.write_down(ticket, text="Still.", by=alice, at=AT).letter_id is None
