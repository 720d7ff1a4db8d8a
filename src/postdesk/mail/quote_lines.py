"""What sort each line of an answer is: words, quotation, what introduces one, a copied message, a signature's
rule."""

from __future__ import annotations

import re
from collections.abc import Sequence

from postdesk.mail.quote_words import (
    DATED,
    DEVICE,
    FORWARD,
    FROM_LINE,
    INTRO_START,
    ORIGINAL,
    OTHER_LINE,
    PHONE,
    SIGNATURE,
    WORD_START,
    WROTE,
)

TEXT, BLANK, QUOTED, INTRO, COPY, SIGN, GADGET, PHONE_SAYS = range(8)
#: The first words of what devices say; asked before the long patterns.
_FIRST_WORDS = (
    "sent get outlook bluemail written this please excuse pardon forgive gesendet von diese holen laden hol envoyé "
    "provenance télécharger obtenir obtenez enviado enviada obtener obter obtenga descargar baixar baixe "
    "inviato scarica "
    "ottieni verzonden verstuurd download haal skickat hämta sendt hent få lähetetty hanki wysłane wysłano "
    "wysłany pobierz "
    "odesláno odoslané získejte отправлено надіслано изпратено στάλθηκε trimis elküldve poslano נשלח تم gửi "
    "dikirim 나의"
)
_DEVICE_WORDS = frozenset(_FIRST_WORDS.split())
_DEVICE_SIGNS = ("从我的", "发自我的", "從我的", "寄自我的")
#: Languages that put the verb last; such lines begin with the device.
_DEVICE_ENDS = ("gönderildi", "から送信", "보냄")
#: The first three signs of lines that a device may have written.
_ODD_STARTS = frozenset(
    form
    for word in (*_DEVICE_WORDS, *_DEVICE_SIGNS, "iphone", "ipad", "android")
    for start in [f"{word} "[:3]]
    for form in (start, start.capitalize(), start.upper())
) | {"iPh", "iPa"}
_RULE_SIGNS = frozenset("-_*=~\u2010\u2011\u2012\u2013\u2014\u2015\u2500\u2501")
_ODD_SIGNS = _RULE_SIGNS | {">", "[", "("}
#: Signs that turn the direction of writing, and byte order marks; they only hide what a line begins with.
_MARKS = "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
_MARKED = re.compile(f"[{_MARKS}]+")
_INITIALS = re.compile(r"[^\W\d_]{1,5}>{1,3}(?:\s|\Z)")
#: The last sign, and the last word, of a line that introduces a quotation; Zoho ends it with dashes.
_INTRO_ENDS = frozenset(":：*_e道-")
_INTRO_ENDINGS = (":", ":*", ":_", "：", "wrote", "写道", "wrote ----", "wrote ---", ": -----", ":-----")


def has_marks(text: str) -> bool:
    """Whether signs that cannot be seen stand in a text; `sorts_of` then looks past them."""
    return not text.isascii() and any(mark in text for mark in _MARKS)


def sorts_of(lines: Sequence[str], *, has_marks: bool = False) -> list[int]:
    """One of TEXT, BLANK, QUOTED, INTRO, COPY, SIGN, GADGET, PHONE_SAYS for each line of a text."""
    stripped = [line.strip() for line in lines]
    if has_marks:
        stripped = [_MARKED.sub("", line).strip() for line in stripped]
    sorts = [
        (TEXT if line[:3] not in _ODD_STARTS and line[0] not in _ODD_SIGNS else _sort(line)) if line else BLANK
        for line in stripped
    ]
    if QUOTED in sorts:
        _find_tails_of_quotes(stripped, sorts)
    _find_intros(stripped, sorts)
    if INTRO in sorts:
        _find_initials(stripped, sorts)
    _find_copies(stripped, sorts)
    return sorts


def _sort(stripped: str) -> int:
    first = stripped[0]
    if first == ">":
        return QUOTED
    if first in _RULE_SIGNS and SIGNATURE.match(stripped):
        return SIGN
    if len(stripped) < 120:
        return _said_by_a_device(stripped)
    return TEXT


def _said_by_a_device(stripped: str) -> int:
    first = stripped.lstrip("*[(_ ").split(None, 1)[:1]
    if first and (
        first[0].lower() in _DEVICE_WORDS or stripped.startswith(_DEVICE_SIGNS) or stripped.endswith(_DEVICE_ENDS)
    ):
        if PHONE.match(stripped):
            return PHONE_SAYS
        if DEVICE.match(stripped):
            return GADGET
    return TEXT


def _find_tails_of_quotes(lines: list[str], sorts: list[int]) -> None:
    """A short line right under a long quoted one was torn off it by a line wrap, if it goes on a sentence or a
    quotation."""
    for at in range(1, len(lines)):
        if sorts[at] != TEXT or sorts[at - 1] != QUOTED:
            continue
        above = lines[at - 1]
        goes_on = above[-1] not in ".?!:" or (
            at + 1 < len(lines) and sorts[at + 1] == QUOTED and lines[at][0].islower()
        )
        if len(above) > 60 and len(lines[at]) < 60 and goes_on:
            sorts[at] = QUOTED


def _find_intros(lines: list[str], sorts: list[int]) -> None:
    """Lines like "On Monday, A wrote:", wrapped over up to five."""
    asked = [at for at, line in enumerate(lines) if line[-1:] in _INTRO_ENDS]
    for at in asked:
        line = lines[at - 1] + line if (line := lines[at]) == ">:" and at else lines[at]
        if not line.endswith(_INTRO_ENDINGS) or not _says_wrote(line.lower()):
            continue
        start = _start_of_intro(lines, sorts, at)
        if start is None and (DATED.search(line) or _next_sort(sorts, at + 1) == QUOTED):
            start = at
        if start is not None:
            sorts[start : at + 1] = [INTRO] * (at + 1 - start)


def _find_initials(lines: list[str], sorts: list[int]) -> None:
    """The Bat! and others put the quoted one's initials before the arrow: "AM> words"."""
    marked = [at for at, line in enumerate(lines) if ">" in line[1:7] and sorts[at] == TEXT and _INITIALS.match(line)]
    if len(marked) > 1:
        for at in marked:
            sorts[at] = QUOTED


def _says_wrote(line: str) -> bool:
    return any(word in line for word in WROTE)


def _start_of_intro(lines: list[str], sorts: list[int], at: int) -> int | None:
    """The line above which the introduction does not reach, or None where it does not look like one."""
    found = None
    for start in range(at, max(at - 5, -1), -1):
        if start < at and (sorts[start] != TEXT or (lines[start][-1] in ".!?" and len(lines[start]) < 60)):
            break
        if INTRO_START.match(lines[start]) and DATED.search(" ".join(lines[start : at + 1])):
            if found is not None and not WORD_START.match(lines[start]):
                break
            found = start
    return found


def _find_copies(lines: list[str], sorts: list[int]) -> None:
    """Where an unmarked copy of the older message begins: a rule with words, or a block of its header lines."""
    asked = [
        at
        for at, line in enumerate(lines)
        if line and (line[0] in _RULE_SIGNS or ":" in line[:16] or "：" in line[:10] or line[-1] == ":")
    ]
    many = set(asked)
    for at in asked:
        if sorts[at] not in (TEXT, SIGN):
            continue
        if len(lines[at]) < 200 and (ORIGINAL.match(lines[at]) or FORWARD.match(lines[at])):
            sorts[at] = COPY
        elif not many.isdisjoint((at + 1, at + 2)) and _is_header_block(lines, at):
            sorts[at] = COPY
            _take_rule_above(sorts, at)


def _take_rule_above(sorts: list[int], at: int) -> None:
    """Outlook draws a rule above the block; it goes too."""
    for above in range(at - 1, max(at - 4, -1), -1):
        if sorts[above] == SIGN:
            sorts[above] = COPY
        elif sorts[above] != BLANK:
            return


def _is_header_block(lines: list[str], at: int) -> bool:
    """Whether a copied header begins here: its sender within the first lines, and two other kinds of lines
    about it."""
    if not (FROM_LINE.match(lines[at]) or OTHER_LINE.match(lines[at])):
        return False
    kinds: set[int] = set()
    for place, line in enumerate(lines[at : at + 9]):
        if not line:
            continue
        if FROM_LINE.match(line):
            kinds.add(0)
        elif found := OTHER_LINE.match(line):
            kinds.add(next(number for number in range(1, 5) if found[number] is not None))
        if place == 3 and 0 not in kinds:
            return False
    return 0 in kinds and len(kinds) >= 3


def _next_sort(sorts: list[int], at: int) -> int:
    return next((sort for sort in sorts[at:] if sort != BLANK), BLANK)
