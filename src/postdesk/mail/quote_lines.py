"""What sort each line of an answer is: words, quotation, what introduces one, a copied message, a signature's rule."""

from __future__ import annotations

from collections.abc import Sequence

from postdesk.mail.quote_words import (
    DATED,
    DEVICE,
    FORWARD,
    FROM_LINE,
    INTRO_START,
    ORIGINAL,
    OTHER_LINE,
    SIGNATURE,
    WROTE,
)

TEXT, BLANK, QUOTED, INTRO, COPY, SIGN, GADGET = range(7)
#: How advertisements of devices begin; asked before the long pattern.
_DEVICE_STARTS = frozenset(
    [
        "se",
        "ge",
        "wr",
        "vo",
        "di",
        "en",
        "in",
        "ve",
        "sk",
        "lä",
        "wy",
        "od",
        "от",
        "ip",
        "从我",
        "发自",
        "나의",
        "té",
        "th",
        "pl",
    ]
)
_ODD_STARTS = _DEVICE_STARTS | {start.capitalize() for start in _DEVICE_STARTS} | {"iP"}
_RULE_SIGNS = frozenset("-_*=~")
_ODD_SIGNS = _RULE_SIGNS | {">"}
#: The last sign, and the last word, of a line that introduces a quotation; Zoho ends it with dashes.
_INTRO_ENDS = frozenset(":：*_e道-")
_INTRO_ENDINGS = (":", ":*", ":_", "：", "wrote", "写道", "wrote ----", "wrote ---")


def sorts_of(lines: Sequence[str]) -> list[int]:
    """One of TEXT, BLANK, QUOTED, INTRO, COPY, SIGN, GADGET for each line of a text."""
    stripped = [line.strip() for line in lines]
    sorts = [
        (TEXT if line[:2] not in _ODD_STARTS and line[0] not in _ODD_SIGNS else _sort(line)) if line else BLANK
        for line in stripped
    ]
    if QUOTED in sorts:
        _find_tails_of_quotes(stripped, sorts)
    _find_intros(stripped, sorts)
    _find_copies(stripped, sorts)
    return sorts


def _sort(stripped: str) -> int:
    first = stripped[0]
    if first == ">":
        return QUOTED
    if first in _RULE_SIGNS and SIGNATURE.match(stripped):
        return SIGN
    if len(stripped) < 100 and stripped.lstrip("* ")[:2].lower() in _DEVICE_STARTS and DEVICE.match(stripped):
        return GADGET
    return TEXT


def _find_tails_of_quotes(lines: list[str], sorts: list[int]) -> None:
    """A short line right under a long quoted one that ends within a sentence was torn off it by a line wrap."""
    for at in range(1, len(lines)):
        above = lines[at - 1]
        if (
            sorts[at] == TEXT
            and sorts[at - 1] == QUOTED
            and len(above) > 60
            and above[-1] not in ".?!:"
            and len(lines[at]) < 60
        ):
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


def _says_wrote(line: str) -> bool:
    return any(word in line for word in WROTE)


def _start_of_intro(lines: list[str], sorts: list[int], at: int) -> int | None:
    """The line above which the introduction does not reach, or None where it does not look like one."""
    for start in range(at, max(at - 5, -1), -1):
        if start < at and sorts[start] != TEXT:
            return None
        if INTRO_START.match(lines[start]) and DATED.search(" ".join(lines[start : at + 1])):
            return start
    return None


def _find_copies(lines: list[str], sorts: list[int]) -> None:
    """Where an unmarked copy of the older message begins: a rule with words, or a block of its header lines."""
    asked = [
        at
        for at, line in enumerate(lines)
        if line and (line[0] in _RULE_SIGNS or ":" in line[:16] or "：" in line[:10] or line[-1] == ":")
    ]
    for at in asked:
        if sorts[at] not in (TEXT, SIGN):
            continue
        if len(lines[at]) < 200 and (ORIGINAL.match(lines[at]) or FORWARD.match(lines[at])):
            sorts[at] = COPY
        elif FROM_LINE.match(lines[at]) and _is_header_block(lines, at):
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
    kinds = set()
    for line in lines[at + 1 : at + 9]:
        if not line.strip():
            continue
        found = OTHER_LINE.match(line)
        if found:
            kinds.add(found.lastindex and next(i for i in range(1, 5) if found[i] is not None))
    return len(kinds) >= 2


def _next_sort(sorts: list[int], at: int) -> int:
    return next((sort for sort in sorts[at:] if sort != BLANK), BLANK)
