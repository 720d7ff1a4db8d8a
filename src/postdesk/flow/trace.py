"""What became of a message: by its Message-ID, or of all mail of an address. Reads the ledger, the threads, the outbox.

Every step stands in some row already, with its sentence; here they are put in one line, the newest message first.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, cast

from django.db.models import Max, Q
from django.db.models.functions import Substr

from postdesk.basics.ids import message_key
from postdesk.mail import address as addresses
from postdesk.mail import headers
from postdesk.mailroom.models import Letter, LetterRecipient, SpooledMail
from postdesk.mailroom.models.spool import Outcome
from postdesk.people.models import User
from postdesk.tickets.models import Entry, Event, KnownMessageId

#: Messages and letters shown, the newest.
MOST: Final = 50
#: How far back mail that became no entry is looked through for an address: so many messages, so many of those heads.
LOOKED_BACK, HEADS, HEAD = 100_000, 500, 8 * 1024
#: Keys of an event's data that are evidence, and what they are called.
_EVIDENCE: Final = (
    ("why", "Why"),
    ("routed", "Routing"),
    ("department", "Department"),
    ("findings", "Checks"),
    ("trust", "Sender"),
    ("autoresponse", "Auto-response"),
    ("did", "Changed"),
    ("to", "To"),
)
#: Events that say at length what the ledger's last step says.
_OUTCOMES: Final = frozenset({"ticket.opened", "message.received", "note.added"})
_SENTENCES: Final = {
    "ticket.filtered": "Ticket Filter",
    "filter.mailed": "A filter's mail",
    "filter.unsent": "A filter's mail was not sent",
    "canned.unsent": "The canned response was not sent",
    "reply.sent": "Answered",
    "letter.bounced": "It came back",
    "letter.delayed": "It is delayed",
}
_FIELDS: Final = ("from", "reply-to", "sender", "to", "cc")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened. `state`: of a recipient or a message, for its colour."""

    at: dt.datetime | None
    title: str
    words: tuple[tuple[str, str], ...] = ()
    state: str = ""


@dataclass(slots=True)
class Trail:
    """All steps of one message, the first first. `ticket`: its number; `held`: its ledger id while it waits."""

    at: dt.datetime
    title: str
    message_id: str
    is_ours: bool
    state: str = ""
    ticket: int = 0
    held: int = 0
    steps: list[Step] = field(default_factory=list)


def trace(asked: str) -> list[Trail]:
    """Trails of a Message-ID (brackets or not), or of an address, the newest first; [] when nothing is known."""
    asked = asked.strip()
    rows = list(_by_message_id(asked))
    letters = list(Letter.objects.defer("raw").filter(message_id=message_key(asked)))
    if not rows and not letters and "@" in asked:
        rows, letters = _by_address(asked.strip("<>").lower())
    trails = _received(rows)
    told = {pk for trail in trails for pk in trail.letters}
    sent = [_sent(letter) for letter in _with_recipients(letter for letter in letters if letter.pk not in told)]
    return sorted([*(trail.trail for trail in trails), *sent], key=lambda one: one.at, reverse=True)


def _by_message_id(asked: str) -> Iterable[SpooledMail]:
    key = message_key(asked)
    return SpooledMail.objects.filter(message_id=key).defer("traceback").order_by("-id")[:MOST] if key else ()


def _by_address(address: str) -> tuple[list[SpooledMail], list[Letter]]:
    user = User.objects.filter(address=address).first()
    found: set[int] = set()
    if user is not None:
        entries = Entry.objects.filter(user=user, spooled__isnull=False).order_by("-id")
        found = {pk for pk in entries.values_list("spooled_id", flat=True)[:MOST] if pk is not None}
    found |= _among_the_rest(address)
    rows = SpooledMail.objects.filter(pk__in=found).defer("traceback").order_by("-id")[:MOST]
    to = LetterRecipient.objects.filter(address__in={address}).order_by("-id").values_list("letter_id", flat=True)
    return list(rows), list(Letter.objects.defer("raw").filter(pk__in=list(to[:MOST])))


def _among_the_rest(address: str) -> set[int]:
    """Messages that became no entry and whose header names the address: the ledger does not keep who wrote."""
    last = SpooledMail.objects.aggregate(last=Max("pk"))["last"] or 0
    rows = SpooledMail.objects.filter(pk__gt=last - LOOKED_BACK).exclude(outcome__in=(Outcome.TICKET, Outcome.REPLY))
    heads = rows.annotate(head=Substr("blob__content", 1, HEAD)).order_by("-id").values_list("pk", "head")[:HEADS]
    return {pk for pk, head in heads if _names(bytes(cast(memoryview | None, head) or b""), address)}


def _names(head: bytes, address: str) -> bool:
    block, _ = headers.split(head)
    named = (value for name, value in headers.fields(block) if name.lower() in _FIELDS)
    return any(one.key == address for value in named for one in addresses.parse(value))


@dataclass(slots=True)
class _Received:
    trail: Trail
    letters: set[int] = field(default_factory=set)


def _received(rows: Sequence[SpooledMail]) -> list[_Received]:
    entries = {entry.spooled_id: entry for entry in Entry.objects.filter(spooled__in=rows).select_related("ticket")}
    own = list(
        Event.objects.filter(Q(entry__in=entries.values()) | Q(ticket__in={one.ticket_id for one in entries.values()}))
        .select_related("entry")
        .order_by("id")
    )
    known = {pk for pk in (event.letter_id for event in own) if pk is not None}
    letters = {letter.pk: letter for letter in _with_recipients(Letter.objects.defer("raw").filter(pk__in=known))}
    subjects = _subjects([row.pk for row in rows if row.pk not in entries])
    return [_trail(row, entries.get(row.pk), subjects.get(row.pk, ""), own, letters) for row in rows]


def _subjects(messages: Sequence[int]) -> dict[int, str]:
    """What messages that became no entry are about."""
    heads = SpooledMail.objects.filter(pk__in=messages).annotate(head=Substr("blob__content", 1, HEAD))
    found: dict[int, str] = {}
    for pk, head in heads.values_list("pk", "head"):
        block, _ = headers.split(bytes(cast(memoryview | None, head) or b""))
        subject = (value for name, value in headers.fields(block) if name.lower() == "subject")
        found[pk] = headers.readable(next(subject, ""))[:200]
    return found


def _trail(
    row: SpooledMail, entry: Entry | None, subject: str, events: Sequence[Event], letters: dict[int, Letter]
) -> _Received:
    trail = Trail(
        at=row.seen_at,
        title=(entry.subject if entry else subject) or "A message",
        message_id=row.message_id,
        is_ours=False,
        state=row.outcome,
        ticket=entry.ticket.number if entry else 0,
        held=row.pk if row.outcome in (Outcome.HELD, Outcome.SHUNTED) else 0,
    )
    made = _Received(trail)
    trail.steps += _ledger(row)
    for event in events:
        # Events without an entry that came with the message, such as those of filters, have its instant.
        if entry is None or event.ticket_id != entry.ticket_id:
            continue
        if event.entry_id != entry.pk and (event.entry_id is not None or event.at != entry.created_at):
            continue
        if event.name in _OUTCOMES:
            trail.steps[-1] = replace(trail.steps[-1], words=_evidence(event))
        else:
            trail.steps.append(Step(event.at, _title(event), _evidence(event)))
        letter = letters.get(event.letter_id or 0)
        if letter is not None:
            made.letters.add(letter.pk)
            trail.steps += _delivery(letter)
    return made


def _ledger(row: SpooledMail) -> list[Step]:
    where = f"{row.via or 'a pipe'}{f', folder {row.folder}' if row.folder else ''}"
    name = f"UID {row.uid}" if row.uid is not None else (f"UIDL {row.uidl}" if row.uidl else "")
    facts = [("Identity", name), ("Size", f"{row.size} bytes")]
    steps = [Step(row.received_at, "The server got it")] if row.received_at else []
    steps.append(Step(row.seen_at, f"Stored from {where}", tuple(fact for fact in facts if fact[1])))
    if row.settled_at:
        steps.append(Step(row.settled_at, "The server's copy is settled"))
    label = Outcome(row.outcome).label
    words = (("Why", row.reason), ("Stage", row.stage)) if row.stage else (("Why", row.reason),)
    steps.append(Step(row.decided_at, label[:1].upper() + label[1:], tuple(w for w in words if w[1]), row.outcome))
    return steps


def _title(event: Event) -> str:
    title = _SENTENCES.get(event.name, event.name.replace(".", " "))
    named = event.data.get("filter")
    return f"{title}: {named}" if named else title


def _evidence(event: Event) -> tuple[tuple[str, str], ...]:
    lines = []
    for key, label in _EVIDENCE:
        value = event.data.get(key)
        words = "; ".join(map(str, value)) if isinstance(value, list) else str(value or "")
        if words:
            lines.append((label, words))
    return tuple(lines)


def _with_recipients(letters: Iterable[Letter]) -> list[Letter]:
    rows = {letter.pk: letter for letter in letters}
    return list(
        Letter.objects.defer("raw").filter(pk__in=rows).select_related("account__email").prefetch_related("recipients")
    )


def _sent(letter: Letter) -> Trail:
    known = KnownMessageId.objects.filter(letter=letter).select_related("ticket").first()
    trail = Trail(
        at=letter.created_at,
        title=letter.subject or "A letter",
        message_id=letter.message_id,
        is_ours=True,
        state=letter.state,
        ticket=known.ticket.number if known else 0,
    )
    trail.steps += _delivery(letter)
    reports = Event.objects.filter(letter=letter, name__in=("letter.bounced", "letter.delayed")).order_by("id")
    trail.steps += [Step(event.at, _title(event), _evidence(event), "bounced") for event in reports]
    return trail


def _delivery(letter: Letter) -> list[Step]:
    """The letter, and what became of it for each recipient."""
    account = f" by {letter.account.email.address}" if letter.account else ""
    what = f"Letter ({letter.get_kind_display()}) from {letter.from_address}{account}"
    tries = str(letter.attempts) if letter.attempts > 1 else ""
    facts = (("Message-ID", letter.message_id), ("Tries", tries), ("Waits because", letter.reason))
    steps = [Step(letter.created_at, what, tuple(fact for fact in facts if fact[1]))]
    for one in letter.recipients.all():
        words = (("Server", one.reply), ("Queue id", one.queue_id))
        steps.append(
            Step(
                one.updated_at, f"{one.address}: {one.get_state_display()}", tuple(w for w in words if w[1]), one.state
            )
        )
    return steps
