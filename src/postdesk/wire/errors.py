"""The border: what sockets and mail libraries raise becomes the tree of `basics.errors`, once, here.

The server's own words are kept, cut to `WORDS` characters. Nothing that was sent to a server is ever repeated.
"""

from __future__ import annotations

import imaplib
import poplib
import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from imapclient.exceptions import ProtocolError

from postdesk.basics.errors import (
    BadProtocol,
    Busy,
    Disconnected,
    LoginRefused,
    Rejected,
    TlsRefused,
    Unreachable,
    WireError,
)

WORDS = 500

#: What the libraries raise, for servers that talk nonsense included: their parsers trip with the builtin ones.
LIBRARY_ERRORS = (
    OSError,
    EOFError,
    imaplib.IMAP4.error,
    poplib.error_proto,
    smtplib.SMTPException,
    ValueError,
    LookupError,
    TypeError,
)

_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})(?:\s|$)")
#: imaplib and IMAPClient put these in front of the server's words.
_LIBRARY_PREFIX = re.compile(r"^(?:command: \w+ => |[\w ]+ failed: |[A-Z]+ command error: (?:BAD )?)+")
_LISTED = re.compile(r"\[b?['\"](.*)['\"]\]", re.DOTALL)
_RESPONSE_CODE = re.compile(r"\[([A-Z][A-Z/-]*)[^\]]*\]", re.IGNORECASE)
_UNEXPECTED = re.compile(r"(?:unexpected response|unterminated line): b?(.*)", re.DOTALL)
#: RFC 5530 (IMAP) and RFC 2449, 3206 (POP3): the server is in order, and cannot serve this mailbox just now.
_COME_BACK = frozenset({"UNAVAILABLE", "INUSE", "LIMIT", "IN-USE", "SYS/TEMP", "LOGIN-DELAY"})

_CERTIFICATE_ADVICE = (
    ("expired", "Its owner must renew it."),
    ("self-signed", "If it is your own, give its CA certificate."),
    ("self signed", "If it is your own, give its CA certificate."),
    ("local issuer", "If it was issued by your own CA, give that CA's certificate."),
    ("mismatch", "Connect by the name that the certificate is for."),
    ("not yet valid", "One of the two clocks is wrong."),
)
_TLS_REASONS = (
    ("WRONG_VERSION_NUMBER", "it does not speak TLS on this port"),
    ("RECORD_LAYER_FAILURE", "it does not speak TLS on this port"),
    ("UNSUPPORTED_PROTOCOL", "it only knows versions of TLS that are too old"),
    ("TLSV1_ALERT_PROTOCOL_VERSION", "it only knows versions of TLS that are too old"),
)


def words(text: bytes | str | None) -> str:
    """A server's words as they can be shown: decoded, control characters as spaces, cut."""
    if text is None:
        return ""
    decoded = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    clean = "".join(c if c.isprintable() else " " for c in decoded).strip()
    return clean if len(clean) <= WORDS else clean[: WORDS - 1] + "…"


def enhanced_code(text: str) -> str | None:
    """The enhanced status code (RFC 3463) at the start of a reply's text."""
    match = _ENHANCED.match(text)
    return match[1] if match else None


@contextmanager
def border(host: str, stage: str) -> Iterator[None]:
    """Translate whatever the libraries raise inside; errors of our own only learn where they happened."""
    try:
        yield
    except WireError as error:
        translate(error, host=host, stage=stage)
        raise
    except LIBRARY_ERRORS as error:
        raise translate(error, host=host, stage=stage) from error


def translate(exc: BaseException, *, host: str, stage: str) -> WireError:
    """The WireError for a library's exception.

    `stage` is what was being done: "connect", "tls" and "login" decide whom to blame, others are for the log.
    """
    error = _translated(exc, host, stage)
    error.fields.setdefault("host", host)
    error.fields.setdefault("stage", stage)
    return error


def _translated(exc: BaseException, host: str, stage: str) -> WireError:
    if isinstance(exc, WireError):
        return exc
    if isinstance(exc, ssl.SSLError | ssl.CertificateError):
        return _from_tls(exc, host, stage)
    if isinstance(exc, smtplib.SMTPException):
        return _from_smtp(exc, stage)
    if isinstance(exc, OSError | EOFError):
        return _from_socket(exc, host, stage)
    if isinstance(exc, imaplib.IMAP4.error | poplib.error_proto):
        return _from_mailbox(exc, stage)
    return BadProtocol(f"the server's answer cannot be understood ({words(str(exc))})")


def _from_socket(exc: OSError | EOFError, host: str, stage: str) -> WireError:
    if isinstance(exc, socket.gaierror):
        return Unreachable(f"no address for {host}: {words(exc.strerror)}")
    if stage == "connect":
        if isinstance(exc, TimeoutError):
            return Unreachable(f"no answer from {host}")
        if isinstance(exc, ConnectionResetError):
            # Somebody was there: a reset that overtakes the end of connect() is no other than one a moment later.
            return Disconnected(f"{host} hung up: {words(exc.strerror or str(exc))}")
        return Unreachable(f"{host} cannot be reached: {words(getattr(exc, 'strerror', None) or str(exc))}")
    if isinstance(exc, TimeoutError):
        return Disconnected("no answer from the server in time")
    said = words(getattr(exc, "strerror", None) or str(exc))
    return Disconnected(f"the connection broke: {said}" if said else None)


def _from_tls(exc: ssl.SSLError | ssl.CertificateError, host: str, stage: str) -> WireError:
    if isinstance(exc, ssl.SSLCertVerificationError):
        said = words(exc.verify_message or str(exc))
        advice = next((hint for part, hint in _CERTIFICATE_ADVICE if part in said.lower()), "")
        return TlsRefused(f"certificate verify failed: {said}. {advice}".rstrip(), unverified=True)
    if isinstance(exc, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        during = " during the TLS handshake" if stage == "tls" else ""
        return Disconnected(f"the server closed the connection{during}")
    reason = words(exc.reason or str(exc))
    if stage != "tls":
        return Disconnected(f"the encrypted connection broke: {reason}")
    explained = next((text for part, text in _TLS_REASONS if part in reason), reason)
    return TlsRefused(f"no TLS with {host}: {explained}")


def _from_smtp(exc: smtplib.SMTPException, stage: str) -> WireError:
    if isinstance(exc, smtplib.SMTPResponseException):
        text = exc.smtp_error
        return smtp_refusal(exc.smtp_code, words(text), stage=stage)
    if isinstance(exc, smtplib.SMTPServerDisconnected):
        return Disconnected("the server closed the connection")
    return BadProtocol(words(str(exc)))


def smtp_refusal(code: int, text: str, *, stage: str) -> WireError:
    """The error for a reply that ends an SMTP session or a login (RFC 5321 section 4.2, RFC 4954 section 6)."""
    if code == 421 or (stage in ("login", "connect") and 400 <= code < 500):
        return Busy(f"{code} {text}", code=code)
    if not 200 <= code <= 599:
        return BadProtocol(f"this is no SMTP server; it says: {text}")
    if stage == "login":
        return LoginRefused(f"{code} {text}", code=code)
    return Rejected(text, code=code, enhanced=enhanced_code(text))


def _from_mailbox(exc: BaseException, stage: str) -> WireError:
    """From imaplib's, IMAPClient's and poplib's one exception for everything: its text has to be read."""
    if isinstance(exc, ProtocolError):
        return BadProtocol(f"the server's answer cannot be understood ({words(str(exc))})")
    text = _server_text(exc)
    if "EOF" in text and len(text) < 40:
        return Disconnected("the server closed the connection")
    if text.startswith("socket error: [") or "timed out" in text:
        return Disconnected(f"the connection broke: {text.removeprefix('socket error: ')}")
    nonsense = _UNEXPECTED.search(text)
    if nonsense:
        return BadProtocol(f"the server breaks the protocol; it says: {nonsense[1]}")
    if text.startswith("* BYE"):
        return Busy(text.removeprefix("* BYE").strip() or None)
    if response_code(text) in _COME_BACK:
        return Busy(text.removeprefix("-ERR").strip())
    if isinstance(exc, imaplib.IMAP4.abort) and not isinstance(exc, imaplib.IMAP4.readonly):
        return Disconnected(f"the server ended the session: {text}")
    if stage == "login":
        return LoginRefused(text.removeprefix("-ERR").strip() or None)
    if isinstance(exc, poplib.error_proto) and not text.startswith("-ERR"):
        return BadProtocol(f"this is no POP3 server; it says: {text}")
    return Rejected(text.removeprefix("-ERR").strip() or "the server refused and gave no reason", blames="mailbox")


def _server_text(exc: BaseException) -> str:
    first = exc.args[0] if exc.args else ""
    text = _LIBRARY_PREFIX.sub("", words(first if isinstance(first, bytes | str) else str(first)))
    listed = _LISTED.fullmatch(text)
    return listed[1] if listed else text


def response_code(text: str) -> str:
    """The response code in brackets (RFC 3501 section 7.1, RFC 2449 section 8), in capitals; "" where there is none."""
    match = _RESPONSE_CODE.search(text)
    return match[1].upper() if match else ""
