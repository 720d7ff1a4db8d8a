"""What proves that an answer belongs to a question, and that a client is itself: PKCE and signed assertions."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from postdesk.basics.errors import BrokenSetup

#: How long an assertion holds, and by how much our clock may be ahead of the provider's.
ASSERTION_FOR, SKEW = dt.timedelta(minutes=9), dt.timedelta(minutes=1)
CLIENT_ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_BEGIN_CERTIFICATE: Final = b"-----BEGIN CERTIFICATE-----"


def challenge(verifier: str) -> str:
    """The S256 challenge of a PKCE verifier (RFC 7636 section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def digest(secret: str) -> str:
    """What a state or a link is stored and looked up by."""
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """A Google service account's key file, as far as it matters."""

    email: str
    key_id: str
    pem: str


def service_account(text: str) -> ServiceAccount:
    """Read a key file (JSON). Raises BrokenSetup with a sentence, which never repeats the key."""
    try:
        said = json.loads(text)
        found = ServiceAccount(said["client_email"], said.get("private_key_id", ""), said["private_key"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BrokenSetup("This is not the JSON key file of a service account.") from error
    _private_key(found.pem)
    return found


def key_problem(text: str, *, is_service_account: bool) -> str:
    """What is wrong with a key as typed, "" for nothing."""
    try:
        if is_service_account and text.lstrip().startswith("{"):
            service_account(text)
        else:
            _private_key(text)
            certificate_of(text)
    except BrokenSetup as error:
        return error.message
    return ""


def certificate_of(pem: str) -> x509.Certificate | None:
    """The certificate that stands beside the key; None when there is none. Raises BrokenSetup."""
    if _BEGIN_CERTIFICATE not in pem.encode():
        return None
    try:
        return x509.load_pem_x509_certificate(pem.encode()[pem.encode().index(_BEGIN_CERTIFICATE) :])
    except ValueError as error:
        raise BrokenSetup("The certificate beside the key cannot be read.") from error


def client_assertion(pem: str, client_id: str, audience: str, *, nonce: str, at: dt.datetime) -> str:
    """The client's proof instead of a secret (RFC 7523 section 2.2). With a certificate the header names it, as
    Microsoft wants (learn.microsoft.com/entra/identity-platform/certificate-credentials)."""
    header: dict[str, Any] = {"alg": "RS256", "typ": "JWT"}
    certificate = certificate_of(pem)
    if certificate is not None:
        print_ = certificate.fingerprint(hashes.SHA256())
        header = {"alg": "PS256", "typ": "JWT", "x5t#S256": base64.urlsafe_b64encode(print_).rstrip(b"=").decode()}
    claims = {"iss": client_id, "sub": client_id, "aud": audience, "jti": nonce, **_times(at)}
    return _signed(header, claims, pem)


def service_assertion(
    account: ServiceAccount, audience: str, *, acting_for: str, scopes: tuple[str, ...], at: dt.datetime
) -> str:
    """A service account acting for a user of its domain (RFC 7523 section 2.1; Google's domain-wide delegation)."""
    header = {"alg": "RS256", "typ": "JWT"} | ({"kid": account.key_id} if account.key_id else {})
    claims = {"iss": account.email, "sub": acting_for, "aud": audience, "scope": " ".join(scopes), **_times(at)}
    del claims["nbf"]
    return _signed(header, claims, account.pem)


def _times(at: dt.datetime) -> dict[str, Any]:
    issued = int((at - SKEW).timestamp())
    return {"iat": issued, "nbf": issued, "exp": int((at + ASSERTION_FOR).timestamp())}


def _signed(header: dict[str, Any], claims: dict[str, Any], pem: str) -> str:
    try:
        key = RSAKey.import_key(_private_key(pem))
        return jwt.encode(header, claims, key, algorithms=["RS256", "PS256"])
    except (JoseError, ValueError) as error:
        raise BrokenSetup("The private key cannot sign.") from error


def _private_key(pem: str) -> bytes:
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise BrokenSetup("This is not a private key in PEM form without a passphrase.") from error
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < 2048:
        raise BrokenSetup("The private key must be an RSA key of 2048 bits at least.")
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
