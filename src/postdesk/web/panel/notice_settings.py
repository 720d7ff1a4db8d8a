"""Settings > Autoresponder, and Settings > Alerts & Notices."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from postdesk.basics import clock
from postdesk.flow.desk_file import keys
from postdesk.people import audit
from postdesk.tickets.models import TemplateSet
from postdesk.tickets.notice_preferences import notice_preferences, notice_settings, save_notice_preferences
from postdesk.tickets.notices.alerts import ALERTS, RECIPIENTS, Alert
from postdesk.web.panel.seen import refuse_if_changed, seen
from postdesk.web.shared.doors import AgentRequest, door
from postdesk.web.shared.forms import Row, Section, beside
from postdesk.web.shared.keyed import KeyedForm


def _switch(label: str, help_text: str) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, help_text=help_text)


class AutoresponderForm(KeyedForm):
    desk_section = keys.NOTICES
    sections: ClassVar[tuple[Section, ...]] = (
        Section(
            "New tickets",
            ("new_ticket_autoresponse", "new_ticket_by_agent_notice", "overlimit_notice"),
            "Departments, help topics and single emails can switch auto-responses off for themselves.",
        ),
        Section("New messages", ("new_message_autoresponse", "new_activity_notice")),
        Section("Words", ("default_template_set", "hide_staff_name")),
    )

    new_ticket_autoresponse = _switch("Ticket opened by mail: tell its owner", "The New Ticket Auto-response.")
    new_ticket_by_agent_notice = _switch(
        "Ticket opened by an agent: tell its owner",
        "The New Ticket Notice. Off: an agent's first words still go out, as a plain reply.",
    )
    overlimit_notice = _switch(
        "Too many open tickets: tell the sender",
        "Once a day. The administrator hears of it in any case. The limit stands in Emails > Settings.",
    )
    new_message_autoresponse = _switch(
        "New message: send its writer a receipt", "Where the department wants it, too. Never to machines."
    )
    new_activity_notice = _switch(
        "Words that did not come by mail: tell the participants",
        "The collaborators get what was written down of a call. Mail they have got themselves.",
    )
    default_template_set = forms.ChoiceField(
        label="Default Template Set", required=False, help_text="For departments without a set of their own."
    )
    hide_staff_name = _switch("Hide agents' names", "Users see the name of the address instead.")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["default_template_set"]
        assert isinstance(field, forms.ChoiceField)
        sets = TemplateSet.objects.filter(is_active=True).values_list("name", flat=True)
        field.choices = [("", "The stock words, in English"), *((name, name) for name in sets)]


def _rows(alert: Alert) -> tuple[Row, ...]:
    return (alert.name, alert.chosen_name)


class AlertForm(KeyedForm):
    desk_section = keys.NOTICES
    sections: ClassVar[tuple[Section, ...]] = tuple(
        Section(alert.title, _rows(alert), alert.sentence) for alert in ALERTS
    )
    shown_when = {alert.chosen_name: f"{alert.name}=on" for alert in ALERTS}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for alert in ALERTS:
            self.fields[alert.name] = forms.BooleanField(label=f"Alert: {alert.title}", required=False)
            self.fields[alert.chosen_name] = forms.MultipleChoiceField(
                label="Recipients",
                required=False,
                choices=[(name, RECIPIENTS[name]) for name in alert.recipients],
                widget=forms.CheckboxSelectMultiple,
            )

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        for alert in ALERTS:
            values[alert.chosen_name] = tuple(sorted(values.get(alert.chosen_name) or ()))
        return values


@door("panel", "GET", "HEAD", "POST")
def autoresponder(request: AgentRequest) -> HttpResponseBase:
    sentence = "What the desk writes to users by itself."
    return _show(request, AutoresponderForm, "autoresponder-settings", "Autoresponder", sentence)


@door("panel", "GET", "HEAD", "POST")
def alerts(request: AgentRequest) -> HttpResponseBase:
    sentence = (
        "Which agents are told of what. They leave from the Default Alert Email; whoever did something is never told "
        "of it, nor is anybody who is not active or on vacation."
    )
    return _show(request, AlertForm, "alert-settings", "Alerts & Notices", sentence)


def _show(
    request: AgentRequest, of: type[AutoresponderForm] | type[AlertForm], name: str, title: str, sentence: str
) -> HttpResponseBase:
    row = notice_settings()
    present = notice_preferences(row)
    form = of(request.POST or None, initial=audit.values(present))
    if request.method == "POST" and form.is_valid():
        with beside(form):
            refuse_if_changed(request, row)
            save_notice_preferences(row, replace(present, **form.cleaned_data), by=request.user, at=clock.now())
        if form.is_valid():
            messages.success(request, "Saved.")
            return redirect(name)
    context = {"title": title, "sentence": sentence, "form": form, "seen": seen(request, row)}
    return render(request, "panel/form.html", context, status=422 if form.errors else 200)
