"""Tags and filters of every template: icons, times, sizes, avatars, numbers that stop at a cap."""

from __future__ import annotations

import datetime as dt
import re
import zlib

from django import template
from django.template.loader import get_template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from postdesk.basics import clock
from postdesk.mailroom.models.outbox import LetterRecipient
from postdesk.people.models import initials
from postdesk.tickets.models import PriorityLevel, Schedule
from postdesk.tickets.schedule_lines import lines_of_spans
from postdesk.web.shared import words

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """An inline drawing of our own; decoration, so hidden from screen readers."""
    return SafeString(get_template(f"shared/icons/{name}.svg").render())


@register.simple_tag
def when(at: dt.datetime | None, empty: str = "never") -> SafeString:
    """An instant as "3 h ago", the absolute time on hover; times.js keeps the words true."""
    if at is None:
        return format_html("{}", empty)
    return format_html(
        '<time datetime="{}" title="{}" data-ago>{}</time>',
        at.isoformat(),
        words.absolute(at),
        words.ago(at, now=clock.now()),
    )


@register.simple_tag
def moment(at: dt.datetime) -> SafeString:
    """An instant that is read, not counted: in UTC, until times.js writes it in the reader's zone."""
    return format_html('<time datetime="{}" data-moment>{}</time>', at.isoformat(), words.absolute(at))


@register.simple_tag
def due(at: dt.datetime | None) -> SafeString:
    """When something is planned for: "in 5 min", or "now" once that has come."""
    now = clock.now()
    if at is None or at <= now:
        return SafeString("now")
    return format_html(
        '<time datetime="{}" title="{}" data-due>{}</time>', at.isoformat(), words.absolute(at), words.ago(at, now=now)
    )


@register.simple_tag
def due_badge(at: dt.datetime) -> SafeString:
    """By when a ticket is to be answered, or since when it is overdue."""
    now = clock.now()
    promise = words.promise(at, now=now)
    late = promise == "overdue"
    return format_html(
        '<span class="badge" data-state="{}" title="{} {}">{}<time datetime="{}">{}</time></span>',
        promise,
        "To be answered by" if not late else "Should have been answered by",
        words.absolute(at),
        "overdue " if late else "due ",
        at.isoformat(),
        words.duration(at, now=now) if late else words.ago(at, now=now),
    )


@register.simple_tag
def waiting(since: dt.datetime | None) -> SafeString:
    """How long a user has waited, coloured by how long that is."""
    if since is None:
        return SafeString("")
    now = clock.now()
    return format_html(
        '<time class="waiting" data-heat="{}" datetime="{}" title="Waiting since {}" data-for>{}</time>',
        words.heat(since, now=now),
        since.isoformat(),
        words.absolute(since),
        words.duration(since, now=now),
    )


@register.filter
def heat(since: dt.datetime | None) -> int:
    return words.heat(since, now=clock.now()) if since else -1


@register.simple_tag
def avatar(name: object, address: str = "") -> SafeString:
    """A round sign with the initials; its hue belongs to the address."""
    text = str(name or address)
    hue = zlib.crc32((address or text).lower().encode()) % 8
    return format_html('<span class="avatar" data-hue="{}" aria-hidden="true">{}</span>', hue, initials(text))


@register.simple_tag(takes_context=True)
def priority(context: template.Context, key: str) -> SafeString:
    """A priority by the name and the colour it has at this desk; all four are read once for a page."""
    levels = context.render_context.get("priorities")
    if levels is None:
        levels = {level.key: level for level in PriorityLevel.objects.all()}
        context.render_context["priorities"] = levels
    level = levels.get(key)
    name, colour = (level.name, level.colour) if level else (key, "grey")
    return format_html('<span class="badge" data-priority="{}" data-colour="{}">{}</span>', key, colour, name)


@register.filter
def schedule_lines(schedule: Schedule) -> tuple[str, ...]:
    """Business hours as people write them."""
    return lines_of_spans(schedule.spans)


@register.filter
def capped(number: object, cap: int = 1000) -> str:
    """1001 -> "1000+"."""
    count = int(str(number))
    return f"{cap}+" if count > cap else str(count)


@register.filter
def kind(name: str) -> str:
    """What wrote a message: "auto_reply" is "automatic answer"."""
    return words.KINDS.get(name, name)


@register.filter
def reply_words(recipient: LetterRecipient) -> str:
    """What the server said of a recipient, with its codes once."""
    return words.server_reply(recipient.code, recipient.enhanced, recipient.reply)


@register.filter
def size(count: int) -> str:
    return words.size(count)


@register.filter
def linked(text: str) -> SafeString:
    """Plain text with its addresses made into links; everything else escaped."""
    parts: list[SafeString] = []
    for index, part in enumerate(re.split(r"(https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]])", text)):
        pattern = '<a href="{0}" rel="noopener noreferrer nofollow" target="_blank">{0}</a>' if index % 2 else "{}"
        parts.append(format_html(pattern, part))
    return SafeString("".join(parts))
