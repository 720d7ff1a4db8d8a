"""Send a test mail by the transport that is really used, and see it come back, as `mailroom.diagnostics` asks."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from postdesk import jobs
from postdesk.basics.clock import monotonic, now
from postdesk.basics.errors import BrokenSetup, Invalid, WireError
from postdesk.basics.ids import message_key, nonce
from postdesk.basics.stages import Stage
from postdesk.flow import dispatch
from postdesk.mail import compose, sender_policy, token
from postdesk.mail.compose import Outgoing
from postdesk.mail.message import Address
from postdesk.mailroom import spool
from postdesk.mailroom.errands import Order
from postdesk.mailroom.models import Email, SmtpAccount, SpooledMail
from postdesk.mailroom.models.spool import Outcome
from postdesk.mailroom.secrets import signing_keys
from postdesk.mailroom.transport import ehlo_name, no_transport, transports
from postdesk.wire.discovery.names import Resolver, SystemResolver
from postdesk.wire.examine import hand_over_smtp

Tell = Callable[[Iterable[Stage]], None]

#: Seconds a mail may take to come back, between two looks, and between two wishes to fetch.
PATIENCE, EVERY, FETCH_EVERY = 150.0, 0.3, 5.0
_SUBJECT: Final = "postdesk round trip"
_TEXT: Final = "This is a test. It was sent and fetched back by postdesk, and opens no ticket.\n"
_HEAD = re.compile(rb"\r?\n\r?\n")


def run_test(order: Order, tell: Tell, resolver: Resolver | None = None) -> dict[str, Any]:
    """The errand `test`."""
    sender = _email(order.wanted["sender"])
    letter = _letter(sender, order.wanted["recipient"], order.wanted["subject"], order.wanted["text"])
    if _sent(sender, letter, order.wanted["recipient"], tell):
        tell(policies(sender, resolver or SystemResolver()))
        tell([sender_policy.not_seen()])
    return {"message_id": letter.message_id}


def run_round_trip(order: Order, tell: Tell, resolver: Resolver | None = None) -> dict[str, Any]:
    """The errand `round_trip`. The mail carries our signature: coming back it is known as our own, and is no ticket."""
    sender, through = _email(order.wanted["sender"]), _email(order.wanted["through"])
    letter = _letter(sender, through.address, _SUBJECT, _TEXT)
    if not _sent(sender, letter, through.address, tell):
        return {"message_id": letter.message_id}
    began = monotonic()
    row = _fetched_back(letter.message_id, through)
    took = round(monotonic() - began, 1)
    title = f"Fetch it back from {through.address}"
    if row is None:
        remedy = f"Look for it in the mailbox's other folders (spam), and at the health of {through.address}."
        tell([Stage("back", title, "failed", f"It did not come back within {PATIENCE:.0f} s.", "", remedy, took)])
        return {"message_id": letter.message_id}
    where = f" from {row.folder}" if row.folder else ""
    tell([Stage("back", title, "ok", f"Fetched{where} after {took} s. In the ledger: {row.get_outcome_display()}.")])
    head = _HEAD.split(spool.content(row), maxsplit=1)[0]
    asked = resolver or SystemResolver()
    tell(policies(sender, asked))
    tell([signature(sender, head, asked)])
    return {"message_id": letter.message_id, "headers": head.decode("utf-8", "replace").replace("\x00", "")[:30_000]}


def policies(sender: Email, resolver: Resolver) -> Iterator[Stage]:
    """SPF and DMARC of the sender's domain; a DNS that is silent is told, not raised."""
    domain = sender.address.rpartition("@")[2].lower()
    above = domain.partition(".")[2]
    try:
        yield sender_policy.spf(domain, resolver.texts(domain))
        found = resolver.texts(f"_dmarc.{domain}")
        # RFC 7489 section 6.6.3: the domain above speaks for those below.
        yield sender_policy.dmarc(domain, found or (resolver.texts(f"_dmarc.{above}") if "." in above else []))
    except WireError as error:
        yield Stage("dns", "Ask the DNS about the domain", "skipped", error.message)


def signature(sender: Email, head: bytes, resolver: Resolver) -> Stage:
    """Whose DKIM signature the message came back with, and whether its key is published."""
    domain = sender.address.rpartition("@")[2].lower()
    unfolded = re.sub(rb"\r?\n(?=[ \t])", b"", head).decode("ascii", "replace")
    found = re.search(r"^DKIM-Signature:(.*)$", unfolded, re.IGNORECASE | re.MULTILINE)
    tags = sender_policy.tags(found[1]) if found else {}
    if not tags.get("s") or not tags.get("d"):
        return sender_policy.unsigned(domain)
    selector, signer = tags["s"], tags["d"].lower()
    try:
        texts = resolver.texts(f"{selector}._domainkey.{signer}")
    except WireError as error:
        return Stage("dkim", "The signature (DKIM)", "skipped", error.message)
    return sender_policy.dkim(domain, selector, signer, texts)


def _sent(sender: Email, letter: Outgoing, recipient: str, tell: Tell) -> bool:
    """Tell which transport is used, and every step of it; whether the server took the mail."""
    title = "Choose the outgoing server"
    pk = transports().account_for(sender.pk)
    accounts = SmtpAccount.objects.select_related("email__mailbox__credential", "credential")
    account = accounts.filter(pk=pk).first() if pk is not None else None
    if account is None:
        remedy = "Give the address an Outgoing (SMTP) of its own, or set a Default MTA in Emails > Settings."
        tell([Stage("transport", title, "failed", no_transport(sender), remedy=remedy)])
        return False
    try:
        endpoint, login = dispatch.endpoint_of(account), dispatch.login_of(account)
    except (BrokenSetup, Invalid) as error:
        tell([Stage("transport", title, "failed", error.message)])
        return False
    own = account.email_id == sender.pk
    whose = "the address's own server" if own else f"the Default MTA, that of {account.email.address}"
    tell([Stage("transport", title, "ok", f"By {whose}: {endpoint.host}, port {endpoint.port}.")])
    envelope = sender.address if own or account.header_spoofing else account.email.address
    last: list[Stage] = []

    def watched() -> Iterator[Stage]:
        stages = hand_over_smtp(
            endpoint,
            login,
            ehlo_name=ehlo_name(),
            sender=envelope,
            recipient=recipient,
            raw=compose.compose(letter if own else _through(letter, account)),
        )
        for stage in stages:
            last[:] = [stage]
            yield stage

    tell(watched())
    return bool(last) and last[0].state == "ok"


def _through(letter: Outgoing, account: SmtpAccount) -> Outgoing:
    """As the outbox does it: a foreign server is named as the Sender, unless it may send for everybody."""
    if account.header_spoofing:
        return letter
    names = {name: getattr(letter, name) for name in letter.__slots__}
    return Outgoing(**{**names, "sender": Address(account.email.name, account.email.address)})


def _letter(sender: Email, recipient: str, subject: str, text: str) -> Outgoing:
    domain = sender.address.rpartition("@")[2]
    message_id = token.make(signing_keys()[0], ticket=0, entry=0, nonce=nonce(), domain=domain)
    return Outgoing(
        from_=Address(sender.name, sender.address),
        to=(Address("", recipient),),
        subject=subject,
        text=text,
        message_id=message_id,
        date=now(),
        auto="auto-generated",
    )


def _fetched_back(message_id: str, through: Email) -> SpooledMail | None:
    """Wait for it in the ledger, wherever it is fetched from, and until intake has decided."""
    end, fetch_at = monotonic() + PATIENCE, 0.0
    rows = SpooledMail.objects.filter(message_id=message_key(message_id), blob__isnull=False)
    while monotonic() < end:
        row = rows.exclude(outcome__in=(Outcome.WAITING, Outcome.UNFETCHED)).order_by("id").first()
        if row is not None:
            return row
        if monotonic() >= fetch_at:
            fetch_at = monotonic() + FETCH_EVERY
            jobs.defer("fetch", mailbox=through.mailbox.pk)
        time.sleep(EVERY)
    return None


def _email(pk: int) -> Email:
    email = Email.objects.select_related("mailbox").filter(pk=pk).first()
    if email is None:
        raise BrokenSetup("The address is not there any more.")
    return email
