"""What the provider grants each client, as a test has said."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

#: Members of an introspection's answer, each a mailbox that the token opens besides its owner's.
MEMBERS = ("mailbox_1", "mailbox_2")


@dataclass
class Fault:
    """What goes wrong with one token request. `kind`: "hold" (until released), "cut" (the answer ends too early),
    "refuse", "status". `after` the request was carried out, or before."""

    kind: str
    after: bool = False
    status: int = 500
    body: str = ""
    content_type: str = "text/html"
    held: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)


@dataclass
class Terms:
    """The terms of one client.

    `life`: seconds an access token lives. `tells_life`: whether the answer says so. `refresh`: whether a refresh token
    is given. `rotate`: whether each refresh gives a new one and ends the old. `granted`: the scopes given whatever is
    asked (None: those asked). `size`: letters of an access token. `jwt`: whether it is a JWT that names its user.
    `mailboxes`: what its app-only tokens open. `keys`: PEM of public keys whose signature proves the client or a
    service account. `seen`: the token requests.
    """

    life: int = 3600
    tells_life: bool = True
    refresh: bool = True
    rotate: bool = True
    granted: list[str] | None = None
    size: int = 40
    jwt: bool = False
    mailboxes: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    seen: list[dict[str, Any]] = field(default_factory=list)


_all: dict[str, Terms] = {}
#: User name -> the mailboxes that user was delegated, beside its own.
delegated: dict[str, list[str]] = {}
#: Every hold asked for, in order: tests name them by number.
holds: list[Fault] = []


def of(client_id: str) -> Terms:
    """The terms of a client."""
    return _all.setdefault(client_id, Terms())
