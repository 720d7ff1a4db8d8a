"""Which parts of a message are its text and its HTML, and which are files (RFC 2046 section 5.1.4, RFC 2183)."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

from postdesk.mail import charset, html_text
from postdesk.mail.message import Confidence
from postdesk.mail.part import Part

_READABLE = ("text/plain", "text/html", "text/enriched", "text/richtext")
_ENRICHED = re.compile(r"<</?|</?[A-Za-z][A-Za-z-]{0,60}>|<param>.*?</param>", re.DOTALL)
_SOFT = re.compile(r"(?m)^(?!>|-- $)([^\n]*) \n(?!>|\n|-- \n)")


@dataclass(slots=True)
class Body:
    text: str = ""
    html: str | None = None
    charset: str | None = None
    confidence: Confidence | None = None
    files: list[tuple[int, Part]] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Unit:
    """One stretch of the letter: the alternatives of the same words, or a single part."""

    text: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)


def choose(parts: list[Part], charset_wanted: str = "") -> Body:
    """The letter's words, in text and HTML, and everything else as files, numbered by their place from 1.

    `charset_wanted` reads the words in that charset, whatever their labels say.
    """
    body = Body()
    units: dict[int, _Unit] = {}
    for number, part in enumerate(parts, 1):
        if not _is_words(part, parts):
            body.files.append((number, part))
            continue
        # Parts outside any alternative are stretches of their own; negative keys keep them apart.
        unit = units.setdefault(part.alternative or -number, _Unit())
        _take(part, unit, body, charset_wanted)
    _join(list(units.values()), body)
    return body


def _is_words(part: Part, parts: list[Part]) -> bool:
    if part.content_type not in _READABLE or part.is_attachment:
        return False
    if not part.filename or len(parts) == 1 or part.container == "multipart/alternative":
        return True
    # A named inline text is a file, unless it is all the words there are.
    others = (other for other in parts if other is not part and other.content_type in _READABLE)
    return part is parts[0] and not any(not other.is_attachment and not other.filename for other in others)


def _take(part: Part, unit: _Unit, body: Body, wanted: str) -> None:
    label = part.charset
    if part.content_type == "text/html" and charset.codec_for(label) in ("", None):
        label = html_text.declared_charset(part.content) or label
    if wanted and (codec := charset.codec_for(wanted)):
        text, used, said = charset.decode_known(part.content, codec), charset.codec_name(codec), None
    else:
        text, used, said = charset.decode(part.content, label)
    if said:
        body.defects.append(said)
    if body.charset is None or (body.charset == "us-ascii" and used != "us-ascii"):
        body.charset = used
        body.confidence = "declared" if said is None else "proven" if used == "utf-8" else "guessed"
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if part.content_type == "text/html":
        unit.html.append(text)
        return
    if part.content_type != "text/plain":
        text = html.unescape(_ENRICHED.sub("", text))
    elif part.parameters.get("format", "").lower() == "flowed":
        text = unflowed(text, joined=part.parameters.get("delsp", "").lower() == "yes")
    unit.text.append(text)


def _join(units: list[_Unit], body: Body) -> None:
    texts: list[str] = []
    for unit in units:
        plain = _stacked(unit.text)
        if not plain.strip() and unit.html:
            plain = "\n".join(html_text.text_of(source) for source in unit.html)
        if plain.strip():
            texts.append(plain)
    body.text = _stacked(texts)
    if any(unit.html for unit in units):
        pieces = ["\n".join(unit.html) if unit.html else _as_html("".join(unit.text)) for unit in units]
        body.html = "\n".join(piece for piece in pieces if piece)


def _stacked(texts: list[str]) -> str:
    if len(texts) == 1:
        return texts[0]
    return "\n".join(text.rstrip("\n") + "\n" for text in texts)


def _as_html(text: str) -> str:
    return f'<div style="white-space: pre-wrap">{html.escape(text.strip(), quote=False)}</div>' if text.strip() else ""


def unflowed(text: str, *, joined: bool) -> str:
    """format=flowed paragraphs on one line each (RFC 3676 section 4.2); quoted lines stay as they are."""
    text = _SOFT.sub(r"\1" if joined else r"\1 ", text)
    return "\n".join(line[1:] if line.startswith(" ") else line for line in text.split("\n"))
