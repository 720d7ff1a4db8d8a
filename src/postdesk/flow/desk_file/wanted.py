"""The desk as the file wants it: what it says, laid over what is there (or over the defaults, for something new).

A key that the file does not give leaves the present value alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from postdesk.basics.errors import Invalid
from postdesk.flow.desk_file.keys import REQUIRED
from postdesk.flow.desk_file.present import Present
from postdesk.flow.desk_file.read import DeskFile, EmailTables, Table
from postdesk.mailroom.authorisations import OAuth2Setup, setup_of
from postdesk.mailroom.connect import (
    EmailSetup,
    MailboxSetup,
    SmtpSetup,
    email_setup,
    mailbox_setup,
    smtp_setup,
)
from postdesk.mailroom.models import Authorisation, Email
from postdesk.mailroom.preferences import MailPreferences, mail_preferences
from postdesk.people.staff import AgentSetup, agent_setup
from postdesk.tickets.arrange import NewTicketSetup, new_ticket_setup
from postdesk.tickets.departments import DepartmentSetup, department_setup
from postdesk.tickets.help_topics import HelpTopicSetup, help_topic_setup
from postdesk.tickets.notice_preferences import NoticePreferences, notice_preferences
from postdesk.tickets.notices import BY_CODE, Source, stock
from postdesk.tickets.wording import TemplateSetSetup, template_set_setup

Setup = TypeVar("Setup")


@dataclass(frozen=True, slots=True)
class WantedAgent:
    table: Table
    setup: AgentSetup
    #: None: the file does not say.
    departments: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class WantedEmail:
    """One address. `stored_*`: whether a password is stored already."""

    tables: EmailTables
    setup: EmailSetup
    new_tickets: NewTicketSetup
    mailbox: MailboxSetup | None
    smtp: SmtpSetup | None
    stored_mailbox_password: bool
    stored_smtp_password: bool
    #: None: neither the file nor the database has it.
    mailbox_oauth2: OAuth2Setup | None = None
    smtp_oauth2: OAuth2Setup | None = None
    stored_mailbox_oauth2: Authorisation | None = None
    stored_smtp_oauth2: Authorisation | None = None

    @property
    def key(self) -> str:
        return self.setup.address.lower()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Everything in the file that can be told apart: what lacks its name is left out (and was complained of)."""

    file: DeskFile
    settings: MailPreferences
    departments: tuple[tuple[Table, DepartmentSetup], ...]
    help_topics: tuple[tuple[Table, HelpTopicSetup], ...]
    agents: tuple[WantedAgent, ...]
    emails: tuple[WantedEmail, ...]
    notices: NoticePreferences
    template_sets: tuple[tuple[Table, TemplateSetSetup], ...]
    templates: tuple[tuple[Table, Source], ...]


def wanted(file: DeskFile, now: Present) -> Wanted:
    """Lay the file over the desk."""
    sets = tuple(
        (table, laid_over(template_set_setup(row) if row else TemplateSetSetup(name), table))
        for name, table, row in _known(file.template_sets, "name", now.template_sets, folded=True)
    )
    return Wanted(
        file=file,
        settings=laid_over(mail_preferences(now.settings), file.settings),
        departments=tuple(_departments(file, now)),
        help_topics=tuple(_help_topics(file, now)),
        agents=tuple(
            WantedAgent(
                table,
                laid_over(agent_setup(row) if row else AgentSetup(name), table, email=name),
                table.values.get("departments"),
            )
            for name, table, row in _known(file.agents, "email", now.agents, lower=True)
        ),
        emails=tuple(_email(tables, now) for tables in file.emails if "address" in tables.account.values),
        notices=laid_over(notice_preferences(now.notices), file.notices),
        template_sets=sets,
        templates=tuple(_templates(file, now, sets)),
    )


def missing(file: DeskFile, now: Present, complained_of: frozenset[str]) -> Iterator[Invalid]:
    """Required keys that nothing gives: neither the file nor, for what there is already, the database."""
    for email in file.emails:
        row = now.emails.get(str(email.account.values.get("address", "")).lower())
        yield from _missing(email.account, row, complained_of)
        for name, table in (("mailbox", email.mailbox), ("smtp", email.smtp)):
            if table is not None:
                yield from _missing(table, getattr(row, name, None), complained_of)
    for tables, rows in ((file.departments, now.departments), (file.help_topics, now.help_topics)):
        for table in tables:
            yield from _missing(table, rows.get(table.values.get("name", "")), complained_of)
    for table in file.template_sets:
        yield from _missing(table, now.template_sets.get(table.values.get("name", "").lower()), complained_of)
    for table in file.templates:
        yield from _missing(table, None, complained_of)
    for table in file.agents:
        yield from _missing(table, now.agents.get(table.values.get("email", "").lower()), complained_of)


def laid_over(base: Setup, table: Table, **instead: Any) -> Setup:
    """The setup with the file's values where it has them."""
    known = {field.name for field in fields(base)}  # type: ignore[arg-type]
    given = {name: value for name, value in table.values.items() if name in known}
    return replace(base, **{**given, **instead})  # type: ignore[type-var]


def _missing(table: Table, row: object, complained_of: frozenset[str]) -> Iterator[Invalid]:
    for key in table.section.keys:
        given = key.name in table.values or table.at(key.name) in complained_of
        if key.default is REQUIRED and not given and row is None:
            yield Invalid(table.at(key.name), "is required")


def _known(
    tables: Iterable[Table], identity: str, rows: dict[str, Any], *, lower: bool = False, folded: bool = False
) -> Iterator[tuple[str, Table, Any]]:
    """`lower`: the name counts in lower case; `folded`: it is only looked up so."""
    for table in tables:
        if identity in table.values:
            name = table.values[identity].lower() if lower else table.values[identity]
            yield name, table, rows.get(name.lower() if folded else name)


def _departments(file: DeskFile, now: Present) -> Iterator[tuple[Table, DepartmentSetup]]:
    another_default = any(table.values.get("default") for table in file.departments)
    for name, table, row in _known(file.departments, "name", now.departments):
        base = department_setup(row) if row else DepartmentSetup(name)
        # Where the file makes another department the default, the old one need not be told.
        yield table, laid_over(replace(base, default=base.default and not another_default), table)


def _help_topics(file: DeskFile, now: Present) -> Iterator[tuple[Table, HelpTopicSetup]]:
    another_default = any(table.values.get("default") for table in file.help_topics)
    for name, table, row in _known(file.help_topics, "name", now.help_topics):
        base = help_topic_setup(row) if row else HelpTopicSetup(name)
        yield table, laid_over(replace(base, default=base.default and not another_default), table)


def _templates(
    file: DeskFile, now: Present, sets: tuple[tuple[Table, TemplateSetSetup], ...]
) -> Iterator[tuple[Table, Source]]:
    """Messages as wanted: what the file says over what the set says now."""
    languages = {setup.name.lower(): setup.language for _, setup in sets}
    for table in file.templates:
        name, code = table.values.get("set", "").lower(), table.values.get("message", "")
        if not name or code not in BY_CODE:
            continue
        row = now.template_sets.get(name)
        own = next((one for one in row.templates.all() if one.code == code), None) if row else None
        language = languages.get(name) or (row.language if row else "en")
        base = Source(own.subject, own.html, own.text) if own else stock(language, code)
        yield table, laid_over(base, table)


def _email(tables: EmailTables, now: Present) -> WantedEmail:
    given = tables.account.values["address"]
    row = now.emails.get(given.lower())
    rows = {name: getattr(row, name, None) for name in ("mailbox", "smtp", "new_tickets")}
    new_tickets = new_ticket_setup(rows["new_tickets"]) if rows["new_tickets"] else NewTicketSetup()
    return WantedEmail(
        tables=tables,
        setup=laid_over(email_setup(row) if row else EmailSetup(given), tables.account),
        new_tickets=laid_over(new_tickets, tables.account),
        mailbox=_mailbox(tables.mailbox, row),
        smtp=_smtp(tables.smtp, row),
        stored_mailbox_password=bool(rows["mailbox"] and rows["mailbox"].credential_id),
        stored_smtp_password=bool(rows["smtp"] and rows["smtp"].credential_id),
        mailbox_oauth2=_oauth2(tables.mailbox_oauth2, rows["mailbox"]),
        smtp_oauth2=_oauth2(tables.smtp_oauth2, rows["smtp"]),
        stored_mailbox_oauth2=getattr(rows["mailbox"], "authorisation", None),
        stored_smtp_oauth2=getattr(rows["smtp"], "authorisation", None),
    )


def _mailbox(table: Table | None, email: Email | None) -> MailboxSetup | None:
    """The mailbox as wanted, also one that only the database has; None when there is none at all."""
    row = getattr(email, "mailbox", None)
    base = mailbox_setup(row) if row else None
    if table is None:
        return base
    # Naming an archive folder is asking for mail to be moved there; naming none leaves the server's mail alone.
    fetched = "move" if table.values.get("archive_folder") else "nothing"
    return laid_over(base or MailboxSetup(fetched=fetched), table)


def _smtp(table: Table | None, email: Email | None) -> SmtpSetup | None:
    row = getattr(email, "smtp", None)
    base = smtp_setup(row) if row else None
    return base if table is None else laid_over(base or SmtpSetup(), table)


def _oauth2(table: Table | None, connection: object) -> OAuth2Setup | None:
    row: Authorisation | None = getattr(connection, "authorisation", None)
    base = setup_of(row) if row else None
    return base if table is None else laid_over(base or OAuth2Setup(), table)
