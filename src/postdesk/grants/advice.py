"""Which error of a provider means what, and what to do about it: a table, the first row that fits decides.

Microsoft: learn.microsoft.com/entra/identity-platform/reference-error-codes. Google:
developers.google.com/identity/protocols/oauth2/web-server#token-refresh-errors. Others: RFC 6749 sections 4.1.2.1 and
5.2, RFC 8628 section 3.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from postdesk.basics.errors import Busy, ClientRefused, ConsentNeeded, WireError

#: "consent": a person must consent again; "client": an administrator must mend the registration; "later": try again.
Meaning = Literal["consent", "client", "later"]


@dataclass(frozen=True, slots=True)
class Advice:
    """`code`: "AADSTS65001", or an `error` of RFC 6749; `words`: what the description must hold, "" for anything."""

    code: str
    words: str
    meaning: Meaning
    todo: str


_ENTRA: Final = "Microsoft Entra admin center > App registrations"
_AGAIN: Final = "Sign in and consent again: press Authorize on the email's page."

ADVICE: Final[tuple[Advice, ...]] = (
    Advice(
        "AADSTS7000222",
        "",
        "client",
        f"The client secret has expired. Make a new one ({_ENTRA} > Certificates & secrets), enter its value and its "
        "day of expiry here, and save.",
    ),
    Advice(
        "AADSTS7000215",
        "",
        "client",
        "The client secret is wrong. Enter the secret's value, which Microsoft shows once, not its ID.",
    ),
    Advice(
        "AADSTS7000218",
        "",
        "client",
        "Microsoft wants a client secret or a certificate: enter one, or allow public client flows for this app.",
    ),
    Advice(
        "AADSTS700027", "", "client", "The certificate is not the one registered with the app: upload its public part."
    ),
    Advice(
        "AADSTS700024",
        "",
        "client",
        "The assertion is not valid at this time: the clock of this machine is probably wrong. Set it by NTP.",
    ),
    Advice(
        "AADSTS700016",
        "",
        "client",
        "The client id is not known in this directory. Check the client id, and the tenant in the endpoints.",
    ),
    Advice("AADSTS700038", "", "client", "The client id is not one that Microsoft gives out. Copy it once more."),
    Advice("AADSTS90002", "", "client", "The tenant does not exist. Check the tenant (directory) ID."),
    Advice("AADSTS900023", "", "client", "The tenant is neither an ID nor a domain. Check the tenant (directory) ID."),
    Advice("AADSTS50194", "", "client", "The app belongs to one organisation: enter its tenant ID instead of common."),
    Advice("AADSTS9002313", "", "client", "Microsoft did not understand the request. Check endpoints and scopes."),
    Advice("AADSTS70011", "", "client", "A scope is not valid. Check the scopes; leave them empty for the usual ones."),
    Advice("AADSTS28000", "", "client", "Scopes of two services were asked for at once: keep those of one."),
    Advice(
        "AADSTS50011", "", "client", "The callback address is not registered with the app: add it there, to the letter."
    ),
    Advice("AADSTS7000112", "", "client", "The app is disabled in this directory. An administrator must enable it."),
    Advice(
        "AADSTS65001",
        "",
        "consent",
        "Nobody has consented to these permissions. Authorize again, or have a Microsoft 365 administrator grant "
        "admin consent for the app.",
    ),
    Advice(
        "AADSTS90094",
        "",
        "consent",
        "An administrator's consent is needed: have a Microsoft 365 administrator grant it for the app.",
    ),
    Advice("AADSTS65004", "", "consent", f"The consent was declined. {_AGAIN}"),
    Advice("AADSTS50173", "", "consent", f"The account's password was changed, or its sessions revoked. {_AGAIN}"),
    Advice("AADSTS50133", "", "consent", f"The account's password was changed or has expired. {_AGAIN}"),
    Advice("AADSTS700082", "", "consent", f"The refresh token was not used for too long. {_AGAIN}"),
    Advice("AADSTS700084", "", "consent", f"The refresh token was one for a day only. {_AGAIN}"),
    Advice(
        "AADSTS70043",
        "",
        "consent",
        f"Conditional access ends sessions after a time (sign-in frequency). {_AGAIN} Have the account excluded from "
        "that policy, or it comes again.",
    ),
    Advice("AADSTS70008", "", "consent", f"The code or the refresh token has expired. {_AGAIN}"),
    Advice("AADSTS54005", "", "consent", f"The code was used before. {_AGAIN}"),
    Advice("AADSTS50076", "", "consent", f"Multi-factor authentication is needed. {_AGAIN}"),
    Advice("AADSTS50079", "", "consent", f"The account must set up multi-factor authentication. {_AGAIN}"),
    Advice(
        "AADSTS53003",
        "",
        "consent",
        "Conditional access blocks this sign-in. Have a Microsoft 365 administrator exclude the app or the account.",
    ),
    Advice("AADSTS53000", "", "consent", "Conditional access wants a managed device, which a server is not."),
    Advice("AADSTS50057", "", "consent", "The account is disabled. Have it enabled, then authorize again."),
    Advice("AADSTS50034", "", "consent", "The account does not exist in this directory. Authorize with another one."),
    Advice("AADSTS50020", "", "consent", "The account belongs to another directory. Check the tenant."),
    Advice("AADSTS50105", "", "consent", "The account is not assigned to the app. Have an administrator assign it."),
    Advice("AADSTS90033", "", "later", "Microsoft has a passing trouble."),
    Advice("AADSTS50196", "", "later", "Microsoft saw too many requests in a short time."),
    Advice(
        "admin_policy_enforced", "", "client", "The Google Workspace administrator must allow this app (API controls)."
    ),
    Advice("org_internal", "", "client", "The app is for its own organisation only: sign in with an account of it."),
    Advice(
        "invalid_grant",
        "iat",
        "client",
        "The assertion's times are wrong: the clock of this machine probably is. Set it by NTP.",
    ),
    Advice(
        "invalid_grant",
        "JWT",
        "client",
        "The service account's key was not accepted. Check that the key file is current and not deleted.",
    ),
    Advice(
        "invalid_grant",
        "Not a valid email",
        "client",
        "The service account cannot act for this address: it must be a user of the domain.",
    ),
    Advice(
        "invalid_grant",
        "",
        "consent",
        "The consent is over: revoked, expired, unused for too long, or ended by a new password. A Google app that is "
        f"still in Testing ends every consent after seven days. {_AGAIN}",
    ),
    Advice("interaction_required", "", "consent", f"The provider wants to see a person. {_AGAIN}"),
    Advice("login_required", "", "consent", f"The provider wants to see a person. {_AGAIN}"),
    Advice("consent_required", "", "consent", f"Somebody must consent. {_AGAIN}"),
    Advice("access_denied", "", "consent", f"Whoever was asked said no, or may not say yes. {_AGAIN}"),
    Advice("expired_token", "", "consent", "The code was not typed in time. Begin again."),
    Advice(
        "invalid_client",
        "",
        "client",
        "Client id or client secret are not accepted. Check both; make a new secret if it has expired.",
    ),
    Advice(
        "unauthorized_client",
        "",
        "client",
        "The app may not do this: allow this way of signing in, its scopes and, for a service account, domain-wide "
        "delegation at the provider.",
    ),
    Advice("invalid_scope", "", "client", "A scope is not known or not allowed. Check the scopes."),
    Advice("unsupported_grant_type", "", "client", "The provider does not offer this grant. Choose another one."),
    Advice("unsupported_response_type", "", "client", "The provider does not give codes to this client."),
    Advice("redirect_uri_mismatch", "", "client", "Register the callback address at the provider, to the letter."),
    Advice("invalid_request", "", "client", "The provider did not understand the request. Check endpoints and scopes."),
    Advice("temporarily_unavailable", "", "later", "The provider has a passing trouble."),
    Advice("server_error", "", "later", "The provider has a passing trouble."),
    Advice("slow_down", "", "later", "The provider wants to be asked less often."),
)
_UNKNOWN: Final = Advice("", "", "client", "Look the code up in the provider's documentation.")
_ERRORS: Final[dict[Meaning, type[WireError]]] = {"consent": ConsentNeeded, "client": ClientRefused, "later": Busy}


def advice_for(codes: tuple[str, ...], words: str) -> Advice:
    """The row for an error, its most telling code first."""
    for code in codes:
        for row in ADVICE:
            if row.code == code and row.words.lower() in words.lower():
                return row
    return _UNKNOWN


def as_error(codes: tuple[str, ...], said: str) -> WireError:
    """The error to raise: the provider's words, then what to do. Fields `code`, `said` and `todo` hold the parts."""
    row = advice_for(codes, said)
    code = codes[0] if codes else ""
    words = said or code or "The provider refused."
    if code and code not in words:
        words = f"{words.rstrip('.')} ({code})."
    sentence = f"{words} {row.todo}" if words.endswith((".", "!", "?")) else f"{words}. {row.todo}"
    return _ERRORS[row.meaning](sentence, code=code, said=words, todo=row.todo)
