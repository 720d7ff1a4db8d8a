"""Keys of `[settings]` about trust: whom to believe, what to ask for, how long to keep what was not believed."""

from __future__ import annotations

from typing import Final

from postdesk.flow.desk_file.key import Key
from postdesk.judge.trust_policy import AGENT_BARS, NEW_TICKET_BARS, REPLY_BARS

TRUST_KEYS: Final = (
    Key(
        "trusted_servers",
        "text",
        "",
        "Servers whose Authentication-Results are believed, apart by blanks; `.example.net` covers all below it.",
        longest=1000,
    ),
    Key("trust_new_ticket", "choice", "anyone", "What a new ticket takes.", allowed=NEW_TICKET_BARS),
    Key("trust_reply", "choice", "not_failed", "What a user's message in a ticket takes.", allowed=REPLY_BARS),
    Key("trust_agent", "choice", "not_failed", "What an agent's mail in a ticket takes.", allowed=AGENT_BARS),
    Key("trust_reopen", "choice", "not_failed", "What opening a closed ticket again takes.", allowed=REPLY_BARS),
    Key(
        "keep_held_days",
        "number",
        0,
        "Days until held mail nobody decided about is discarded; 0: never.",
        between=(0, 3650),
    ),
    Key(
        "keep_discarded_days",
        "number",
        0,
        "Days until the bytes of discarded mail are deleted; 0: never.",
        between=(0, 3650),
    ),
)
