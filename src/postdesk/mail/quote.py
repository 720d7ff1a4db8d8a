"""The new words of an answer: quoted history, signature and forwarded matter trimmed.

It works on lines. Each line gets a sort; then the steps below cut from the end. Nothing is ever dropped from between
words that stay: where someone answers between the quoted lines, all of it stays. The whole text is always in the store.
"""

from __future__ import annotations

import re

from postdesk.mail import html_text
from postdesk.mail.quote_words import (
    DATED,
    DEVICE,
    FAREWELL,
    FORWARD,
    FROM_LINE,
    INTRO_START,
    ORIGINAL,
    OTHER_LINE,
    SIGNATURE,
    WROTE,
)

_TEXT, _BLANK, _QUOTED, _INTRO, _COPY, _SIGNATURE, _DEVICE = range(7)
_HTML_QUOTE = re.compile(
    r"<(?:blockquote\b|(?:div|span|p|hr|table|section)\b[^>]{0,300}?(?:class|id|"
    r"name)\s*=\s*[\"']?[^\"'>]{0,60}?(?:gmail_quote|gmail_extra|divRplyFwdMsg|appendonsend|moz-cite-prefix|"
    r"yahoo_quoted|OLK_SRC_BODY_SECTION|protonmail_quote|zmail_extra|mail-editor-reference-message-container|yj6qo|"
    r"front-blockquote|replySplit|"
    r"tutanota_quote|ms-outlook-mobile-reference-message|zd_quote|WM_RECIPIENT|stopSpelling|mailbox_signature_quote|"
    r"moz-forward-container|mailcontainerquote))",
    re.IGNORECASE,
)
#: One of these stands in every HTML that _HTML_QUOTE matches; looking for them is far cheaper.
_HTML_HINTS = (
    "quote",
    "QUOTE",
    "RplyFwd",
    "appendonsend",
    "moz-cite",
    "gmail_extra",
    "OLK_SRC",
    "zmail_extra",
    "reference-message",
    "moz-forward",
    "replySplit",
)
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
_LONGEST = 400_000
_MOST_LINES = 20_000
_SIGNATURE_LINES = 20


def new_words(text: str, html: str | None, *, separator: str | None = None) -> str:
    """What the writer added. `html` helps where the text shows no quotation; `separator` is our own reply line."""
    if len(text) > _LONGEST:
        return text
    kept, _ = cut(text, separator=separator)
    if html is not None and len(kept) == len(text.rstrip()) and any(hint in html for hint in _HTML_HINTS):
        return _from_html(html, kept, separator)
    return kept


def cut(text: str, *, separator: str | None = None) -> tuple[str, str]:
    """(new words, what was trimmed after them); together they are the text, but for blank lines between them."""
    lines = text.split("\n")
    if len(lines) > _MOST_LINES:
        return text, ""
    stripped = [line.strip() for line in lines]
    sorts = [
        (_TEXT if line[:2] not in _ODD_STARTS and line[0] not in _ODD_SIGNS else _sort(line)) if line else _BLANK
        for line in stripped
    ]
    if _QUOTED in sorts:
        _find_tails_of_quotes(stripped, sorts)
    _find_intros(stripped, sorts)
    _find_copies(stripped, sorts)
    end = len(lines)
    for step in _STEPS:
        end = step(lines, sorts, end)
    if separator:
        end = min(end, _separator_at(lines, separator))
        end = _without_tail(lines, sorts, end)
    if not any(line.strip() for line in lines[:end]):
        # Nothing new above: the words stand below, or it is forwarded without a comment. Then all of it is worth reading.
        return text.strip("\n").rstrip(), ""
    return "\n".join(lines[:end]).strip("\n").rstrip(), "\n".join(lines[end:])


def _sort(stripped: str) -> int:
    first = stripped[0]
    if first == ">":
        return _QUOTED
    if first in _RULE_SIGNS and SIGNATURE.match(stripped):
        return _SIGNATURE
    if len(stripped) < 100 and stripped.lstrip("* ")[:2].lower() in _DEVICE_STARTS and DEVICE.match(stripped):
        return _DEVICE
    return _TEXT


def _find_tails_of_quotes(lines: list[str], sorts: list[int]) -> None:
    """A short line right under a long quoted one that ends within a sentence was torn off it by a line wrap."""
    for at in range(1, len(lines)):
        above = lines[at - 1]
        if (
            sorts[at] == _TEXT
            and sorts[at - 1] == _QUOTED
            and len(above) > 60
            and above[-1] not in ".?!:"
            and len(lines[at]) < 60
        ):
            sorts[at] = _QUOTED


def _find_intros(lines: list[str], sorts: list[int]) -> None:
    """Lines like "On Monday, A wrote:", wrapped over up to five."""
    asked = [at for at, line in enumerate(lines) if line[-1:] in _INTRO_ENDS]
    for at in asked:
        line = lines[at - 1] + line if (line := lines[at]) == ">:" and at else lines[at]
        if not line.endswith(_INTRO_ENDINGS) or not _says_wrote(line.lower()):
            continue
        start = _start_of_intro(lines, sorts, at)
        if start is None and (DATED.search(line) or _next_sort(sorts, at + 1) == _QUOTED):
            start = at
        if start is not None:
            sorts[start : at + 1] = [_INTRO] * (at + 1 - start)


def _says_wrote(line: str) -> bool:
    return any(word in line for word in WROTE)


def _start_of_intro(lines: list[str], sorts: list[int], at: int) -> int | None:
    """The line above which the introduction does not reach, or None where it does not look like one."""
    for start in range(at, max(at - 5, -1), -1):
        if start < at and sorts[start] != _TEXT:
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
        if sorts[at] not in (_TEXT, _SIGNATURE):
            continue
        if ORIGINAL.match(lines[at]) or FORWARD.match(lines[at]):
            sorts[at] = _COPY
        elif FROM_LINE.match(lines[at]) and _is_header_block(lines, at):
            sorts[at] = _COPY
            _take_rule_above(sorts, at)


def _take_rule_above(sorts: list[int], at: int) -> None:
    """Outlook draws a rule above the block; it goes too."""
    for above in range(at - 1, max(at - 4, -1), -1):
        if sorts[above] == _SIGNATURE:
            sorts[above] = _COPY
        elif sorts[above] != _BLANK:
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
    return next((sort for sort in sorts[at:] if sort != _BLANK), _BLANK)


def _before_copy(lines: list[str], sorts: list[int], end: int) -> int:
    """Cut where an unmarked copy of the older message begins, if something stands above it."""
    for at in range(end):
        if (
            sorts[at] == _COPY
            and any(sort in (_TEXT, _DEVICE) for sort in sorts[:at])
            and not _answers_below(sorts, at, end)
        ):
            return at
    return end


def _before_intro(lines: list[str], sorts: list[int], end: int) -> int:
    """Cut at the first "A wrote:" after which only quotation follows, marked or not marked at all."""
    for at in range(end):
        if sorts[at] != _INTRO or (at and sorts[at - 1] == _INTRO) or not any(sort == _TEXT for sort in sorts[:at]):
            continue
        if not _answers_below(sorts, at, end):
            return at
    return end


def _answers_below(sorts: list[int], at: int, end: int) -> bool:
    """Whether words of one's own stand under quoted lines after `at`."""
    quoted = False
    for sort in sorts[at:end]:
        if sort == _QUOTED:
            quoted = True
        elif sort == _SIGNATURE and quoted:
            return False
        elif sort == _TEXT and quoted:
            return True
    return False


def _without_tail(lines: list[str], sorts: list[int], end: int) -> int:
    """Cut quoted lines, their introductions and advertisements of devices from the end."""
    while end and sorts[end - 1] in (_BLANK, _QUOTED, _INTRO, _DEVICE):
        end -= 1
    return end


def _before_signature(lines: list[str], sorts: list[int], end: int) -> int:
    """Cut at a signature rule with few lines and no quotation under it."""
    for at in range(max(0, end - _SIGNATURE_LINES), end):
        if (
            sorts[at] == _SIGNATURE
            and _is_signature_rule(lines[at], sorts, at, end)
            and any(sort == _TEXT for sort in sorts[:at])
        ):
            return at
    return end


def _is_signature_rule(line: str, sorts: list[int], at: int, end: int) -> bool:
    rule = line.strip()
    # Two dashes are the convention (RFC 3676 section 4.3); other rules only near the end, for they also divide letters.
    return len(rule) <= 3 or (end - at <= 12 and _BLANK not in sorts[at + 1 : end])


def _before_farewell(lines: list[str], sorts: list[int], end: int) -> int:
    """Cut at "Regards," on a line of its own where only a few short lines follow."""
    after = 0
    for at in range(end - 1, 0, -1):
        if sorts[at] == _BLANK:
            continue
        if len(lines[at]) > 70 or after > 6 or sorts[at] != _TEXT:
            return end
        if FAREWELL.match(lines[at].strip()) and any(sort == _TEXT for sort in sorts[:at]):
            return at if after else end
        after += 1
    return end


def _before_device(lines: list[str], sorts: list[int], end: int) -> int:
    """Cut at "Sent from my ..." where nothing of one's own follows."""
    for at in range(end - 1, -1, -1):
        if sorts[at] == _DEVICE and not any(sort == _TEXT for sort in sorts[at:end]):
            return at
        if sorts[at] == _TEXT:
            break
    return end


#: The order in which the end moves up.
_STEPS = (
    _before_copy,
    _before_intro,
    _without_tail,
    _before_signature,
    _without_tail,
    _before_device,
    _without_tail,
    _before_farewell,
)


def _separator_at(lines: list[str], separator: str) -> int:
    wanted = separator.strip().strip("-#* ").lower()
    for at, line in enumerate(lines):
        if wanted and wanted in line.lower() and any(above.strip() for above in lines[:at]):
            return at
    return len(lines)


def _from_html(html: str, kept: str, separator: str | None) -> str:
    """The words of an HTML letter whose text shows no quotation: with the quotation marked, or cut where it begins."""
    marked, _ = cut(html_text.text_of(html, quote=True), separator=separator)
    if len(marked) < len(kept) and marked:
        return marked
    found = _HTML_QUOTE.search(html)
    above = html_text.text_of(html[: found.start()]) if found else ""
    if found is None or not above.strip() or found[0].lower().startswith("<blockquote"):
        return kept
    return cut(above, separator=separator)[0]
