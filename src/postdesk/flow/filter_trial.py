"""Try a filter before it is saved: the newest stored messages are judged anew, with it and without it.

Only messages that opened a ticket or were turned away are looked at, for filters see no others. Each is judged as if it
had just come, from its stored bytes; nothing is opened, sent or written but the trial's own row.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, Final, cast

from django.db import transaction

from postdesk import jobs
from postdesk.basics.clock import now
from postdesk.basics.text import storable
from postdesk.flow import newcomer_facts, source
from postdesk.flow.facts import desk
from postdesk.judge import bans
from postdesk.judge.decide import decide
from postdesk.judge.facts import Arrival, Desk, Facts
from postdesk.judge.filters.compiled import Compiled, compiled
from postdesk.judge.filters.values import Rule
from postdesk.judge.opening import Opening, opening
from postdesk.mail.parse import parse
from postdesk.mailroom.models import MailSettings, SpooledMail
from postdesk.mailroom.models.spool import Outcome
from postdesk.people.models import Agent, Team, User
from postdesk.tickets.filter_setup import ActionSetup, FilterSetup
from postdesk.tickets.filters import refuse_wrong, unsaved
from postdesk.tickets.models import CannedResponse, Entry, FilterTrial, SlaPlan, TicketFilter

#: Messages looked at: as many as are asked for, and never more than this. Larger ones are left out.
MOST: Final = 500
LARGEST: Final = 10_000_000
#: Messages between two signs of progress.
_STEP: Final = 20
KEPT: Final = dt.timedelta(days=1)


@transaction.atomic
def begin(
    setup: FilterSetup, instead_of: TicketFilter | None, *, messages: int, by: Agent, at: dt.datetime
) -> FilterTrial:
    """Start a trial of a filter as it was written. Raises as `save_filter` does. Old trials are cleared away."""
    refuse_wrong(setup, instead_of)
    FilterTrial.objects.filter(created_at__lt=at - KEPT).delete()
    trial = FilterTrial.objects.create(
        setup=dataclasses.asdict(setup),
        instead_of=instead_of,
        agent=by,
        asked=max(1, min(messages, MOST)),
        created_at=at,
    )
    jobs.defer("try_filter", trial=trial.pk)
    return trial


def unfinished() -> list[int]:
    """Trials that a worker left, or that no wake-up reached."""
    return list(FilterTrial.objects.filter(finished_at__isnull=True).order_by("pk").values_list("pk", flat=True))


def try_filter(trial: int) -> None:
    """The job. A trial that was begun before starts anew; one that is finished, or gone, is left alone."""
    row = FilterTrial.objects.select_related("instead_of").filter(pk=trial, finished_at__isnull=True).first()
    if row is None:
        return
    try:
        _run(row)
    except Exception as error:  # noqa: BLE001 - whatever stored mail provokes, the page that waits must hear of it
        row.problem = f"{type(error).__name__}: {error}"
    row.finished_at = now()
    row.save(update_fields=["problem", "finished_at"])


def _run(row: FilterTrial) -> None:
    messages = _messages(row.asked)
    row.found, row.done, row.differing, row.lines = len(messages), 0, 0, []
    row.save(update_fields=["found", "done", "differing", "lines"])
    settings = MailSettings.objects.get_or_create(pk=1)[0]
    # Who has how many tickets today says nothing about the day the message came.
    today = dataclasses.replace(desk(settings), max_open_tickets=0)
    wanted = dataclasses.replace(today, filters=_with(today.filters, row))
    for start in range(0, len(messages), _STEP):
        some = messages[start : start + _STEP]
        row.lines += list(_differing(some, today, wanted))
        row.done, row.differing = start + len(some), len(row.lines)
        row.save(update_fields=["done", "differing", "lines"])


def _with(filters: Compiled, row: FilterTrial) -> Compiled:
    """The filters as they would be once this one was saved."""
    setup = setup_of(row)
    others = [ready.filter for ready in filters if ready.filter.id != row.instead_of_id]
    if not setup.active:
        return compiled(tuple(others))
    last = max((one.order for one in others), default=0)
    order = setup.order if setup.order is not None else last + 1
    return compiled((*others, unsaved(setup, pk=row.instead_of_id or 0, order=order)))


def _messages(asked: int) -> list[SpooledMail]:
    rows = SpooledMail.objects.select_related("mailbox").filter(
        outcome__in=(Outcome.TICKET, Outcome.SUPPRESSED), blob__isnull=False, size__lte=LARGEST
    )
    return list(rows.defer("traceback").order_by("-id")[:asked])


def _differing(rows: Sequence[SpooledMail], today: Desk, wanted: Desk) -> Iterator[dict[str, object]]:
    """A line for each message that would have become something else."""
    contents = source.contents_of([row.pk for row in rows])
    numbers = dict(Entry.objects.filter(spooled__in=rows).values_list("spooled_id", "ticket__number"))
    arrivals = [_arrival(row, contents[row.pk]) for row in rows]
    facts = Facts(at=now(), desk=today)
    people = {address for arrival in arrivals for address in bans.senders(arrival.mail)}
    newcomer_facts.read(facts, people)
    facts.users = frozenset(User.objects.filter(address__in=people).values_list("address", flat=True))
    then, names = dataclasses.replace(facts, desk=wanted), _names()
    for row, arrival in zip(rows, arrivals, strict=True):
        verdict = decide(arrival, facts)
        if verdict.action != "accept":
            continue
        before, after = opening(arrival, verdict, facts), opening(arrival, verdict, then)
        changes = _changes(_described(before, today, names), _described(after, wanted, names))
        if changes:
            yield {
                "message": row.pk,
                "seen_at": row.seen_at.isoformat(),
                "sender": storable(arrival.sender)[:320],
                "subject": storable(arrival.mail.subject)[:200],
                "ticket": numbers.get(row.pk),
                "changes": changes,
                "why": [f"{step.filter}: {step.why}" for step in after.chosen.steps] if after.chosen else [],
            }


def _arrival(row: SpooledMail, raw: bytes) -> Arrival:
    email = row.mailbox.email_id if row.mailbox else None
    return Arrival(parse(raw), row.size, email, is_history=row.is_history)


@dataclasses.dataclass(frozen=True, slots=True)
class Names:
    """What ids of the desk are called."""

    teams: dict[int, str]
    plans: dict[int, str]
    responses: dict[int, str]


def _names() -> Names:
    return Names(
        dict(Team.objects.values_list("id", "name")),
        dict(SlaPlan.objects.values_list("id", "name")),
        dict(CannedResponse.objects.values_list("id", "title")),
    )


def _described(made: Opening, desk: Desk, names: Names) -> dict[str, str]:
    """What would become of a message, in words, by what is changed."""
    if made.refusal:
        return {"Outcome": made.refusal}
    routing, chosen = made.routing, made.chosen
    topic = desk.topics.get(routing.help_topic or 0)
    agent = next((address for address, pk in desk.agents.items() if pk == routing.agent), "nobody")
    return {
        "Outcome": "A ticket",
        "User": made.arrival.sender,
        "Department": desk.departments[routing.department].name,
        "Help topic": topic.name if topic else "none",
        "Priority": routing.priority,
        "Assigned to": agent,
        "Team": names.teams.get(routing.team or 0, "none"),
        "SLA plan": names.plans.get(routing.sla or 0, "none"),
        "Canned response": names.responses.get((chosen.canned if chosen else None) or 0, "none"),
        "Status": routing.status or "open",
        "Auto-response": made.verdict.silence or "as the address and the department say",
        "Emails": "; ".join(ordered.mail.recipients for ordered in chosen.mails) if chosen and chosen.mails else "none",
    }


def _changes(before: dict[str, str], after: dict[str, str]) -> list[dict[str, str]]:
    """What differs. Of a message that would be no ticket only that is said."""
    both = [label for label in before if label in after]
    return [
        {"what": label, "now": storable(before[label]), "then": storable(after[label])}
        for label in both
        if before[label] != after[label]
    ]


def setup_of(trial: FilterTrial) -> FilterSetup:
    """The filter as it was written."""
    values = cast(dict[str, Any], trial.setup)
    rules = tuple(Rule(**one) for one in values["rules"])
    actions = tuple(ActionSetup(**one) for one in values["actions"])
    return FilterSetup(**{**values, "rules": rules, "actions": actions})
