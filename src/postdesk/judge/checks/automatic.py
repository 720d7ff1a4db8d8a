"""Checks for mail that no person wrote to us: reports, receipts, auto-replies, lists."""

from __future__ import annotations

from postdesk.basics.ids import message_key
from postdesk.judge.facts import Arrival, Facts, LetterFacts
from postdesk.judge.verdict import Finding

#: Local parts that mail systems sign their reports with.
MAIL_SYSTEMS = frozenset({"mailer-daemon", "postmaster", "mail-daemon", "mailerdaemon", "mdaemon", "mailer_daemon"})


def delivery_report(arrival: Arrival, facts: Facts) -> Finding | None:
    """RFC 3464 reports and their wild relatives (mail.dsn)."""
    if arrival.mail.kind not in {"bounce", "delay"} or not _from_a_machine(arrival):
        return None
    letter = reported_letter(arrival, facts)
    if letter is None:
        return Finding("delivery_report", "A delivery report about no message that we sent.", action="hold")
    return Finding("delivery_report", "A delivery report about a letter of ours.", action="report")


def _from_a_machine(arrival: Arrival) -> bool:
    """A report comes as one, or from nobody, or from a mail system; a person may attach one to a letter of theirs."""
    mail = arrival.mail
    kind = (mail.header("Content-Type") or "").lower()
    local = arrival.sender.partition("@")[0]
    nobody = mail.return_path is not None and mail.return_path.strip("<> ") == ""
    return kind.startswith("multipart/report") or nobody or local in MAIL_SYSTEMS or not arrival.sender


def reported_letter(arrival: Arrival, facts: Facts) -> LetterFacts | None:
    """The letter a report is about: by the returned Message-ID, else by what the report refers to."""
    mail = arrival.mail
    bounced = (mail.bounce.original_message_id,) if mail.bounce and mail.bounce.original_message_id else ()
    for message_id in (*bounced, *mail.in_reply_to, *reversed(mail.references), *mail.body_ids):
        letter = facts.letters.get(message_key(message_id))
        if letter is not None:
            return letter
    return None


def receipt(arrival: Arrival, facts: Facts) -> Finding | None:
    if arrival.mail.kind not in {"read_receipt", "delivery_receipt"}:
        return None
    return Finding("receipt", "A receipt, with no words of its own.", action="suppress")


def complaint(arrival: Arrival, facts: Facts) -> Finding | None:
    if arrival.mail.kind != "complaint":
        return None
    return Finding("complaint", "A feedback report: somebody marked mail of ours as spam.", action="hold")


def automatic_mail(arrival: Arrival, facts: Facts) -> Finding | None:
    mail = arrival.mail
    if mail.autoreply_allowed and mail.kind == "mail":
        return None
    why = "; ".join(mail.auto_evidence) or f"it is of the kind {mail.kind}"
    return Finding("automatic_mail", f"Automatic mail is not answered automatically: {why}.", silent=True)
