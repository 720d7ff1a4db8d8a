"""Whether a TNEF stream is one that its reader gets through: told by walking over its lengths and counts.

tnefparse believes every count: a stream of a hundred bytes that claims four thousand million properties would keep it
busy, and eat memory, for hours. So the counts are added up first, as it would read them (MS-OXTNEF section 2.1.3).
"""

from __future__ import annotations

from typing import Final

#: The reader copies what is left of the stream at every object; more than this many are nobody's letter.
_MOST_OBJECTS: Final = 3000
_MOST_COPIED: Final = 2_000_000_000
#: Properties and values in all of them together. Letters have some hundred, lists of recipients some thousand.
_MOST_VALUES: Final = 50_000

_PROPERTIES, _RECIPIENTS, _ATTACHMENT = 0x9003, 0x9004, 0x9005
_FIXED: Final = {
    **dict.fromkeys((0x02, 0x0B), 2),
    **dict.fromkeys((0x03, 0x04, 0x0A), 4),
    **dict.fromkeys((0x05, 0x06, 0x07, 0x14, 0x40), 8),
    0x48: 16,
}
_LONG: Final = frozenset({0x00, 0x0D, 0x1E, 0x1F, 0x102})
_MULTIPLE, _NAMED = 0x1000, 0x8000


class _TooMany(Exception):
    """More values than anybody's letter has."""


def are_kept(content: bytes) -> bool:
    """Whether the stream has few enough objects, properties and values."""
    try:
        _Walk(content).objects()
    except _TooMany:
        return False
    return True


class _Walk:
    def __init__(self, content: bytes) -> None:
        self.content = content
        self.values = 0

    def objects(self) -> None:
        content, at, count, copied = self.content, 6, 0, 0
        while at + 12 < len(content):
            kind = int.from_bytes(content[at + 1 : at + 3], "little")
            size = int.from_bytes(content[at + 5 : at + 9], "little")
            start, at = at + 9, at + size + 11
            count += 1
            copied += max(len(content) - at, 0)
            if count > _MOST_OBJECTS or copied > _MOST_COPIED:
                raise _TooMany
            data = memoryview(content)[start : start + size]
            if kind in (_PROPERTIES, _ATTACHMENT):
                self._properties(data, 0)
            elif kind == _RECIPIENTS:
                self._rows(data)

    def _rows(self, data: memoryview) -> None:
        rows = _number(data, 0)
        self._add(rows)
        at = 4
        for _ in range(rows):
            at = self._properties(data, at)

    def _properties(self, data: memoryview, at: int) -> int:
        """Walk over a list of properties. Returns where it ends; where nothing makes sense any more, as the reader."""
        count = _number(data, at)
        self._add(count)
        at += 4
        for _ in range(count):
            if at >= len(data):
                break
            kind, name = _number(data, at, 2), _number(data, at + 2, 2)
            at += 4
            if name >= _NAMED:
                at = _after_name(data, at)
            values = 1
            if kind & _MULTIPLE:
                kind ^= _MULTIPLE
                multiple = _number(data, at)
                at, values = at + 4, multiple or 1
            else:
                multiple = 0
            self._add(values)
            if kind in _FIXED:
                at += _FIXED[kind] * values
            elif kind in _LONG:
                at = self._long(data, at, values, counted=not multiple)
            else:
                break
            if values % 2 and _FIXED.get(kind) == 2:
                at += 2
        return at

    def _long(self, data: memoryview, at: int, values: int, *, counted: bool) -> int:
        """Values with a length each; a single one has their number before it."""
        if counted:
            values = _number(data, at)
            self._add(values)
            at += 4
        for _ in range(values):
            at += 4 + _padded(_number(data, at))
        return at

    def _add(self, values: int) -> None:
        self.values += values
        if self.values > _MOST_VALUES:
            raise _TooMany


def _after_name(data: memoryview, at: int) -> int:
    """After the GUID and the number or the words that name a property."""
    is_number = _number(data, at + 16) == 0
    return at + 24 if is_number else at + 24 + _padded(_number(data, at + 20))


def _number(data: memoryview, at: int, size: int = 4) -> int:
    return int.from_bytes(data[at : at + size], "little")


def _padded(length: int) -> int:
    return length + -length % 4
