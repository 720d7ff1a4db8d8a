"""The words the desk comes with, by language and message: what holds where a template set says nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from postdesk.tickets.notices.stock import de, en


@dataclass(frozen=True, slots=True)
class Source:
    """The source of a template: subject, HTML body, and text body ("": made from the HTML)."""

    subject: str
    html: str
    text: str = ""


LANGUAGES: Final = {"en": "English", "de": "Deutsch"}
_WORDS: Final = {"en": en.WORDS, "de": de.WORDS}


def stock(language: str, code: str) -> Source:
    """The stock words of a message. A language without words of its own speaks English."""
    subject, html = _WORDS.get(language, en.WORDS)[code]
    return Source(subject, html)
