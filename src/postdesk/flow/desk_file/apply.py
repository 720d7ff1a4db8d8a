"""Make the desk as the file says, or change nothing and say everything that is wrong. Says what it changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from django.db import transaction

from postdesk.basics.changes import Change
from postdesk.basics.errors import Invalid, Problems, Refused
from postdesk.flow.desk_file.filters import write_bans, write_filters
from postdesk.flow.desk_file.present import Present, present
from postdesk.flow.desk_file.read import Sources, read
from postdesk.flow.desk_file.rules import broken_rules
from postdesk.flow.desk_file.staff import placed, write_access, write_kind
from postdesk.flow.desk_file.wanted import Wanted, WantedAgent, WantedEmail, missing, wanted
from postdesk.grants.providers import AUTH
from postdesk.mailroom import authorisations
from postdesk.mailroom.connect import save_email, save_mailbox, save_smtp
from postdesk.mailroom.models import Email
from postdesk.mailroom.preferences import save_preferences
from postdesk.people import audit
from postdesk.people.models import Agent
from postdesk.people.staff import save_agent
from postdesk.tickets.arrange import save_new_tickets
from postdesk.tickets.departments import save_department
from postdesk.tickets.help_topics import save_help_topic
from postdesk.tickets.models import TemplateSet
from postdesk.tickets.notice_preferences import save_notice_preferences
from postdesk.tickets.wording import save_template, save_template_set


def _no_environment(name: str) -> str | None:
    return None


def apply_file(
    text: str,
    *,
    at: dt.datetime,
    dry_run: bool = False,
    env: Callable[[str], str | None] = _no_environment,
    folder: Path | None = None,
) -> tuple[str, ...]:
    """Apply the text of a desk file; returns a line for each change, none when all was so already.

    `env` looks up variables named by `..._env` keys; `folder` is what file names in it are relative to. With
    `dry_run` the same lines, and nothing changed. Raises Refused when anything at all is wrong; its field `problems`
    holds one "path: sentence" for each, in the order of the file.
    """
    file, problems = read(text, Sources(env, folder or Path.cwd()))
    with transaction.atomic():
        now = present()
        desk = wanted(file, now)
        complained_of = frozenset(problem.field for problem in problems)
        problems += missing(file, now, complained_of)
        _refuse(problems, broken_rules(desk, now))
        lines = _Lines()
        _write(desk, now, lines, at=at)
        if dry_run:
            transaction.set_rollback(True)
    return tuple(lines)


def _refuse(problems: list[Invalid], broken: Iterable[Invalid]) -> None:
    """Raise when there is anything to complain of. What a complaint was made of already is left at that."""
    told: dict[str, Invalid] = {}
    for problem in (*problems, *broken):
        if not any(field in told for field in _covering(problem.field)):
            told[problem.field] = problem
    if told:
        sentences = tuple(str(problem) for problem in told.values())
        count = "1 problem" if len(sentences) == 1 else f"{len(sentences)} problems"
        raise Refused(f"The file has {count}; nothing was changed.", problems=sentences)


def _covering(field: str) -> tuple[str, ...]:
    """The key itself, where its secret was to come from, and the table it stands in."""
    return (field, f"{field}_env", f"{field}_file", field.rpartition(".")[0])


class _Lines(list[str]):
    """What was done, one line each."""

    def note(self, what: str, made: bool, changes: Iterable[Change]) -> None:
        if made:
            self.append(f"{what}: created")
        else:
            self.extend(f"{what}: {change}" for change in changes)


def _write(desk: Wanted, now: Present, lines: _Lines, *, at: dt.datetime) -> None:
    """In this order, since each names what stands before it. The operations say what else is wrong; then nothing is
    changed."""
    wrong: list[Invalid] = []
    sets = _template_sets(desk, now, lines, at=at)
    rows = {email.key: _email(email, now, lines, at=at) for email in desk.emails}
    for kind in ("priority", "schedule", "sla", "role"):
        wrong += write_kind(desk.file, kind, lines.note, at=at)
    agents = _Agents(desk, now)
    wrong += agents.save(at=at)
    wrong += _departments(desk, now, lines, at=at)
    wrong += write_kind(desk.file, "team", lines.note, at=at)
    wrong += write_kind(desk.file, "organisation", lines.note, at=at)
    wrong += _help_topics(desk, now, lines, at=at)
    _refuse(wrong, ())
    for email in desk.emails:
        changes = save_new_tickets(rows[email.key], email.new_tickets, by=audit.DESK_FILE, at=at)
        lines.note(f"email {email.setup.address}", False, changes)
    wrong += agents.let_work(lines, at=at)
    wrong += write_kind(desk.file, "canned_response", lines.note, at=at)
    changes = save_preferences(now.settings, desk.settings, by=audit.DESK_FILE, at=at)
    lines.note("settings", False, changes)
    lines.note("notices", False, save_notice_preferences(now.notices, desk.notices, by=audit.DESK_FILE, at=at))
    _end_template_sets(desk, now, lines, at=at)
    for table, source in desk.templates:
        name = table.values["set"]
        changes = save_template(sets[name.lower()], table.values["message"], source, by=audit.DESK_FILE, at=at)
        lines.note(f"template {table.values['message']} of {name}", False, changes)

    # Last, since filters name everything above.
    wrong += [*write_filters(desk.file, lines.note, at=at), *write_bans(desk.file, lines.note, at=at)]
    _refuse(wrong, ())


def _template_sets(desk: Wanted, now: Present, lines: _Lines, *, at: dt.datetime) -> dict[str, TemplateSet]:
    """Make and change sets, and give all of them; what is to be switched off waits until nothing uses it."""
    rows = dict(now.template_sets)
    for _, setup in desk.template_sets:
        row = rows.get(setup.name.lower())
        if row is None or setup.active:
            saved, changes = save_template_set(row, setup, by=audit.DESK_FILE, at=at)
            lines.note(f"template set {setup.name}", row is None, changes)
            rows[setup.name.lower()] = saved
    return rows


def _end_template_sets(desk: Wanted, now: Present, lines: _Lines, *, at: dt.datetime) -> None:
    for _, setup in desk.template_sets:
        row = now.template_sets.get(setup.name.lower())
        if row is not None and not setup.active:
            lines.note(f"template set {setup.name}", False, save_template_set(row, setup, by=audit.DESK_FILE, at=at)[1])


def _email(email: WantedEmail, now: Present, lines: _Lines, *, at: dt.datetime) -> Email:
    address = email.setup.address
    present_row = now.emails.get(email.key)
    had_mailbox, had_smtp = hasattr(present_row, "mailbox"), hasattr(present_row, "smtp")
    row, changes = save_email(present_row, email.setup, by=audit.DESK_FILE, at=at)
    lines.note(f"email {address}", present_row is None, changes)
    if email.tables.mailbox is not None and email.mailbox is not None:
        lines.note(
            f"mailbox of {address}", not had_mailbox, save_mailbox(row, email.mailbox, by=audit.DESK_FILE, at=at)
        )
    _oauth2(email, row, "mailbox", lines, at=at)
    if email.tables.smtp is not None and email.smtp is not None:
        lines.note(f"smtp of {address}", not had_smtp, save_smtp(row, email.smtp, by=audit.DESK_FILE, at=at))
    _oauth2(email, row, "smtp", lines, at=at)
    return row


def _oauth2(email: WantedEmail, row: Email, of: str, lines: _Lines, *, at: dt.datetime) -> None:
    """Saved when the file speaks of the connection at all, which signs in so."""
    connection, setup = getattr(email, of), getattr(email, f"{of}_oauth2")
    if getattr(email.tables, of) is None or connection is None or connection.auth not in AUTH or setup is None:
        return
    made = getattr(email, f"stored_{of}_oauth2") is None
    changes = authorisations.save(getattr(row, of), connection.auth, setup, by=audit.DESK_FILE, at=at)
    lines.note(f"OAuth2 of {of} of {email.setup.address}", made, changes)


def _departments(desk: Wanted, now: Present, lines: _Lines, *, at: dt.datetime) -> Iterator[Invalid]:
    # The new default first: it takes the place of the old one.
    for table, setup in sorted(desk.departments, key=lambda one: not one[1].default):
        row = now.departments.get(setup.name)
        try:
            _, changes = save_department(row, setup, by=audit.DESK_FILE, at=at)
        except Problems as refusal:
            yield from placed(table, refusal)
        else:
            lines.note(f"department {setup.name}", row is None, changes)


def _help_topics(desk: Wanted, now: Present, lines: _Lines, *, at: dt.datetime) -> Iterator[Invalid]:
    for table, setup in desk.help_topics:
        row = now.help_topics.get(setup.name)
        try:
            _, changes = save_help_topic(row, setup, by=audit.DESK_FILE, at=at)
        except Problems as refusal:
            yield from placed(table, refusal)
        else:
            lines.note(f"help topic {setup.name}", row is None, changes)


class _Agents:
    """Agents are saved before the departments they manage, and let into departments after those."""

    def __init__(self, desk: Wanted, now: Present) -> None:
        self._desk, self._now = desk, now
        self._saved: list[tuple[WantedAgent, Agent, tuple[Change, ...]]] = []

    def save(self, *, at: dt.datetime) -> Iterator[Invalid]:
        # Administrators first, so that another one may stop being the last.
        for one in sorted(self._desk.agents, key=lambda agent: not (agent.setup.admin and agent.setup.active)):
            row = self._now.agents.get(one.setup.email)
            try:
                agent, changes = save_agent(row, one.setup, by=audit.DESK_FILE, at=at)
            except Problems as refusal:
                yield from placed(one.table, refusal)
            else:
                self._saved.append((one, agent, changes))

    def let_work(self, lines: _Lines, *, at: dt.datetime) -> Iterator[Invalid]:
        for one, agent, changes in self._saved:
            more, wrong = write_access(self._desk.file, one, agent, at=at)
            yield from wrong
            lines.note(f"agent {agent.email}", agent.email not in self._now.agents, (*changes, *more))
