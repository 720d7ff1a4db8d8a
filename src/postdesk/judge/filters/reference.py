"""docs/reference/filters.md, written from the tables of criteria, operators and actions."""

from __future__ import annotations

from typing import Final

from postdesk.judge.filters.actions import ACTIONS, Takes
from postdesk.judge.filters.criteria import CRITERIA
from postdesk.judge.filters.operators import LOOKED_AT, OPERATORS
from postdesk.judge.filters.problems import LONGEST_VALUE, MOST_RULES
from postdesk.judge.filters.values import TARGETS

_HEAD: Final = f"""\
# Ticket filters

A filter looks at every message that is about to open a ticket, never at answers to tickets. A ticket that an agent
opens counts as one by the web. How to use filters: [filter and ban](../how-to/filter-and-ban.md). In the desk file:
[`[[filter]]`](apply.md).

- Filters run by their order, low first. All are matched against the message as it came; what one of them changes does
  not change what the others match.
- Each that matches does its actions; a later one overwrites an earlier one; one with *stop* ends it.
- A filter that names something deleted does not run; an action that names something not active is left out. The list
  of filters says so.
- What each filter did, and by which rule, stands on the ticket. What a filter rejected stands in the ledger.
- A filter has at most {MOST_RULES} rules, a value at most {LONGEST_VALUE} characters.
"""
_PATTERNS: Final = f"""\
Text is compared without regard to case, and blanks around it do not count.

A pattern is written bare (`invoice \\d+`: without regard to case) or as `/invoice \\d+/`, with the flags `i` (case does
not count), `m` (`^` and `$` at every line) and `s` (`.` is also a line's end). The language is
[RE2's](https://github.com/google/re2/wiki/Syntax): no pattern can take long, and so look-around and back references do
not exist. A pattern that cannot be read is refused when it is saved. It looks at the first {LOOKED_AT // 1_000_000}
million characters of a value.

A number is written as `3`, a size also as `500 kB` or `2.5 MB`.
"""
_TAKES: Final[dict[Takes, str]] = {
    "": "",
    "department": "a department",
    "help_topic": "a help topic",
    "agent": "an agent's address",
    "team": "a team",
    "sla": "an SLA plan",
    "canned": "a canned response",
    "priority": "`low`, `normal`, `high`, `emergency`",
    "status": "`open`, `closed`",
    "mail": "`sender`, `recipients`, `subject`, `text`",
}


def filters_reference(variables: tuple[tuple[str, str], ...]) -> str:
    """The whole page, in Markdown. `variables`: those of a mail that a filter sends."""
    criteria = [
        f"| `{one.name}` | {one.group}: {one.label} | {one.holds} | {one.sentence}"
        + (f" One of {', '.join(f'`{choice}`' for choice in one.choices)}." if one.choices else "")
        + " |"
        for one in CRITERIA
    ]
    operators = [f"| `{one.name}` | {one.label} | {one.holds} |" for one in OPERATORS]
    actions = [f"| `{one.name}` | {one.label} | {_TAKES[one.takes]} | {one.sentence} |" for one in ACTIONS]
    parts = [
        _HEAD,
        _table("Targets", ("target", "new tickets by"), [f"| `{name}` | {label} |" for name, label in TARGETS]),
        _table("Criteria", ("criterion", "on the screen", "holds", "what it is"), criteria),
        "Where a message has several values, one that compares so is enough; for the three denials none may.\n",
        _table("Operators", ("operator", "on the screen", "for"), operators),
        _PATTERNS,
        _table("Actions", ("kind", "on the screen", "target", "what it does"), actions),
        _table(
            "Variables of a mail",
            ("variable", "what it becomes"),
            [f"| `%{{{name}}}` | {s} |" for name, s in variables],
        ),
    ]
    return "\n".join(parts)


def _table(heading: str, columns: tuple[str, ...], rows: list[str]) -> str:
    return "\n".join([f"## {heading}", "", f"| {' | '.join(columns)} |", "|---" * len(columns) + "|", *rows, ""])
