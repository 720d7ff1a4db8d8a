"""Server certificates for the tests: a good one, and the three kinds of bad one that mail servers really have."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, get_args

import trustme

Kind = Literal["good", "expired", "untrusted", "wrong_name"]
KINDS: tuple[Kind, ...] = get_args(Kind)
NAMES = ("localhost", "127.0.0.1")


class Certificates:
    """One certificate authority and what it signs; cheap to make (elliptic-curve keys).

    `ca_pem` is the authority's certificate as text. Every kind but "wrong_name" is issued for `NAMES`; "untrusted"
    is signed by an authority of its own that nobody is told about.
    """

    def __init__(self) -> None:
        self._authority = trustme.CA(organization_name="postdesk tests")
        self.ca_pem: str = self._authority.cert_pem.bytes().decode("ascii")

    def issue(self, kind: Kind = "good") -> trustme.LeafCert:
        """A fresh certificate of that kind."""
        if kind == "expired":
            today = datetime.now(UTC)
            return self._authority.issue_cert(
                *NAMES, not_before=today - timedelta(days=90), not_after=today - timedelta(days=1)
            )
        if kind == "untrusted":
            return trustme.CA(organization_name="somebody else").issue_cert(*NAMES)
        if kind == "wrong_name":
            return self._authority.issue_cert("mail.elsewhere.example")
        return self._authority.issue_cert(*NAMES)

    def write(self, folder: Path, kind: Kind = "good") -> tuple[Path, Path, Path]:
        """Write `ca.pem`, `cert.pem` (the whole chain) and `key.pem` into an existing folder and return their paths."""
        leaf = self.issue(kind)
        ca, cert, key = folder / "ca.pem", folder / "cert.pem", folder / "key.pem"
        ca.write_text(self.ca_pem)
        cert.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
        key.write_bytes(leaf.private_key_pem.bytes())
        key.chmod(0o600)
        return ca, cert, key

    def server_context(self, kind: Kind = "good") -> ssl.SSLContext:
        """A context for a server of our own (the SMTP sink, a scripted peer)."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.issue(kind).configure_cert(context)
        return context

    def client_context(self) -> ssl.SSLContext:
        """A context for a client that trusts this authority and nothing else, and checks names."""
        return ssl.create_default_context(cadata=self.ca_pem)
