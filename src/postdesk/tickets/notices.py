"""The words of what the desk sends by itself. Pure: values in, text and HTML out.

The stock texts of osticket.md 3.3 that have a function here; template sets replace them later.
"""

from __future__ import annotations

import html as html_escape
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """A message's subject and its two bodies."""

    subject: str
    text: str
    html: str


def opened(*, name: str, number: int, subject: str, signature: str) -> Words:
    """New Ticket Auto-response (`ticket.autoresp`)."""
    greeting = f"Dear {name}," if name else "Hello,"
    paragraphs = (
        greeting,
        f"thank you for your message. We have opened ticket #{number} for it and will answer as soon as we can.",
        "To add something, just reply to this message.",
        signature or "Your support team",
    )
    return Words(f"{_re(subject)} [#{number}]", _text(paragraphs), _html(paragraphs))


def reply(*, number: int, subject: str, text: str, html: str | None, signature: str) -> Words:
    """Response Template (`ticket.reply`): the agent's words, then the signature."""
    signed = f"{text.rstrip()}\n\n{signature}" if signature else text.rstrip()
    body = html if html is not None else _html(text.rstrip().split("\n\n"))
    if signature:
        body += _html((signature,))
    return Words(f"{_re(subject)} [#{number}]", signed + "\n", body)


def mailbox_failing(*, address: str, failures: int, error: str) -> Words:
    """Mail Fetch Failure Alert, to the administrator."""
    text = (
        f"Fetching mail for {address} failed {failures} times in a row.",
        f"The last error, in the server's words: {error}",
        "The desk keeps trying, more and more rarely, and tells you once when it works again.",
    )
    return Words(f"Fetching mail for {address} fails", _text(text), _html(text))


def mailbox_recovered(*, address: str) -> Words:
    text = (f"Fetching mail for {address} works again. Nothing was lost; what waited is being taken in.",)
    return Words(f"Fetching mail for {address} works again", _text(text), _html(text))


def _re(subject: str) -> str:
    plain = subject.strip() or "Your message"
    return plain if plain[:3].lower() == "re:" else f"Re: {plain}"


def _text(paragraphs: tuple[str, ...]) -> str:
    return "\n\n".join(paragraphs) + "\n"


def _html(paragraphs: list[str] | tuple[str, ...]) -> str:
    escaped = (html_escape.escape(paragraph).replace("\n", "<br>\n") for paragraph in paragraphs if paragraph)
    return "".join(f"<p>{paragraph}</p>\n" for paragraph in escaped)
