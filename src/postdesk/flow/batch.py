"""The rows one chunk of intake makes, collected in memory and written by a dozen bulk statements."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from django.db import connection

from postdesk.basics.ids import message_key
from postdesk.mailroom import outbox
from postdesk.mailroom.bulk import insert, native_cursor, row
from postdesk.mailroom.models import LetterRecipient
from postdesk.mailroom.models.outbox import State
from postdesk.mailroom.models.spool import Outcome
from postdesk.mailroom.outbox import NewLetter
from postdesk.people.models import User
from postdesk.tickets.models import Collaborator, Entry, EntryAttachment, Event, KnownMessageId, Ticket, TicketEmail

#: Letter ids drawn at once beyond one a ticket.
_DRAWN = 20


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of one spooled message."""

    spooled: int
    outcome: Outcome
    reason: str


@dataclass(slots=True)
class Ids:
    """Ids taken beforehand, so that rows can refer to each other before any of them is written."""

    tickets: list[int]
    numbers: list[int]
    entries: list[int]
    letters: list[int]
    #: For letters beyond one a ticket: drawn when needed.
    more_letters: list[int] = field(default_factory=list)
    #: For entries beyond one a message.
    more_entries: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Report:
    """A delivery report about one recipient of a letter. `address` "": about every recipient."""

    letter: int
    address: str
    state: State | None
    code: int | None
    enhanced: str
    words: str


@dataclass(slots=True)
class Batch:
    """Everything a chunk writes. Order within each list is the order of the messages."""

    at: dt.datetime
    ids: Ids
    users: list[User] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    changed: dict[int, Ticket] = field(default_factory=dict)
    #: Addresses of new tickets, and addresses that tickets may know already.
    emails: list[TicketEmail] = field(default_factory=list)
    more_emails: list[TicketEmail] = field(default_factory=list)
    collaborators: list[Collaborator] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    attachments: list[EntryAttachment] = field(default_factory=list)
    message_ids: list[KnownMessageId] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    letters: list[NewLetter] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    decided: list[Decided] = field(default_factory=list)
    #: Rows made before their user had an id.
    of_users: list[tuple[Ticket | Collaborator | Entry, User]] = field(default_factory=list)

    def letter_id(self) -> int:
        """The id of one more letter: of those drawn with the tickets, or of more drawn as they are needed."""
        letters = self.ids.letters or self.ids.more_letters
        if not letters:
            letters += outbox.next_ids("mailroom_letter", _DRAWN)[::-1]
        return letters.pop()

    def more_entry_id(self) -> int:
        """The id of an entry beyond the one that each message has: drawn when needed, so it comes after those."""
        if not self.ids.more_entries:
            self.ids.more_entries += outbox.next_ids("tickets_entry", _DRAWN)[::-1]
        return self.ids.more_entries.pop()

    def write(self) -> None:
        """Write all rows, in the caller's transaction, parents first; letters wake their lanes."""
        self._insert_users()
        for one, user in self.of_users:
            one.user_id = user.pk
        insert(self.tickets)
        self._update_tickets()
        insert(self.emails)
        TicketEmail.objects.bulk_create(self.more_emails, ignore_conflicts=True)
        Collaborator.objects.bulk_create(self.collaborators, ignore_conflicts=True)
        insert(self.entries)
        insert(self.attachments)
        if self.letters:
            outbox.put(self.letters, at=self.at)
        insert(self.message_ids)
        insert(self.events)
        for report in self.reports:
            _record(report, self.at)
        self._settle_spool()

    def _insert_users(self) -> None:
        """New users. Another chunk may have met the same person first: then theirs is the one.

        In one order, so that two chunks never wait for each other in a ring.
        """
        if not self.users:
            return
        new = {user.address: user for user in self.users}
        with native_cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO people_user (address, name, created_at)
                SELECT address, name, %s FROM unnest(%s::text[], %s::text[]) AS new (address, name) ORDER BY address
                ON CONFLICT (address) DO UPDATE SET address = excluded.address RETURNING id, address
                """,
                [self.at, list(new), [user.name for user in new.values()]],
            )
            for pk, address in cursor.fetchall():
                new[address].pk = pk

    def _update_tickets(self) -> None:
        new = {ticket.pk for ticket in self.tickets}
        old = [ticket for pk, ticket in self.changed.items() if pk not in new]
        Ticket.objects.bulk_update(
            old,
            [
                "status",
                "is_answered",
                "closed_at",
                "updated_at",
                "last_message_at",
                "waiting_since",
                "due_at",
                "overdue_at",
                "entry_count",
                "has_attachments",
                "snippet",
            ],
        )

    def _settle_spool(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                UPDATE mailroom_spooledmail AS spooled
                SET outcome = decided.outcome, reason = decided.reason, decided_at = %s, stage = '', traceback = ''
                FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS decided (id, outcome, reason)
                WHERE spooled.id = decided.id
                """,
                [
                    self.at,
                    [one.spooled for one in self.decided],
                    [str(one.outcome) for one in self.decided],
                    [one.reason.replace("\x00", "")[:2000] for one in self.decided],
                ],
            )

    def event(self, name: str, *, ticket: int, data: dict[str, object], **more: object) -> Event:
        """Note what happened to a ticket. `more`: other columns of the event (`entry_id`, `letter_id`)."""
        made = row(Event, ticket_id=ticket, name=name, at=self.at, data=data, **more)
        self.events.append(made)
        return made

    def known(self, message_id: str, *, direction: str, ticket: int, entry: int, **more: object) -> None:
        """Note that a Message-ID belongs to a ticket. For ids that no ticket has yet."""
        self.message_ids.append(
            row(
                KnownMessageId,
                message_id=message_key(message_id),
                direction=direction,
                ticket_id=ticket,
                entry_id=entry,
                **more,
            )
        )


def take_ids(*, tickets: int, entries: int) -> Ids:
    """Draw ids from the sequences: as many tickets, numbers and letters as tickets, and entries."""
    if tickets:
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval('tickets_number') FROM generate_series(1, %s)", [tickets])
            numbers = [row[0] for row in cursor.fetchall()]
    else:
        numbers = []
    return Ids(
        tickets=outbox.next_ids("tickets_ticket", tickets)[::-1],
        numbers=numbers[::-1],
        entries=outbox.next_ids("tickets_entry", entries)[::-1],
        letters=outbox.next_ids("mailroom_letter", tickets)[::-1],
    )


def _record(report: Report, at: dt.datetime) -> None:
    """Set the delivery state of the recipients a report is about."""
    rows = LetterRecipient.objects.filter(letter=report.letter)
    if report.address:
        # A report that names somebody else is about somebody else.
        rows = rows.filter(address__iexact=report.address)
    changes: dict[str, object] = {"reply": report.words[:2000], "enhanced": report.enhanced[:16], "updated_at": at}
    if report.code is not None:
        changes["code"] = report.code
    if report.state is not None:
        changes["state"] = report.state
    rows.update(**changes)
