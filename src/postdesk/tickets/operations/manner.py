"""How a reply is sent: from which address, under which name, with which signature, to whom (osticket.md 5.1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from django.db.models import Q

from postdesk.basics.errors import Refused
from postdesk.mail.message import Address
from postdesk.mailroom.models import Email, MailSettings
from postdesk.people.models import Agent
from postdesk.people.models.agents import DefaultSignature, FromName
from postdesk.tickets.letters import Sender
from postdesk.tickets.models import Ticket
from postdesk.tickets.notices import NOTHING, Person, Rich, paragraphs
from postdesk.tickets.senders import Senders
from postdesk.tickets.voice import Voice

Audience = Literal["all", "user", "none"]
SignatureChoice = Literal["none", "mine", "department"]
AUDIENCES: Final[tuple[tuple[Audience, str], ...]] = (
    ("all", "Everybody who takes part"),
    ("user", "Only the user"),
    ("none", "Nobody: only keep it here"),
)


@dataclass(frozen=True, slots=True)
class Manner:
    """The choices of one reply. `sender`: id of an Email; None: what the department, or the agent, prefers."""

    sender: int | None = None
    signature: SignatureChoice | None = None
    audience: Audience = "all"


def sender_choices(ticket: Ticket, agent: Agent) -> tuple[Email, ...]:
    """What the agent may send from: the default first, then addresses with SMTP of departments they work in.

    Addresses of no department are for whoever works in the default department; administrators have all.
    """
    default = _default_ids(ticket)
    allowed = Q(smtp__status=True)
    if not agent.is_admin:
        mine = agent.memberships.values_list("department", flat=True)
        in_default = agent.memberships.filter(department__is_default=True).exists()
        allowed &= Q(new_tickets__department__in=list(mine)) | (
            Q(new_tickets__department__isnull=True) if in_default else Q(pk__in=())
        )
    rows = {row.pk: row for row in Email.objects.filter(allowed | Q(pk__in=default)).order_by("address")}
    first = next((pk for pk in default if pk in rows), None)
    others = [row for pk, row in rows.items() if pk != first and (pk not in default or _has_smtp(row))]
    return (*([rows[first]] if first is not None else []), *others)


def sender_of(ticket: Ticket, known: Senders, *, by: Agent | None = None, manner: Manner | None = None) -> Sender:
    """The address a reply leaves from. Refused for one that `by` may not send from, and when there is none."""
    if manner is not None and manner.sender is not None and by is not None:
        if manner.sender not in {row.pk for row in sender_choices(ticket, by)}:
            raise Refused("You cannot send from this address.")
        chosen = known.sender(manner.sender)
    else:
        chosen = known.first(*_default_ids(ticket))
    if chosen is None:
        raise Refused(
            "No address of the desk can send this: the department has none and no Default System Email is set."
        )
    return chosen


def named(sender: Sender, *, by: Agent, voice: Voice, department: int) -> Sender:
    """The sender under the name the agent prefers: their own, unless that is hidden; a public department's; its own."""
    place = voice.of(department)
    name = ""
    if by.from_name == FromName.MINE and not voice.settings.hide_staff_name:
        name = by.name
    elif by.from_name == FromName.DEPARTMENT and place.is_public:
        name = place.name
    return replace(sender, address=Address(name, sender.address.address)) if name else sender


def signature(choice: SignatureChoice | None, *, by: Agent, voice: Voice, department: int) -> Rich:
    """What stands below: nothing, the agent's own, or the department's if it is public."""
    chosen = choice or by.default_signature
    if chosen == DefaultSignature.MINE:
        return paragraphs(by.signature)
    return voice.of(department).signature if chosen == DefaultSignature.DEPARTMENT else NOTHING


def shown(agent: Agent, sender: Sender, voice: Voice) -> Person:
    """The agent as users may know them: under the desk's name when names of agents are hidden."""
    if voice.settings.hide_staff_name:
        return Person(sender.address.name, sender.address.address)
    return Person(agent.name, agent.email, agent.signature)


def copies(
    ticket: Ticket, chosen: Sequence[str] | None, audience: Audience, is_ours: Callable[[str], bool]
) -> tuple[str, ...]:
    """Who gets a copy, the owner apart: exactly `chosen`, or all active collaborators. Refused for our addresses."""
    if audience != "all":
        return ()
    if chosen is None:
        active = ticket.collaborators.filter(is_active=True).select_related("user").order_by("id")
        chosen = [one.user.address for one in active if not is_ours(one.user.address)]
    ours = [address for address in chosen if is_ours(address.lower())]
    if ours:
        raise Refused(f"{ours[0]} is an address of this desk: it has the ticket already.")
    others = {address.lower(): address for address in reversed(chosen) if address.lower() != ticket.user.address}
    return tuple(reversed(others.values()))


def _default_ids(ticket: Ticket) -> tuple[int, ...]:
    """DeptOut, else the address it came through, else the Default System Email."""
    default = MailSettings.objects.values_list("default_email", flat=True).filter(pk=1).first()
    found = (ticket.department.outgoing_email_id, ticket.email_id, default)
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _has_smtp(row: Email) -> bool:
    account = getattr(row, "smtp", None)
    return account is not None and account.status
