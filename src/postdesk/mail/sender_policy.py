"""What a domain's DNS says about who may send in its name, in words: SPF (RFC 7208), DKIM (6376), DMARC (7489)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from postdesk.basics.stages import Stage

_SPF, _DKIM, _DMARC = "Who may send for the domain (SPF)", "The signature (DKIM)", "What receivers shall do (DMARC)"
#: Questions a receiver asks for one record at most (RFC 7208 section 4.6.4).
_MOST_ASKED: Final = 10
_ENDS: Final = {
    "-all": "every other server is refused",
    "~all": "every other server is doubtful",
    "?all": "nothing is said about other servers",
    "+all": "everybody may send in its name",
}


def spf(domain: str, texts: Sequence[str]) -> Stage:
    """`texts`: the TXT records of the domain."""
    records = [text for text in texts if text.lower().split(" ")[0] == "v=spf1"]
    if not records:
        remedy = f"Publish a TXT record for {domain} that names the servers which send for it."
        return Stage(
            "spf", _SPF, "failed", f"{domain} has no SPF record: receivers trust its mail less.", remedy=remedy
        )
    if len(records) > 1:
        remedy = "Merge them: with more than one, receivers use none."
        return Stage("spf", _SPF, "failed", f"{domain} has {len(records)} SPF records.", remedy=remedy)
    terms = records[0].lower().split()[1:]
    asked = sum(term.lstrip("+-~?").split("/")[0].split(":")[0] in {"a", "mx", "ptr"} or _asks(term) for term in terms)
    if asked > _MOST_ASKED:
        remedy = f"Shorten it: receivers ask {_MOST_ASKED} questions at most, and then give up."
        return Stage("spf", _SPF, "failed", f"Its record asks {asked} questions of the DNS.", records[0], remedy)
    end = next((term if term[0] in "+-~?" else f"+{term}" for term in terms if term.lstrip("+-~?") == "all"), "")
    if end == "+all":
        return Stage("spf", _SPF, "failed", f"{_ENDS[end].capitalize()}.", records[0], "End it with ~all or -all.")
    note = f"There is a record: {_ENDS[end]}." if end else "There is a record, without a word about other servers."
    return Stage("spf", _SPF, "ok", note, records[0])


def dmarc(domain: str, texts: Sequence[str]) -> Stage:
    """`texts`: the TXT records of _dmarc.DOMAIN, or of the domain above where that has none."""
    records = [text for text in texts if text.replace(" ", "").lower().startswith("v=dmarc1")]
    if len(records) != 1:
        what = "no DMARC record" if not records else f"{len(records)} DMARC records, so none counts"
        remedy = f"Publish one TXT record for _dmarc.{domain}; v=DMARC1; p=none is a beginning."
        return Stage("dmarc", _DMARC, "failed", f"{domain} has {what}.", remedy=remedy)
    policy = tags(records[0]).get("p", "none").lower()
    meaning = {"reject": "refused", "quarantine": "put into spam"}.get(policy, "taken as if there were no policy")
    return Stage("dmarc", _DMARC, "ok", f"Mail that neither SPF nor DKIM proves is {meaning} (p={policy}).", records[0])


def dkim(domain: str, selector: str, signer: str, texts: Sequence[str]) -> Stage:
    """`selector` and `signer`: s= and d= of a signature the message carried; `texts`: the TXT records of the key."""
    where = f"{selector}._domainkey.{signer}"
    keys = [text for text in texts if "p=" in text]
    if not keys:
        remedy = f"Publish the key that the outgoing server signs with as a TXT record of {where}."
        return Stage("dkim", _DKIM, "failed", f"Signed for {signer}, but {where} has no key.", remedy=remedy)
    if not tags(keys[0]).get("p"):
        return Stage("dkim", _DKIM, "failed", f"The key of {where} is revoked.", remedy="Publish the new key.")
    same = domain == signer or domain.endswith(f".{signer}") or signer.endswith(f".{domain}")
    if not same:
        remedy = f"Have the outgoing server sign for {domain}: a signature of another domain counts little."
        return Stage("dkim", _DKIM, "failed", f"Signed for {signer}, not for {domain}.", remedy=remedy)
    return Stage("dkim", _DKIM, "ok", f"Signed for {signer}, and its key is published ({where}).")


def unsigned(domain: str) -> Stage:
    """For a message that came back without a signature."""
    remedy = f"Switch DKIM on where {domain} sends from; large receivers want it."
    return Stage("dkim", _DKIM, "failed", "The message came back without a signature.", remedy=remedy)


def not_seen() -> Stage:
    """For a message whose received copy nobody has looked at."""
    note = "A signature is only seen on a received message: do a round trip, or look at the source where it arrived."
    return Stage("dkim", _DKIM, "skipped", note)


def tags(record: str) -> dict[str, str]:
    """The tag=value list of DKIM and DMARC, whitespace removed (RFC 6376 section 3.2)."""
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): "".join(value.split()) for name, _, value in pairs if name.strip()}


def _asks(term: str) -> bool:
    bare = term.lstrip("+-~?")
    return bare.startswith(("include:", "exists:", "redirect="))
