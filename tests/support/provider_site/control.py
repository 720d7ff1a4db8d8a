"""What a test tells the provider: clients and users, their terms, what is to go wrong, what is over."""

from __future__ import annotations

import datetime as dt
import json
import os
import secrets
from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user_model
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider.models import AccessToken, Application, Grant, RefreshToken

from tests.support.provider_site import terms

Said = dict[str, Any]


@csrf_exempt
def obey(request: HttpRequest, verb: str) -> JsonResponse:
    """One wish of the parent process, which proves itself with the word it started this one with."""
    if not secrets.compare_digest(request.headers.get("X-Word", ""), os.environ["PROVIDER_WORD"]):
        return JsonResponse({"error": "who are you?"}, status=403)
    return JsonResponse(_VERBS[verb](json.loads(request.body)))


def _user(said: Said) -> Said:
    user, _ = get_user_model().objects.get_or_create(username=said["email"], defaults={"email": said["email"]})
    user.set_password(said["password"])
    user.save()
    terms.delegated[user.username] = said["delegated"]
    return {}


def _client(said: Said) -> Said:
    secret = said["secret"]
    application = Application.objects.create(
        name=said["name"],
        client_type="public" if said["public"] else "confidential",
        authorization_grant_type=said["grant"],
        redirect_uris=" ".join(said["redirect_uris"]),
        client_secret=secret,
        # Hashing it would be most of the time a refresh takes.
        hash_client_secret=False,
        algorithm="RS256",
    )
    return _set({"client_id": application.client_id, "terms": said["terms"]}) | {"client_id": application.client_id}


def _set(said: Said) -> Said:
    agreed = terms.of(said["client_id"])
    for name, value in said["terms"].items():
        if name not in terms.Terms.__dataclass_fields__:
            raise KeyError(name)
        setattr(agreed, name, value)
    return {}


def _secret(said: Said) -> Said:
    """Another client secret: the old one has expired."""
    Application.objects.filter(client_id=said["client_id"]).update(client_secret=said["secret"])
    return {}


def _token(said: Said) -> Said:
    """An access token without a consent, for tests of the mail server."""
    application = Application.objects.get(client_id=said["client_id"])
    user = get_user_model().objects.filter(username=said["user"]).first()
    text = secrets.token_urlsafe(max(said["size"], 30))[: said["size"]]
    expires = timezone.now() + dt.timedelta(seconds=said["life"])
    AccessToken.objects.create(
        user=user, application=application, token=text, expires=expires, scope=" ".join(said["scopes"])
    )
    return {"token": text}


def _expire(said: Said) -> Said:
    """The access tokens of a client are over; refresh tokens stay."""
    past = timezone.now() - dt.timedelta(seconds=1)
    number = AccessToken.objects.filter(application__client_id=said["client_id"]).update(expires=past)
    return {"number": number}


def _revoke(said: Said) -> Said:
    """The user takes the consent back, as on a provider's page of connected apps."""
    owned = {"application__client_id": said["client_id"], "user__username": said["user"]}
    tokens = [*RefreshToken.objects.filter(revoked=None, **owned)]
    for token in tokens:
        token.revoke()
    AccessToken.objects.filter(**owned).delete()
    Grant.objects.filter(**owned).delete()
    return {"number": len(tokens)}


def _fault(said: Said) -> Said:
    agreed = terms.of(said.pop("client_id"))
    times = said.pop("times")
    agreed.faults.extend(terms.Fault(**said) for _ in range(times))
    if said["kind"] == "hold":
        terms.holds.append(agreed.faults[-1])
    return {"number": len(terms.holds) - 1}


def _held(said: Said) -> Said:
    return {"held": terms.holds[said["number"]].held.wait(said["timeout"])}


def _release(said: Said) -> Said:
    terms.holds[said["number"]].released.set()
    return {}


def _seen(said: Said) -> Said:
    """The token requests of a client, the tokens that are valid, and the refresh tokens that are not revoked."""
    owned = {"application__client_id": said["client_id"]}
    return {
        "requests": terms.of(said["client_id"]).seen,
        "valid": AccessToken.objects.filter(expires__gt=timezone.now(), **owned).count(),
        "refreshable": RefreshToken.objects.filter(revoked=None, **owned).count(),
    }


_VERBS: dict[str, Callable[[Said], Said]] = {
    "user": _user,
    "client": _client,
    "set": _set,
    "secret": _secret,
    "token": _token,
    "expire": _expire,
    "revoke": _revoke,
    "fault": _fault,
    "held": _held,
    "release": _release,
    "seen": _seen,
}
