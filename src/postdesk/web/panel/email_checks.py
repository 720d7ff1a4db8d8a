"""Saving an Email begins with trying its connections, as they stand in the form: nothing is stored for that.

Save -> ask (here) -> a worker goes through the stages -> the page shows each -> all well: the form is sent to be saved
                                                                   '-> not: "Save anyway" or back to the form
"""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from postdesk.basics import clock
from postdesk.basics.errors import Problems
from postdesk.flow import email_checks
from postdesk.flow import emails as addresses
from postdesk.mailroom import connection_checks
from postdesk.mailroom.models import Email, Errand
from postdesk.web.panel.email_page import Page, context_of, email_or_404, read_page
from postdesk.web.panel.seen import refuse_if_changed
from postdesk.web.shared.doors import AgentRequest, door
from postdesk.web.shared.forms import beside


@door("panel", "POST")
def ask(request: AgentRequest, pk: int) -> HttpResponseBase:
    """For htmx: the beginning of the check, or the whole form again when something in it is wrong already.

    `intent` "save" tries only what changed, and says so when that is nothing; "check" tries all that is there.
    """
    email = email_or_404(pk)
    page = read_page(request, email)
    if page.is_valid():
        with beside(*page.forms):
            refuse_if_changed(request, *page.rows)
            found = tuple(addresses.email_problems(email, page.wanted()))
            if found:
                raise Problems(found)
    if not page.is_valid():
        return _form_again(request, page)
    save = request.POST.get("intent") != "check"
    errand = email_checks.begin(email, page.wanted(), only_changed=save, by=request.user, at=clock.now())
    waits = email_checks.waiting_for_consent(email, page.wanted())
    context: dict[str, Any] = {"save": save, "errand": errand, "waits": waits}
    if errand is not None:
        context |= _progress(request, email, errand.pk)
    return render(request, "panel/emails/_check.html", context)


@door("panel")
def show(request: AgentRequest, pk: int, errand: int) -> HttpResponseBase:
    """The stages so far, asked for every second; at the end, perhaps, what becomes of mail that is there already."""
    try:
        return render(request, "panel/emails/_checked.html", _progress(request, email_or_404(pk), errand))
    except Errand.DoesNotExist as error:
        raise Http404 from error


def _progress(request: AgentRequest, email: Email, errand: int) -> dict[str, Any]:
    how = connection_checks.progress(errand, by=request.user, at=clock.now())
    poll_url = reverse("email-check", args=[email.pk, errand])
    return {"errand_id": errand, "how": how, "poll_url": poll_url, "old_mail": email_checks.old_mail(email, how)}


def _form_again(request: AgentRequest, page: Page) -> HttpResponseBase:
    response = render(request, "panel/emails/_form.html", context_of(request, page))
    response["HX-Retarget"], response["HX-Reswap"] = "#email-form", "outerHTML show:top"
    return response
