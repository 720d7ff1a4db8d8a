"""The toolkit's extension points: what a client's terms change, and two ways to sign in with a signed JWT.

The toolkit has no JWT grants; their signatures are checked by jwcrypto.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from jwcrypto.common import JWException
from jwcrypto.jwk import JWK
from jwcrypto.jwt import JWT
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauthlib import openid
from oauthlib.common import Request
from oauthlib.oauth2 import ClientCredentialsGrant, InvalidGrantError

from tests.support.provider_site import terms

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~+/"


def access_token(request: Request, refresh_token: bool = False) -> str:
    """As long as the client's terms say; every letter of RFC 6750 section 2.1 occurs in a long one. Or a signed JWT.

    That names the user, as Microsoft's do; the toolkit itself takes it for an id token and opens nothing with it.
    """
    if terms.of(request.client.client_id).jwt:
        claims = {"upn": request.user.username, "oid": str(request.user.pk), "jti": secrets.token_urlsafe()}
        token = JWT(header={"alg": "RS256", "typ": "JWT"}, claims=claims)
        token.make_signed_token(JWK.from_pem(settings.OAUTH2_PROVIDER["OIDC_RSA_PRIVATE_KEY"].encode()))
        return str(token.serialize())
    return "".join(secrets.choice(_ALPHABET) for _ in range(terms.of(request.client.client_id).size))


def proven(text: str, client_id: str, audience: str) -> dict[str, Any] | None:
    """The claims of a JWT that one of the client's keys signed for this audience and that is not over; else None."""
    for pem in terms.of(client_id).keys:
        try:
            token = JWT(jwt=text, key=JWK.from_pem(pem.encode()), expected_type="JWS", algs=["RS256", "PS256"])
        except (JWException, ValueError):
            continue
        claims: dict[str, Any] = json.loads(token.claims)
        now = time.time()
        if claims.get("aud") == audience and claims.get("iat", now) <= now + 60 and now < claims.get("exp", 0):
            return claims
    return None


class Validator(OAuth2Validator):
    """The toolkit's, by each client's terms."""

    def authenticate_client(self, request: Request, *args: Any, **kwargs: Any) -> bool:
        """Also by a client assertion (RFC 7523 section 2.2, OpenID's private_key_jwt)."""
        if getattr(request, "client_assertion_type", None) == ASSERTION and self._load_application(
            request.client_id, request
        ):
            claims = proven(request.client_assertion, request.client_id, _endpoint(request))
            return claims is not None and claims.get("iss") == claims.get("sub") == request.client_id
        return bool(super().authenticate_client(request, *args, **kwargs))

    def save_authorization_code(self, client_id: str, code: Any, request: Request, *args: Any, **kwargs: Any) -> None:
        granted = terms.of(client_id).granted
        if granted is not None:
            request.scopes = granted
        super().save_authorization_code(client_id, code, request, *args, **kwargs)

    def rotate_refresh_token(self, request: Request) -> bool:
        return terms.of(request.client.client_id).rotate

    def save_bearer_token(self, token: dict[str, Any], request: Request, *args: Any, **kwargs: Any) -> Any:
        agreed = terms.of(request.client.client_id)
        token["expires_in"] = agreed.life
        if not agreed.refresh:
            token.pop("refresh_token", None)
        saved = super().save_bearer_token(token, request, *args, **kwargs)
        if not agreed.tells_life:
            del token["expires_in"]
        return saved

    def get_additional_claims(self) -> dict[str, Any]:
        return {
            "email": lambda request: request.user.email,
            "email_verified": lambda request: True,
            "preferred_username": lambda request: request.user.username,
        }


class JwtBearerGrant(ClientCredentialsGrant):
    """A service account's signed assertion with the user it acts for (RFC 7523 section 2.1), as Google has it."""

    def validate_token_request(self, request: Request) -> None:
        issuer = _issuer(request.assertion)
        claims = proven(request.assertion, issuer, _endpoint(request))
        validator = self.request_validator
        user = get_user_model().objects.filter(username=(claims or {}).get("sub", "")).first()
        if claims is None or user is None or validator._load_application(issuer, request) is None:
            raise InvalidGrantError("Invalid JWT Signature.", request=request)
        request.client_id, request.user = issuer, user
        request.scopes = claims.get("scope", "").split()


class Server(openid.Server):
    """oauthlib's server with one grant more."""

    def __init__(self, request_validator: OAuth2Validator, *args: Any, **kwargs: Any) -> None:
        super().__init__(request_validator, *args, **kwargs)
        self.grant_types[JWT_BEARER] = JwtBearerGrant(request_validator)


def _endpoint(request: Request) -> str:
    """The address that was asked, as a JWT's audience has it."""
    return os.environ["PROVIDER_URL"] + str(request.uri).partition("?")[0]


def _issuer(assertion: str) -> str:
    """Who an assertion says it is from; not yet believed."""
    unproven = JWT()
    try:
        unproven.deserialize(assertion)
        claims = json.loads(unproven.token.objects["payload"])
    except (JWException, ValueError, KeyError):
        return ""
    return str(claims.get("iss", ""))
