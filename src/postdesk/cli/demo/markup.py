"""The HTML of the customers' page. Every value is escaped where it enters; nothing here reads a letter box."""

from __future__ import annotations

import datetime as dt
import html as html_library
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import quote

from postdesk.cli.demo.compose import text_of
from postdesk.cli.demo.post import Side

TITLE = "What the customers received"


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def html(template: str, **values: object) -> Html:
    """Fill `{name}` places; whatever is not Html is escaped, for text and attributes alike."""
    safe = {
        name: value if isinstance(value, Html) else html_library.escape(str(value)) for name, value in values.items()
    }
    return Html(template.format(**safe))


def joined(parts: Iterable[Html]) -> Html:
    """Pieces of HTML one after the other."""
    return Html("".join(parts))


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a letter box: how they are listed."""

    address: str
    name: str
    is_agent: bool
    received: int


@dataclass(frozen=True, slots=True)
class Line:
    """One message in a list."""

    key: str
    at: dt.datetime
    who: str
    subject: str
    is_automatic: bool


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{refresh}<title>{title}</title>
<link rel="stylesheet" href="/page.css">
</head>
<body>
<header><a href="/">{site}</a><p>The sandbox beside the demo desk. Nothing here leaves this machine.</p></header>
<div class="columns">
<nav aria-label="Letter boxes">{people}</nav>
<main>{main}</main>
</div>
</body>
</html>
"""


def page(title: str, main: Html, people: Sequence[Person], *, at: str = "", refresh: int = 0) -> Html:
    """A whole page. `at`: the address of the open letter box; `refresh`: seconds until it loads anew, 0 never."""
    again = html('<meta http-equiv="refresh" content="{seconds}">\n', seconds=refresh) if refresh else Html("")
    groups = joined(
        _group(heading, [person for person in people if person.is_agent is is_agent], at)
        for heading, is_agent in (("Customers", False), ("Agents", True))
    )
    return html(_PAGE, title=title, site=TITLE, refresh=again, people=groups, main=main)


def _group(heading: str, people: Sequence[Person], at: str) -> Html:
    items = joined(
        html(
            '<li><a href="/{path}"{current}><span>{name}<small>{address}</small></span>{count}</a></li>',
            path=quote(person.address),
            current=Html(' aria-current="page"') if person.address == at else Html(""),
            name=person.name,
            address=person.address,
            count=html("<b>{count}</b>", count=person.received) if person.received else Html(""),
        )
        for person in people
    )
    return html("<h2>{heading}</h2><ul>{items}</ul>", heading=heading, items=items)


def welcome() -> Html:
    """What stands beside the list of letter boxes."""
    return Html(
        "<h1>Choose a letter box</h1>"
        "<p>The people on the left write to the desk by themselves, and answer what an agent sends them. "
        "Open a letter box to see what reached it, or write to the desk in that person's name.</p>"
    )


def letter_box(person: Person, received: Sequence[Line], sent: Sequence[Line]) -> Html:
    """What one person received and wrote."""
    write = Html("")
    if not person.is_agent:
        write = html('<a class="button" href="/{path}/write">Write to the desk</a>', path=quote(person.address))
    return html(
        '<div class="title"><h1>{name}<small>{address}</small></h1>{write}</div>{received}{sent}',
        name=person.name,
        address=person.address,
        write=write,
        received=_list("Received", person.address, "received", received),
        sent=_list("Sent", person.address, "sent", sent) if not person.is_agent else Html(""),
    )


def _list(heading: str, address: str, side: Side, lines: Sequence[Line]) -> Html:
    rows = joined(
        html(
            '<li><a href="/{address}/{side}/{key}"><time>{at}</time><span class="who">{who}</span>'
            '<span class="subject">{subject}</span>{mark}</a></li>',
            address=quote(address),
            side=side,
            key=quote(line.key),
            at=line.at.astimezone().strftime("%H:%M:%S"),
            who=line.who,
            subject=line.subject or "(no subject)",
            mark=Html('<span class="mark">automatic</span>') if line.is_automatic else Html(""),
        )
        for line in lines
    )
    empty = Html('<p class="empty">Nothing yet.</p>')
    body = html('<ul class="letters">{rows}</ul>', rows=rows) if lines else empty
    return html("<section><h2>{heading}</h2>{body}</section>", heading=heading, body=body)


def letter(message: EmailMessage, form: Html) -> Html:
    """One message: the fields people look at, its text, what is attached, every header field, and `form` below."""
    fields = joined(
        html("<dt>{name}</dt><dd>{value}</dd>", name=name, value=value)
        for name in ("From", "To", "Cc", "Date")
        if (value := str(message.get(name, "")))
    )
    files = joined(
        html(
            "<li>{name} <small>{kind}, {size} bytes</small></li>",
            name=part.get_filename() or "(no name)",
            kind=part.get_content_type(),
            size=len(content) if isinstance(content := part.get_payload(decode=True), bytes) else 0,
        )
        for part in message.walk()
        if part.get_filename()
    )
    raw_fields = "\n".join(f"{name}: {value}" for name, value in message.raw_items())
    return html(
        '<article><h1>{subject}</h1><dl>{fields}</dl><div class="text">{text}</div>{files}'
        "<details><summary>All header fields</summary><pre>{raw_fields}</pre></details></article>{form}",
        subject=str(message.get("Subject", "")) or "(no subject)",
        fields=fields,
        text=readable(message),
        files=html('<ul class="files">{files}</ul>', files=files) if files else files,
        raw_fields=raw_fields,
        form=form,
    )


def readable(message: EmailMessage) -> str:
    """The text of a message; where it has only HTML, that without its tags."""
    text = text_of(message)
    if text:
        return text
    body = message.get_body(preferencelist=("html",))
    if body is None:
        return ""
    without_styles = re.sub(r"(?is)<(style|script|head)\b.*?</\1>", "", str(body.get_content()))
    with_breaks = re.sub(r"(?i)<(?:br|/p|/div|/tr|/h\d|/li)\b[^>]*>", "\n", without_styles)
    return html_library.unescape(re.sub(r"<[^>]*>", "", with_breaks)).strip()


_FORM = """<form method="post" action="/{address}/write">
<h2>{heading}</h2>
<input type="hidden" name="token" value="{token}">
{addressed}
<label>Text<textarea name="text" rows="8" required></textarea></label>
<button>{verb}</button>
</form>"""

_ADDRESSED = """<label>To<select name="to">{choices}</select></label>
<label>Subject<input name="subject" maxlength="200" required></label>"""


def writing_form(address: str, token: str, desk: Sequence[str]) -> Html:
    """The form for a new mail to the desk."""
    choices = joined(html("<option>{address}</option>", address=choice) for choice in desk)
    addressed = html(_ADDRESSED, choices=choices)
    return html(
        _FORM, address=quote(address), heading="Write to the desk", token=token, addressed=addressed, verb="Send"
    )


def answering_form(address: str, token: str, key: str) -> Html:
    """The form for an answer to the received message `key`."""
    addressed = html('<input type="hidden" name="answers" value="{key}">', key=key)
    return html(
        _FORM, address=quote(address), heading="Answer", token=token, addressed=addressed, verb="Send the answer"
    )
