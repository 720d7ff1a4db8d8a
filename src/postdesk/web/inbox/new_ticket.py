"""An agent opens a ticket: writes to a customer first, or writes down a call."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from postdesk.basics import clock
from postdesk.people.models import Agent
from postdesk.people.permissions import may
from postdesk.tickets import operations
from postdesk.tickets.models import Department, HelpTopic, Priority
from postdesk.tickets.operations import NewTicket, Upload
from postdesk.web.shared.doors import AgentRequest, door
from postdesk.web.shared.forms import PanelForm, Section, beside


class NewTicketForm(PanelForm):
    """What the operation needs; who may be written to from where is its business."""

    sections: ClassVar[tuple[Section, ...]] = (
        Section("Who and what", ("kind", ("address", "name"), "subject", "text", "file")),
        Section("Where it goes", (("department", "help_topic"), "priority")),
    )

    kind = forms.ChoiceField(
        label="Whose words are these?",
        choices=(("mail", "Mine: write to the customer"), ("call", "The customer's: I write down what they said")),
        initial="mail",
        widget=forms.RadioSelect,
    )
    address = forms.CharField(
        label="Customer's address", max_length=320, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    name = forms.CharField(
        label="Name", max_length=200, required=False, help_text="If the desk does not know them yet."
    )
    subject = forms.CharField(label="Subject", max_length=500)
    text = forms.CharField(label="Message", widget=forms.Textarea(attrs={"rows": 8}), max_length=100_000)
    file = forms.FileField(label="File", required=False)
    department = forms.ModelChoiceField(queryset=Department.objects.none(), empty_label=None)
    help_topic = forms.ModelChoiceField(
        label="Help Topic", queryset=HelpTopic.objects.none(), required=False, empty_label="None"
    )
    priority = forms.ChoiceField(choices=Priority.choices, initial=Priority.NORMAL, widget=forms.RadioSelect)

    def __init__(self, *args: Any, agent: Agent, **options: Any) -> None:
        super().__init__(*args, **options)
        places = [row.pk for row in Department.objects.filter(is_active=True) if may(agent, "ticket.reply", row.pk)]
        rows = Department.objects.filter(pk__in=places).order_by("-is_default", "name")
        _choice(self, "department").queryset = rows
        self.fields["department"].initial = rows.first()
        _choice(self, "help_topic").queryset = HelpTopic.objects.filter(is_active=True)

    def new_ticket(self) -> NewTicket:
        values = self.cleaned_data
        file: UploadedFile[Any] | None = values["file"]
        kept = (
            Upload(file.name or "file", file.content_type or "application/octet-stream", file.read()) if file else None
        )
        return NewTicket(
            address=values["address"],
            name=values["name"],
            subject=values["subject"],
            text=values["text"],
            department=values["department"],
            help_topic=values["help_topic"],
            priority=values["priority"],
            said_by_user=values["kind"] == "call",
            files=(kept,) if kept else (),
        )


@door("ticket.reply", "GET", "HEAD", "POST")
def show(request: AgentRequest) -> HttpResponseBase:
    """The form, and opening the ticket."""
    form = NewTicketForm(request.POST or None, request.FILES or None, agent=request.user)
    if request.method == "POST" and form.is_valid():
        with beside(form):
            ticket = operations.open_ticket(form.new_ticket(), by=request.user, at=clock.now())
        if form.is_valid():
            messages.success(request, f"#{ticket.number} is open.")
            return redirect("ticket", number=ticket.number)
    status = 422 if form.errors else 200
    return render(request, "inbox/new_ticket.html", {"section": "queue", "form": form}, status=status)


def _choice(form: NewTicketForm, name: str) -> forms.ModelChoiceField[Any]:
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)
    return field
