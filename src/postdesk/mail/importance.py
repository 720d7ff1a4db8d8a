"""How urgent Outlook says a message is, inside winmail.dat (MS-OXTNEF section 2.1.3.3, PidTagImportance)."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Final

from postdesk.mail.message import Priority
from postdesk.mail.part import Part

_TNEF_TYPES: Final = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_LEVELS: Final[dict[object, Priority]] = {0: "low", 1: "normal", 2: "high"}
_MAPI_IMPORTANCE: Final = 0x0017


def of_tnef(leaves: Iterable[Part]) -> Priority | None:
    """The importance that the first readable TNEF part states, None where none does."""
    found = (_importance(part.content) for part in leaves if part.content_type in _TNEF_TYPES)
    return next((level for level in found if level), None)


def _importance(content: bytes) -> Priority | None:
    from tnefparse import TNEF

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tnef = TNEF(content, do_checksum=False)
            stated = [one.data for one in tnef.mapiprops if one.name == _MAPI_IMPORTANCE]
            # tnefparse turns the attribute's 1 (high) to 3 (low) into PidTagImportance's 2 to 0.
            stated += [one.data for one in tnef.msgprops if one.name == TNEF.ATTPRIORITY]
    except Exception:  # noqa: BLE001 - a reader of a private format on bytes of strangers; it then says nothing.
        return None
    return next((_LEVELS[level] for level in stated if level in _LEVELS), None)
