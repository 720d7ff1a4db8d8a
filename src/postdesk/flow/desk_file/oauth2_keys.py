"""The keys of OAuth2: [email.mailbox.oauth2] and [email.smtp.oauth2], which are the same."""

from __future__ import annotations

from typing import Final

from postdesk.flow.desk_file.key import Key, Section
from postdesk.grants.providers import GRANTS

_URL: Final = 1024
_KEYS: Final = (
    Key(
        "grant",
        "choice",
        "authorization-code",
        "How tokens are had: a person consents (the first two), or the desk signs in by itself.",
        allowed=GRANTS,
    ),
    Key("tenant", "text", "", 'Microsoft: the directory\'s ID or domain; `""`: common.'),
    Key("client_id", "text", "", "The desk's ID at the provider; needed for all but `service-account`."),
    Key("client_secret", "secret", None, "Its secret, where the provider gives one."),
    Key("client_key", "secret", None, "Instead: private key and certificate (PEM), or a service account's JSON."),
    Key("client_auth", "choice", "post", "Where the secret is sent: body or header.", allowed=("post", "basic")),
    Key("secret_expires_on", "date", "", "The day it expires; you are told 30, 14, 7 and 1 days before."),
    Key("discovery_url", "text", "", "OpenID configuration that gives the endpoints below.", longest=_URL),
    Key("authorize_url", "text", "", 'Authorization endpoint; here and below `""`: the provider\'s.', longest=_URL),
    Key("token_url", "text", "", "Token endpoint.", longest=_URL),
    Key("revoke_url", "text", "", "Where tokens are given back (RFC 7009).", longest=_URL),
    Key("device_url", "text", "", "Where codes for devices are given out (RFC 8628).", longest=_URL),
    Key("userinfo_url", "text", "", "Resource details endpoint: says which account consented.", longest=_URL),
    Key("scopes", "text", "", 'Separated by blanks or commas; `""`: what the provider needs.', longest=4000),
    Key("email_attribute", "text", "", "What holds the account's address in those details or the ID token."),
    Key("strict", "boolean", True, "Strict Matching: only the mailbox's own account may consent."),
)


def _section(of: str, what: str) -> Section:
    path = f"email.{of}.oauth2"
    sentence = f'How the {what} above signs in with `auth = "oauth2-..."`; somebody consents on its page afterwards.'
    return Section(path, f"[{path}]", f"OAuth2 of the {what}", sentence, _KEYS)


MAILBOX_OAUTH2: Final = _section("mailbox", "mailbox")
SMTP_OAUTH2: Final = _section("smtp", "smtp account")
