"""What differs between two values of the same shape, for saying what an operation changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import fields as fields_of
from typing import Any

#: Longer values, and values of several lines, are said to have changed without being shown.
_LONGEST_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Change:
    """One field that changed. Of a secret neither value is kept."""

    key: str
    before: object = None
    after: object = None
    secret: bool = False

    def __str__(self) -> str:
        if self.secret:
            return f"{self.key}: changed"
        before, after = shown(self.before), shown(self.after)
        if before is None or after is None:
            return f"{self.key}: changed"
        return f"{self.key} {before} -> {after}"


def differences(before: Any, after: Any, *, apart_from: Iterable[str] = ()) -> tuple[Change, ...]:
    """The fields in which two dataclass instances of one class differ, in the order of their declaration."""
    left_out = frozenset(apart_from)
    names = [field.name for field in fields_of(before) if field.name not in left_out]
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in names)
    return tuple(Change(name, old, new) for name, old, new in pairs if old != new)


def shown(value: object) -> str | None:
    """A value as a person would write it, None when it is too long to be shown in a line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "default"
    text = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    if len(text) > _LONGEST_SHOWN or len(text.splitlines()) > 1:
        return None
    return text or '""'
