"""Turn decisions into rows: open a ticket, add a message to one, record a report, answer automatically.

Nothing is read and nothing is decided here beyond what the judge said; all rows go into a Batch.
"""

from __future__ import annotations

from dataclasses import replace

from postdesk.basics.ids import message_key
from postdesk.basics.text import storable
from postdesk.flow import answers, source, tell
from postdesk.flow.batch import Batch, Decided, Report
from postdesk.flow.reaction import Reaction
from postdesk.flow.understood import columns, snippet, understood
from postdesk.judge.checks.automatic import reported_letter
from postdesk.judge.facts import Arrival, KnownId, TicketFacts
from postdesk.judge.route import auto_response, message_response
from postdesk.judge.verdict import Routing, Threading, Verdict
from postdesk.mail.message import Address
from postdesk.mailroom.bulk import row
from postdesk.mailroom.models import SpooledMail
from postdesk.mailroom.models.outbox import State
from postdesk.mailroom.models.spool import Outcome
from postdesk.people.models import User
from postdesk.tickets.models import Collaborator, Entry, EntryAttachment, Ticket, TicketEmail
from postdesk.tickets.models.thread import Direction, EntryKind
from postdesk.tickets.models.ticket import Status


def open_ticket(
    on: Reaction, spooled: SpooledMail, arrival: Arrival, verdict: Verdict, threading: Threading, routing: Routing
) -> Ticket:
    """A new ticket with its first message, its event, and its auto-response if one may go out."""
    batch, mail = on.batch, arrival.mail
    user = _user(on, arrival.author or Address("", ""))
    ticket = row(
        Ticket,
        id=batch.ids.tickets.pop(),
        number=batch.ids.numbers.pop(),
        subject=storable(mail.subject) or "[No Subject]",
        department_id=routing.department,
        help_topic_id=routing.help_topic,
        priority=routing.priority,
        assignee_id=routing.agent,
        team_id=routing.team,
        sla_id=routing.sla,
        email_id=routing.email,
        opened_at=batch.at,
        updated_at=batch.at,
    )
    batch.tickets.append(ticket)
    batch.of_users.append((ticket, user))
    entry = _message(on, spooled, arrival, ticket)
    if routing.status == Status.CLOSED:
        ticket.status, ticket.closed_at, ticket.waiting_since, ticket.due_at = Status.CLOSED, batch.at, None, None
    batch.emails += [row(TicketEmail, ticket_id=ticket.pk, email_id=email) for email in routing.all_emails]
    _collaborate(on, arrival, ticket, owner=user.address)
    _remember(on, arrival, ticket, entry, owner=user.address)
    answer = auto_response(verdict, routing, on.facts.desk, is_on=on.voice.settings.new_ticket_autoresponse)
    data: dict[str, object] = {
        "why": threading.sentence,
        "routed": routing.sentence,
        "department": on.facts.desk.departments[routing.department].name,
        "findings": [finding.sentence for finding in verdict.findings],
        "autoresponse": answer.why_not or "sent",
        **on.trust.data(arrival.sender),
    }
    before = on.facts.tickets.get(threading.follows or -1)
    if before is not None:
        data["follows"] = f"#{before.number}"
        batch.event("ticket.continued", ticket=before.id, data={"to": f"#{ticket.number}", "why": threading.sentence})
    letter = None
    if answer.email is not None:
        letter = answers.answer(on, arrival, ticket, entry, answer, code="ticket.autoresp")
    batch.event("ticket.opened", ticket=ticket.pk, entry_id=entry.pk, letter_id=letter, data=data)
    tell.new_ticket(on, arrival, ticket, entry)
    batch.decided.append(Decided(spooled.pk, Outcome.TICKET, f"Opened #{ticket.number}. {threading.sentence}"))
    return ticket


def join_ticket(on: Reaction, spooled: SpooledMail, arrival: Arrival, verdict: Verdict, threading: Threading) -> None:
    """A message that belongs to a ticket: a user's, a stranger's, or an agent's (kept as a note)."""
    batch = on.batch
    assert threading.ticket is not None
    ticket = on.gathered.tickets[threading.ticket]
    owner = on.facts.tickets[ticket.pk].owner
    is_agents = arrival.sender in on.facts.desk.agents and arrival.sender != owner
    entry = _message(on, spooled, arrival, ticket, kind=EntryKind.NOTE if is_agents else EntryKind.MESSAGE)
    name = "note.added" if is_agents else "message.received"
    if not is_agents and not entry.automatic and ticket.status == Status.CLOSED:
        ticket.status, ticket.closed_at = Status.OPEN, None
        batch.event("ticket.reopened", ticket=ticket.pk, data={"why": "The user wrote."})
    # Only our signature proves that the sender has our mail: a forged From must not bring its friends along in Cc.
    if threading.rule == "signature" and not threading.stranger and not is_agents:
        _collaborate(on, arrival, ticket, owner=owner)
    _remember(on, arrival, ticket, entry, owner=owner)
    data: dict[str, object] = {
        "why": threading.sentence,
        "stranger": threading.stranger,
        "new_matter": threading.new_matter,
        "findings": [finding.sentence for finding in verdict.findings],
        **on.trust.data(arrival.sender),
    }
    letter = None if is_agents else _confirm(on, arrival, verdict, threading, ticket, entry)
    batch.event(name, ticket=ticket.pk, entry_id=entry.pk, letter_id=letter, data=data)
    tell.new_message(on, arrival, ticket, entry)
    batch.decided.append(Decided(spooled.pk, Outcome.REPLY, f"Joined #{ticket.number}. {threading.sentence}"))


def _confirm(
    on: Reaction, arrival: Arrival, verdict: Verdict, threading: Threading, ticket: Ticket, entry: Entry
) -> int | None:
    """The New Message Auto-response, where it is wanted. Returns the letter's id."""
    response = message_response(
        verdict,
        threading,
        on.facts.desk,
        department=ticket.department_id,
        email=ticket.email_id,
        is_on=on.voice.settings.new_message_autoresponse,
    )
    if response.email is None:
        return None
    return answers.answer(on, arrival, ticket, entry, response, code="message.autoresp")


def record_report(on: Reaction, spooled: SpooledMail, arrival: Arrival) -> None:
    """A delivery report: the state of the recipients it names, and an event on the ticket."""
    letter = reported_letter(arrival, on.facts)
    assert letter is not None
    mail = arrival.mail
    failed = mail.kind == "bounce"
    recipients = mail.bounce.recipients if mail.bounce else ()
    words = [
        f"{one.address}: {one.diagnostic or one.reason}" for one in recipients if one.diagnostic or one.reason
    ] or [storable(mail.subject)]
    for one in recipients:
        gone = one.action in {"failed", ""} and failed
        state = State.BOUNCED if gone else None
        on.batch.reports.append(
            Report(letter.id, one.address, state, one.reply_code, one.status or "", one.diagnostic or one.reason)
        )
    if not recipients:
        state = State.BOUNCED if failed else None
        on.batch.reports.append(Report(letter.id, "", state, None, "", words[0]))
    if letter.ticket is not None:
        name = "letter.bounced" if failed else "letter.delayed"
        on.batch.event(name, ticket=letter.ticket, letter_id=letter.id, data={"why": "; ".join(words)})
        ticket = on.gathered.tickets.get(letter.ticket)
        if ticket is not None:
            ticket.updated_at = on.batch.at
            on.batch.changed[ticket.pk] = ticket
    on.batch.decided.append(Decided(spooled.pk, Outcome.BOUNCE, "; ".join(words)))


def add_addresses(on: Reaction, spooled: SpooledMail, arrival: Arrival, verdict: Verdict, routing: Routing) -> None:
    """A second copy of a mail that is here: the ticket learns that it was sent to this address of ours, too."""
    known = on.facts.known.get(_key(arrival))
    ticket = on.gathered.tickets.get(known.ticket) if known else None
    if ticket is not None:
        on.batch.more_emails += [row(TicketEmail, ticket_id=ticket.pk, email_id=email) for email in routing.all_emails]
    on.batch.decided.append(Decided(spooled.pk, Outcome.DUPLICATE, verdict.reason))


def _message(
    on: Reaction, spooled: SpooledMail, arrival: Arrival, ticket: Ticket, *, kind: EntryKind = EntryKind.MESSAGE
) -> Entry:
    batch, mail = on.batch, arrival.mail
    author = arrival.author or Address("", "")
    settings = on.gathered.settings
    is_cut = source.is_read_in_part(arrival.size, settings)
    what = understood(mail, settings, beginning_of=arrival.size if is_cut else None)
    entry = row(
        Entry,
        id=batch.ids.entries.pop(),
        ticket_id=ticket.pk,
        kind=kind,
        author_name=storable(author.name)[:200],
        author_address=author.address[:320],
        subject=what.subject,
        text=what.text,
        new_text=what.new_text,
        html=what.html,
        automatic=what.automatic,
        to=list(what.to),
        cc=list(what.cc),
        remarks=what.remarks,
        spooled_id=spooled.pk,
        created_at=batch.at,
    )
    batch.entries.append(entry)
    if kind != EntryKind.NOTE:
        batch.of_users.append((entry, _user(on, author)))
    batch.attachments += [row(EntryAttachment, entry_id=entry.pk, **columns(file)) for file in what.files]
    waits = ticket.waiting_since
    _touch(ticket, entry, batch, has_files=any(not file.is_inline for file in what.files))
    if waits is None and ticket.waiting_since is not None:
        # Somebody begins to wait: what is promised counts from now.
        ticket.due_at = on.facts.desk.due(ticket.sla_id, ticket.department_id, ticket.waiting_since)
        ticket.overdue_at = None
    return entry


def _touch(ticket: Ticket, entry: Entry, batch: Batch, *, has_files: bool) -> None:
    """What the queue shows of the ticket. Automatic mail is kept without making anybody wait for us."""
    ticket.updated_at = batch.at
    ticket.entry_count += 1
    ticket.has_attachments = ticket.has_attachments or has_files
    is_first = ticket.entry_count == 1
    if entry.kind == EntryKind.MESSAGE and (is_first or not entry.automatic):
        ticket.is_answered = False
        ticket.last_message_at = batch.at
        ticket.waiting_since = ticket.waiting_since or batch.at
        ticket.snippet = snippet(entry.new_text or entry.text)
    batch.changed[ticket.pk] = ticket


def _remember(on: Reaction, arrival: Arrival, ticket: Ticket, entry: Entry, *, owner: str) -> None:
    """Let the rest of the chunk, and all later mail, find this message."""
    batch, facts, mail = on.batch, on.facts, arrival.mail
    # An id may be known already, when somebody's program uses one for several mails: the first keeps it.
    if mail.message_id and _key(arrival) not in facts.known:
        fingerprint = arrival.fingerprint
        batch.known(mail.message_id, direction=Direction.IN, ticket=ticket.pk, entry=entry.pk, fingerprint=fingerprint)
        facts.known[_key(arrival)] = KnownId(ticket.pk, entry.pk, ours=False, fingerprint=fingerprint)
    on.gathered.tickets[ticket.pk] = ticket
    facts.numbers[ticket.number] = ticket.pk
    named = (arrival.sender, *(address.key for address in (*mail.to, *mail.cc)))
    people = {address for address in named if not facts.desk.is_ours(address)}
    before = facts.tickets.get(ticket.pk)
    if before is None:
        before = TicketFacts(ticket.pk, ticket.number, owner)
    facts.tickets[ticket.pk] = replace(
        before, is_closed=ticket.status == Status.CLOSED, participants=before.participants | people, last_at=None
    )


def _collaborate(on: Reaction, arrival: Arrival, ticket: Ticket, *, owner: str) -> None:
    """To and Cc people take part from now on (osticket.md 4.8), unless that is switched off."""
    desk = on.facts.desk
    if not desk.accept_collaborators or arrival.mail.kind != "mail":
        return
    delivered = {address.lower() for address in arrival.mail.delivered_to}
    for address in (arrival.author, *arrival.mail.to, *arrival.mail.cc):
        if address is None or "@" not in address.key or address.key in delivered:
            continue
        if desk.is_ours(address.key) or address.key in desk.agents or address.key == owner:
            continue
        made = row(Collaborator, ticket_id=ticket.pk, added_at=on.batch.at)
        on.batch.collaborators.append(made)
        on.batch.of_users.append((made, _user(on, address)))


def _user(on: Reaction, address: Address) -> User:
    """The user of that address, made when new."""
    user = on.gathered.users.get(address.key)
    if user is None:
        name = storable(address.name)[:200]
        user = row(User, address=storable(address.key)[:320], name=name, created_at=on.batch.at)
        on.gathered.users[address.key] = user
        on.batch.users.append(user)
    return user


def _key(arrival: Arrival) -> str:
    return message_key(arrival.mail.message_id or "")
