"""What a message can speak of: the values behind the variables, gathered before anything is written."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from postdesk.tickets.notices.words import NOTHING, Rich


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a name and an address; either may be "". `signature` is an agent's own."""

    name: str = ""
    address: str = ""
    signature: str = ""

    @property
    def called(self) -> str:
        """The name, or the address of somebody who gave none."""
        return self.name or self.address


@dataclass(frozen=True, slots=True)
class TicketScene:
    """The ticket. Times are in UTC; `link` leads to the agents' page; names are "" where there is none."""

    number: int
    subject: str
    owner: Person
    department: str = ""
    manager: str = ""
    topic: str = ""
    status: str = "Open"
    priority: str = "Normal"
    agent: Person = Person()
    team: str = ""
    source: str = ""
    recipients: str = ""
    opened_at: dt.datetime | None = None
    due_at: dt.datetime | None = None
    closed_at: dt.datetime | None = None
    link: str = ""

    @property
    def assigned(self) -> str:
        """Agent and team, as one says it."""
        return " / ".join(name for name in (self.agent.called, self.team) if name)


NO_TICKET = TicketScene(0, "", Person())


@dataclass(frozen=True, slots=True)
class MailboxScene:
    """A mailbox the administrator is told about; `error` in the server's own words."""

    address: str = ""
    failures: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything one message may speak of. What an event has nothing of stays empty."""

    ticket: TicketScene = NO_TICKET
    recipient: Person = Person()
    #: Where an agent opens the ticket; "" for users.
    recipient_link: str = ""
    message: Rich = NOTHING
    response: Rich = NOTHING
    note: Rich = NOTHING
    comments: Rich = NOTHING
    signature: Rich = NOTHING
    #: What was done, in a few words ("Internal note added").
    activity: str = ""
    poster: Person = Person()
    staff: Person = Person()
    assignee: Person = Person()
    assigner: Person = Person()
    #: How many tickets a user may have open, and has.
    limit: int = 0
    #: The name mail leaves under.
    company: str = ""
    url: str = ""
    mailbox: MailboxScene = MailboxScene()
