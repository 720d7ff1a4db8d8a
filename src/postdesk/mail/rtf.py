"""RTF as text, and the HTML that Outlook hides in it (MS-OXRTFEX). One pass, no tree, whatever the nesting."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from postdesk.mail import charset

_TOKEN = re.compile(
    rb"\\'([0-9a-fA-F]{2})|\\u(-?\d{1,6})[ ]?|\\([a-zA-Z]{1,32})(-?\d{1,10})?[ ]?|\\(\*)|\\([^a-zA-Z0-9])|"
    rb"([{}])|([^\\{}\r\n]+)"
)
#: Groups that hold no words.
_SILENT = frozenset(
    b"fonttbl colortbl stylesheet info pict object themedata colorschememapping latentstyles datastore generator "
    b"listtable listoverridetable rsidtbl xmlnstbl mmathPr fldinst header footer headerl headerr footnote".split()
)
_SIGNS = {
    b"par": "\n", b"line": "\n", b"row": "\n", b"tab": "\t", b"cell": "\t", b"emdash": "\u2014", b"endash": "\u2013",
    b"lquote": "\u2018", b"rquote": "\u2019", b"ldblquote": "\u201c", b"rdblquote": "\u201d", b"bullet": "\u2022",
}  # fmt: skip
_ESCAPED = {b"~": "\u00a0", b"_": "-", b"-": ""}
_LONGEST = 4_000_000


def words_of(raw: bytes) -> tuple[str, str | None]:
    """(the text, the HTML it was made from or None)."""
    raw = raw[:_LONGEST]
    from_html = b"\\fromhtml1" in raw[:4096]
    found = re.search(rb"\\ansicpg(\d{1,5})", raw[:4096])
    codec = charset.codec_for(f"cp{int(found[1])}") if found else None
    reader = _Reader(codec or "cp1252")
    for found in _TOKEN.finditer(raw):
        reader.take(found)
    said = reader.said()
    return ("", said) if from_html else (said, None)


class _Reader:
    """What it keeps between tokens: the group it is in, bytes not yet decoded, signs to skip after a Unicode one."""

    def __init__(self, codec: str) -> None:
        self._codec = codec
        self._out: list[str] = []
        self._coded = bytearray()
        self._group = _Group()
        self._outer: list[_Group] = []
        self._skip, self._step, self._starred = 0, 1, False

    def take(self, token: re.Match[bytes]) -> None:
        code, number, word, value, star, sign, brace, text = token.groups()
        if code:
            self._take_code(int(code, 16))
            return
        self._flush()
        if brace:
            self._take_brace(brace)
        elif star:
            self._starred = True
        elif word:
            self._take_word(word, value or b"")
        elif not self._group.is_hidden:
            self._take_signs(number, sign, text or b"")

    def said(self) -> str:
        self._flush()
        return "".join(self._out).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "")

    def _flush(self) -> None:
        if self._coded:
            self._out.append(charset.decode_known(bytes(self._coded), self._codec))
            self._coded.clear()

    def _take_code(self, code: int) -> None:
        if self._group.is_hidden:
            return
        if self._skip:
            self._skip -= 1
        else:
            self._coded.append(code)

    def _take_brace(self, brace: bytes) -> None:
        self._starred = False
        if brace == b"{":
            self._outer.append(self._group)
            self._group = replace(self._group)
        elif self._outer:
            self._group = self._outer.pop()

    def _take_word(self, word: bytes, value: bytes) -> None:
        if word == b"htmltag":
            self._group.in_tag, self._group.silent = True, False
        elif word in _SILENT or self._starred:
            self._group.silent = True
        elif word == b"htmlrtf":
            self._group.for_rtf = value != b"0"
        elif word == b"uc":
            self._step = max(min(int(value or 1), 9), 0)
        elif word in _SIGNS and not self._group.is_hidden:
            self._out.append(_SIGNS[word])
        self._starred = False

    def _take_signs(self, number: bytes | None, sign: bytes | None, text: bytes) -> None:
        if number:
            self._out.append(chr(int(number) % 0x10000))
            self._skip = self._step
        elif sign:
            self._out.append(_ESCAPED.get(sign, sign.decode("latin-1")))
        elif text:
            self._out.append(charset.decode_known(text[self._skip :], self._codec))
            self._skip = 0


@dataclass(slots=True)
class _Group:
    """`silent`: no words in it; `in_tag`: HTML stands in it; `for_rtf`: only readers of RTF should see it."""

    silent: bool = False
    in_tag: bool = False
    for_rtf: bool = False

    @property
    def is_hidden(self) -> bool:
        return self.silent or (self.for_rtf and not self.in_tag)
