"""The words of what a Ticket Filter sends by itself: the administrator's, with a few names filled in. Pure."""

from __future__ import annotations

import html as html_escape
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from postdesk.basics.errors import Invalid
from postdesk.mail.address import parse
from postdesk.mail.message import Address
from postdesk.tickets.notices import Words

#: What may stand in the recipients, the subject and the text, and what it becomes.
VARIABLES: Final[tuple[tuple[str, str], ...]] = (
    ("user", "The address of the user who wrote."),
    ("user.name", "Their name."),
    ("ticket.number", "The number of the ticket."),
    ("ticket.subject", "Its subject."),
    ("ticket.department", "Its department."),
    ("ticket.priority", "Its priority."),
    ("message", "What the user wrote."),
)
_NAMES: Final = frozenset(name for name, _ in VARIABLES)
_VARIABLE = re.compile(r"%\{\s*([^{}]{0,80}?)\s*\}")
LONGEST: Final = {"recipients": 1000, "subject": 255, "text": 20_000}


def problems(*, recipients: str, subject: str, text: str) -> Iterator[Invalid]:
    """What is wrong with a mail to be, by the field's name."""
    for name, value in (("recipients", recipients), ("subject", subject), ("text", text)):
        unknown = [found for found in _VARIABLE.findall(value) if found not in _NAMES]
        if not value.strip():
            yield Invalid(name, f"Please insert a value for {name}")
        elif len(value) > LONGEST[name]:
            yield Invalid(name, f"has {LONGEST[name]} characters at most")
        elif unknown:
            yield Invalid(name, f"%{{{unknown[0]}}} is no variable; there are {', '.join(sorted(_NAMES))}")
    if recipients.strip() and not _listed(recipients, "user@example.org"):
        yield Invalid("recipients", "Write addresses with commas between them, or %{user}.")


def _listed(recipients: str, user: str) -> tuple[Address, ...]:
    """The addresses, () when one of them is none."""
    filled = _VARIABLE.sub(lambda found: user if found[1] == "user" else "", recipients)
    pieces = [piece for piece in re.split(r"[,;\n]", filled) if piece.strip()]
    found = parse(",".join(pieces))
    return found if len(found) == len(pieces) else ()


def addressed(recipients: str, *, user: Address) -> tuple[Address, ...]:
    """Whom the mail goes to, each once."""
    every = {one.key: one for one in _listed(recipients, user.address)}
    if user.key in every:
        every[user.key] = user
    return tuple(every.values())


def whom(
    recipients: str, *, user: Address, is_ours: Callable[[str], bool], unanswerable: str
) -> tuple[tuple[Address, ...], str]:
    """(whom the mail goes to, why to nobody). Never to the desk itself, nor to a user who must not be answered."""
    wanted = addressed(recipients, user=user)
    to = tuple(one for one in wanted if not is_ours(one.key) and not (unanswerable and one.key == user.key))
    if to:
        return to, ""
    return (), unanswerable if user in wanted and unanswerable else "it names nobody but the desk itself"


def words(subject: str, text: str, values: Mapping[str, str]) -> Words:
    """The mail with its variables filled in; `values` by name, all of VARIABLES."""
    filled = _filled(text, values).strip()
    paragraphs = (html_escape.escape(paragraph).replace("\n", "<br>\n") for paragraph in filled.split("\n\n"))
    html = "".join(f"<p>{paragraph}</p>\n" for paragraph in paragraphs if paragraph.strip())
    return Words(" ".join(_filled(subject, values).split())[:255], f"{filled}\n", html)


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: values.get(found[1], found[0]), text)
