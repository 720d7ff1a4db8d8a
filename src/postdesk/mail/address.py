"""Address lists as people and programs write them (RFC 5322 section 3.4, tolerant)."""

from __future__ import annotations

import re

from postdesk.mail import headers
from postdesk.mail.message import Address

_PLAIN = re.compile(
    r'\s*+(?:"([^"\\<>]*+)"|([^"<>@,;:()\\\s]*+(?:\s++[^"<>@,;:()\\\s]++)*+))\s*+'
    r'<\s*+([^<>\s,;:"()@]++)@([^<>\s,;:"()@]++)\s*+>\s*\Z'
)
_BARE = re.compile(r"\s*([^<>\s,;:\"()@]+)@([^<>\s,;:\"()@]+)\s*\Z")
_ANYWHERE = re.compile(r"(?<![^\s<>,;:\"()\[\]@'])[^\s<>,;:\"()\[\]@']++@[^\s<>,;:\"()@']+")
_ANGLE = re.compile(r"<([^<>]*)>?")
_QUOTED_LOCAL = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"@[^\s<>,;"()@]+')
_TOKEN = re.compile(
    r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|\([^()\\]*+(?:\\.[^()\\]*+)*+\)|<[^<>]*>|=\?[^?\s]+\?[bBqQ]\?.*?\?=|[,;:]|'
    r'[^",;:<>()=]+|.',
    re.DOTALL,
)
_COMMENT = re.compile(r"\(([^()\\]*+(?:\\.[^()\\]*+)*+)\)")
_SPACED_DOT = re.compile(r"(?<=[A-Za-z0-9-])[ \t]+\.[ \t]*(?=[A-Za-z0-9-])")
_ESCAPE = re.compile(r"\\(.)")
_MOST = 2000


def parse(value: str) -> tuple[Address, ...]:
    """Every mailbox in an address field, groups flattened. Entries without an address are left out."""
    quick = _quick(value)
    if quick is not None:
        return (quick,)
    found: list[Address] = []
    carried = ""
    for item in _items(value[:200_000]):
        # "Doe, John <j@x>": a comma nobody quoted. What has no address belongs to the next that has.
        if "@" not in item:
            carried = f"{carried}, {item.strip()}" if carried else item.strip()
            continue
        one = _one(f"{carried}, {item.strip()}" if carried and "<" in item and "," not in carried else item)
        carried = ""
        if one is not None:
            found.append(one)
    return tuple(found[:_MOST])


def untagged(address: str) -> str:
    """support@example.org of support+anything@example.org; other addresses as they are."""
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}" if "+" in local.lstrip("+") else address


def first(value: str) -> Address | None:
    """The first mailbox of a field, or None."""
    found = parse(value)
    return found[0] if found else None


def _quick(value: str) -> Address | None:
    """The two ordinary forms, without ceremony."""
    found = _PLAIN.match(value)
    if found:
        name = found[1] if found[1] is not None else found[2]
        return _address(name, found[3], found[4])
    found = _BARE.match(value)
    return _address("", found[1], found[2]) if found else None


def _items(value: str) -> list[str]:
    """The field cut at commas and semicolons outside quotes, comments and brackets; group names dropped."""
    items: list[str] = []
    now: list[str] = []
    named = False
    for token in _TOKEN.findall(value):
        if token in (",", ";"):
            items.append("".join(now))
            now, named = [], False
        elif token == ":" and not named and "<" not in "".join(now[-1:]):
            now = []
        else:
            now.append(token)
            named = named or "@" in token
    items.append("".join(now))
    return [item for item in items if item.strip()]


def _plain(text: str) -> str:
    """Without comments, however nested, and without the blanks that old programs put around dots (RFC 5322
    section 4.4)."""
    if "(" in text:
        for _ in range(10):
            text, cut = _COMMENT.subn("", text)
            if not cut:
                break
    return _SPACED_DOT.sub(".", text)


def _one(item: str) -> Address | None:
    angles = [inner for inner in _ANGLE.findall(item) if "@" in inner]
    if angles:
        name, spec = item[: item.rfind("<" + angles[-1])], angles[-1]
        spec = _plain(spec).strip().removeprefix("mailto:")
        if spec.startswith("@") and ":" in spec:
            spec = spec.split(":", 1)[1]
    else:
        bare = _plain(_COMMENT.sub(" ", item))
        quoted = _QUOTED_LOCAL.search(bare)
        found = quoted or _ANYWHERE.search(bare)
        if found is None:
            return None
        spec = found[0]
        comment = _COMMENT.search(item)
        name = comment[1] if comment else bare.replace(spec, "").replace("<>", "")
    local, at, domain = spec.rpartition("@")
    return _address(name, local.strip(), domain.strip()) if at and local.strip() else None


def _address(name: str, local: str, domain: str) -> Address | None:
    local, domain = local.strip("'"), domain.strip("'>.").lower()
    if not domain:
        return None
    return Address(_name(name) if name else "", headers.readable(f"{local}@{domain}").replace(" ", "")[:320])


def _name(text: str) -> str:
    """A display name: comments and quotes gone, encoded words decoded."""
    text = text.strip()
    if text.startswith('"'):
        text = _ESCAPE.sub(r"\1", text).strip('"') if text.endswith('"') else text.replace('"', "")
    text = headers.readable(text).strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1].strip()
    return text
