"""A message's words, and words that have two forms: as plain text and as HTML."""

from __future__ import annotations

import html as markup
import re
from dataclasses import dataclass

_PARAGRAPHS = re.compile(r"\n[ \t]*\n\s*")


@dataclass(frozen=True, slots=True)
class Words:
    """A message's subject and its two bodies."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Rich:
    """A value with line breaks or markup of its own. `html` is safe to stand in a page or a mail."""

    text: str
    html: str


NOTHING = Rich("", "")


def paragraphs(text: str, *, longest: int = 0) -> Rich:
    """Plain text as both forms; blank lines part paragraphs. Cut at `longest` characters, 0 for never."""
    plain = text.strip()
    if longest and len(plain) > longest:
        plain = plain[:longest].rstrip() + " …"
    if not plain:
        return NOTHING
    parts = _PARAGRAPHS.split(plain.replace("\r\n", "\n"))
    html = "".join(f"<p>{markup.escape(part, quote=False).replace(chr(10), '<br>' + chr(10))}</p>\n" for part in parts)
    return Rich(plain, html)
