"""Who logs in, and with what."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Literal

from postdesk.basics.errors import WireError

BLOT: Final = "•••"
#: Shorter secrets are parts of ordinary words; blotting those would tell more than it hides.
_SHORTEST: Final = 5
#: So many letters of a secret in a row are no accident: a server's words are cut, and tokens are longer than that.
_SHARE: Final = 16
_BASE64 = re.compile(r"[A-Za-z0-9+/]{6,}={0,2}")
#: Letters of tokens (RFC 6750 section 2.1) but "=", which stands before values.
_RUN = re.compile(rf"[A-Za-z0-9._~+/-]{{{_SHARE},}}")


@dataclass(frozen=True)
class Login:
    """`secret` is a password ("basic") or an access token ("oauth2"); it never shows in a repr."""

    username: str
    secret: str = field(repr=False)
    mechanism: Literal["basic", "oauth2"] = "basic"

    def blotted(self, said: str) -> str:
        """A server's words without the secret or a share of it, plain or in base64: some repeat what they were told."""
        if len(self.secret) < _SHORTEST:
            return said
        quoted = self.secret.replace("\\", "\\\\").replace('"', '\\"')
        for form in (self.secret, quoted):
            said = said.replace(form, BLOT)
        said = _RUN.sub(lambda found: BLOT if self._shares(found[0].encode()) else found[0], said)
        return _BASE64.sub(lambda found: BLOT if self._is_in(found[0]) else found[0], said)

    def _is_in(self, coded: str) -> bool:
        plain = coded.rstrip("=")
        # One letter more than whole bytes need is one of the sentence before it.
        whole = plain[: len(plain) - (len(plain) % 4 == 1)]
        said = base64.b64decode(whole + "=" * (-len(whole) % 4))
        return self.secret.encode() in said or self._shares(said)

    def _shares(self, said: bytes) -> bool:
        secret = self.secret.encode()
        return any(said[start : start + _SHARE] in secret for start in range(len(said) - _SHARE + 1))


@dataclass(frozen=True)
class SignedIn:
    """How a login went: the mechanism used ("LOGIN" and "USER" are commands of their own), and the server's words."""

    mechanism: str
    said: str = ""


@contextmanager
def discreet(login: Login) -> Iterator[Callable[[str, str], SignedIn]]:
    """While signing in: no error repeats the secret. Gives what makes a SignedIn that does not, either."""
    try:
        yield lambda mechanism, said: SignedIn(mechanism, login.blotted(said))
    except WireError as error:
        error.message = login.blotted(error.message)
        error.args = (error.message,)
        error.fields = {
            name: login.blotted(value) if isinstance(value, str) else value for name, value in error.fields.items()
        }
        raise
