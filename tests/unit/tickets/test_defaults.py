"""Row I: what a new desk does before anybody sets anything; osticket.md 2, 2.1, 2.2 and 6, and where we differ."""

from __future__ import annotations

from postdesk.flow.desk_file import keys
from postdesk.mailroom.connect import MailboxSetup, SmtpSetup
from postdesk.mailroom.preferences import MailPreferences
from postdesk.people.staff import AgentSetup
from postdesk.tickets.departments import DepartmentSetup
from postdesk.tickets.help_topics import HelpTopicSetup
from postdesk.tickets.notice_preferences import NoticePreferences


def test_i_the_autoresponder_begins_as_osticket_s_but_tells_of_new_tickets() -> None:
    new = NoticePreferences()
    # osTicket's installer leaves it off, and every how-to then has it switched on: who writes wants to hear of it.
    assert new.new_ticket_autoresponse
    assert (new.new_ticket_by_agent_notice, new.new_activity_notice) == (True, True)
    assert (new.new_message_autoresponse, new.overlimit_notice, new.hide_staff_name) == (False, False, False)


def test_i_the_alerts_begin_as_osticket_s_but_for_the_admin_email() -> None:
    new = NoticePreferences()
    begins = {name: (getattr(new, name), getattr(new, f"{name}_to")) for name in keys_of_alerts()}
    assert begins == {
        # osTicket mails the administrator each new ticket as well; here an administrator ticks that.
        "ticket_alert": (True, ("manager",)),
        "message_alert": (True, ("assigned", "last_respondent")),
        "note_alert": (False, ("assigned", "last_respondent")),
        "assigned_alert": (True, ("agent",)),
        "transfer_alert": (False, ("manager",)),
        "overdue_alert": (True, ("assigned", "manager")),
    }


def keys_of_alerts() -> list[str]:
    return [key.name for key in keys.NOTICES.keys if key.name.endswith("_alert")]


def test_i_departments_topics_and_agents_begin_as_osticket_s() -> None:
    department = DepartmentSetup("Support")
    assert (department.new_ticket_autoresponse, department.new_message_autoresponse) == (True, True)
    assert (department.alert_recipients, department.public, department.auto_claim) == ("members", True, True)
    assert (department.outgoing_email, department.autoresponse_email, department.template_set) == ("", "", "")
    topic = HelpTopicSetup("Orders")
    assert (topic.autoresponse, topic.priority, topic.department, topic.default, topic.closes) == (
        True, "", "", False, False,
    )  # fmt: skip
    agent = AgentSetup("bob@example.net")
    assert (agent.from_name, agent.default_signature, agent.vacation) == ("email", "department", False)


def test_s10_the_settings_of_emails_begin_as_osticket_s() -> None:
    new = MailPreferences()
    assert (new.fetching, new.strip_quoted_reply, new.reply_separator) == (False, True, "-- reply above this line --")
    assert (new.priority_from_mail, new.accept_unregistered, new.accept_collaborators) == (False, True, True)
    assert (new.email_attachments, new.max_open_tickets, new.default_mta) == (True, 0, "")


def test_a5_mailboxes_and_accounts_begin_as_osticket_s() -> None:
    mailbox, account = MailboxSetup(), SmtpSetup()
    assert (mailbox.frequency, mailbox.per_fetch, mailbox.folder, mailbox.auth) == (5, 30, "", "basic")
    assert (account.auth, account.header_spoofing) == ("mailbox", False)
