"""Consenting in a browser: the link for a mailbox's owner, the way to the provider and back, and how it ended.

These pages ask for no account: what a browser may see is what its own session began (`remember`), or what a link's
word opens, once. So the owner of a mailbox can consent who has nothing else to do with the desk.
"""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from postdesk.basics import clock
from postdesk.basics.errors import Refused
from postdesk.flow import consents
from postdesk.flow.consents import Begun
from postdesk.grants.proof import digest
from postdesk.mailroom.models import Consent
from postdesk.mailroom.models.authorisations import Stage

#: In the session: what it began, {consent: {"state": ..., "back": ...}}.
_KEY: Final = "consents"
#: So many are remembered; the oldest go first.
_MOST: Final = 10


def callback_url() -> str:
    """What is registered at the provider, to the letter."""
    return f"{settings.BASE_URL}{reverse('oauth2-callback')}"


def link_url(word: str) -> str:
    """The address of a link for a mailbox's owner."""
    return f"{settings.BASE_URL}{reverse('consent-link', args=[word])}"


def remember(request: HttpRequest, begun: Begun, *, back: str) -> None:
    """This browser may go on with it. `back`: where an administrator goes afterwards; "" for an owner."""
    known = dict([*request.session.get(_KEY, {}).items()][-_MOST + 1 :])
    known[str(begun.consent.pk)] = {"state": begun.state, "back": back}
    request.session[_KEY] = known


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, word: str) -> HttpResponseBase:
    """What an owner sees first; going on uses the link up."""
    try:
        if request.method == "POST":
            begun = consents.take_up(word, redirect_uri=callback_url(), at=clock.now())
            remember(request, begun, back="")
            return redirect("consent", begun.consent.pk)
        consent = consents.invited(word, at=clock.now())
    except Refused as refusal:
        return _over(request, refusal.message)
    context = {
        "row": consent.authorisation,
        "email": consent.authorisation.connection.email,
        "by": consent.asked_by,
        "provider": _called(consent),
    }
    return render(request, "shared/consent/link.html", context)


@never_cache
@require_http_methods(["GET", "HEAD"])
def show(request: HttpRequest, pk: int) -> HttpResponseBase:
    """How far it is; for htmx, which asks again until the end, the part alone."""
    known = request.session.get(_KEY, {}).get(str(pk))
    rows = Consent.objects.select_related("authorisation__mailbox__email", "authorisation__smtp__email")
    consent = rows.filter(pk=pk).first() if known is not None else None
    if consent is None or known is None:
        raise Http404
    consents.ask_again(consent, at=clock.now())
    context = {
        "consent": consent,
        "row": consent.authorisation,
        "email": consent.authorisation.connection.email,
        "provider_url": consents.address(consent, known["state"]),
        "provider": _called(consent),
        "ended": consent.stage == Stage.ENDED,
        "waits": consent.stage in (Stage.PREPARING, Stage.ANSWERED) or bool(consent.user_code),
        "back": known["back"],
    }
    template = "shared/consent/_consent.html" if request.headers.get("HX-Request") else "shared/consent/consent.html"
    return render(request, template, context)


@never_cache
@require_http_methods(["GET", "HEAD"])
def callback(request: HttpRequest) -> HttpResponseBase:
    """Where the provider sends people back to. The state must be one that this browser took along; it counts once."""
    names = ("state", "code", "error", "error_description")
    said = {name: request.GET.get(name, "").replace("\x00", "") for name in names}
    known = {digest(one["state"]): pk for pk, one in request.session.get(_KEY, {}).items() if one["state"]}
    if digest(said["state"]) not in known:
        return _over(
            request,
            "This answer of the provider belongs to nothing that was begun in this browser. Nothing was changed. Begin "
            "again, and stay in one browser.",
        )
    try:
        consent = consents.answered(
            said["state"],
            code=said["code"],
            error=said["error"][:100],
            description=said["error_description"][:1000],
            at=clock.now(),
        )
    except Refused as refusal:
        return _over(request, refusal.message)
    # Away from the address that holds the code.
    return redirect("consent", consent.pk)


def _called(consent: Consent) -> str:
    kind = consent.authorisation
    return "the provider" if kind.kind == "other" else str(kind.get_kind_display())


def _over(request: HttpRequest, sentence: str) -> HttpResponseBase:
    return render(request, "shared/consent/over.html", {"sentence": sentence}, status=409)
