"""The mailroom's rows: addresses and how they are connected, what arrived, what leaves."""

from postdesk.mailroom.models.authorisations import Authorisation, Consent
from postdesk.mailroom.models.connections import Credential, Protocol, RemoteMailbox, SmtpAccount
from postdesk.mailroom.models.emails import Alert, Ban, Email, MailSettings
from postdesk.mailroom.models.errands import Errand
from postdesk.mailroom.models.outbox import Letter, LetterClaim, LetterRecipient
from postdesk.mailroom.models.spool import Blob, InHand, SpooledMail

__all__ = [
    "Alert",
    "Authorisation",
    "Ban",
    "Blob",
    "Consent",
    "Credential",
    "Email",
    "Errand",
    "InHand",
    "Letter",
    "LetterClaim",
    "LetterRecipient",
    "MailSettings",
    "Protocol",
    "RemoteMailbox",
    "SmtpAccount",
    "SpooledMail",
]
