"""Which legacy charset do these bytes look like? A guess from letter frequencies, for when nothing else is known."""

from __future__ import annotations

import re

_SAMPLE = 4096
_KANA = re.compile("[\u3041-\u30ff]")
_HANGUL = re.compile("[\uac00-\ud7a3]")
_HAN = re.compile("[\u4e00-\u9fff]")
_CYRILLIC_WORD = re.compile(
    "(?<![\u0400-\u04ffA-Za-z])[\u0410-\u042f\u0401]?[\u0430-\u044f\u0451\u0454\u0456\u0457]+(?![\u0400-\u04ffA-Za-z])"
)
_GREEK_WORD = re.compile("(?<![\u0370-\u03ff])[\u0391-\u03a9\u0386-\u038f]?[\u03ac-\u03ce]+(?![\u0370-\u03ff])")
_CJK_ODD = re.compile("[\ue000-\uf8ff\uff61-\uff9f\ufffd\u0370-\u04ff\u2500-\u257f]")
#: The hundred or so commonest characters of running Chinese, simplified then traditional.
_COMMON_HAN = re.compile(
    "[的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实這個們來為國說時會對於過發後裡種經麼學現當沒動還進樣開從實請您]"
)
#: Byte charsets tried for running text in another alphabet: the codec, and what its words look like.
_ALPHABETS = (
    ("cp1251", _CYRILLIC_WORD),
    ("koi8_r", _CYRILLIC_WORD),
    ("iso8859_5", _CYRILLIC_WORD),
    ("cp866", _CYRILLIC_WORD),
    ("cp1253", _GREEK_WORD),
)


def most_plausible(raw: bytes) -> str:
    """The Python codec that makes most sense of bytes which are neither ASCII nor valid UTF-8."""
    if b"\x1b$" in raw or b"\x1b(J" in raw:
        return "iso2022_jp_ext"
    if raw.count(0) * 3 > len(raw):
        return "utf-16-le" if raw[1::2].count(0) >= raw[0::2].count(0) else "utf-16-be"
    sample = raw[:_SAMPLE]
    high = sum(1 for byte in sample if byte >= 0x80)
    letters = sum(1 for byte in sample if byte >= 0x80 or chr(byte).isalpha())
    # Western text has few accented letters among its ASCII ones; other alphabets have hardly any ASCII.
    if high < 3 or high * 3 < letters:
        return "cp1252"
    scores = [(_asian(sample, codec), codec) for codec in ("cp932", "euc_jp", "cp949", "gb18030", "cp950")]
    scores += [(_alphabet(sample, codec, word, high), codec) for codec, word in _ALPHABETS]
    best, codec = max(scores, key=lambda pair: pair[0])
    return codec if best > 0.5 else "cp1252"


def _asian(sample: bytes, codec: str) -> float:
    """Between 0 and 1.2: how much of the text is ordinary script of the language this codec is for."""
    try:
        text = sample.decode(codec)
    except UnicodeDecodeError as error:
        # The sample may end inside a character.
        if error.start < len(sample) - 4:
            return 0.0
        text = sample[: error.start].decode(codec)
    foreign = sum(1 for char in text if char > "\x7f")
    if not foreign:
        return 0.0
    kana, hangul, han = (len(script.findall(text)) for script in (_KANA, _HANGUL, _HAN))
    odd = len(_CJK_ODD.findall(text))
    if codec in ("cp932", "euc_jp"):
        good = kana * 1.3 + han * 0.6 if kana * 4 > han else 0.0
    elif codec == "cp949":
        good = hangul * 1.0 + han * 0.1
    else:
        common = len(_COMMON_HAN.findall(text))
        good = han * 0.7 + min(common * 4, han) * 0.4 - kana * 0.5
    return (good - odd * 2) / foreign


def _alphabet(sample: bytes, codec: str, word: re.Pattern[str], high: int) -> float:
    text = sample.decode(codec, "replace")
    return sum(len(found) for found in word.findall(text) if len(found) > 1) / max(high, 1)
