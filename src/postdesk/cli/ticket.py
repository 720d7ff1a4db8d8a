"""`postdesk ticket` and `postdesk reply`: one ticket, read and answered."""

from __future__ import annotations

import sys
from collections import defaultdict
from typing import Any

import typer
from rich.console import Console
from rich.text import Text

from postdesk.basics import clock
from postdesk.basics.errors import Refused
from postdesk.cli.output import cell, iso, write_document, write_table
from postdesk.cli.tickets import describe_ticket, find_ticket, message_ids
from postdesk.mailroom.models import LetterRecipient
from postdesk.people.models import Agent
from postdesk.people.permissions import may
from postdesk.tickets import operations, queries
from postdesk.tickets.models import Entry, Event, Ticket


def ticket(number: int, *, as_json: bool) -> None:
    """The ticket with its entries and events. Refused for a number that no ticket has."""
    document = _document(_found(number))
    if as_json:
        write_document(document)
        return
    title = f"#{number} {document['subject']} ({document['status']})"
    Console().print(Text(cell(title), style="bold"), soft_wrap=True)
    Console().print(f"{document['department']}, {document['priority']}, {document['user']}", markup=False)
    for entry in document["entries"]:
        _show_entry(entry)
    rows = [(event["at"], event["name"], event["agent"] or "") for event in document["events"]]
    write_table(("at", "event", "by"), rows, empty="No events.")


def reply(number: int, *, agent: str, note: bool) -> None:
    """Write to the ticket as an agent what stands on standard input, as far as their role in its department allows."""
    author = Agent.objects.filter(email=agent.strip().lower(), is_active=True).first()
    if author is None:
        raise Refused(f"there is no active agent {agent}")
    found = _found(number)
    if queries.ticket_by_number(number, author) is None:
        raise Refused(f"{agent} does not work in {found.department.name} and was not given #{number}")
    if not may(author, "ticket.note" if note else "ticket.reply", found.department_id):
        raise Refused(f"{agent} may not do this in {found.department.name}")
    text = sys.stdin.buffer.read().decode("utf-8", "replace").replace("\r\n", "\n").strip("\n")
    if note:
        operations.note(found, text=text, by=author, at=clock.now())
        typer.echo(f"#{number}: note added")
    else:
        operations.reply(found, text=text, by=author, at=clock.now())
        typer.echo(f"#{number}: reply queued for sending")


def _found(number: int) -> Ticket:
    found = find_ticket(number)
    if found is None:
        raise Refused(f"there is no ticket #{number}")
    return found


def _document(found: Ticket) -> dict[str, Any]:
    entries = list(found.entries.select_related("user", "agent").prefetch_related("attachments"))
    letters = [entry.letter_id for entry in entries if entry.letter_id]
    deliveries: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for recipient in LetterRecipient.objects.filter(letter__in=letters):
        deliveries[recipient.letter_id].append(_describe_delivery(recipient))
    received = message_ids([found]).get(found.pk, [])
    events = found.events.select_related("agent")
    return {
        **describe_ticket(found, received),
        "entries": [_describe_entry(entry, deliveries.get(entry.letter_id or 0, [])) for entry in entries],
        "events": [_describe_event(event) for event in events],
    }


def _describe_entry(entry: Entry, delivery: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": entry.pk,
        "kind": entry.kind,
        "author": {"name": entry.author_name, "address": entry.author_address},
        "subject": entry.subject,
        "text": entry.text,
        "new_text": entry.new_text or entry.text,
        "to": entry.to,
        "cc": entry.cc,
        "automatic": entry.automatic or None,
        "created_at": iso(entry.created_at),
        "attachments": [
            {
                "filename": file.filename,
                "content_type": file.content_type,
                "size": file.size,
                "sha256": file.sha256,
                "content_id": file.content_id or None,
                "inline": file.is_inline,
            }
            for file in entry.attachments.all()
        ],
        "delivery": delivery,
    }


def _describe_delivery(recipient: LetterRecipient) -> dict[str, Any]:
    return {
        "address": recipient.address,
        "state": recipient.state,
        "code": recipient.code,
        "enhanced": recipient.enhanced or None,
        "reply": recipient.reply,
        "queue_id": recipient.queue_id or None,
        "updated_at": iso(recipient.updated_at),
    }


def _describe_event(event: Event) -> dict[str, Any]:
    return {
        "name": event.name,
        "at": iso(event.at),
        "agent": event.agent.email if event.agent else None,
        "entry": event.entry_id,
        "data": event.data,
    }


def _show_entry(entry: dict[str, Any]) -> None:
    console = Console()
    console.print(Text(cell(f"\n{entry['kind']} by {entry['author']['name']} at {entry['created_at']}"), style="bold"))
    for line in entry["new_text"].splitlines():
        console.print(Text(cell(line)))
    for file in entry["attachments"]:
        console.print(Text(cell(f"[{file['filename']}, {file['size']} bytes]")))
    for one in entry["delivery"]:
        console.print(Text(cell(f"to {one['address']}: {one['state']} {one['reply']}")))
