"""Well-known providers: what they publish about their servers, by the domains of their addresses and by their MX."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from postdesk.basics.proposals import Proposal, Source

Security = Literal["tls", "starttls"]


@dataclass(frozen=True, slots=True)
class Provider:
    """`mx`: how the names of the mail exchangers of domains hosted there end."""

    name: str
    domains: tuple[str, ...]
    imap: tuple[str, int, Security]
    smtp: tuple[str, int, Security]
    mx: tuple[str, ...] = ()
    auth: str = "basic"
    note: str = ""


_APP_PASSWORD: Final = "It wants an app password, made in the account's security settings."

PROVIDERS: Final = (
    Provider(
        "Google",
        ("gmail.com", "googlemail.com"),
        ("imap.gmail.com", 993, "tls"),
        ("smtp.gmail.com", 465, "tls"),
        (".google.com", ".googlemail.com"),
        "oauth2-google",
        "Google takes OAuth2 or an app password, not the account's own password.",
    ),
    Provider(
        "Microsoft 365",
        (),
        ("outlook.office365.com", 993, "tls"),
        ("smtp.office365.com", 587, "starttls"),
        (".mail.protection.outlook.com", ".mx.microsoft"),
        "oauth2-microsoft",
        "Microsoft takes OAuth2 only.",
    ),
    Provider(
        "Outlook.com",
        ("outlook.com", "hotmail.com", "live.com", "msn.com", "outlook.de", "outlook.fr", "hotmail.de", "hotmail.fr"),
        ("outlook.office365.com", 993, "tls"),
        ("smtp-mail.outlook.com", 587, "starttls"),
        (".olc.protection.outlook.com",),
        "oauth2-microsoft",
        "Microsoft takes OAuth2 only.",
    ),
    Provider(
        "Yahoo",
        ("yahoo.com", "yahoo.de", "yahoo.fr", "yahoo.co.uk", "ymail.com", "rocketmail.com"),
        ("imap.mail.yahoo.com", 993, "tls"),
        ("smtp.mail.yahoo.com", 465, "tls"),
        (".yahoodns.net",),
        note=_APP_PASSWORD,
    ),
    Provider(
        "AOL", ("aol.com", "aim.com"), ("imap.aol.com", 993, "tls"), ("smtp.aol.com", 465, "tls"), note=_APP_PASSWORD
    ),
    Provider(
        "iCloud",
        ("icloud.com", "me.com", "mac.com"),
        ("imap.mail.me.com", 993, "tls"),
        ("smtp.mail.me.com", 587, "starttls"),
        (".mail.icloud.com",),
        note=_APP_PASSWORD,
    ),
    Provider(
        "Fastmail",
        ("fastmail.com", "fastmail.fm"),
        ("imap.fastmail.com", 993, "tls"),
        ("smtp.fastmail.com", 465, "tls"),
        (".messagingengine.com",),
        note=_APP_PASSWORD,
    ),
    Provider(
        "Zoho",
        ("zoho.com", "zohomail.com"),
        ("imap.zoho.com", 993, "tls"),
        ("smtp.zoho.com", 465, "tls"),
        ("mx.zoho.com", "mx2.zoho.com", "mx3.zoho.com"),
    ),
    Provider(
        "Zoho Europe", ("zohomail.eu",), ("imap.zoho.eu", 993, "tls"), ("smtp.zoho.eu", 465, "tls"), (".zoho.eu",)
    ),
    Provider(
        "GMX", ("gmx.de", "gmx.net", "gmx.at", "gmx.ch"), ("imap.gmx.net", 993, "tls"), ("mail.gmx.net", 465, "tls")
    ),
    Provider("GMX", ("gmx.com",), ("imap.gmx.com", 993, "tls"), ("mail.gmx.com", 465, "tls")),
    Provider("WEB.DE", ("web.de",), ("imap.web.de", 993, "tls"), ("smtp.web.de", 465, "tls")),
    Provider(
        "mailbox.org",
        ("mailbox.org",),
        ("imap.mailbox.org", 993, "tls"),
        ("smtp.mailbox.org", 465, "tls"),
        (".mailbox.org",),
    ),
    Provider("Posteo", ("posteo.de", "posteo.net"), ("posteo.de", 993, "tls"), ("posteo.de", 465, "tls")),
    Provider(
        "IONOS",
        (),
        ("imap.ionos.de", 993, "tls"),
        ("smtp.ionos.de", 465, "tls"),
        (".ionos.de", ".kundenserver.de"),
    ),
    Provider("OVH", (), ("ssl0.ovh.net", 993, "tls"), ("ssl0.ovh.net", 465, "tls"), (".mail.ovh.net",)),
    Provider(
        "Yandex",
        ("yandex.com", "yandex.ru"),
        ("imap.yandex.com", 993, "tls"),
        ("smtp.yandex.com", 465, "tls"),
        note=_APP_PASSWORD,
    ),
    Provider(
        "Mail.ru",
        ("mail.ru", "inbox.ru", "bk.ru", "list.ru"),
        ("imap.mail.ru", 993, "tls"),
        ("smtp.mail.ru", 465, "tls"),
        note=_APP_PASSWORD,
    ),
)


def of_domain(domain: str) -> Provider | None:
    """The provider that gives out addresses in this domain."""
    return next((provider for provider in PROVIDERS if domain in provider.domains), None)


def of_exchangers(names: list[str]) -> Provider | None:
    """The provider whose machines take mail for a domain: the first name decides, as the first is asked first."""
    for name in names:
        # "mx.zoho.com" names one host, ".zoho.eu" every host below.
        found = (one for one in PROVIDERS if any(f".{name}".endswith(f".{end.lstrip('.')}") for end in one.mx))
        provider = next(found, None)
        if provider is not None:
            return provider
    return None


def proposals(provider: Provider, address: str, source: Source) -> list[Proposal]:
    """Its mailbox and its server to send by; the user name is the whole address everywhere in the table."""
    imap, smtp = provider.imap, provider.smtp
    note = f"{provider.name}. {provider.note}".strip()
    return [
        Proposal("imap", *imap, username=address, source=source, auth=provider.auth, note=note),
        Proposal("smtp", *smtp, username=address, source=source, auth=provider.auth, note=note),
    ]
