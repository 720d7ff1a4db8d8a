"""How somebody comes to consent: an administrator at once, the mailbox's owner by a link, or on another device.

    begin(row, ...) -> Begun(consent, state)     the browser session keeps `state`; a worker prepares what is missing
    address(consent, state)                      where the person goes
    answered(state, code=, error=, ...)          what the provider sent back, once; a worker fetches the tokens
    invite(row, ...) -> the link's word          take_up(word, ...) begins with it, once

Nothing here talks to a provider; flow.tokens.consenting does, and ends the consent with a sentence.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass, field
from typing import Final

from django.db import transaction

from postdesk import jobs
from postdesk.basics.errors import Refused
from postdesk.grants import proof, requests
from postdesk.grants.answers import denial
from postdesk.mailroom import errands
from postdesk.mailroom.authorisations import end_consents, forget_tokens, registration_of
from postdesk.mailroom.models import Authorisation, Consent, Errand
from postdesk.mailroom.models.authorisations import GrantKind, Stage, Standing
from postdesk.mailroom.secrets import seal, unseal
from postdesk.people import audit
from postdesk.people.models import Agent

#: How long somebody may take at the provider, and how long a link for the mailbox's owner can be used.
AT_PROVIDER, LINK_FOR = dt.timedelta(minutes=30), dt.timedelta(days=3)
#: Kinds of errands (engine.errands): try a refresh, give a token back.
TEST_REFRESH, GIVE_BACK = "token.refresh", "token.revoke"
_LONGEST_CODE: Final = 8192


@dataclass(frozen=True, slots=True)
class Begun:
    """A consent under way, and the word that only the browser that began it knows."""

    consent: Consent
    state: str = field(repr=False)


@transaction.atomic
def begin(row: Authorisation, *, redirect_uri: str, by: Agent | None, at: dt.datetime) -> Begun:
    """Begin anew; what was under way for the same connection is over. Raises Refused where no person is needed."""
    if not row.by_person:
        raise Refused("The desk signs in by itself here: nobody has to consent.")
    end_consents(row, "Begun anew.", at=at)
    consent = Consent(authorisation=row, asked_by=by, asked_at=at)
    return _started(consent, redirect_uri=redirect_uri, at=at)


@transaction.atomic
def invite(row: Authorisation, *, by: Agent, at: dt.datetime) -> str:
    """The word of a link for the mailbox's owner, who needs no account here. Used once, and not after three days."""
    if row.grant != GrantKind.CODE:
        raise Refused("A link is for consent in a browser (authorization code).")
    end_consents(row, "Begun anew.", at=at)
    word = secrets.token_urlsafe(32)
    Consent.objects.create(
        authorisation=row,
        asked_by=by,
        asked_at=at,
        expires_at=at + LINK_FOR,
        stage=Stage.LINK,
        signature=registration_of(row).signature,
        link_digest=proof.digest(word),
    )
    audit.record(by=by, at=at, verb="invited", of=row, label=row.connection.email.address, after={"consent": "by link"})
    return word


def invited(word: str, *, at: dt.datetime) -> Consent:
    """The consent behind a link. Raises Refused for one that is wrong, used or over; which, nobody is told."""
    rows = Consent.objects.select_related("authorisation__mailbox__email", "authorisation__smtp__email", "asked_by")
    found = rows.filter(link_digest=proof.digest(word), stage=Stage.LINK, expires_at__gt=at).first()
    if found is None:
        raise Refused("This link was used already, or is too old. Ask whoever sent it for a new one.")
    return found


@transaction.atomic
def take_up(word: str, *, redirect_uri: str, at: dt.datetime) -> Begun:
    """The owner goes on with the link: it is used up. Raises Refused as `invited` does."""
    found = invited(word, at=at)
    # Only one of two that press at the same moment.
    if not Consent.objects.filter(pk=found.pk, stage=Stage.LINK).update(stage=Stage.PREPARING):
        raise Refused("This link was used already. Ask whoever sent it for a new one.")
    return _started(found, redirect_uri=redirect_uri, at=at)


def _started(consent: Consent, *, redirect_uri: str, at: dt.datetime) -> Begun:
    row = consent.authorisation
    registration = registration_of(row)
    consent.signature, consent.expires_at = registration.signature, at + AT_PROVIDER
    state = ""
    if row.grant == GrantKind.CODE:
        state = secrets.token_urlsafe(32)
        consent.state_digest, consent.redirect_uri = proof.digest(state), redirect_uri
        consent.verifier = seal(secrets.token_urlsafe(48))
    ready = row.grant == GrantKind.CODE and bool(registration.authorize_url and registration.token_url)
    consent.stage = Stage.READY if ready else Stage.PREPARING
    consent.save()
    if not ready:
        jobs.defer("authorise", consent=consent.pk)
    return Begun(consent, state)


def address(consent: Consent, state: str) -> str:
    """Where the person goes to consent; "" while that is not known, or for a consent that is over."""
    if consent.stage != Stage.READY or consent.verifier is None or proof.digest(state) != consent.state_digest:
        return ""
    registration = registration_of(consent.authorisation)
    hint = registration.address if registration.strict else ""
    verifier = unseal(bytes(consent.verifier))
    return requests.authorize_address(
        registration, redirect_uri=consent.redirect_uri, state=state, verifier=verifier, hint=hint
    )


@transaction.atomic
def answered(state: str, *, code: str, error: str, description: str, at: dt.datetime) -> Consent:
    """What the provider sent back, taken once. Raises Refused when it belongs to nothing that is under way.

    The caller has made sure that this browser has `state`. A denial ends the consent at once.
    """
    rows = Consent.objects.select_for_update(of=("self",)).filter(state_digest=proof.digest(state))
    consent = rows.select_related("authorisation").first()
    if consent is None:
        raise Refused("This answer belongs to no authorization that was begun here. Begin again.")
    if consent.stage != Stage.READY:
        raise Refused("This answer was used already, or another authorization was begun since. Begin again.")
    if consent.expires_at < at:
        raise Refused("It took too long: this authorization is over. Begin again.")
    if error or not code or len(code) > _LONGEST_CODE:
        said = denial(error, description).message if error else "The provider sent neither a code nor a reason."
        _end(consent, f"{said} Nothing was changed.", at=at)
        return consent
    consent.stage, consent.code = Stage.ANSWERED, seal(code)
    consent.save(update_fields=["stage", "code"])
    jobs.defer("authorise", consent=consent.pk)
    return consent


def _end(consent: Consent, sentence: str, *, at: dt.datetime) -> None:
    consent.stage, consent.ended_at, consent.sentence = Stage.ENDED, at, sentence[:2000]
    consent.verifier = consent.code = consent.device_code = None
    consent.save()


def ask_again(consent: Consent, *, at: dt.datetime) -> None:
    """Have a worker ask about a device's code, when the provider may be asked again."""
    due = consent.next_poll_at is None or consent.next_poll_at <= at
    if consent.stage == Stage.READY and consent.user_code and due:
        jobs.defer("authorise", consent=consent.pk)


def cancel(consent: Consent, *, at: dt.datetime) -> None:
    """Nobody will consent."""
    if consent.stage != Stage.ENDED:
        _end(consent, "Cancelled.", at=at)


def test_refresh(row: Authorisation, *, by: Agent, at: dt.datetime) -> Errand:
    """*Test refresh now*: a worker asks the provider, and the page shows what it says."""
    return errands.ask(TEST_REFRESH, {"authorisation": row.pk}, by=by, at=at)


@transaction.atomic
def delete_token(row: Authorisation, *, by: Agent, at: dt.datetime) -> Errand | None:
    """*Delete token*: it is used no more from now on; a worker gives it back where the provider takes it (RFC 7009).

    None when the provider has no such endpoint, or there was nothing to give back.
    """
    locked = Authorisation.objects.select_for_update(of=("self",)).select_related("mailbox__email", "smtp__email")
    row = locked.get(pk=row.pk)
    token = unseal(bytes(row.refresh_token)) if row.refresh_token else ""
    can_give_back = bool(token and registration_of(row).revoke_url)
    had = row.identity or row.standing
    standing = Standing.NEEDED if row.by_person else Standing.REFUSED
    forget_tokens(row, standing, "The token was deleted. Authorize again to go on.", at=at)
    audit.record(
        by=by, at=at, verb="deauthorized", of=row, label=row.connection.email.address, before={"identity": had}
    )
    if not can_give_back:
        return None
    return errands.ask(GIVE_BACK, {"authorisation": row.pk}, secrets={"token": token}, by=by, at=at)
