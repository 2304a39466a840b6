"""One round of attending where a carrier or the weather cannot be reached."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.store import Store
from cloud.commands.attending_loop import ASK_EVERY, Loop
from cloud.config import CloudConfig
from cloud.dispatch.report import SendReport
from cloud.errors import ServiceUnavailableError
from cloud.fetching import Page
from cloud.messages import Farmer, Inbound
from cloud.records import FarmerReference, Parcel

NOW = datetime(2026, 7, 15, 9, tzinfo=UTC)
NUMBER = "+212600000001"


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Asked:
    """A carrier that is asked for texts."""

    name = "test"

    def __init__(self, *, away: bool = False) -> None:
        self.times = 0
        self.away = away

    def after(self, last_id: int) -> Page:
        self.times += 1
        if self.away:
            raise ServiceUnavailableError("carrier: expected an answer, got none; try later")
        if last_id:
            return Page(texts=(), last_id=last_id)
        text = Inbound(carrier="test", carrier_id="1", phone_number=NUMBER, text="HELP", received_at=NOW)
        return Page(texts=((1, text),), last_id=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(
        f"sqlite:///{tmp_path / 'seguia.db'}", PersonalKeys.generate(), create=True, clock=lambda: NOW
    ) as opened:
        who = FarmerReference(id="F1", language="en")
        opened.save_parcels([Parcel(id="P1", crop="maize", latitude=32.0, longitude=-6.0, farmer=who)])
        opened.save_farmers([Farmer(id="F1", name="Somebody", phone_number=NUMBER, language="en")])
        yield opened


@pytest.fixture
def config(tmp_path: Path) -> CloudConfig:
    return CloudConfig(organisation="test", data_dir=tmp_path)


def test_a_carrier_is_asked_now_and_then_and_what_it_has_is_attended_to(store: Store, config: CloudConfig) -> None:
    clock, source = Clock(), Asked()
    loop = Loop.of(store, config, clock=clock, sends=False, source=source)
    done = loop.round()
    assert (done.heard, done.answers) == (1, 1)
    asked = source.times
    assert loop.round().idle
    assert source.times == asked
    clock.now += ASK_EVERY + timedelta(seconds=1)
    assert loop.round().idle
    assert source.times > asked


def test_a_carrier_that_cannot_be_asked_hinders_nothing(store: Store, config: CloudConfig) -> None:
    loop = Loop.of(store, config, clock=Clock(), sends=False, source=Asked(away=True))
    store.add_inbound(Inbound(carrier="x", carrier_id="9", phone_number=NUMBER, text="3", received_at=NOW))
    done = loop.round()
    assert done.problems == ["carrier: expected an answer, got none; try later"]
    assert (done.heard, done.answers) == (1, 1)


def test_a_sender_that_fails_leaves_the_answer_queued(
    store: Store, config: CloudConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise ServiceUnavailableError("carrier: expected an answer, got none; try later")

    monkeypatch.setattr("cloud.commands.attending_loop.deliver", fails)
    store.add_inbound(Inbound(carrier="x", carrier_id="9", phone_number=NUMBER, text="HELP", received_at=NOW))
    done = Loop.of(store, config, clock=Clock()).round()
    assert (done.answers, done.problems) == (1, ["carrier: expected an answer, got none; try later"])
    assert [one.state for one in store.message_log()] == ["queued"]


@pytest.mark.parametrize("busy", [False, True])
def test_an_answer_that_could_not_be_sent_is_sent_soon_without_waiting_for_the_next_text(
    store: Store, config: CloudConfig, monkeypatch: pytest.MonkeyPatch, *, busy: bool
) -> None:
    tried: list[datetime] = []

    def deliver(*_: object, **__: object) -> SendReport:
        tried.append(clock.now)
        if len(tried) == 1 and not busy:
            raise ServiceUnavailableError("carrier: expected an answer, got none; try later")
        return SendReport(busy=busy and len(tried) == 1)

    monkeypatch.setattr("cloud.commands.attending_loop.deliver", deliver)
    store.add_inbound(Inbound(carrier="x", carrier_id="9", phone_number=NUMBER, text="HELP", received_at=NOW))
    clock = Clock()
    loop = Loop.of(store, config, clock=clock)
    assert loop.round().answers == 1
    loop.round()
    assert tried == [NOW]
    clock.now += ASK_EVERY
    assert loop.round().idle
    clock.now += ASK_EVERY
    assert loop.round().idle
    assert tried == [NOW, NOW + ASK_EVERY]


def test_a_store_that_fails_is_told_and_tried_again(
    store: Store, config: CloudConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: int) -> None:
        raise ServiceUnavailableError("database: cannot be used (locked); check it")

    monkeypatch.setattr(store, "unheard", fails)
    loop = Loop.of(store, config, clock=Clock(), sends=False)
    assert loop.round().problems == ["database: cannot be used (locked); check it"]
    monkeypatch.undo()
    assert loop.round().idle
