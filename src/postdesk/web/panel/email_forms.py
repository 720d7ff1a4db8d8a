"""The three tabs of an Email as forms. What their values mean together is decided in flow.emails."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from postdesk.flow.desk_file import keys
from postdesk.mailroom.connect import MailboxSetup, SmtpSetup
from postdesk.mailroom.models import RemoteMailbox, SmtpAccount
from postdesk.mailroom.models.connections import Fetched, FirstFetch, MailboxAuth, Protocol, SmtpAuth
from postdesk.tickets.models import Department, HelpTopic, Priority
from postdesk.web.panel.oauth2_forms import BELOW
from postdesk.web.shared.forms import Note, SecretField, Section
from postdesk.web.shared.keyed import KeyedForm, LinesField

_WHO = "Empty: the email address itself. With OAuth2 the mailbox that is opened, which may be a shared one."
#: Who signs in is asked for by every way but those that have no name of their own.
_NAMED = "auth=basic|oauth2-google|oauth2-microsoft|oauth2-other"
_SCHEMES = (
    "As your provider gives it. Put ssl:// (TLS), tls:// (STARTTLS) or plain:// (neither) before it when the port does "
    "not say it already."
)
_SHORT = {"data-width": "short", "inputmode": "numeric"}
_MEDIUM = {"data-width": "medium"}


def _number(**options: Any) -> forms.IntegerField:
    return forms.IntegerField(widget=forms.NumberInput(attrs=_SHORT), **options)


def _host(**options: Any) -> forms.CharField:
    attributes = {"spellcheck": "false", "autocapitalize": "none", "placeholder": "mail.example.org"}
    widget = forms.TextInput(attrs=attributes)
    return forms.CharField(label="Hostname", required=False, widget=widget, help_text=_SCHEMES, **options)


def _username() -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"})
    return forms.CharField(
        label="Username",
        required=False,
        widget=widget,
        help_text=_WHO,
    )


def _verify() -> forms.BooleanField:
    return forms.BooleanField(
        label="Check the server's certificate",
        required=False,
        help_text="Leave it on: without it anybody on the way can read the password.",
    )


def _ca_file() -> forms.CharField:
    return forms.CharField(
        label="File of a private CA",
        required=False,
        help_text="Path of a PEM file on the machine that fetches and sends; empty for public certificates.",
    )


class AccountForm(KeyedForm):
    desk_section = keys.EMAIL
    sections: ClassVar[tuple[Section, ...]] = (
        Section("Email", (("address", "name"), "aliases")),
        Section(
            "New Ticket Settings",
            (("department", "help_topic"), "priority", "autoresponse"),
            "What mail to this address becomes. Ticket Filters can decide otherwise.",
        ),
        Section("Internal Notes", ("notes",)),
    )

    address = forms.CharField(
        label="Email Address",
        help_text="Mail written to it becomes tickets; answers leave from it.",
        widget=forms.EmailInput(attrs={"spellcheck": "false", "placeholder": "support@example.org"}),
    )
    name = forms.CharField(
        label="Email Name",
        help_text="Whom Users see as the sender.",
        widget=forms.TextInput(attrs={"placeholder": "Example Support"}),
    )
    aliases = LinesField(
        label="Aliases",
        help_text="Other addresses whose mail lands in the same mailbox, one on each line.",
    )
    department = forms.ChoiceField(label="Department", required=False, help_text="Where new tickets go.")
    help_topic = forms.ChoiceField(label="Help Topic", required=False, help_text="What new tickets are about.")
    priority = forms.ChoiceField(
        label="Priority", required=False, widget=forms.Select(attrs=_MEDIUM), help_text="What new tickets begin with."
    )
    autoresponse = forms.BooleanField(
        label="Auto-Response",
        required=False,
        help_text="Tell Users that their ticket was opened. Off: never for tickets that come through this email.",
    )
    notes = forms.CharField(
        label="Notes",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For administrators only: who owns the mailbox, when its password changes.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        stored = {name: (self.initial.get(name) or "") for name in ("department", "help_topic")}
        self.fields["department"].choices = _active(Department.objects.all(), stored["department"])  # type: ignore[attr-defined]
        self.fields["help_topic"].choices = _active(HelpTopic.objects.all(), stored["help_topic"])  # type: ignore[attr-defined]
        self.fields["priority"].choices = [("", "System Default"), *Priority.choices]  # type: ignore[attr-defined]
        for name, value in stored.items():
            what = str(self.fields[name].label)
            if value and f"{value} (not active)" in {label for _value, label in self.fields[name].choices}:  # type: ignore[attr-defined]
                self.fields[
                    name
                ].help_text = f"{what} selected must be active: {value} is not, so new tickets take another."


def _active(rows: Any, stored: str) -> list[tuple[str, str]]:
    """The active ones, and the stored one whatever it is."""
    found = [("", "System Default")]
    for name, is_active in rows.values_list("name", "is_active"):
        if is_active or name == stored:
            found.append((name, name if is_active else f"{name} (not active)"))
    return found


class MailboxForm(KeyedForm):
    desk_section = keys.MAILBOX
    sections: ClassVar[tuple[Section, ...]] = (
        Section(
            "Remote Mailbox",
            (("host", "port"), ("protocol", "folder")),
            "Where mail of this address is fetched from.",
        ),
        Section("Authentication", ("auth", ("username", "password"))),
        Section(
            "Email Fetching",
            ("status", ("frequency", "per_fetch"), "push", "fetched", "archive_folder"),
        ),
        Section(
            "First Fetch",
            ("first_fetch", "first_fetch_since"),
            "Only matters for a mailbox that holds mail when it is connected.",
        ),
        Section("Security", ("verify_tls", "ca_file")),
    )
    shown_when = {
        "folder": "protocol=imap",
        "archive_folder": "fetched=move",
        "push": "protocol=imap",
        "first_fetch_since": "first_fetch=since",
        "username": _NAMED,
        "password": "auth=basic",
        "ca_file": "verify_tls=on",
    }
    field_notes = {
        "auth": BELOW,
        "fetched": Note(
            "fetched=nothing",
            "Emails pile up in the mailbox. None becomes a ticket twice, since each is remembered; but moving them "
            "keeps the mailbox quick.",
        ),
    }

    host = _host()
    port = _number(label="Port Number", required=False, help_text="Empty: the usual one.")
    protocol = forms.ChoiceField(
        label="Protocol", choices=Protocol.choices, help_text="IMAP on a secure port is recommended."
    )
    folder = forms.CharField(label="Mail Folder", required=False, help_text="Empty: the INBOX.")
    auth = forms.ChoiceField(
        label="Authentication",
        choices=MailboxAuth.choices,
        widget=forms.Select(attrs=_MEDIUM),
        help_text="How to sign in to the mailbox.",
    )
    username = _username()
    password = SecretField(label="Password")
    status = forms.BooleanField(
        label="Status: fetch this mailbox",
        required=False,
        help_text="Fetching for the whole desk is switched in Emails > Settings.",
    )
    frequency = _number(
        label="Fetch Frequency (minutes)",
        help_text="How long a User waits for the Auto-Response at most.",
    )
    per_fetch = _number(label="Emails Per Fetch", help_text="Taken at one time; a backlog follows in such turns.")
    push = forms.BooleanField(
        label="Have the server tell of new mail at once",
        required=False,
        help_text="IMAP IDLE, where the server has it. The frequency stays as the safety net.",
    )
    fetched = forms.ChoiceField(
        label="Fetched Emails",
        choices=(
            (Fetched.MOVE, "Move to Folder (recommended)"),
            (Fetched.DELETE, "Delete Emails"),
            (Fetched.NOTHING, "Do Nothing (not recommended)"),
        ),
        widget=forms.Select(attrs=_MEDIUM),
        help_text="What becomes of emails on the server once they are stored here.",
        error_messages={"required": "Indicate what to do with fetched emails."},
    )
    archive_folder = forms.CharField(
        label="Archive folder", required=False, help_text="Made on the server when it does not exist."
    )
    first_fetch = forms.ChoiceField(
        label="Mail that is there already",
        choices=FirstFetch.choices,
        required=False,
        widget=forms.Select(attrs=_MEDIUM),
        help_text="What is not taken stays in the mailbox, untouched. Mail older than a day is never answered "
        "automatically. The check says how many messages each answer takes.",
    )
    first_fetch_since = forms.CharField(
        label="Since", required=False, widget=forms.DateInput(attrs={"type": "date", "data-width": "medium"})
    )
    verify_tls = _verify()
    ca_file = _ca_file()

    def __init__(self, *args: Any, row: RemoteMailbox | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        _say_since_when(self, row)

    def setup(self) -> MailboxSetup:
        """What was typed, once it is valid in itself."""
        values = {**self.cleaned_data, "password": self.cleaned_data["password"] or None}
        values["first_fetch"] = values["first_fetch"] or self.initial.get("first_fetch") or FirstFetch.ALL
        if values["first_fetch"] != FirstFetch.SINCE:
            # Not shown, so not meant.
            values["first_fetch_since"] = ""
        return MailboxSetup(**values)


class SmtpForm(KeyedForm):
    desk_section = keys.SMTP
    sections: ClassVar[tuple[Section, ...]] = (
        Section("Outgoing (SMTP)", ("status", ("host", "port")), "How mail of this address leaves."),
        Section("Authentication", ("auth", ("username", "password"))),
        Section("Sender", ("header_spoofing",)),
        Section("Security", ("verify_tls", "ca_file")),
    )
    shown_when = {"username": _NAMED, "password": "auth=basic", "ca_file": "verify_tls=on"}
    field_notes = {
        "auth": BELOW,
        "header_spoofing": Note(
            "header_spoofing=on",
            "Most providers refuse, or mark as forged, mail From an address that is neither the account's own nor an "
            "alias of it.",
        ),
    }

    status = forms.BooleanField(
        label="Status: send by this server",
        required=False,
        help_text="Off: mail of this address leaves by the Default MTA of Emails > Settings.",
    )
    host = _host()
    port = _number(label="Port Number", required=False, help_text="Empty: the usual one.")
    auth = forms.ChoiceField(
        label="Authentication",
        choices=SmtpAuth.choices,
        widget=forms.Select(attrs=_MEDIUM),
        help_text="Same As Remote Mailbox signs in as the Remote Mailbox tab does, by password or token. None is for "
        "relays; the connection is encrypted all the same.",
    )
    username = _username()
    password = SecretField(label="Password")
    header_spoofing = forms.BooleanField(
        label="Header Spoofing",
        required=False,
        help_text="Allow mail From other addresses of the desk by this account, for aliases of this mailbox. Off: such "
        "mail names this address as its Sender.",
    )
    verify_tls = _verify()
    ca_file = _ca_file()

    def __init__(self, *args: Any, row: SmtpAccount | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        _say_since_when(self, row)

    def setup(self) -> SmtpSetup:
        values = {**self.cleaned_data, "password": self.cleaned_data["password"] or None}
        # Not shown, so not meant: a name and password for another way of signing in are let go of.
        if values["auth"] in {"mailbox", "none"}:
            values["username"] = ""
        if values["auth"] != "basic":
            values["password"] = None
        return SmtpSetup(**values)


def _say_since_when(form: forms.Form, row: RemoteMailbox | SmtpAccount | None) -> None:
    secret = form.fields["password"]
    if isinstance(secret, SecretField) and row is not None and row.credential is not None:
        secret.set_at = row.credential.updated_at
