"""What the file's parts must be to each other and to the desk: the rules, in one table, a sentence each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from postdesk.basics.errors import Invalid
from postdesk.flow.desk_file import values
from postdesk.flow.desk_file.keys import Refers
from postdesk.flow.desk_file.present import NAMES, Present
from postdesk.flow.desk_file.read import Table
from postdesk.flow.desk_file.wanted import Wanted, WantedEmail
from postdesk.grants.providers import AUTH
from postdesk.mailroom.aliases import alias_problems
from postdesk.mailroom.authorisation_rules import problems as oauth2_problems
from postdesk.mailroom.authorisations import OAuth2Setup
from postdesk.mailroom.connect import MailboxSetup, SmtpSetup, email_setup
from postdesk.tickets.arrange import new_ticket_setup
from postdesk.tickets.notice_preferences import alert_problems
from postdesk.tickets.wording import template_problems


@dataclass(frozen=True, slots=True)
class Rule:
    sentence: str
    broken: Callable[[Wanted, Present], Iterator[Invalid]]


def broken_rules(wanted: Wanted, now: Present) -> Iterator[Invalid]:
    """Every breach of every rule."""
    for rule in RULES:
        yield from rule.broken(wanted, now)


#: What tables that are not known by their name are known by.
_IDENTITY: Final = {"priority": "key", "canned_response": "title"}


def _named(tables: Iterable[Table]) -> set[str]:
    return {str(table.values["name"]).lower() for table in tables if "name" in table.values}


def nothing_twice(wanted: Wanted, now: Present) -> Iterator[Invalid]:
    file = wanted.file
    emails = [email.account for email in file.emails]
    groups = (
        (file.template_sets, "name"),
        *((file.departments, "name"), (file.help_topics, "name"), (file.agents, "email"), (emails, "address")),
        (tuple(one.table for one in file.filters), "name"),
        *((tables, _IDENTITY.get(kind, "name")) for kind, tables in file.others.items()),
        (file.bans, "pattern"),
    )
    for tables, key in groups:
        first: dict[str, Table] = {}
        for table in tables:
            if key not in table.values:
                continue
            name = table.values[key].lower()
            if first.setdefault(name, table) is not table:
                yield Invalid(table.at(key), f"{table.values[key]} stands in the file already, as {first[name].path}")


def names_exist(wanted: Wanted, now: Present) -> Iterator[Invalid]:
    known: dict[Refers, set[str]] = {
        "email": {*now.emails, *(email.key for email in wanted.emails)},
        "department": {*now.departments, *(setup.name for _, setup in wanted.departments)},
        "help_topic": {*now.help_topics, *(setup.name for _, setup in wanted.help_topics)},
        "template_set": {*now.template_sets, *(setup.name.lower() for _, setup in wanted.template_sets)},
        "agent": {*now.agents, *(agent.setup.email for agent in wanted.agents)},
        **{kind: {*now.names[kind], *_named(wanted.file.others.get(kind, ()))} for kind in NAMES},
    }
    for table in wanted.file.tables():
        for key in table.section.keys:
            if key.refers is None or key.name not in table.values:
                continue
            value = table.values[key.name]
            for name in value if isinstance(value, tuple) else (value,):
                same = name if key.refers in {"department", "help_topic"} else name.lower()
                if (name or isinstance(value, tuple)) and same not in known[key.refers]:
                    what = key.refers.replace("_", " ")
                    yield Invalid(table.at(key.name), f'there is no {what} "{name}", here or in the database')


def addresses_are_apart(wanted: Wanted, now: Present) -> Iterator[Invalid]:
    agents = {*now.agents, *(agent.setup.email for agent in wanted.agents)}
    admin = wanted.settings.admin_email.lower()
    in_file = {email.key for email in wanted.emails}
    for email in wanted.emails:
        found = values.address_problems(email.setup.address, others=(), agents=agents, admin_email=admin)
        yield from _placed(email.tables.account, found)
    others = {*now.emails} - in_file
    for agent in wanted.agents:
        if agent.setup.email in others:
            yield Invalid(agent.table.at("email"), f"{agent.setup.email} is an address of the desk")
    if "admin_email" in wanted.file.settings.values and admin in others:
        yield Invalid(wanted.file.settings.at("admin_email"), f"{admin} is an address of the desk")


def aliases_are_apart(wanted: Wanted, now: Present) -> Iterator[Invalid]:
    agents = {*now.agents, *(agent.setup.email for agent in wanted.agents)}
    admin = wanted.settings.admin_email.lower()
    setups = {**{key: email_setup(row) for key, row in now.emails.items()}, **{e.key: e.setup for e in wanted.emails}}
    for email in wanted.emails:
        taken = {admin: "is the admin email"} if admin else {}
        taken |= dict.fromkeys(agents, "is an agent's own address")
        for key, setup in setups.items():
            if key != email.key:
                taken |= dict.fromkeys(setup.aliases, f"is an alias of {setup.address}")
                taken[key] = "is an address of the desk"
        yield from _placed(email.tables.account, alias_problems(email.setup, taken))


def one_default_department(wanted: Wanted, now: Present) -> Iterator[Invalid]:
    defaults = [table for table, setup in wanted.departments if setup.default]
    for table in defaults[1:]:
        yield Invalid(table.at("default"), f"{defaults[0].path} is the default already, and only one can be")
    for table, setup in wanted.departments:
        row = now.departments.get(setup.name)
        if not defaults and row is not None and row.is_default and not setup.default:
            yield Invalid(table.at("default"), "one department must be the default: say default = true at another")
        if setup.default and not setup.active:
            yield Invalid(table.at("active"), "the default department must be active")


def one_default_at_most(wanted: Wanted, now: Present) -> Iterator[Invalid]:
    for tables in (wanted.file.help_topics, wanted.file.others.get("sla", ())):
        defaults = [table for table in tables if table.values.get("default")]
        for table in defaults[1:]:
            yield Invalid(table.at("default"), f"{defaults[0].path} is the default already, and only one can be")


def default_mta_can_send(wanted: Wanted, now: Present) -> Iterator[Invalid]:
    name = wanted.settings.default_mta.lower()
    in_file = {email.key: email.smtp for email in wanted.emails}
    if not name or (name not in in_file and name not in now.emails):
        return
    row = now.emails.get(name)
    account = in_file[name] if name in in_file else getattr(row, "smtp", None)
    if account is None or not account.status:
        what = "has no SMTP" if account is None else "has its SMTP switched off"
        yield Invalid(wanted.file.settings.at("default_mta"), f"{wanted.settings.default_mta} {what}")


def new_tickets_go_where_people_work(wanted: Wanted, now: Present) -> Iterator[Invalid]:
    departments = {name for name, row in now.departments.items() if row.is_active}
    topics = {name for name, row in now.help_topics.items() if row.is_active}
    departments |= {setup.name for _, setup in wanted.departments if setup.active}
    topics |= {setup.name for _, setup in wanted.help_topics if setup.active}
    departments -= {setup.name for _, setup in wanted.departments if not setup.active}
    topics -= {setup.name for _, setup in wanted.help_topics if not setup.active}
    for email in wanted.emails:
        row = getattr(now.emails.get(email.key), "new_tickets", None)
        stored = new_ticket_setup(row) if row else None
        found = values.new_ticket_problems(email.new_tickets, stored, departments=departments, help_topics=topics)
        yield from _placed(email.tables.account, found)


def replies_can_be_stripped(wanted: Wanted, now: Present) -> Iterator[Invalid]:
    yield from _placed(wanted.file.settings, values.separator_problems(wanted.settings))


def connections_are_valid(wanted: Wanted, now: Present) -> Iterator[Invalid]:
    for email in wanted.emails:
        yield from _mailbox(email)
        yield from _smtp(email)


def _mailbox(email: WantedEmail) -> Iterator[Invalid]:
    table, setup = email.tables.mailbox, email.mailbox
    if table is not None and setup is not None:
        has_password = setup.password is not None or email.stored_mailbox_password
        yield from _placed(table, values.mailbox_problems(setup, has_password=has_password))
        yield from _oauth2(email, "mailbox", table, setup)


def _smtp(email: WantedEmail) -> Iterator[Invalid]:
    table, setup = email.tables.smtp, email.smtp
    if table is not None and setup is not None:
        has_password = setup.password is not None or email.stored_smtp_password
        found = values.smtp_problems(
            setup,
            mailbox=email.mailbox,
            has_password=has_password,
            given=frozenset(key for key, value in table.values.items() if value),
        )
        yield from _placed(table, found)
        yield from _oauth2(email, "smtp", table, setup)


def _oauth2(email: WantedEmail, of: str, table: Table, connection: MailboxSetup | SmtpSetup) -> Iterator[Invalid]:
    own: Table | None = getattr(email.tables, f"{of}_oauth2")
    setup: OAuth2Setup | None = getattr(email, f"{of}_oauth2")
    if connection.auth not in AUTH:
        if own is not None:
            yield Invalid(own.path, f'is not used with auth = "{connection.auth}"')
    elif setup is None:
        yield Invalid(table.at("auth"), f"needs the table [email.{of}.oauth2] with the client at the provider")
    else:
        stored = getattr(email, f"stored_{of}_oauth2")
        place = own or Table(table.section, table.at("oauth2"))
        found = oauth2_problems(setup, auth=connection.auth, stored=stored, is_used=connection.status)
        yield from _placed(place, found)


def _placed(table: Table, problems: Iterable[Invalid]) -> Iterator[Invalid]:
    return (Invalid(table.at(problem.field), problem.message) for problem in problems)


def alerts_go_to_somebody(wanted: Wanted, now: Present) -> Iterator[Invalid]:
    yield from _placed(wanted.file.notices, alert_problems(wanted.notices))


def used_sets_are_active(wanted: Wanted, now: Present) -> Iterator[Invalid]:
    in_file = {setup.name for _, setup in wanted.departments}
    users = [(wanted.notices.default_template_set, "the default template set")]
    users += [(setup.template_set, f"the department {setup.name}") for _, setup in wanted.departments]
    users += [
        (row.template_set.name, f"the department {name}")
        for name, row in now.departments.items()
        if row.template_set is not None and name not in in_file
    ]
    for table, setup in wanted.template_sets:
        used_by = [who for name, who in users if name.lower() == setup.name.lower()]
        if used_by and not setup.active:
            yield Invalid(table.at("active"), f"cannot be switched off: it is used by {' and '.join(used_by)}")


def templates_are_sound(wanted: Wanted, now: Present) -> Iterator[Invalid]:
    for table, source in wanted.templates:
        yield from _placed(table, template_problems(table.values["message"], source))


RULES: Final = (
    Rule("Nothing stands in the file twice.", nothing_twice),
    Rule("What is named (departments, emails, agents, roles ...) exists, in the file or already.", names_exist),
    Rule("An address of the desk is neither an agent's own nor the admin email.", addresses_are_apart),
    Rule("An alias is nobody else's: no email's, no other alias, no agent's, not the admin email.", aliases_are_apart),
    Rule("Exactly one department is the default, and it is active.", one_default_department),
    Rule("One help topic at most is the default, and one SLA plan.", one_default_at_most),
    Rule("The default MTA has an outgoing account that is switched on.", default_mta_can_send),
    Rule("New tickets go to departments and help topics that are active.", new_tickets_go_where_people_work),
    Rule("Quoted replies are stripped at a separator.", replies_can_be_stripped),
    Rule("Mailboxes and outgoing accounts make sense in themselves.", connections_are_valid),
    Rule("An alert that is on goes to somebody.", alerts_go_to_somebody),
    Rule("A template set that is used is active.", used_sets_are_active),
    Rule("Templates only speak of what their message knows.", templates_are_sound),
)
