"""Consent, signed words, failover, halts, pace and money, at the desk that hands messages over."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

import pytest

from cloud.dispatch.carrier import ChannelHalt
from cloud.dispatch.policy import NO_CONSENT
from cloud.dispatch.purse import Purse
from cloud.dispatch.timing import USUAL_HOURS
from cloud.sending import CHUNK, HALT_WAIT, Outcome, Sender, SendPolicy, SendReport, send_due, send_over
from tests.sending_double import NOW, WORDS, MemoryStore, ScriptedCarrier, clock, queued

LIVE = SendPolicy(weights_licence_known=True, consented=frozenset({"f1"}), signed={"en": WORDS})


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        (replace(LIVE, consented=frozenset({"f2"})), NO_CONSENT),
        (replace(LIVE, consented=None), NO_CONSENT),
        (replace(LIVE, signed=None), "the words of language en that made this text are not signed"),
        (replace(LIVE, signed={"en": "b" * 64}), "the words of language en that made this text are not signed"),
        (replace(LIVE, signed={"fr": WORDS}), "the words of language en that made this text are not signed"),
    ],
)
def test_nobody_is_written_to_without_consent_and_signed_words(policy: SendPolicy, reason: str) -> None:
    store, carrier = MemoryStore([queued(1)]), ScriptedCarrier(live=True)
    report = send_due(store, carrier, clock=clock, policy=policy)
    ((_, state, told),) = store.told()
    assert (state, carrier.batches) == ("halted", [])
    assert told is not None
    assert told.startswith(reason)
    assert report.unsigned + report.without_consent == 1
    (alarm,) = report.alarms
    assert "refused" in alarm
    rehearsal = MemoryStore([queued(1)])
    assert send_due(rehearsal, ScriptedCarrier(), clock=clock, policy=policy).accepted == 1


@pytest.mark.parametrize(("kind", "state"), [("stop", "wired"), ("thanks", "halted"), ("irrigate", "halted")])
def test_a_silenced_farmer_gets_the_word_that_his_stop_was_heard_and_no_other(kind: str, state: str) -> None:
    one = queued(1)
    store = MemoryStore([one.model_copy(update={"message": one.message.model_copy(update={"kind": kind})})])
    report = send_due(store, ScriptedCarrier(), clock=clock, policy=SendPolicy(silenced=frozenset({"f1"})))
    assert store.deliveries[0][0].state == state
    assert report.alarms == ()


def test_who_writes_without_having_agreed_is_answered() -> None:
    one = queued(1)
    store = MemoryStore([one.model_copy(update={"message": one.message.model_copy(update={"kind": "help"})})])
    policy = replace(LIVE, consented=frozenset())
    assert send_due(store, ScriptedCarrier(live=True), clock=clock, policy=policy).accepted == 1


def over(store: MemoryStore, *carriers: ScriptedCarrier, limit: int = 1000) -> SendReport:
    return send_over(store, carriers, Sender(clock=clock), limit=limit)


@pytest.mark.parametrize("kind", ["retry", "halt"])
def test_what_one_carrier_surely_did_not_take_goes_over_the_next(kind: Literal["retry", "halt"]) -> None:
    first = ScriptedCarrier(lambda _: Outcome(kind=kind, reason="down"), name="first")
    second = ScriptedCarrier(name="second")
    store = MemoryStore([queued(number) for number in range(CHUNK + 3)])
    report = over(store, first, second)
    assert sorted(one for batch in second.batches for one in batch) == sorted(f"m{n}" for n in range(CHUNK + 3))
    assert report.accepted == CHUNK + 3
    assert store.waiting == []
    assert all(len(set(batch)) == len(batch) for batch in first.batches)
    if kind == "halt":
        assert len(first.batches) == 1
        assert report.alarms == ("channel first halted: down; another carrier stands in",)
    else:
        assert report.alarms == ()


@pytest.mark.parametrize("kind", ["unknown", "rejected", "accepted"])
def test_nothing_else_goes_over_a_second_carrier(kind: Literal["unknown", "rejected", "accepted"]) -> None:
    first, second = ScriptedCarrier(lambda _: Outcome(kind=kind), name="first"), ScriptedCarrier(name="second")
    over(MemoryStore([queued(1), queued(2)]), first, second)
    assert second.batches == []


def test_what_every_carrier_refused_waits() -> None:
    down = [ScriptedCarrier(lambda _: Outcome(kind="retry", reason="down"), name=name) for name in ("a", "b", "c")]
    store = MemoryStore([queued(1)])
    report = over(store, *down)
    assert [carrier.batches for carrier in down] == [[["m1"]]] * 3
    assert [retry_at for _, retry_at in store.deliveries] == [NOW, NOW, NOW + timedelta(minutes=5)]
    assert report.requeued == 1


def test_the_second_carrier_is_left_alone_where_the_first_takes_all() -> None:
    first, second = ScriptedCarrier(name="first"), ScriptedCarrier(name="second")
    store = MemoryStore([queued(number) for number in range(5)])
    assert over(store, first, second, limit=3).accepted == 3
    assert second.batches == []
    assert len(store.waiting) == 2


def test_a_halted_channel_claims_nothing_until_it_is_time_to_look_again() -> None:
    store, carrier = MemoryStore([queued(number) for number in range(3)]), ScriptedCarrier()
    store.halted = [ChannelHalt(carrier="scripted", since=NOW, reason="no money")]
    report = send_due(store, carrier, clock=lambda: NOW + timedelta(minutes=14))
    assert (carrier.batches, store.claims) == ([], [])
    assert report.alarms == ("channel halted: no money; 0 messages wait, none is lost",)
    later = send_due(store, carrier, clock=lambda: NOW + HALT_WAIT)
    assert carrier.batches == [["m0"], ["m1", "m2"]]
    assert later.accepted == 3
    assert [name for name, _, _ in store.opened] == ["scripted"]


def test_a_channel_tried_again_in_vain_is_halted_anew_at_the_cost_of_one_message() -> None:
    store = MemoryStore([queued(number) for number in range(3)])
    store.halted = [ChannelHalt(carrier="scripted", since=NOW, reason="no money")]
    carrier = ScriptedCarrier(lambda _: Outcome(kind="halt", reason="still no money"))
    later = NOW + timedelta(hours=1)
    send_due(store, carrier, clock=lambda: later)
    assert carrier.batches == [["m0"]]
    assert store.halted[-1] == ChannelHalt(carrier="scripted", since=later, reason="still no money")
    assert store.opened == []


@dataclass
class Watch:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def test_a_carrier_is_fed_no_faster_than_it_may_be() -> None:
    watch = Watch()
    store = MemoryStore([queued(number) for number in range(200)])
    sender = Sender(clock=watch, messages_per_s=20.0, sleep=watch.sleep)
    assert send_over(store, [ScriptedCarrier()], sender).accepted == 200
    assert (watch.now - NOW).total_seconds() == pytest.approx(9.0)


def test_hours_and_money_are_asked_for_each_message() -> None:
    store = MemoryStore([queued(1)])
    purse = Purse(ceiling=1.0, price_per_segment=1.0, spent=1.0, timezone="Africa/Casablanca", held_back=1)
    report = send_over(store, [ScriptedCarrier()], Sender(clock=clock, hours=USUAL_HOURS, purse=purse))
    assert store.hours_asked
    assert report.alarms == (purse.alarm,)


def test_what_was_put_back_costs_nothing() -> None:
    purse = Purse(ceiling=10.0, price_per_segment=1.0, spent=4.0, timezone="Africa/Casablanca")
    retry = ScriptedCarrier(lambda _: Outcome(kind="retry"))
    send_over(MemoryStore([queued(1)]), [retry], Sender(clock=clock, purse=purse))
    assert purse.spent == 3.0


def test_what_is_refused_at_the_desk_costs_nothing() -> None:
    purse = Purse(ceiling=10.0, price_per_segment=1.0, spent=0.0, timezone="Africa/Casablanca")
    sender = Sender(clock=clock, policy=SendPolicy(silenced=frozenset({"f1"})), purse=purse)
    one, late = queued(1), queued(2, until=NOW, farmer="f2")
    store = MemoryStore([one, late])
    for claimed in (one, late):
        assert purse.admits(claimed.message)
    assert send_over(store, [ScriptedCarrier()], sender).accepted == 0
    assert [state for _, state, _ in store.told()] == ["halted", "expired"]
    assert purse.spent == 0.0


def test_what_was_handed_on_to_a_channel_that_stands_still_goes_over_the_first_again() -> None:
    store = MemoryStore([queued(number) for number in range(3)])
    store.halted = [ChannelHalt(carrier="second", since=NOW, reason="no money")]
    store.not_over = dict.fromkeys(("m0", "m1", "m2"), "first")
    first, second = ScriptedCarrier(name="first"), ScriptedCarrier(name="second")
    assert over(store, first, second).accepted == 3
    assert (first.batches, second.batches) == ([["m0", "m1", "m2"]], [])


def test_where_nobody_stands_in_a_refused_message_waits_its_time() -> None:
    store = MemoryStore([queued(1)])
    store.halted = [ChannelHalt(carrier="second", since=NOW, reason="no money")]
    down = ScriptedCarrier(lambda _: Outcome(kind="retry", reason="down"), name="first")
    assert over(store, down, ScriptedCarrier(name="second")).requeued == 1
    ((_, retry_at),) = store.deliveries
    assert (retry_at, store.not_over) == (NOW + timedelta(minutes=5), {})
