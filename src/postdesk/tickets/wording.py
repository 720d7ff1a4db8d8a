"""Template sets as values, and the operations on them: make, change, remove, write a message, take the stock again."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from postdesk.basics.changes import Change, differences
from postdesk.basics.errors import Invalid, Refused
from postdesk.people import audit
from postdesk.people.audit import Actor
from postdesk.people.naming import refuse
from postdesk.tickets.models import Department, NoticeSettings, Template, TemplateSet
from postdesk.tickets.notices import BY_CODE, LANGUAGES, Source, problems, stock

LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class TemplateSetSetup:
    """One template set. `language`: of the stock words behind it."""

    name: str
    language: str = "en"
    active: bool = True
    notes: str = ""


def template_set_setup(row: TemplateSet) -> TemplateSetSetup:
    """The set as stored."""
    return TemplateSetSetup(row.name, row.language, row.is_active, row.notes)


def users_of(row: TemplateSet) -> tuple[str, ...]:
    """Who uses the set, in words: the default setting, and departments."""
    used = NoticeSettings.objects.filter(default_template_set=row).exists()
    departments = Department.objects.filter(template_set=row).values_list("name", flat=True)
    return (*(("the Default Template Set",) if used else ()), *(f"the department {name}" for name in departments))


def template_set_problems(row: TemplateSet | None, setup: TemplateSetSetup) -> tuple[Invalid, ...]:
    """What is wrong with a set, each problem with its field."""
    found = []
    name = setup.name.strip()
    if not name:
        found.append(Invalid("name", "must not be empty"))
    elif len(name) > LONGEST_NAME:
        found.append(Invalid("name", f"must not be longer than {LONGEST_NAME} characters"))
    elif any(other != row for other in TemplateSet.objects.filter(name__iexact=name)):
        found.append(Invalid("name", f"there is a template set {name} already"))
    if setup.language not in LANGUAGES:
        found.append(Invalid("language", f"must be one of {', '.join(LANGUAGES)}"))
    if row is not None and not setup.active and (users := users_of(row)):
        found.append(Invalid("active", f"cannot be switched off: it is used by {' and '.join(users)}"))
    return tuple(found)


@transaction.atomic
def save_template_set(
    row: TemplateSet | None,
    setup: TemplateSetSetup,
    *,
    by: Actor,
    at: dt.datetime,
    copied: TemplateSet | None = None,
) -> tuple[TemplateSet, tuple[Change, ...]]:
    """Make a set, with the messages of `copied`, or change one. Returns what changed. Raises Problems."""
    refuse(template_set_problems(row, setup))
    before = template_set_setup(row) if row else None
    changes = differences(before, setup) if before else ()
    if row and not changes:
        return row, ()
    made = row is None
    row = row or TemplateSet(created_at=at)
    row.name, row.language, row.is_active, row.notes = setup.name.strip(), setup.language, setup.active, setup.notes
    row.updated_at = at
    row.save()
    if made and copied is not None:
        Template.objects.bulk_create(
            Template(template_set=row, code=one.code, subject=one.subject, html=one.html, text=one.text, updated_at=at)
            for one in copied.templates.all()
        )
    audit.saved(row, row.name, before, setup, by=by, at=at)
    return row, changes


@transaction.atomic
def delete_template_set(row: TemplateSet, *, by: Actor, at: dt.datetime) -> None:
    """Refused while the set is used."""
    row = TemplateSet.objects.select_for_update().get(pk=row.pk)
    if users := users_of(row):
        raise Refused(f"The template set {row.name} cannot be deleted: it is used by {' and '.join(users)}.")
    audit.deleted(row, row.name, template_set_setup(row), by=by, at=at)
    row.delete()


def source_of(row: TemplateSet, code: str) -> Source:
    """What the set says: its own words, or the stock of its language."""
    own = row.templates.filter(code=code).first()
    return Source(own.subject, own.html, own.text) if own else stock(row.language, code)


def template_problems(code: str, source: Source) -> tuple[Invalid, ...]:
    """What is wrong with the words of a message; `code` itself included."""
    message = BY_CODE.get(code)
    if message is None:
        return (Invalid("message", f'there is no message "{code}"; there are {", ".join(BY_CODE)}'),)
    return tuple(problems(message, subject=source.subject, html=source.html, text=source.text))


def refuse_template(code: str, source: Source) -> None:
    """Raises Problems for words that could not be saved."""
    refuse(template_problems(code, source))


@transaction.atomic
def save_template(row: TemplateSet, code: str, source: Source, *, by: Actor, at: dt.datetime) -> tuple[Change, ...]:
    """Give a message words of its own; the stock's own words are not kept twice. Raises Problems."""
    refuse_template(code, source)
    before = source_of(row, code)
    changes = differences(before, source)
    if not changes:
        return ()
    if source == stock(row.language, code):
        row.templates.filter(code=code).delete()
    else:
        Template.objects.update_or_create(
            template_set=row,
            code=code,
            defaults={"subject": source.subject, "html": source.html, "text": source.text, "updated_at": at},
        )
    TemplateSet.objects.filter(pk=row.pk).update(updated_at=at)
    _note(row, code, before, source, by=by, at=at)
    return changes


@transaction.atomic
def revert_template(row: TemplateSet, code: str, *, by: Actor, at: dt.datetime) -> bool:
    """Take the stock words again. False when the message had no others."""
    before = source_of(row, code)
    gone, _ = row.templates.filter(code=code).delete()
    if gone:
        TemplateSet.objects.filter(pk=row.pk).update(updated_at=at)
        _note(row, code, before, stock(row.language, code), by=by, at=at)
    return bool(gone)


def _note(row: TemplateSet, code: str, before: Source, after: Source, *, by: Actor, at: dt.datetime) -> None:
    """In the audit log a message belongs to its set."""
    label = f"{row.name}: {BY_CODE[code].name}"
    audit.record(
        by=by, at=at, verb="changed", of=row, label=label, before=audit.values(before), after=audit.values(after)
    )
