"""The three forms of one Email, read together: the page, and its check before saving, both begin here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.http import QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse

from postdesk.flow import email_removal
from postdesk.flow.emails import WholeEmail
from postdesk.grants.providers import AUTH
from postdesk.mailroom.authorisations import OAuth2Setup, setup_of
from postdesk.mailroom.connect import EmailSetup, MailboxSetup, SmtpSetup, email_setup, mailbox_setup, smtp_setup
from postdesk.mailroom.models import Email, MailSettings, RemoteMailbox, SmtpAccount
from postdesk.people import audit
from postdesk.tickets.arrange import NewTicketSetup, new_ticket_setup
from postdesk.web.panel.email_forms import AccountForm, MailboxForm, SmtpForm
from postdesk.web.panel.oauth2_forms import OAuth2Form
from postdesk.web.panel.seen import seen
from postdesk.web.shared.consenting import callback_url
from postdesk.web.shared.doors import AgentRequest
from postdesk.web.shared.forms import Tab, Tabs

#: What the tabs of a new address begin with.
FIRST_MAILBOX = MailboxSetup(fetched="move", archive_folder="Processed")
FIRST_SMTP = SmtpSetup()


AnyForm = AccountForm | MailboxForm | SmtpForm | OAuth2Form
TABS = ("account", "mailbox", "smtp")


@dataclass(slots=True)
class Page:
    """The forms of one request. `mailbox` and `smtp` None while the address is being added."""

    email: Email | None
    account: AccountForm
    mailbox: MailboxForm | None = None
    smtp: SmtpForm | None = None
    mailbox_oauth2: OAuth2Form | None = None
    smtp_oauth2: OAuth2Form | None = None

    @property
    def forms(self) -> list[AnyForm]:
        found = (self.account, self.mailbox, self.mailbox_oauth2, self.smtp, self.smtp_oauth2)
        return [form for form in found if form is not None]

    @property
    def rows(self) -> tuple[Model | None, ...]:
        """What is stored of the address, for `seen`."""
        tabs = ("mailbox", "smtp", "new_tickets")
        return (self.email, *(getattr(self.email, name, None) for name in tabs))

    def is_valid(self) -> bool:
        """All of them are asked, so that every error is told."""
        valid = [form.is_valid() for form in self.forms if self._counts(form)]
        return all(valid)

    def wanted(self) -> WholeEmail:
        """What was typed; a tab that nobody touched and that has nothing stored is not there."""
        account = self.account.cleaned_data
        return WholeEmail(
            EmailSetup(account["address"], account["name"], account["notes"], account["aliases"]),
            NewTicketSetup(account["department"], account["help_topic"], account["priority"], account["autoresponse"]),
            self.mailbox.setup() if self.mailbox and self._counts(self.mailbox) else None,
            self.smtp.setup() if self.smtp and self._counts(self.smtp) else None,
            self.mailbox_oauth2.setup() if self.mailbox_oauth2 and self._counts(self.mailbox_oauth2) else None,
            self.smtp_oauth2.setup() if self.smtp_oauth2 and self._counts(self.smtp_oauth2) else None,
        )

    def touched(self, of: str) -> bool:
        """Whether anything was changed on the tab "mailbox" or "smtp"."""
        parts: tuple[AnyForm | None, ...] = (getattr(self, of), getattr(self, f"{of}_oauth2"))
        return any(form is not None and form.has_changed() for form in parts)

    def _counts(self, form: AnyForm) -> bool:
        if form is self.account:
            return True
        if isinstance(form, OAuth2Form):
            # Only with the tab that chose it.
            tab = self.mailbox if form is self.mailbox_oauth2 else self.smtp
            return tab is not None and self._counts(tab) and tab["auth"].value() in AUTH
        stored = getattr(self.email, "mailbox" if form is self.mailbox else "smtp", None)
        return stored is not None or form.has_changed()


def read_page(request: AgentRequest, email: Email) -> Page:
    """The three forms, filled with what was typed or with what is stored."""
    typed = request.POST if request.method == "POST" else None
    mailbox: RemoteMailbox | None = getattr(email, "mailbox", None)
    smtp: SmtpAccount | None = getattr(email, "smtp", None)
    tickets = getattr(email, "new_tickets", None)
    account = {
        **audit.values(email_setup(email)),
        **audit.values(new_ticket_setup(tickets) if tickets else NewTicketSetup()),
    }
    return Page(
        email,
        AccountForm(typed, prefix="account", initial=account),
        MailboxForm(
            typed,
            prefix="mailbox",
            row=mailbox,
            initial=audit.values(mailbox_setup(mailbox) if mailbox else FIRST_MAILBOX),
        ),
        SmtpForm(typed, prefix="smtp", row=smtp, initial=audit.values(smtp_setup(smtp) if smtp else FIRST_SMTP)),
        _oauth2_form(typed, "mailbox", mailbox),
        _oauth2_form(typed, "smtp", smtp),
    )


def _oauth2_form(typed: QueryDict | None, of: str, connection: RemoteMailbox | SmtpAccount | None) -> OAuth2Form:
    row = getattr(connection, "authorisation", None)
    initial = audit.values(setup_of(row) if row else OAuth2Setup())
    return OAuth2Form(typed, prefix=f"{of}_oauth2", row=row, of=of, initial=initial)


def context_of(request: AgentRequest, page: Page) -> dict[str, Any]:
    """What the page of one address is drawn from."""
    email = page.email
    assert email is not None
    assert page.mailbox is not None
    assert page.smtp is not None
    settings = MailSettings.objects.filter(pk=1).first()
    tabs = Tabs(
        (
            Tab("account", "Account", (page.account,)),
            Tab("mailbox", "Remote Mailbox", _present(page.mailbox, page.mailbox_oauth2), _tab("mailbox")),
            Tab("smtp", "Outgoing (SMTP)", _present(page.smtp, page.smtp_oauth2), _tab("smtp")),
        ),
        request.POST.get("tab", ""),
    )
    return {
        "title": email.address,
        "email": email,
        "seen": seen(request, *page.rows),
        "tabs": tabs,
        "forms": page.forms,
        "account": page.account,
        "mailbox": page.mailbox,
        "smtp": page.smtp,
        "mailbox_oauth2": page.mailbox_oauth2,
        "smtp_oauth2": page.smtp_oauth2,
        "callback": callback_url(),
        "fetching_off": settings is None or not settings.fetching,
        "protected": email_removal.protected().get(email.pk, ""),
        "back": reverse("emails"),
        "back_label": "Emails",
    }


def _present(*found: AnyForm | None) -> tuple[AnyForm, ...]:
    return tuple(form for form in found if form is not None)


def _tab(name: str) -> str:
    return f"panel/emails/_{name}_tab.html"


def email_or_404(pk: int) -> Email:
    joined = (
        "mailbox__credential",
        "mailbox__authorisation",
        "smtp__credential",
        "smtp__authorisation",
        "new_tickets__department",
        "new_tickets__help_topic",
    )
    return get_object_or_404(Email.objects.select_related(*joined), pk=pk)
