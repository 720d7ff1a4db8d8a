"""One message of a template set: its words, its variables, how it reads, a test to oneself, back to the stock."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from postdesk.basics import clock
from postdesk.mail.sanitize import safe_html
from postdesk.people import audit
from postdesk.tickets import samples, wording
from postdesk.tickets.models import TemplateSet
from postdesk.tickets.notices import BY_CODE, Message, Source
from postdesk.tickets.notices.template import LONGEST_BODY, LONGEST_SUBJECT
from postdesk.web.panel.seen import refuse_if_changed, seen
from postdesk.web.shared import policy
from postdesk.web.shared.doors import AgentRequest, door
from postdesk.web.shared.forms import PanelForm, Section, beside


class TemplateForm(PanelForm):
    sections: ClassVar[tuple[Section, ...]] = (Section("", ("subject", "html", "text")),)

    subject = forms.CharField(
        label="Subject",
        max_length=LONGEST_SUBJECT,
        widget=forms.TextInput(attrs={"data-variables": "", "autocomplete": "off", "spellcheck": "false"}),
    )
    html = forms.CharField(
        label="Message (HTML)",
        max_length=LONGEST_BODY,
        strip=False,
        help_text="Type %{ to choose a variable. A value with paragraphs of its own, like %{message}, stands alone.",
        widget=forms.Textarea(attrs={"rows": 14, "data-variables": "", "spellcheck": "false", "class": "source"}),
    )
    text = forms.CharField(
        label="Plain text",
        max_length=LONGEST_BODY,
        strip=False,
        required=False,
        help_text="Empty: made from the HTML.",
        widget=forms.Textarea(attrs={"rows": 4, "data-variables": "", "class": "source"}),
    )

    def source(self) -> Source:
        values = self.cleaned_data
        return Source(values["subject"].strip(), _lines(values["html"]), _lines(values["text"]))


@door("panel", "GET", "HEAD", "POST")
def show(request: AgentRequest, pk: int, code: str) -> HttpResponseBase:
    """The editor, and saving."""
    row, message = _found(pk, code)
    form = TemplateForm(request.POST or None, initial=audit.values(wording.source_of(row, code)))
    if request.method == "POST" and form.is_valid():
        with beside(form):
            refuse_if_changed(request, row)
            wording.save_template(row, code, form.source(), by=request.user, at=clock.now())
        if form.is_valid():
            messages.success(request, f"{message.name} is saved.")
            return redirect("template", pk=pk, code=code)
    return _page(request, row, message, form)


@door("panel", "POST")
def preview(request: AgentRequest, pk: int, code: str) -> HttpResponseBase:
    """The words as they would read, as a document of its own for a sandboxed frame."""
    _row, _message = _found(pk, code)
    ticket = samples.sample_ticket(request.POST.get("ticket", ""), request.user)
    words = samples.sample_words(_typed(request), ticket, request.user)
    safe = safe_html(words.html, cid_url=lambda _id: None, images=False)
    context = {"words": words, "html": safe.html, "ticket": ticket}
    response = render(request, "panel/templates/preview.html", context)
    response.headers["Content-Security-Policy"] = policy.FRAME_POLICY
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@door("panel", "POST")
def tests(request: AgentRequest, pk: int, code: str) -> HttpResponseBase:
    """Send what is typed to oneself. It is not saved, and stays on the page."""
    row, message = _found(pk, code)
    form = TemplateForm(request.POST)
    if form.is_valid():
        with beside(form):
            wording.refuse_template(code, form.source())
        if form.is_valid():
            ticket = samples.sample_ticket(request.POST.get("ticket", ""), request.user)
            with beside(form):
                samples.send_sample(form.source(), ticket, by=request.user, at=clock.now())
    if form.is_valid():
        messages.success(request, f"A test is on its way to {request.user.email}. Nothing was saved.")
    return _page(request, row, message, form)


@door("panel", "POST")
def reversion(request: AgentRequest, pk: int, code: str) -> HttpResponseBase:
    """Take the stock words again."""
    row, message = _found(pk, code)
    if wording.revert_template(row, code, by=request.user, at=clock.now()):
        messages.success(request, f"{message.name} has the stock words again.")
    return redirect("template", pk=pk, code=code)


def _page(request: AgentRequest, row: TemplateSet, message: Message, form: TemplateForm) -> HttpResponse:
    ticket = samples.sample_ticket(request.POST.get("ticket", ""), request.user)
    context: dict[str, Any] = {
        "title": message.name,
        "sentence": message.when,
        "set": row,
        "message": message,
        "form": form,
        "seen": seen(request, row),
        "ticket": ticket,
        "is_own": row.templates.filter(code=message.code).exists(),
        "back": reverse("template-set", args=[row.pk]),
        "back_label": row.name,
    }
    return render(request, "panel/templates/editor.html", context, status=422 if form.errors else 200)


def _found(pk: int, code: str) -> tuple[TemplateSet, Message]:
    if code not in BY_CODE:
        raise Http404
    return get_object_or_404(TemplateSet, pk=pk), BY_CODE[code]


def _typed(request: AgentRequest) -> Source:
    """What stands in the editor, sound or not: the preview shows unknown variables as they are written."""
    post = request.POST
    return Source(
        post.get("subject", "")[:LONGEST_SUBJECT],
        _lines(post.get("html", ""))[:LONGEST_BODY],
        _lines(post.get("text", ""))[:LONGEST_BODY],
    )


def _lines(text: str) -> str:
    """Line ends as they are kept; browsers send them as CRLF (HTML, form submission)."""
    return text.replace("\r\n", "\n")
