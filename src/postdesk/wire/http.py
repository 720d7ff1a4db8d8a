"""One question to an HTTPS endpoint: no redirect is followed, the answer is small, and all of it takes bounded time.

For the endpoints an administrator entered (flow.tokens); files of the public internet are fetched by
wire.discovery.fetching.
"""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from postdesk.basics.clock import monotonic
from postdesk.basics.errors import BadProtocol, Invalid
from postdesk.wire.deadline import within
from postdesk.wire.dial import dial
from postdesk.wire.endpoint import Endpoint
from postdesk.wire.errors import border

#: Seconds for all of it, and bytes of the answer's body.
PATIENCE, MOST_BYTES = 20.0, 256 * 1024


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """Header names in lower case; of equal ones the last."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def ask(
    url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None, *, patience: float = PATIENCE
) -> HttpAnswer:
    """POST `body` as a form, or GET without one. Raises WireError; Invalid for what is no address.

    Nothing of the address but its host is in an error, and nothing of what was sent.
    """
    end = monotonic() + patience
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in {"https", "http"} or not host:
        raise Invalid("url", "This is not the address of an endpoint.")
    encrypted = parts.scheme == "https"
    endpoint = Endpoint(host, parts.port or (443 if encrypted else 80), "tls" if encrypted else "plain")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    sock = dial(endpoint, patience)
    connection = http.client.HTTPConnection(host, endpoint.port)
    connection.sock = sock
    said = {"Accept": "application/json", "Connection": "close", "User-Agent": "postdesk", **(headers or {})}
    if body is not None:
        said["Content-Type"] = "application/x-www-form-urlencoded"
    with border(host, "talk"), within(max(0.1, end - monotonic()), sock):
        try:
            connection.request("GET" if body is None else "POST", target, body=body, headers=said)
            with connection.getresponse() as answer:
                content = answer.read(MOST_BYTES + 1)
                if answer.length:
                    raise BadProtocol(f"{host} ended its answer in the middle" if len(content) <= MOST_BYTES else _BIG)
                found = {name.lower(): value for name, value in answer.getheaders()}
        except http.client.HTTPException as error:
            raise BadProtocol(f"{host} does not speak HTTP, or ended its answer in the middle") from error
        finally:
            connection.close()
            sock.close()
    if len(content) > MOST_BYTES:
        raise BadProtocol(_BIG)
    return HttpAnswer(answer.status, found, content)


_BIG: Final = f"the answer is bigger than {MOST_BYTES} bytes"
