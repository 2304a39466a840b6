from dataclasses import replace
from datetime import timedelta

import pytest

from cloud.errors import ConfigurationError
from cloud.messages import Delivery, QueuedMessage
from cloud.sending import CHUNK, Outcome, Sender, SendPolicy, send_due, send_over
from tests.sending_double import ACCEPTED, NOW, UNTIL, WORDS, MemoryStore, ScriptedCarrier, clock, queued


def test_an_accepted_message_is_wired_with_its_carrier_id() -> None:
    store = MemoryStore([queued(1)])
    report = send_due(store, ScriptedCarrier(), clock=clock)
    ((delivery, retry_at),) = store.deliveries
    assert delivery == Delivery(message_id="m1", state="wired", carrier="scripted", carrier_id="c", at=NOW)
    assert retry_at is None
    assert (report.accepted, report.alarms) == (1, ())


def test_nothing_due_sends_nothing() -> None:
    carrier = ScriptedCarrier()
    assert send_due(MemoryStore(), carrier, clock=clock).accepted == 0
    assert carrier.batches == []


def test_messages_are_claimed_a_chunk_at_a_time_up_to_the_limit() -> None:
    store = MemoryStore([queued(number) for number in range(CHUNK * 3)])
    report = send_due(store, ScriptedCarrier(), clock=clock, limit=CHUNK + 20)
    assert store.claims == [CHUNK, 20]
    assert report.accepted == CHUNK + 20
    assert len(store.waiting) == CHUNK * 2 - 20


def test_an_advice_past_its_window_is_dropped_and_never_sent_late() -> None:
    carrier = ScriptedCarrier()
    store = MemoryStore([queued(1, until=NOW), queued(2)])
    report = send_due(store, carrier, clock=clock)
    assert carrier.batches == [["m2"]]
    assert store.told()[0] == ("m1", "expired", f"its validity ended at {NOW.isoformat()}")
    assert report.expired == 1


def test_validity_is_asked_again_for_each_chunk() -> None:
    moments = iter([NOW] * (2 * CHUNK + 1) + [UNTIL] * 10)
    store = MemoryStore([queued(number) for number in range(CHUNK + 1)])
    report = send_due(store, ScriptedCarrier(), clock=lambda: next(moments))
    assert (report.accepted, report.expired) == (CHUNK, 1)


def test_who_asks_for_silence_while_a_run_lasts_gets_nothing_more_of_it() -> None:
    words = iter([frozenset[str](), frozenset({"f1"})])
    store, carrier = MemoryStore([queued(number) for number in range(CHUNK + 1)]), ScriptedCarrier()
    report = send_over(store, [carrier], Sender(clock=clock, silenced_now=lambda: next(words)))
    assert (report.accepted, report.silenced) == (CHUNK, 1)
    assert len(carrier.batches) == 1


def test_who_never_agreed_is_not_asked_about_a_neighbours_turn() -> None:
    allowed = SendPolicy(weights_licence_known=True, consented=frozenset({"f2"}), signed={"en": WORDS})
    neighbour = queued(1)
    asked = neighbour.model_copy(update={"message": neighbour.message.model_copy(update={"kind": "turn_swap"})})
    report = send_due(MemoryStore([asked]), ScriptedCarrier(live=True), clock=clock, policy=allowed)
    assert (report.accepted, report.without_consent) == (0, 1)


def test_a_draft_is_refused_until_a_rehearsal_allows_it() -> None:
    carrier = ScriptedCarrier()
    store = MemoryStore([queued(1, reviewed=False)])
    report = send_due(store, carrier, clock=clock)
    assert store.told() == [("m1", "halted", "language ary is not reviewed by a native agronomist")]
    assert carrier.batches == []
    assert report.alarms == ("1 messages refused: their language is not reviewed by a native agronomist",)
    rehearsal = MemoryStore([queued(1, reviewed=False)])
    assert send_due(rehearsal, carrier, clock=clock, policy=SendPolicy(reviewed_only=False)).accepted == 1


def test_a_draft_never_reaches_a_real_telephone_whatever_is_switched_on() -> None:
    carrier = ScriptedCarrier(live=True)
    store = MemoryStore([queued(1, reviewed=False)])
    policy = SendPolicy(reviewed_only=False, weights_licence_known=True)
    assert send_due(store, carrier, clock=clock, policy=policy).refused == 1
    assert carrier.batches == []


def test_live_sending_with_weights_of_unknown_licence_needs_the_operators_switch() -> None:
    live = ScriptedCarrier(live=True)
    store = MemoryStore([queued(1)])
    with pytest.raises(ConfigurationError, match=r"sms\.allow_unlicensed_weights = true") as refusal:
        send_due(store, live, clock=clock)
    assert refusal.value.exit_code == 2
    assert store.claims == []
    for policy in (SendPolicy(allow_unlicensed_weights=True), SendPolicy(weights_licence_known=True)):
        allowed = replace(policy, consented=frozenset({"f1"}), signed={"en": WORDS})
        assert send_due(MemoryStore([queued(1)]), live, clock=clock, policy=allowed).accepted == 1


def test_rejected_and_opted_out() -> None:
    def outcomes(each: QueuedMessage) -> Outcome:
        return Outcome(kind="rejected", reason="406 UserInBlacklist", opt_out=True)

    store = MemoryStore([queued(1), queued(2, farmer=None)])
    report = send_due(store, ScriptedCarrier(outcomes), clock=clock)
    assert store.told() == [("m1", "failed", "406 UserInBlacklist"), ("m2", "failed", "406 UserInBlacklist")]
    assert (report.rejected, report.opted_out) == (2, {"f1": "scripted", "m2": "scripted"})


def test_an_opt_out_names_the_carrier_that_told_it() -> None:
    refused = Outcome(kind="rejected", reason="406 UserInBlacklist", opt_out=True)
    down = ScriptedCarrier(lambda _: Outcome(kind="retry", reason="down"), name="first")
    carriers = [down, ScriptedCarrier(lambda _: refused, name="second")]
    assert send_over(MemoryStore([queued(1)]), carriers, Sender(clock=clock)).opted_out == {"f1": "second"}


def test_a_lost_answer_is_unknown_and_is_not_sent_again() -> None:
    store = MemoryStore([queued(1)])
    report = send_due(store, ScriptedCarrier(lambda _: Outcome(kind="unknown", reason="lost")), clock=clock)
    assert store.told() == [("m1", "unknown", "lost")]
    assert store.waiting == []
    assert report.alarms == ("1 messages may or may not have been sent; their delivery reports will tell",)


@pytest.mark.parametrize(
    ("attempts", "asked_s", "minutes"), [(0, None, 5), (1, None, 10), (2, None, 20), (9, None, 60), (0, 1800.0, 30)]
)
def test_a_retry_waits_longer_each_time(attempts: int, asked_s: float | None, minutes: int) -> None:
    outcome = Outcome(kind="retry", reason="HTTP 503", retry_after_s=asked_s)
    store = MemoryStore([queued(1, attempts=attempts)])
    report = send_due(store, ScriptedCarrier(lambda _: outcome), clock=clock)
    ((delivery, retry_at),) = store.deliveries
    assert (delivery.state, delivery.reason) == ("queued", "HTTP 503")
    assert retry_at == NOW + timedelta(minutes=minutes)
    assert report.requeued == 1


def test_retries_end_with_the_validity_or_after_many_attempts() -> None:
    retry = ScriptedCarrier(lambda _: Outcome(kind="retry"))
    store = MemoryStore([queued(1, until=NOW + timedelta(minutes=5)), queued(2, attempts=11)])
    report = send_due(store, retry, clock=clock)
    assert store.told() == [
        ("m1", "expired", "no time left to try again: the carrier asked to try again"),
        ("m2", "failed", "gave up after 12 attempts: the carrier asked to try again"),
    ]
    assert (report.expired, report.rejected) == (1, 1)


def test_a_halt_puts_the_rest_back_and_raises_an_alarm() -> None:
    def outcomes(each: QueuedMessage) -> Outcome:
        return ACCEPTED if each.message_id == "m0" else Outcome(kind="halt", reason="405 InsufficientBalance")

    store = MemoryStore([queued(number) for number in range(CHUNK + 5)])
    carrier = ScriptedCarrier(outcomes)
    report = send_due(store, carrier, clock=clock)
    assert len(carrier.batches) == 1
    assert len(store.waiting) == 5
    assert store.sending == {}
    assert {retry_at for _, retry_at in store.deliveries[1:]} == {NOW}
    assert (report.accepted, report.requeued) == (1, CHUNK - 1)
    assert report.alarms == ("channel halted: 405 InsufficientBalance; 19 messages wait, none is lost",)


def test_a_halt_without_a_reason_is_still_a_halt() -> None:
    report = send_due(MemoryStore([queued(1)]), ScriptedCarrier(lambda _: Outcome(kind="halt")), clock=clock)
    assert report.halted_because == "the carrier gave no reason"


def test_a_carrier_that_breaks_leaves_the_claim_for_recovery() -> None:
    def breaks(each: QueuedMessage) -> Outcome:
        raise RuntimeError("power cut")

    store = MemoryStore([queued(1)])
    with pytest.raises(RuntimeError, match="power cut"):
        send_due(store, ScriptedCarrier(breaks), clock=clock)
    assert list(store.sending) == ["m1"]
    assert store.deliveries == []
