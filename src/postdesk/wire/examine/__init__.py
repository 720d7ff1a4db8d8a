"""Check a connection live, stage by stage: what works, what the server says, and what to do where it fails.

Each function yields `basics.stages.Stage` values as the stages end, in the order of the protocol's table; after a
failure that matters the rest is "skipped". A whole check takes `whole` seconds at most (60), a stage `step` (15);
none raises WireError. Nothing on the server changes but that a missing archive folder is made; no mail is sent.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Generator

from postdesk.basics.stages import Stage
from postdesk.wire.endpoint import Endpoint, WireProtocol
from postdesk.wire.examine import imap, pop3, smtp
from postdesk.wire.examine.visit import STEP, WHOLE, walk
from postdesk.wire.login import Login


def examine_imap(
    endpoint: Endpoint,
    login: Login,
    *,
    folder: str = "",
    archive_folder: str = "",
    taken_from: dt.datetime | None = None,
    step: float = STEP,
    whole: float = WHOLE,
) -> Generator[Stage, None, None]:
    """name, tcp, tls, greeting, login, folder, count, archive, push. Without an `archive_folder` none is looked for.

    `taken_from`: the first fetch would leave older mail; the count says how much.
    """
    visit = imap.ImapVisit(
        endpoint,
        login,
        folder=folder,
        archive_folder=archive_folder,
        taken_from=taken_from,
        step=step,
        whole=whole,
    )
    return walk(visit, imap.IMPLICIT_TLS if endpoint.security == "tls" else imap.UPGRADED)


def examine_pop3(
    endpoint: Endpoint,
    login: Login,
    *,
    taken_from: dt.datetime | None = None,
    step: float = STEP,
    whole: float = WHOLE,
) -> Generator[Stage, None, None]:
    """name, tcp, tls, greeting, login, count. `taken_from` as for IMAP."""
    visit = pop3.Pop3Visit(endpoint, login, taken_from=taken_from, step=step, whole=whole)
    return walk(visit, pop3.IMPLICIT_TLS if endpoint.security == "tls" else pop3.UPGRADED)


def examine_smtp(
    endpoint: Endpoint,
    login: Login | None,
    *,
    ehlo_name: str,
    sender: str,
    step: float = STEP,
    whole: float = WHOLE,
) -> Generator[Stage, None, None]:
    """name, tcp, tls, greeting, hello, login, size, sender. `login` None: no login is tried."""
    visit = smtp.SmtpVisit(endpoint, login, ehlo_name=ehlo_name, sender=sender, step=step, whole=whole)
    return walk(visit, smtp.steps(visit))


def hand_over_smtp(
    endpoint: Endpoint, login: Login | None, *, ehlo_name: str, sender: str, recipient: str, raw: bytes
) -> Generator[Stage, None, None]:
    """Send one message, and tell every step: name, tcp, tls, greeting, hello, login, handover."""
    visit = smtp.SmtpVisit(endpoint, login, ehlo_name=ehlo_name, sender=sender, letter=(recipient, raw))
    return walk(visit, smtp.steps(visit))


def greets(endpoint: Endpoint, protocol: WireProtocol, whole: float) -> str | None:
    """Whether a server greets and encrypts at `endpoint`, without a login, within `whole` seconds.

    None: it does not. Otherwise why its certificate is not believed, "" when it is.
    """
    login = Login("", "")
    visits: dict[WireProtocol, Generator[Stage, None, None]] = {
        "imap": examine_imap(endpoint, login, step=whole, whole=whole),
        "pop3": examine_pop3(endpoint, login, step=whole, whole=whole),
        "smtp": examine_smtp(endpoint, None, ehlo_name="localhost", sender="", step=whole, whole=whole),
    }
    needed = {"tls", "greeting"}
    with contextlib.closing(visits[protocol]) as stages:
        for stage in stages:
            if stage.state == "failed":
                # A certificate that was seen is one of a server that is there.
                return stage.certificate.why_not if stage.certificate else None
            if stage.state == "ok":
                needed.discard(stage.key)
            if not needed:
                return ""
    return None
