"""The door of every page: who may come in, and what somebody hears who asks for what we will not do."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render, resolve_url
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from postdesk.basics.errors import Refused
from postdesk.people.models import Agent
from postdesk.people.permissions import may

P = ParamSpec("P")


class AgentRequest(HttpRequest):
    """A request whose sender is known to be an active agent."""

    user: Agent


View = Callable[Concatenate[AgentRequest, P], HttpResponseBase]


def door(verb: str, *methods: str) -> Callable[[View[P]], Callable[Concatenate[HttpRequest, P], HttpResponseBase]]:
    """Let agents in who may do `verb`, by `methods` (GET unless said otherwise).

    Others are asked to sign in, or get 403. Refused becomes a page with its sentence (409).
    """

    def dress(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            agent = request.user
            if not isinstance(agent, Agent) or not agent.is_active:
                return _to_sign_in(request)
            if not may(agent, verb):
                return render(request, "403.html", status=403)
            try:
                return view(request, *args, **kwargs)  # type: ignore[arg-type]
            except Refused as refusal:
                return refused(request, refusal)

        return never_cache(require_http_methods(methods or ("GET", "HEAD"))(guarded))

    return dress


def refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """What a person sees who asked for something we will not do."""
    return render(request, "shared/refused.html", {"refusal": refusal, "back": came_from(request)}, status=409)


def came_from(request: HttpRequest) -> str:
    """The page of ours the request came from, else the queue."""
    origin = f"{request.scheme}://{request.get_host()}/"
    referrer = request.headers.get("Referer", "")
    return "/" + referrer.removeprefix(origin) if referrer.startswith(origin) else resolve_url("queue")


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request"):
        # A live list whose session ended: tell the script, so that it takes the whole page to the sign-in.
        return HttpResponse(status=401, headers={"HX-Redirect": resolve_url("sign-in")})
    here = request.get_full_path() if request.method in {"GET", "HEAD"} else resolve_url("queue")
    return redirect_to_login(here)
