"""winmail.dat: the files, words and importance that Outlook packs into a TNEF stream (MS-OXTNEF)."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

from postdesk.mail import charset, names, rtf, tnef_bounds
from postdesk.mail.message import Attachment, Priority

TYPES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
MARK = b"\x78\x9f\x3e\x22"
_IMPORTANCE: dict[object, Priority] = {0: "low", 1: "normal", 2: "high"}
_IMPORTANCE_TAG = 0x0017
_LONGEST_RTF = 2_000_000


@dataclass(frozen=True, slots=True)
class Unpacked:
    files: list[Attachment]
    text: str
    html: str | None
    importance: Priority | None

    @property
    def is_empty(self) -> bool:
        return not (self.files or self.text or self.html)


def unpack(content: bytes) -> Unpacked | None:
    """What is in the stream; None where it cannot be read."""
    from tnefparse import TNEF

    if not tnef_bounds.are_kept(content):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tnef = TNEF(content, do_checksum=False)
            files = [
                _file(item.long_filename() or item.name, item.data, at) for at, item in enumerate(tnef.attachments, 1)
            ]
            text, html = _as_text(tnef.body), _as_text(tnef.htmlbody) or None
            packed = getattr(tnef, "_rtfbody", None)
            if not text.strip() and not html and isinstance(packed, bytes) and len(packed) < _LONGEST_RTF:
                text, html = rtf.words_of(tnef.rtfbody or b"")
            stated = [item.data for item in tnef.mapiprops if item.name == _IMPORTANCE_TAG]
            # tnefparse turns the attribute's 1 (high) to 3 (low) into PidTagImportance's 2 to 0.
            stated += [item.data for item in tnef.msgprops if item.name == TNEF.ATTPRIORITY]
            importance = next((_IMPORTANCE[value] for value in stated if value in (0, 1, 2)), None)
    except Exception:  # noqa: BLE001 - a reader of a private format on bytes of strangers; the file is then kept unopened.
        return None
    return Unpacked(files, text.replace("\r\n", "\n"), html, importance)


def _file(name: object, content: object, number: int) -> Attachment:
    kept = bytes(content) if isinstance(content, (bytes, bytearray)) else b""
    kind = "application/octet-stream"
    return Attachment(names.safe(_as_text(name)) or names.made_up(kind, number), kind, kept)


def _as_text(value: object) -> str:
    if isinstance(value, list):
        value = b"".join(value) if all(isinstance(item, bytes) for item in value) else "".join(map(str, value))
    if isinstance(value, bytes):
        return charset.decode(value)[0]
    return value.replace("\0", "") if isinstance(value, str) else ""
