"""The banlist's operations: ban, change, lift; many at once; in and out as CSV. What a ban is: judge.bans."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.db.models import Q

from postdesk.basics.changes import Change, differences
from postdesk.basics.errors import Invalid, Problems, Refused
from postdesk.judge.bans import Bans, candidates, clean_pattern
from postdesk.mailroom.models import Ban, Email
from postdesk.mailroom.models.emails import BanKind
from postdesk.people import audit
from postdesk.people.audit import Actor

LONGEST_NOTES: Final = 2000
#: Bytes and rows of a CSV file at most.
LARGEST_FILE, MOST_ROWS = 10_000_000, 100_000
COLUMNS: Final = ("pattern", "status", "notes")
_STATUS: Final = {
    "": True,
    "active": True,
    "enabled": True,
    "true": True,
    "1": True,
    "disabled": False,
    "false": False,
    "0": False,
}
#: What spreadsheets take for a formula is written with an apostrophe before it, and read back without.
_FORMULA: Final = ("=", "+", "-", "@", "\t")


@dataclass(frozen=True, slots=True)
class BanSetup:
    """One ban as an administrator writes it."""

    pattern: str
    active: bool = True
    notes: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file did: counts of bans."""

    added: int
    changed: int
    same: int


def ban_setup(row: Ban) -> BanSetup:
    return BanSetup(row.pattern, row.is_active, row.notes)


def checked(setup: BanSetup) -> tuple[str, BanSetup]:
    """(kind, the setup with its pattern as it is stored). Raises Invalid."""
    kind, pattern = clean_pattern(setup.pattern)
    if len(setup.notes) > LONGEST_NOTES:
        raise Invalid("notes", f"has {LONGEST_NOTES} characters at most")
    if "\x00" in setup.notes:
        raise Invalid("notes", "must not hold a NUL character")
    if kind == "address" and Email.objects.filter(address__iexact=pattern).exists():
        raise Invalid("pattern", f"{pattern} is an address of this desk")
    return kind, BanSetup(pattern, setup.active, setup.notes)


@transaction.atomic
def save_ban(row: Ban | None, setup: BanSetup, *, by: Actor, at: dt.datetime) -> tuple[Ban, tuple[Change, ...]]:
    """Ban, or change a ban. Returns the row and what changed (nothing for a new one). Raises Invalid."""
    kind, setup = checked(setup)
    others = Ban.objects.exclude(pk=row.pk) if row else Ban.objects.all()
    if others.filter(pattern=setup.pattern).exists():
        raise Invalid("pattern", "Email already in the ban list")
    changes = differences(ban_setup(row), setup) if row else ()
    if row is not None and not changes:
        return row, ()
    made = row or Ban(created_at=at)
    made.updated_at = at
    before = audit.values(ban_setup(row)) if row else None
    made.pattern, made.kind, made.is_active, made.notes = setup.pattern, kind, setup.active, setup.notes
    made.save()
    verb = "changed" if row else "created"
    audit.record(by=by, at=at, verb=verb, of=made, label=made.pattern, before=before, after=audit.values(setup))
    return made, changes


@transaction.atomic
def switch(pks: Iterable[int], *, active: bool, by: Actor, at: dt.datetime) -> int:
    """Enable or disable bans. Returns how many changed."""
    rows = list(Ban.objects.select_for_update().filter(pk__in=list(pks), is_active=not active))
    for row in rows:
        row.is_active, row.updated_at = active, at
        change = ({"active": not active}, {"active": active})
        audit.record(by=by, at=at, verb="changed", of=row, label=row.pattern, before=change[0], after=change[1])
    Ban.objects.bulk_update(rows, ["is_active", "updated_at"])
    return len(rows)


@transaction.atomic
def delete(pks: Iterable[int], *, by: Actor, at: dt.datetime) -> int:
    """Lift bans. Returns how many there were."""
    rows = list(Ban.objects.select_for_update().filter(pk__in=list(pks)))
    for row in rows:
        audit.record(by=by, at=at, verb="deleted", of=row, label=row.pattern, before=audit.values(ban_setup(row)))
    Ban.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def ban_of(address: str) -> Ban | None:
    """The ban of that very address, active or not."""
    return Ban.objects.filter(pattern=address.lower()).first()


def bans_of(address: str) -> list[Ban]:
    """The active bans that cover an address, for saying so beside it: its own, its domain's, wildcards."""
    address = address.lower()
    rows = Ban.objects.filter(is_active=True)
    asked = rows.filter(Q(pattern__in=candidates([address])) | Q(kind=BanKind.WILDCARD)).order_by("pattern")
    wild = tuple(row.pattern for row in asked if row.kind == BanKind.WILDCARD)
    hits = Bans(frozenset(row.pattern for row in asked).difference(wild), wild).hits(address)
    return [row for row in asked if row.pattern in hits]


def refuse_banned(address: str) -> None:
    """Raise Refused when the address is banned: its answer would be turned away."""
    found = bans_of(address)
    if found:
        raise Refused(f"{address} is on the banlist ({found[0].pattern}). Lift the ban before you write to them.")


@transaction.atomic
def import_csv(content: bytes, *, by: Actor, at: dt.datetime) -> Imported:
    """Add the bans of a file, and change those it has other words for; nothing when any row of it is bad.

    Raises Problems: a sentence for each bad row, with its line's number.
    """
    rows, problems = _read(content)
    if problems:
        count = "One line is" if len(problems) == 1 else f"{len(problems)} lines are"
        raise Problems(map(Refused, problems), f"{count} not right; nothing was imported.")
    present = {ban.pattern: ban for ban in Ban.objects.select_for_update().filter(pattern__in=rows)}
    new, changed = [], []
    for pattern, (kind, setup) in rows.items():
        row = present.get(pattern)
        if row is None:
            new.append(
                Ban(pattern=pattern, kind=kind, is_active=setup.active, notes=setup.notes, created_at=at, updated_at=at)
            )
        elif ban_setup(row) != setup:
            row.is_active, row.notes, row.updated_at = setup.active, setup.notes, at
            changed.append(row)
    Ban.objects.bulk_create(new, batch_size=2000)
    Ban.objects.bulk_update(changed, ["is_active", "notes", "updated_at"], batch_size=1000)
    if new or changed:
        names = {"added": [ban.pattern for ban in new[:200]], "changed": [ban.pattern for ban in changed[:200]]}
        label = f"{len(new)} added, {len(changed)} changed"
        audit.record(by=by, at=at, verb="imported", of=audit.Thing("ban"), label=label, after=names)
    return Imported(len(new), len(changed), len(rows) - len(new) - len(changed))


def _read(content: bytes) -> tuple[dict[str, tuple[str, BanSetup]], list[str]]:
    """(bans by pattern, what is wrong line by line)."""
    if len(content) > LARGEST_FILE:
        return {}, [f"The file is larger than {LARGEST_FILE // 1_000_000} MB."]
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return {}, [f"Line {line}: the file is not UTF-8."]
    ours = {address.lower() for address in Email.objects.values_list("address", flat=True)}
    found: dict[str, tuple[str, BanSetup]] = {}
    first: dict[str, int] = {}
    problems: list[str] = []
    for line, cells in _lines(text, problems):
        try:
            kind, setup = _row(cells, ours)
        except Invalid as problem:
            problems.append(f"Line {line}: {problem.message}")
            continue
        if setup.pattern in first:
            problems.append(f"Line {line}: {setup.pattern} stands in line {first[setup.pattern]} already.")
            continue
        first[setup.pattern] = line
        found[setup.pattern] = (kind, setup)
    if not found and not problems:
        problems.append("The file holds no bans.")
    return found, problems


def _lines(text: str, problems: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and cells, without empty lines and a first line that names the columns."""
    reader = csv.reader(io.StringIO(text), strict=True)
    begins = 1
    try:
        for count, cells in enumerate(reader):
            line, begins = begins, reader.line_num + 1
            if count >= MOST_ROWS:
                problems.append(f"Line {line}: a file has {MOST_ROWS} lines at most.")
                return
            is_heading = count == 0 and cells and cells[0].strip().lower() in {"pattern", "email", "address"}
            if any(cell.strip() for cell in cells) and not is_heading:
                yield line, cells
    except csv.Error as error:
        problems.append(f"Line {begins}: {error}.")


def _row(cells: list[str], ours: set[str]) -> tuple[str, BanSetup]:
    if len(cells) > len(COLUMNS):
        raise Invalid("line", f"has {len(cells)} columns; there are {', '.join(COLUMNS)}")
    pattern, status, notes = (*map(_unescaped, cells), "", "")[:3]
    kind, clean = clean_pattern(pattern)
    if clean in ours:
        raise Invalid("pattern", f"{clean} is an address of this desk")
    if status.strip().lower() not in _STATUS:
        raise Invalid("status", f"the status is active or disabled, not {status.strip()[:40]!r}")
    if len(notes) > LONGEST_NOTES or "\x00" in notes:
        raise Invalid("notes", f"notes have {LONGEST_NOTES} characters at most")
    return kind, BanSetup(clean, _STATUS[status.strip().lower()], notes.strip())


def export_csv(rows: Iterable[Ban]) -> Iterator[str]:
    """The file line by line, as `import_csv` reads it."""
    yield _line(COLUMNS)
    for row in rows:
        yield _line((row.pattern, "active" if row.is_active else "disabled", row.notes))


def _line(cells: Iterable[str]) -> str:
    into = io.StringIO()
    csv.writer(into).writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells])
    return into.getvalue()


def _unescaped(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell
