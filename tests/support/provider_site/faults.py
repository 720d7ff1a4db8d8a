"""What goes wrong with token requests, when a test has asked for it; and the memory of those that came."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from urllib.parse import unquote

from django.http import HttpRequest, HttpResponse

from tests.support.provider_site import terms

#: Seconds a held request waits at most, so that no thread outlives a forgetful test.
_PATIENCE = 60.0


class Faults:
    """Middleware: only the token endpoint is touched."""

    def __init__(self, go_on: Callable[[HttpRequest], HttpResponse]) -> None:
        self._go_on = go_on

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/o/token"):
            return self._go_on(request)
        agreed = terms.of(_client(request))
        fault = agreed.faults.pop(0) if agreed.faults else None
        if fault and not fault.after and (answer := _happens(fault, None)):
            return answer
        answer = self._go_on(request)
        agreed.seen.append({"grant_type": request.POST.get("grant_type", ""), "status": answer.status_code})
        return (fault and fault.after and _happens(fault, answer)) or answer


def _happens(fault: terms.Fault, answer: HttpResponse | None) -> HttpResponse | None:
    if fault.kind == "hold":
        fault.held.set()
        fault.released.wait(_PATIENCE)
        return None
    if fault.kind == "cut" and answer is not None:
        answer["Content-Length"] = str(len(answer.content))
        answer.content = answer.content[: len(answer.content) // 2]
        return answer
    return HttpResponse(fault.body, status=fault.status, content_type=fault.content_type)


def _client(request: HttpRequest) -> str:
    if "client_id" in request.POST:
        return request.POST["client_id"]
    scheme, _, coded = request.headers.get("Authorization", "").partition(" ")
    try:
        return unquote(base64.b64decode(coded).decode().partition(":")[0]) if scheme == "Basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        return ""
