"""Emails > Emails: every address of the desk, how it is, and what can be done to several at once."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from django.contrib import messages
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from postdesk.basics import clock
from postdesk.flow import email_removal
from postdesk.flow import emails as addresses
from postdesk.mailroom import health
from postdesk.mailroom.models import Email, MailSettings
from postdesk.mailroom.today import seen_since
from postdesk.web.shared.doors import AgentRequest, door
from postdesk.web.shared.tables import Act, Column, Empty, Listing, chosen

COLUMNS: Final = (
    Column("address", "Email", ("address",)),
    Column("name", "Name", ("name",)),
    Column("department", "Department", ("new_tickets__department__name",)),
    Column("priority", "Priority", ("new_tickets__priority",)),
    Column("protocol", "Protocol", ("mailbox__protocol",)),
    Column("health", "Health", ("urgency",)),
    Column("last", "Last mail", ("mailbox__last_mail_at",)),
    Column("today", "Today", ("today",), is_number=True),
)
ACTS: Final = (
    Act("enable", "Enable fetching", "play"),
    Act("pause", "Pause fetching", "pause"),
    Act("delete", "Delete", "trash", is_danger=True),
)


@door("panel")
def show(request: AgentRequest) -> HttpResponseBase:
    """The list; `health` and `today` are sorted by expressions of mailroom."""
    now = clock.now()
    settings = MailSettings.objects.filter(pk=1).first()
    table: Listing[Any] = Listing(
        request=request,
        rows=_rows(at=now),
        columns=COLUMNS,
        row_template="panel/emails/_row.html",
        noun="email",
        empty=Empty(
            "No email yet",
            "Add the address your customers write to. Its mail becomes tickets once its mailbox is connected.",
            "Add New Email",
            reverse("email-new"),
            "at",
        ),
        search=("address__icontains", "name__icontains", "new_tickets__department__name__icontains"),
        first="address",
        acts=ACTS,
        acts_url=reverse("email-acts"),
        protected=email_removal.protected(),
    )
    for row in table.page:
        row.how = health.freshness(row.mailbox, at=now) if hasattr(row, "mailbox") else None
    context = {
        "title": "Emails",
        "sentence": "The addresses of the desk. Mail to them becomes tickets; answers leave from them.",
        "add_url": reverse("email-new"),
        "add_label": "Add New Email",
        "table": table,
        "settings": settings,
        "fetching_off": settings is None or not settings.fetching,
    }
    return render(request, "panel/emails/list.html", context)


@door("panel", "POST")
def acts(request: AgentRequest) -> HttpResponseBase:
    """Something for all chosen addresses. Deleting is asked once more, with what follows from it."""
    rows = list(Email.objects.select_related("mailbox__credential", "smtp__credential").filter(pk__in=chosen(request)))
    act, now = request.POST.get("act"), clock.now()
    if not rows:
        messages.warning(request, "You must select at least one email.")
    elif act == "enable":
        _say(request, addresses.enable(rows, by=request.user, at=now), "is fetched again", "are fetched again")
    elif act == "pause":
        _say(request, addresses.pause(rows, by=request.user, at=now), "is paused", "are paused")
    elif act == "delete" and request.POST.get("confirmed") != "yes":
        return _confirm(request, rows)
    elif act == "delete":
        count = email_removal.delete(rows, by=request.user, at=now)
        messages.success(
            request, f"{_named(rows)} {'is' if count == 1 else 'are'} deleted. Tickets and their mail stay."
        )
    return redirect("emails")


def _confirm(request: AgentRequest, rows: list[Email]) -> HttpResponseBase:
    kept = email_removal.protected()
    going = [row for row in rows if row.pk not in kept]
    context = {
        "title": "Delete emails" if len(going) != 1 else f"Delete {going[0].address}",
        "question": f"{_named(going)} will be deleted, with mailbox settings and passwords. "
        "Nothing is deleted on the mail server."
        if going
        else "None of these can be deleted.",
        "consequences": [
            *email_removal.consequences(going),
            *(f"{row.address} stays. {kept[row.pk]}" for row in rows if row.pk in kept),
        ],
        "rows": [row.pk for row in going],
        "act": "delete",
        "yes": "Delete" if len(going) == 1 else f"Delete {len(going)} emails",
        "back": reverse("emails"),
        "back_label": "Emails",
    }
    return render(request, "panel/confirm.html", context)


def _rows(*, at: dt.datetime) -> QuerySet[Email]:
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    counts = seen_since(midnight)
    whens = [When(mailbox__pk=mailbox, then=Value(count)) for mailbox, count in counts.items()]
    rows = Email.objects.select_related("mailbox__authorisation", "smtp__authorisation", "new_tickets__department")
    return rows.annotate(
        urgency=health.urgency(at=at),
        today=Case(*whens, default=Value(0), output_field=IntegerField()),
    )


def _named(rows: list[Email]) -> str:
    names = [row.address for row in rows]
    if len(names) > 4:
        return f"{', '.join(names[:3])} and {len(names) - 3} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _say(request: AgentRequest, count: int, one: str, many: str) -> None:
    if count == 0:
        messages.info(request, "Nothing changed: they were so already, or have no remote mailbox.")
    else:
        messages.success(request, f"{count} mailbox {one}." if count == 1 else f"{count} mailboxes {many}.")
