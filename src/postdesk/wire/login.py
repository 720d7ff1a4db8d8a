"""Who logs in, and with what."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Login:
    """`secret` is a password ("basic") or an access token ("oauth2"); it never shows in a repr."""

    username: str
    secret: str = field(repr=False)
    mechanism: Literal["basic", "oauth2"] = "basic"


@dataclass(frozen=True)
class SignedIn:
    """How a login went: the mechanism used ("LOGIN" and "USER" are commands of their own), and the server's words."""

    mechanism: str
    said: str = ""
