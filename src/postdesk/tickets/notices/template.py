"""Templates: `%{object.attribute}` in a subject and an HTML body, made ready once and filled in many times.

One pass over the template, never over what was filled in: `%{...}` in a customer's words stays as they wrote it.
In HTML values are escaped, in text they are plain. The text is made from the HTML unless it is given.
"""

from __future__ import annotations

import difflib
import html as markup
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from postdesk.basics.errors import Invalid
from postdesk.mail.html_text import text_of
from postdesk.tickets.notices.messages import Message
from postdesk.tickets.notices.scene import Scene
from postdesk.tickets.notices.variables import VARIABLES, Value
from postdesk.tickets.notices.words import Words

#: `%{name}`; editors write the braces of links as %7B and %7D, and the sign itself as %25.
_VARIABLE = re.compile(r"%(?:25)?(?:\{|%7B)\s*([^{}%<>\"']{0,80}?)\s*(?:\}|%7D)", re.IGNORECASE)
#: What was begun like a variable and is none.
_BROKEN = re.compile(r"%\{[^}\n]{0,40}")
_IN_PARAGRAPH = re.compile(r"<p>\s*(%\{[^{}]{1,80}\})\s*</p>")
_BLANKS = re.compile(r"\n(?:[ \t]*\n){2,}")
LONGEST_SUBJECT, LONGEST_BODY = 255, 100_000

Piece = str | Callable[[Scene], Value]


@dataclass(frozen=True, slots=True)
class Template:
    """Subject, HTML and text, each in pieces: what stands there, and what is to be filled in."""

    subject: tuple[Piece, ...]
    html: tuple[Piece, ...]
    text: tuple[Piece, ...]

    def fill(self, scene: Scene) -> Words:
        """The words for this occasion."""
        subject = " ".join(_plain(self.subject, scene).split())
        text = _plain(self.text, scene)
        if "\n\n\n" in text or "\n \n" in text:
            text = _BLANKS.sub("\n\n", text)
        return Words(_once_re(subject), text.strip("\n") + "\n", _html(self.html, scene))


@lru_cache(maxsize=512)
def ready(subject: str, html: str, text: str = "") -> Template:
    """The template in pieces; remembered, as the same few are used again and again."""
    html = _IN_PARAGRAPH.sub(_unwrapped, _normal(html))
    return Template(_pieces(_normal(subject)), _pieces(html), _pieces(_normal(text) if text.strip() else text_of(html)))


def problems(message: Message, *, subject: str, html: str, text: str = "") -> Iterator[Invalid]:
    """What is wrong with a template, by field; unknown variables by their names."""
    if not subject.strip():
        yield Invalid("subject", "must not be empty")
    if not html.strip():
        yield Invalid("html", "must not be empty")
    known = {variable.name for variable in message.variables}
    for field, source, longest in (
        ("subject", subject, LONGEST_SUBJECT),
        ("html", html, LONGEST_BODY),
        ("text", text, LONGEST_BODY),
    ):
        if len(source) > longest:
            yield Invalid(field, f"must not be longer than {longest} characters")
            continue
        found = dict.fromkeys(name for name in names(source) if name not in known)
        sentences = [_unknown(name, known, message) for name in found]
        sentences += [f"{begun} is not closed by }}" for begun in _BROKEN.findall(_VARIABLE.sub("", source))]
        if sentences:
            yield Invalid(field, "; ".join(sentences))


def names(source: str) -> Iterator[str]:
    """The names of the variables in a source, as written, in order."""
    return (found[1].strip() for found in _VARIABLE.finditer(source))


def _unknown(name: str, known: set[str], message: Message) -> str:
    if name in VARIABLES:
        return f"%{{{name}}} has no value in the message {message.name}"
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"%{{{name}}} is not known" + (f"; did you mean %{{{near[0]}}}?" if near else "")


def _normal(source: str) -> str:
    return _VARIABLE.sub(lambda found: f"%{{{found[1].strip()}}}", source)


def _unwrapped(found: re.Match[str]) -> str:
    """A value with paragraphs of its own, taken out of the paragraph it stands alone in."""
    variable = VARIABLES.get(found[1][2:-1])
    return found[1] if variable is not None and variable.block else found[0]


def _pieces(source: str) -> tuple[Piece, ...]:
    """A variable that is not known stays as it is written."""
    pieces: list[Piece] = []
    at = 0
    for found in _VARIABLE.finditer(source):
        variable = VARIABLES.get(found[1].strip())
        if variable is None:
            continue
        if found.start() > at:
            pieces.append(source[at : found.start()])
        pieces.append(variable.value)
        at = found.end()
    if at < len(source):
        pieces.append(source[at:])
    return tuple(pieces)


def _plain(pieces: tuple[Piece, ...], scene: Scene) -> str:
    out: list[str] = []
    for piece in pieces:
        if isinstance(piece, str):
            out.append(piece)
        else:
            value = piece(scene)
            out.append(value if isinstance(value, str) else value.text)
    return "".join(out)


def _html(pieces: tuple[Piece, ...], scene: Scene) -> str:
    out: list[str] = []
    for piece in pieces:
        if isinstance(piece, str):
            out.append(piece)
        else:
            value = piece(scene)
            out.append(markup.escape(value) if isinstance(value, str) else value.html)
    return "".join(out)


_RE: Final = re.compile(r"(?:re:\s*){2,}", re.IGNORECASE)


def _once_re(subject: str) -> str:
    """One "Re:" at the beginning, however many the template and the user's subject bring."""
    return _RE.sub("Re: ", subject, count=1) if _RE.match(subject) else subject
