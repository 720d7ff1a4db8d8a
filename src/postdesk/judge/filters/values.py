"""What a filter is, as values: as an administrator wrote it, whether on a screen or in the desk file.

Ids are database keys, names are what the sentences on the ticket say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

#: Which new tickets a filter looks at; "address": those that came to one address of ours.
Target = Literal["any", "web", "api", "email", "address"]
TARGETS: Final[tuple[tuple[Target, str], ...]] = (
    ("any", "Any"),
    ("web", "Web forms"),
    ("api", "API calls"),
    ("email", "Emails"),
    ("address", "One email address"),
)
#: How a ticket came; what agents open counts as "web" (osticket.md 3.2).
Origin = Literal["email", "web", "api"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One line: `criterion` of the message, `operator`, `value`. `header`: the field's name for that criterion."""

    criterion: str
    operator: str
    value: str
    header: str = ""


@dataclass(frozen=True, slots=True)
class Mail:
    """What the action *Send an Email* sends. `sender`: id of the address of ours it is from."""

    sender: int | None
    recipients: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a filter does. `target`: the id it names, if it names one; `value`: a priority or a status."""

    kind: str
    target: int | None = None
    name: str = ""
    value: str = ""
    mail: Mail | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """A ticket filter. They run by `order`, low first."""

    id: int
    name: str
    rules: tuple[Rule, ...]
    actions: tuple[Action, ...]
    order: int = 0
    target: Target = "any"
    #: The address of ours that `target` "address" means.
    email: int | None = None
    match_all: bool = True
    stop: bool = False
