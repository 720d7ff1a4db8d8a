"""HTML as the text a person would read. One pass over the tags, no tree, so no nesting can hurt it."""

from __future__ import annotations

import html
import re

#: Comments; elements that are not words, with what is in them; tags with quoted values; any other tag. No part can
#: run past the next "<" outside quotes, so that hostile input costs no more than its length.
_TAG = re.compile(
    r"<(?:!--.*?(?:-->|\Z)|(script|style|title|template|noscript)\b.*?(?:</\1\s*>|\Z)|"
    r"(/?[a-zA-Z][^\s<>/]{0,30})((?:[^<>\"']++|\"[^\"]*\"|'[^']*')*+|[^<>]*)>|[!?][^<>]*>)",
    re.DOTALL | re.IGNORECASE,
)
_SPACES = re.compile(r"[ \t\r\n\f\u00a0]+")
_BLANKS = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)+")
_TRAILING = re.compile(r"(?<![ \t])[ \t]++\n")
_ATTRIBUTE = re.compile(r"(?:^|\s)(href|alt)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))", re.IGNORECASE)
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]{2,40})", re.IGNORECASE)
_BREAKS = {
    "br": "\n",
    "p": "\n\n",
    "div": "\n",
    "tr": "\n",
    "li": "\n- ",
    "ul": "\n",
    "ol": "\n",
    "table": "\n",
    "h1": "\n\n",
    "h2": "\n\n",
    "h3": "\n\n",
    "h4": "\n\n",
    "h5": "\n\n",
    "h6": "\n\n",
    "pre": "\n",
    "blockquote": "\n",
    "hr": "\n----\n",
    "td": " ",
    "th": " ",
    "dt": "\n",
    "dd": "\n  ",
    "section": "\n",
    "article": "\n",
    "header": "\n",
    "footer": "\n",
    "address": "\n",
    "center": "\n",
    "body": "\n",
    "form": "\n",
    "option": "\n",
    "/p": "\n\n",
    "/div": "\n",
    "/tr": "\n",
    "/ul": "\n",
    "/ol": "\n",
    "/table": "\n",
    "/h1": "\n\n",
    "/h2": "\n\n",
    "/h3": "\n\n",
    "/h4": "\n\n",
    "/h5": "\n\n",
    "/h6": "\n\n",
    "/pre": "\n",
    "/li": "\n",
    "/section": "\n",
    "/article": "\n",
    "/address": "\n",
    "/dd": "\n",
    "/center": "\n",
}
_INLINE = frozenset({"a", "/a", "img"})
_DEPTHS = frozenset("0123456789")


def declared_charset(raw: bytes) -> str:
    """The charset an HTML document names in its own head, or ""."""
    found = _CHARSET.search(raw[:4096])
    return found[1].decode("ascii") if found else ""


def text_of(source: str, *, quote: bool = False) -> str:
    """The visible text of HTML: blocks on lines of their own, links with their address where it differs.

    With `quote`, the lines of a blockquote begin with "> ", as a mail program would write them.
    """
    out: list[str] = []
    at, depth, preformatted = 0, 0, 0
    link = ("", 0)
    for found in _TAG.finditer(source):
        if found.start() > at:
            _say(out, source[at : found.start()], preformatted > 0)
        at = found.end()
        name = (found[2] or "").lower()
        if name in _INLINE:
            link = _inline(out, name, found[3], link)
        elif name in ("pre", "/pre"):
            preformatted = max(preformatted + (1 if name == "pre" else -1), 0)
            out.append("\n")
        elif quote and name in ("blockquote", "/blockquote"):
            depth = depth + 1 if name == "blockquote" else max(depth - 1, 0)
            out.append(f"\x02{min(depth, 9)}")
        elif name in _BREAKS:
            out.append(_BREAKS[name])
    if at < len(source):
        _say(out, source[at:], preformatted > 0)
    return _tidy("".join(out), quote)


def _inline(out: list[str], name: str, attributes: str, link: tuple[str, int]) -> tuple[str, int]:
    """Takes note of a link that opens, says one that closes, says what an image stands for; returns the open link."""
    if name == "a":
        return _attribute(attributes, "href"), len(out)
    if name == "/a":
        if link[0]:
            _say_link(out, *link)
        return "", 0
    if "alt" in attributes:
        out.append(html.unescape(_attribute(attributes, "alt")))
    return link


def _say(out: list[str], text: str, preformatted: bool) -> None:
    if "&" in text:
        text = html.unescape(text)
    if preformatted:
        out.append(text.replace("\r\n", "\n").replace(" ", "\x01"))
        return
    text = _SPACES.sub(" ", text)
    if text != " " or (out and not out[-1].endswith((" ", "\n"))):
        out.append(text)


def _say_link(out: list[str], link: str, since: int) -> None:
    said = "".join(out[since:]).strip()
    link = html.unescape(link).strip()
    plain = link.removeprefix("mailto:").removeprefix("https://").removeprefix("http://").rstrip("/")
    if (
        plain
        and link[:1] != "#"
        and not link.lower().startswith(("cid:", "javascript:", "data:"))
        and said
        and plain not in said
        and len(link) < 300
    ):
        out.append(f" <{link}>")


def _attribute(attributes: str, wanted: str) -> str:
    for name, double, single, bare in _ATTRIBUTE.findall(attributes):
        if name.lower() == wanted:
            return str(double or single or bare)
    return ""


def _tidy(text: str, quote: bool) -> str:
    lines = [line.strip(" \t\r") for line in text.split("\n")]
    if quote:
        lines = _quoted(lines)
    text = "\n".join(lines).replace("\x01", " ")
    return _BLANKS.sub("\n\n", _TRAILING.sub("\n", text)).strip("\n").replace("\0", "")


def _quoted(lines: list[str]) -> list[str]:
    """Every depth mark becomes a line end, and what follows it gets its arrows."""
    out: list[str] = []
    depth = 0
    for line in lines:
        first, *rest = line.split("\x02")
        if first or not rest:
            out.append(("> " * depth if depth else "") + first)
        for piece in rest:
            depth = int(piece[0]) if piece[:1] in _DEPTHS else depth
            if piece[1:].strip():
                out.append(("> " * depth if depth else "") + piece[1:].strip())
    return out
