"""What a key and a section of the desk file are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Type = Literal[
    "text",
    "lines",
    "boolean",
    "number",
    "address",
    "addresses",
    "choice",
    "name",
    "names",
    "secret",
    "file",
    "hostname",
    "rows",
    "date",
]
Refers = Literal["email", "department", "help_topic", "template_set", "agent", "team", "role", "sla", "schedule"]


class Required:
    """The default of a key that has none."""


REQUIRED: Final = Required()


@dataclass(frozen=True, slots=True)
class Key:
    """One key. `refers`: what a name must be the name of, in the file or in the database already."""

    name: str
    type: Type
    default: object
    sentence: str
    allowed: tuple[str, ...] = ()
    between: tuple[int, int] | None = None
    longest: int = 255
    refers: Refers | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of table in the file; `path` as it is written there, `one` what a single one is called."""

    path: str
    heading: str
    one: str
    sentence: str
    keys: tuple[Key, ...]

    def key(self, name: str) -> Key | None:
        return next((key for key in self.keys if key.name == name), None)
