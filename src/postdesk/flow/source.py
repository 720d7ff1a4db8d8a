"""Read back what was stored: raw messages, their parsed form, the bytes of a file."""

from __future__ import annotations

from collections.abc import Sequence

from postdesk.mail.message import ParsedMail
from postdesk.mail.parse import parse
from postdesk.mailroom import blobs, spool
from postdesk.mailroom.models import SpooledMail
from postdesk.tickets.models import EntryAttachment


def raw_bytes(spooled: SpooledMail) -> bytes:
    """The message as it arrived."""
    return spool.content(spooled)


def parsed(spooled: SpooledMail) -> ParsedMail:
    """The message as it is understood today; better parsing shows at once."""
    return parse(raw_bytes(spooled))


def attachment_bytes(attachment: EntryAttachment) -> bytes:
    """The file's bytes. Raises LookupError when the message no longer has a file there."""
    if attachment.blob_id is not None:
        return blobs.read([attachment.blob_id])[attachment.blob_id]
    spooled = attachment.entry.spooled
    files = parsed(spooled).attachments if spooled else ()
    match = next((file for file in files if file.sha256 == attachment.sha256), None)
    if match is None and attachment.position < len(files):
        match = files[attachment.position]
    if match is None:
        raise LookupError(f"The message has no file {attachment.filename}.")
    return match.content


def contents_of(messages: Sequence[int]) -> dict[int, bytes]:
    """Ledger id -> raw message, b"" where the bytes are gone."""
    rows = SpooledMail.objects.filter(pk__in=messages).values_list("id", "blob_id")
    stored = dict(rows)
    contents = blobs.read([blob for blob in stored.values() if blob is not None])
    return {pk: contents.pop(blob, b"") if blob is not None else b"" for pk, blob in stored.items()}
