"""What a customer does when mail from the desk arrives: nothing, answer, add details, or be away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr

from postdesk.basics import clock
from postdesk.cli.demo.compose import Composer, Envelope, answer, automatic
from postdesk.cli.demo.customers import Customer
from postdesk.cli.demo.post import PostOffice

#: An out-of-office note that meets a desk which answers it would go on for ever; this one gives up.
MOST_NOTES = 5


@dataclass(frozen=True, slots=True)
class Reaction:
    """A mail that the customer will write, `after` seconds from now; `kind` is counted."""

    kind: str
    after: float
    compose: Composer


def react(customer: Customer, message: EmailMessage, so_far: Counter[str]) -> Reaction | None:
    """What `customer` does about `message`, having reacted `so_far` times of each kind."""
    is_automatic = str(message.get("Auto-Submitted", "no")).strip().lower() != "no"
    if customer.away:
        note = Reaction("away", 1, automatic(customer.away, message))
        return note if so_far["away"] < MOST_NOTES else None
    if is_automatic:
        adds_details = customer.details and not so_far["details"]
        return Reaction("details", 5, answer(customer.details, message)) if adds_details else None
    if so_far["answer"] < len(customer.answers):
        return Reaction("answer", 6, answer(customer.answers[so_far["answer"]], message))
    return None


class Reactions:
    """Watches the letter boxes and writes the customers' answers.

    `later(seconds, act)` runs `act` after a while; it must be callable from any thread.
    """

    def __init__(
        self, post: PostOffice, customers: Iterable[Customer], later: Callable[[float, Callable[[], None]], None]
    ) -> None:
        self._post = post
        self._customers = {customer.address: customer for customer in customers}
        self._so_far: dict[str, Counter[str]] = {address: Counter() for address in self._customers}
        self._later = later

    def arrived(self, address: str, raw: bytes) -> None:
        """A message has reached the letter box at `address`."""
        customer = self._customers.get(address)
        if customer is None:
            return
        message = message_from_bytes(raw, _class=EmailMessage, policy=default)
        reaction = react(customer, message, self._so_far[address])
        if reaction is None:
            return
        self._so_far[address][reaction.kind] += 1
        _, back_to = parseaddr(str(message.get("Reply-To") or message.get("From") or ""))
        self._later(reaction.after, lambda: write(self._post, customer, (back_to,), reaction.compose))


def write(post: PostOffice, customer: Customer, to: tuple[str, ...], compose: Composer) -> None:
    """Let `customer` write to the addresses `to`, now; a copy is kept as sent."""
    raw = compose(Envelope(customer.name, customer.address, to, clock.now()))
    if customer.has_box:
        post.keep_sent(customer.address, raw)
    post.deliver(customer.address, to, raw)
