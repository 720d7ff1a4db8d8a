"""Deleting addresses of the desk: which cannot be, what follows from it, and doing it. Tickets and their mail stay."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence

from django.db import transaction
from django.db.models import Q

from postdesk.basics.errors import Refused
from postdesk.mailroom import outbox
from postdesk.mailroom.connect import email_setup
from postdesk.mailroom.models import Email, Letter, MailSettings
from postdesk.mailroom.outbox import WAITING_STATES
from postdesk.mailroom.preferences import locked_settings
from postdesk.people import audit
from postdesk.people.models import Agent
from postdesk.tickets.models import Department, Ticket, TicketFilter


def protected() -> dict[int, str]:
    """The addresses that cannot be deleted, by id, with the reason."""
    settings = MailSettings.objects.filter(pk=1).first()
    if settings is None:
        return {}
    why = "It is the {}: choose another one in Emails > Settings first."
    found = {settings.alert_email_id: why.format("Default Alert Email")}
    found[settings.default_email_id] = why.format("Default System Email")
    return {pk: reason for pk, reason in found.items() if pk is not None}


def consequences(emails: Sequence[Email]) -> list[str]:
    """A sentence for everything that deleting these addresses changes elsewhere."""
    return [*_departments(emails), *_transport(emails), *_filters(emails), *_mail(emails)]


@transaction.atomic
def delete(emails: Sequence[Email], *, by: Agent, at: dt.datetime) -> int:
    """Delete addresses with their connections and passwords; what names them falls back as `consequences` says.

    Raises Refused, and deletes none, when one of them is protected.
    """
    locked_settings()
    kept = protected()
    for email in emails:
        if email.pk in kept:
            raise Refused(f"{email.address} was not deleted. {kept[email.pk]}")
    _note_departments(emails, by=by, at=at)
    for email in emails:
        connections = [getattr(email, name, None) for name in ("mailbox", "smtp")]
        credentials = [one.credential for one in connections if one is not None and one.credential is not None]
        thing = audit.thing_of(email)
        before = audit.values(email_setup(email))
        label = email.address
        email.delete()
        for credential in credentials:
            credential.delete()
        audit.record(by=by, at=at, verb="deleted", of=thing, label=label, before=before)
    outbox.route_again()
    return len(emails)


def _departments(emails: Collection[Email]) -> Iterator[str]:
    addresses = {email.pk: email.address for email in emails}
    settings = MailSettings.objects.filter(pk=1).select_related("default_email").first()
    default = settings.default_email.address if settings and settings.default_email else "none"
    for department in Department.objects.filter(_named(emails)):
        if department.outgoing_email_id in addresses:
            yield f"Department {department.name}: its replies will leave from the Default System Email ({default})."
        if department.autoresponse_email_id in addresses:
            yield f"Department {department.name}: its auto-responses will leave from its outgoing email."


def _transport(emails: Collection[Email]) -> Iterator[str]:
    settings = MailSettings.objects.filter(pk=1, default_mta__in=emails).first()
    if settings is not None:
        yield "The Default MTA: there is none from then on. Addresses without Outgoing (SMTP) cannot send."
    waiting = Letter.objects.filter(account__email__in=emails, state__in=WAITING_STATES)[:1000].count()
    if waiting:
        letters = "1 letter waits" if waiting == 1 else f"{waiting} letters wait"
        yield f"Outbox: {letters} to leave by its SMTP, and will leave by the Default MTA instead."


def _filters(emails: Collection[Email]) -> Iterator[str]:
    about = Q(email__in=emails) | Q(actions__sender__in=emails)
    for row in TicketFilter.objects.filter(about).distinct():
        yield f"Ticket Filter {row.name} names it, and is left out or sends from the ticket's own address from then on."


def _mail(emails: Collection[Email]) -> Iterator[str]:
    count = Ticket.objects.filter(email__in=emails)[:100_000].count()
    if count:
        tickets = "1 ticket" if count == 1 else f"{count:,} tickets"
        yield f"{tickets} came through it; tickets, their mail and the ledger stay."


def _named(emails: Collection[Email]) -> Q:
    return Q(outgoing_email__in=emails) | Q(autoresponse_email__in=emails)


def _note_departments(emails: Collection[Email], *, by: Agent, at: dt.datetime) -> None:
    """The departments' own lines in the audit log: the database lets go of the addresses by itself."""
    gone = {email.pk for email in emails}
    for department in Department.objects.filter(_named(emails)).select_related("outgoing_email", "autoresponse_email"):
        before, after = {}, {}
        for name in ("outgoing_email", "autoresponse_email"):
            email: Email | None = getattr(department, name)
            if email is not None and email.pk in gone:
                before[name], after[name] = email.address, ""
        audit.record(by=by, at=at, verb="changed", of=department, label=department.name, before=before, after=after)
