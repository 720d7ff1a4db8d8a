"""File names safe to store and to offer: no paths, no control or direction-changing characters, never empty."""

from __future__ import annotations

import re

_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|\Z)", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_LONGEST = 180
_EXTENSIONS = {
    "text/plain": ".txt",
    "text/html": ".html",
    "text/calendar": ".ics",
    "text/csv": ".csv",
    "text/vcard": ".vcf",
    "text/x-vcard": ".vcf",
    "text/xml": ".xml",
    "text/rtf": ".rtf",
    "text/enriched": ".txt",
    "text/rfc822-headers": ".txt",
    "text/x-amp-html": ".html",
    "text/x-patch": ".patch",
    "text/css": ".css",
    "text/markdown": ".md",
    "message/rfc822": ".eml",
    "message/delivery-status": ".txt",
    "message/global-delivery-status": ".txt",
    "message/disposition-notification": ".txt",
    "message/feedback-report": ".txt",
    "message/partial": ".eml",
    "message/external-body": ".txt",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/jpg": ".jpg",
    "image/pjpeg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/svg+xml": ".svg",
    "image/tiff": ".tif",
    "image/bmp": ".bmp",
    "image/heic": ".heic",
    "image/x-icon": ".ico",
    "audio/mpeg": ".mp3",
    "audio/wav": ".wav",
    "audio/x-wav": ".wav",
    "audio/amr": ".amr",
    "audio/mp4": ".m4a",
    "audio/ogg": ".ogg",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/3gpp": ".3gp",
    "video/mpeg": ".mpg",
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "application/x-zip-compressed": ".zip",
    "application/gzip": ".gz",
    "application/json": ".json",
    "application/xml": ".xml",
    "application/rtf": ".rtf",
    "application/msword": ".doc",
    "application/vnd.ms-excel": ".xls",
    "application/vnd.ms-powerpoint": ".ppt",
    "application/ics": ".ics",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/pgp-signature": ".asc",
    "application/pgp-encrypted": ".asc",
    "application/pgp-keys": ".asc",
    "application/pkcs7-signature": ".p7s",
    "application/x-pkcs7-signature": ".p7s",
    "application/pkcs7-mime": ".p7m",
    "application/x-pkcs7-mime": ".p7m",
    "application/ms-tnef": ".dat",
    "application/x-msdownload": ".exe",
}

#: What programs call these parts where they name them at all.
_USUAL = {
    "text/calendar": "invitation.ics",
    "application/ics": "invitation.ics",
    "application/pgp-signature": "signature.asc",
    "application/pgp-encrypted": "pgp-version.asc",
    "application/pkcs7-signature": "smime.p7s",
    "application/x-pkcs7-signature": "smime.p7s",
    "application/pkcs7-mime": "smime.p7m",
    "application/x-pkcs7-mime": "smime.p7m",
}


def safe(name: str) -> str:
    """The last path component of a name without anything dangerous; "" when nothing is left."""
    name = _UNSAFE.sub("", _SPACE.sub(" ", name))
    # Both kinds of slash: the sender's system is unknown. A trailing slash must not lose the whole name.
    pieces = [piece.strip() for piece in name.replace("\\", "/").split("/")]
    name = (
        next((piece for piece in reversed(pieces) if piece.strip(". ")), "").strip(". ")
        if len(pieces) > 1
        else name.strip()
    )
    if not name.strip(". "):
        return ""
    name = name.rstrip(". ")
    if _RESERVED.match(name):
        name = "_" + name
    return _shortened(name)


def from_subject(subject: str) -> str:
    """`<subject>.eml` for a message inside a message; "" without a subject."""
    name = safe(subject.replace("/", "_").replace("\\", "_")[:150])
    return f"{name}.eml" if name else ""


def made_up(content_type: str, number: int) -> str:
    """A name for the part that came without one; `number` counts the parts of the message from 1."""
    if content_type in _USUAL:
        return _USUAL[content_type]
    kind = content_type.split("/", 1)[0]
    stem = {"image": "image", "message": "message", "text": "text", "audio": "audio", "video": "video"}.get(
        kind, "attachment"
    )
    return f"{stem}-{number}{_EXTENSIONS.get(content_type, '.bin')}"


def _shortened(name: str) -> str:
    if len(name.encode("utf-8", "replace")) <= _LONGEST:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > 12:
        stem, dot, extension = name, "", ""
    room = _LONGEST - len((dot + extension).encode("utf-8", "replace"))
    return stem.encode("utf-8", "replace")[:room].decode("utf-8", "ignore").rstrip() + dot + extension
