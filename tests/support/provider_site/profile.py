"""Who a token belongs to, as Gmail's users.getProfile says it: for clients that do not ask for OpenID."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from oauth2_provider.views.generic import ProtectedResourceView


class Profile(ProtectedResourceView):
    """Open to every valid token that has an owner."""

    def get(self, request: HttpRequest) -> JsonResponse:
        return JsonResponse({"emailAddress": request.resource_owner.email, "messagesTotal": 3})
