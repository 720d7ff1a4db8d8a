"""What a ticket's thread shows, as values: entries with their evidence, and events between them."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from django.db.models import Model

from postdesk.mail.lookalike import warnings
from postdesk.mailroom.models import Letter
from postdesk.tickets.models import Entry, EntryAttachment, Event
from postdesk.web.inbox.remarks import Remarks, remarks

#: Event name -> what happened, in words; "{who}" and the event's data may be named.
SENTENCES: Final[dict[str, str]] = {
    "ticket.opened": "Ticket opened",
    "ticket.continued": "The conversation goes on in {to}",
    "ticket.split": "{who} moved messages out into {to}",
    "ticket.closed": "{who} closed the ticket",
    "ticket.reopened": "{who} reopened the ticket",
    "ticket.assigned": "{who} gave the ticket to {to}",
    "ticket.claimed": "{who} answered first and has the ticket now",
    "ticket.overdue": "Not answered by when it was promised",
    "ticket.transferred": "{who} transferred the ticket from {from} to {to}",
    "ticket.unassigned": "{who} took the assignment back",
    "message.received": "Message received",
    "reply.sent": "Reply sent",
    "reply.resent": "Reply sent again",
    "note.added": "Note added",
    "message.reread": "{who} had the message read again",
    "letter.sent": "A letter was accepted by the server",
    "letter.deferred": "A letter has to wait",
    "letter.delayed": "A letter is delayed",
    "letter.bounced": "A letter came back",
    "letter.failed": "A letter was refused for good",
    "letter.uncertain": "A letter was perhaps sent",
    "ticket.filtered": "Ticket Filter “{filter}” {did}",
    "canned.unsent": "The canned response “{canned}” was not sent",
    "filter.unsent": "Ticket Filter “{filter}” sent no email to {to}",
}
_NAME: Final = re.compile(r"\{(\w+)\}")
#: Keys of an event's data that are evidence, and what they are called.
EVIDENCE: Final[tuple[tuple[str, str], ...]] = (
    ("why", "Why here"),
    ("follows", "Follows"),
    ("new_matter", "Another matter?"),
    ("routed", "Routing"),
    ("department", "Department"),
    ("findings", "Checks"),
    ("reread", "Read again"),
    ("trust", "Sender"),
    ("autoresponse", "Auto-response"),
    ("filter", "Ticket Filter"),
    ("canned", "Canned response"),
)


@dataclass(frozen=True, slots=True)
class Happened:
    """An event between the entries."""

    event: Event
    sentence: str
    evidence: tuple[tuple[str, str], ...]
    is_entry: bool = False


@dataclass(frozen=True, slots=True)
class Trust:
    """What a badge says of the sender, its colour (a recipient's state), and the evidence behind it."""

    label: str
    state: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """An entry as shown: which text first, whether a frame, the files, the letters it caused, the evidence."""

    entry: Entry
    text: str
    #: The rest of the text, quoted matter included, when `text` is not all of it.
    full_text: str
    #: "open": the frame is what is shown; "offered": on demand; "": there is no HTML.
    frame: str
    #: Step of height, 1 to 6, guessed from the amount of text.
    height: int
    evidence: tuple[tuple[str, str], ...]
    letters: tuple[Letter, ...]
    is_stranger: bool
    is_new_matter: bool
    #: Whether it joined the ticket, so that it can be moved out again.
    is_movable: bool
    trust: Trust | None
    warnings: tuple[str, ...]
    files: tuple[EntryAttachment, ...]
    inline: tuple[EntryAttachment, ...]
    remarks: Remarks
    is_entry: bool = True


@dataclass(slots=True)
class Thread:
    items: list[Said | Happened] = field(default_factory=list)
    last_entry: int = 0
    last_event: int = 0
    #: Entry id to ask for what was before; 0 when this is the beginning.
    before: int = 0


def thread(
    entries: Sequence[Entry],
    events: Sequence[Event],
    *,
    since: dt.datetime | None = None,
    alike: Sequence[Entry] = (),
) -> Thread:
    """Entries and free events in the order they happened. Events of an entry become that entry's evidence.

    `alike`: messages about the same calendar events, here and elsewhere (queries.invitations_like).
    """
    about: dict[int, list[Event]] = defaultdict(list)
    shown = {entry.pk for entry in entries}
    free: list[Event] = []
    for event in events:
        if event.entry_id is None:
            free.append(event)
        else:
            about[event.entry_id].append(event)
    items: list[tuple[dt.datetime, int, Said | Happened]] = [
        (entry.created_at, 0, _said(entry, about[entry.pk], alike)) for entry in entries
    ]
    items += [(event.at, 1, _happened(event)) for event in free if since is None or event.at >= since]
    items.sort(key=lambda item: item[:2])
    return Thread([item[2] for item in items], _last(entries), _last(events), min(shown, default=0))


def _said(entry: Entry, events: Sequence[Event], alike: Sequence[Entry]) -> Said:
    files = tuple(entry.attachments.all())
    text = (entry.new_text or entry.text).strip()
    is_cut = bool(entry.new_text) and entry.new_text.strip() != entry.text.strip()
    letters = {letter.pk: letter for letter in (entry.letter, *(event.letter for event in events)) if letter}
    return Said(
        entry=entry,
        text=text,
        full_text=entry.text.strip() if is_cut else "",
        frame=_frame(entry, is_cut=is_cut, has_text=bool(text)),
        height=min(6, 1 + (text.count("\n") + len(text) // 80) // 5),
        evidence=tuple(line for event in events for line in _evidence(event)),
        letters=tuple(letters.values()),
        is_stranger=any(event.data.get("stranger") for event in events),
        is_new_matter=any(event.data.get("new_matter") for event in events),
        is_movable="message.received" in (names := {event.name for event in events}) and "ticket.opened" not in names,
        trust=next((found for event in events if (found := _trust(event))), None),
        warnings=warnings(entry.author_name, entry.author_address) if entry.spooled_id else (),
        files=tuple(file for file in files if not file.is_inline),
        inline=tuple(file for file in files if file.is_inline),
        remarks=remarks(entry, alike),
    )


def _trust(event: Event) -> Trust | None:
    """Only what somebody vouches for or refutes is shown; without a trusted server there is nothing to say."""
    evidence = tuple(str(one) for one in event.data.get("trust", ()))
    match event.data.get("trust_level"):
        case "authenticated":
            return Trust(f"Proven by {event.data.get('trust_server', '')}", "sent", evidence)
        case "failed":
            return Trust("Sender check failed", "failed", evidence)
        case None:
            return None
    return Trust("Sender not proven", "", evidence)


def _frame(entry: Entry, *, is_cut: bool, has_text: bool) -> str:
    """Text is preferred where HTML adds nothing; a new message of rich HTML is shown as it was meant."""
    if entry.kind != "message" or not getattr(entry, "has_html", False):
        return ""
    is_rich = getattr(entry, "is_rich", False)
    if not has_text or (is_rich and not is_cut):
        return "open"
    return "offered" if is_rich else ""


def _happened(event: Event) -> Happened:
    # "The user wrote" reopens tickets, too: without an agent it was mail, or the desk itself.
    who = event.agent.name if event.agent else "The desk"
    pattern = SENTENCES.get(event.name, event.name.replace(".", " "))
    names = {"who": who, **{key: _words(event.data.get(key, "")) for key in ("filter", "did", "canned")}}
    names["to"] = _words(event.data.get("to", "somebody"))
    sentence = _NAME.sub(lambda found: names.get(found[1], found[0]), pattern)
    return Happened(event, sentence, _evidence(event))


def _evidence(event: Event) -> tuple[tuple[str, str], ...]:
    lines = []
    for key, label in EVIDENCE:
        words = _words(event.data.get(key))
        if words:
            lines.append((label, words))
    return tuple(lines)


def _words(value: object) -> str:
    return "; ".join(str(one) for one in value) if isinstance(value, list) else str(value or "")


def _last(rows: Iterable[Model]) -> int:
    return max((row.pk for row in rows), default=0)
