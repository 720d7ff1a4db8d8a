"""The stock words in English: message code -> subject, HTML body."""

from __future__ import annotations

from typing import Final

_TICKET = """\
<table>
<tr><td>Ticket</td><td><a href="%{recipient.ticket_link}">#%{ticket.number}</a> %{ticket.subject}</td></tr>
<tr><td>From</td><td>%{ticket.name} &lt;%{ticket.email}&gt;</td></tr>
<tr><td>Department</td><td>%{ticket.dept.name}</td></tr>
</table>
"""

WORDS: Final[dict[str, tuple[str, str]]] = {
    "ticket.autoresp": (
        "Re: %{ticket.subject} [#%{ticket.number}]",
        """\
<p>Hello %{recipient.name},</p>
<p>thank you for your message. We have opened ticket #%{ticket.number} for it and will answer as soon as we can.</p>
<p>To add something, just reply to this message.</p>
<p>%{company.name}</p>
%{signature}
""",
    ),
    "ticket.autoreply": (
        "Re: %{ticket.subject} [#%{ticket.number}]",
        """\
<p>Hello %{recipient.name},</p>
%{response}
<p>If this does not answer your question, just reply to this message: it is ticket #%{ticket.number}.</p>
<p>%{company.name}</p>
%{signature}
""",
    ),
    "message.autoresp": (
        "Re: %{ticket.subject} [#%{ticket.number}]",
        """\
<p>Hello %{recipient.name},</p>
<p>your message has been added to ticket #%{ticket.number}. We will answer as soon as we can.</p>
<p>%{company.name}</p>
%{signature}
""",
    ),
    "ticket.notice": (
        "%{ticket.subject} [#%{ticket.number}]",
        """\
<p>Hello %{recipient.name},</p>
<p>we have opened ticket #%{ticket.number} for you.</p>
%{message}
<p>To add something, just reply to this message.</p>
<p>%{company.name}</p>
%{signature}
""",
    ),
    "ticket.overlimit": (
        "Your message was not taken in: too many open tickets",
        """\
<p>Hello %{recipient.name},</p>
<p>you have %{limit} open tickets with us, and no more can be opened until one of them is closed. Your last message
has not become a ticket.</p>
<p>If it is about one of the open tickets, reply to any of our messages about it instead.</p>
<p>%{company.name}</p>
%{signature}
""",
    ),
    "ticket.reply": ("Re: %{ticket.subject} [#%{ticket.number}]", "%{response}\n%{signature}\n"),
    "ticket.activity.notice": (
        "Re: %{ticket.subject} [#%{ticket.number}]",
        """\
<p>%{poster.name} wrote in ticket #%{ticket.number}:</p>
%{message}
<p>You get this message because you take part in the ticket. To add something, just reply to it.</p>
<p>%{company.name}</p>
%{signature}
""",
    ),
    "ticket.alert": (
        "New ticket #%{ticket.number}: %{ticket.subject}",
        "<p>Hello %{recipient.name.first},</p>\n<p>a new ticket was opened.</p>\n" + _TICKET + "%{message}\n",
    ),
    "message.alert": (
        "New message in #%{ticket.number}: %{ticket.subject}",
        "<p>Hello %{recipient.name.first},</p>\n<p>%{poster.name} wrote.</p>\n" + _TICKET + "%{message}\n",
    ),
    "note.alert": (
        "%{activity} in #%{ticket.number}: %{ticket.subject}",
        "<p>Hello %{recipient.name.first},</p>\n<p>%{activity} by %{poster.name}.</p>\n" + _TICKET + "%{note}\n",
    ),
    "assigned.alert": (
        "Assigned to you: #%{ticket.number} %{ticket.subject}",
        "<p>Hello %{recipient.name.first},</p>\n"
        "<p>%{assigner.name} assigned this ticket to %{assignee.name}.</p>\n" + _TICKET + "%{comments}\n",
    ),
    "transfer.alert": (
        "Transferred to %{ticket.dept.name}: #%{ticket.number} %{ticket.subject}",
        "<p>Hello %{recipient.name.first},</p>\n"
        "<p>%{staff.name} moved this ticket to %{ticket.dept.name}.</p>\n" + _TICKET + "%{comments}\n",
    ),
    "ticket.overdue": (
        "Overdue: #%{ticket.number} %{ticket.subject}",
        "<p>Hello %{recipient.name.first},</p>\n"
        "<p>this ticket was due on %{ticket.due_date} and is not answered yet.</p>\n" + _TICKET + "%{comments}\n",
    ),
    "overlimit.alert": (
        "%{poster.email} has too many open tickets",
        """\
<p>%{poster.name} (%{poster.email}) has %{limit} open tickets, as many as are allowed. A new message was not made a
ticket: “%{ticket.subject}”. It is kept in the ledger.</p>
<p>You hear of this once a day for each user.</p>
""",
    ),
    "mailbox.failing": (
        "Fetching mail for %{mailbox.address} fails",
        """\
<p>Fetching mail for %{mailbox.address} failed %{mailbox.failures} times in a row.</p>
<p>The last error, in the server's words: %{mailbox.error}</p>
<p>The desk keeps trying, more and more rarely, and tells you once when it works again.</p>
""",
    ),
    "mailbox.recovered": (
        "Fetching mail for %{mailbox.address} works again",
        """\
<p>Fetching mail for %{mailbox.address} works again. Nothing was lost; what waited is being taken in.</p>
""",
    ),
    "token.needed": (
        "%{mailbox.address} can sign in no more",
        """\
<p>%{mailbox.address} can sign in at its provider no more, so its mail waits there.</p>
<p>In the provider's words, and what to do: %{mailbox.error}</p>
<p>Nothing is lost. The desk asks the provider no more until somebody acts, and says once when it works again. The
email's page in the Admin Panel has everything: %{url}</p>
""",
    ),
    "token.recovered": (
        "%{mailbox.address} can sign in again",
        """\
<p>%{mailbox.address} can sign in at its provider again. Nothing was lost; what waited is being taken in.</p>
""",
    ),
    "token.expiring": (
        "The sign-in of %{mailbox.address} expires soon",
        """\
<p>%{mailbox.error}</p>
<p>This is about %{mailbox.address}. Until then everything works. Its page in the Admin Panel: %{url}</p>
""",
    ),
}
