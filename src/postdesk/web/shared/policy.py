"""Content-Security-Policies: of our own pages, of mail frames, and of files that strangers sent."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'self'; frame-src 'self'"
)
#: A letter in its frame: no script, no origin, nothing from elsewhere.
FRAME_POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox; frame-ancestors 'self'"
)
#: The same, once somebody has asked for the letter's remote images.
FRAME_POLICY_WITH_IMAGES = FRAME_POLICY.replace("img-src 'self' data:", "img-src 'self' data: https: http:")
#: A file somebody sent, should a browser insist on showing it.
FILE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


class ContentSecurityPolicy:
    """Middleware: every response gets POLICY unless its view set a policy itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response
