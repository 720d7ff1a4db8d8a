"""One connection's authorization: how it stands, and what an administrator does about it (flow.consents)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from postdesk.basics import clock
from postdesk.flow import consents
from postdesk.flow.credentials import line_of
from postdesk.mailroom.authorisations import registration_of
from postdesk.mailroom.models import Authorisation
from postdesk.mailroom.models.authorisations import GrantKind
from postdesk.web.panel.email_page import email_or_404
from postdesk.web.shared.consenting import callback_url, link_url, remember
from postdesk.web.shared.doors import AgentRequest, door


@door("panel")
def show(request: AgentRequest, pk: int, of: str) -> HttpResponseBase:
    """How it stands."""
    return render(request, "panel/oauth2/one.html", _context(_row(pk, of), pk, of))


@door("panel", "POST")
def begin(request: AgentRequest, pk: int, of: str) -> HttpResponseBase:
    """*Authorize*: on to the page that leads to the provider."""
    begun = consents.begin(_row(pk, of), redirect_uri=callback_url(), by=request.user, at=clock.now())
    remember(request, begun, back=reverse("authorization", args=[pk, of]))
    return redirect("consent", begun.consent.pk)


@door("panel", "POST")
def invite(request: AgentRequest, pk: int, of: str) -> HttpResponseBase:
    """The link for the mailbox's owner: shown once, here, and nowhere else."""
    row = _row(pk, of)
    word = consents.invite(row, by=request.user, at=clock.now())
    return render(request, "panel/oauth2/one.html", {**_context(row, pk, of), "link": link_url(word)})


@door("panel", "POST")
def refresh(request: AgentRequest, pk: int, of: str) -> HttpResponseBase:
    """*Test refresh now*."""
    return redirect("errand", consents.test_refresh(_row(pk, of), by=request.user, at=clock.now()).pk)


@door("panel", "GET", "HEAD", "POST")
def delete(request: AgentRequest, pk: int, of: str) -> HttpResponseBase:
    """*Delete token*, asked once more."""
    row, page = _row(pk, of), reverse("authorization", args=[pk, of])
    if request.method == "POST":
        errand = consents.delete_token(row, by=request.user, at=clock.now())
        messages.success(request, "The token is deleted here.")
        return redirect("errand", errand.pk) if errand else redirect(page)
    gives_back = "It is given back to the provider as well, which ends it there."
    keeps = "The provider has no place to give it back: take the app's access away in the account's security settings."
    context = {
        "title": "Delete token",
        "question": f"{row.connection.email.address} signs in no more until somebody authorizes it again.",
        "consequences": [
            gives_back if registration_of(row).revoke_url else keeps,
            "Mail waits at the provider meanwhile; nothing is lost.",
        ],
        "act": "delete",
        "yes": "Delete token",
        "back": page,
        "back_label": "Authorization",
    }
    return render(request, "panel/confirm.html", context)


def _row(pk: int, of: str) -> Authorisation:
    email = email_or_404(pk)
    connection = getattr(email, of, None) if of in {"mailbox", "smtp"} else None
    row: Authorisation | None = getattr(connection, "authorisation", None)
    if row is None:
        raise Http404
    return row


def _context(row: Authorisation, pk: int, of: str) -> dict[str, Any]:
    address = row.connection.email.address
    tab = reverse("email", args=[pk]) + f"#tab-{of}"
    return {
        "title": f"Authorization of {address}",
        "sentence": "Remote Mailbox" if of == "mailbox" else "Outgoing (SMTP)",
        "row": row,
        "line": line_of(row, at=clock.now()),
        "registration": registration_of(row),
        "can_invite": row.grant == GrantKind.CODE,
        "callback": callback_url(),
        "pk": pk,
        "of": of,
        "back": tab,
        "back_label": address,
    }
