"""What a decision may know: everything is gathered before (flow.facts), nothing is looked up here.

All addresses are lower case. Ids are database keys; the judge only passes them on.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import zlib
from collections.abc import Container, Mapping
from dataclasses import dataclass, field

from postdesk.judge.bans import NONE as NO_BANS
from postdesk.judge.bans import Bans
from postdesk.judge.filters.authentication import Authentication
from postdesk.judge.filters.compiled import NONE as NO_FILTERS
from postdesk.judge.filters.compiled import Compiled
from postdesk.judge.filters.values import Origin
from postdesk.judge.hours import Hours, Promise, due
from postdesk.judge.trust_policy import TrustPolicy
from postdesk.mail.address import untagged
from postdesk.mail.message import Address, ParsedMail, Priority

_BLANKS = b" \t\r\n\v\f"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message that came in, and the way it came."""

    mail: ParsedMail
    #: Bytes as received.
    size: int
    #: The address whose mailbox it was fetched from; None for a pipe without `--mailbox`.
    via_email: int | None
    is_history: bool = False
    origin: Origin = "email"
    #: Who counts as the sender instead of From: a filter's *Use Reply-To*.
    instead: Address | None = None
    #: What the desk itself found out about the sender; None: only what the message's headers say.
    authentication: Authentication | None = None

    @property
    def author(self) -> Address | None:
        """Who counts as the sender: From, unless a filter chose another; None when there is none."""
        return self.instead or self.mail.from_

    @property
    def sender(self) -> str:
        """The author's address, lower case; "" when there is none."""
        author = self.instead or self.mail.from_
        return author.key if author else ""

    @property
    def fingerprint(self) -> bytes:
        """Sixteen bytes that two copies of the same mail share, whichever way they came.

        Blanks and line ends do not count: servers on the way change them.
        """
        mail = self.mail
        date = mail.date.isoformat() if mail.date else ""
        files = ",".join(f"{file.filename}:{file.size}:{zlib.crc32(file.content)}" for file in mail.attachments)
        written_by = mail.from_.key if mail.from_ else ""
        head = "\0".join((written_by, mail.subject, date, files, ""))
        words = mail.text.encode("utf-8", "replace").translate(None, _BLANKS)
        return hashlib.sha256(head.encode("utf-8", "replace") + words).digest()[:16]


@dataclass(frozen=True, slots=True)
class AddressOfOurs:
    """One Email of the desk and what new mail to it becomes."""

    id: int
    address: str
    department: int | None = None
    help_topic: int | None = None
    priority: Priority | None = None
    autoresponse: bool = True


@dataclass(frozen=True, slots=True)
class TopicFacts:
    id: int
    department: int | None = None
    priority: Priority | None = None
    autoresponse: bool = True
    name: str = ""
    sla: int | None = None
    agent: int | None = None
    team: int | None = None
    #: Its tickets are closed at once.
    closes: bool = False


@dataclass(frozen=True, slots=True)
class DepartmentFacts:
    id: int
    name: str
    new_ticket_autoresponse: bool = True
    outgoing_email: int | None = None
    autoresponse_email: int | None = None
    new_message_autoresponse: bool = True
    sla: int | None = None
    hours: Hours | None = None


@dataclass(frozen=True, slots=True)
class KnownId:
    """A Message-ID that belongs to a ticket. `ours`: we sent it."""

    ticket: int
    entry: int | None
    ours: bool
    fingerprint: bytes | None = None


@dataclass(frozen=True, slots=True)
class TicketFacts:
    id: int
    number: int
    owner: str
    is_closed: bool = False
    #: Closed for good: its department is archived, so an answer to it opens a new ticket.
    is_final: bool = False
    #: Owner, collaborators, and whoever an earlier entry was addressed to or came from.
    participants: frozenset[str] = frozenset()
    subject: str = ""
    #: When somebody last wrote, to us or from here; None: in this very chunk.
    last_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class LetterFacts:
    """A letter of ours that a delivery report may be about."""

    id: int
    ticket: int | None
    recipients: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Desk:
    """How the desk is set up; the same for every message of a chunk."""

    addresses: Mapping[str, AddressOfOurs]
    departments: Mapping[int, DepartmentFacts]
    topics: Mapping[int, TopicFacts]
    default_department: int
    default_email: int | None
    agents: Mapping[str, int] = field(default_factory=dict)
    priority_from_mail: bool = False
    accept_unregistered: bool = True
    accept_collaborators: bool = True
    max_message_size: int = 64 * 1024 * 1024
    auto_answers_per_hour: int = 10
    #: Open tickets one user may have before new ones are refused; 0: any number.
    max_open_tickets: int = 0
    #: Whether bans are asked about answers to tickets, too, and not only about new ones.
    bans_cover_replies: bool = True
    filters: Compiled = NO_FILTERS
    #: What is asked of a sender (judge.trust).
    trust: TrustPolicy = field(default_factory=TrustPolicy)
    #: What is promised by the active SLA plans, by id; the plan of tickets that nothing else gives one.
    promises: Mapping[int, Promise] = field(default_factory=dict)
    default_sla: int | None = None
    #: The topic of mail that nothing else gives one.
    default_topic: int | None = None
    #: Active teams and canned responses.
    teams: frozenset[int] = frozenset()
    canned: frozenset[int] = frozenset()

    _by_id: Mapping[int, AddressOfOurs] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {ours.id: ours for ours in self.addresses.values()})

    def ours(self, address: str) -> AddressOfOurs | None:
        """The Email an address (lower case) belongs to: its own, an alias, or support+anything@ of support@."""
        found = self.addresses.get(address)
        return self.addresses.get(untagged(address)) if found is None and "+" in address else found

    def is_ours(self, address: str) -> bool:
        return self.ours(address) is not None

    def has(self, kind: str, pk: int) -> bool:
        """Whether the department, help topic, agent, team, plan or response of that id is there and active."""
        known: Mapping[str, Container[int]] = {
            "department": self.departments,
            "help_topic": self.topics,
            "agent": self.agents.values(),
            "team": self.teams,
            "sla": self.promises,
            "canned": self.canned,
        }
        return pk in known.get(kind, ())

    def address_by_id(self, email: int | None) -> AddressOfOurs | None:
        return self._by_id.get(email) if email is not None else None

    def due(self, sla: int | None, department: int, since: dt.datetime) -> dt.datetime | None:
        """By when somebody who waits since then is to be answered; None: nothing is promised."""
        promise = self.promises.get(sla) if sla is not None else None
        place = self.departments.get(department)
        return due(promise, since, place.hours if place else None) if promise is not None else None


@dataclass(slots=True)
class Facts:
    """The desk, and all that is known about the messages at hand. Grows as a chunk is worked through."""

    at: dt.datetime
    desk: Desk
    #: By message key (basics.ids.message_key).
    known: dict[str, KnownId] = field(default_factory=dict)
    tickets: dict[int, TicketFacts] = field(default_factory=dict)
    #: Ticket number -> ticket id.
    numbers: dict[int, int] = field(default_factory=dict)
    #: Message keys that carry a valid signature of ours -> ticket id.
    signed: dict[str, int] = field(default_factory=dict)
    letters: dict[str, LetterFacts] = field(default_factory=dict)
    users: frozenset[str] = frozenset()
    #: Automatic answers sent to an address in the last hour.
    recent_answers: dict[str, int] = field(default_factory=dict)
    bans: Bans = NO_BANS
    #: Open tickets by their user's address; only counted where the desk limits them.
    open_tickets: dict[str, int] = field(default_factory=dict)
    #: Domains of organisations among the senders', each with its account manager.
    organisations: Mapping[str, int | None] = field(default_factory=dict)
