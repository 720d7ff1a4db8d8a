"""Whose mail it is, from bytes to ticket (rows C1 to C7)."""

from __future__ import annotations

import pytest

from postdesk.flow import intake
from postdesk.flow.accept import accept_piped
from postdesk.judge.filters.values import Rule
from postdesk.mailroom.models import Email, Letter, MailSettings
from postdesk.people.models import Agent, Organisation, User
from postdesk.tickets import filters
from postdesk.tickets.filter_setup import ActionSetup, FilterSetup
from postdesk.tickets.models import Department, Event, HelpTopic, NewTicketSettings, Ticket
from tests.support.desk import AT, a_desk, arrives, mail

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return a_desk()


def opened(mailbox, **fields) -> Ticket:
    (row,) = arrives(mailbox, mail(**fields))
    assert row.outcome == "ticket", row.reason
    return Ticket.objects.get(number=int(row.reason.split("#")[1].split(".")[0]))


def routed(ticket: Ticket) -> str:
    return str(Event.objects.get(ticket=ticket, name="ticket.opened").data["routed"])


@pytest.mark.parametrize(
    ("to", "headers", "sentence"),
    [
        ("x@y.example, BILLING@desk.test", "Cc: support@desk.test\r\n", "To names billing@desk.test."),
        ("x@y.example", "Cc: billing@desk.test\r\nDelivered-To: support@desk.test\r\n", "Cc names billing@desk.test."),
        (
            "x@y.example",
            "X-Original-To: support@desk.test\r\nDelivered-To: billing@desk.test\r\n",
            "The delivery header names billing@desk.test.",
        ),
    ],
)
def test_c1_to_then_cc_then_delivered_to_decides(desk, to, headers, sentence):
    ticket = opened(desk.mailbox, to=to, headers=headers)
    assert (ticket.department, ticket.email, routed(ticket)) == (desk.accounts, desk.billing, sentence)


def test_c1_every_other_address_of_ours_is_known_on_the_ticket(desk):
    ticket = opened(desk.mailbox, to="billing@desk.test, support@desk.test")
    assert {known.email for known in ticket.known_emails.all()} == {desk.billing, desk.support}


def test_c1_a_longer_address_that_only_contains_ours_is_not_ours(desk):
    ticket = opened(desk.mailbox, to="notbilling@desk.test")
    assert ticket.department == desk.department


def test_c2_where_nobody_of_ours_is_named_the_polled_mailbox_decides(desk):
    ticket = opened(desk.billing_mailbox, to="team@elsewhere.example")
    assert ticket.department == desk.accounts
    assert routed(ticket) == "No recipient is ours; it was in the mailbox of billing@desk.test."


def test_c2_what_came_by_a_pipe_goes_where_the_default_email_says(desk):
    MailSettings.objects.update(default_email=desk.billing)
    accept_piped(mail(to="team@elsewhere.example"), via=None, at=AT)
    intake.take_in(0)
    ticket = Ticket.objects.get()
    assert ticket.department == desk.accounts
    assert routed(ticket) == "No recipient is ours; the Default System Email decides."


def test_c3_an_alias_stands_for_its_address(desk):
    Email.objects.filter(pk=desk.billing.pk).update(aliases=["invoices@desk.test"])
    ticket = opened(desk.mailbox, to="Invoices@Desk.test", headers="Cc: dan@example.org\r\n")
    assert (ticket.email, ticket.department) == (desk.billing, desk.accounts)
    assert routed(ticket) == "To names invoices@desk.test, which is billing@desk.test."
    assert [one.user.address for one in ticket.collaborators.all()] == ["dan@example.org"]


def test_c3_support_plus_anything_is_support_and_no_collaborator(desk):
    ticket = opened(desk.mailbox, to="billing+orders@desk.test")
    assert ticket.email == desk.billing
    assert not ticket.collaborators.exists()
    assert not User.objects.filter(address__endswith="@desk.test").exists()


def test_c3_an_address_of_its_own_with_a_plus_is_itself(desk):
    vip = Email.objects.create(address="billing+vip@desk.test", name="VIP", created_at=AT, updated_at=AT)
    assert opened(desk.mailbox, to="billing+vip@desk.test").email == vip


@pytest.mark.parametrize("field", ["X-Original-To", "Envelope-To", "X-Envelope-To", "Bcc"])
def test_c3_mail_that_names_us_only_where_the_transport_noted_it(desk, field):
    ticket = opened(desk.mailbox, to="undisclosed-recipients:;", headers=f"{field}: billing@desk.test\r\n")
    assert ticket.email == desk.billing


def test_s3_c4_the_address_comes_before_the_help_topic_and_that_before_the_default(desk):
    topic = HelpTopic.objects.create(name="Orders", department=desk.accounts, priority="high")
    NewTicketSettings.objects.filter(email=desk.support).update(help_topic=topic)
    of_address = opened(desk.mailbox, message_id="a@x.example")
    assert (of_address.department, of_address.help_topic, of_address.priority) == (desk.department, topic, "high")

    NewTicketSettings.objects.filter(email=desk.support).update(department=None, priority="low")
    of_topic = opened(desk.mailbox, message_id="b@x.example")
    assert (of_topic.department, of_topic.priority) == (desk.accounts, "low")

    HelpTopic.objects.update(is_active=False)
    of_nobody = opened(desk.mailbox, message_id="c@x.example")
    assert (of_nobody.department, of_nobody.help_topic) == (desk.department, None)


def test_c4_where_the_addresss_department_is_not_active_the_default_one_takes_over(desk):
    topic = HelpTopic.objects.create(name="Orders", department=desk.accounts)
    closed = Department.objects.create(name="Closed", is_active=False)
    NewTicketSettings.objects.filter(email=desk.support).update(department=closed, help_topic=topic)
    assert opened(desk.mailbox).department == desk.department


def test_c4_the_default_help_topic_is_for_mail_that_nothing_else_gives_one(desk):
    default = HelpTopic.objects.create(name="General", priority="high", is_default=True)
    of_default = opened(desk.mailbox, message_id="a@x.example")
    assert (of_default.help_topic, of_default.priority, of_default.department) == (default, "high", desk.department)

    orders = HelpTopic.objects.create(name="Orders")
    NewTicketSettings.objects.filter(email=desk.support).update(help_topic=orders)
    assert opened(desk.mailbox, message_id="b@x.example").help_topic == orders

    HelpTopic.objects.update(is_active=False)
    assert opened(desk.mailbox, message_id="c@x.example").help_topic is None


def test_c4_a_help_topic_can_close_its_tickets_at_once_and_a_filter_comes_before_it(desk):
    topic = HelpTopic.objects.create(name="Reports", closes=True)
    NewTicketSettings.objects.filter(email=desk.support).update(help_topic=topic)
    kept = opened(desk.mailbox, message_id="a@x.example")
    assert (kept.status, kept.closed_at, kept.waiting_since, kept.due_at) == ("closed", kept.opened_at, None, None)

    opens = FilterSetup("Fires", rules=(Rule("subject", "contains", "fire"),), actions=(ActionSetup("status", "open"),))
    filters.save_filter(None, opens, by="test", at=AT)
    assert opened(desk.mailbox, message_id="b@x.example").status == "open"


def test_c4_what_nobody_else_is_given_goes_to_the_account_manager_of_the_senders_organisation(desk):
    ann = Agent.objects.hire(email="ann@example.net", name="Ann", password=None, at=AT)
    bob = Agent.objects.hire(email="bob@example.net", name="Bob", password=None, at=AT)
    Organisation.objects.create(name="Acme", domains=["acme.example", "acme.test"], manager=ann, created_at=AT)
    assert opened(desk.mailbox, sender="x@Acme.TEST", message_id="a@x").assignee == ann
    assert opened(desk.mailbox, sender="x@sub.acme.test", message_id="b@x").assignee is None

    topic = HelpTopic.objects.create(name="Outage", agent=bob)
    NewTicketSettings.objects.filter(email=desk.support).update(help_topic=topic)
    assert opened(desk.mailbox, sender="x@acme.test", message_id="c@x").assignee == bob
    Agent.objects.filter(pk=bob.pk).update(is_active=False)
    assert opened(desk.mailbox, sender="x@acme.test", message_id="d@x").assignee == ann

    setup = FilterSetup(
        "Theirs", rules=(Rule("subject", "contains", "again"),), actions=(ActionSetup("department", "Accounts"),)
    )
    filters.save_filter(None, setup, by="test", at=AT)
    assert opened(desk.mailbox, sender="x@acme.test", subject="Again", message_id="e@x").assignee == ann
    Agent.objects.filter(pk=ann.pk).update(is_active=False)
    assert opened(desk.mailbox, sender="x@acme.test", message_id="f@x").assignee is None


@pytest.mark.parametrize(
    ("header", "priority"),
    [
        ("X-Priority: 1 (Highest)", "high"),
        ("Importance: high", "high"),
        ("Priority: urgent", "high"),
        ("X-MSMail-Priority: Low", "low"),
        ("X-Priority: 2 (High)", "high"),
        ("X-Priority: 3", "normal"),
        ("X-Priority: 4", "normal"),
        ("Priority: non-urgent", "normal"),
        ("X-Priority: 6", "low"),
        ("X-Priority: 5", "low"),
    ],
)
def test_c5_the_mails_own_priority_counts_where_it_is_switched_on(desk, header, priority):
    MailSettings.objects.update(priority_from_mail=True)
    NewTicketSettings.objects.filter(email=desk.support).update(priority="emergency")
    assert opened(desk.mailbox, headers=f"{header}\r\n").priority == priority


def test_c5_and_does_not_where_it_is_switched_off(desk):
    assert opened(desk.mailbox, headers="X-Priority: 1\r\n").priority == "normal"


def test_c6_unknown_senders_are_turned_away_where_only_registered_ones_are_accepted(desk):
    MailSettings.objects.update(accept_unregistered=False)
    (row,) = arrives(desk.mailbox, mail())
    assert row.outcome == "suppressed"
    assert row.reason == "carol@example.com is no registered user of this desk, and unknown senders are not accepted."
    assert not Letter.objects.exists()


def test_c6_users_agents_and_people_at_an_organisation_are_accepted(desk):
    MailSettings.objects.update(accept_unregistered=False)
    User.objects.create(address="carol@example.com", created_at=AT)
    Organisation.objects.create(name="Acme", domains=["acme.example"], created_at=AT)
    Agent.objects.hire(email="alice@example.net", name="Alice", password=None, at=AT)
    senders = ("carol@example.com", "anybody@acme.example", "alice@example.net")
    for sender in senders:
        opened(desk.mailbox, sender=sender, message_id=f"m-{sender}")
    assert {ticket.user.address for ticket in Ticket.objects.all()} == set(senders)


def test_c6_an_answer_to_a_ticket_is_taken_from_anybody_who_has_our_letter(desk):
    arrives(desk.mailbox, mail(message_id="a1@example.com"))
    MailSettings.objects.update(accept_unregistered=False)
    ours = Letter.objects.get().message_id
    (row,) = arrives(desk.mailbox, mail(sender="second-address@example.com", headers=f"In-Reply-To: <{ours}>\r\n"))
    assert row.outcome == "reply"


def test_c7_a_user_with_as_many_open_tickets_as_allowed_opens_no_more(desk):
    MailSettings.objects.update(max_open_tickets=2)
    rows = arrives(desk.mailbox, *(mail(message_id=f"m{number}@example.com") for number in range(4)))
    assert [row.outcome for row in rows] == ["ticket", "ticket", "suppressed", "suppressed"]
    assert rows[2].reason == "carol@example.com has 2 open tickets, and the desk's limit is 2."

    other = arrives(desk.mailbox, mail(sender="dan@example.org", message_id="d@example.org"))
    assert other[0].outcome == "ticket"
    Ticket.objects.filter(user__address="carol@example.com").update(status="closed", closed_at=AT)
    (again,) = arrives(desk.mailbox, mail(message_id="m9@example.com"))
    assert again.outcome == "ticket"


def test_c7_answers_to_open_tickets_are_always_taken(desk):
    MailSettings.objects.update(max_open_tickets=1)
    arrives(desk.mailbox, mail(message_id="m1@example.com"))
    (row,) = arrives(desk.mailbox, mail(message_id="m2@example.com", headers="In-Reply-To: <m1@example.com>\r\n"))
    assert row.outcome == "reply"
