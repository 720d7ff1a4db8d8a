"""What a TLS connection's certificate says about itself (RFC 5280)."""

from __future__ import annotations

import ssl

from cryptography import x509
from cryptography.x509.oid import ExtensionOID, NameOID

from postdesk.basics.stages import Certificate
from postdesk.wire.errors import words

_MOST_NAMES = 20
UNREADABLE = "the server's certificate cannot be read"


def certificate_of(sock: ssl.SSLSocket, *, why_not: str) -> Certificate | None:
    """The certificate the server showed on this connection; None when it cannot be read.

    `why_not`: why it is not verified; "" when the handshake verified it.
    """
    shown = sock.getpeercert(binary_form=True)
    if shown is None:
        return None
    try:
        read = x509.load_der_x509_certificate(shown)
        return Certificate(
            subject=_name(read.subject),
            issuer=_name(read.issuer),
            names=_names(read),
            not_before=read.not_valid_before_utc,
            not_after=read.not_valid_after_utc,
            protocol=sock.version() or "",
            cipher=(sock.cipher() or ("", "", 0))[0],
            verified=not why_not,
            why_not=why_not,
        )
    except (ValueError, x509.DuplicateExtension, x509.InvalidVersion):
        return None


def _name(name: x509.Name) -> str:
    """The common name, else the organisation, else all of it."""
    for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        found = name.get_attributes_for_oid(oid)
        if found:
            return words(str(found[0].value))
    return words(name.rfc4514_string())


def _names(read: x509.Certificate) -> tuple[str, ...]:
    try:
        extension = read.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    except x509.ExtensionNotFound:
        return ()
    assert isinstance(extension.value, x509.SubjectAlternativeName)
    named = extension.value.get_values_for_type(x509.DNSName)
    numbered = [str(address) for address in extension.value.get_values_for_type(x509.IPAddress)]
    return tuple(words(name) for name in [*named, *numbered][:_MOST_NAMES])
