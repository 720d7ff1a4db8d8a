"""What rules can ask of a message: the criteria, in one table (osticket.md 3.2, and more).

A criterion gives several values where a message has several, such as its recipients. A rule holds when one of them
compares as it says; "is not", "does not contain" and "does not match" hold when none does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, get_args

from postdesk.judge.filters.authentication import RESULTS
from postdesk.judge.filters.operators import Holds
from postdesk.judge.filters.sight import Sight
from postdesk.mail.message import Address, Kind, Priority

Texts = Callable[[Sight, str], tuple[str, ...]]
Number = Callable[[Sight], int]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One question. `group`: the heading it stands under; `choices`: the values there are, for picking one."""

    name: str
    label: str
    group: str
    sentence: str
    texts: Texts | None = None
    number: Number | None = None
    choices: tuple[str, ...] = ()
    #: Asks for the name of a header field beside it.
    is_header: bool = False
    #: Compared as one address: "is" wants a valid one.
    is_address: bool = False

    @property
    def holds(self) -> Holds:
        return "number" if self.number else "text"


def _written(addresses: Iterable[Address]) -> str:
    return ", ".join(f"{one.name} <{one.address}>" if one.name else one.address for one in addresses)


def _addressee(sight: Sight, _header: str) -> tuple[str, ...]:
    others = (one for one in (*sight.mail.to, *sight.mail.cc) if not sight.is_ours(one.key))
    return (_written(others),)


def _recipients(sight: Sight, _header: str) -> tuple[str, ...]:
    mail = sight.mail
    return (*(one.address for one in (*mail.to, *mail.cc)), *mail.delivered_to)


def _fields(sight: Sight, header: str) -> tuple[str, ...]:
    wanted = header.strip().lower()
    return tuple(value for name, value in sight.mail.headers if name.lower() == wanted)


CRITERIA: Final[tuple[Criterion, ...]] = (
    Criterion(
        "email",
        "Email address",
        "User",
        "The address in From (in Reply-To, once a filter said to use that).",
        texts=lambda sight, _: (sight.author.address,),
        is_address=True,
    ),
    Criterion("name", "Name", "User", "The name in From.", texts=lambda sight, _: (sight.author.name,)),
    Criterion(
        "reply_to",
        "Reply-To address",
        "Email",
        "The addresses in Reply-To.",
        texts=lambda sight, _: tuple(one.address for one in sight.mail.reply_to),
        is_address=True,
    ),
    Criterion(
        "reply_to_name",
        "Reply-To name",
        "Email",
        "The names in Reply-To.",
        texts=lambda sight, _: tuple(one.name for one in sight.mail.reply_to),
    ),
    Criterion(
        "addressee",
        "Addressees (To and Cc)",
        "Email",
        "Names and addresses of everybody in To and Cc who is not the desk, in one line.",
        texts=_addressee,
    ),
    Criterion(
        "recipient",
        "Recipient address",
        "Email",
        "Each address in To, Cc, Delivered-To, X-Original-To and Envelope-To, the desk's own included.",
        texts=_recipients,
        is_address=True,
    ),
    Criterion(
        "header",
        "Header field",
        "Email",
        "Every field of the name you give, decoded.",
        texts=_fields,
        is_header=True,
    ),
    Criterion(
        "kind",
        "Kind of message",
        "Email",
        "What the message is: written by a person (`mail`), sent through a list, or automatic.",
        texts=lambda sight, _: (sight.mail.kind,),
        choices=get_args(Kind),
    ),
    Criterion("subject", "Subject", "Ticket", "The subject.", texts=lambda sight, _: (sight.mail.subject,)),
    Criterion(
        "body",
        "Message text",
        "Ticket",
        "The whole text as an agent reads it, quoted parts included.",
        texts=lambda sight, _: (sight.mail.text,),
    ),
    Criterion(
        "priority",
        "Priority",
        "Ticket",
        "The priority the ticket would start with.",
        texts=lambda sight, _: (sight.priority,),
        choices=get_args(Priority),
    ),
    Criterion(
        "help_topic",
        "Help topic",
        "Ticket",
        "The help topic it would start with, by name.",
        texts=lambda sight, _: (sight.help_topic,),
    ),
    Criterion(
        "department",
        "Department",
        "Ticket",
        "The department it would go to, by name.",
        texts=lambda sight, _: (sight.department,),
    ),
    Criterion(
        "attachment_name",
        "Attachment name",
        "Attachments",
        "The name of each attachment.",
        texts=lambda sight, _: tuple(file.filename for file in sight.mail.attachments),
    ),
    Criterion(
        "attachment_type",
        "Attachment type",
        "Attachments",
        "The type of each attachment, such as application/pdf.",
        texts=lambda sight, _: tuple(file.content_type for file in sight.mail.attachments),
    ),
    Criterion(
        "attachment_count",
        "Number of attachments",
        "Attachments",
        "How many there are; pictures inside the text count.",
        number=lambda sight: len(sight.mail.attachments),
    ),
    Criterion(
        "attachment_size",
        "Size of all attachments",
        "Attachments",
        "Their bytes together; 500 kB and 10 MB can be written so.",
        number=lambda sight: sum(file.size for file in sight.mail.attachments),
    ),
    Criterion("size", "Size of the message", "Attachments", "Bytes as received.", number=lambda sight: sight.size),
    *(
        Criterion(
            method,
            method.upper(),
            "Authentication",
            f"The result of {method.upper()} in the topmost Authentication-Results; `missing` when there is none.",
            texts=lambda sight, _, method=method: (sight.authenticated.result(method),),  # type: ignore[misc]
            choices=RESULTS,
        )
        for method in ("spf", "dkim", "dmarc")
    ),
    Criterion(
        "auth_server",
        "Authentication server",
        "Authentication",
        "The server that wrote the topmost Authentication-Results.",
        texts=lambda sight, _: (sight.authenticated.server,),
    ),
)
BY_NAME: Final = {criterion.name: criterion for criterion in CRITERIA}
