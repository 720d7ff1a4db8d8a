"""Mailbox health: that mail is fetched, when it was, what the server said, and what waits."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.contrib import messages
from django.db.models import Count
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from postdesk.basics import clock
from postdesk.mailroom import health
from postdesk.mailroom.health import Freshness
from postdesk.mailroom.models import Email, MailSettings, RemoteMailbox, SmtpAccount, SpooledMail
from postdesk.mailroom.models.spool import Outcome
from postdesk.web.shared.doors import AgentRequest, door

#: What needs a look comes first.
_URGENCY = ("failing", "late", "never", "paused", "fresh", "off")


@dataclass(frozen=True, slots=True)
class Line:
    """One mailbox as shown."""

    mailbox: RemoteMailbox
    freshness: Freshness
    #: Stored here, not yet a ticket.
    waiting: int
    smtp: SmtpAccount | None

    @property
    def how(self) -> str:
        """Watched or polled."""
        if not self.mailbox.status or self.mailbox.paused_at:
            return "not fetched"
        if self.mailbox.watched_since:
            return "watched (push)"
        return f"polled every {self.mailbox.frequency} min"


@door("mailbox.read")
def show(request: AgentRequest) -> HttpResponseBase:
    """The page; the list alone for htmx, which asks every few seconds."""
    template = "panel/_mailboxes.html" if request.headers.get("HX-Request") else "panel/mailboxes.html"
    settings = MailSettings.objects.filter(pk=1).first()
    context = {
        "section": "mailboxes",
        "title": "Mailboxes",
        "sentence": "Whether mail is fetched, and what waits.",
        "lines": lines(at=clock.now()),
        "fetching_off": settings is None or not settings.fetching,
        "unconnected": Email.objects.filter(mailbox__isnull=True),
    }
    return render(request, template, context)


def lines(*, at: dt.datetime) -> list[Line]:
    """All mailboxes, the worst first; two queries."""
    waiting = dict(
        SpooledMail.objects.filter(outcome=Outcome.WAITING)
        .order_by()
        .values_list("mailbox")
        .annotate(count=Count("id"))
        .values_list("mailbox", "count")
    )
    mailboxes = RemoteMailbox.objects.select_related("email__smtp", "authorisation").order_by("email__address")
    shown = [
        Line(
            mailbox,
            health.freshness(mailbox, at=at),
            waiting.get(mailbox.pk, 0),
            getattr(mailbox.email, "smtp", None),
        )
        for mailbox in mailboxes
    ]
    return sorted(shown, key=lambda line: _URGENCY.index(line.freshness.state))


@door("mailbox.steer", "POST")
def fetches(request: AgentRequest, pk: int) -> HttpResponseBase:
    mailbox = _mailbox(pk)
    health.fetch_now(mailbox, by=request.user, at=clock.now())
    messages.success(request, f"Fetching {mailbox.email.address} now.")
    return redirect("mailboxes")


@door("mailbox.steer", "POST")
def pause(request: AgentRequest, pk: int) -> HttpResponseBase:
    mailbox = _mailbox(pk)
    health.pause(mailbox, by=request.user, at=clock.now())
    messages.success(request, f"{mailbox.email.address} is paused. Its mail stays on its server.")
    return redirect("mailboxes")


@door("mailbox.steer", "POST")
def resumption(request: AgentRequest, pk: int) -> HttpResponseBase:
    mailbox = _mailbox(pk)
    health.resume(mailbox, by=request.user, at=clock.now())
    messages.success(request, f"{mailbox.email.address} is fetched again.")
    return redirect("mailboxes")


def _mailbox(pk: int) -> RemoteMailbox:
    return get_object_or_404(RemoteMailbox.objects.select_related("email"), pk=pk)
