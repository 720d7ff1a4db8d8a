"""SASL as a client: which mechanism, and what to answer to a challenge. IMAP, POP3 and SMTP share it.

PLAIN RFC 4616, CRAM-MD5 RFC 2195, OAUTHBEARER RFC 7628; LOGIN and XOAUTH2 have no RFC.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections.abc import Collection

from postdesk.basics.errors import LoginRefused, TokenExpired, WireError
from postdesk.wire.errors import words
from postdesk.wire.login import Login

#: In order of preference. CRAM-MD5 protects the password only, and needs it stored in the clear at the server: it
#: comes first where nothing encrypts the connection and last where something does.
_ENCRYPTED = ("PLAIN", "LOGIN", "CRAM-MD5")
_OPEN = ("CRAM-MD5", "PLAIN", "LOGIN")
_OAUTH2 = ("XOAUTH2", "OAUTHBEARER")
#: What OAuth2 servers put into the report of an error (RFC 7628 section 3.2.2; Google's has `schemes`), as it is told.
_REPORTED = ("status", "error", "error_description", "schemes", "scope")
#: Words of servers that knew the token and let nobody in all the same: the scope, the mailbox's rights, or the
#: tenant's settings stand against it (RFC 7628 section 3.2.2, RFC 5530; 5.7.139 and "not connected" are Exchange's).
_NOT_THE_TOKEN = re.compile(
    r"insufficient_scope|AUTHORIZATIONFAILED|5\.7\.139|SmtpClientAuthentication|authenticated but not connected",
    re.IGNORECASE,
)


def mechanism_for(login: Login, offered: Collection[str], *, encrypted: bool) -> str | None:
    """The mechanism to use out of those offered (names in capitals); None when there is none that we know."""
    wanted = _OAUTH2 if login.mechanism == "oauth2" else _ENCRYPTED if encrypted else _OPEN
    return next((name for name in wanted if name in offered), None)


def checked(login: Login) -> Login:
    """Refuse what no protocol can carry. Raises LoginRefused."""
    if any(c in text for c in "\r\n\0" for text in (login.username, login.secret)):
        raise LoginRefused("the user name or the password contains a line break")
    return login


def refused(error: WireError, login: Login, complaint: str = "") -> WireError:
    """The error of a login that was refused, with the server's complaint; of a token's, whether another one may do."""
    if not isinstance(error, LoginRefused):
        return error
    said = f"{error.message} ({complaint})" if complaint else error.message
    expired = login.mechanism == "oauth2" and not _NOT_THE_TOKEN.search(said)
    return (TokenExpired if expired else LoginRefused)(said, **error.fields)


class Exchange:
    """One try to sign in by a SASL mechanism: `answer` gives the client's bytes for a challenge, not yet in base64."""

    def __init__(self, mechanism: str, login: Login, *, host: str, port: int) -> None:
        self.mechanism = mechanism
        self._login, self._host, self._port = checked(login), host, port
        self._turn = 0
        #: What an OAuth2 server reported instead of accepting; the final refusal usually says less.
        self.complaint = ""

    def answer(self, challenge: bytes) -> bytes:
        """The answer to the next challenge; the first one is empty for mechanisms in which the client begins."""
        turn, self._turn = self._turn, self._turn + 1
        name, secret = self._login.username.encode(), self._login.secret.encode()
        if self.mechanism == "CRAM-MD5":
            return name + b" " + hmac.new(secret, challenge, "md5").hexdigest().encode()
        if self.mechanism == "LOGIN":
            return name if turn == 0 else secret
        if turn > 0:
            self.complaint = _complaint(challenge)
            # An error report has to be acknowledged before the server refuses (RFC 7628 section 3.2.3).
            return b"\x01" if self.mechanism == "OAUTHBEARER" else b""
        if self.mechanism == "PLAIN":
            return b"\0" + name + b"\0" + secret
        if self.mechanism == "XOAUTH2":
            return b"user=" + name + b"\x01auth=Bearer " + secret + b"\x01\x01"
        identity = name.replace(b"=", b"=3D").replace(b",", b"=2C")
        place = f"host={self._host}\x01port={self._port}\x01".encode()
        return b"n,a=" + identity + b",\x01" + place + b"auth=Bearer " + secret + b"\x01\x01"

    def opening(self, room: int) -> bytes:
        """The first answer in base64, after a blank, for the command to begin with where the client begins (RFC 4422
        section 3); empty where the server does, or where it takes more than `room` octets. Then it will be asked for.
        """
        if self.mechanism in ("LOGIN", "CRAM-MD5"):
            return b""
        first = b" " + base64.b64encode(self.answer(b""))
        if len(first) > room:
            self._turn = 0
            return b""
        return first


def _complaint(challenge: bytes) -> str:
    try:
        said = json.loads(challenge)
    except (ValueError, RecursionError):
        return words(challenge)
    if isinstance(said, dict):
        return words(", ".join(f"{key} {said[key]}" for key in _REPORTED if key in said))
    return words(challenge)
