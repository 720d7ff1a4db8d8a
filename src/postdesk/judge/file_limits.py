"""Which files of a message are kept on its ticket: limits on size, number and type (osticket.md 4.2; row E7).

What is left out is only left out of the ticket: it stays in the message as it came, and the entry says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from postdesk.mail.message import Attachment

#: Inline images are no files somebody attached, but nobody's letter has more of them.
MOST_INLINE = 500
_WORD = re.compile(r"[\s,;]+")
_TYPE = re.compile(r"(?:\.?[a-z0-9][a-z0-9_+-]{0,19}|[a-z0-9.+-]{1,80}/(?:\*|[a-z0-9.+-]{1,80}))\Z")


@dataclass(frozen=True, slots=True)
class FileLimits:
    """`max_size` in bytes and `max_files` per message, 0: any. Types are endings (".pdf") or media types ("image/*");
    none accepted means all are."""

    max_size: int = 0
    max_files: int = 0
    accepted: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LeftOut:
    filename: str
    size: int
    why: str


@lru_cache(maxsize=16)
def limits(max_size: int, max_files: int, accepted: str, refused: str) -> FileLimits:
    """From the settings, as they are written there; words that are no type count for nothing."""
    return FileLimits(max_size, max_files, frozenset(types(accepted)[0]), frozenset(types(refused)[0]))


def types(written: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(endings and media types in lower case, words that are neither) of a list like ".pdf, jpg image/*"."""
    good: list[str] = []
    bad: list[str] = []
    for word in _WORD.split(written.strip().lower()):
        if not word:
            continue
        if not _TYPE.match(word):
            bad.append(word)
        else:
            good.append(word if "/" in word or word.startswith(".") else f".{word}")
    return tuple(dict.fromkeys(good)), tuple(bad)


def sift(
    files: Sequence[Attachment], within: FileLimits
) -> tuple[tuple[tuple[int, Attachment], ...], tuple[LeftOut, ...]]:
    """(the files kept, each with its place in the message; those left out, with the reason)."""
    kept: list[tuple[int, Attachment]] = []
    left: list[LeftOut] = []
    attached = inline = 0
    for place, file in enumerate(files):
        why = _refusal(file, within)
        if not why and file.inline:
            inline += 1
            why = "too many images" if inline > MOST_INLINE else ""
        elif not why:
            attached += 1
            why = f"more than {within.max_files} files" if within.max_files and attached > within.max_files else ""
        if why:
            left.append(LeftOut(file.filename, file.size, why))
        else:
            kept.append((place, file))
    return tuple(kept), tuple(left)


def _refusal(file: Attachment, within: FileLimits) -> str:
    if within.max_size and file.size > within.max_size:
        return "too large"
    if not (within.accepted or within.refused):
        return ""
    # The last ending counts, as it does where files are opened: "bill.pdf.exe" is a program. Blanks and dots at the
    # end are dropped there, too.
    name = file.filename.lower().rstrip(" .")
    ending = f".{name.rpartition('.')[2]}" if "." in name else ""
    family = file.content_type.partition("/")[0].lower() + "/*"
    names = {ending, file.content_type.lower(), family}
    if names & within.refused or (within.accepted and not names & within.accepted):
        return "type not accepted"
    return ""
