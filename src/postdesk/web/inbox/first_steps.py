"""What the queue of a desk says that never had a ticket: the next step on the way to the first one."""

from __future__ import annotations

from dataclasses import dataclass

from postdesk.mailroom.models import Email, MailSettings, RemoteMailbox
from postdesk.people.models import Agent
from postdesk.people.permissions import may
from postdesk.tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class Step:
    """`address` is the name of the page where it is done, `label` the link to it; both "" for who may not go there."""

    title: str
    hint: str
    address: str = ""
    label: str = ""


def next_step(agent: Agent) -> Step | None:
    """What is missing before mail can become tickets; None when nothing is, or when there are tickets."""
    if Ticket.objects.exists():
        return None
    step = _missing()
    if step is None or may(agent, "panel"):
        return step
    return Step("No mail comes yet", "An administrator has to connect the desk's address first.")


def _missing() -> Step | None:
    if not Email.objects.exists():
        hint = "Add the address your customers write to, and connect its mailbox."
        return Step("No mail comes yet", hint, "email-new", "Add New Email")
    if not RemoteMailbox.objects.filter(status=True).exists():
        return Step("No mailbox is fetched", "Connect the Remote Mailbox of an Email.", "emails", "Emails")
    settings = MailSettings.objects.first()
    if settings is None or not settings.fetching:
        hint = "Everything is connected. Switch Fetch emails on, and mail becomes tickets."
        return Step("Fetching is switched off", hint, "email-settings", "Emails > Settings")
    return None
