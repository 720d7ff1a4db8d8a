"""Text as the database can take it."""

from __future__ import annotations


def storable(text: str) -> str:
    """The text without what PostgreSQL's `text` refuses: NULs go, lone surrogates become question marks."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text
