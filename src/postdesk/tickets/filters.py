"""Ticket filters: saved, ordered, switched, deleted, and read for the judge. Audit comes with each change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import Max, QuerySet

from postdesk.basics.changes import Change, differences
from postdesk.basics.errors import Problems
from postdesk.judge.filters import actions as kinds
from postdesk.judge.filters.compiled import NONE, Compiled, compiled
from postdesk.judge.filters.values import Action, Filter, Mail, Target
from postdesk.mailroom.models import Email
from postdesk.people import audit
from postdesk.people.audit import Actor
from postdesk.tickets.filter_setup import (
    NAMED,
    ActionSetup,
    FilterSetup,
    filter_setup,
    problems,
    rule_value,
    target_of,
)
from postdesk.tickets.models import FilterAction, FilterRule, TicketFilter


def stored() -> QuerySet[TicketFilter]:
    """All filters in the order they run, with what they name."""
    targets = [f"actions__{named.column}" for named in NAMED.values()]
    return TicketFilter.objects.select_related("email").prefetch_related("rules", "actions__sender", *targets)


def ready_filters() -> Compiled:
    """The filters that run now, compiled: active, and nothing they name is gone. One query where there are none."""
    rows = list(TicketFilter.objects.filter(is_active=True))
    if not rows:
        return NONE
    whole = stored().filter(pk__in=[row.pk for row in rows])
    return compiled(tuple(as_value(row) for row in whole if not is_broken(row)))


def as_value(row: TicketFilter) -> Filter:
    """The filter as the judge knows it."""
    return Filter(
        id=row.pk,
        name=row.name,
        rules=tuple(rule_value(rule) for rule in row.rules.all()),
        actions=tuple(_action_value(action) for action in row.actions.all()),
        order=row.position,
        target=_target(row.target),
        email=row.email_id,
        match_all=row.match_all,
        stop=row.stop,
    )


def unsaved(setup: FilterSetup, *, pk: int, order: int) -> Filter:
    """A filter that is not stored (yet), as the judge would know it."""
    email = _email(setup.email) if setup.target == "address" else None
    return Filter(
        id=pk,
        name=setup.name,
        rules=setup.rules,
        actions=tuple(_unsaved_action(one) for one in setup.actions),
        order=order,
        target=_target(setup.target),
        email=email.pk if email else None,
        match_all=setup.match == "all",
        stop=setup.stop,
    )


def _unsaved_action(setup: ActionSetup) -> Action:
    if setup.kind == "mail":
        sender = _email(setup.sender)
        return Action("mail", mail=Mail(sender.pk if sender else None, setup.recipients, setup.subject, setup.text))
    named = NAMED.get(kinds.BY_NAME[setup.kind].takes)
    row = named.find(setup.target) if named else None
    return Action(setup.kind, row.pk if row else None, str(row) if row else setup.target, setup.target)


def _target(value: str) -> Target:
    return value if value in ("web", "api", "email", "address") else "any"  # type: ignore[return-value]


def _action_value(action: FilterAction) -> Action:
    if action.kind == "mail":
        mail = Mail(action.sender_id, action.recipients, action.subject, action.text)
        return Action("mail", mail=mail)
    row = target_of(action)
    return Action(action.kind, row.pk if row else None, str(row) if row else action.value, action.value)


def flags(row: TicketFilter) -> list[str]:
    """What is wrong with a stored filter since something it names changed, in sentences (osticket.md 3.2; row D6)."""
    found: list[str] = []
    if row.target == "address" and row.email is None:
        found.append("The address it is for was deleted, so it does not run.")
    for action in row.actions.all():
        kind = kinds.BY_NAME[action.kind]
        if _is_gone(action):
            found.append(f"{kind.label}: “{action.value}” was deleted, so the filter does not run.")
            continue
        target, named = target_of(action), NAMED.get(kind.takes)
        if target is not None and named is not None and not named.is_active(target):
            found.append(f"{kind.label}: “{target}” is not active, so this action is left out.")
    return found


def is_broken(row: TicketFilter) -> bool:
    """Whether something it names was deleted: it does not run until it is mended."""
    return (row.target == "address" and row.email_id is None) or any(map(_is_gone, row.actions.all()))


def _is_gone(action: FilterAction) -> bool:
    if action.kind == "mail":
        return bool(action.value) and action.sender_id is None
    return kinds.BY_NAME[action.kind].takes in NAMED and target_of(action) is None


def refuse_wrong(setup: FilterSetup, row: TicketFilter | None) -> None:
    """Raise Problems when anything is wrong, an Invalid for each. `row`: itself."""
    wrong = tuple(problems(setup, row))
    if wrong:
        raise Problems(wrong, "Unable to save: correct the errors below and try again.")


@transaction.atomic
def save_filter(
    row: TicketFilter | None, setup: FilterSetup, *, by: Actor, at: dt.datetime
) -> tuple[TicketFilter, tuple[Change, ...]]:
    """Make or change a filter. Returns what changed (nothing for a new one). Raises as `refuse_wrong` does."""
    refuse_wrong(setup, row)
    changes: tuple[Change, ...] = ()
    before = filter_setup(row) if row is not None else None
    if row is not None and before is not None:
        setup = setup if setup.order is not None else _placed(setup, row.position)
        changes = differences(before, setup)
        if not changes:
            return row, ()
    made = row or TicketFilter(created_at=at)
    last = TicketFilter.objects.aggregate(last=Max("position"))["last"]
    made.position = setup.order if setup.order is not None else (last or 0) + 1
    made.name, made.is_active, made.stop, made.notes = setup.name.strip(), setup.active, setup.stop, setup.notes
    made.target, made.match_all, made.updated_at = setup.target, setup.match == "all", at
    made.email = _email(setup.email) if setup.target == "address" else None
    made.save()
    made.rules.all().delete()
    made.actions.all().delete()
    FilterRule.objects.bulk_create(
        FilterRule(
            filter=made,
            position=place,
            criterion=rule.criterion,
            header=rule.header.strip(),
            operator=rule.operator,
            value=rule.value.strip(),
        )
        for place, rule in enumerate(setup.rules)
    )
    FilterAction.objects.bulk_create(_action_row(made, place, one) for place, one in enumerate(setup.actions))
    after = audit.values(_placed(setup, made.position))
    verb = "created" if before is None else "changed"
    old = audit.values(before) if before else None
    audit.record(by=by, at=at, verb=verb, of=made, label=made.name, before=old, after=after)
    return made, changes


def _placed(setup: FilterSetup, position: int) -> FilterSetup:
    values = {name: getattr(setup, name) for name in FilterSetup.__slots__}
    return FilterSetup(**{**values, "order": position})


def _action_row(row: TicketFilter, place: int, setup: ActionSetup) -> FilterAction:
    made = FilterAction(filter=row, position=place, kind=setup.kind, value=setup.target)
    named = NAMED.get(kinds.BY_NAME[setup.kind].takes)
    if named is not None:
        setattr(made, named.column, named.find(setup.target))
    if setup.kind == "mail":
        made.sender = _email(setup.sender)
        made.value = made.sender.address if made.sender else ""
        made.recipients, made.subject, made.text = setup.recipients.strip(), setup.subject.strip(), setup.text.strip()
    return made


def _email(address: str) -> Email | None:
    return Email.objects.get(address__iexact=address) if address else None


@transaction.atomic
def move(row: TicketFilter, *, up: bool, by: Actor, at: dt.datetime) -> bool:
    """Let a filter run one place earlier or later. False when it is the first, or the last, already."""
    order = list(TicketFilter.objects.select_for_update().order_by("position", "id"))
    place = next(at for at, one in enumerate(order) if one.pk == row.pk)
    other = place - 1 if up else place + 1
    if not 0 <= other < len(order):
        return False
    names = [one.name for one in order]
    order[place], order[other] = order[other], order[place]
    _number(order, at)
    moved = [one.name for one in order]
    audit.record(by=by, at=at, verb="moved", of=row, label=row.name, before={"order": names}, after={"order": moved})
    return True


def _number(order: Sequence[TicketFilter], at: dt.datetime) -> None:
    for position, one in enumerate(order, start=1):
        if one.position != position:
            one.position, one.updated_at = position, at
            one.save(update_fields=["position", "updated_at"])


@transaction.atomic
def switch(pks: Iterable[int], *, active: bool, by: Actor, at: dt.datetime) -> int:
    """Enable or disable filters. Returns how many changed."""
    rows = list(TicketFilter.objects.select_for_update().filter(pk__in=pks, is_active=not active))
    for row in rows:
        before, after = {"active": not active}, {"active": active}
        audit.record(by=by, at=at, verb="changed", of=row, label=row.name, before=before, after=after)
    TicketFilter.objects.filter(pk__in=[row.pk for row in rows]).update(is_active=active, updated_at=at)
    return len(rows)


@transaction.atomic
def delete(pks: Iterable[int], *, by: Actor, at: dt.datetime) -> int:
    """Delete filters with their rules and actions. Returns how many there were."""
    rows = list(stored().filter(pk__in=pks))
    for row in rows:
        audit.record(by=by, at=at, verb="deleted", of=row, label=row.name, before=audit.values(filter_setup(row)))
    TicketFilter.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)
