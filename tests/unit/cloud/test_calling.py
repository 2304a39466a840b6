"""Who is called and when: after the text, in their hours, once, whatever the carrier answers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cloud.calling import CallRules, Written, place_calls
from cloud.dispatch.carrier import Outcome, OutcomeKind
from cloud.dispatch.timing import USUAL_HOURS
from cloud.messages import Farmer, Message

NOW = datetime(2026, 7, 21, 17, 30, tzinfo=UTC)
PLACED = Outcome(kind="accepted", carrier_id="ATVId_1")


def callee(name: str, number: str = "+212612345678") -> Farmer:
    return Farmer(id=name, name=f"Invented {name}", phone_number=number, voice=True)


def written(message_id: str, kind: str = "irrigate") -> Written:
    message = Message(
        parcel_id="p1",
        kind=kind,
        language="ary",
        text="text",
        encoding="gsm7",
        segments=1,
        valid_until=NOW + timedelta(hours=20),
        reviewed=True,
    )
    return Written(message_id=message_id, message=message)


@dataclass
class Store:
    people: tuple[Farmer, ...] = (callee("f1"),)
    texts: dict[str, tuple[Written, ...]] = field(default_factory=lambda: {"f1": (written("m1"),)})
    kept: list[tuple[Any, ...]] = field(default_factory=list)
    asked: list[datetime] = field(default_factory=list)
    taken: bool = False
    now: datetime = NOW

    def callees(self) -> tuple[Farmer, ...]:
        return self.people

    def uncalled(self, farmer_id: str, now: datetime, written_before: datetime) -> tuple[Written, ...]:
        assert now == self.now
        self.asked.append(written_before)
        return self.texts.get(farmer_id, ())

    def claim_call(self, message_ids: Sequence[str], now: datetime) -> bool:
        assert now == NOW
        self.kept.append(("claimed", tuple(message_ids)))
        return not self.taken

    def keep_call(
        self, message_ids: Sequence[str], state: str, now: datetime, *, session: str | None, reason: str | None
    ) -> None:
        assert now == NOW
        self.kept.append((state, tuple(message_ids), session, reason))


@dataclass
class Exchange:
    outcome: Outcome = PLACED
    rung: list[str] = field(default_factory=list)
    live: bool = False

    def place(self, number: str) -> Outcome:
        self.rung.append(number)
        return self.outcome


def rules(**changed: Any) -> CallRules:  # noqa: ANN401 -- any rule
    return CallRules(**({"cannot_tell": lambda _: None} | changed))


def test_a_call_is_claimed_before_the_telephone_rings_and_kept_after() -> None:
    store, exchange = Store(), Exchange()
    report = place_calls(store, exchange, rules(), lambda: NOW)
    assert (report.placed, report.refused, report.later, report.problems) == (1, 0, 0, [])
    assert store.kept == [("claimed", ("m1",)), ("placed", ("m1",), "ATVId_1", None)]
    assert exchange.rung == ["+212612345678"]


def test_one_call_tells_all_that_was_written() -> None:
    store = Store(texts={"f1": (written("m1"), written("m2", "wait"), written("m3", "thanks"))})
    place_calls(store, Exchange(), rules(), lambda: NOW)
    assert store.kept[0] == ("claimed", ("m1", "m2"))


def test_the_text_announces_the_call_some_minutes_before() -> None:
    store = Store()
    place_calls(store, Exchange(), rules(notice=timedelta(minutes=25)), lambda: NOW)
    assert store.asked == [NOW - timedelta(minutes=25)]


@pytest.mark.parametrize(
    ("kind", "state", "counts"),
    [
        ("rejected", "refused", (0, 1, 0)),
        ("unknown", "unknown", (0, 1, 0)),
        ("retry", "returned", (0, 0, 1)),
        ("halt", "returned", (0, 0, 1)),
    ],
)
def test_what_surely_did_not_ring_is_called_again_and_nothing_else(
    kind: OutcomeKind, state: str, counts: tuple[int, int, int]
) -> None:
    store = Store()
    report = place_calls(store, Exchange(outcome=Outcome(kind=kind, reason="why")), rules(), lambda: NOW)
    assert store.kept[-1] == (state, ("m1",), None, "why")
    assert (report.placed, report.refused, report.later) == counts


def test_a_halt_ends_the_run_with_an_alarm() -> None:
    two = (callee("f1"), callee("f2"))
    store = Store(people=two, texts={name: (written(name),) for name in ("f1", "f2")})
    exchange = Exchange(outcome=Outcome(kind="halt", reason="InsufficientBalance"))
    report = place_calls(store, exchange, rules(), lambda: NOW)
    assert len(exchange.rung) == 1
    assert report.problems == ["calls halted: InsufficientBalance; nobody is lost, call again later"]


def test_who_cannot_be_told_is_not_rung_and_that_is_said() -> None:
    store, exchange = Store(), Exchange()
    report = place_calls(store, exchange, rules(cannot_tell=lambda _: "no recordings"), lambda: NOW)
    assert exchange.rung == []
    assert report.problems == ["farmer f1: not called: no recordings"]
    assert store.kept[-1][0] == "refused"


def test_who_asked_for_silence_or_never_agreed_is_left_alone() -> None:
    store, exchange = Store(), Exchange()
    assert place_calls(store, exchange, rules(silenced=frozenset({"f1"})), lambda: NOW).problems == []
    report = place_calls(store, exchange, rules(consented=frozenset({"f2"})), lambda: NOW)
    assert report.problems == ["farmer f1: no recorded consent, not called; run: seguia cloud farmer consent"]
    assert exchange.rung == []
    assert store.kept == []
    assert place_calls(store, exchange, rules(consented=frozenset({"f1"})), lambda: NOW).placed == 1


def test_nobody_is_called_in_their_quiet_hours() -> None:
    night = NOW.replace(hour=22)
    store, exchange = Store(now=night), Exchange()
    assert place_calls(store, exchange, rules(hours=USUAL_HOURS), lambda: night).placed == 0
    assert (len(store.asked), exchange.rung) == (1, [])


def test_what_another_run_claimed_is_not_called_twice() -> None:
    exchange = Exchange()
    report = place_calls(Store(taken=True), exchange, rules(), lambda: NOW)
    assert (report.placed, exchange.rung) == (0, [])
