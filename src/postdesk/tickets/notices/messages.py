"""Every message the desk writes, in one table: when it is sent, and what it can speak of (osticket.md 3.3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from postdesk.tickets.notices.variables import TABLE, Variable

Group = Literal["users", "agents", "system"]
#: What every message can speak of.
_ALWAYS: Final = ("recipient", "company", "url")


@dataclass(frozen=True, slots=True)
class Message:
    """One kind of message. `objects`: what its variables may begin with."""

    code: str
    name: str
    when: str
    group: Group
    objects: tuple[str, ...]

    @property
    def variables(self) -> Iterator[Variable]:
        """What it can speak of, in the order of the table."""
        return (variable for variable in TABLE if variable.object in self.objects or variable.object in _ALWAYS)


MESSAGES: Final[tuple[Message, ...]] = (
    Message(
        "ticket.autoresp",
        "New Ticket Auto-response",
        "To the owner, when mail opened a ticket.",
        "users",
        ("ticket", "message", "signature"),
    ),
    Message(
        "ticket.autoreply",
        "New Ticket Auto-reply",
        "To the owner, when a filter answers a new ticket with a canned response.",
        "users",
        ("ticket", "response", "signature"),
    ),
    Message(
        "message.autoresp",
        "New Message Auto-response",
        "To the writer of a new message, as a receipt.",
        "users",
        ("ticket", "message", "signature"),
    ),
    Message(
        "ticket.notice",
        "New Ticket Notice",
        "To the owner, when an agent opened the ticket.",
        "users",
        ("ticket", "message", "staff", "signature"),
    ),
    Message(
        "ticket.overlimit",
        "Overlimit Notice",
        "To a user with as many open tickets as are allowed.",
        "users",
        ("ticket", "limit", "signature"),
    ),
    Message(
        "ticket.reply",
        "Response/Reply Template",
        "An agent's reply, to the owner with the collaborators in Cc.",
        "users",
        ("ticket", "response", "staff", "poster", "signature"),
    ),
    Message(
        "ticket.activity.notice",
        "New Activity Notice",
        "To the other participants, when somebody wrote by another way than mail.",
        "users",
        ("ticket", "message", "poster", "signature"),
    ),
    Message("ticket.alert", "New Ticket Alert", "To agents: a new ticket.", "agents", ("ticket", "message", "poster")),
    Message(
        "message.alert", "New Message Alert", "To agents: a new message.", "agents", ("ticket", "message", "poster")
    ),
    Message(
        "note.alert",
        "Internal Activity Alert",
        "To agents: a colleague's note or reply.",
        "agents",
        ("ticket", "note", "comments", "activity", "poster"),
    ),
    Message(
        "assigned.alert",
        "Ticket Assignment Alert",
        "To the agent or team that was given a ticket.",
        "agents",
        ("ticket", "comments", "assignee", "assigner"),
    ),
    Message(
        "transfer.alert",
        "Ticket Transfer Alert",
        "To agents of the department a ticket moved to.",
        "agents",
        ("ticket", "comments", "staff"),
    ),
    Message(
        "ticket.overdue", "Overdue Ticket Alert", "To agents: a ticket is overdue.", "agents", ("ticket", "comments")
    ),
    Message(
        "overlimit.alert",
        "Overlimit Alert",
        "To the administrator, when a user has too many open tickets.",
        "system",
        ("ticket", "limit", "poster", "message"),
    ),
    Message(
        "mailbox.failing", "Mail Fetch Failure Alert", "To the administrator, once.", "system", ("mailbox", "comments")
    ),
    Message(
        "mailbox.recovered", "Mail Fetch Recovery", "To the administrator, once.", "system", ("mailbox", "comments")
    ),
    Message(
        "token.needed",
        "Authorization Needed Alert",
        "To the administrator, once: an email can sign in no more until somebody acts (OAuth2).",
        "system",
        ("mailbox", "comments"),
    ),
    Message(
        "token.recovered",
        "Authorization Recovery",
        "To the administrator, once: the email can sign in again.",
        "system",
        ("mailbox", "comments"),
    ),
    Message(
        "token.expiring",
        "Authorization Expiry Warning",
        "To the administrator, 30, 14, 7 and 1 days before a client secret or a consent expires.",
        "system",
        ("mailbox", "comments"),
    ),
)
BY_CODE: Final = {message.code: message for message in MESSAGES}
