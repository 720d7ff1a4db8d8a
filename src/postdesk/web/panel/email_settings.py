"""Emails > Settings: what all addresses share."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from postdesk.basics import clock
from postdesk.flow import email_settings
from postdesk.flow.desk_file import keys
from postdesk.judge.trust_policy import AGENT_BARS, NEW_TICKET_BARS, REPLY_BARS
from postdesk.mailroom.models import Email, MailSettings
from postdesk.mailroom.preferences import MailPreferences, mail_preferences
from postdesk.people import audit
from postdesk.web.panel.seen import refuse_if_changed, seen
from postdesk.web.shared.doors import AgentRequest, door
from postdesk.web.shared.forms import Note, Section, beside
from postdesk.web.shared.keyed import KeyedForm

_MEGABYTE = 1024 * 1024
#: Stored in bytes, typed in megabytes.
_SIZES = ("max_message_size", "max_file_size")
_MEDIUM = {"data-width": "medium"}


def _switch(label: str, help_text: str) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, help_text=help_text)


def _number(label: str, help_text: str) -> forms.IntegerField:
    attributes = {"data-width": "short", "inputmode": "numeric"}
    return forms.IntegerField(label=label, help_text=help_text, widget=forms.NumberInput(attrs=attributes))


def _types(label: str, example: str, help_text: str) -> forms.CharField:
    widget = forms.TextInput(attrs={"placeholder": example, "spellcheck": "false", "autocapitalize": "none"})
    return forms.CharField(label=label, required=False, help_text=help_text, widget=widget)


_BARS = {
    "anyone": "Anyone",
    "not_failed": "Whose check did not fail",
    "participant": "Who takes part in the ticket",
    "token": "Who also answers one of our mails",
    "authenticated": "Only proven senders",
}


def _bar(label: str, bars: tuple[str, ...]) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=[(bar, _BARS[bar]) for bar in bars])


class SettingsForm(KeyedForm):
    desk_section = keys.SETTINGS
    sections: ClassVar[tuple[Section, ...]] = (
        Section("Email Fetching", ("fetching",)),
        Section(
            "System addresses",
            ("default_email", "alert_email", "admin_email"),
            "Departments and single emails can choose others for what they send.",
        ),
        Section(
            "Incoming emails",
            (
                "accept_unregistered",
                "accept_collaborators",
                "priority_from_mail",
                "strip_quoted_reply",
                "reply_separator",
                "max_open_tickets",
                "bans_cover_replies",
            ),
        ),
        Section(
            "Files in incoming emails",
            ("max_message_size", ("max_file_size", "max_files"), "accepted_file_types", "refused_file_types"),
            "What is left out of a ticket is named there, and stays in the email as it came.",
        ),
        Section(
            "Trust",
            ("trusted_servers", ("trust_new_ticket", "trust_reply"), ("trust_agent", "trust_reopen")),
            "Who may do what by email. What is not believed enough is held for a person, never dropped.",
        ),
        Section("Held mail", (("keep_held_days", "keep_discarded_days"),)),
        Section("Outgoing emails", ("default_mta", "ehlo_name", "email_attachments", "auto_answers_per_hour")),
    )
    shown_when = {"reply_separator": "strip_quoted_reply=on"}
    field_notes = {
        "default_mta": Note(
            "default_mta=", "Emails without Outgoing (SMTP) of their own cannot send: their mail waits in the Outbox."
        ),
    }

    fetching = _switch(
        "Fetch emails", "The switch above every mailbox's own. Off: nothing is fetched; mail stays on its servers."
    )
    default_email = forms.ChoiceField(
        label="Default System Email",
        required=False,
        help_text="Sends for departments without an Outgoing Email, and takes in what no other address is named for.",
    )
    alert_email = forms.ChoiceField(
        label="Default Alert Email", required=False, help_text="Sends alerts and notices to Agents."
    )
    admin_email = forms.CharField(
        label="Admin's Email Address",
        required=False,
        widget=forms.EmailInput(attrs={"placeholder": "you@example.net"}),
        help_text="Told when mail cannot be fetched or sent. Not an address of the desk, so that it gets through.",
    )
    accept_unregistered = _switch("Accept All Emails", "Off: mail from people who never wrote before is turned away.")
    accept_collaborators = _switch(
        "Accept Email Collaborators", "People in To and Cc of a mail take part in its ticket."
    )
    priority_from_mail = _switch(
        "Emailed Tickets Priority", "A new ticket takes its priority from the mail, where the mail has one."
    )
    strip_quoted_reply = _switch(
        "Strip Quoted Reply", "Show only what is new in an answer. The whole mail is always kept."
    )
    reply_separator = forms.CharField(
        label="Reply Separator Tag",
        required=False,
        help_text="Stands above our text in letters; what is below it in an answer is the quoted reply.",
    )
    max_message_size = _number(
        "Largest email (MB)", "Of a bigger one the text is read first, and the rest when somebody asks for it."
    )
    max_file_size = _number("Largest file (MB)", "0: any size.")
    max_files = _number("Files of one email", "0: any number.")
    accepted_file_types = _types("Accepted file types", ".pdf, .docx, image/*", "Empty: all.")
    refused_file_types = _types("Refused file types", ".exe, .js, .scr", "Also when they are accepted above.")
    max_open_tickets = _number("Open tickets of one User", "Further mail of theirs opens no ticket. 0: no limit.")
    bans_cover_replies = _switch("Bans cover replies", "Off: only new tickets of banned senders are turned away.")
    trusted_servers = forms.CharField(
        label="Trusted servers",
        required=False,
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "none"}),
        help_text=(
            "The name your mail server writes first into Authentication-Results, such as mx.google.com; several apart "
            "by blanks. Empty: nobody is believed, and no sender is proven or refuted."
        ),
    )
    trust_new_ticket = _bar("New tickets", NEW_TICKET_BARS)
    trust_reply = _bar("Answers of Users", REPLY_BARS)
    trust_agent = _bar("Mail of Agents in tickets", AGENT_BARS)
    trust_reopen = _bar("Opening closed tickets again", REPLY_BARS)
    keep_held_days = _number("Days until held mail is discarded", "When nobody decided about it. 0: never.")
    keep_discarded_days = _number(
        "Days until discarded mail is deleted", "Its bytes; the ledger's line stays. 0: never."
    )
    default_mta = forms.ChoiceField(
        label="Default MTA",
        required=False,
        help_text="Its SMTP sends for emails without one of their own. Only enabled ones are listed.",
    )
    ehlo_name = forms.CharField(
        label="Name in EHLO",
        required=False,
        widget=forms.TextInput(attrs={"data-width": "medium", "spellcheck": "false", "autocapitalize": "none"}),
        help_text="How the desk introduces itself to mail servers. Empty: this machine's own name.",
    )
    email_attachments = _switch("Email attachments", "The files of a reply are sent along with it.")
    auto_answers_per_hour = _number(
        "Automatic answers in an hour", "To one address at most, so that two machines never answer each other for ever."
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        every = [(email.address, str(email)) for email in Email.objects.all()]
        senders = [(email.address, str(email)) for email in Email.objects.filter(smtp__status=True)]
        self._offer("default_email", [("", "None yet"), *every])
        self._offer("alert_email", [("", "Use Default System Email (above)"), *every])
        self._offer("default_mta", [("", "None"), *senders])

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def clean_max_message_size(self) -> int:
        return int(self.cleaned_data["max_message_size"]) * _MEGABYTE

    def clean_max_file_size(self) -> int:
        return int(self.cleaned_data["max_file_size"]) * _MEGABYTE


@door("panel", "GET", "HEAD", "POST")
def show(request: AgentRequest) -> HttpResponseBase:
    """The form, and saving it."""
    row = MailSettings.objects.select_related("default_email", "alert_email", "default_mta").filter(pk=1).first()
    present = mail_preferences(row) if row else MailPreferences()
    initial = {**audit.values(present), **{name: getattr(present, name) // _MEGABYTE for name in _SIZES}}
    form = SettingsForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        with beside(form):
            refuse_if_changed(request, row)
            email_settings.save(_wanted(form, present), by=request.user, at=clock.now())
        if form.is_valid():
            messages.success(request, "Saved.")
            return redirect("email-settings")
    context = {
        "title": "Email Settings",
        "sentence": "What all emails share. Some of it can be decided otherwise for a department or a single email.",
        "form": form,
        "seen": seen(request, row),
    }
    return render(request, "panel/form.html", context)


def _wanted(form: SettingsForm, present: MailPreferences) -> MailPreferences:
    """What was typed. A size nobody touched stays as it is to the byte."""
    values = form.cleaned_data
    values = {**values, **{name: getattr(present, name) for name in _SIZES if name not in form.changed_data}}
    return MailPreferences(**values)
