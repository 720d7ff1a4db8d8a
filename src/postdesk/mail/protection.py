"""How a message is signed or encrypted (RFC 8551, RFC 3156). Only seen and named here, neither verified nor
decrypted."""

from __future__ import annotations

from collections.abc import Sequence

from postdesk.mail.message import Protection
from postdesk.mail.part import Part

_BY_TYPE: dict[str, Protection] = {
    "application/pkcs7-signature": "smime_signed",
    "application/x-pkcs7-signature": "smime_signed",
    "application/pgp-signature": "pgp_signed",
    "application/pgp-encrypted": "pgp_encrypted",
}
_SMIME = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_INLINE: tuple[tuple[str, Protection], ...] = (
    ("-----BEGIN PGP MESSAGE-----", "pgp_encrypted"),
    ("-----BEGIN PGP SIGNED MESSAGE-----", "pgp_signed"),
)


def found(parts: Sequence[Part], text: str) -> tuple[Protection, ...]:
    """Each kind of protection once, in the order of the parts."""
    kinds: list[Protection] = []
    for part in parts:
        if not part.content_type.startswith("application/"):
            continue
        kind = _smime(part) if part.content_type in _SMIME else _BY_TYPE.get(part.content_type)
        if kind is not None:
            kinds.append(kind)
    if "-----BEGIN PGP" in text:
        kinds.extend(kind for mark, kind in _INLINE if mark in text)
    return tuple(dict.fromkeys(kinds))


def _smime(part: Part) -> Protection | None:
    said = part.parameters.get("smime-type", "").lower()
    if said == "certs-only":
        return None
    if said == "signed-data" or part.filename.lower().endswith(".p7s"):
        return "smime_signed"
    return "smime_encrypted"
