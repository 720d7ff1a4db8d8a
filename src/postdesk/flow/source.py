"""Read back what was stored: raw messages, their parsed form, the bytes of a file."""

from __future__ import annotations

from collections.abc import Sequence

from postdesk.mail.message import ParsedMail
from postdesk.mail.parse import parse
from postdesk.mailroom import blobs, spool
from postdesk.mailroom.models import MailSettings, SpooledMail
from postdesk.tickets.models import EntryAttachment

#: Of a message larger than the desk takes so much is read at first: the header, the words, small files.
BEGINNING = 4 * 1024 * 1024


def raw_bytes(spooled: SpooledMail) -> bytes:
    """The message as it arrived."""
    return spool.content(spooled)


def beginning_of(spooled: SpooledMail, most: int) -> bytes:
    """The first `most` bytes of the message as it arrived; b"" where they are gone."""
    return blobs.beginning(spooled.blob_id, most) if spooled.blob_id is not None else b""


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


def is_read_in_part(size: int, settings: MailSettings) -> bool:
    """Whether only the beginning of a message of `size` bytes is read when it comes in."""
    return size > max(settings.max_message_size, BEGINNING)


def contents_of(messages: Sequence[int], *, limited_by: MailSettings | None = None) -> dict[int, bytes]:
    """Ledger id -> raw message, b"" where the bytes are gone; of one over the limit, where one is given, the
    beginning."""
    rows = list(SpooledMail.objects.filter(pk__in=messages).values_list("id", "blob_id", "size"))
    large = {blob for _, blob, size in rows if blob and limited_by and is_read_in_part(size, limited_by)}
    contents = blobs.read([blob for _, blob, _ in rows if blob is not None and blob not in large])
    contents |= {blob: blobs.beginning(blob, BEGINNING) for blob in large}
    return {pk: contents.pop(blob, b"") if blob is not None else b"" for pk, blob, _ in rows}
