"""A filter answers a new ticket with a canned response: posted on the ticket, mailed instead of the auto-response."""

from __future__ import annotations

from dataclasses import dataclass

from postdesk.flow import answers
from postdesk.flow.reaction import Reaction
from postdesk.judge.facts import Arrival
from postdesk.judge.filters.run import Chosen
from postdesk.mail.compose import OutgoingFile
from postdesk.mail.message import Address
from postdesk.mailroom import blobs
from postdesk.mailroom.bulk import row
from postdesk.mailroom.models.outbox import Kind
from postdesk.tickets.letters import Draft, Sender, write
from postdesk.tickets.models import CannedFile, CannedResponse, Entry, EntryAttachment, Ticket
from postdesk.tickets.models.thread import Direction, EntryKind
from postdesk.tickets.notices import Person, Rich, Scene, paragraphs, ready


@dataclass(frozen=True, slots=True)
class Canned:
    """A canned response with the bytes of its files; read once in a chunk, when a filter first asks for it."""

    title: str
    text: str
    html: str
    files: tuple[tuple[CannedFile, bytes], ...]


def post(on: Reaction, ticket: Ticket, arrival: Arrival, chosen: Chosen) -> None:
    """Post and mail the response the filters chose, or say on the ticket why not."""
    assert chosen.canned is not None
    canned = _canned(on, chosen.canned)
    sender, to = _sender(on, ticket), arrival.author
    why_not = chosen.unanswerable
    if sender is None:
        why_not = "There is no address to send it from."
    if why_not or canned is None or sender is None or to is None or len(to.address) > 256:
        data: dict[str, object] = {"canned": canned.title if canned else "", "why": why_not or "It is gone."}
        on.batch.event("canned.unsent", ticket=ticket.pk, data=data)
        return
    scene = _scene(on, ticket, sender, to)
    response = _filled(canned, scene)
    entry = _entry(on, ticket, sender, to, response, canned)
    words = on.voice.words("ticket.autoreply", _with(scene, response), department=ticket.department_id)
    settings = on.gathered.settings
    draft = Draft(
        letter=on.batch.letter_id(),
        ticket=ticket.pk,
        entry=entry.pk,
        kind=Kind.AUTORESPONSE,
        sender=sender,
        to=(to,),
        words=words,
        in_reply_to=arrival.mail.message_id,
        references=arrival.mail.references,
        files=tuple(OutgoingFile(file.filename, file.content_type, content) for file, content in canned.files),
        separator=settings.reply_separator if settings.strip_quoted_reply else None,
    )
    letter = write(draft, key=on.key, at=on.batch.at)
    entry.letter_id = letter.pk
    on.batch.letters.append(letter)
    on.batch.known(letter.message_id, direction=Direction.OUT, ticket=ticket.pk, entry=entry.pk, letter_id=letter.pk)
    on.batch.event(
        "reply.sent", ticket=ticket.pk, entry_id=entry.pk, letter_id=letter.pk, data={"canned": canned.title}
    )
    on.facts.recent_answers[arrival.sender] = on.facts.recent_answers.get(arrival.sender, 0) + 1


def _canned(on: Reaction, pk: int) -> Canned | None:
    if pk not in on.canned:
        found = CannedResponse.objects.filter(pk=pk).first()
        files = list(CannedFile.objects.filter(response=pk)) if found else []
        contents = blobs.read([file.blob_id for file in files]) if files else {}
        enclosed = tuple((file, contents[file.blob_id]) for file in files if file.blob_id in contents)
        on.canned[pk] = Canned(found.title, found.text, found.html, enclosed) if found else None
    known: Canned | None = on.canned[pk]
    return known


def _sender(on: Reaction, ticket: Ticket) -> Sender | None:
    """DeptOut, the address it came through, the Default System Email (osticket.md 5.1)."""
    desk = on.facts.desk
    candidates = (desk.departments[ticket.department_id].outgoing_email, ticket.email_id, desk.default_email)
    return next((found for one in candidates if one is not None and (found := on.senders.sender(one))), None)


def _scene(on: Reaction, ticket: Ticket, sender: Sender, to: Address) -> Scene:
    return Scene(
        ticket=answers.ticket_scene(on, ticket, owner=on.facts.tickets[ticket.pk].owner, author=to),
        recipient=Person(to.name, to.address),
        signature=on.voice.of(ticket.department_id).signature,
        company=sender.address.name,
        url=on.voice.url,
    )


def _with(scene: Scene, response: Rich) -> Scene:
    values = {name: getattr(scene, name) for name in Scene.__slots__}
    return Scene(**{**values, "response": response})


def _filled(canned: Canned, scene: Scene) -> Rich:
    """The response with its variables filled in."""
    words = ready("", canned.html or paragraphs(canned.text).html, canned.text).fill(scene)
    return Rich(words.text.rstrip(), words.html)


def _entry(on: Reaction, ticket: Ticket, sender: Sender, to: Address, response: Rich, canned: Canned) -> Entry:
    """The answer as it stands in the thread, by nobody in person. The ticket still waits for an agent."""
    department = on.facts.desk.departments[ticket.department_id].name
    entry = row(
        Entry,
        id=on.batch.more_entry_id(),
        ticket_id=ticket.pk,
        kind=EntryKind.REPLY,
        author_name=department[:200],
        author_address=sender.address.address,
        text=response.text,
        html=response.html,
        automatic="canned",
        to=[to.address],
        created_at=on.batch.at,
    )
    on.batch.entries.append(entry)
    ticket.entry_count += 1
    on.batch.attachments += [
        row(
            EntryAttachment,
            entry_id=entry.pk,
            position=position,
            filename=file.filename,
            content_type=file.content_type,
            size=file.size,
            sha256=file.sha256,
            blob_id=file.blob_id,
        )
        for position, (file, _content) in enumerate(canned.files)
    ]
    return entry
