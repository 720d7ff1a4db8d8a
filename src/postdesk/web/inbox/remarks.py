"""What an entry's page says of its message beside the words: invitation, protection, charset, what was left out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from postdesk.tickets.models import Entry

#: Charsets an agent can have a message read in: label -> name. The first is the message's own word.
CHARSETS: Final[tuple[tuple[str, str], ...]] = (
    ("", "the message says"),
    ("utf-8", "Unicode (UTF-8)"),
    ("windows-1252", "Western European"),
    ("iso-8859-15", "Western European with the euro"),
    ("windows-1250", "Central European"),
    ("iso-8859-2", "Central European (ISO)"),
    ("windows-1251", "Cyrillic"),
    ("koi8-r", "Cyrillic (KOI8-R)"),
    ("koi8-u", "Ukrainian (KOI8-U)"),
    ("windows-1253", "Greek"),
    ("windows-1254", "Turkish"),
    ("windows-1255", "Hebrew"),
    ("windows-1256", "Arabic"),
    ("windows-1257", "Baltic"),
    ("windows-1258", "Vietnamese"),
    ("windows-874", "Thai"),
    ("shift_jis", "Japanese (Shift JIS)"),
    ("euc-jp", "Japanese (EUC)"),
    ("iso-2022-jp", "Japanese (ISO-2022-JP)"),
    ("gb18030", "Chinese, simplified"),
    ("big5", "Chinese, traditional"),
    ("euc-kr", "Korean"),
    ("utf-16-le", "Unicode (UTF-16)"),
)
#: How a message is protected -> badge, and what that means here.
PROTECTIONS: Final[dict[str, tuple[str, str]]] = {
    "smime_signed": ("S/MIME signed", "The message carries an S/MIME signature. It is kept, and was not verified."),
    "smime_encrypted": (
        "S/MIME encrypted",
        "The message is encrypted with S/MIME. Download it and open it with the mail program that has the key.",
    ),
    "pgp_signed": ("PGP signed", "The message carries a PGP signature. It is kept, and was not verified."),
    "pgp_encrypted": (
        "PGP encrypted",
        "The message is encrypted with PGP. Download it and open it with the program that has the key.",
    ),
}
_TITLES: Final[dict[str, str]] = {
    "REQUEST": "Invitation",
    "PUBLISH": "Calendar entry",
    "ADD": "More dates",
    "CANCEL": "Called off",
    "REPLY": "Answer to an invitation",
    "REFRESH": "Asks for the invitation again",
    "COUNTER": "Another time is proposed",
    "DECLINECOUNTER": "The other time is declined",
}
#: PARTSTAT (RFC 5545 section 3.2.12) in words.
_ANSWERS: Final[dict[str, str]] = {
    "ACCEPTED": "accepted",
    "DECLINED": "declined",
    "TENTATIVE": "perhaps",
    "DELEGATED": "sends somebody else",
    "NEEDS-ACTION": "no answer yet",
}
#: Methods that say what holds of an event; a reply or a proposal changes nothing.
_OF_THE_ORGANIZER: Final = frozenset({"REQUEST", "PUBLISH", "ADD", "CANCEL"})


@dataclass(frozen=True, slots=True)
class Protected:
    badge: str
    sentence: str
    is_closed: bool


@dataclass(frozen=True, slots=True)
class Other:
    """Another message about the same event."""

    ticket: int
    entry: int


@dataclass(frozen=True, slots=True)
class Card:
    """An invitation as shown. `state`: "", "changed" or "off"; `later` is the message that says so, if another does.

    Instants are in UTC; the browser shows them in the reader's zone. Of an all-day event `day` and `last_day` hold.
    """

    title: str
    summary: str
    state: str
    later: Other | None
    starts_at: dt.datetime | None
    ends_at: dt.datetime | None
    day: dt.date | None
    last_day: dt.date | None
    zone: str
    place: str
    organizer: str
    people: tuple[tuple[str, str], ...]
    more_people: int
    repeats: bool


@dataclass(frozen=True, slots=True)
class Remarks:
    protections: tuple[Protected, ...] = ()
    invitation: Card | None = None
    charset: str = ""
    #: "guessed" from the letters, "chosen" by an agent, or "" (nothing to say).
    charset_how: str = ""
    repaired: tuple[str, ...] = ()
    left_out: tuple[Mapping[str, Any], ...] = ()
    #: Size of the whole message when only its beginning was read, else 0.
    beginning_of: int = 0


def remarks(entry: Entry, alike: Sequence[Entry] = ()) -> Remarks:
    """`alike`: messages about the same events (queries.invitations_like)."""
    said = entry.remarks
    if not said:
        return Remarks()
    charset, how = (*said.get("charset", ()), "", "")[:2]
    return Remarks(
        protections=tuple(
            Protected(*PROTECTIONS[name], is_closed=name.endswith("encrypted"))
            for name in said.get("protection", ())
            if name in PROTECTIONS
        ),
        invitation=_card(entry, said["invitation"], alike) if "invitation" in said else None,
        charset=charset,
        charset_how=how,
        repaired=tuple(said.get("repaired", ())),
        left_out=tuple(said.get("left_out", ())),
        beginning_of=said.get("beginning_of", 0),
    )


def _card(entry: Entry, said: Mapping[str, Any], alike: Sequence[Entry]) -> Card:
    method = said.get("method", "PUBLISH")
    later = _later(entry, said, alike) if method in _OF_THE_ORGANIZER else None
    title = _TITLES.get(method, "Calendar entry")
    if method == "REQUEST" and said.get("sequence"):
        title = "Changed invitation"
    state = "off" if method == "CANCEL" or said.get("status") == "CANCELLED" else ""
    if later is not None and not state:
        state = "off" if _calls_off(later) else "changed"
    starts_at, ends_at = _instant(said.get("starts_at")), _instant(said.get("ends_at"))
    all_day = bool(said.get("all_day")) and starts_at is not None
    organizer = said.get("organizer", {})
    return Card(
        title=title,
        summary=said.get("summary", "") or "Without a title",
        state=state,
        later=Other(later.ticket.number, later.pk) if later is not None else None,
        starts_at=None if all_day else starts_at,
        ends_at=None if all_day else ends_at,
        day=starts_at.date() if all_day and starts_at else None,
        last_day=_last_day(starts_at, ends_at) if all_day else None,
        zone=said.get("timezone", ""),
        place=said.get("location", ""),
        organizer=_name(organizer) if organizer else "",
        people=tuple(
            (_name(one), _ANSWERS.get(one.get("status", ""), one.get("status", "").lower()))
            for one in said.get("attendees", ())
        ),
        more_people=said.get("more_attendees", 0),
        repeats=bool(said.get("recurrence")),
    )


def _later(entry: Entry, said: Mapping[str, Any], alike: Sequence[Entry]) -> Entry | None:
    """The newest message that changes this one or calls it off (RFC 5546 section 2.1.5: a higher SEQUENCE wins, else
    what came later). Only the organizer's: anybody can know a UID."""
    found: Entry | None = None
    rank = _rank(entry)
    for other in alike:
        theirs = other.remarks["invitation"]
        if theirs.get("uid") != said.get("uid") or theirs.get("method") not in _OF_THE_ORGANIZER:
            continue
        if _address(theirs) != _address(said) or not _same_date(said, theirs):
            continue
        if _rank(other) > rank:
            found, rank = other, _rank(other)
    return found


def _same_date(said: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    """A change of one date of a series says nothing of the whole series; one of the series covers each date."""
    date = str(theirs.get("recurrence_at", ""))
    return not date or date == str(said.get("recurrence_at", ""))


def _rank(entry: Entry) -> tuple[int, int]:
    return entry.remarks["invitation"].get("sequence", 0), entry.pk


def _calls_off(entry: Entry) -> bool:
    said = entry.remarks["invitation"]
    return "CANCEL" in (said.get("method"), str(said.get("status"))[:6])


def _address(said: Mapping[str, Any]) -> str:
    return str(said.get("organizer", {}).get("address", "")).lower()


def _name(person: Mapping[str, str]) -> str:
    return person.get("name") or person.get("address", "")


def _instant(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None


def _last_day(starts_at: dt.datetime | None, ends_at: dt.datetime | None) -> dt.date | None:
    """The end of an all-day event is the day after its last (RFC 5545 section 3.6.1); None for a single day."""
    if starts_at is None or ends_at is None or ends_at - starts_at <= dt.timedelta(days=1):
        return None
    return (ends_at - dt.timedelta(days=1)).date()
