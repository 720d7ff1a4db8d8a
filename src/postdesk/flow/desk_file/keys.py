"""Every key of the desk file, in one table: what may stand there, what holds without it, and what it does.

Reading, the checks of references, and docs/reference/apply.md are derived from this table.
"""

from __future__ import annotations

from typing import Final

from postdesk.flow.desk_file.filter_keys import BAN, FILTER, FILTER_ACTION, FILTER_RULE
from postdesk.flow.desk_file.key import REQUIRED, Key, Refers, Section, Type
from postdesk.flow.desk_file.notice_keys import NOTICES, TEMPLATE, TEMPLATE_SET
from postdesk.flow.desk_file.oauth2_keys import MAILBOX_OAUTH2, SMTP_OAUTH2
from postdesk.flow.desk_file.staff_keys import (
    ACCESS,
    CANNED_RESPONSE,
    ORGANISATION,
    PRIORITY,
    ROLE,
    SCHEDULE,
    SLA,
    TEAM,
)
from postdesk.flow.desk_file.trust_keys import TRUST_KEYS

__all__ = [
    "ACCESS",
    "AGENT",
    "BAN",
    "CANNED_RESPONSE",
    "DEPARTMENT",
    "EMAIL",
    "FILTER",
    "FILTER_ACTION",
    "FILTER_RULE",
    "HELP_TOPIC",
    "MAILBOX",
    "MAILBOX_OAUTH2",
    "NOTICES",
    "ORGANISATION",
    "PRIORITY",
    "REQUIRED",
    "ROLE",
    "SCHEDULE",
    "SECTIONS",
    "SETTINGS",
    "SLA",
    "SMTP",
    "SMTP_OAUTH2",
    "TEAM",
    "TEMPLATE",
    "TEMPLATE_SET",
    "Key",
    "Refers",
    "Section",
    "Type",
]

PRIORITIES: Final = ("low", "normal", "high", "emergency")
OAUTH2: Final = ("oauth2-google", "oauth2-microsoft", "oauth2-other")
_PRIORITY: Final = ("", *PRIORITIES)
_PORT: Final = (1, 65535)
_RECIPIENTS: Final = ("none", "admin", "members", "extended")
_SIGNATURES: Final = ("none", "mine", "department")
_FROM_NAMES: Final = ("email", "department", "mine")

SETTINGS: Final = Section(
    "settings",
    "[settings]",
    "settings",
    "What all addresses share: Admin Panel > Emails > Settings.",
    (
        Key("fetching", "boolean", False, "Fetch mail at all: the switch above every mailbox's own."),
        Key("default_email", "name", "", 'Sends what no other address is set for; `""` for none.', refers="email"),
        Key("alert_email", "name", "", 'Sends alerts to agents; `""`: the default email.', refers="email"),
        Key("admin_email", "address", "", "Where the administrator is told of failures; not an address of the desk."),
        Key("default_mta", "name", "", "Sends for addresses without SMTP of their own; must have it.", refers="email"),
        Key("strip_quoted_reply", "boolean", True, "Show only what is new in an answer; the original is always kept."),
        Key("reply_separator", "text", "-- reply above this line --", "Stands above our text in letters.", longest=120),
        Key("priority_from_mail", "boolean", False, "Take a new ticket's priority from the mail's headers."),
        Key("accept_unregistered", "boolean", True, "Accept mail from people who never wrote before."),
        Key("accept_collaborators", "boolean", True, "Make the people in To and Cc of a mail collaborators."),
        Key("email_attachments", "boolean", True, "Send the files of a reply along with it."),
        Key(
            "max_message_size",
            "number",
            64 * 1024 * 1024,
            "Bytes; of a bigger message the words are read first, and the rest when somebody asks for it.",
            between=(10_000, 2_000_000_000),
        ),
        Key(
            "max_file_size",
            "number",
            0,
            "Bytes; a bigger file of a message is left out of the ticket. 0: any size.",
            between=(0, 2_000_000_000),
        ),
        Key("max_files", "number", 0, "Files of one message kept on the ticket; 0: all.", between=(0, 500)),
        Key("accepted_file_types", "text", "", 'Only such files: `".pdf, image/*"`; `""`: all.', longest=1000),
        Key("refused_file_types", "text", "", 'No such files: `".exe, .js"`; `""`: none.', longest=1000),
        Key("auto_answers_per_hour", "number", 10, "Automatic answers to one address in an hour.", between=(0, 1000)),
        Key("max_open_tickets", "number", 0, "Open tickets one user may have; 0: any number.", between=(0, 10_000)),
        Key("bans_cover_replies", "boolean", True, "Turn away answers to tickets from banned senders, too."),
        Key(
            "ehlo_name",
            "hostname",
            "",
            'How we introduce ourselves to mail servers (EHLO); `""`: this machine\'s name.',
        ),
        *TRUST_KEYS,
    ),
)

DEPARTMENT: Final = Section(
    "department",
    "[[department]]",
    "department",
    "A department, known by its name.",
    (
        Key("name", "text", REQUIRED, "Its name.", longest=128),
        Key(
            "outgoing_email",
            "name",
            "",
            'Agents\' replies leave from it; `""`: the address a ticket came through, else the default email.',
            refers="email",
        ),
        Key(
            "autoresponse_email", "name", "", 'Auto-responses leave from it; `""`: the outgoing email.', refers="email"
        ),
        Key("new_ticket_autoresponse", "boolean", True, "Tell people that their ticket was opened."),
        Key("signature", "lines", "", "Stands below replies.", longest=10_000),
        Key(
            "template_set",
            "name",
            "",
            'What its messages are written with; `""`: the default template set.',
            refers="template_set",
        ),
        Key("active", "boolean", True, "Whether it can be given new tickets."),
        Key("archived", "boolean", False, "Not active for good: answers to its closed tickets open new ones."),
        Key("default", "boolean", False, "Gets what nothing else routes. Exactly one department is the default."),
        Key("new_message_autoresponse", "boolean", True, "Confirm what people add to their tickets."),
        Key("public", "boolean", True, "Let people read its name and its signature."),
        Key("manager", "name", "", "Who manages it, by address.", refers="agent"),
        Key("alert_recipients", "choice", "members", "Who of it is sent alerts.", allowed=_RECIPIENTS),
        Key("sla", "name", "", 'By when its tickets are answered; `""`: the default plan.', refers="sla"),
        Key("schedule", "name", "", 'Its business hours; `""`: around the clock.', refers="schedule"),
        Key("auto_claim", "boolean", True, "Give a ticket that is nobody's to whoever answers it."),
        Key("notes", "lines", "", "For administrators only.", longest=10_000),
    ),
)

HELP_TOPIC: Final = Section(
    "help_topic",
    "[[help_topic]]",
    "help topic",
    "A help topic, known by its name.",
    (
        Key("name", "text", REQUIRED, "Its name.", longest=128),
        Key("department", "name", "", "Where its tickets go.", refers="department"),
        Key("priority", "choice", "", 'What its tickets begin with; `""`: the address\'s.', allowed=_PRIORITY),
        Key("autoresponse", "boolean", True, "Tell people that their ticket was opened."),
        Key("active", "boolean", True, "Whether it can be chosen."),
        Key("archived", "boolean", False, "Not active for good."),
        Key("default", "boolean", False, "The topic of tickets that nothing else gives one; one at most."),
        Key("closes", "boolean", False, "Close its tickets as soon as they are opened: only to be kept."),
        Key("sla", "name", "", 'By when its tickets are answered; `""`: the department\'s plan.', refers="sla"),
        Key("agent", "name", "", "Who is given its tickets, by address.", refers="agent"),
        Key("team", "name", "", "Or which team is.", refers="team"),
        Key("notes", "lines", "", "For administrators only.", longest=10_000),
    ),
)

AGENT: Final = Section(
    "agent",
    "[[agent]]",
    "agent",
    "Somebody who works the desk, known by the address they sign in with.",
    (
        Key("email", "address", REQUIRED, "Their own address; not one of the desk's."),
        Key("name", "text", REQUIRED, "What colleagues and users see.", longest=120),
        Key("password", "secret", None, "For signing in. Without one a new agent cannot sign in."),
        Key("admin", "boolean", False, "May use the Admin Panel."),
        Key("active", "boolean", True, "May sign in."),
        Key("signature", "lines", "", "Their signature.", longest=10_000),
        Key("default_signature", "choice", "department", "What stands below their replies.", allowed=_SIGNATURES),
        Key("from_name", "choice", "email", "Whose name their replies carry in From.", allowed=_FROM_NAMES),
        Key("vacation", "boolean", False, "Away: sent no alerts, and not offered when tickets are assigned."),
        Key("notes", "lines", "", "For administrators only.", longest=10_000),
        Key("departments", "names", (), "Exactly the departments they work in.", refers="department"),
    ),
)

EMAIL: Final = Section(
    "email",
    "[[email]]",
    "email",
    "An address of the desk, known by its address (regardless of case).",
    (
        Key("address", "address", REQUIRED, "The address itself; not an agent's, not the administrator's."),
        Key("name", "text", REQUIRED, "What users see as the sender."),
        Key("aliases", "addresses", (), "Other addresses that its mail is written to."),
        Key("notes", "lines", "", "For administrators only.", longest=10_000),
        Key("department", "name", "", 'Where new tickets go; `""`: the default.', refers="department"),
        Key("help_topic", "name", "", "The help topic of new tickets.", refers="help_topic"),
        Key("priority", "choice", "", 'The priority of new tickets; `""`: the system\'s.', allowed=_PRIORITY),
        Key("autoresponse", "boolean", True, "Answer new tickets that come to it automatically."),
    ),
)

MAILBOX: Final = Section(
    "email.mailbox",
    "[email.mailbox]",
    "mailbox",
    "Remote Mailbox: where mail of the address above is fetched from.",
    (
        Key("host", "text", REQUIRED, "`ssl://` TLS, `tls://` STARTTLS, `plain://` neither, or bare: by the port."),
        Key("port", "number", None, "By default the scheme's own: 993, 143, 995, 110.", between=_PORT),
        Key("protocol", "choice", "imap", "How mail is fetched.", allowed=("imap", "pop3")),
        Key("folder", "text", "", '`""` is INBOX; POP3 has none.'),
        Key("auth", "choice", "basic", "How to sign in; OAuth2 has a table of its own.", allowed=("basic", *OAUTH2)),
        Key("username", "text", "", '`""`: the address. Of a shared mailbox: the mailbox, not who consents.'),
        Key("password", "secret", None, "Needed for `basic`."),
        Key("status", "boolean", True, "Email Fetching: fetch this mailbox."),
        Key("frequency", "number", 5, "Minutes between fetches.", between=(1, 10_080)),
        Key("per_fetch", "number", 30, "Emails per fetch; a backlog is drained in such turns.", between=(1, 1000)),
        Key(
            "fetched",
            "choice",
            "move",
            "What becomes of fetched emails. New and without `archive_folder`: `nothing`.",
            allowed=("move", "delete", "nothing"),
        ),
        Key("archive_folder", "text", "", "Where `move` moves them; made if missing; not the folder fetched."),
        Key("verify_tls", "boolean", True, "Check the server's certificate."),
        Key("ca_file", "file", "", "PEM file of a private CA.", longest=1024),
        Key("push", "boolean", True, "Have the server tell of new mail (IMAP IDLE) where it can."),
        Key(
            "first_fetch",
            "choice",
            "all",
            "Mail that was there before: take `all`, only `new` mail, or what came `since` a day.",
            allowed=("all", "new", "since"),
        ),
        Key("first_fetch_since", "date", "", "The day, with `since`; in the desk's time zone."),
    ),
)

SMTP: Final = Section(
    "email.smtp",
    "[email.smtp]",
    "smtp",
    "Outgoing (SMTP): how mail of the address above leaves.",
    (
        Key("status", "boolean", True, "Send by this account."),
        Key("host", "text", REQUIRED, "As for the mailbox."),
        Key("port", "number", None, "By default the scheme's own: 465, 587, 25.", between=_PORT),
        Key(
            "auth",
            "choice",
            "mailbox",
            "`mailbox`: Same As Remote Mailbox, tokens included.",
            allowed=("mailbox", "none", "basic", *OAUTH2),
        ),
        Key("username", "text", "", 'With `basic` and OAuth2; `""`: the address, or the account that consented.'),
        Key("password", "secret", None, "With `basic`, and needed for it."),
        Key("header_spoofing", "boolean", False, "Let mail From other addresses leave here without naming this one."),
        Key("verify_tls", "boolean", True, "Check the server's certificate."),
        Key("ca_file", "file", "", "PEM file of a private CA.", longest=1024),
    ),
)

SECTIONS: Final = (
    SETTINGS,
    NOTICES,
    TEMPLATE_SET,
    TEMPLATE,
    PRIORITY,
    SCHEDULE,
    SLA,
    ROLE,
    DEPARTMENT,
    AGENT,
    ACCESS,
    TEAM,
    ORGANISATION,
    HELP_TOPIC,
    CANNED_RESPONSE,
    EMAIL,
    MAILBOX,
    MAILBOX_OAUTH2,
    SMTP,
    SMTP_OAUTH2,
    FILTER,
    FILTER_RULE,
    FILTER_ACTION,
    BAN,
)
