"""The providers whose endpoints, scopes and parameters are known, in one table.

As published by Google (developers.google.com: "Using OAuth 2.0 for Web Server Applications", "OAuth 2.0 Mechanism" for
Gmail) and Microsoft (learn.microsoft.com: "OAuth 2.0 authorization code flow", "Authenticate an IMAP, POP or SMTP
connection using OAuth"); docs/explanation/oauth2.md has them field by field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Kind = Literal["google", "microsoft", "other"]
Grant = Literal["authorization-code", "device-code", "client-credentials", "service-account"]
Use = Literal["imap", "pop3", "smtp"]

#: What a connection's `auth` says when it signs in with OAuth2.
AUTH: Final[dict[str, Kind]] = {"oauth2-google": "google", "oauth2-microsoft": "microsoft", "oauth2-other": "other"}
GRANTS: Final[tuple[Grant, ...]] = ("authorization-code", "device-code", "client-credentials", "service-account")
#: Grants in which a person consents; with the others the desk signs in by itself.
BY_PERSON: Final = frozenset({"authorization-code", "device-code"})


@dataclass(frozen=True, slots=True)
class Provider:
    """One template. `{tenant}` in an address is the directory. "" where there is no such endpoint, or it is not known.

    `scopes`: what each use needs of the person who consents; `always`: what is asked besides, so that a refresh token
    comes. `app_scopes`: what the desk asks for when it signs in by itself.
    """

    kind: Kind
    name: str
    authorize_url: str = ""
    token_url: str = ""
    revoke_url: str = ""
    device_url: str = ""
    userinfo_url: str = ""
    always: tuple[str, ...] = ()
    scopes: Mapping[Use, tuple[str, ...]] = field(default_factory=dict)
    app_scopes: tuple[str, ...] = ()
    #: The claim or member that says who consented.
    email_attribute: str = "email"
    tenant: str = ""
    #: What is asked of the authorisation endpoint besides RFC 6749's own parameters.
    parameters: Mapping[str, str] = field(default_factory=dict)
    grants: tuple[Grant, ...] = GRANTS
    #: Days after which an unused refresh token is over; 0: not known.
    refresh_days: int = 0

    @property
    def every_scope(self) -> tuple[str, ...]:
        """The scopes of all uses, each once."""
        return tuple(dict.fromkeys(scope for scopes in self.scopes.values() for scope in scopes))


_OUTLOOK: Final = "https://outlook.office.com/"
_LOGIN: Final = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0"
_GMAIL: Final = ("https://mail.google.com/",)

PROVIDERS: Final[dict[Kind, Provider]] = {
    "google": Provider(
        "google",
        "Google",
        authorize_url="https://accounts.google.com/o/oauth2/v2/auth",
        token_url="https://oauth2.googleapis.com/token",
        revoke_url="https://oauth2.googleapis.com/revoke",
        userinfo_url="https://gmail.googleapis.com/gmail/v1/users/me/profile",
        scopes={"imap": _GMAIL, "pop3": _GMAIL, "smtp": _GMAIL},
        app_scopes=_GMAIL,
        email_attribute="emailAddress",
        # Without these two Google gives a refresh token only the first time somebody consents.
        parameters={"access_type": "offline", "prompt": "consent"},
        # Google gives mail scopes neither to devices nor to clients of their own.
        grants=("authorization-code", "service-account"),
        # After half a year without use (developers.google.com/identity/protocols/oauth2#expiration).
        refresh_days=180,
    ),
    "microsoft": Provider(
        "microsoft",
        "Microsoft",
        authorize_url=f"{_LOGIN}/authorize",
        token_url=f"{_LOGIN}/token",
        device_url=f"{_LOGIN}/devicecode",
        always=("offline_access",),
        scopes={
            "imap": (f"{_OUTLOOK}IMAP.AccessAsUser.All",),
            "pop3": (f"{_OUTLOOK}POP.AccessAsUser.All",),
            "smtp": (f"{_OUTLOOK}SMTP.Send",),
        },
        app_scopes=("https://outlook.office365.com/.default",),
        email_attribute="upn",
        tenant="common",
        parameters={"prompt": "select_account"},
        grants=("authorization-code", "device-code", "client-credentials"),
        # learn.microsoft.com/entra/identity-platform/refresh-tokens: each is good for ninety days.
        refresh_days=90,
    ),
    "other": Provider("other", "Other Provider"),
}


def scopes_for(provider: Provider, grant: Grant, uses: tuple[Use, ...]) -> tuple[str, ...]:
    """What is asked for when nobody says otherwise: each scope once, in the template's order."""
    if grant not in BY_PERSON:
        return provider.app_scopes
    found = [*provider.always]
    for use in uses:
        found += [scope for scope in provider.scopes.get(use, ()) if scope not in found]
    return tuple(found)
