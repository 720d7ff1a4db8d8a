"""The toolkit's introspection, with the mailboxes a token opens besides its owner's (RFC 7662 section 2.2: extension).

A mail server compares one member of the answer with the mailbox that is asked for, so there is one member for each.
"""

from __future__ import annotations

import hashlib
import json

from django.http import JsonResponse
from oauth2_provider.models import AccessToken
from oauth2_provider.views import IntrospectTokenView

from tests.support.provider_site import terms


class Introspection(IntrospectTokenView):
    """Answers as the toolkit does, and names the mailboxes."""

    @staticmethod
    def get_token_response(token_value: str | None = None) -> JsonResponse:
        answer: JsonResponse = IntrospectTokenView.get_token_response(token_value)
        data = json.loads(answer.content)
        if not data.get("active"):
            return answer
        checksum = hashlib.sha256((token_value or "").encode()).hexdigest()
        token = AccessToken.objects.select_related("user", "application").get(token_checksum=checksum)
        if token.user:
            opens = terms.delegated.get(token.user.username, [])
        else:
            opens = terms.of(token.application.client_id).mailboxes
            data["username"] = f"app:{token.application.client_id}"
        padded = [*opens, *["nothing"] * len(terms.MEMBERS)]
        return JsonResponse(data | dict(zip(terms.MEMBERS, padded, strict=False)))
