"""The audit log: who changed what, when, from what to what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.shortcuts import render

from postdesk.people.audit import CHANGED
from postdesk.people.models import AuditEntry
from postdesk.web.shared.doors import AgentRequest, door

PAGE: Final = 50
#: Longer values are folded.
LONG: Final = 240


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that changed, in words. `kind`: "added", "removed", "changed", or "secret"."""

    name: str
    kind: str
    before: str = ""
    after: str = ""

    @property
    def is_long(self) -> bool:
        return max(len(self.before), len(self.after)) > LONG or "\n" in self.before + self.after


@door("panel")
def show(request: AgentRequest) -> HttpResponseBase:
    """The newest first, of one person, one kind of thing, some days; a page at a time (`before`: an id)."""
    asked = {name: request.GET.get(name, "").replace("\x00", "")[:160] for name in ("who", "kind", "from", "to")}
    rows = _found(asked)
    before = request.GET.get("before", "")
    if before.isascii() and before.isdecimal():
        rows = rows.filter(pk__lt=int(before[:18]))
    found = list(rows.select_related("agent").order_by("-pk")[: PAGE + 1])
    query = request.GET.copy()
    query.pop("before", None)
    context = {
        "title": "Audit log",
        "sentence": "Every administrative change: who, when, before and after. Secrets are never in it.",
        "lines": [(row, list(differences(row.before, row.after))) for row in found[:PAGE]],
        "more": found[PAGE - 1].pk if len(found) > PAGE else 0,
        "query": query.urlencode(),
        "asked": {**asked, "since": asked["from"], "until": asked["to"]},
        "is_filtered": any(asked.values()),
        "people": AuditEntry.objects.order_by("actor").values_list("actor", flat=True).distinct(),
        "kinds": AuditEntry.objects.order_by("kind").values_list("kind", flat=True).distinct(),
    }
    return render(request, "panel/staff/audit_log.html", context)


def _found(asked: dict[str, str]) -> QuerySet[AuditEntry]:
    rows = AuditEntry.objects.all()
    if asked["who"]:
        rows = rows.filter(actor=asked["who"])
    if asked["kind"]:
        rows = rows.filter(kind=asked["kind"])
    since, until = _midnight(asked["from"]), _midnight(asked["to"])
    if since is not None:
        rows = rows.filter(at__gte=since)
    if until is not None:
        rows = rows.filter(at__lt=until + dt.timedelta(days=1))
    return rows


def _midnight(text: str) -> dt.datetime | None:
    """The beginning of a day in UTC; None for what is no date."""
    try:
        return dt.datetime.combine(dt.date.fromisoformat(text), dt.time(), tzinfo=dt.UTC)
    except (ValueError, OverflowError):
        return None


def differences(before: dict[str, Any], after: dict[str, Any], prefix: str = "") -> Iterator[Difference]:
    """Each value that changed; what was and is empty is left out."""
    for name in (*before, *(name for name in after if name not in before)):
        old, new = before.get(name), after.get(name)
        words = f"{prefix}{name.replace('_', ' ')}"
        if isinstance(old, dict) or isinstance(new, dict):
            was, now = (one if isinstance(one, dict) else {} for one in (old, new))
            yield from differences(was, now, f"{words}: ")
        elif new == CHANGED and name not in before:
            yield Difference(words, "secret")
        elif _is_empty(old) and _is_empty(new):
            continue
        else:
            kind = "added" if _is_empty(old) else "removed" if _is_empty(new) else "changed"
            yield Difference(words, kind, shown(old), shown(new))


def _is_empty(value: object) -> bool:
    return value is None or value == "" or value == []


def shown(value: object) -> str:
    """A stored value as a person reads it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return ", ".join(shown(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {shown(one)}" for name, one in value.items())
    return str(value)
