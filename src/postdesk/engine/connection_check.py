"""Check the connections of one Email as `mailroom.connection_checks` asks: settings as given, saved or not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from postdesk.basics.clock import now
from postdesk.basics.errors import BrokenSetup, Invalid, WireError
from postdesk.basics.stages import Stage
from postdesk.engine.connect import endpoint_of, login_of
from postdesk.flow import dispatch
from postdesk.mailroom import first_fetch
from postdesk.mailroom.errands import Order
from postdesk.mailroom.logins import username_of
from postdesk.mailroom.models import Email, Protocol, RemoteMailbox, SmtpAccount
from postdesk.mailroom.models.connections import Connection, Fetched, FirstFetch, SmtpAuth
from postdesk.mailroom.transport import ehlo_name
from postdesk.wire.examine import examine_imap, examine_pop3, examine_smtp
from postdesk.wire.login import Login


def run(order: Order, tell: Callable[[Iterable[Stage]], None]) -> None:
    """Mailbox first, then SMTP; what one of them lacks does not keep the other from being checked."""
    email = _email(order)
    both = "mailbox" in order.wanted and "smtp" in order.wanted
    mailbox = _mailbox(order, email)
    if mailbox is not None:
        tell(_named("mailbox", both, mailbox_stages(mailbox, order.secrets.get("mailbox"))))
    account = _account(order, email)
    if account is not None:
        stages = smtp_stages(account, order.secrets.get("smtp"), mailbox, order.secrets.get("mailbox"))
        tell(_named("smtp", both, stages))


def mailbox_stages(mailbox: RemoteMailbox, password: str | None = None) -> Iterator[Stage]:
    """The stages of a mailbox, which need not be saved. `password` None: the stored one. Raises nothing."""
    try:
        endpoint = endpoint_of(mailbox)
        login = Login(username_of(mailbox), password) if password is not None else login_of(mailbox)
    except WireError as error:
        return iter((_no_token(error),))
    except (BrokenSetup, Invalid) as error:
        return iter((_broken(error),))
    taken_from = first_fetch.cutoff(mailbox)
    if mailbox.protocol == Protocol.POP3:
        return examine_pop3(endpoint, login, taken_from=taken_from)
    archive = mailbox.archive_folder if mailbox.fetched == Fetched.MOVE else ""
    return examine_imap(endpoint, login, folder=mailbox.folder, archive_folder=archive, taken_from=taken_from)


def smtp_stages(
    account: SmtpAccount,
    password: str | None = None,
    mailbox: RemoteMailbox | None = None,
    mailbox_password: str | None = None,
) -> Iterator[Stage]:
    """The stages of an SMTP account; `mailbox` is whose login *Same As Remote Mailbox* uses. Raises nothing."""
    try:
        endpoint = dispatch.endpoint_of(account)
        login = _smtp_login(account, password, mailbox, mailbox_password)
    except WireError as error:
        return iter((_no_token(error),))
    except (BrokenSetup, Invalid) as error:
        return iter((_broken(error),))
    return examine_smtp(endpoint, login, ehlo_name=ehlo_name(), sender=account.email.address)


def _smtp_login(
    account: SmtpAccount, password: str | None, mailbox: RemoteMailbox | None, mailbox_password: str | None
) -> Login | None:
    if account.auth == SmtpAuth.MAILBOX and mailbox is not None:
        if mailbox_password is not None:
            return Login(username_of(mailbox), mailbox_password)
        return login_of(mailbox)
    if account.auth != SmtpAuth.NONE and password is not None:
        return Login(username_of(account), password)
    return dispatch.login_of(account)


def _email(order: Order) -> Email:
    """The stored address with its connections, or one that is only in a form yet."""
    rows = Email.objects.select_related("mailbox__credential", "smtp__credential")
    stored = rows.filter(pk=order.wanted["email"]).first() if order.wanted["email"] else None
    if stored is None:
        return Email(address=order.wanted["address"])
    stored.address = order.wanted["address"]
    return stored


def _mailbox(order: Order, email: Email) -> RemoteMailbox | None:
    """The mailbox as asked; its password is looked for at the stored one."""
    if "mailbox" not in order.wanted:
        return None
    stored: RemoteMailbox | None = getattr(email, "mailbox", None)
    credential = stored.credential if stored else None
    asked = RemoteMailbox(email=email, credential=credential, **_columns(RemoteMailbox, order.wanted["mailbox"]))
    if stored is None or stored.past_epoch < 0:
        # The first fetch is still to come: as if it were connected now.
        asked.connected_at = now()
    else:
        asked.first_fetch = FirstFetch.ALL
    return asked


def _account(order: Order, email: Email) -> SmtpAccount | None:
    if "smtp" not in order.wanted:
        return None
    stored: SmtpAccount | None = getattr(email, "smtp", None)
    credential = stored.credential if stored else None
    return SmtpAccount(email=email, credential=credential, **_columns(SmtpAccount, order.wanted["smtp"]))


def _columns(model: type[Connection], values: dict[str, Any]) -> dict[str, Any]:
    """What of a setup is a column of the row; the rest does not matter to a connection."""
    names = {column.name for column in model._meta.concrete_fields}
    return {name: value for name, value in values.items() if name in names}


def _named(name: str, both: bool, stages: Iterator[Stage]) -> Iterator[Stage]:
    for stage in stages:
        yield replace(stage, key=f"{name}.{stage.key}") if both else stage


def _no_token(error: WireError) -> Stage:
    said, todo = str(error.fields.get("said") or error.message), str(error.fields.get("todo") or "")
    return Stage("token", "Get a token from the provider", "failed", said=said, remedy=todo)


def _broken(error: BrokenSetup | Invalid) -> Stage:
    return Stage("settings", "Read the settings", "failed", note=error.message, remedy="Correct it and check again.")
