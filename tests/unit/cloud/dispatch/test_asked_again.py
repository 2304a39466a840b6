"""A carrier that takes a message once and did not answer is asked again; no other is, and silence is no yes."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from cloud.sending import Outcome, Sender, send_over
from tests.sending_double import NOW, MemoryStore, ScriptedCarrier, queued

SILENT = Outcome(kind="unknown", reason="no answer")


@dataclass
class OnceCarrier(ScriptedCarrier):
    """Takes a message once, as it says of itself."""

    takes_once: bool = True


def send(carrier: ScriptedCarrier, attempts: int = 0, until_minutes: float = 600.0) -> tuple[MemoryStore, Sender]:
    store = MemoryStore(waiting=[queued(1, attempts=attempts, until=NOW + timedelta(minutes=until_minutes))])
    sender = Sender(clock=lambda: NOW)
    report = send_over(store, [carrier, ScriptedCarrier(name="other")], sender)
    assert report.requeued + report.unknown == 1
    return store, sender


def test_it_waits_for_the_same_carrier() -> None:
    store, _ = send(OnceCarrier(outcomes=lambda _: SILENT))
    ((delivery, retry_at),) = store.deliveries
    assert (delivery.state, delivery.reason, delivery.carrier) == ("queued", "no answer", "scripted")
    assert retry_at == NOW + timedelta(minutes=5)
    assert store.not_over == {}, "it was not handed on"


@pytest.mark.parametrize(("attempts", "until_minutes"), [(11, 600.0), (0, 4.0)])
def test_what_was_never_answered_stays_unknown(attempts: int, until_minutes: float) -> None:
    store, _ = send(OnceCarrier(outcomes=lambda _: SILENT), attempts, until_minutes)
    assert [state for _, state, _ in store.told()] == ["unknown"]


@pytest.mark.parametrize("carrier", [ScriptedCarrier(outcomes=lambda _: SILENT), OnceCarrier(takes_once=False)])
def test_another_carrier_is_never_asked_again(carrier: ScriptedCarrier) -> None:
    carrier.outcomes = lambda _: SILENT
    store, _ = send(carrier)
    assert [state for _, state, _ in store.told()] == ["unknown"]
