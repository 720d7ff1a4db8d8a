"""A worker's part of a consent: find the provider's addresses, ask about a device's code, fetch the tokens.

Who consented, and to what, is looked at before anything is stored: nothing is ever kept under a wrong identity.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import structlog

from postdesk.basics.clock import now
from postdesk.basics.errors import BrokenSetup, PostdeskError, Refused, WireError
from postdesk.basics.ids import nonce
from postdesk.flow.tokens import access
from postdesk.flow.tokens.asking import ask, get
from postdesk.flow.tokens.keeping import keep
from postdesk.grants import answers, owner, requests
from postdesk.grants.answers import Answer, Tokens
from postdesk.grants.registration import DISCOVERED, Registration, url_problem
from postdesk.mailroom import lanes
from postdesk.mailroom.authorisations import registration_of, uses_of
from postdesk.mailroom.models import Authorisation, Consent
from postdesk.mailroom.models.authorisations import GrantKind, Stage
from postdesk.mailroom.secrets import seal, unseal
from postdesk.people import audit

log = structlog.get_logger(__name__)

_NO_REFRESH: Final = {
    "google": "Remove the app's access at myaccount.google.com/connections, then authorize again.",
    "microsoft": "The scopes must hold offline_access; leave them empty for the usual ones, then authorize again.",
    "other": "Many providers give one only when the scope offline_access is asked for, or when the app is registered "
    "for it.",
}
_CHANGED: Final = "The settings were changed meanwhile. Begin again."


def authorise(consent: int) -> None:
    """The job: go on with a consent as far as a worker can."""
    with lanes.lane(f"consent:{consent}") as free:
        if not free:
            return
        row = Consent.objects.filter(pk=consent).select_related("authorisation", "asked_by").first()
        if row is None or row.stage in (Stage.ENDED, Stage.LINK):
            return
        try:
            _go_on(row)
        except (WireError, BrokenSetup, Refused) as error:
            end(row, error.message)
        except PostdeskError as error:
            end(row, str(error))


def _go_on(consent: Consent) -> None:
    authorisation = Authorisation.objects.select_related("mailbox__email", "smtp__email").get(
        pk=consent.authorisation_id
    )
    if consent.stage == Stage.PREPARING:
        discover(authorisation)
    registration = registration_of(authorisation)
    if consent.stage == Stage.PREPARING:
        _prepare(consent, registration)
        return
    if registration.signature != consent.signature:
        raise Refused(_CHANGED)
    if consent.stage == Stage.ANSWERED:
        _exchange(consent, authorisation, registration)
    elif authorisation.grant == GrantKind.DEVICE and consent.device_code is not None:
        _poll(consent, authorisation, registration)


def discover(row: Authorisation) -> None:
    """Fill the endpoints from the provider's OpenID configuration, once. Raises WireError, BrokenSetup."""
    if not row.discovery_url or row.discovered:
        return
    said = get(row.discovery_url, answers.json_object)
    found = {name: said[member] for member, name in DISCOVERED.items() if isinstance(said.get(member), str)}
    if "token_url" not in found:
        raise BrokenSetup("The discovery address holds no OpenID configuration: it names no token endpoint.")
    for name, url in found.items():
        if url_problem(url):
            raise BrokenSetup(f"The provider's configuration gives an address that cannot be used ({name}).")
    Authorisation.objects.filter(pk=row.pk, discovery_url=row.discovery_url).update(discovered=found)
    row.discovered = found


def _prepare(consent: Consent, registration: Registration) -> None:
    at = now()
    consent.signature, consent.stage = registration.signature, Stage.READY
    if registration.grant == "device-code":
        question = requests.device(registration, nonce=nonce(), at=at)
        code = ask(question, lambda answer: answers.device_code(answer, at=at), at=at)
        consent.device_code, consent.user_code = seal(code.code), code.user_code
        consent.verification_url, consent.complete_url = code.verification_url, code.complete_url
        consent.interval, consent.next_poll_at = code.interval, at + dt.timedelta(seconds=code.interval)
        consent.expires_at = code.expires_at
    elif not registration.authorize_url:
        raise BrokenSetup("The provider's configuration names no authorization endpoint: enter it.")
    consent.save()


def _poll(consent: Consent, authorisation: Authorisation, registration: Registration) -> None:
    """Ask once whether the code was typed; not before the provider wants to be asked (RFC 8628 section 3.5)."""
    at = now()
    if consent.device_code is None or (consent.next_poll_at is not None and consent.next_poll_at > at):
        return
    code = unseal(bytes(consent.device_code))

    def read(answer: Answer) -> Tokens | str:
        return answers.is_pending(answer) or answers.tokens(answer, at=at)

    got = ask(requests.device_token(registration, code, nonce=nonce(), at=at), read, at=at)
    if isinstance(got, str):
        if got == "slow_down":
            consent.interval += 5
        consent.next_poll_at = at + dt.timedelta(seconds=consent.interval)
        consent.save(update_fields=["interval", "next_poll_at"])
        return
    _finish(consent, authorisation, registration, got)


def _exchange(consent: Consent, authorisation: Authorisation, registration: Registration) -> None:
    at = now()
    if consent.code is None or consent.verifier is None:
        raise Refused("The answer of the provider is gone. Begin again.")
    code, verifier = unseal(bytes(consent.code)), unseal(bytes(consent.verifier))
    question = requests.exchange(
        registration, code, redirect_uri=consent.redirect_uri, verifier=verifier, nonce=nonce(), at=at
    )
    got = ask(question, lambda answer: answers.tokens(answer, at=at), at=at)
    _finish(consent, authorisation, registration, got)


def _finish(consent: Consent, authorisation: Authorisation, registration: Registration, tokens: Tokens) -> None:
    """Look at what was granted, and store it, or say why not."""
    if not tokens.refresh:
        advice = _NO_REFRESH[registration.kind]
        raise Refused(
            "The provider gave no refresh token, so signing in would end within the hour; nothing was stored. " + advice
        )
    missing = _missing(authorisation, registration, tokens)
    if missing:
        raise Refused(
            f"Fewer permissions were granted than are needed; nothing was stored. Missing: {', '.join(missing)}. "
            "Authorize again and leave every box ticked, or have an administrator of the provider allow them."
        )
    identity = _identity(registration, tokens)
    email = authorisation.connection.email
    meant = [authorisation.connection.username, email.address, *email.aliases]
    wrong = owner.mismatch(identity, meant) if registration.strict else ""
    if wrong:
        raise Refused(f"{wrong} Nothing was stored.")
    at = now()

    def also() -> None:
        who = identity or "an account the provider does not name"
        by: audit.Actor = consent.asked_by or "OAuth2 consent"
        audit.record(by=by, at=at, verb="authorized", of=authorisation, label=email.address, after={"identity": who})
        _end(consent, f"{who} consented.", authorised=True, at=at)

    with access.alone(authorisation.pk):
        fresh = Authorisation.objects.select_related("mailbox__email", "smtp__email").get(pk=authorisation.pk)
        if registration_of(fresh).signature != consent.signature:
            raise Refused(_CHANGED)
        fresh.previous_refresh_token = None
        keep(fresh, tokens, registration, identity=identity, also=also)
    log.info("token.authorised", authorisation=authorisation.pk)


def _missing(authorisation: Authorisation, registration: Registration, tokens: Tokens) -> tuple[str, ...]:
    if tokens.scopes is None:
        return ()
    needed = owner.lacking_for(registration.kind, registration.grant, tokens.scopes, uses_of(authorisation))
    # By a template other than Other only what mail needs must be there; there nobody else knows what that is.
    return needed if registration.kind != "other" else owner.lacking(tokens.scopes, registration.scopes)


def _identity(registration: Registration, tokens: Tokens) -> str:
    """Who consented: by the ID token, the resource details endpoint, or an access token that says so itself."""
    attribute = registration.email_attribute
    if found := owner.address_in(owner.claims(tokens.id_token), attribute):
        return found
    if registration.userinfo_url:
        said: dict[str, Any] = get(registration.userinfo_url, answers.json_object, token=tokens.access)
        return owner.address_in(said, attribute)
    return owner.address_in(owner.claims(tokens.access), attribute)


def end(consent: Consent, sentence: str) -> None:
    """It came to nothing, for this reason."""
    _end(consent, sentence, authorised=False, at=now())


def _end(consent: Consent, sentence: str, *, authorised: bool, at: dt.datetime) -> None:
    Consent.objects.filter(pk=consent.pk).exclude(stage=Stage.ENDED).update(
        stage=Stage.ENDED,
        ended_at=at,
        authorised=authorised,
        sentence=sentence[:2000],
        verifier=None,
        code=None,
        device_code=None,
    )


def revoke(registration: Registration, token: str) -> None:
    """Give a refresh token back at the provider (RFC 7009). Raises WireError, BrokenSetup."""
    at = now()
    ask(requests.revocation(registration, token, nonce=nonce(), at=at), answers.check_revoked, at=at)


def rehearse(authorisation: int) -> None:
    """The job: find what is not known yet, and ask for a fresh token. What goes wrong stands on the row."""
    row = Authorisation.objects.select_related("mailbox__email", "smtp__email").filter(pk=authorisation).first()
    if row is None:
        return
    try:
        discover(row)
    except (WireError, BrokenSetup) as error:
        Authorisation.objects.filter(pk=authorisation).update(failure=error.message[:2000], failed_at=now())
        return
    if row.by_person and row.refresh_token is None:
        return
    try:
        access.refresh(authorisation)
    except (WireError, BrokenSetup) as error:
        log.info("token.rehearsal", authorisation=authorisation, error=type(error).__name__)
