"""Emails > Diagnostic: send a test mail, or a round trip through one of our addresses, and watch every step."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from postdesk.basics import clock
from postdesk.flow.desk_file.clean import address
from postdesk.mailroom import diagnostics, errands
from postdesk.mailroom.errands import Progress
from postdesk.mailroom.models import Email, Errand
from postdesk.web.shared.doors import AgentRequest, door
from postdesk.web.shared.forms import PanelForm, Section, beside


def _emails(name: str, **options: Any) -> forms.ModelChoiceField[Email]:
    return forms.ModelChoiceField(Email.objects.order_by("address"), label=name, empty_label=None, **options)


class TestForm(PanelForm):
    """Who sends what to whom."""

    sections: ClassVar[tuple[Section, ...]] = (
        Section("Send a test mail", (("sender", "recipient"), "subject", "text"), "By the server it really takes."),
    )

    sender = _emails("From", help_text="One of the desk's addresses.")
    recipient = forms.CharField(
        label="To", widget=forms.EmailInput(attrs={"placeholder": "you@example.org", "spellcheck": "false"})
    )
    subject = forms.CharField(label="Subject", max_length=200)
    text = forms.CharField(label="Message", widget=forms.Textarea(attrs={"rows": 3}), max_length=10_000)

    def clean_recipient(self) -> str:
        try:
            return address(self.cleaned_data["recipient"])
        except ValueError as error:
            raise forms.ValidationError(f"To {error}.") from None


class RoundTripForm(PanelForm):
    """Who sends, and through which of our addresses it comes back."""

    sections: ClassVar[tuple[Section, ...]] = (
        Section(
            "Round trip",
            (("sender", "through"),),
            "A mail from one address of the desk to another: sent, fetched back, and shown as it arrived. It opens no "
            "ticket.",
        ),
    )

    sender = _emails("From")
    through = _emails("To", help_text="Its mailbox must be fetched.")


FIRST = {"subject": "Test from the desk", "text": "This is a test. It opens no ticket.\n"}


@door("panel")
def show(request: AgentRequest) -> HttpResponseBase:
    """The two forms, and under them the errand that `errand` names."""
    pk = request.GET.get("errand", "")
    how = _progress(request, int(pk)) if pk.isascii() and pk.isdecimal() and len(pk) < 19 else None
    asked = how.wanted if how else {}
    return _page(
        request,
        TestForm(prefix="test", initial={**FIRST, **asked}),
        RoundTripForm(prefix="trip", initial=asked),
        how=how,
        errand_id=pk,
    )


@door("panel", "POST")
def tests(request: AgentRequest) -> HttpResponseBase:
    form = TestForm(request.POST, prefix="test")
    if form.is_valid():
        errand = diagnostics.ask_test(**form.cleaned_data, by=request.user, at=clock.now())
        return _watched(errand)
    return _page(request, form, RoundTripForm(prefix="trip"), status=422)


@door("panel", "POST")
def round_trips(request: AgentRequest) -> HttpResponseBase:
    form = RoundTripForm(request.POST, prefix="trip")
    if form.is_valid():
        with beside(form):
            errand = diagnostics.ask_round_trip(**form.cleaned_data, by=request.user, at=clock.now())
        if form.is_valid():
            return _watched(errand)
    return _page(request, TestForm(prefix="test", initial=FIRST), form, status=422)


def _watched(errand: Errand) -> HttpResponseBase:
    return redirect(f"{reverse('diagnostic')}?errand={errand.pk}#errand-{errand.pk}")


def _progress(request: AgentRequest, pk: int) -> Progress:
    get_object_or_404(Errand, pk=pk, asked_by=request.user, kind__in=(diagnostics.TEST, diagnostics.ROUND_TRIP))
    return errands.progress(pk, by=request.user, at=clock.now())


def _page(
    request: AgentRequest, test: TestForm, trip: RoundTripForm, *, status: int = 200, **more: Any
) -> HttpResponseBase:
    context = {
        "title": "Diagnostic",
        "sentence": "Send for real, and see every reply on the way.",
        "test": test,
        "trip": trip,
        "no_emails": not Email.objects.exists(),
        **more,
    }
    return render(request, "panel/diagnostic.html", context, status=status)
