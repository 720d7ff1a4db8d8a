"""Every error postdesk raises on purpose, in one tree.

PostdeskError                   the docstring is the default message; extra facts travel as fields for the log
├── Refused                     a person asked for something we will not do; shown to them, never logged as an error
│   ├── Invalid                 a value is wrong; carries the field's name beside the message
│   └── Problems                several values are wrong; carries an Invalid (or Refused) for each
├── WireError                   talking to a server failed; says whether to try again and whom it blames
│   ├── Unreachable             name, route or port: nobody answered
│   ├── Disconnected            the connection broke, or the server fell silent, in the middle
│   ├── TlsRefused              no TLS where it was demanded, or a certificate that does not hold
│   ├── LoginRefused            the server does not accept the credentials
│   ├── TokenExpired            an OAuth2 token was refused; a fresh one may do
│   ├── ConsentNeeded           no token can be had until a person consents at the provider (again)
│   ├── ClientRefused           the provider refuses the desk's own registration; an administrator must mend it
│   ├── Busy                    the server asks to come back later
│   ├── Rejected                the server said no to this command: code, enhanced code and text are its own
│   └── BadProtocol             the server does not speak the protocol it should
├── Conflict                    another process was first; drop quietly
└── BrokenSetup                 configuration; found by checks at start, not at three in the morning
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Literal

Blames = Literal["message", "recipient", "mailbox", "server"]


class PostdeskError(Exception):
    """Something went wrong in postdesk."""

    def __init__(self, message: str | None = None, **fields: Any) -> None:
        self.message = message or (self.__class__.__doc__ or "").strip().splitlines()[0]
        self.fields = fields
        super().__init__(self.message)


class Refused(PostdeskError):
    """This is not allowed."""


class Invalid(Refused):
    """A value is not valid; `field` names it (dotted path for nested values)."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message, field=field)

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class Problems(Refused):
    """Several values are not valid; `problems` holds an Invalid for each, in the order of their fields."""

    def __init__(self, problems: Iterable[Refused], message: str | None = None) -> None:
        self.problems = tuple(problems)
        super().__init__(message or " ".join(str(problem) for problem in self.problems))


class WireError(PostdeskError):
    """Talking to a server failed."""

    temporary: ClassVar[bool] = True
    blames: Blames = "server"


class Unreachable(WireError):
    """The server cannot be reached."""


class Disconnected(WireError):
    """The connection broke in the middle."""


class TlsRefused(WireError):
    """No trustworthy encrypted connection could be made."""


class LoginRefused(WireError):
    """The server did not accept the login."""

    blames: Blames = "mailbox"


class TokenExpired(LoginRefused):
    """The server did not accept the OAuth2 token."""


class ConsentNeeded(LoginRefused):
    """Nobody has consented at the provider, or the consent is over."""

    temporary: ClassVar[bool] = False


class ClientRefused(LoginRefused):
    """The provider does not accept this desk as its client."""

    temporary: ClassVar[bool] = False


class Busy(WireError):
    """The server asks to try again later."""

    def __init__(self, message: str | None = None, *, retry_after: float | None = None, **fields: Any) -> None:
        self.retry_after = retry_after
        super().__init__(message, **fields)


class Rejected(WireError):
    """The server refused the command."""

    def __init__(
        self,
        text: str,
        *,
        code: int | None = None,
        enhanced: str | None = None,
        blames: Blames = "server",
        **fields: Any,
    ) -> None:
        self.code, self.enhanced, self.text = code, enhanced, text
        self.blames = blames
        super().__init__(text, **fields)


class BadProtocol(WireError):
    """The server does not speak the protocol it should."""


class Conflict(PostdeskError):
    """Another process was first."""


class BrokenSetup(PostdeskError):
    """The installation is not set up correctly."""
