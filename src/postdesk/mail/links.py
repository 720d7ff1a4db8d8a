"""Links whose text shows another place than they lead to are marked with where they lead."""

from __future__ import annotations

import html
import re
from typing import Final
from urllib.parse import urlsplit

#: Links of sanitised HTML: closed, never inside one another, their address in double quotes.
_LINK: Final = re.compile(r'<a\b[^<>]*?\bhref="([^"]*)"[^<>]*>(.*?)</a>', re.DOTALL | re.IGNORECASE)
_TAG: Final = re.compile(r"<[^<>]*>")
_SHOWN: Final = re.compile(
    r"(?:https?://|\bwww\.)([^\s/?#<>\"'()]+)|^([\w-]+(?:\.[\w-]+)*\.[a-z]{2,24})(?=[/?#:]|$)", re.IGNORECASE
)
_INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def marked(safe_html: str) -> str:
    """Sanitised HTML with a note behind each link whose text names another host than its address."""
    return _LINK.sub(_marked, safe_html) if "<a" in safe_html else safe_html


def _marked(found: re.Match[str]) -> str:
    target = leads_elsewhere(_TAG.sub("", found[2]), html.unescape(found[1]))
    if not target:
        return found[0]
    note = f" [leads to {html.escape(target)}]"
    return f'{found[0]}<span class="leads-elsewhere" title="The text shows another address.">{note}</span>'


def leads_elsewhere(text: str, address: str) -> str:
    """The host a link leads to when its text (HTML text, entities allowed) names another one; "" otherwise."""
    shown = _SHOWN.search(_INVISIBLE.sub("", html.unescape(text)).strip())
    if shown is None:
        return ""
    try:
        target = urlsplit(address).hostname or ""
        said = urlsplit(f"//{shown[1] or shown[2]}").hostname or ""
    except ValueError:
        return address[:100]
    if not target or not said or "." not in said:
        return ""
    return "" if _bare(said) == _bare(target) or _bare(target).endswith(f".{_bare(said)}") else target


def _bare(host: str) -> str:
    """For comparing: without www., in the letters that DNS has (RFC 3490)."""
    host = host.rstrip(".").lower().removeprefix("www.")
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host
