"""Letters on their way out: every answer a server can give, and every place where a connection or a worker can die."""

from __future__ import annotations

import datetime as dt

import pytest

from postdesk.basics.clock import now
from postdesk.basics.errors import Refused
from postdesk.flow import dispatch, upkeep
from postdesk.mailroom import outbox
from postdesk.mailroom.models import Credential, Letter, SmtpAccount
from postdesk.mailroom.outbox import GIVE_UP_AFTER
from postdesk.mailroom.secrets import seal
from postdesk.people.models import Agent
from postdesk.tickets import operations
from postdesk.tickets.models import Event, Ticket
from tests.support import peers
from tests.support.desk import AT, a_desk, arrives, mail
from tests.support.posted import posted, standing
from tests.support.sink import Sink

pytestmark = pytest.mark.django_db

UNANSWERED = "The connection broke after the message was sent and before the server confirmed it."


@pytest.fixture
def sink():
    with Sink() as server:
        yield server


@pytest.fixture
def desk(sink):
    return a_desk(smtp_port=sink.port)


@pytest.fixture
def alice(db):
    return Agent.objects.hire(email="alice@example.net", name="Alice", password=None, at=AT)


def is_due_again(letter: Letter) -> None:
    """Time passes, until the letter is due."""
    Letter.objects.filter(pk=letter.pk).update(next_try_at=now())


def account_has_rested(account: SmtpAccount) -> None:
    """Time passes, until the account is used again."""
    SmtpAccount.objects.filter(pk=account.pk).update(retry_at=now())
    Letter.objects.filter(account=account).update(next_try_at=now())


# --- what a server answers


def test_a_letter_that_all_accept_is_sent_and_keeps_the_servers_queue_id(desk, sink):
    letter = posted("carol@example.com", "dave@example.com")
    sink.answer_body(250, "2.0.0 Ok: queued as 4XYZ12")

    dispatch.deliver(desk.smtp.pk)

    letter.refresh_from_db()
    assert (letter.state, letter.attempts, outbox.in_hand()) == ("sent", 1, set())
    assert letter.finished_at is not None
    assert list(letter.recipients.values_list("state", "code", "queue_id")) == [("sent", 250, "4XYZ12")] * 2
    assert [one.raw for one in sink.letters] == [bytes(letter.raw)]


def test_only_the_recipient_that_has_to_wait_is_tried_again(desk, sink, alice):
    arrives(desk.mailbox, mail())
    dispatch.deliver(desk.smtp.pk)
    sink.reset()
    ticket = Ticket.objects.get()
    operations.reply(ticket, text="Put it out.", by=alice, at=now(), cc=["greylisted@example.com", "gone@example.com"])
    letter = Letter.objects.get(kind="reply")
    sink.answer("greylisted@example.com", 451, "4.7.1 Greylisted, come back", times=1)
    sink.answer("gone@example.com", 550, "5.1.1 No such user here")

    dispatch.deliver(desk.smtp.pk)

    letter.refresh_from_db()
    assert (letter.state, letter.reason) == ("deferred", "Greylisted, come back")
    assert letter.next_try_at > now() + dt.timedelta(seconds=30)
    first = {"carol@example.com": "sent", "greylisted@example.com": "deferred", "gone@example.com": "failed"}
    assert standing(letter) == first
    gone = letter.recipients.get(address="gone@example.com")
    assert (gone.code, gone.enhanced, gone.reply) == (550, "5.1.1", "No such user here")
    event = Event.objects.get(ticket=ticket, name__startswith="letter.")
    assert event.letter == letter
    assert "gone@example.com: No such user here" in str(event.data["why"])

    dispatch.deliver(desk.smtp.pk)
    assert len(sink.letters) == 1  # It is not due yet.

    is_due_again(letter)
    dispatch.deliver(desk.smtp.pk)

    assert [one.recipients for one in sink.letters] == [("carol@example.com",), ("greylisted@example.com",)]
    assert sink.letters[0].raw == sink.letters[1].raw
    letter.refresh_from_db()
    assert letter.state == "sent"
    assert standing(letter) == {**first, "greylisted@example.com": "sent"}


def test_a_refusal_for_good_on_a_later_try_is_told_on_the_ticket(desk, sink):
    arrives(desk.mailbox, mail())
    letter = Letter.objects.get()
    sink.answer("carol@example.com", 450, "4.2.1 Mailbox busy", times=2)
    for _ in range(2):
        dispatch.deliver(desk.smtp.pk)
        is_due_again(letter)
    sink.answer("carol@example.com", 550, "5.1.1 Gone meanwhile")

    dispatch.deliver(desk.smtp.pk)

    # The second deferral was no news; the refusal is.
    events = Event.objects.filter(name__startswith="letter.").values_list("name", "data__why")
    assert list(events) == [
        ("letter.deferred", "carol@example.com: Mailbox busy"),
        ("letter.failed", "carol@example.com: Gone meanwhile"),
    ]


@pytest.mark.parametrize(
    ("code", "text", "state"),
    [(452, "Out of disk space", "deferred"), (554, "Looks like spam", "failed")],
)
def test_a_refused_body_decides_for_every_recipient(desk, sink, code, text, state):
    letter = posted("carol@example.com", "dave@example.com")
    sink.answer_body(code, text)

    dispatch.deliver(desk.smtp.pk)

    letter.refresh_from_db()
    assert (letter.state, letter.reason) == (state, text)
    assert set(letter.recipients.values_list("state", "code", "reply")) == {(state, code, text)}
    assert len(sink.refused) == 1
    assert (letter.finished_at is None) == (state == "deferred")


def test_a_letter_deferred_for_five_days_has_failed(desk, sink):
    young, old = posted("young@example.com"), posted("old@example.com")
    Letter.objects.filter(pk=old.pk).update(created_at=now() - GIVE_UP_AFTER - dt.timedelta(minutes=1))
    sink.answer_body(450, "4.2.0 Not today")

    dispatch.deliver(desk.smtp.pk)

    assert standing(young) == {"young@example.com": "deferred"}
    assert standing(old) == {"old@example.com": "failed"}
    old.refresh_from_db()
    assert (old.state, old.reason) == ("failed", "Not today")


def test_two_letters_use_one_connection_and_go_in_order(desk, sink):
    posted("first@example.com")
    posted("second@example.com")

    dispatch.deliver(desk.smtp.pk)

    assert [one.recipients for one in sink.letters] == [("first@example.com",), ("second@example.com",)]
    assert sink.connections == 1


# --- no answer


def test_a_letter_cut_off_after_its_body_is_uncertain_and_never_sent_again_by_itself(desk, sink):
    letter, next_one = posted("carol@example.com"), posted("dave@example.com")
    sink.cut_after_data()

    dispatch.deliver(desk.smtp.pk)

    letter.refresh_from_db()
    assert (letter.state, letter.reason, outbox.in_hand()) == ("uncertain", UNANSWERED, set())
    assert standing(letter) == {"carol@example.com": "uncertain"}
    next_one.refresh_from_db()
    assert next_one.state == "sent"  # On a connection of its own.
    is_due_again(letter)
    upkeep.upkeep()
    dispatch.deliver(desk.smtp.pk)
    assert [one.recipients for one in sink.letters] == [("carol@example.com",), ("dave@example.com",)]


def test_a_person_sends_an_uncertain_letter_again(desk, sink, alice):
    letter = posted()
    sink.cut_after_data()
    dispatch.deliver(desk.smtp.pk)

    outbox.send_again(letter, by=alice, at=now())
    dispatch.deliver(desk.smtp.pk)

    letter.refresh_from_db()
    assert letter.state == "sent"
    assert len(sink.letters) == 2
    assert sink.letters[0].raw == sink.letters[1].raw
    with pytest.raises(Refused, match="accepted by the server"):
        outbox.send_again(letter, by=alice, at=now())


def test_a_person_marks_an_uncertain_letter_as_sent(desk, sink, alice):
    letter = posted()
    sink.cut_after_data()
    dispatch.deliver(desk.smtp.pk)

    outbox.mark_sent(letter, by=alice, at=now())
    dispatch.deliver(desk.smtp.pk)

    letter.refresh_from_db()
    assert (letter.state, letter.reason) == ("sent", "Marked as sent by Alice.")
    assert standing(letter) == {"carol@example.com": "sent"}
    assert len(sink.letters) == 1


def test_a_recipient_that_an_uncertain_letter_never_reached_is_tried_once_it_is_marked_as_sent(desk, sink, alice):
    letter = posted("carol@example.com", "greylisted@example.com")
    sink.answer("greylisted@example.com", 451, "4.7.1 Greylisted", times=1)
    sink.cut_after_data()
    dispatch.deliver(desk.smtp.pk)
    assert standing(letter) == {"carol@example.com": "uncertain", "greylisted@example.com": "deferred"}

    outbox.mark_sent(letter, by=alice, at=now())
    dispatch.deliver(desk.smtp.pk)

    assert sink.letters[-1].recipients == ("greylisted@example.com",)
    assert set(standing(letter).values()) == {"sent"}
    letter.refresh_from_db()
    assert letter.state == "sent"


# --- a server that cannot be used


def assert_all_wait(desk, letters: list[Letter], words: str) -> None:
    """Nothing was tried: the letters are queued with the reason, and the account rests and says why."""
    desk.smtp.refresh_from_db()
    assert words in desk.smtp.last_error
    assert desk.smtp.failures == 1
    assert desk.smtp.retry_at > now()
    for letter in letters:
        letter.refresh_from_db()
        assert (letter.state, letter.attempts, outbox.in_hand()) == ("queued", 0, set())
        assert words in letter.reason
        assert letter.next_try_at == desk.smtp.retry_at
        assert set(standing(letter).values()) == {"queued"}


def test_letters_wait_while_nobody_listens_and_go_when_somebody_does(desk, sink):
    letters = [posted(), posted()]
    sink.stop()

    dispatch.deliver(desk.smtp.pk)

    assert_all_wait(desk, letters, "cannot be reached: Connection refused")
    assert upkeep.accounts_with_work(at=now()) == []
    sink.start()
    dispatch.deliver(desk.smtp.pk)
    assert sink.letters == []  # It rests.
    account_has_rested(desk.smtp)
    dispatch.deliver(desk.smtp.pk)
    desk.smtp.refresh_from_db()
    assert len(sink.letters) == 2
    assert (desk.smtp.failures, desk.smtp.retry_at) == (0, None)


def test_letters_wait_while_the_login_is_refused(desk):
    letters = [posted(), posted()]
    with peers.refuses_login("smtp") as peer:
        credential = Credential.objects.create(secret=seal("wrong"), updated_at=AT)
        SmtpAccount.objects.filter(pk=desk.smtp.pk).update(
            auth="basic", username="support", credential=credential, port=peer.port
        )
        dispatch.deliver(desk.smtp.pk)
        connections = peer.connections

    assert_all_wait(desk, letters, "535 5.7.8 Authentication credentials invalid")
    assert connections == 1


def test_letters_wait_while_the_server_greets_with_421(desk):
    letters = [posted(), posted()]
    with peers.greets_421("4.3.2 Closed for maintenance") as peer:
        SmtpAccount.objects.filter(pk=desk.smtp.pk).update(port=peer.port)
        dispatch.deliver(desk.smtp.pk)

    assert_all_wait(desk, letters, "4.3.2 Closed for maintenance")


def test_an_account_that_is_set_up_wrong_says_so_and_its_letters_wait(desk):
    letters = [posted()]
    SmtpAccount.objects.filter(pk=desk.smtp.pk).update(host="gopher://127.0.0.1")

    dispatch.deliver(desk.smtp.pk)

    assert_all_wait(desk, letters, "gopher")


def test_failures_in_a_row_make_the_account_rest_longer(desk, sink):
    posted()
    sink.stop()
    rests = []
    for _ in range(3):
        dispatch.deliver(desk.smtp.pk)
        desk.smtp.refresh_from_db()
        rests.append((desk.smtp.retry_at - desk.smtp.last_error_at).total_seconds())
        account_has_rested(desk.smtp)

    assert [round(rest) for rest in rests] == list(dispatch.REST[:3])


def test_a_421_in_the_middle_defers_that_letter_and_leaves_the_others_untried(desk, sink):
    done, letter, behind = posted("first@example.com"), posted("second@example.com"), posted("third@example.com")
    sink.answer("second@example.com", 421, "4.3.2 Shutting down", times=1)

    dispatch.deliver(desk.smtp.pk)

    for one in (done, letter, behind):
        one.refresh_from_db()
    assert [one.state for one in (done, letter, behind)] == ["sent", "deferred", "queued"]
    assert [one.attempts for one in (done, letter, behind)] == [1, 1, 0]
    assert "4.3.2 Shutting down" in letter.reason
    assert "4.3.2 Shutting down" in behind.reason
    account_has_rested(desk.smtp)
    dispatch.deliver(desk.smtp.pk)
    assert sorted(one.recipients[0] for one in sink.letters) == [
        "first@example.com",
        "second@example.com",
        "third@example.com",
    ]


def test_a_letter_that_breaks_every_connection_gives_way_to_the_others(desk, sink):
    poison, other = posted("poison@example.com"), posted("other@example.com")
    sink.answer("poison@example.com", 421, "4.3.2 Never again")

    dispatch.deliver(desk.smtp.pk)
    SmtpAccount.objects.update(retry_at=now())
    Letter.objects.filter(pk=other.pk).update(next_try_at=now())
    dispatch.deliver(desk.smtp.pk)

    poison.refresh_from_db()
    assert poison.state == "deferred"
    assert [one.recipients for one in sink.letters] == [("other@example.com",)]


def test_a_connection_that_breaks_before_the_body_leaves_nothing_uncertain(desk):
    letter, behind = posted(), posted()
    with peers.closes_after_mail() as peer:
        SmtpAccount.objects.filter(pk=desk.smtp.pk).update(port=peer.port)
        dispatch.deliver(desk.smtp.pk)

    letter.refresh_from_db()
    behind.refresh_from_db()
    assert (letter.state, behind.state) == ("deferred", "queued")
    assert set(standing(letter).values()) == {"deferred"}
    assert "closed the connection" in letter.reason
