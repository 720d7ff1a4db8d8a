"""Keys of the desk file for ticket filters and the banlist; part of the table in keys.py."""

from __future__ import annotations

from typing import Final

from postdesk.flow.desk_file.key import REQUIRED, Key, Section
from postdesk.judge.filters.values import TARGETS

FILTER: Final = Section(
    "filter",
    "[[filter]]",
    "filter",
    "A ticket filter, known by its name. Its rules and actions, where the file gives any, replace those it has.",
    (
        Key("name", "text", REQUIRED, "Its name.", longest=64),
        Key("order", "number", None, "Low ones run first; a new filter without it runs last.", between=(0, 9999)),
        Key("active", "boolean", True, "Whether it runs."),
        Key("stop", "boolean", False, "Leave out the filters after it when it matches."),
        Key(
            "target",
            "choice",
            "any",
            "Which new tickets it looks at.",
            allowed=tuple(name for name, _ in TARGETS),
        ),
        Key("email", "name", "", "The address that `address` means.", refers="email"),
        Key("match", "choice", "all", "Whether all rules must hold, or any one.", allowed=("all", "any")),
        Key("notes", "lines", "", "For administrators only.", longest=10_000),
    ),
)

FILTER_RULE: Final = Section(
    "filter.rule",
    "[[filter.rule]]",
    "rule",
    "A rule of the filter above. What there is to ask and to compare: [filters](filters.md).",
    (
        Key("criterion", "text", REQUIRED, "What it asks of the message."),
        Key("header", "text", "", "The field's name, with `header`.", longest=76),
        Key("operator", "text", REQUIRED, "How it compares."),
        Key("value", "text", REQUIRED, "What it compares with.", longest=1000),
    ),
)

FILTER_ACTION: Final = Section(
    "filter.action",
    "[[filter.action]]",
    "action",
    "An action of the filter above, in the order they are done. What there is: [filters](filters.md).",
    (
        Key("kind", "text", REQUIRED, "What it does."),
        Key("target", "text", "", "What it sets or attaches, by name; an agent by address."),
        Key("sender", "name", "", 'Of `mail`: the address it is from; `""`: the ticket\'s.', refers="email"),
        Key("recipients", "text", "", "Of `mail`: whom it goes to.", longest=1000),
        Key("subject", "text", "", "Of `mail`.", longest=255),
        Key("text", "lines", "", "Of `mail`.", longest=20_000),
    ),
)

BAN: Final = Section(
    "ban",
    "[[ban]]",
    "ban",
    "An entry of the banlist, known by its pattern.",
    (
        Key("pattern", "text", REQUIRED, "An address, `@example.org`, or a wildcard like `*@*.example.org`."),
        Key("active", "boolean", True, "Whether it holds."),
        Key("notes", "lines", "", "For administrators only.", longest=2000),
    ),
)
