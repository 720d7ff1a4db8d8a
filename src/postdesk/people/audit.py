"""The audit log: every administrative change with who, when, before and after; no secret ever gets in.

    before = audit.values(department_setup(row))
    ...
    audit.record(by=by, at=at, verb="changed", of=row, label=row.name, before=before, after=audit.values(setup))

Call it in the transaction of the change, so that there is never one without the other.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db import models

from postdesk.basics.changes import Change
from postdesk.basics.text import storable
from postdesk.people.models import Agent, AuditEntry

#: Who the desk file is (`by=`).
DESK_FILE: Final = "postdesk apply"
#: What stands for a secret: that there is one, and that it is another one now.
CHANGED: Final = "changed"
_SECRET: Final = re.compile(r"password|passwd|secret|token|credential|private_key|api_key|passphrase", re.IGNORECASE)
#: Longer texts are cut: the log says what changed, it is no archive.
_LONGEST: Final = 20_000

Actor = Agent | str


@dataclass(frozen=True, slots=True)
class Thing:
    """What a change is about when there is no row to name it: the kind in words, and the id it had."""

    kind: str
    pk: int | None = None


def record(
    *,
    by: Actor,
    at: dt.datetime,
    verb: str,
    of: models.Model | Thing,
    label: str,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> AuditEntry | None:
    """Note one change. Returns None, and notes nothing, for a "changed" in which nothing changed.

    `by`: the agent, or the name of what acted (DESK_FILE). `of`: the row (of a deleted one the id it had: pass a
    Thing made before). `before` None for what is new, `after` None for what is gone.
    """
    old, new = difference(before or {}, after or {})
    if verb == "changed" and not old and not new:
        return None
    thing = of if isinstance(of, Thing) else thing_of(of)
    return AuditEntry.objects.create(
        at=at,
        agent=by if isinstance(by, Agent) else None,
        actor=(by.name if isinstance(by, Agent) else by)[:160],
        verb=verb[:40],
        kind=thing.kind[:60],
        object_id=thing.pk,
        label=storable(label)[:255],
        before=old,
        after=new,
    )


def saved(row: models.Model, label: str, before: Any, after: Any, *, by: Actor, at: dt.datetime) -> None:
    """Note that a row was made (`before` None) or changed, with its setups before and after."""
    old = values(before) if before is not None else None
    record(by=by, at=at, verb="changed" if old else "created", of=row, label=label, before=old, after=values(after))


def deleted(row: models.Model, label: str, before: Any, *, by: Actor, at: dt.datetime) -> None:
    """Note that a row goes; call it while it still has its id."""
    record(by=by, at=at, verb="deleted", of=row, label=label, before=values(before))


def thing_of(row: models.Model) -> Thing:
    """The row's kind in words ("help topic") and its id."""
    return Thing(str(row._meta.verbose_name).lower(), row.pk)


def values(setup: Any) -> dict[str, object]:
    """A setup value (a dataclass) as the plain dict that `record` takes."""
    return {field.name: getattr(setup, field.name) for field in dataclasses.fields(setup)}


def with_changes(before: Mapping[str, object], changes: tuple[Change, ...]) -> dict[str, object]:
    """What `before` became by the changes an operation reports."""
    return {**before, **{change.key: CHANGED if change.secret else change.after for change in changes}}


def difference(
    before: Mapping[str, object], after: Mapping[str, object]
) -> tuple[dict[str, object], dict[str, object]]:
    """The keys in which two plain dicts differ, as JSON values, with their values before and after.

    A key that only one has stands on that side alone. A key that sounds like a secret is never shown: it is
    "changed", at any depth. Dicts inside are compared key by key.
    """
    old: dict[str, object] = {}
    new: dict[str, object] = {}
    for key in (*before, *(key for key in after if key not in before)):
        mine, other = before.get(key, _ABSENT), after.get(key, _ABSENT)
        if mine == other:
            continue
        if isinstance(mine, Mapping) and isinstance(other, Mapping):
            mine, other = difference(mine, other)
            if not mine and not other:
                continue
        if _SECRET.search(key) and not isinstance(mine, bool) and not isinstance(other, bool):
            # Of a secret that is empty on both sides nothing changed; which of them was empty may be known.
            if not (_is_given(mine) or _is_given(other)):
                continue
            new[key] = CHANGED
            continue
        if mine is not _ABSENT:
            old[key] = _plain(mine)
        if other is not _ABSENT:
            new[key] = _plain(other)
    return old, new


class _Absent:
    """The value of a key that a dict does not have."""


_ABSENT: Final = _Absent()


def _is_given(value: object) -> bool:
    return value is not _ABSENT and value not in (None, "", b"")


def _plain(value: object) -> object:
    """A JSON value that a person can read; what is secret inside it is left out."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return storable(value if len(value) <= _LONGEST else f"{value[:_LONGEST]}\N{HORIZONTAL ELLIPSIS}")
    if isinstance(value, bytes | bytearray | memoryview):
        return f"{len(value)} bytes"
    if isinstance(value, Mapping):
        return {str(key): CHANGED if _SECRET.search(str(key)) else _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        many = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return [_plain(one) for one in many]
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _plain(values(value))
    return storable(str(value))
