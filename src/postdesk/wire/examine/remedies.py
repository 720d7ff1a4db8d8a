"""What to do about a stage that failed: a table of where, what was said, and the advice; the first that fits holds."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from postdesk.basics.errors import PostdeskError, TokenExpired
from postdesk.wire.endpoint import Endpoint, WireProtocol

_GOOGLE: Final = r"(^|\.)(gmail|googlemail|google)\.com$"
_MICROSOFT: Final = r"(^|\.)(office365|outlook|hotmail|live)\.com$"
_APP_PASSWORDS: Final = r"(^|\.)(yahoo|aol|icloud|me|mac|fastmail|zoho|yandex)\.(com|eu|ru)$"


@dataclass(frozen=True, slots=True)
class Remedy:
    """One row: the stage, a pattern for what was said, one for the host, the kind of error, and the advice."""

    stage: str
    advice: str
    says: re.Pattern[str] = field(default_factory=lambda: _re(""))
    host: re.Pattern[str] = field(default_factory=lambda: _re(""))
    protocol: WireProtocol | None = None
    kind: type[Exception] = Exception


def _re(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


REMEDIES: Final = (
    Remedy("name", "Is the name spelled right? The machine on which postdesk works must find it in its DNS."),
    Remedy("tcp", "The port is closed: IMAP has 993 or 143, POP3 995 or 110, SMTP 465 or 587.", _re("refused")),
    Remedy("tcp", "Many networks let nobody out to port 25: try 587 or 465.", protocol="smtp"),
    Remedy("tcp", "The server is down, the port is wrong, or a firewall is in between."),
    Remedy(
        "tls", "This port begins in clear text: put tls:// before the host name.", _re("not speak TLS on this port")
    ),
    Remedy("tls", "Use the port for TLS and ssl://, or plain:// if the network is trusted.", _re("does not offer to")),
    Remedy("tls", "The certificate must be renewed where the mail server is run.", _re("expired")),
    Remedy("tls", "Enter one of the certificate's names as the hostname.", _re("mismatch|doesn't match|not valid for")),
    Remedy("tls", "Give the CA's certificate as CA file, or switch verification off if you must.", _re("self.signed")),
    Remedy("tls", "Give the CA's certificate as CA file.", _re("local issuer")),
    Remedy("tls", "The server needs an update: TLS 1.2 is the least that is safe.", _re("too old")),
    Remedy("tls", "The server broke off: does this port really begin with TLS?", _re("closed the connection")),
    Remedy(
        "greeting", "Does the port want TLS from the first byte? Then put ssl:// before it.", _re("no answer|closed")
    ),
    Remedy("greeting", "Something else answers on this port: check port and protocol.", _re("no \\w+ server|not POP3")),
    Remedy("greeting", "Something else answers on this port: check port and protocol.", _re("protocol|understood")),
    Remedy("greeting", "The server turns us away: its words say why, and it may let us in later."),
    Remedy("hello", "Some servers want a proper name: set the EHLO name in Emails > Settings."),
    Remedy("login", "Encrypt the connection: ssl:// or tls:// before the host name.", _re("without encryption")),
    Remedy("login", "This server takes no tokens: choose Basic Authentication.", _re("no login by OAuth2")),
    Remedy("login", "Encrypt the connection, or choose None if the server needs no login.", _re("offers (no|only)")),
    Remedy(
        "login",
        "Authenticated SMTP is switched off at Microsoft: its administrator must allow it for this mailbox.",
        _re("SmtpClientAuthentication"),
    ),
    Remedy(
        "login",
        "Microsoft's rules for this organisation stand against it (security defaults, conditional access).",
        _re("5\\.7\\.139"),
    ),
    Remedy(
        "login",
        "The token is good, the mailbox does not open: is IMAP allowed for it, and may who signed in open it?",
        _re("authenticated but not connected|AUTHORIZATIONFAILED"),
    ),
    Remedy(
        "login", "The scopes lack this protocol: add what is missing, and authorise again.", _re("insufficient_scope")
    ),
    Remedy(
        "login",
        "Test the refresh. If that works, the scopes lack this protocol or who signed in may not open this mailbox; "
        "else authorise again.",
        kind=TokenExpired,
    ),
    Remedy("login", "Google takes an app password here, or OAuth2; not the account's own password.", host=_re(_GOOGLE)),
    Remedy("login", "Microsoft no longer takes passwords here: choose OAuth2 - Microsoft.", host=_re(_MICROSOFT)),
    Remedy("login", "This provider wants an app password, made in its security settings.", host=_re(_APP_PASSWORDS)),
    Remedy("login", "Too many tries or connections: wait some minutes.", _re("too many|try again|temporar|LIMIT")),
    Remedy(
        "login",
        "Check user name and password; is the user name the whole address? Two-step sign-in needs an app password.",
    ),
    Remedy("folder", "Write the folder as the server lists it."),
    Remedy("archive", "Create the folder in a mail program, or choose another name."),
    Remedy("count", "Choose IMAP: without UIDL messages cannot be told apart.", _re("UIDL")),
    Remedy(
        "handover",
        "The server does not let this login send as that address: use the address's own login.",
        _re("5\\.7\\.|not owned|not allowed|denied"),
    ),
    Remedy("handover", "The server's words say why it does not take the message."),
    Remedy("sender", "Let this login send as that address at the provider, or use the address's own login."),
)


def remedy_for(stage: str, error: Exception, endpoint: Endpoint, protocol: WireProtocol) -> str:
    """The advice, "" where none is known."""
    said = error.message if isinstance(error, PostdeskError) else str(error)
    for row in REMEDIES:
        here = row.stage == stage and row.protocol in (None, protocol)
        if here and isinstance(error, row.kind) and row.says.search(said) and row.host.search(endpoint.host):
            return row.advice
    return ""
