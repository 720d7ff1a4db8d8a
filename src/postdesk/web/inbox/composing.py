"""What the composer offers beside the words: from where, to whom, with which signature; and what was chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from postdesk.basics.errors import Refused
from postdesk.people.models import Agent
from postdesk.people.models.agents import DefaultSignature
from postdesk.tickets.models import Ticket
from postdesk.tickets.operations.answer import recipients
from postdesk.tickets.operations.manner import AUDIENCES, Audience, Manner, SignatureChoice, sender_choices
from postdesk.web.shared.doors import AgentRequest

SIGNATURES: Final[tuple[tuple[SignatureChoice, str], ...]] = (
    ("none", "No signature"),
    ("mine", "My signature"),
    ("department", "Department's signature"),
)


_SIGNATURES: Final[dict[str, SignatureChoice]] = {name: name for name, _label in SIGNATURES}
_AUDIENCES: Final[dict[str, Audience]] = {name: name for name, _label in AUDIENCES}


@dataclass(frozen=True, slots=True)
class Envelope:
    """The choices of a reply to one ticket; the first sender is the one that is used unless another is chosen."""

    senders: tuple[tuple[int, str], ...]
    audiences: tuple[tuple[Audience, str], ...]
    signatures: tuple[tuple[SignatureChoice, str], ...]
    signature: str
    to: str
    copies: tuple[str, ...]

    @property
    def sender(self) -> str:
        return self.senders[0][1] if self.senders else ""


def envelope(ticket: Ticket, agent: Agent) -> Envelope:
    to, *copies = recipients(ticket)
    is_signed = {"none": True, "mine": bool(agent.signature.strip()), "department": _department_signs(ticket)}
    offered = tuple(choice for choice in SIGNATURES if is_signed[choice[0]])
    default = agent.default_signature if is_signed[agent.default_signature] else DefaultSignature.NONE
    return Envelope(
        senders=tuple((row.pk, row.address) for row in sender_choices(ticket, agent)),
        audiences=AUDIENCES,
        signatures=offered if len(offered) > 1 else (),
        signature=str(default),
        to=to,
        copies=tuple(copies),
    )


def chosen(request: AgentRequest) -> Manner:
    """How the reply is to be sent. Refused for what the page does not offer."""
    sender = request.POST.get("sender", "")
    signature, audience = request.POST.get("signature", ""), request.POST.get("audience", "") or "all"
    if sender and not (sender.isdecimal() and len(sender) < 19):
        raise Refused("You cannot send from this address.")
    if signature and signature not in _SIGNATURES:
        raise Refused("There is no such signature.")
    if audience not in _AUDIENCES:
        raise Refused("Choose who gets the reply.")
    return Manner(
        sender=int(sender) if sender else None,
        signature=_SIGNATURES[signature] if signature else None,
        audience=_AUDIENCES[audience],
    )


def _department_signs(ticket: Ticket) -> bool:
    return ticket.department.is_public and bool(ticket.department.signature.strip())
