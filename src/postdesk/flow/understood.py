"""What an entry holds of the message it was made from: the same for mail that comes in and for mail read again."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from postdesk.basics.text import storable
from postdesk.judge.file_limits import limits, sift
from postdesk.mail.message import ParsedMail
from postdesk.mail.quote import new_words
from postdesk.mail.remarks import remarks
from postdesk.mailroom.models import MailSettings


@dataclass(frozen=True, slots=True)
class File:
    """The columns of an EntryAttachment, but for its entry."""

    position: int
    filename: str
    content_type: str
    size: int
    sha256: str
    content_id: str
    is_inline: bool


@dataclass(frozen=True, slots=True)
class Understood:
    subject: str
    text: str
    new_text: str
    html: str
    automatic: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    files: tuple[File, ...]
    remarks: dict[str, Any]


def understood(
    mail: ParsedMail, settings: MailSettings, *, charset: str = "", beginning_of: int | None = None
) -> Understood:
    """`charset`: the one an agent chose. `beginning_of`: the size of the whole message when only its beginning was
    read; the file it breaks off in is none."""
    text = storable(mail.text)
    new_text = storable(_new_words(mail, settings))
    said = remarks(mail, charset=charset)
    attachments = mail.attachments
    if beginning_of is not None:
        said["beginning_of"] = beginning_of
        attachments = attachments[:-1]
    files: tuple[File, ...] = ()
    if attachments:
        within = limits(
            settings.max_file_size, settings.max_files, settings.accepted_file_types, settings.refused_file_types
        )
        kept, left = sift(attachments, within)
        files = tuple(
            File(
                position=position,
                filename=storable(file.filename)[:255],
                content_type=storable(file.content_type)[:255],
                size=file.size,
                sha256=file.sha256,
                content_id=storable(file.content_id or "")[:255],
                is_inline=file.inline,
            )
            for position, file in kept
        )
        if left:
            said["left_out"] = [asdict(one) for one in left[:100]]
    return Understood(
        subject=storable(mail.subject),
        text=text,
        new_text="" if new_text == text else new_text,
        html=storable(mail.html or ""),
        automatic="" if mail.kind == "mail" else mail.kind,
        to=tuple(storable(address.address) for address in mail.to),
        cc=tuple(storable(address.address) for address in mail.cc),
        files=files,
        remarks=_storable(said),
    )


def columns(file: File) -> dict[str, Any]:
    """By their names, for a row."""
    return {name: getattr(file, name) for name in File.__slots__}


def snippet(words: str) -> str:
    """The beginning of the words, for lists."""
    return " ".join(words[:600].split())[:200]


def _new_words(mail: ParsedMail, settings: MailSettings) -> str:
    """The words shown first (Strip Quoted Reply): above our own separator line where it came back; all when off."""
    if not settings.strip_quoted_reply:
        return mail.text
    if settings.reply_separator and settings.reply_separator in mail.text:
        return new_words(mail.text, mail.html, separator=settings.reply_separator)
    return mail.reply_text


def _storable(value: Any) -> Any:
    """Whatever strings are inside, without what PostgreSQL cannot hold."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {name: _storable(one) for name, one in value.items()}
    return [_storable(one) for one in value] if isinstance(value, list) else value
