"""From bytes to text when the label is missing, wrong or a lie.

The ladder: a byte order mark, the declared charset (read as browsers read it, WHATWG Encoding section 4.2),
UTF-8, the most plausible of the legacy charsets, windows-1252. Nothing here raises.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

from postdesk.mail.plausible import most_plausible

#: Labels whose users mean another charset, as browsers know: the superset is what their programs write.
_MEANT = {
    "": "",
    "binary": "",
    "8bit": "",
    "7bit": "",
    "unknown": "",
    "unknown-8bit": "",
    "x-unknown": "",
    "default": "",
    "default_charset": "",
    "x-user-defined": "",
    "none": "",
    "iso": "",
    "utf8mb4": "utf-8",
    "utf8": "utf-8",
    "unicode": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
    "x-unicode-2-0-utf-8": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "x-unicode-2-0-utf-7": "utf-7",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "ansi_x3.4-1968": "cp1252",
    "iso646-us": "cp1252",
    "us": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "l1": "cp1252",
    "cp819": "cp1252",
    "x-ansi": "cp1252",
    "ansi": "cp1252",
    "windows1252": "cp1252",
    "iso-8859-1-i": "cp1252",
    "iso-8859-9": "cp1254",
    "iso8859-9": "cp1254",
    "latin5": "cp1254",
    "iso-8859-8-i": "iso8859_8",
    "iso-8859-8-e": "iso8859_8",
    "iso-8859-6-i": "iso8859_6",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "dos-874": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "euc-cn": "gb18030",
    "cp936": "gb18030",
    "windows-936": "gb18030",
    "chinesebig5": "cp950",
    "big5": "cp950",
    "x-x-big5": "cp950",
    "cn-big5": "cp950",
    "big5-hkscs": "big5hkscs",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601-1989": "cp949",
    "ksc5601": "cp949",
    "ksc_5601": "cp949",
    "euc-kr": "cp949",
    "euckr": "cp949",
    "korean": "cp949",
    "windows-949": "cp949",
    "x-windows-949": "cp949",
    "uhc": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "ms_kanji": "cp932",
    "windows-31j": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-2022-jp-2": "iso2022_jp_2",
    "_iso-2022-jp$esc": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext",
    "x-euc-jp": "euc_jp",
    "eucjp": "euc_jp",
    "cp51932": "euc_jp",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "mac": "mac_roman",
    "x-cp1250": "cp1250",
    "x-cp1251": "cp1251",
    "win-1251": "cp1251",
    "win1251": "cp1251",
    "koi8": "koi8_r",
    "koi": "koi8_r",
    "koi8-ru": "koi8_u",
    "unicodefffe": "utf-16-be",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
}
_LABEL = re.compile(r"[a-z0-9][a-z0-9._:+-]{0,39}\Z")
_NUMBERED = re.compile(r"(?:cp|ibm|windows|win|x-cp)[-_ ]?(\d{3,5})\Z")
_NOT_TEXT = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"})
#: Labels that only say "some western bytes": valid UTF-8 under them is UTF-8.
_WESTERN = frozenset({"", "cp1252", "cp1254", "iso8859-15", "iso8859_15"})
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_C1 = {code: bytes([code]).decode("cp1252", "replace") for code in range(0x80, 0xA0)} | {
    code: chr(code) for code in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
#: The names people know, where Python's own differ.
_SHOWN = {"cp1252": "windows-1252", "gb18030": "gb18030", "iso2022_jp_ext": "iso-2022-jp", "utf_8": "utf-8"}


@lru_cache(maxsize=512)
def codec_for(label: str) -> str | None:
    """The codec that reads what is labelled so: "" for labels that say nothing, None for unknown ones."""
    name = label.strip(" \t'\"<>").lower()
    meant = _MEANT.get(name) if name in _MEANT else _MEANT.get(name.replace("_", "-"))
    if meant is not None:
        return meant
    if not _LABEL.match(name):
        return None
    if numbered := _NUMBERED.match(name):
        name = "cp" + numbered[1]
    try:
        found = codecs.lookup(name)
    except LookupError:
        return None
    # Python also keeps codecs that are no charsets (base64, rot13, idna) in the same registry.
    if found.name in _NOT_TEXT or not getattr(found, "_is_text_encoding", True):
        return None
    return found.name


def decode(raw: bytes, label: str = "") -> tuple[str, str, str | None]:
    """(text, the charset used, what was repaired or None). NUL characters are dropped: no database stores them."""
    codec = codec_for(label) if label else ""
    if (
        raw.isascii()
        and b"\x1b" not in raw
        and codec not in ("utf-7", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "hz")
    ):
        return _no_nul(raw.decode("ascii")), codec_name(codec or "us-ascii"), None
    for bom, name in _BOMS:
        if raw.startswith(bom):
            return _storable(raw[len(bom) :].decode(name, "replace")), name, None
    if codec in _WESTERN or codec is None:
        return _unlabelled(raw, label, codec)
    try:
        return _storable(raw.decode(codec)), codec_name(codec), None
    except (UnicodeError, ValueError):
        return _despite(raw, label, codec)


def decode_known(raw: bytes, codec: str) -> str:
    """The text of these bytes in this codec, with replacement characters where they do not fit."""
    if codec == "cp1252":
        return _storable(_western(raw))
    return _storable(raw.decode(codec, "replace"))


def codec_name(codec: str) -> str:
    return _SHOWN.get(codec, codec)


def _unlabelled(raw: bytes, label: str, codec: str | None) -> tuple[str, str, str | None]:
    """Bytes whose label says nothing, is unknown, or is given to everything western by lazy programs."""
    if b"\x1b$" in raw:
        return decode_known(raw, "iso2022_jp_ext"), "iso-2022-jp", "no usable charset, read as iso-2022-jp"
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        said = None if not label or codec == "" else f"charset {label[:40]!r} read as utf-8"
        return _storable(text), "utf-8", said
    found = codec or most_plausible(raw)
    said = None if codec else f"no usable charset, read as {codec_name(found)}"
    return decode_known(raw, found), codec_name(found), said


def _despite(raw: bytes, label: str, codec: str) -> tuple[str, str, str | None]:
    """The label does not fit: keep it when little is broken, else believe the bytes."""
    text = raw.decode(codec, "replace")
    broken = text.count("\ufffd")
    fine = sum(1 for byte in raw if byte >= 0x80) if len(raw) < 100_000 else len(raw)
    if codec != "utf-8" or broken * 4 > fine:
        try:
            return _storable(raw.decode("utf-8")), "utf-8", f"charset {label[:40]!r} read as utf-8"
        except UnicodeDecodeError:
            pass
    # A few bad bytes among many good ones are damage; as many bad as good is another charset.
    if broken * 4 <= fine:
        return _storable(text), codec_name(codec), f"{broken} characters not valid in {codec_name(codec)}"
    found = most_plausible(raw)
    return decode_known(raw, found), codec_name(found), f"charset {label[:40]!r} read as {codec_name(found)}"


def _western(raw: bytes) -> str:
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError:
        return raw.decode("latin-1").translate(_C1)


def _no_nul(text: str) -> str:
    return text.replace("\0", "") if "\0" in text else text


def _storable(text: str) -> str:
    """Without what UTF-8 and PostgreSQL cannot hold: NULs and halves of surrogate pairs."""
    text = _no_nul(text)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
