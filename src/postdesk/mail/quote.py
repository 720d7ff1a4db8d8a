"""The new words of an answer: quoted history, signature and forwarded matter trimmed.

It works on lines. Each line gets a sort; then the steps below cut from the end. Nothing is ever dropped from between
words that stay: where someone answers between the quoted lines, all of it stays. The whole text is always in the store.
"""

from __future__ import annotations

import re

from postdesk.mail import html_text
from postdesk.mail.quote_lines import BLANK, COPY, GADGET, INTRO, PHONE_SAYS, QUOTED, SIGN, TEXT, has_marks, sorts_of
from postdesk.mail.quote_words import FAREWELL

_HTML_QUOTE = re.compile(
    r"<(?:blockquote\b|(?:div|span|p|hr|table|section)\b[^<>]{0,300}?(?:class|id|"
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
_LONGEST = 400_000
_HTML_SEARCHED = 200_000
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
    sorts = sorts_of(lines, has_marks=has_marks(text))
    end = len(lines)
    for step in _STEPS:
        end = step(lines, sorts, end)
    if separator:
        end = min(end, _separator_at(lines, separator))
        end = _without_tail(lines, sorts, end)
    if not any(line.strip() for line in lines[:end]):
        # Nothing new above: the words stand below, or it is forwarded without a comment. Then all is worth reading.
        return text.strip("\n").rstrip(), ""
    return "\n".join(lines[:end]).strip("\n").rstrip(), "\n".join(lines[end:])


def _before_copy(lines: list[str], sorts: list[int], end: int) -> int:
    """Cut where an unmarked copy of the older message begins, if something stands above it."""
    for at in range(end):
        if (
            sorts[at] == COPY
            and any(sort in (TEXT, GADGET, PHONE_SAYS) for sort in sorts[:at])
            and not _answers_below(sorts, at, end)
        ):
            return at
    return end


def _before_intro(lines: list[str], sorts: list[int], end: int) -> int:
    """Cut at the first "A wrote:" after which only quotation follows, marked or not marked at all."""
    for at in range(end):
        if sorts[at] != INTRO or (at and sorts[at - 1] == INTRO) or not any(sort == TEXT for sort in sorts[:at]):
            continue
        if not _answers_below(sorts, at, end):
            return at
    return end


def _answers_below(sorts: list[int], at: int, end: int) -> bool:
    """Whether words of one's own stand under quoted lines after `at`."""
    quoted = False
    for sort in sorts[at:end]:
        if sort == QUOTED:
            quoted = True
        elif sort == SIGN and quoted:
            return False
        elif sort == TEXT and quoted:
            return True
    return False


def _without_tail(lines: list[str], sorts: list[int], end: int) -> int:
    """Cut quoted lines, their introductions and advertisements of devices from the end."""
    while end and sorts[end - 1] in (BLANK, QUOTED, INTRO, GADGET, PHONE_SAYS):
        end -= 1
    return end


def _before_signature(lines: list[str], sorts: list[int], end: int) -> int:
    """Cut at a signature rule with few lines and no quotation under it."""
    for at in range(max(0, end - _SIGNATURE_LINES), end):
        if (
            sorts[at] == SIGN
            and _is_signature_rule(lines[at], sorts, at, end)
            and any(sort == TEXT for sort in sorts[:at])
        ):
            return at
    return end


def _is_signature_rule(line: str, sorts: list[int], at: int, end: int) -> bool:
    rule = line.strip()
    # Two dashes are the convention (RFC 3676 section 4.3); other rules only near the end, for they also divide letters.
    return len(rule) <= 2 or (len(rule) > 4 and end - at <= 12 and BLANK not in sorts[at + 1 : end])


def _before_farewell(lines: list[str], sorts: list[int], end: int) -> int:
    """Cut at "Regards," on a line of its own where only a few short lines follow."""
    after = 0
    for at in range(end - 1, 0, -1):
        if sorts[at] == BLANK:
            continue
        if len(lines[at]) > 70 or after > 6 or sorts[at] != TEXT:
            return end
        if FAREWELL.match(lines[at].strip()) and any(sort == TEXT for sort in sorts[:at]):
            return at if after else end
        after += 1
    return end


def _before_device(lines: list[str], sorts: list[int], end: int) -> int:
    """Cut at "Sent from my ...": what stands under it is a copy, unless it is an answer between quoted lines."""
    for at in range(end):
        if sorts[at] == PHONE_SAYS and any(sort == TEXT for sort in sorts[:at]) and not _answers_below(sorts, at, end):
            return at
    for at in range(end - 1, -1, -1):
        if sorts[at] == GADGET:
            return at
        if sorts[at] == TEXT:
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
    """The words of an HTML letter whose text shows no quotation: with the quotation marked, or cut where it
    begins."""
    marked, _ = cut(html_text.text_of(html, quote=True), separator=separator)
    if len(marked) < len(kept) and marked:
        return marked
    found = _HTML_QUOTE.search(html, 0, _HTML_SEARCHED)
    above = html_text.text_of(html[: found.start()]) if found else ""
    if found is None or not above.strip() or found[0].lower().startswith("<blockquote"):
        return kept
    return cut(above, separator=separator)[0]
