"""Canned responses: the values, what can be wrong with them, the operations, and filling one in for a ticket."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from django.db import transaction
from django.db.models import Q, QuerySet

from postdesk.basics.changes import Change, differences
from postdesk.basics.errors import Invalid
from postdesk.mailroom import blobs
from postdesk.people import audit
from postdesk.people.audit import Actor
from postdesk.people.models import Agent
from postdesk.people.naming import name_problems, refuse
from postdesk.tickets.models import CannedFile, CannedResponse, Department, FilterAction, Ticket
from postdesk.tickets.notices import BY_CODE, Person, Scene, paragraphs, problems, ready
from postdesk.tickets.operations.posting import Upload
from postdesk.tickets.scenes import person, scene_of
from postdesk.tickets.voice import voice

LONGEST_TEXT = 100_000
MOST_FILES = 20


@dataclass(frozen=True, slots=True)
class CannedSetup:
    """One canned response. `department` by name, "": for all of them; `html` "": made from the text."""

    title: str
    department: str = ""
    text: str = ""
    html: str = ""
    active: bool = True
    notes: str = ""


def canned_setup(row: CannedResponse) -> CannedSetup:
    """The response as stored, without its files."""
    department = row.department.name if row.department else ""
    return CannedSetup(row.title, department, row.text, row.html, row.is_active, row.notes)


def canned_problems(row: CannedResponse | None, setup: CannedSetup) -> Iterator[Invalid]:
    """Everything that is wrong, each with its field."""
    others = CannedResponse.objects.exclude(pk=row.pk) if row else CannedResponse.objects.all()
    yield from name_problems(others, setup.title, what="Title", longest=200, shortest=3, field="title")
    if not setup.text.strip():
        yield Invalid("text", "Response text is required")
    for name in ("text", "html"):
        if len(getattr(setup, name)) > LONGEST_TEXT:
            yield Invalid(name, f"must not be longer than {LONGEST_TEXT} characters")
    yield from problems(BY_CODE["ticket.reply"], subject="-", html=setup.html or "-", text=setup.text)
    kept = row.department.name if row and row.department else ""
    departments = Department.objects.filter(name__iexact=setup.department, is_active=True)
    if setup.department and setup.department != kept and not departments.exists():
        yield Invalid("department", f"There is no active department “{setup.department}”")


@transaction.atomic
def save_canned(
    row: CannedResponse | None,
    setup: CannedSetup,
    *,
    by: Actor,
    at: dt.datetime,
    add: Sequence[Upload] = (),
    remove: Sequence[int] = (),
) -> tuple[CannedResponse, tuple[Change, ...]]:
    """Make or change a canned response; `add` and `remove` (ids) its files. Returns what changed (nothing for a new
    one). Raises Problems."""
    wrong = list(canned_problems(row, setup))
    files = row.files.exclude(pk__in=remove).count() if row else 0
    if files + len(add) > MOST_FILES:
        wrong.append(Invalid("files", f"A canned response has {MOST_FILES} files at most"))
    refuse(wrong)
    setup = replace(setup, title=setup.title.strip())
    before = canned_setup(row) if row else None
    changes = differences(before, setup) if before else ()
    names = tuple(row.files.values_list("filename", flat=True)) if row else ()
    if row is not None and not changes and not add and not remove:
        return row, ()
    made = row or CannedResponse()
    made.title, made.text, made.html, made.notes = setup.title, setup.text, setup.html, setup.notes
    made.department = Department.objects.get(name__iexact=setup.department) if setup.department else None
    made.is_active, made.updated_at = setup.active, at
    made.save()
    made.files.filter(pk__in=remove).delete()
    _attach(made, add)
    now = tuple(made.files.values_list("filename", flat=True))
    if now != names and before is not None:
        changes += (Change("files", names, now),)
    old = {**audit.values(before), "files": list(names)} if before else None
    new = {**audit.values(setup), "files": list(now)}
    verb = "changed" if old else "created"
    audit.record(by=by, at=at, verb=verb, of=made, label=made.title, before=old, after=new)
    return made, changes


def _attach(response: CannedResponse, files: Sequence[Upload]) -> None:
    stored = blobs.store([file.content for file in files])
    CannedFile.objects.bulk_create(
        CannedFile(
            response=response,
            filename=file.filename[:255],
            content_type=file.content_type[:255],
            size=len(file.content),
            sha256=hashlib.sha256(file.content).hexdigest(),
            blob_id=blob,
        )
        for file, blob in zip(files, stored, strict=True)
    )


@transaction.atomic
def delete_canned(row: CannedResponse, *, by: Actor, at: dt.datetime) -> None:
    """A filter that attaches it does not run any more, and says so."""
    audit.deleted(row, row.title, canned_setup(row), by=by, at=at)
    row.delete()


def consequences(row: CannedResponse) -> list[str]:
    """What deleting the response would do, in sentences."""
    filters = FilterAction.objects.filter(canned=row).values_list("filter__name", flat=True)
    return [f"The ticket filter {name} attaches it and does not run any more." for name in filters]


def canned_for(department: int | None) -> QuerySet[CannedResponse]:
    """The active responses a ticket of that department can be answered with, by title."""
    return CannedResponse.objects.filter(Q(department=department) | Q(department__isnull=True), is_active=True)


def uploads(files: QuerySet[CannedFile]) -> list[Upload]:
    """Files of canned responses, with their bytes."""
    return [Upload(file.filename, file.content_type, bytes(file.blob.content)) for file in files.select_related("blob")]


def files_for(ticket: Ticket, pks: Sequence[int]) -> QuerySet[CannedFile]:
    """Of the files with these ids those that the ticket can be answered with."""
    return CannedFile.objects.filter(pk__in=pks, response__in=canned_for(ticket.department_id))


def filled(row: CannedResponse, ticket: Ticket, *, by: Agent) -> str:
    """The response's text with its variables filled in for the ticket (read with what scenes.scene_of asks for)."""
    speaking = voice()
    scene = Scene(
        ticket=scene_of(ticket, speaking),
        recipient=Person(ticket.user.name, ticket.user.address),
        staff=person(by),
        poster=person(by),
        signature=speaking.of(ticket.department_id).signature,
        url=speaking.url,
    )
    return ready("", paragraphs(row.text).html, row.text).fill(scene).text.strip()
