"""Filters in intake: bytes in, tickets changed or refused, evidence on the ticket (rows D3, D5 to D7, C4)."""

from __future__ import annotations

from email import message_from_bytes

import pytest

from postdesk.basics.errors import Problems
from postdesk.flow import intake
from postdesk.judge.filters.values import Rule
from postdesk.mailroom import spool
from postdesk.mailroom.bans import BanSetup, save_ban
from postdesk.mailroom.models import Blob, Letter
from postdesk.people.models import Agent, Team
from postdesk.tickets import filters
from postdesk.tickets.filter_setup import ActionSetup, FilterSetup, filter_setup
from postdesk.tickets.models import (
    CannedFile,
    CannedResponse,
    Department,
    Event,
    HelpTopic,
    SlaPlan,
    Ticket,
    TicketFilter,
)
from tests.support.desk import AT, a_desk, arrives, mail

pytestmark = pytest.mark.django_db

ON_FIRE = (Rule("subject", "contains", "fire"),)


@pytest.fixture
def desk():
    return a_desk()


def a_filter(*actions: ActionSetup, name: str = "Fires", **more) -> TicketFilter:
    setup = FilterSetup(name=name, actions=actions, **{"rules": ON_FIRE, **more})
    return filters.save_filter(None, setup, by="test", at=AT)[0]


def problems_of(setup: FilterSetup) -> list[str]:
    with pytest.raises(Problems) as refusal:
        filters.save_filter(None, setup, by="test", at=AT)
    return [str(problem) for problem in refusal.value.problems]


def test_d5_c4_a_filter_comes_before_the_address_and_the_ticket_tells_what_it_did(desk):
    agent = Agent.objects.hire(email="alice@example.net", name="Alice", password=None, at=AT)
    topic = HelpTopic.objects.create(name="Burning", priority="low")
    a_filter(
        ActionSetup("department", "Accounts"),
        ActionSetup("priority", "emergency"),
        ActionSetup("agent", "alice@example.net"),
        ActionSetup("help_topic", "Burning"),
        ActionSetup("no_autoresponse"),
    )

    arrives(desk.mailbox, mail(message_id="a1@example.com"))

    ticket = Ticket.objects.get()
    assert (ticket.department, ticket.priority, ticket.assignee, ticket.help_topic) == (
        desk.accounts,
        "emergency",
        agent,
        topic,
    )
    assert [letter.kind for letter in Letter.objects.all()] == ["alert"]  # to the agent it was given to; no answer
    opened, filtered = Event.objects.order_by("id")
    assert opened.data["autoresponse"] == "Ticket Filter “Fires” disables the auto-response."
    assert filtered.name == "ticket.filtered"
    assert filtered.data == {
        "filter": "Fires",
        "why": "Subject contains “fire”",
        "did": [
            "set department to Accounts",
            "set priority to emergency",
            "assigned it to Alice",
            "set help topic to Burning",
            "disabled the auto-response",
        ],
    }


def test_c4_a_help_topic_that_a_filter_sets_brings_its_department_and_priority_where_nothing_else_does(desk):
    desk.support.new_tickets.delete()
    HelpTopic.objects.create(name="Burning", priority="high", department=desk.accounts)
    a_filter(ActionSetup("help_topic", "Burning"))

    arrives(desk.mailbox, mail())

    ticket = Ticket.objects.get()
    assert (ticket.department, ticket.priority) == (desk.accounts, "high")


def test_d5_reject_leaves_no_ticket_and_a_sentence_in_the_ledger(desk):
    a_filter(ActionSetup("reject"))

    (row,) = arrives(desk.mailbox, mail())

    assert (row.outcome, row.reason) == ("suppressed", "Rejected by Ticket Filter “Fires”.")
    assert not Ticket.objects.exists()
    assert not Letter.objects.exists()


def test_d5_a_ticket_can_be_closed_at_once(desk):
    a_filter(ActionSetup("status", "closed"))
    arrives(desk.mailbox, mail())
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.closed_at, ticket.waiting_since) == ("closed", ticket.opened_at, None)


def test_d5_reply_to_becomes_the_user_is_answered_and_a_second_copy_is_still_known(desk):
    a_filter(ActionSetup("reply_to"), rules=(Rule("email", "equal", "form@shop.example"),))
    raw = mail(
        sender="Shop form <form@shop.example>",
        message_id="f1@shop.example",
        headers="Reply-To: Dan <dan@example.org>\r\n",
    )

    arrives(desk.mailbox, raw)
    (again,) = arrives(desk.billing_mailbox, raw)

    ticket = Ticket.objects.get()
    assert (ticket.user.address, ticket.user.name) == ("dan@example.org", "Dan")
    assert not ticket.collaborators.exists()
    letter = Letter.objects.get()
    assert [one.address for one in letter.recipients.all()] == ["dan@example.org"]
    assert again.outcome == "duplicate"


def test_d5_bans_are_asked_again_about_a_reply_to(desk):
    save_ban(None, BanSetup("@spam.example"), by="test", at=AT)
    a_filter(ActionSetup("reply_to"))

    (row,) = arrives(desk.mailbox, mail(headers="Reply-To: x@spam.example\r\n"))

    assert (row.outcome, row.reason) == ("suppressed", "The banlist has @spam.example.")
    assert not Ticket.objects.exists()


def test_d5_a_person_who_wants_answers_at_postmaster_is_heard_though_a_bounce_is_attached(desk):
    a_filter(ActionSetup("reply_to"))
    raw = (
        b"From: carol@example.com\r\nReply-To: postmaster@example.com\r\nTo: support@desk.test\r\nSubject: fire\r\n"
        b"Message-ID: <p@example.com>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\nMy mail to Bob came back, see below.\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        b"Final-Recipient: rfc822; bob@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
    )

    (row,) = arrives(desk.mailbox, raw)

    assert (row.outcome, Ticket.objects.get().user.address) == ("ticket", "postmaster@example.com")
    assert not Letter.objects.filter(kind="autoresponse").exists()


def test_d5_a_mail_goes_out_with_its_words_filled_in_and_says_that_it_is_automatic(desk):
    a_filter(
        ActionSetup(
            "mail",
            sender="billing@desk.test",
            recipients="boss@example.org, %{user}",
            subject="Fire in #%{ticket.number}",
            text="%{user.name} wrote:\n\n%{message}",
        ),
    )

    arrives(desk.mailbox, mail(message_id="a1@example.com", headers="Precedence: bulk\r\n"))

    letter = Letter.objects.get()
    ticket = Ticket.objects.get()
    assert letter.kind == "filter"
    # The sender must not be answered, and so is left out.
    assert [one.address for one in letter.recipients.all()] == ["boss@example.org"]
    assert (letter.subject, letter.from_address) == (f"Fire in #{ticket.number}", "billing@desk.test")
    sent = message_from_bytes(bytes(letter.raw))
    assert sent["Auto-Submitted"] == "auto-generated"
    assert "Carol wrote:" in sent.get_payload(0).get_payload(decode=True).decode()
    mailed = Event.objects.get(name="filter.mailed")
    assert (mailed.letter, mailed.data["to"]) == (letter, ["boss@example.org"])


def test_d5_no_mail_goes_out_about_old_mail_not_even_to_third_parties(desk):
    to = {"recipients": "boss@example.net, %{user}", "subject": "Fire", "text": "Look."}
    a_filter(ActionSetup("mail", **to))
    place = spool.Place(desk.mailbox, "INBOX", 7)
    spool.accept(place, [spool.Arrival(1, mail(message_id="a1@example.com"), AT, is_history=True)], at=AT)

    intake.take_in(desk.mailbox.pk)

    assert Ticket.objects.count() == 1
    assert not Letter.objects.exists()
    unsent = Event.objects.get(name="filter.unsent")
    assert unsent.data["why"] == "The message is older than the mailbox's connection to this desk."


def test_d5_a_mail_to_the_user_goes_out_although_the_auto_response_is_disabled(desk):
    a_filter(ActionSetup("mail", recipients="%{user}", subject="Hello", text="Hi."), ActionSetup("no_autoresponse"))
    arrives(desk.mailbox, mail(message_id="a1@example.com"))
    letter = Letter.objects.get()
    assert (letter.kind, letter.recipients.get().address) == ("filter", "carol@example.com")
    assert message_from_bytes(bytes(letter.raw))["In-Reply-To"] == "<a1@example.com>"


def test_d5_a_canned_response_is_posted_and_mailed_instead_of_the_auto_response(desk):
    canned = CannedResponse.objects.create(title="Fire", text="Ticket %{ticket.number}: leave <now>.", updated_at=AT)
    blob = Blob.objects.create(content=b"%PDF-1.4")
    CannedFile.objects.create(
        response=canned, filename="exits.pdf", content_type="application/pdf", size=8, sha256="0" * 64, blob=blob
    )
    a_filter(ActionSetup("canned", "Fire"))

    rows = arrives(
        desk.mailbox,
        *(mail(sender=f"c{n}@example.com", message_id=f"a{n}@example.com") for n in range(3)),
    )

    assert [row.outcome for row in rows] == ["ticket"] * 3
    ticket = Ticket.objects.order_by("id").first()
    message, response = ticket.entries.order_by("id")
    assert (message.kind, response.kind, response.agent) == ("message", "reply", None)
    assert response.text == f"Ticket {ticket.number}: leave <now>."
    assert (ticket.is_answered, ticket.entry_count, ticket.waiting_since) == (False, 2, ticket.opened_at)
    assert [file.filename for file in response.attachments.all()] == ["exits.pdf"]
    letter = response.letter
    assert (letter.kind, letter.recipients.get().address) == ("autoresponse", "c0@example.com")
    assert Letter.objects.count() == 3
    sent = message_from_bytes(bytes(letter.raw))
    assert sent["In-Reply-To"] == "<a0@example.com>"
    assert sent["Auto-Submitted"] == "auto-replied"
    assert [part.get_filename() for part in sent.walk() if part.get_filename()] == ["exits.pdf"]
    opened = Event.objects.get(ticket=ticket, name="ticket.opened")
    assert opened.data["autoresponse"] == "A filter's canned response takes its place."


def test_d5_a_canned_response_does_not_go_to_a_machine_and_the_ticket_says_so(desk):
    CannedResponse.objects.create(title="Fire", text="Leave.", updated_at=AT)
    a_filter(ActionSetup("canned", "Fire"))
    arrives(desk.mailbox, mail(headers="Auto-Submitted: auto-replied\r\n"))
    assert not Letter.objects.exists()
    assert Ticket.objects.get().entries.count() == 1
    assert "Auto-Submitted" in str(Event.objects.get(name="canned.unsent").data["why"])


def test_d5_c4_team_and_sla_plan_of_a_filter_come_before_the_help_topics(desk):
    team = Team.objects.create(name="Night")
    gold, silver = (
        SlaPlan.objects.create(name=name, grace_hours=hours) for name, hours in (("Gold", 1), ("Silver", 9))
    )
    HelpTopic.objects.create(name="Burning", sla=silver)
    a_filter(ActionSetup("team", "Night"), ActionSetup("sla", "Gold"), ActionSetup("help_topic", "Burning"))
    arrives(desk.mailbox, mail())
    ticket = Ticket.objects.get()
    assert (ticket.team, ticket.sla) == (team, gold)


def test_d5_many_tickets_of_one_chunk_get_their_mails_and_their_auto_responses(desk):
    a_filter(ActionSetup("mail", recipients="boss@example.org", subject="Fire", text="Run"))
    arrives(desk.mailbox, *(mail(sender=f"c{n}@example.com", message_id=f"m{n}@example.com") for n in range(5)))
    assert Letter.objects.filter(kind="filter").count() == 5
    assert Letter.objects.filter(kind="autoresponse").count() == 5


def test_d5_a_mail_to_the_desk_itself_is_not_sent_and_the_ticket_says_why(desk):
    a_filter(ActionSetup("mail", recipients="billing@desk.test", subject="Fire", text="Run"))
    arrives(desk.mailbox, mail())
    assert not Letter.objects.filter(kind="filter").exists()
    assert Event.objects.get(name="filter.unsent").data["why"] == "it names nobody but the desk itself"


def test_d3_filters_look_at_new_tickets_only(desk):
    arrives(desk.mailbox, mail(message_id="a1@example.com", subject="Smoke"))
    a_filter(ActionSetup("reject"))
    headers = "In-Reply-To: <a1@example.com>\r\n"
    (row,) = arrives(desk.mailbox, mail(message_id="a2@example.com", headers=headers, subject="Re: now fire"))
    assert row.outcome == "reply"


def test_d3_a_filter_for_one_address_looks_at_what_came_to_it(desk):
    a_filter(ActionSetup("priority", "high"), target="address", email="billing@desk.test")
    arrives(desk.mailbox, mail(message_id="a1@example.com"))
    arrives(desk.billing_mailbox, mail(message_id="a2@example.com", to="billing@desk.test"))
    assert list(Ticket.objects.order_by("id").values_list("priority", flat=True)) == ["normal", "high"]


def test_d3_a_disabled_filter_does_nothing(desk):
    row = a_filter(ActionSetup("reject"))
    assert filters.switch([row.pk], active=False, by="test", at=AT) == 1
    (kept,) = arrives(desk.mailbox, mail())
    assert kept.outcome == "ticket"


def test_d3_filters_are_moved_and_keep_one_order(desk):
    first, second = a_filter(ActionSetup("reject"), name="One"), a_filter(ActionSetup("reject"), name="Two")
    assert filters.move(second, up=True, by="test", at=AT)
    assert [row.name for row in filters.stored()] == ["Two", "One"]
    assert not filters.move(second, up=True, by="test", at=AT)
    assert filters.move(second, up=False, by="test", at=AT)
    assert [row.name for row in filters.stored()] == ["One", "Two"]
    assert filters.delete([first.pk], by="test", at=AT) == 1


def test_d6_a_filter_whose_department_is_deleted_stops_and_is_flagged(desk):
    gone = Department.objects.create(name="Gone")
    row = a_filter(ActionSetup("department", "Gone"), ActionSetup("priority", "high"))
    gone.delete()

    arrives(desk.mailbox, mail())

    assert Ticket.objects.get().priority == "normal"
    row = filters.stored().get(pk=row.pk)
    assert filters.flags(row) == ["Set department: “Gone” was deleted, so the filter does not run."]
    assert filter_setup(row).actions[0].target == "Gone"


def test_d6_what_is_not_active_any_more_is_left_out_and_flagged(desk):
    row = a_filter(ActionSetup("department", "Accounts"), ActionSetup("priority", "high"))
    Department.objects.filter(name="Accounts").update(is_active=False)

    arrives(desk.mailbox, mail())

    ticket = Ticket.objects.get()
    assert (ticket.department, ticket.priority) == (desk.department, "high")
    assert filters.flags(filters.stored().get(pk=row.pk)) == [
        "Set department: “Accounts” is not active, so this action is left out."
    ]


def test_d6_a_filter_for_an_address_that_is_gone_does_not_run(desk):
    row = a_filter(ActionSetup("reject"), target="address", email="billing@desk.test")
    TicketFilter.objects.filter(pk=row.pk).update(email=None)
    (kept,) = arrives(desk.mailbox, mail())
    assert kept.outcome == "ticket"
    assert filters.flags(filters.stored().get()) == ["The address it is for was deleted, so it does not run."]


def test_d5_what_is_wrong_with_a_filter_is_said_all_at_once_and_nothing_is_saved(desk):
    HelpTopic.objects.create(name="Old", is_active=False)
    assert problems_of(
        FilterSetup(
            name=" ",
            target="address",
            rules=(Rule("subject", "match", "("),),
            actions=(
                ActionSetup("department", "Nowhere"),
                ActionSetup("help_topic", "Old"),
                ActionSetup("priority"),
                ActionSetup("status", "odd"),
                ActionSetup("dance"),
                ActionSetup("status", "open"),
                ActionSetup("mail", recipients="not an address", subject="%{ticket.colour}", text="x"),
                ActionSetup("mail", sender="x@y.example"),
            ),
        )
    ) == [
        "name: Name is required",
        "email: Choose the address.",
        "rules.0.value: Regex compile error: missing ): (",
        "actions.0.target: Unable to save: Please choose an active Department",
        "actions.1.target: Unable to save: Please choose an active Help Topic",
        "actions.2.target: Please insert a value for Set priority",
        "actions.3.target: must be one of open, closed",
        "actions.4.kind: Choose what the filter does.",
        "actions.5.kind: “Set status” stands above already.",
        "actions.6.subject: %{ticket.colour} is no variable; there are message, ticket.department, ticket.number, "
        "ticket.priority, ticket.subject, user, user.name",
        "actions.6.recipients: Write addresses with commas between them, or %{user}.",
        "actions.7.sender: x@y.example is no address of the desk",
        "actions.7.recipients: Please insert a value for recipients",
        "actions.7.subject: Please insert a value for subject",
        "actions.7.text: Please insert a value for text",
    ]
    assert not TicketFilter.objects.exists()


def test_d5_saving_again_changes_nothing_and_a_name_is_used_once(desk):
    row = a_filter(ActionSetup("reject"))
    row = filters.stored().get(pk=row.pk)
    assert filters.save_filter(row, filter_setup(row), by="test", at=AT)[1] == ()
    assert problems_of(FilterSetup(name="fires", rules=ON_FIRE, actions=(ActionSetup("reject"),))) == [
        "name: Name is already in use"
    ]


def test_without_filters_a_chunk_asks_the_database_once_about_them(desk, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert filters.ready_filters() == ()
