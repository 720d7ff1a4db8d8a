"""Filters and bans of a desk file: read into setups, and saved by the operations that the screens use, too."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from postdesk.basics.changes import Change
from postdesk.basics.errors import Invalid, Problems
from postdesk.flow.desk_file.read import DeskFile, FilterTables, Table
from postdesk.judge.bans import clean_pattern
from postdesk.judge.filters.values import Rule
from postdesk.mailroom.bans import BanSetup, ban_setup, save_ban
from postdesk.mailroom.models import Ban
from postdesk.people.audit import DESK_FILE
from postdesk.tickets.filter_setup import ActionSetup, FilterSetup, filter_setup
from postdesk.tickets.filters import save_filter, stored

Note = Callable[[str, bool, Iterable[Change]], None]
_PLACE = re.compile(r"(rule|action)s\.(\d+)\.")


def write_filters(file: DeskFile, note: Note, *, at: dt.datetime) -> list[Invalid]:
    """Save every filter that can be told apart. Returns what is wrong; then the caller rolls back."""
    problems: list[Invalid] = []
    rows = {row.name.lower(): row for row in stored()}
    for tables in file.filters:
        name = tables.table.values.get("name")
        if name is None:
            problems.append(Invalid(tables.table.at("name"), "is required"))
            continue
        row = rows.get(name.lower())
        base = filter_setup(row) if row else FilterSetup(name)
        try:
            _, changes = save_filter(row, _laid_over(base, tables), by=DESK_FILE, at=at)
        except Problems as refusal:
            problems += [_placed(tables.table, one) for one in refusal.problems if isinstance(one, Invalid)]
        else:
            note(f"filter {name}", row is None, changes)
    return problems


def _laid_over(base: FilterSetup, tables: FilterTables) -> FilterSetup:
    given = tables.table.values
    setup = replace(base, **{name: given[name] for name in FilterSetup.__slots__ if name in given})
    if tables.rules:
        setup = replace(setup, rules=tuple(Rule(**{**_NO_RULE, **one.values}) for one in tables.rules))
    if tables.actions:
        setup = replace(setup, actions=tuple(ActionSetup(**{"kind": "", **one.values}) for one in tables.actions))
    return setup


_NO_RULE = {"criterion": "", "operator": "", "value": ""}


def _placed(table: Table, problem: Invalid) -> Invalid:
    """ "rules.0.value" is "filter[1].rule[1].value" in the file."""
    field = _PLACE.sub(lambda found: f"{found[1]}[{int(found[2]) + 1}].", problem.field)
    return Invalid(table.at({"rules": "rule", "actions": "action"}.get(field, field)), problem.message)


def write_bans(file: DeskFile, note: Note, *, at: dt.datetime) -> list[Invalid]:
    """Save every ban. Returns what is wrong."""
    problems: list[Invalid] = []
    for table in file.bans:
        if "pattern" not in table.values:
            problems.append(Invalid(table.at("pattern"), "is required"))
            continue
        try:
            _, pattern = clean_pattern(table.values["pattern"])
            row = Ban.objects.filter(pattern=pattern).first()
            base = ban_setup(row) if row else BanSetup(pattern)
            _, changes = save_ban(row, replace(base, **{**table.values, "pattern": pattern}), by=DESK_FILE, at=at)
        except Invalid as problem:
            problems.append(Invalid(table.at(problem.field), problem.message))
        else:
            note(f"ban {pattern}", row is None, changes)
    return problems
