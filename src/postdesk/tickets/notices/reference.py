"""docs/reference/templates.md, written from the tables of messages, variables and alerts."""

from __future__ import annotations

from typing import Final

from postdesk.tickets.notices.alerts import ALERTS, RECIPIENTS
from postdesk.tickets.notices.messages import MESSAGES
from postdesk.tickets.notices.stock import LANGUAGES, stock
from postdesk.tickets.notices.variables import TABLE

_HEAD: Final = """\
# Messages, variables and alerts

What the desk writes, what each message can speak of, and which agents hear of what. How to change the words: [word the
messages](../how-to/word-the-messages.md).

- A variable is written `%{ticket.number}`. Editors that write the braces of a link as `%7B` and `%7D` do no harm.
- In HTML values are escaped, in plain text they are plain. What is filled in is never looked at again: `%{...}` in a
  customer's words stays as they wrote it.
- A value with paragraphs of its own (marked ¶) stands alone, not inside a paragraph.
- A variable that a message knows but has no value for is empty. One that it does not know cannot be saved.
"""


def templates_reference() -> str:
    """The whole page, in Markdown."""
    return "\n".join((_HEAD, *_messages(), "", *_variables(), "", *_alerts(), ""))


def _messages() -> list[str]:
    head = ["## Messages", "", f"Stock words: {', '.join(LANGUAGES.values())}.", ""]
    rows = [
        f"| `{message.code}` | {message.name} | {message.when} | {stock('en', message.code).subject} |"
        for message in MESSAGES
    ]
    return [*head, "| code | message | when | stock subject |", "|---|---|---|---|", *rows]


def _variables() -> list[str]:
    head = ["## Variables", "", "`recipient`, `company` and `url` are known to every message.", ""]
    rows = []
    for variable in TABLE:
        users = [f"`{message.code}`" for message in MESSAGES if variable.object in message.objects]
        mark = " ¶" if variable.block else ""
        rows.append(f"| `{variable.written}`{mark} | {variable.sentence} | {_shortened(users)} |")
    return [*head, "| variable | value | messages |", "|---|---|---|", *rows]


def _shortened(users: list[str]) -> str:
    if not users:
        return "all"
    about_mailboxes = sum(message.objects[0] == "mailbox" for message in MESSAGES)
    return "all about tickets" if len(users) == len(MESSAGES) - about_mailboxes else ", ".join(users)


def _alerts() -> list[str]:
    head = ["## Alerts & Notices", "", "Recipients in bold hear of it unless the settings say otherwise.", ""]
    rows = []
    for alert in ALERTS:
        names = [f"**{RECIPIENTS[one]}**" if one in alert.chosen else RECIPIENTS[one] for one in alert.recipients]
        rows.append(f"| {alert.title} | {'on' if alert.is_on else 'off'} | {', '.join(names)} | {alert.sentence} |")
    return [*head, "| alert | default | recipients | |", "|---|---|---|---|", *rows]
