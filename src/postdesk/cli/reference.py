"""docs/reference/commands.md, written from the commands themselves."""

from __future__ import annotations

import inspect
from typing import Any, Final

from typer.main import get_command

from postdesk.cli.main import app

_HEAD: Final = """\
# Commands

`postdesk COMMAND --help` says the same; `python -m postdesk` is the same program. `parse` and every `--help` need no
database, `demo` brings its own. All others use `DATABASE_URL`, or start the embedded PostgreSQL in the data folder
([settings](settings.md)), and bring its tables up to date first; `doctor` only looks.

What programs read is on standard output; complaints and progress are on standard error. `--json` prints JSON Lines,
newest first, one object a line (`ticket`: one document). Tables for people show the newest hundred unless `--limit`
says otherwise. Exit codes: 0 done, 1 refused or failed, 2 wrong usage; others are named at their command.
"""

_MORE: Final = {
    "apply": "The file's keys: [apply](apply.md). What changed is printed, one line each. "
    "66 when there is no such file.",
    "parse": "A path that cannot be read is told on standard error, the others are parsed, and the exit code is 66.",
}


def commands_reference() -> str:
    """The whole page, in Markdown."""
    group: Any = get_command(app)
    return "\n".join([_HEAD, *(_command(name, command) for name, command in group.commands.items())])


def _command(name: str, command: Any) -> str:
    lines = [f"## `{_usage(name, command)}`", "", inspect.cleandoc(command.help), ""]
    if _MORE.get(name):
        lines += [_MORE[name], ""]
    options = [
        one for one in command.params if one.param_type_name == "option" and one.name != "help" and not one.hidden
    ]
    if options:
        lines += ["| option | default | |", "|---|---|---|"]
        lines += [f"| `{_option(one)}` | {_default(one)} | {one.help} |" for one in options]
        lines.append("")
    return "\n".join(lines)


def _usage(name: str, command: Any) -> str:
    options = ["[OPTIONS]"] if any(one.param_type_name == "option" for one in command.params) else []
    arguments = [one.metavar or one.name.upper() for one in command.params if one.param_type_name == "argument"]
    return " ".join(["postdesk", name, *options, *arguments])


def _option(option: Any) -> str:
    return option.opts[0] if option.is_flag else f"{option.opts[0]} {option.metavar or option.name.upper()}"


def _default(option: Any) -> str:
    if option.required:
        return "required"
    return "" if option.is_flag or option.default is None else f"`{option.default}`"
