"""From the file's text to its tables: every key known, every value of its type, every secret fetched.

What is wrong is collected, not raised, so that all of it is said at once.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from postdesk.basics.errors import Invalid
from postdesk.flow.desk_file import keys
from postdesk.flow.desk_file.clean import clean
from postdesk.flow.desk_file.keys import Key, Section


@dataclass(frozen=True, slots=True)
class Sources:
    """Where secrets and files are: `env` looks an environment variable up, `folder` is what paths are relative to."""

    env: Callable[[str], str | None]
    folder: Path


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the file: where it stands ("email[2].mailbox", counted from one) and its good values."""

    section: Section
    path: str
    values: dict[str, Any] = field(default_factory=dict)

    def at(self, key: str) -> str:
        return f"{self.path}.{key}"


@dataclass(frozen=True, slots=True)
class EmailTables:
    """One [[email]] with its tables, None where it has none."""

    account: Table
    mailbox: Table | None
    smtp: Table | None
    mailbox_oauth2: Table | None = None
    smtp_oauth2: Table | None = None


@dataclass(frozen=True, slots=True)
class FilterTables:
    """One [[filter]] with its lists; an empty one says nothing about what there is."""

    table: Table
    rules: tuple[Table, ...]
    actions: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class DeskFile:
    """What the file says, and nothing that it does not say."""

    settings: Table
    departments: tuple[Table, ...]
    help_topics: tuple[Table, ...]
    agents: tuple[Table, ...]
    emails: tuple[EmailTables, ...]
    filters: tuple[FilterTables, ...] = ()
    bans: tuple[Table, ...] = ()
    notices: Table = field(default_factory=lambda: Table(keys.NOTICES, "notices"))
    template_sets: tuple[Table, ...] = ()
    templates: tuple[Table, ...] = ()
    #: priority, schedule, sla, role, team, organisation, canned_response: by the name of their section.
    others: dict[str, tuple[Table, ...]] = field(default_factory=dict)
    #: [[agent.access]], by the path of the agent.
    access: dict[str, tuple[Table, ...]] = field(default_factory=dict)

    def tables(self) -> Iterator[Table]:
        """Every table, in the order of the file format."""
        yield self.settings
        yield self.notices
        yield from (*self.template_sets, *self.templates)
        for tables in (*self.others.values(), *self.access.values()):
            yield from tables
        yield from (*self.departments, *self.help_topics, *self.agents)
        for email in self.emails:
            tables_of = (email.account, email.mailbox, email.mailbox_oauth2, email.smtp, email.smtp_oauth2)
            yield from (table for table in tables_of if table is not None)
        for one in self.filters:
            yield from (one.table, *one.rules, *one.actions)
        yield from self.bans


_LISTS: Final = {
    section.path: section
    for section in (
        keys.TEMPLATE_SET,
        keys.TEMPLATE,
        keys.DEPARTMENT,
        keys.HELP_TOPIC,
        keys.AGENT,
        keys.EMAIL,
        keys.FILTER,
        keys.BAN,
        keys.PRIORITY,
        keys.SCHEDULE,
        keys.SLA,
        keys.ROLE,
        keys.TEAM,
        keys.ORGANISATION,
        keys.CANNED_RESPONSE,
    )
}
_OTHERS: Final = ("priority", "schedule", "sla", "role", "team", "organisation", "canned_response")
_ONES: Final = {section.path: section for section in (keys.SETTINGS, keys.NOTICES)}
#: Tables inside a table, by its section.
_INSIDE: Final = {
    "email": frozenset({"mailbox", "smtp"}),
    "email.mailbox": frozenset({"oauth2"}),
    "email.smtp": frozenset({"oauth2"}),
    "filter": frozenset({"rule", "action"}),
    "agent": frozenset({"access"}),
}


def read(text: str, sources: Sources) -> tuple[DeskFile, list[Invalid]]:
    """The file's tables and everything that is wrong with them by themselves."""
    problems: list[Invalid] = []
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # tomllib says what and where; it never quotes the line, so no secret can be in it.
        return DeskFile(Table(keys.SETTINGS, "settings"), (), (), (), ()), [Invalid("file", f"is not TOML: {error}")]
    reader = _Reader(sources, problems)
    for name in document:
        if name not in _ONES and name not in _LISTS:
            known = ", ".join([*_ONES, *_LISTS])
            problems.append(Invalid(name, f"is not known; the file may have {known}"))
    lists = {name: reader.tables(document.get(name, []), section) for name, section in _LISTS.items()}
    emails = []
    for table, raw in lists["email"]:
        mailbox = reader.part(table, raw, "mailbox", keys.MAILBOX)
        smtp = reader.part(table, raw, "smtp", keys.SMTP)
        oauth2 = (
            reader.part_of(mailbox, raw.get("mailbox"), "oauth2", keys.MAILBOX_OAUTH2),
            reader.part_of(smtp, raw.get("smtp"), "oauth2", keys.SMTP_OAUTH2),
        )
        emails.append(EmailTables(table, mailbox, smtp, *oauth2))
    filters = tuple(
        FilterTables(
            table,
            reader.inside(table, raw, "rule", keys.FILTER_RULE),
            reader.inside(table, raw, "action", keys.FILTER_ACTION),
        )
        for table, raw in lists["filter"]
    )
    plain = {name: tuple(table for table, _ in pairs) for name, pairs in lists.items()}
    settings, notices = (reader.table(document.get(name, {}), section, name) for name, section in _ONES.items())
    file = DeskFile(
        settings,
        plain["department"],
        plain["help_topic"],
        plain["agent"],
        tuple(emails),
        filters,
        plain["ban"],
        notices=notices,
        template_sets=plain["template_set"],
        templates=plain["template"],
        others={name: plain[name] for name in _OTHERS},
        access={table.path: reader.inside(table, raw, "access", keys.ACCESS) for table, raw in lists["agent"]},
    )
    return file, problems


class _Reader:
    """Reads tables by their section, noting problems as it goes."""

    def __init__(self, sources: Sources, problems: list[Invalid]) -> None:
        self._sources = sources
        self._problems = problems

    def tables(self, raw: object, section: Section) -> list[tuple[Table, dict[str, Any]]]:
        if not isinstance(raw, list) or not all(isinstance(one, dict) for one in raw):
            self._problems.append(Invalid(section.path, f"must be written as {section.heading}"))
            return []
        return [(self.table(one, section, f"{section.path}[{place}]"), one) for place, one in enumerate(raw, start=1)]

    def inside(self, outer: Table, raw: dict[str, Any], name: str, section: Section) -> tuple[Table, ...]:
        """A list of tables inside a table."""
        given = raw.get(name, [])
        if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
            self._problems.append(Invalid(outer.at(name), f"must be written as {section.heading}"))
            return ()
        return tuple(self.table(one, section, f"{outer.at(name)}[{at}]") for at, one in enumerate(given, start=1))

    def part(self, account: Table, raw: dict[str, Any], name: str, section: Section) -> Table | None:
        return self.table(raw[name], section, account.at(name)) if name in raw else None

    def part_of(self, outer: Table | None, raw: object, name: str, section: Section) -> Table | None:
        """The same, where the outer table may not be there."""
        return self.part(outer, raw, name, section) if outer is not None and isinstance(raw, dict) else None

    def table(self, raw: object, section: Section, path: str) -> Table:
        table = Table(section, path)
        if not isinstance(raw, dict):
            self._problems.append(Invalid(path, f"must be written as {section.heading}"))
            return table
        for name, value in raw.items():
            if name in _INSIDE.get(section.path, ()):
                continue
            self._value(table, raw, name, value)
        return table

    def _value(self, table: Table, raw: dict[str, Any], name: str, value: object) -> None:
        key = table.section.key(name) or _secret_of(table.section, name)
        if key is None:
            known = ", ".join(key.name for key in table.section.keys)
            self._problems.append(Invalid(table.at(name), f"is not known; {table.section.heading} may have {known}"))
            return
        if key.name in table.values or (key.name in raw and key.name != name):
            self._problems.append(Invalid(table.at(name), f"gives {key.name} a second time"))
            return
        try:
            if key.type == "secret":
                value = self._secret(key, name, value)
            value = clean(key, value)
            table.values[key.name] = self._file(value) if key.type == "file" else value
        except Invalid as problem:
            self._problems.append(Invalid(table.at(name), problem.message))

    def _secret(self, key: Key, name: str, value: object) -> object:
        """The secret itself, wherever it is kept."""
        if name == key.name:
            return value
        if not isinstance(value, str) or not value:
            what = "a variable" if name.endswith("_env") else "a file"
            raise Invalid(name, f"must be the name of {what}")
        if name.endswith("_env"):
            found = self._sources.env(value)
            if not found:
                raise Invalid(name, f"the environment variable {value} is not set")
            return found
        return self._content(value).rstrip("\r\n")

    def _file(self, value: object) -> str:
        """The absolute path of a file that can be read."""
        if not value:
            return ""
        self._content(str(value))
        return str(self._path(str(value)).resolve())

    def _content(self, name: str) -> str:
        try:
            return self._path(name).read_text()
        except (OSError, ValueError, RuntimeError) as error:
            words = getattr(error, "strerror", None) or "it is not text"
            raise Invalid("file", f"the file {name} cannot be read: {words}") from None

    def _path(self, name: str) -> Path:
        return self._sources.folder / Path(name).expanduser()


def _secret_of(section: Section, name: str) -> Key | None:
    """The secret that `password_env` or `password_file` is about."""
    stem, _, where = name.rpartition("_")
    key = section.key(stem) if where in {"env", "file"} else None
    return key if key and key.type == "secret" else None
