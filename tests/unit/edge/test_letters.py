from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.contract import Command, SmsReport
from edge.gsm.incoming import Fate, StatusReport
from edge.letters import Letters
from edge.modem import Handed
from edge.outbox import Outbox
from edge.wire import decode_report

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
NUMBER = "+212612345678"


def command(name: str = "m1", **more: object) -> Command:
    return Command.model_validate(
        {
            "id": name,
            "about": "P01-2026-05-01-irrigate",
            "phone_number": NUMBER,
            "text": "Irriguez demain",
            "valid_until": NOON + timedelta(hours=6),
            **more,
        }
    )


def sent(reference: int | None = 7) -> Handed:
    return Handed(outcome="sent", reference=reference)


def report(reference: int = 7, fate: Fate = "delivered", number: str = NUMBER) -> StatusReport:
    return StatusReport(reference=reference, number=number, fate=fate, code=0)


class Book:
    """A book, the queue it tells through, and the hand that sends."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.outbox = Outbox(file, boot="b1", now=lambda: NOON)
        self.letters = Letters(self.outbox)

    def words(self) -> list[SmsReport]:
        return [decode_report("gw", queued.payload)[1] for queued in self.outbox.pending(99)]

    def told(self) -> list[tuple[str, str]]:
        return [(word.id, word.state) for word in self.words()]

    def send(self, handed: Handed, now: datetime = NOON) -> str | None:
        letter = self.letters.next_due(now)
        if letter is None:
            return None
        self.letters.claim(letter, now)
        self.letters.record(letter, handed, now)
        return letter.id

    def again(self) -> "Book":
        self.outbox.close()
        return Book(self.file)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    made = Book(tmp_path / "outbox.sqlite")
    yield made
    made.outbox.close()


def test_a_command_is_taken_sent_and_delivered(book: Book) -> None:
    assert book.letters.take(command(), NOON) == "taken"
    assert book.send(sent()) == "m1"
    assert book.letters.report(report(), NOON)
    assert book.told() == [("m1", "taken"), ("m1", "sent"), ("m1", "delivered")]
    assert {(word.parts, word.at) for word in book.words()} == {(1, NOON)}


def test_the_same_command_is_never_done_twice_even_after_a_restart(book: Book) -> None:
    book.letters.take(command(), NOON)
    book.send(sent())
    again = book.again()
    assert again.letters.take(command(attempt=5), NOON) == "sent", "told again, not done again"
    assert again.letters.next_due(NOON) is None
    assert again.told()[-1] == ("m1", "sent")
    again.outbox.close()


def test_a_refused_command_stays_refused_until_a_greater_attempt(book: Book) -> None:
    assert book.letters.take(command(attempt=1), NOON, refusal="no SIM", halted=True) == "refused"
    assert book.letters.take(command(attempt=1), NOON) == "refused", "a late copy must not be sent beside another way"
    assert book.letters.take(command(attempt=0), NOON) == "refused"
    assert book.letters.next_due(NOON) is None
    assert book.letters.take(command(attempt=2), NOON) == "taken"
    assert book.send(sent()) == "m1"
    words = book.words()
    assert [(word.state, word.attempt) for word in words[:3]] == [("refused", 1)] * 3
    assert (words[0].halted, words[0].reason) == (True, "no SIM")


def test_what_the_gateway_said_itself_is_not_said_again_for_the_cloud(book: Book) -> None:
    assert book.letters.take(command("local"), NOON, origin="gateway") == "taken"
    assert book.told() == [], "the cloud does not know this id"
    assert book.letters.take(command("m1"), NOON) == "refused"
    assert "said already" in (book.words()[-1].reason or "")
    other = {"about": "P02-2026-05-01-irrigate"}
    assert book.letters.take(command("m2", **other), NOON) == "taken"
    assert book.letters.take(command("m3", phone_number="+212699999999"), NOON) == "taken", "another person"


def test_a_failed_word_of_the_gateway_does_not_silence_the_cloud(book: Book) -> None:
    book.letters.take(command("local"), NOON, origin="gateway")
    book.send(Handed(outcome="rejected", word="number not assigned"))
    assert book.letters.take(command("m1"), NOON) == "taken"


def test_parts_leave_one_after_the_other_and_all_must_arrive(book: Book) -> None:
    book.letters.take(command(text="س" * 140), NOON)
    assert book.letters.waiting_parts() == 3
    assert [book.send(sent(reference)) for reference in (1, 2)] == ["m1", "m1"]
    assert book.letters.waiting_parts() == 1
    assert book.told() == [("m1", "taken")]
    book.send(sent(3))
    assert book.told()[-1] == ("m1", "sent")
    for reference in (3, 1):
        book.letters.report(report(reference), NOON)
    assert book.told()[-1] == ("m1", "sent")
    book.letters.report(report(2), NOON)
    assert book.told()[-1] == ("m1", "delivered")


def test_a_part_that_is_refused_for_now_is_tried_again_alone(book: Book) -> None:
    book.letters.take(command(text="س" * 100), NOON)
    book.send(sent(1))
    book.send(Handed(outcome="retry", word="CMS 42: congestion"))
    assert book.letters.next_due(NOON) is None, "not at once"
    letter = book.letters.next_due(NOON + timedelta(seconds=31))
    assert letter is not None
    assert (letter.place, letter.tries) == (2, 1)


def test_pauses_grow_and_end(book: Book) -> None:
    book.letters.take(command(), NOON)
    pauses: list[int] = []
    now = NOON
    while (letter := book.letters.next_due(now)) is None or book.send(Handed(outcome="retry", word="42"), now):
        if letter is None:
            now += timedelta(seconds=10)
            pauses[-1] += 10
        else:
            pauses.append(0)
        if book.told()[-1][1] == "failed":
            break
    assert pauses[:5] == [30, 60, 120, 240, 480]
    assert len(pauses) == 12
    assert "gave up after 12 tries: 42" in (book.words()[-1].reason or "")


def test_a_halted_modem_costs_no_try(book: Book) -> None:
    book.letters.take(command(), NOON)
    for minute in range(30):
        assert book.send(Handed(outcome="halt", word="CMS 38"), NOON + timedelta(minutes=minute)) == "m1"
    assert book.told() == [("m1", "taken")]


def test_a_text_that_would_come_late_is_dropped_with_its_reason(book: Book) -> None:
    book.letters.take(command(valid_until=NOON + timedelta(hours=1)), NOON)
    book.send(Handed(outcome="halt", word="CMS 310: SIM not inserted"))
    assert book.letters.next_due(NOON + timedelta(minutes=54)) is not None
    assert book.letters.next_due(NOON + timedelta(minutes=56)) is None
    word = book.words()[-1]
    assert (word.state, word.reason) == ("expired", "too late to be sent: CMS 310: SIM not inserted")


def test_a_lost_answer_is_unknown_and_never_sent_again(book: Book) -> None:
    book.letters.take(command(), NOON)
    book.send(Handed(outcome="unknown", word="no answer"))
    assert book.told()[-1] == ("m1", "unknown")
    assert book.letters.next_due(NOON + timedelta(hours=1)) is None
    assert book.letters.take(command(), NOON) == "unknown"


def test_who_stops_while_sending_finds_it_unknown(book: Book) -> None:
    book.letters.take(command(), NOON)
    letter = book.letters.next_due(NOON)
    assert letter is not None
    book.letters.claim(letter, NOON)
    again = book.again()
    assert again.letters.recover(NOON) == 1
    assert again.told()[-1] == ("m1", "unknown")
    assert again.letters.next_due(NOON) is None
    assert again.letters.recover(NOON) == 0
    again.outbox.close()


def test_a_report_resolves_a_lost_answer(book: Book) -> None:
    book.letters.take(command(), NOON)
    book.send(Handed(outcome="unknown"))
    assert book.letters.report(report(99), NOON + timedelta(minutes=1))
    assert book.told()[-1] == ("m1", "delivered")


def test_a_report_that_may_mean_two_lost_texts_resolves_neither(book: Book) -> None:
    for name in ("m1", "m2"):
        book.letters.take(command(name, about=name), NOON)
        book.send(Handed(outcome="unknown"))
    assert not book.letters.report(report(99), NOON)
    assert [state for _, state in book.told()].count("delivered") == 0


@pytest.mark.parametrize(("fate", "state"), [("failed", "failed"), ("expired", "expired")])
def test_a_text_whose_part_did_not_arrive_did_not_arrive(book: Book, fate: Fate, state: str) -> None:
    book.letters.take(command(text="س" * 100), NOON)
    for reference in (1, 2):
        book.send(sent(reference))
    book.letters.report(report(1), NOON)
    assert not book.letters.report(report(2, "trying"), NOON), "the network still tries"
    book.letters.report(report(2, fate), NOON)
    assert book.told()[-1] == ("m1", state)


def test_reports_of_others_and_repeated_ones_change_nothing(book: Book) -> None:
    book.letters.take(command(), NOON)
    book.send(sent(7))
    assert not book.letters.report(report(8), NOON), "another part"
    assert not book.letters.report(report(7, number="+212699999999"), NOON), "another person"
    assert not book.letters.report(report(7), NOON + timedelta(days=8)), "its number has long gone round"
    assert book.letters.report(report(7, number="0612345678"), NOON), "the same number, as its country writes it"
    assert not book.letters.report(report(7), NOON)
    assert book.told() == [("m1", "taken"), ("m1", "sent"), ("m1", "delivered")]


def test_a_number_that_went_round_means_the_newest_text(book: Book) -> None:
    for name, at in (("m1", NOON), ("m2", NOON + timedelta(hours=1))):
        book.letters.take(command(name, about=name), at)
        book.send(sent(7), at)
    book.letters.report(report(7), NOON + timedelta(hours=2))
    assert book.told()[-1] == ("m2", "delivered")


def test_a_rejected_text_is_failed_at_once(book: Book) -> None:
    book.letters.take(command(), NOON)
    book.send(Handed(outcome="rejected", word="CMS 1: number not assigned"))
    assert book.told()[-1] == ("m1", "failed")
    assert book.letters.sent_today(NOON) == 0, "it did not leave"


def test_numbers_and_texts_are_wiped_when_nothing_is_left_to_be_sent(book: Book) -> None:
    book.letters.take(command("m1"), NOON)
    book.letters.take(command("m2", attempt=3), NOON, refusal="daily limit")
    book.send(sent())
    book.outbox.database._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    kept = str(book.outbox.database.rows("SELECT * FROM letter"))
    assert "612345678" not in kept
    assert "Irriguez" not in kept


def test_the_urgent_text_goes_first(book: Book) -> None:
    book.letters.take(command("later"), NOON)
    book.letters.take(command("sooner", valid_until=NOON + timedelta(hours=1)), NOON)
    assert [book.send(sent()), book.send(sent()), book.send(sent())] == ["sooner", "later", None]


def test_the_day_is_counted_in_parts_that_may_have_left(book: Book) -> None:
    book.letters.take(command("m1", text="س" * 100), NOON)
    book.send(sent(1))
    book.send(Handed(outcome="unknown"))
    assert book.letters.sent_today(NOON) == 2
    assert book.letters.sent_today(NOON + timedelta(days=1)) == 0
    assert book.letters.waiting() == 0


def test_old_texts_are_forgotten_and_newer_ones_kept(book: Book) -> None:
    book.letters.take(command(), NOON)
    book.send(sent())
    book.letters.forget_old(NOON + timedelta(days=399))
    assert book.letters.take(command(), NOON) == "sent"
    book.letters.forget_old(NOON + timedelta(days=402))
    assert book.outbox.database.rows("SELECT count(*) FROM letter_part") == [(0,)]


def test_a_clock_that_cannot_be_believed_dates_nothing(book: Book) -> None:
    book.letters.take(command(), datetime(2001, 1, 1, tzinfo=UTC))
    assert book.words()[-1].at is None


@pytest.mark.parametrize("before", [None, 0o644])
def test_nobody_else_on_the_gateway_reads_numbers_and_texts(tmp_path: Path, before: int | None) -> None:
    file = tmp_path / "queue.db"
    if before is not None:
        file.touch()
        file.chmod(before)
    Book(file).letters.take(command(), NOON)
    assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}
