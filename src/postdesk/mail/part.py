"""One leaf of a message: what its header says and its bytes after transfer decoding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from postdesk.mail import parameters


@dataclass(slots=True)
class Part:
    """`alternative`: number of the innermost multipart/alternative around it, 0 for none; `container`: type of
    its parent."""

    content_type: str
    charset: str
    filename: str
    content_id: str | None
    disposition: str
    content: bytes = field(repr=False)
    alternative: int = 0
    container: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_attachment(self) -> bool:
        return self.disposition == "attachment"


def leaf(said: Mapping[str, str], content: bytes, alternative: int, container: str) -> Part:
    """A part from its Content-* fields (lower-case names, raw values)."""
    kind, settings = parameters.parse(said.get("content-type", ""))
    if kind.count("/") != 1 or kind.startswith("multipart/"):
        # RFC 2045 section 5.2: no usable type is plain text, unless it is a file.
        kind = "text/plain" if "/" not in kind else "application/octet-stream"
    if not settings.get("charset") and container == "multipart/digest" and "content-type" not in said:
        kind = "message/rfc822"
    disposition, naming = parameters.parse(said.get("content-disposition", ""))
    name = naming.get("filename") or settings.get("name") or naming.get("name") or settings.get("file") or ""
    identity = said.get("content-id", "").strip().strip("<>").strip()
    return Part(
        content_type=kind,
        charset=settings.get("charset", ""),
        filename=parameters.decoded_name(name) if name else "",
        content_id=identity.replace("\0", "")[:500] or None,
        disposition=disposition,
        content=content,
        alternative=alternative,
        container=container,
        parameters=settings,
    )
