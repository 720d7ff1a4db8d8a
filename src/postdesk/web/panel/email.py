"""One Email: adding it, and its tabs Account, Remote Mailbox and Outgoing (SMTP), saved together."""

from __future__ import annotations

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from postdesk.basics import clock
from postdesk.flow import email_checks
from postdesk.flow import emails as addresses
from postdesk.mailroom.models import MailSettings
from postdesk.web.panel.email_forms import AccountForm
from postdesk.web.panel.email_page import TABS, Page, context_of, email_or_404, read_page
from postdesk.web.panel.seen import refuse_if_changed
from postdesk.web.shared.doors import AgentRequest, door
from postdesk.web.shared.forms import beside


@door("panel", "GET", "HEAD", "POST")
def new(request: AgentRequest) -> HttpResponseBase:
    """Address and name first; the other tabs come after the first Submit."""
    page = Page(None, AccountForm(request.POST or None, prefix="account", initial={"autoresponse": True}))
    if request.method == "POST" and page.is_valid():
        with beside(*page.forms):
            email = addresses.save(None, page.wanted(), by=request.user, at=clock.now())
        if page.account.is_valid():
            messages.success(request, f"{email.address} is added. Now connect its mailbox.")
            return redirect(f"{reverse('email', args=[email.pk])}#tab-mailbox")
    context = {
        "title": "Add New Email",
        "sentence": "The address and the name Users see. After Submit you connect its mailbox and its outgoing server.",
        "form": page.account,
        "save_label": "Submit",
        "back": reverse("emails"),
        "back_label": "Emails",
    }
    return render(request, "panel/form.html", context)


@door("panel", "GET", "HEAD", "POST")
def one(request: AgentRequest, pk: int) -> HttpResponseBase:
    """The tabs. With scripts the check came before (email_checks); without, it follows, unless it was declined."""
    email = email_or_404(pk)
    page = read_page(request, email)
    if request.method == "POST" and page.is_valid():
        with beside(*page.forms):
            refuse_if_changed(request, *page.rows)
            addresses.save(email, page.wanted(), by=request.user, at=clock.now())
        if page.is_valid():
            waits = [of for of in email_checks.waiting_for_consent(email_or_404(pk), page.wanted()) if page.touched(of)]
            if waits:
                messages.success(request, "Saved. Now somebody has to sign in at the provider and consent.")
                return redirect("authorization", pk, waits[0])
            messages.success(request, _saved(page))
            if request.POST.get("intent") == "save":
                saved, now = email_or_404(pk), clock.now()
                errand = email_checks.begin(saved, page.wanted(), only_changed=False, by=request.user, at=now)
                if errand is not None:
                    return redirect("errand", errand.pk)
            asked = request.POST.get("tab", "account")
            return redirect(f"{reverse('email', args=[pk])}#tab-{asked if asked in TABS else 'account'}")
    return render(request, "panel/emails/one.html", context_of(request, page))


def _saved(page: Page) -> str:
    mailbox = getattr(page.email, "mailbox", None)
    fetched = mailbox is not None and mailbox.status and mailbox.paused_at is None
    if not fetched:
        return "Saved."
    settings = MailSettings.objects.first()
    if settings is None or not settings.fetching:
        return "Saved. The mailbox is fetched once Fetch emails is on in Emails > Settings."
    return "Saved. The mailbox is fetched now."
