"""How far a message may be believed to be from whom its From names, and whether that is enough for what it would do.

Two things are told apart. *Proof of identity*: a mail server that the desk trusts vouches for the domain of From
(DMARC, or what DMARC is made of). *Proof of having our mail*: an id with our signature. The second can be passed on,
so it never makes anybody somebody else: it counts only for a sender who takes part in the ticket, and less than the
first. Pure, and nearly free on a desk that trusts no server and asks for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Final, Literal

from postdesk.judge.facts import Arrival, Facts
from postdesk.judge.filters.authentication import Authentication, Said, believed
from postdesk.judge.trust_policy import Action, TrustPolicy
from postdesk.judge.verdict import Finding, Threading, Verdict
from postdesk.mail.message import ParsedMail


class Level(IntEnum):
    """What stands behind a From, the weakest first."""

    FAILED = 0
    BARE = 1
    PARTICIPANT = 2
    TOKEN = 3
    AUTHENTICATED = 4


#: What a policy can ask for -> the level it takes, and how the reason of a held message says so.
BARS: Final[Mapping[str, tuple[Level, str]]] = {
    "anyone": (Level.FAILED, ""),
    "not_failed": (Level.BARE, "a sender whose check did not fail"),
    "participant": (Level.PARTICIPANT, "a sender who takes part in the ticket"),
    "token": (Level.TOKEN, "an id with our signature, or proof of the sender"),
    "authenticated": (Level.AUTHENTICATED, "proof of the sender"),
}
_WHAT: Final[Mapping[Action, str]] = {
    "new_ticket": "A new ticket",
    "reply": "A message in a ticket",
    "agent": "Mail of an agent",
    "reopen": "To open a closed ticket again",
}
_WORDS: Final[Mapping[Level, str]] = {
    Level.FAILED: "The check of the sender failed.",
    Level.BARE: "Nothing stands behind the sender but the From field.",
    Level.PARTICIPANT: "The From address takes part in the ticket.",
    Level.TOKEN: "The From address takes part in the ticket, and the message refers to one of our mails.",
    Level.AUTHENTICATED: "The sender is proven.",
}
Claim = Literal["proven", "refuted", "unknown"]


@dataclass(frozen=True, slots=True)
class Weighed:
    """How far a message is believed, why, and, when that is not enough, the sentence it is held with."""

    level: Level = Level.BARE
    evidence: tuple[str, ...] = ()
    held: str = ""
    #: Who vouches, "" for nobody: only then a badge is shown.
    server: str = ""
    #: The From address all this is about.
    about: str = ""

    def data(self, author: str) -> dict[str, object]:
        """For the event of the message, shown on the ticket; {} when nobody checked, or a filter changed the author."""
        if not self.server or author != self.about:
            return {}
        return {"trust": list(self.evidence), "trust_level": self.level.name.lower(), "trust_server": self.server}


#: What is known of messages that nobody weighed.
NOTHING: Final = Weighed()


@dataclass(frozen=True, slots=True)
class _Checked:
    claim: Claim = "unknown"
    evidence: tuple[str, ...] = ()
    server: str = ""
    authentication: Authentication | None = field(default=None, repr=False)


def weigh(arrival: Arrival, facts: Facts, threading: Threading) -> Weighed:
    """Whether the message may do what threading found. A message that threading holds is weighed for its evidence."""
    policy = facts.desk.trust
    if policy.asks_nothing:
        return NOTHING
    action = _action(arrival, facts, threading)
    checked = _check(arrival.mail, policy, arrival.authentication)
    level = _level(arrival, facts, threading, checked.claim, action)
    evidence = (_WORDS[level], *checked.evidence)
    bar = max((BARS[policy.bar(one)] for one in _actions(action)), key=lambda one: one[0])
    held = ""
    if level < bar[0]:
        held = " ".join((f"{_WHAT[action]} takes {bar[1]} here.", *evidence, threading.sentence))
    return Weighed(level, evidence, held, checked.server, arrival.mail.from_.key if arrival.mail.from_ else "")


def heeded(verdict: Verdict, weighed: Weighed) -> Verdict:
    """The verdict; nobody is answered automatically in the name of somebody who did not write."""
    if weighed.level is not Level.FAILED:
        return verdict
    return replace(verdict, findings=(*verdict.findings, Finding("trust", _WORDS[Level.FAILED], silent=True)))


def _actions(action: Action) -> tuple[Action, ...]:
    """Opening a closed ticket again is a message in it as well."""
    return ("reply", "reopen") if action == "reopen" else (action,)


def _action(arrival: Arrival, facts: Facts, threading: Threading) -> Action:
    ticket = facts.tickets.get(threading.ticket or -1)
    if ticket is None:
        return "new_ticket"
    if arrival.sender in facts.desk.agents and arrival.sender != ticket.owner:
        return "agent"
    return "reopen" if ticket.is_closed and arrival.mail.kind == "mail" else "reply"


def _level(arrival: Arrival, facts: Facts, threading: Threading, claim: Claim, action: Action) -> Level:
    if claim == "refuted":
        return Level.FAILED
    ticket = facts.tickets.get(threading.ticket or -1)
    if ticket is None:
        return Level.AUTHENTICATED if claim == "proven" else Level.BARE
    # A stranger who is proven is still a stranger here: whoever has our mail passed on does not speak for its reader.
    if action != "agent" and arrival.sender not in ticket.participants:
        return Level.BARE
    if claim == "proven":
        return Level.AUTHENTICATED
    # Users have our mail as well as agents: an id of ours proves nothing about who of them writes.
    if action == "agent":
        return Level.PARTICIPANT
    return Level.TOKEN if threading.rule == "signature" else Level.PARTICIPANT


def _check(mail: ParsedMail, policy: TrustPolicy, own: Authentication | None) -> _Checked:
    """What trusted servers say about From. `own`: what the desk itself found out, which is believed."""
    if own is None and not policy.servers:
        return _Checked()
    said = own if own is not None else believed(mail, policy.servers)
    if said is None:
        return _Checked("unknown", ("No server that the desk trusts says anything about the sender.",))
    if sum(name.lower() == "from" for name, _ in mail.headers) != 1 or mail.from_ is None:
        words = "The message has not exactly one From field, so what was checked need not be what is shown."
        return _Checked("unknown", (words, *_heard(said)), said.server)
    domain = mail.from_.key.rpartition("@")[2]
    claim, why = _claim(said, domain)
    return _Checked(claim, (*why, *_heard(said)), said.server, said)


def _claim(said: Authentication, domain: str) -> tuple[Claim, tuple[str, ...]]:
    """Whether the domain of From is proven or refuted (RFC 7489 section 6.6.2)."""
    dmarc = [one for one in said.said if one.method == "dmarc" and one.properties.get("header.from", domain) == domain]
    if any(one.result == "pass" for one in dmarc):
        return "proven", (f"{said.server}: DMARC passes for {domain}.",)
    failed = next((one for one in dmarc if one.result == "fail"), None)
    if failed is not None:
        if _asks_for_nothing(failed):
            return "unknown", (f"{said.server}: DMARC fails for {domain}, which asks receivers for nothing (p=none).",)
        return "refuted", (f"{said.server}: DMARC fails for {domain}.",)
    for method, names in (("dkim", ("header.d", "header.i")), ("spf", ("smtp.mailfrom",))):
        for one in said.said:
            if one.method == method and one.result == "pass" and _aligned(one, names, domain):
                return "proven", (f"{said.server}: {method.upper()} passes for {domain}.",)
    return "unknown", ()


def _asks_for_nothing(failed: Said) -> bool:
    """As Google (p=NONE), OpenDMARC (p=none) and Microsoft (action=none) note a domain's policy."""
    policy = failed.properties.get("policy.published-domain-policy", "")
    return policy == "none" or "p=none" in failed.comment.replace(" ", "")


def _aligned(one: Said, names: tuple[str, ...], domain: str) -> bool:
    """Whether the proven domain is From's own or one above it: who has that has all below it, and not the reverse."""
    for name in names:
        proven = one.properties.get(name, "").rpartition("@")[2].strip(".")
        if "." in proven and (domain == proven or domain.endswith(f".{proven}")):
            return True
    return False


def _heard(said: Authentication) -> tuple[str, ...]:
    results = ", ".join(f"{one.method}={one.result}" for one in said.said[:12])
    return (f"Authentication-Results of {said.server}: {results or 'no result'}.",)
