"""Two administrators at one thing: whoever saves second is told what the first changed, instead of undoing it unseen.

A page remembers the newest audit entry about what it shows (`newest`); saving asks whether there is a newer one
(`refuse_if_changed`). Every administrative change writes its entry, so that nothing else has to be compared.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Model, Q, QuerySet

from postdesk.basics.errors import Refused
from postdesk.people.audit import thing_of
from postdesk.people.models import AuditEntry
from postdesk.people.naming import listed


def newest(*rows: Model | None) -> int:
    """The id of the newest audit entry about these rows; 0 when there is none."""
    return _about(rows).order_by("-pk").values_list("pk", flat=True).first() or 0


def refuse_if_changed(*rows: Model | None, seen: int) -> None:
    """Raise Refused when the rows were changed after `seen`, saying by whom, when and what.

    Call it in the transaction that saves: it holds the rows, so that whoever comes second sees what the first did.
    """
    for row in rows:
        if row is not None:
            type(row)._base_manager.select_for_update().filter(pk=row.pk).exists()
    entries = list(_about(rows).filter(pk__gt=seen).order_by("pk")) if any(rows) else []
    if not entries:
        return
    who = listed(tuple(dict.fromkeys(entry.actor for entry in entries)))
    keys = dict.fromkeys(key.replace("_", " ") for entry in entries for key in (*entry.before, *entry.after))
    what = f" ({listed(tuple(keys))})" if keys else ""
    raise Refused(
        f"{who} changed this at {entries[-1].at:%H:%M} UTC, after you opened it{what}. Nothing of yours is saved yet: "
        "look at it in another tab, then save again to make everything as it stands here."
    )


def _about(rows: Iterable[Model | None]) -> QuerySet[AuditEntry]:
    wanted = Q(pk__in=())
    for row in rows:
        if row is not None and isinstance(row.pk, int):
            wanted |= Q(kind=thing_of(row).kind, object_id=row.pk)
    return AuditEntry.objects.filter(wanted)
