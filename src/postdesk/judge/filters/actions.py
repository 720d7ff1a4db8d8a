"""What filters can do to a new ticket: the actions, in one table (osticket.md 3.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

#: What an action needs beside its kind.
Takes = Literal["", "department", "help_topic", "agent", "team", "sla", "canned", "priority", "status", "mail"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of action. `repeats`: a filter may have several of it."""

    name: str
    label: str
    sentence: str
    takes: Takes = ""
    repeats: bool = False


ACTIONS: Final[tuple[Kind, ...]] = (
    Kind("reject", "Reject", "No ticket, and the sender is not told. It comes before all other actions."),
    Kind(
        "reply_to",
        "Use Reply-To",
        "The address in Reply-To counts as the sender. Bans and the filters that did not match yet are asked again.",
    ),
    Kind("no_autoresponse", "Disable auto-response", "The ticket is not acknowledged."),
    Kind(
        "canned",
        "Attach canned response",
        "The canned response is posted and mailed instead of the auto-response.",
        takes="canned",
    ),
    Kind("department", "Set department", "The department, while it is active.", takes="department"),
    Kind("priority", "Set priority", "The priority.", takes="priority"),
    Kind("sla", "Set SLA plan", "The SLA plan.", takes="sla"),
    Kind("team", "Assign team", "The team; an agent may be assigned as well.", takes="team"),
    Kind("agent", "Assign agent", "The agent, while active.", takes="agent"),
    Kind("help_topic", "Set help topic", "The help topic, while it is active.", takes="help_topic"),
    Kind("status", "Set status", "Open, or closed at once.", takes="status"),
    Kind("mail", "Send an email", "A mail of your own words, once the ticket is there.", takes="mail", repeats=True),
)
BY_NAME: Final = {kind.name: kind for kind in ACTIONS}
