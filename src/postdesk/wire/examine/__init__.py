"""Check a connection live, stage by stage: what works, what the server says, and what to do where it fails.

Each function yields `basics.stages.Stage` values as the stages end, in the order of the protocol's table; after a
failure that matters the rest is "skipped". A whole check takes `whole` seconds at most (60), a stage `step` (15);
none raises WireError. Nothing on the server changes but that a missing archive folder is made; no mail is sent.
"""

from __future__ import annotations

from collections.abc import Iterator

from postdesk.basics.stages import Stage
from postdesk.wire.endpoint import Endpoint
from postdesk.wire.examine import imap, pop3, smtp
from postdesk.wire.examine.visit import STEP, WHOLE, walk
from postdesk.wire.login import Login


def examine_imap(
    endpoint: Endpoint,
    login: Login,
    *,
    folder: str = "",
    archive_folder: str = "",
    step: float = STEP,
    whole: float = WHOLE,
) -> Iterator[Stage]:
    """name, tcp, tls, greeting, login, folder, count, archive, push. Without an `archive_folder` none is looked for."""
    visit = imap.ImapVisit(endpoint, login, folder=folder, archive_folder=archive_folder, step=step, whole=whole)
    return walk(visit, imap.IMPLICIT_TLS if endpoint.security == "tls" else imap.UPGRADED)


def examine_pop3(endpoint: Endpoint, login: Login, *, step: float = STEP, whole: float = WHOLE) -> Iterator[Stage]:
    """name, tcp, tls, greeting, login, count."""
    visit = pop3.Pop3Visit(endpoint, login, step=step, whole=whole)
    return walk(visit, pop3.IMPLICIT_TLS if endpoint.security == "tls" else pop3.UPGRADED)


def examine_smtp(
    endpoint: Endpoint,
    login: Login | None,
    *,
    ehlo_name: str,
    sender: str,
    step: float = STEP,
    whole: float = WHOLE,
) -> Iterator[Stage]:
    """name, tcp, tls, greeting, hello, login, size, sender. `login` None: no login is tried."""
    visit = smtp.SmtpVisit(endpoint, login, ehlo_name=ehlo_name, sender=sender, step=step, whole=whole)
    return walk(visit, smtp.IMPLICIT_TLS if endpoint.security == "tls" else smtp.UPGRADED)
