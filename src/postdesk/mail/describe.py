"""The `postdesk parse` object: a parsed message as JSON-ready values (docs/reference)."""

from __future__ import annotations

from typing import Any

from postdesk.mail.message import Address, Attachment, Bounce, Invitation, ParsedMail


def describe(path: str, mail: ParsedMail) -> dict[str, Any]:
    """The keys in the order of the reference; everything in it is a JSON value."""
    return {
        "path": path,
        "message_id": mail.message_id,
        "in_reply_to": list(mail.in_reply_to),
        "references": list(mail.references),
        "subject": mail.subject,
        "from": _address(mail.from_),
        "sender": _address(mail.sender),
        "reply_to": [_address(one) for one in mail.reply_to],
        "to": [_address(one) for one in mail.to],
        "cc": [_address(one) for one in mail.cc],
        "date": mail.date.isoformat() if mail.date else None,
        "text": mail.text,
        "html": mail.html,
        "reply_text": mail.reply_text,
        "forwarded": _forwarded(mail),
        "attachments": [_attachment(one) for one in mail.attachments],
        "kind": mail.kind,
        "autoreply_allowed": mail.autoreply_allowed,
        "bounce": _bounce(mail.bounce) if mail.bounce else None,
        "complaint": {"feedback_type": mail.feedback_type} if mail.kind == "complaint" else None,
        "priority": mail.priority,
        "charset": mail.charset,
        "charset_confidence": mail.charset_confidence,
        "invitation": _invitation(mail.invitation) if mail.invitation else None,
        "protection": list(mail.protection),
        "defects": list(mail.defects),
    }


def _address(one: Address | None) -> dict[str, str] | None:
    return {"name": one.name, "address": one.address} if one else None


def _forwarded(mail: ParsedMail) -> dict[str, Any] | None:
    inside = mail.forwarded
    return {"from_email": inside.from_email, "subject": inside.subject, "text": inside.text} if inside else None


def _attachment(one: Attachment) -> dict[str, Any]:
    return {
        "filename": one.filename,
        "content_type": one.content_type,
        "size": one.size,
        "sha256": one.sha256,
        "content_id": one.content_id,
        "inline": one.inline,
    }


def _invitation(one: Invitation) -> dict[str, Any]:
    return {
        "method": one.method,
        "uid": one.uid,
        "sequence": one.sequence,
        "summary": one.summary,
        "location": one.location,
        "status": one.status,
        "starts_at": one.starts_at.isoformat() if one.starts_at else None,
        "ends_at": one.ends_at.isoformat() if one.ends_at else None,
        "all_day": one.all_day,
        "timezone": one.timezone,
        "organizer": _address(one.organizer),
        "attendees": [
            {"name": who.name, "address": who.address, "role": who.role, "status": who.status} for who in one.attendees
        ],
        "recurrence": one.recurrence,
        "recurrence_at": one.recurrence_at.isoformat() if one.recurrence_at else None,
    }


def _bounce(bounce: Bounce) -> dict[str, Any]:
    recipients = [
        {
            "address": one.address,
            "action": one.action,
            "status": one.status,
            "reply_code": one.reply_code,
            "diagnostic": one.diagnostic,
            "reason": one.reason,
            "dead": one.dead,
        }
        for one in bounce.recipients
    ]
    return {
        "recipients": recipients,
        "original_message_id": bounce.original_message_id,
        "has_original": bounce.has_original,
    }
