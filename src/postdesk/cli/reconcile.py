"""`postdesk reconcile`: servers against ledger."""

from __future__ import annotations

import typer

from postdesk.basics.errors import BrokenSetup, Refused, WireError
from postdesk.engine.reconcile import reconcile
from postdesk.mailroom.models import RemoteMailbox


def reconcile_mailboxes(mailbox: str | None) -> int:
    """Compare one mailbox, or every one that is switched on. Returns 1 when anything differs or could not be asked."""
    rows = RemoteMailbox.objects.select_related("email", "credential").order_by("email__address")
    chosen = list(rows.filter(email__address__iexact=mailbox) if mailbox else rows.filter(status=True))
    if mailbox and not chosen:
        raise Refused(f"{mailbox} is not an address of this desk with a remote mailbox")
    differs = False
    for row in chosen:
        # One server that is down must not keep the others from being compared.
        try:
            found = reconcile(row)
        except (WireError, BrokenSetup) as error:
            typer.echo(f"{row.email.address}: could not be compared: {error.message}")
            differs = True
            continue
        for difference in found:
            typer.echo(f"{difference.address}: {difference.key}: {difference.sentence}")
        differs = differs or bool(found)
        if not found:
            typer.echo(f"{row.email.address}: server and ledger agree")
    if not chosen:
        typer.echo("No mailbox is switched on.")
    return int(differs)
