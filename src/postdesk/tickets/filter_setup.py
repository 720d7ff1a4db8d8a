"""A Ticket Filter as an administrator writes it, and what can be wrong with it: for the screen and the desk file alike.

What is named is named by its name: departments, help topics; agents and addresses of ours by their address.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.db.models import Model

from postdesk.basics.errors import Invalid
from postdesk.judge.filters import actions
from postdesk.judge.filters.problems import rule_problems
from postdesk.judge.filters.values import TARGETS, Rule
from postdesk.mailroom.models import Email
from postdesk.people.models import Agent, Team
from postdesk.tickets import filter_mail
from postdesk.tickets.models import (
    CannedResponse,
    Department,
    FilterAction,
    FilterRule,
    HelpTopic,
    Priority,
    SlaPlan,
    TicketFilter,
)
from postdesk.tickets.models.ticket import Status

MOST_ACTIONS: Final = 25
LONGEST_NAME: Final = 64


@dataclass(frozen=True, slots=True)
class ActionSetup:
    """One action. `target`: what it sets or attaches, by name; the rest is of the kind "mail"."""

    kind: str
    target: str = ""
    sender: str = ""
    recipients: str = ""
    subject: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class FilterSetup:
    """One filter. `order` None: where it is, a new one last; `email`: the address that target "address" means."""

    name: str
    order: int | None = None
    active: bool = True
    stop: bool = False
    target: str = "any"
    email: str = ""
    match: str = "all"
    notes: str = ""
    rules: tuple[Rule, ...] = ()
    actions: tuple[ActionSetup, ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """A kind of row that actions name. `column`: where its key is stored; `by`: the column it is known by."""

    column: str
    word: str
    model: type[Model]
    by: str

    def find(self, name: str) -> Model | None:
        """The row of that name, whatever its case."""
        return self.model._default_manager.filter(**{f"{self.by}__iexact": name}).first()

    def name(self, row: Model) -> str:
        return str(getattr(row, self.by))

    def is_active(self, row: Model) -> bool:
        return bool(getattr(row, "is_active", False))


NAMED: Final[dict[str, Named]] = {
    "department": Named("department", "Department", Department, "name"),
    "help_topic": Named("help_topic", "Help Topic", HelpTopic, "name"),
    "agent": Named("agent", "Agent", Agent, "email"),
    "team": Named("team", "Team", Team, "name"),
    "sla": Named("sla", "SLA Plan", SlaPlan, "name"),
    "canned": Named("canned", "Canned Response", CannedResponse, "title"),
}
#: The values of actions that set one of a few words.
WORDS: Final[dict[str, tuple[str, ...]]] = {"priority": tuple(Priority.values), "status": tuple(Status.values)}


def filter_setup(row: TicketFilter) -> FilterSetup:
    """The filter as stored."""
    return FilterSetup(
        name=row.name,
        order=row.position,
        active=row.is_active,
        stop=row.stop,
        target=row.target,
        email=row.email.address if row.email else "",
        match="all" if row.match_all else "any",
        notes=row.notes,
        rules=tuple(rule_value(rule) for rule in row.rules.all()),
        actions=tuple(_action_setup(action) for action in row.actions.all()),
    )


def rule_value(rule: FilterRule) -> Rule:
    return Rule(rule.criterion, rule.operator, rule.value, rule.header)


def target_of(action: FilterAction) -> Model | None:
    """The row an action names, None when it names none or it is gone."""
    named = NAMED.get(actions.BY_NAME[action.kind].takes)
    return getattr(action, named.column) if named else None


def _action_setup(action: FilterAction) -> ActionSetup:
    if action.kind == "mail":
        sender = action.sender.address if action.sender else ""
        return ActionSetup("mail", "", sender, action.recipients, action.subject, action.text)
    row, named = target_of(action), NAMED.get(actions.BY_NAME[action.kind].takes)
    return ActionSetup(action.kind, named.name(row) if named and row is not None else action.value)


def problems(setup: FilterSetup, row: TicketFilter | None) -> Iterator[Invalid]:
    """Everything that is wrong, each with its field: "name", "rules.0.value", "actions.2.target" ... `row`: itself."""
    others = TicketFilter.objects.exclude(pk=row.pk) if row else TicketFilter.objects.all()
    if not setup.name.strip():
        yield Invalid("name", "Name is required")
    elif len(setup.name) > LONGEST_NAME:
        yield Invalid("name", f"A name has {LONGEST_NAME} characters at most.")
    elif others.filter(name__iexact=setup.name).exists():
        yield Invalid("name", "Name is already in use")
    if setup.order is not None and not 0 <= setup.order <= 9999:
        yield Invalid("order", "must be between 0 and 9999")
    if setup.match not in {"all", "any"}:
        yield Invalid("match", 'must be "all" or "any"')
    yield from _target_problems(setup)
    yield from rule_problems(setup.rules)
    yield from _action_problems(setup)


def _target_problems(setup: FilterSetup) -> Iterator[Invalid]:
    if setup.target not in {name for name, _ in TARGETS}:
        yield Invalid("target", f"must be one of {', '.join(name for name, _ in TARGETS)}")
    elif setup.target == "address" and not setup.email:
        yield Invalid("email", "Choose the address.")
    elif setup.target == "address" and not Email.objects.filter(address__iexact=setup.email).exists():
        yield Invalid("email", f"{setup.email} is no address of the desk")


def _action_problems(setup: FilterSetup) -> Iterator[Invalid]:
    if not setup.actions:
        yield Invalid("actions", "You must set at least one action.")
    if len(setup.actions) > MOST_ACTIONS:
        yield Invalid("actions", f"A filter has {MOST_ACTIONS} actions at most.")
    seen: set[str] = set()
    for place, action in enumerate(setup.actions):
        kind = actions.BY_NAME.get(action.kind)
        if kind is None:
            yield Invalid(f"actions.{place}.kind", "Choose what the filter does.")
            continue
        if action.kind in seen and not kind.repeats:
            yield Invalid(f"actions.{place}.kind", f"“{kind.label}” stands above already.")
        seen.add(action.kind)
        yield from (Invalid(f"actions.{place}.{one.field}", one.message) for one in _one_action(action, kind))


def _one_action(action: ActionSetup, kind: actions.Kind) -> Iterator[Invalid]:
    named, words = NAMED.get(kind.takes), WORDS.get(kind.takes)
    if kind.takes == "mail":
        if action.sender and not Email.objects.filter(address__iexact=action.sender).exists():
            yield Invalid("sender", f"{action.sender} is no address of the desk")
        yield from filter_mail.problems(recipients=action.recipients, subject=action.subject, text=action.text)
    elif kind.takes and not action.target:
        yield Invalid("target", f"Please insert a value for {kind.label}")
    elif words is not None and action.target not in words:
        yield Invalid("target", f"must be one of {', '.join(words)}")
    elif named is not None:
        row = named.find(action.target)
        if row is None or not named.is_active(row):
            yield Invalid("target", f"Unable to save: Please choose an active {named.word}")
