"""The three forms of one Email, read together: the page, and its check before saving, both begin here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.shortcuts import get_object_or_404
from django.urls import reverse

from postdesk.flow import email_removal
from postdesk.flow.emails import WholeEmail
from postdesk.mailroom.connect import EmailSetup, MailboxSetup, SmtpSetup, email_setup, mailbox_setup, smtp_setup
from postdesk.mailroom.models import Email, MailSettings, RemoteMailbox, SmtpAccount
from postdesk.people import audit
from postdesk.tickets.arrange import NewTicketSetup, new_ticket_setup
from postdesk.web.panel.email_forms import AccountForm, MailboxForm, SmtpForm
from postdesk.web.panel.seen import seen
from postdesk.web.shared.doors import AgentRequest
from postdesk.web.shared.forms import Tab, Tabs

#: What the tabs of a new address begin with.
FIRST_MAILBOX = MailboxSetup(fetched="move", archive_folder="Processed")
FIRST_SMTP = SmtpSetup()


TABS = ("account", "mailbox", "smtp")


@dataclass(slots=True)
class Page:
    """The forms of one request. `mailbox` and `smtp` None while the address is being added."""

    email: Email | None
    account: AccountForm
    mailbox: MailboxForm | None = None
    smtp: SmtpForm | None = None

    @property
    def forms(self) -> list[AccountForm | MailboxForm | SmtpForm]:
        return [form for form in (self.account, self.mailbox, self.smtp) if form is not None]

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
        )

    def _counts(self, form: AccountForm | MailboxForm | SmtpForm) -> bool:
        if form is self.account:
            return True
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
    )


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
            Tab("mailbox", "Remote Mailbox", (page.mailbox,), "panel/emails/_mailbox_tab.html"),
            Tab("smtp", "Outgoing (SMTP)", (page.smtp,), "panel/emails/_smtp_tab.html"),
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
        "fetching_off": settings is None or not settings.fetching,
        "protected": email_removal.protected().get(email.pk, ""),
        "back": reverse("emails"),
        "back_label": "Emails",
    }


def email_or_404(pk: int) -> Email:
    joined = ("mailbox__credential", "smtp__credential", "new_tickets__department", "new_tickets__help_topic")
    return get_object_or_404(Email.objects.select_related(*joined), pk=pk)
