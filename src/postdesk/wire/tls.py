"""TLS contexts: verified unless the administrator said otherwise, TLS 1.2 at least (RFC 8996)."""

from __future__ import annotations

import ssl
from functools import lru_cache

from postdesk.basics.errors import Invalid
from postdesk.wire.endpoint import Endpoint


def context_for(endpoint: Endpoint) -> ssl.SSLContext:
    """The context for a connection to `endpoint`. Raises Invalid as `context` does."""
    return context(endpoint.verify_tls, endpoint.ca_pem)


@lru_cache(maxsize=64)
def context(verify: bool = True, ca_pem: str | None = None) -> ssl.SSLContext:
    """A client context. With `ca_pem` only the certificates in it are trusted, be they authorities
    or the server's own. Kept and shared: loading the system's authorities costs tens of milliseconds.

    Raises Invalid("ca_pem", sentence) when the PEM cannot be read.
    """
    try:
        made = ssl.create_default_context(cadata=ca_pem or None)
    except (ssl.SSLError, ValueError) as exc:
        raise Invalid("ca_pem", "This is not a certificate in PEM form.") from exc
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_pem:
        # A pinned server certificate is no authority, and home-made authorities often lack the
        # extensions that newer Pythons insist on.
        made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        made.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if not verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made
