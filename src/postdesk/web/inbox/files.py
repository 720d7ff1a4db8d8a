"""What strangers sent, served so that it can do no harm: mail HTML, raw messages, files, inline images."""

from __future__ import annotations

import re
from typing import Final

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from postdesk.flow import source as stored
from postdesk.mail import names
from postdesk.mail.links import marked
from postdesk.mail.sanitize import safe_html
from postdesk.tickets.models import Entry, EntryAttachment
from postdesk.tickets.queries import bounds
from postdesk.web.inbox.ticket import ticket_or_404
from postdesk.web.shared import policy
from postdesk.web.shared.doors import AgentRequest, door

#: Shown by browsers as pictures and nothing else. SVG is a document that may act, so it is not among them.
PICTURES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/avif"})
_SALT: Final = "postdesk.inline-image"
#: Seconds an inline image's address works: a frame asks for its images as soon as it is shown.
_LIFETIME: Final = 3600


@door("ticket.read")
def mail(request: AgentRequest, number: int, entry: int) -> HttpResponse:
    """An entry's HTML, sanitised now, as a document of its own for a sandboxed frame."""
    row = _entry(request, number, entry)
    # Of several files under one id the first picture is meant; the others can never be shown here.
    files: dict[str, EntryAttachment] = {}
    for file in row.attachments.all():
        if file.content_id and file.content_type.lower() in PICTURES:
            files.setdefault(file.content_id.strip("<>"), file)

    def cid_url(content_id: str) -> str | None:
        file = files.get(content_id)
        if file is None:
            return None
        # Without an origin a frame sends no cookie, so the address itself is the permission.
        return request.build_absolute_uri(reverse("inline", args=[signing.dumps(file.pk, salt=_SALT)]))

    images = request.GET.get("images") == "1"
    safe = safe_html(row.html, cid_url=cid_url, images=images)
    response = render(request, "inbox/mail.html", {"html": marked(safe.html)})
    response.headers["Content-Security-Policy"] = policy.FRAME_POLICY_WITH_IMAGES if images else policy.FRAME_POLICY
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@door("ticket.read")
def source(request: AgentRequest, number: int, entry: int) -> HttpResponse:
    """The raw message an entry was made from, as a download."""
    row = _entry(request, number, entry)
    if row.spooled is None or row.spooled.blob_id is None:
        raise Http404
    return served(stored.raw_bytes(row.spooled), f"ticket-{number}-{row.pk}.eml", "message/rfc822")


@door("ticket.read")
def attachment(request: AgentRequest, pk: int) -> HttpResponse:
    """A file as a download; with ?view=1 a picture is shown instead."""
    file = get_object_or_404(EntryAttachment.objects.filter(bounds(request.user, "entry__ticket__")).distinct(), pk=pk)
    return _file(file, show=request.GET.get("view") == "1")


@require_safe
def inline(request: HttpRequest, token: str) -> HttpResponse:
    """An inline image by a signed address that works for an hour; asked for without a cookie."""
    try:
        pk = signing.loads(token, salt=_SALT, max_age=_LIFETIME)
    except signing.BadSignature as error:
        raise Http404 from error
    return _file(get_object_or_404(EntryAttachment, pk=pk, content_type__iregex=r"^image/"), show=True)


def served(content: bytes, filename: str, content_type: str, *, as_attachment: bool = True) -> HttpResponse:
    """Bytes of a stranger under headers that keep them from acting."""
    response = HttpResponse(content, content_type=content_type)
    # Names from before names were made safe may still turn their direction around to hide what they end in.
    disposition = content_disposition_header(as_attachment, names.safe(filename) or "file")
    response.headers["Content-Disposition"] = disposition or "attachment"
    response.headers["Content-Security-Policy"] = policy.FILE_POLICY
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


def _file(file: EntryAttachment, *, show: bool) -> HttpResponse:
    try:
        content = stored.attachment_bytes(file)
    except LookupError as error:
        raise Http404 from error
    declared = file.content_type.lower()
    is_picture = show and declared in PICTURES
    # A declared type is a stranger's word: only well-formed ones are passed on, and never one a browser would run.
    kind = declared if re.fullmatch(r"[\w.+-]+/[\w.+-]+", declared) and is_picture else "application/octet-stream"
    return served(content, file.filename, kind, as_attachment=not is_picture)


def _entry(request: AgentRequest, number: int, entry: int) -> Entry:
    ticket = ticket_or_404(number, request.user)
    return get_object_or_404(Entry.objects.select_related("spooled"), pk=entry, ticket=ticket)
