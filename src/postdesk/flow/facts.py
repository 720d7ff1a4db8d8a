"""All database reads of intake, in one place, once per chunk: from rows to judge.facts values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import cast

from django.db.models import Count

from postdesk.basics.ids import message_key
from postdesk.flow import newcomer_facts
from postdesk.judge import bans
from postdesk.judge.facts import (
    AddressOfOurs,
    Arrival,
    DepartmentFacts,
    Desk,
    Facts,
    KnownId,
    LetterFacts,
    TicketFacts,
    TopicFacts,
)
from postdesk.judge.thread import ids_referenced, keys_referenced, numbers_in
from postdesk.mail import token
from postdesk.mail.message import Priority
from postdesk.mailroom.models import Email, LetterRecipient, MailSettings
from postdesk.mailroom.models.outbox import Kind
from postdesk.mailroom.preferences import trust_policy
from postdesk.mailroom.secrets import signing_keys
from postdesk.people.models import Agent, Team, User
from postdesk.tickets import promises
from postdesk.tickets.filters import ready_filters
from postdesk.tickets.models import (
    CannedResponse,
    Collaborator,
    Department,
    Entry,
    HelpTopic,
    KnownMessageId,
    NewTicketSettings,
    Ticket,
)
from postdesk.tickets.models.thread import Direction
from postdesk.tickets.models.ticket import Status


@dataclass(slots=True)
class Gathered:
    """The judge's facts, and the rows behind them that intake will change."""

    facts: Facts
    settings: MailSettings
    tickets: dict[int, Ticket] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)


def gather(arrivals: Sequence[Arrival], *, at: dt.datetime, named: frozenset[int] = frozenset()) -> Gathered:
    """A dozen queries, however many messages. Locks the tickets the messages may belong to, and those of the numbers
    in `named`."""
    settings = MailSettings.objects.get_or_create(pk=1)[0]
    facts = Facts(at=at, desk=desk(settings))
    gathered = Gathered(facts, settings)
    keys = {key for arrival in arrivals for key in keys_referenced(arrival)} | set(_reported(arrivals))
    _known_ids(facts, keys)
    facts.signed = _signed(arrivals)
    numbers = {number for arrival in arrivals for number in numbers_in(arrival.mail.subject)} | named
    wanted = {known.ticket for known in facts.known.values()} | set(facts.signed.values())
    _tickets(gathered, wanted, numbers)
    gathered.users = _users(arrivals)
    facts.users = frozenset(gathered.users)
    people = {address for arrival in arrivals for address in bans.senders(arrival.mail)}
    facts.recent_answers = _recent_answers(people, at)
    newcomer_facts.read(facts, people)
    return gathered


def desk(settings: MailSettings) -> Desk:
    """How the desk is set up now."""
    news = {row.email_id: row for row in NewTicketSettings.objects.all()}
    addresses = {}
    emails = Email.objects.values_list("id", "address", "aliases")
    for pk, address, _aliases in emails:
        row = news.get(pk)
        addresses[address.lower()] = AddressOfOurs(
            id=pk,
            address=address,
            department=row.department_id if row else None,
            help_topic=row.help_topic_id if row else None,
            priority=cast("Priority | None", (row.priority or None) if row else None),
            autoresponse=row.autoresponse if row else True,
        )
    for _pk, address, aliases in emails:
        for alias in aliases:
            addresses.setdefault(alias, addresses[address.lower()])
    departments = list(Department.objects.select_related("schedule").filter(is_active=True))
    plans = promises.stored()
    topics = list(HelpTopic.objects.filter(is_active=True))
    default = next((row.pk for row in departments if row.is_default), None)
    if default is None:
        default = Department.objects.get_or_create(is_default=True, defaults={"name": "Support"})[0].pk
    return Desk(
        addresses=addresses,
        departments={
            row.pk: DepartmentFacts(
                row.pk,
                row.name,
                row.new_ticket_autoresponse,
                row.outgoing_email_id,
                row.autoresponse_email_id,
                row.new_message_autoresponse,
                row.sla_id,
                promises.hours_of(row.schedule),
            )
            for row in departments
        },
        topics={
            row.pk: TopicFacts(
                row.pk,
                row.department_id,
                cast("Priority | None", row.priority or None),
                row.autoresponse,
                row.name,
                row.sla_id,
                row.agent_id,
                row.team_id,
                row.closes,
            )
            for row in topics
        },
        default_department=default,
        default_email=settings.default_email_id,
        agents={email.lower(): pk for pk, email in Agent.objects.filter(is_active=True).values_list("id", "email")},
        priority_from_mail=settings.priority_from_mail,
        accept_unregistered=settings.accept_unregistered,
        accept_collaborators=settings.accept_collaborators,
        max_message_size=settings.max_message_size,
        auto_answers_per_hour=settings.auto_answers_per_hour,
        max_open_tickets=settings.max_open_tickets,
        bans_cover_replies=settings.bans_cover_replies,
        filters=ready_filters(),
        trust=trust_policy(settings),
        promises=plans.promises,
        default_sla=plans.default,
        default_topic=next((row.pk for row in topics if row.is_default), None),
        teams=frozenset(Team.objects.filter(is_active=True).values_list("id", flat=True)),
        canned=frozenset(CannedResponse.objects.filter(is_active=True).values_list("id", flat=True)),
    )


def _reported(arrivals: Iterable[Arrival]) -> Iterable[str]:
    """Keys of the messages that delivery reports are about."""
    for arrival in arrivals:
        bounce = arrival.mail.bounce
        if bounce and bounce.original_message_id:
            yield message_key(bounce.original_message_id)


def _known_ids(facts: Facts, keys: set[str]) -> None:
    rows = KnownMessageId.objects.filter(message_id__in=keys).order_by("id")
    letters: dict[str, tuple[int, int]] = {}
    for key, direction, ticket, entry, letter, fingerprint in rows.values_list(
        "message_id", "direction", "ticket_id", "entry_id", "letter_id", "fingerprint"
    ):
        ours = direction == Direction.OUT
        facts.known[key] = KnownId(ticket, entry, ours, bytes(fingerprint) if fingerprint else None)
        if ours and letter is not None:
            letters[key] = (letter, ticket)
    recipients: dict[int, set[str]] = {letter: set() for letter, _ticket in letters.values()}
    if recipients:
        for letter, address in LetterRecipient.objects.filter(letter__in=recipients).values_list(
            "letter_id", "address"
        ):
            recipients[letter].add(address.lower())
    for key, (letter, ticket) in letters.items():
        facts.letters[key] = LetterFacts(letter, ticket, frozenset(recipients[letter]))


def _signed(arrivals: Iterable[Arrival]) -> dict[str, int]:
    signing = signing_keys()
    found: dict[str, int] = {}
    for arrival in arrivals:
        own = arrival.mail.message_id
        # Only the whole id makes a message ours; in what it refers to our signature counts wherever a relay left it.
        if own and (read := token.read(signing, own)):
            found[message_key(own)] = read.ticket
        for _where, message_id in ids_referenced(arrival):
            key = message_key(message_id)
            if key not in found and (read := token.read_anywhere(signing, message_id)):
                found[key] = read.ticket
    return found


def _tickets(gathered: Gathered, ids: set[int], numbers: set[int]) -> None:
    if not ids and not numbers:
        return
    by_number = Ticket.objects.filter(number__in=numbers).values_list("id", flat=True) if numbers else ()
    every = sorted(ids | set(by_number))
    # In the order of their ids, so that two chunks that want the same tickets never wait for each other in a ring.
    rows = Ticket.objects.select_for_update(of=("self",)).select_related("user").filter(pk__in=every).order_by("id")
    gathered.tickets = {row.pk: row for row in rows}
    participants: dict[int, set[str]] = {row.pk: {row.user.address} for row in gathered.tickets.values()}
    for ticket, address in Collaborator.objects.filter(ticket__in=every).values_list("ticket_id", "user__address"):
        participants[ticket].add(address)
    for ticket, author, to, cc in Entry.objects.filter(ticket__in=every).values_list(
        "ticket_id", "author_address", "to", "cc"
    ):
        participants[ticket].update(address.lower() for address in (author, *to, *cc) if address)
    is_ours = gathered.facts.desk.is_ours
    archived = frozenset(Department.objects.filter(is_archived=True).values_list("id", flat=True))
    for row in gathered.tickets.values():
        gathered.facts.numbers[row.number] = row.pk
        gathered.facts.tickets[row.pk] = TicketFacts(
            id=row.pk,
            number=row.number,
            owner=row.user.address,
            is_closed=row.status == Status.CLOSED,
            is_final=row.status == Status.CLOSED and row.department_id in archived,
            participants=frozenset(one for one in participants[row.pk] if not is_ours(one)),
            subject=row.subject,
            last_at=max(moment for moment in (row.opened_at, row.last_message_at, row.last_reply_at) if moment),
        )


def _users(arrivals: Iterable[Arrival]) -> dict[str, User]:
    addresses = set()
    for arrival in arrivals:
        addresses.add(arrival.sender)
        mail = arrival.mail
        addresses.update(address.key for address in (*mail.to, *mail.cc, *mail.reply_to))
    return {user.address: user for user in User.objects.filter(address__in=addresses)}


def _recent_answers(senders: set[str], at: dt.datetime) -> dict[str, int]:
    hour_ago = at - dt.timedelta(hours=1)
    rows = LetterRecipient.objects.filter(
        address__in=senders, letter__kind__in=(Kind.AUTORESPONSE, Kind.FILTER), letter__created_at__gte=hour_ago
    )
    counted = rows.values("address").annotate(times=Count("id")).values_list("address", "times")
    return dict(counted)
