"""The keys of what the desk says by itself: notices, template sets, and their messages."""

from __future__ import annotations

from typing import Final

from postdesk.flow.desk_file.key import REQUIRED, Key, Section
from postdesk.tickets.notices import BY_CODE, LANGUAGES
from postdesk.tickets.notices.alerts import ALERTS, Alert
from postdesk.tickets.notices.template import LONGEST_BODY


def _alert(alert: Alert) -> tuple[Key, Key]:
    return (
        Key(alert.name, "boolean", alert.is_on, f"Alert: {alert.title}. {alert.sentence}"),
        Key(alert.chosen_name, "names", tuple(sorted(alert.chosen)), "To whom.", allowed=alert.recipients),
    )


NOTICES: Final = Section(
    "notices",
    "[notices]",
    "notices",
    "What the desk writes by itself: Admin Panel > Settings > Tickets, Autoresponder and Alerts & Notices.",
    (
        Key(
            "default_template_set",
            "name",
            "",
            'What departments without a set of their own write with; `""`: the stock words in English.',
            refers="template_set",
        ),
        Key("new_ticket_autoresponse", "boolean", True, "Tell the owner that a ticket was opened."),
        Key("new_ticket_by_agent_notice", "boolean", True, "Tell the owner of a ticket that an agent opened."),
        Key("new_message_autoresponse", "boolean", False, "Confirm new messages to whoever wrote them."),
        Key("new_activity_notice", "boolean", True, "Pass on what was not written by mail to all who take part."),
        Key("overlimit_notice", "boolean", False, "Tell a user, once a day, that they have too many open tickets."),
        Key("hide_staff_name", "boolean", False, "Never show an agent's name to users."),
        *(key for alert in ALERTS for key in _alert(alert)),
    ),
)

TEMPLATE_SET: Final = Section(
    "template_set",
    "[[template_set]]",
    "template set",
    "A set of messages, known by its name. What it does not say itself, the stock words of its language say.",
    (
        Key("name", "text", REQUIRED, "Its name.", longest=64),
        Key("language", "choice", "en", "The language of the stock words.", allowed=tuple(LANGUAGES)),
        Key("active", "boolean", True, "Whether it can be chosen. One that is used cannot be switched off."),
        Key("notes", "lines", "", "For administrators only.", longest=10_000),
    ),
)

TEMPLATE: Final = Section(
    "template",
    "[[template]]",
    "template",
    "One message of a template set in words of its own. What is left out stays as it is, or as the stock has it.",
    (
        Key("set", "name", REQUIRED, "The template set.", refers="template_set"),
        Key("message", "choice", REQUIRED, "Which message.", allowed=tuple(BY_CODE)),
        Key("subject", "text", None, "Its subject, with variables like `%{ticket.number}`."),
        Key("html", "lines", None, "Its body, HTML with variables.", longest=LONGEST_BODY),
        Key("text", "lines", "", 'Its body as plain text; `""`: made from the HTML.', longest=LONGEST_BODY),
    ),
)
