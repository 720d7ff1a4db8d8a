"""What a filter looks at: a message, whom it counts as from, and what its ticket would start as without filters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from postdesk.judge.filters.authentication import Authentication, from_headers
from postdesk.judge.filters.operators import folded
from postdesk.judge.filters.values import Origin
from postdesk.mail.message import Address, ParsedMail


@dataclass(slots=True)
class Sight:
    """One message. `is_ours`: whether an address (lower case) is the desk's. Remembers what it was asked."""

    mail: ParsedMail
    author: Address
    size: int
    is_ours: Callable[[str], bool]
    origin: Origin = "email"
    #: The address of ours that decides what the ticket starts as.
    email: int | None = None
    department: str = ""
    help_topic: str = ""
    priority: str = ""
    #: None: what the message's own headers say.
    authentication: Authentication | None = None
    _texts: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    _folded: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)

    def texts(self, key: tuple[str, str], read: Callable[[Sight, str], tuple[str, ...]]) -> tuple[str, ...]:
        """The values of a criterion (`key`: its name, and the header's), as written."""
        found = self._texts.get(key)
        if found is None:
            found = self._texts[key] = read(self, key[1])
        return found

    def folded(self, key: tuple[str, str], read: Callable[[Sight, str], tuple[str, ...]]) -> tuple[str, ...]:
        """The same for comparing without regard to case; each is folded once, however many rules ask."""
        found = self._folded.get(key)
        if found is None:
            found = self._folded[key] = tuple(folded(value) for value in self.texts(key, read))
        return found

    @property
    def authenticated(self) -> Authentication:
        if self.authentication is None:
            self.authentication = from_headers(self.mail)
        return self.authentication
