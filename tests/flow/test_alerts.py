"""Rows H1, H5, H10, C7 and I: which agents get which letter when mail comes in, and what users are told."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from postdesk.flow import intake
from postdesk.flow.accept import accept_piped
from postdesk.mail.parse import parse
from postdesk.mailroom.models import Alert, Letter, MailSettings
from postdesk.people.models import Agent, Organisation, Team
from postdesk.tickets import operations
from postdesk.tickets.models import Department, Membership, NoticeSettings, Ticket
from postdesk.tickets.notice_preferences import notice_settings
from postdesk.tickets.notices import Source
from postdesk.tickets.operations.overdue import mark_overdue
from postdesk.tickets.voice import voice
from postdesk.tickets.wording import TemplateSetSetup, save_template, save_template_set
from tests.support.desk import AT, a_desk, arrives, mail

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return a_desk()


def hired(name: str, **more: object) -> Agent:
    agent = Agent.objects.hire(email=f"{name.lower()}@example.net", name=name, password=None, at=AT)
    Agent.objects.filter(pk=agent.pk).update(**more)
    agent.refresh_from_db()
    return agent


def settings(**more: object) -> None:
    notice_settings()
    NoticeSettings.objects.update(**more)


def sent(*kinds: str) -> list[tuple[str, str]]:
    """(recipient, subject) of the letters, of these kinds if given, in order."""
    letters = Letter.objects.filter(kind__in=kinds) if kinds else Letter.objects.all()
    return [(letter.recipients.get().address, letter.subject) for letter in letters.order_by("id")]


def test_i_new_ticket_alert_goes_to_the_manager_from_the_alert_address(desk):
    Department.objects.filter(pk=desk.department.pk).update(manager=hired("Mona"))
    MailSettings.objects.update(alert_email=desk.billing)
    arrives(desk.mailbox, mail(message_id="a1@example.com"))

    ticket = Ticket.objects.get()
    assert sent("alert") == [("mona@example.net", f"New ticket #{ticket.number}: Printer on fire")]
    letter = parse(bytes(Letter.objects.get(kind="alert").raw))
    assert letter.from_.address == "billing@desk.test"
    assert (letter.header("Auto-Submitted"), letter.header("Precedence")) == ("auto-generated", None)
    assert letter.header("X-Auto-Response-Suppress") == "OOF, AutoReply"
    assert letter.in_reply_to == ("a1@example.com",)
    assert "It burns." in letter.text
    assert f"/tickets/{ticket.number}" in letter.html


def test_the_link_in_an_alert_is_the_agents_page(desk):
    assert voice().ticket_link(7).endswith(reverse("ticket", args=[7]))


def test_i_members_hear_of_a_new_ticket_that_is_nobodys(desk):
    for name in ("Alice", "Bob"):
        Membership.objects.create(department=desk.department, agent=hired(name))
    Membership.objects.create(department=desk.department, agent=hired("Vera", on_vacation=True))
    Membership.objects.create(department=desk.accounts, agent=hired("Otto"))
    settings(ticket_alert_to=["members", "admin"])

    arrives(desk.mailbox, mail(message_id="a1@example.com"), mail(message_id="a2@example.com"))

    assert [to for to, _ in sent("alert")] == ["alice@example.net", "bob@example.net", "admin@example.net"] * 2


def test_extended_members_hear_of_it_when_the_department_says_so(desk):
    extended = hired("Ext")
    Membership.objects.create(department=desk.accounts, agent=extended, is_primary=True)
    Membership.objects.create(department=desk.department, agent=extended)
    settings(ticket_alert_to=["members"])

    arrives(desk.mailbox, mail(message_id="a1@example.com"))
    assert sent("alert") == []

    Department.objects.filter(pk=desk.department.pk).update(alert_recipients="extended")
    arrives(desk.mailbox, mail(message_id="a2@example.com"))
    assert [to for to, _ in sent("alert")] == ["ext@example.net"]


def test_i_new_message_alert_goes_to_the_last_respondent_and_the_assignee_once_each(desk):
    arrives(desk.mailbox, mail(message_id="a1@example.com"))
    alice, bob = hired("Alice"), hired("Bob")
    ticket = Ticket.objects.get()
    operations.reply(ticket, text="Which one?", by=alice, at=AT)
    Ticket.objects.update(assignee=bob)
    Letter.objects.all().delete()

    arrives(
        desk.mailbox,
        mail(text="The red one.", message_id="a2@example.com", headers="In-Reply-To: <a1@example.com>\r\n"),
    )

    assert [to for to, _ in sent()] == ["bob@example.net", "alice@example.net"]
    assert all("New message" in subject for _, subject in sent())


def test_i_the_account_manager_hears_of_the_tickets_and_messages_of_their_organisation(desk):
    mona, inga = hired("Mona"), hired("Inga")
    Organisation.objects.create(name="Example", domains=["example.com"], manager=mona, created_at=AT)
    Organisation.objects.create(name="Other", domains=["other.test"], manager=inga, created_at=AT)
    settings(ticket_alert_to=["account_manager"], message_alert_to=["account_manager"])

    arrives(desk.mailbox, mail(message_id="a1@example.com"), mail(sender="x@nobodys.test", message_id="b1@x"))
    assert [to for to, _ in sent("alert")] == ["mona@example.net"]
    Letter.objects.all().delete()

    arrives(desk.mailbox, mail(text="More.", message_id="a2@example.com", headers="In-Reply-To: <a1@example.com>\r\n"))
    assert [to for to, _ in sent("alert")] == ["mona@example.net"]


def test_i_a_team_that_has_the_ticket_hears_of_messages(desk):
    arrives(desk.mailbox, mail(message_id="a1@example.com"))
    team = Team.objects.create(name="Fire brigade")
    team.members.add(hired("Flo"), hired("Gus", is_active=False))
    Ticket.objects.update(team=team)

    arrives(desk.mailbox, mail(text="More.", message_id="a2@example.com", headers="In-Reply-To: <a1@example.com>\r\n"))

    assert [to for to, _ in sent("alert")] == ["flo@example.net"]


@pytest.mark.parametrize("headers", ["Auto-Submitted: auto-replied\r\n", "Precedence: bulk\r\n"])
def test_f4_what_a_machine_wrote_on_a_ticket_alerts_nobody(desk, headers):
    arrives(desk.mailbox, mail(message_id="a1@example.com"))
    Ticket.objects.update(assignee=hired("Bob"))

    arrives(desk.mailbox, mail(message_id="x@example.com", headers=f"In-Reply-To: <a1@example.com>\r\n{headers}"))

    assert sent("alert") == []


@pytest.mark.parametrize("robot", ["mona@example.net", "admin@example.net"])
def test_a_robot_that_answers_alerts_with_new_mail_gets_no_alert_for_it(desk, robot):
    """Its answer refers to nothing, says or does not say that a machine wrote it, and so is a ticket."""
    Department.objects.filter(pk=desk.department.pk).update(manager=hired("Mona"))
    settings(ticket_alert_to=["admin", "manager"])

    arrives(desk.mailbox, mail(sender=robot, subject="Request received", headers="Auto-Submitted: auto-replied\r\n"))
    assert sent("alert") == []

    arrives(desk.mailbox, mail(sender=robot, subject="Your request was received"))
    assert len(sent("alert")) == 1
    assert robot not in dict(sent("alert"))


def test_a_machine_that_hears_of_nothing_opens_tickets_that_are_told(desk):
    Department.objects.filter(pk=desk.department.pk).update(manager=hired("Mona"))
    arrives(desk.mailbox, mail(sender="cron@example.com", headers="Auto-Submitted: auto-generated\r\n"))
    assert [to for to, _subject in sent("alert")] == ["mona@example.net"]


def test_h10_a_desk_without_listeners_asks_nothing_about_who_might_hear(desk):
    with CaptureQueriesContext(connection) as queries:
        arrives(desk.mailbox, mail(message_id="a1@example.com"))

    asked = [one["sql"] for one in queries]
    assert not [sql for sql in asked if "tickets_membership" in sql or "DISTINCT ON" in sql]
    assert len([sql for sql in asked if "tickets_noticesettings" in sql or "tickets_template" in sql]) == 2
    assert sent("alert") == []


def test_a_bounce_of_an_alert_is_noted_and_an_agents_answer_to_it_becomes_a_note(desk):
    alice = hired("Mona")
    Department.objects.filter(pk=desk.department.pk).update(manager=alice)
    arrives(desk.mailbox, mail(message_id="a1@example.com"))
    ours = Letter.objects.get(kind="alert").message_id

    arrives(
        desk.mailbox,
        mail(sender="Mona <mona@example.net>", text="I know him.", headers=f"In-Reply-To: <{ours}>\r\n"),
    )

    ticket = Ticket.objects.get()
    assert [entry.kind for entry in ticket.entries.all()] == ["message", "note"]


def test_alerts_never_show_up_in_the_references_of_a_reply_to_the_user(desk):
    mona = hired("Mona")
    Department.objects.filter(pk=desk.department.pk).update(manager=mona)
    arrives(desk.mailbox, mail(message_id="a1@example.com"))
    alert = Letter.objects.get(kind="alert").message_id

    reply = operations.reply(Ticket.objects.get(), text="Water.", by=mona, at=AT)

    references = parse(bytes(reply.letter.raw)).references
    assert "a1@example.com" in references
    assert alert not in references


def test_i_new_message_confirmation_goes_to_the_writer_when_desk_and_department_say_so(desk):
    arrives(desk.mailbox, mail(message_id="a1@example.com"))
    answer = "In-Reply-To: <a1@example.com>\r\n"
    arrives(desk.mailbox, mail(text="2", message_id="a2@example.com", headers=answer))
    assert Letter.objects.count() == 1

    settings(new_message_autoresponse=True)
    arrives(desk.mailbox, mail(text="3", message_id="a3@example.com", headers=answer))
    letter = parse(bytes(Letter.objects.last().raw))
    assert (letter.to[0].address, letter.in_reply_to) == ("carol@example.com", ("a3@example.com",))
    assert letter.header("Auto-Submitted") == "auto-replied"

    Department.objects.update(new_message_autoresponse=False)
    arrives(desk.mailbox, mail(text="4", message_id="a4@example.com", headers=answer))
    assert Letter.objects.count() == 2


def test_i_the_new_ticket_auto_response_can_be_switched_off_for_the_whole_desk(desk):
    settings(new_ticket_autoresponse=False)
    arrives(desk.mailbox, mail(message_id="a1@example.com"))

    assert not Letter.objects.exists()
    opened = Ticket.objects.get().events.get()
    assert opened.data["autoresponse"] == "New Ticket auto-responses are off (Settings > Tickets)."


def test_c7_h10_over_the_limit_the_user_and_the_administrator_hear_of_it_once_a_day(desk):
    MailSettings.objects.update(max_open_tickets=1)
    settings(overlimit_notice=True, new_ticket_autoresponse=False)
    arrives(desk.mailbox, mail(message_id="a1@example.com"))

    rows = [*arrives(desk.mailbox, mail(message_id="a2@example.com"), mail(message_id="a3@example.com"))]

    assert [row.outcome for row in rows] == ["suppressed", "suppressed"]
    assert [to for to, _ in sent()] == ["carol@example.com", "admin@example.net"]
    notice = parse(bytes(Letter.objects.get(kind="autoresponse").raw))
    assert notice.from_.address == "support@desk.test"
    assert "1 open tickets" in notice.text
    assert notice.in_reply_to == ("a2@example.com",)
    assert Alert.objects.get().kind == "user.overlimit"

    Alert.objects.update(raised_at=AT - dt.timedelta(days=400))
    arrives(desk.mailbox, mail(message_id="a4@example.com"))
    assert len(sent()) == 4


def test_the_administrator_hears_of_it_also_when_users_do_not(desk):
    MailSettings.objects.update(max_open_tickets=1)
    settings(new_ticket_autoresponse=False)
    arrives(desk.mailbox, mail(message_id="a1@example.com"))
    arrives(desk.mailbox, mail(message_id="a2@example.com"))

    assert [to for to, _ in sent()] == ["admin@example.net"]


def test_i_an_overdue_ticket_alerts_assignee_and_manager(desk):
    arrives(desk.mailbox, mail(message_id="a1@example.com"))
    Department.objects.filter(pk=desk.department.pk).update(manager=hired("Mona"))
    Ticket.objects.update(assignee=hired("Bob"), due_at=AT)

    assert mark_overdue(at=AT + dt.timedelta(hours=1)) == 1
    assert mark_overdue(at=AT + dt.timedelta(hours=2)) == 0

    assert [to for to, _ in sent("alert")] == ["bob@example.net", "mona@example.net"]
    assert "due on 2026-03-02 09:00 UTC" in parse(bytes(Letter.objects.filter(kind="alert")[0].raw)).text


def test_s14_s15_h1_an_auto_response_is_from_deptauto_then_deptout_then_whom_one_wrote_to_then_the_default(desk):
    def answered_from(number: int) -> str:
        arrives(desk.mailbox, mail(message_id=f"f{number}@example.com"))
        return Letter.objects.order_by("id").last().from_address

    Department.objects.update(autoresponse_email=desk.billing, outgoing_email=desk.support)
    assert answered_from(1) == "billing@desk.test"
    Department.objects.update(autoresponse_email=None, outgoing_email=desk.billing)
    assert answered_from(2) == "billing@desk.test"
    Department.objects.update(outgoing_email=None)
    MailSettings.objects.update(default_email=desk.billing)
    assert answered_from(3) == "support@desk.test"
    accept_piped(mail(to="nobody@elsewhere.example", message_id="f4@example.com"), via=None, at=AT)
    intake.take_in(0)
    assert Letter.objects.order_by("id").last().from_address == "billing@desk.test"


def test_s14_h4_the_signature_of_a_private_department_never_leaves_the_house(desk):
    Department.objects.update(signature="Fire Brigade\nTel. 112")
    arrives(desk.mailbox, mail(message_id="a1@example.com"))
    assert "Tel. 112" in parse(bytes(Letter.objects.last().raw)).text

    Department.objects.update(is_public=False)
    arrives(desk.mailbox, mail(message_id="a2@example.com"))
    assert "Tel. 112" not in parse(bytes(Letter.objects.last().raw)).text


def test_s14_h2_a_department_answers_in_the_words_of_its_set(desk):
    german, _ = save_template_set(None, TemplateSetSetup("Deutsch", "de"), by="test", at=AT)
    Department.objects.filter(pk=desk.accounts.pk).update(template_set=german)
    save_template(
        german, "ticket.autoresp", Source("Da: %{ticket.subject}", "<p>Sie schrieben:</p>%{message}"), by="test", at=AT
    )

    arrives(desk.billing_mailbox, mail(to="billing@desk.test", text="%{company} <b>", message_id="a1@example.com"))

    answer = parse(bytes(Letter.objects.get().raw))
    assert answer.subject == "Da: Printer on fire"
    assert "%{company} &lt;b&gt;" in answer.html
    assert "Sie schrieben:\n\n%{company} <b>" in answer.text
