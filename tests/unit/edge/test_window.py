from itertools import pairwise

from edge.outbox import Priority, QueuedMessage, QueueId
from edge.window import SendingWindow


def waiting(*sequences: int) -> tuple[QueuedMessage, ...]:
    return tuple(
        QueuedMessage(name=QueueId("b", sequence), kind="detection", priority=Priority.DETECTION, payload=b"")
        for sequence in sequences
    )


def due(window: SendingWindow, messages: tuple[QueuedMessage, ...], now_s: float) -> list[int]:
    """What goes out now; marked as sent."""
    chosen = window.due(messages, now_s)
    for message in chosen:
        window.sent(message.name, now_s)
    return [message.name.sequence for message in chosen]


def test_each_message_goes_out_once_while_there_is_patience() -> None:
    window = SendingWindow(30.0)
    assert due(window, waiting(1, 2), 0.0) == [1, 2]
    assert due(window, waiting(1, 2), 29.0) == []
    assert due(window, waiting(1, 2, 3), 29.0) == [3]


def test_a_new_connection_makes_all_due_again() -> None:
    window = SendingWindow(30.0)
    due(window, waiting(1, 2), 0.0)
    window.restart()
    assert due(window, waiting(1, 2), 1.0) == [1, 2]


def test_a_silent_ingest_gets_one_probe_at_a_time_ever_more_rarely() -> None:
    window = SendingWindow(30.0)
    due(window, waiting(1, 2, 3), 0.0)
    sent_at = [second for second in range(1, 4000) if due(window, waiting(1, 2, 3), float(second))]
    pauses = [later - earlier for earlier, later in pairwise(sent_at)]
    assert sent_at[0] == 31
    assert pauses[:5] == [30, 60, 120, 240, 480]
    assert set(pauses[5:]) == {600}


def test_probes_take_turns_so_that_one_bad_message_does_not_block_the_others() -> None:
    window = SendingWindow(30.0)
    due(window, waiting(1, 2, 3), 0.0)
    probes = [due(window, waiting(1, 2, 3), at_s) for at_s in (31.0, 61.0, 121.0, 241.0)]
    assert probes == [[1], [2], [3], [1]]


def test_one_word_of_the_ingest_ends_the_silence() -> None:
    window = SendingWindow(30.0)
    due(window, waiting(1, 2, 3), 0.0)
    assert due(window, waiting(1, 2, 3), 31.0) == [1]
    window.heard(32.0)
    assert due(window, waiting(2, 3, 4), 32.0) == [2, 3, 4]


def test_what_was_just_sent_is_not_sent_again_when_the_ingest_speaks() -> None:
    window = SendingWindow(30.0)
    due(window, waiting(1, 2), 0.0)
    window.heard(5.0)
    assert due(window, waiting(2), 5.0) == []


def test_nothing_waiting_needs_no_probe() -> None:
    window = SendingWindow(30.0)
    due(window, waiting(1), 0.0)
    assert due(window, waiting(1), 31.0) == [1]
    assert due(window, (), 100.0) == []
