"""Organisations as the administrator wants them: the values, what can be wrong with them, and the operations."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Final

from django.db import transaction

from postdesk.basics.changes import Change, differences
from postdesk.basics.errors import Invalid
from postdesk.people import audit
from postdesk.people.audit import Actor
from postdesk.people.models import Agent, Organisation
from postdesk.people.naming import name_problems, refuse

MOST_DOMAINS: Final = 200
#: Labels of letters, digits and hyphens, two at least; international names as they are written or as xn--.
_DOMAIN: Final = re.compile(r"(?=.{4,253}\Z)(?:(?!-)[\w-]{1,63}(?<!-)\.)+(?!-)[\w-]{2,63}(?<!-)\Z")


@dataclass(frozen=True, slots=True)
class OrganisationSetup:
    """One organisation. `manager` by address, "" for nobody; `domains` without "@"."""

    name: str
    domains: tuple[str, ...] = ()
    manager: str = ""
    notes: str = ""


def organisation_setup(row: Organisation) -> OrganisationSetup:
    """The organisation as stored."""
    return OrganisationSetup(row.name, tuple(row.domains), row.manager.email if row.manager else "", row.notes)


def organisation_problems(row: Organisation | None, setup: OrganisationSetup) -> Iterator[Invalid]:
    """Everything that is wrong, each with its field."""
    others = Organisation.objects.exclude(pk=row.pk) if row else Organisation.objects.all()
    yield from name_problems(others, setup.name, what="Organisation", longest=200, shortest=2)
    domains = _tidy(setup.domains)
    if len(domains) > MOST_DOMAINS:
        yield Invalid("domains", f"There can be {MOST_DOMAINS} domains at most")
        return
    for domain in domains:
        if not _DOMAIN.match(domain):
            yield Invalid("domains", f"“{domain}” is not a domain, like example.org")
    for other in others.filter(domains__overlap=list(domains)) if domains else ():
        taken = next(domain for domain in domains if domain in other.domains)
        yield Invalid("domains", f"{taken} belongs to the organisation {other.name} already")
    kept = row.manager.email if row and row.manager else ""
    manager = setup.manager.lower()
    if manager and manager != kept and not Agent.objects.filter(email=manager, is_active=True).exists():
        yield Invalid("manager", f"There is no active agent {setup.manager}")


@transaction.atomic
def save_organisation(
    row: Organisation | None, setup: OrganisationSetup, *, by: Actor, at: dt.datetime
) -> tuple[Organisation, tuple[Change, ...]]:
    """Make or change an organisation. Returns what changed (nothing for a new one). Raises Problems."""
    refuse(organisation_problems(row, setup))
    domains = _tidy(setup.domains)
    wanted = replace(setup, name=setup.name.strip(), domains=domains, manager=setup.manager.lower())
    before = organisation_setup(row) if row else None
    changes = differences(before, wanted) if before else ()
    if row is not None and not changes:
        return row, ()
    made = row or Organisation(created_at=at)
    made.name, made.domains, made.notes = wanted.name, list(domains), wanted.notes
    made.manager = Agent.objects.get(email=wanted.manager) if wanted.manager else None
    made.save()
    audit.saved(made, made.name, before, wanted, by=by, at=at)
    return made, changes


@transaction.atomic
def delete_organisation(row: Organisation, *, by: Actor, at: dt.datetime) -> None:
    """Its people stay; they belong to no organisation then."""
    audit.deleted(row, row.name, organisation_setup(row), by=by, at=at)
    row.delete()


def managers(domains: Collection[str]) -> dict[str, int | None]:
    """Of these domains (lower case) those of organisations, each with its account manager's id."""
    rows = Organisation.objects.filter(domains__overlap=list(domains)).values_list("domains", "manager_id")
    return {domain: manager for have, manager in rows for domain in have} if domains else {}


def organisation_of(address: str) -> Organisation | None:
    """The organisation somebody belongs to by their address."""
    return Organisation.objects.filter(domains__contains=[domain_of(address)]).first()


def domain_of(address: str) -> str:
    """What stands after the last "@", in lower case."""
    return address.rpartition("@")[2].lower()


def _tidy(domains: tuple[str, ...]) -> tuple[str, ...]:
    """Lower case, without "@" before and dots after, each once, in order."""
    return tuple(sorted({one.strip().lower().lstrip("@").rstrip(".") for one in domains} - {""}))
