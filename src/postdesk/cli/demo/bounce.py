"""The bounce that a mail server sends back for an address it does not know (RFC 3464 in RFC 6522's envelope)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from email.utils import format_datetime

from postdesk.basics import ids

_REPORT = """\
From: Mail Delivery System <MAILER-DAEMON@{reporter}>
To: <{to}>
Subject: Undelivered Mail Returned to Sender
Date: {date}
Message-ID: <{nonce}@{reporter}>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
 boundary="=_{nonce}"

This is a MIME-encapsulated message.

--=_{nonce}
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host {reporter}.

Your message could not be delivered to one or more recipients. It is
attached below, as far as its headers go.

{words}

--=_{nonce}
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; {reporter}
Arrival-Date: {date}

{fields}

--=_{nonce}
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

"""

_RECIPIENT = """\
Final-Recipient: rfc822; {recipient}
Original-Recipient: rfc822; {recipient}
Action: failed
Status: 5.1.1
Remote-MTA: dns; {remote}
Diagnostic-Code: smtp; 550 5.1.1 <{recipient}>: Recipient address rejected:
 User unknown in virtual mailbox table"""

_WORDS = "<{recipient}>: host {remote}[192.0.2.25] said: 550 5.1.1 <{recipient}>:\n    User unknown"


def compose_bounce(raw: bytes, *, to: str, recipients: Sequence[str], reporter: str, at: dt.datetime) -> bytes:
    """The report to `to` that `raw` reached none of `recipients`, from the server named `reporter`; with CRLF."""
    nonce = ids.nonce()
    pairs = [(recipient, "mx." + (recipient.rpartition("@")[2] or reporter)) for recipient in recipients]
    head = _REPORT.format(
        reporter=reporter,
        to=to,
        date=format_datetime(at),
        nonce=nonce,
        words="\n".join(_WORDS.format(recipient=recipient, remote=remote) for recipient, remote in pairs),
        fields="\n\n".join(_RECIPIENT.format(recipient=recipient, remote=remote) for recipient, remote in pairs),
    )
    headers = b"\r\n".join(raw.replace(b"\r\n", b"\n").split(b"\n\n", 1)[0].split(b"\n"))
    return (
        head.replace("\n", "\r\n").encode("utf-8", "surrogateescape") + headers + f"\r\n\r\n--=_{nonce}--\r\n".encode()
    )
