"""docs/reference/apply.md, written from the table of keys and the table of rules."""

from __future__ import annotations

from typing import Final

from postdesk.flow.desk_file.keys import REQUIRED, SECTIONS, Key, Section
from postdesk.flow.desk_file.rules import RULES

_HEAD: Final = """\
# The desk file

`postdesk apply FILE.toml` makes departments, help topics, emails, agents and settings as a file says.
The file is [TOML](https://toml.io) 1.0 in UTF-8.

- A second run changes nothing and says so. With `--dry-run` nothing is changed; what would be is said.
- A key that is not given leaves what is there alone; a new thing gets the default.
- What is removed from the file is not removed from the desk.
- Everything that is wrong is said at once, each with its key (`email[2].mailbox.port: must be between 1 and 65535`;
  tables are counted from one), and then nothing is changed. The exit code is 1; 66 when there is no such file.
- A secret `password` may also be `password_env = "VARIABLE"` or `password_file = "path"` (its last line end does not
  count). Paths are relative to the folder of the desk file. Secrets are stored encrypted and never shown.
- A changed mailbox forgets its failures and is fetched at once. When its host, port, protocol or user name leads to
  another account, the ledger starts anew for it; mail that moved along is recognised by its bytes.
"""

_TYPES: Final = {
    "text": "text",
    "lines": "text, also of several lines",
    "boolean": "`true` or `false`",
    "address": "e-mail address",
    "addresses": "list of e-mail addresses",
    "name": "name of",
    "names": "list of names of",
    "secret": "secret",
    "rows": "list of lines",
    "file": "path",
    "hostname": "host name",
    "date": "day",
}


def apply_reference() -> str:
    """The whole page, in Markdown."""
    parts = [_HEAD, *(_section(section) for section in SECTIONS), _rules()]
    return "\n".join(parts)


def _section(section: Section) -> str:
    rows = [f"| `{key.name}` | {_values(key)} | {_default(key)} | {key.sentence} |" for key in section.keys]
    head = ["| key | value | default | |", "|---|---|---|---|"]
    return "\n".join([f"## `{section.heading}`", "", section.sentence, "", *head, *rows, ""])


def _values(key: Key) -> str:
    if key.allowed:
        return ", ".join(f'`"{one}"`' for one in key.allowed)
    if key.between:
        return f"{key.between[0]} to {key.between[1]}"
    words = _TYPES.get(key.type, key.type)
    if key.refers:
        what = {
            "email": "an email (its address)",
            "department": "a department",
            "help_topic": "a help topic",
            "template_set": "a template set",
            "agent": "an agent (their address)",
            "team": "a team",
            "role": "a role",
            "sla": "an SLA plan",
            "schedule": "a schedule",
        }
        words += f" {what[key.refers]}" if key.type == "name" else f" {key.refers}s"
    return words


def _default(key: Key) -> str:
    if key.default is REQUIRED:
        return "required"
    if key.default is None:
        return ""
    if isinstance(key.default, bool):
        return f"`{str(key.default).lower()}`"
    if isinstance(key.default, tuple):
        return "`[]`"
    return f'`"{key.default}"`' if isinstance(key.default, str) else f"`{key.default}`"


def _rules() -> str:
    return "\n".join(["## Rules between them", "", *(f"- {rule.sentence}" for rule in RULES), ""])
