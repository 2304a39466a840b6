"""Orders at a gateway: sealed, in time, once; hostile and broken ones are told and change nothing."""

import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.clock import Clock
from edge.contract import Evidence
from edge.errors import ContractError
from edge.logbook import Logbook
from edge.order import Order, decode_order, encode_order, kind_of
from edge.orders import Orders
from edge.outbox import Outbox, Priority, QueueId
from edge.settings.delivery import EvidenceConfig
from edge.shelf import Shelf
from edge.voice import Voice
from edge.wire import decode_evidence

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY, OTHER = bytes(range(32)), bytes(32)
TOPIC = "seguia/v1/demo/gw-01/command"
ORDER = Order(kind="update_now", id="update-1", valid_until=NOW + timedelta(hours=1))


class Place:
    """A gateway that hears orders."""

    def __init__(self, folder: Path, key: bytes | None = KEY) -> None:
        self.wall, self.told, self.done = NOW, list[str](), list[str]()
        clock = Clock(now=lambda: self.wall, monotonic_s=lambda: 50.0)
        self.outbox = Outbox(folder / "outbox.sqlite", boot="b1", clock=clock)
        self.sms: list[bytes] = []
        self.orders = Orders(self.outbox, TOPIC, key, Voice(self.told.append), sms=self.sms.append)
        self.orders.on("update_now", self.carry_out)

    def carry_out(self, order: Order) -> str | None:
        self.done.append(order.id)
        return None


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    made.outbox.close()


def test_a_sealed_order_is_carried_out_once(place: Place) -> None:
    payload = encode_order(ORDER, TOPIC, KEY)
    for _ in range(3):
        place.orders.take(payload)
    assert place.done == ["update-1"]
    assert place.told == ["order update-1 (update_now): it was carried out before"] * 2


def test_an_order_that_fails_is_not_counted_as_done(place: Place) -> None:
    def breaks(_: Order) -> str | None:
        raise RuntimeError("power cut")

    place.orders.on("update_now", breaks)
    with pytest.raises(RuntimeError, match="power cut"):
        place.orders.take(encode_order(ORDER, TOPIC, KEY))
    place.orders.on("update_now", place.carry_out)
    place.orders.take(encode_order(ORDER, TOPIC, KEY))
    assert place.done == ["update-1"]


@pytest.mark.parametrize(
    "payload",
    [
        encode_order(ORDER, TOPIC, OTHER),
        encode_order(ORDER, TOPIC.replace("gw-01", "gw-02"), KEY),
        json.dumps({"v": 1, **ORDER.model_dump(mode="json")}).encode(),
        json.dumps({"v": 1, **ORDER.model_dump(mode="json"), "mac": 7}).encode(),
        json.dumps({"v": 1, **ORDER.model_dump(mode="json"), "mac": "é" * 64}).encode(),
        encode_order(ORDER, TOPIC, KEY).replace(b"update-1", b"update-2"),
        b"\xff\xfe",
        b"[]",
        b"[" * 100_000,
        b"{" + b" " * 10_000 + b"}",
        b'{"kind": ["update_now"]}',
        b'{"kind": "format_disk", "id": "x"}',
    ],
)
def test_hostile_and_broken_orders_are_told_once_and_change_nothing(place: Place, payload: bytes) -> None:
    place.orders.take(payload)
    place.orders.take(payload)
    assert place.done == []
    assert place.sms == []
    assert len(place.told) == 1


def test_an_order_comes_in_time_or_not_at_all_and_a_wrong_clock_refuses_none(place: Place) -> None:
    late = ORDER.model_copy(update={"valid_until": NOW - timedelta(seconds=1)})
    place.orders.take(encode_order(late, TOPIC, KEY))
    assert place.done == []
    assert "too late" in place.told[0]
    Logbook(place.outbox.database).note_time(NOW + timedelta(days=300))
    place.wall = NOW - timedelta(days=300)
    place.orders.take(encode_order(ORDER, TOPIC, KEY))
    assert place.done == ["update-1"]


def test_an_order_of_which_nobody_here_knows_is_told(place: Place) -> None:
    wanted = Order(kind="send_evidence", id="e1", valid_until=NOW + timedelta(hours=1), boot="b1", sequence=1)
    place.orders.take(encode_order(wanted, TOPIC, KEY))
    assert place.told == ["order e1 (send_evidence): nobody here carries that out"]


def test_an_sms_goes_to_the_messenger_as_it_came_and_to_nobody_where_there_is_none(
    place: Place, tmp_path: Path
) -> None:
    payload = b'{"v":1,"kind":"send_sms","id":"m1"}'
    place.orders.take(payload)
    place.orders.take(b'{"v":1,"id":"m2"}')
    assert place.sms == [payload, b'{"v":1,"id":"m2"}']
    told: list[str] = []
    alone = Orders(place.outbox, TOPIC, KEY, Voice(told.append))
    alone.take(payload)
    assert "no modem" in told[0]
    assert alone.wanted
    assert not Orders(place.outbox, TOPIC, None, Voice(told.append)).wanted
    assert tmp_path.exists()


def test_without_a_key_no_order_is_believed(tmp_path: Path) -> None:
    place = Place(tmp_path, key=None)
    place.orders.take(encode_order(ORDER, TOPIC, KEY))
    assert place.done == []
    assert "no command key" in place.told[0]
    place.outbox.close()


@given(st.binary(max_size=200) | st.text(max_size=50).map(str.encode))
def test_whatever_bytes_come_only_the_contract_s_error_is_raised(payload: bytes) -> None:
    for read in (kind_of, lambda data: decode_order(TOPIC, data, KEY)):
        with contextlib.suppress(ContractError):
            read(payload)


def picture(size: int = 100) -> Evidence:
    return Evidence(
        parcel_id="P1",
        taken_at=NOW,
        detection_boot="b1",
        detection_sequence=1,
        image_jpeg=b"j" * size,
        mask_png=b"m",
        dry_rows=(2, 3),
    )


def test_a_picture_on_the_shelf_is_sent_when_it_is_asked_for(place: Place) -> None:
    shelf = Shelf(place.outbox, EvidenceConfig())
    shelf.keep(QueueId("b1", 7), picture())
    place.orders.on("send_evidence", shelf.send)
    order = Order(kind="send_evidence", id="e1", valid_until=NOW + timedelta(hours=1), boot="b1", sequence=7)
    place.orders.take(encode_order(order, TOPIC, KEY))
    (message,) = place.outbox.pending(10)
    assert message.priority is Priority.EVIDENCE
    assert decode_evidence("gw", message.payload)[1] == picture()
    for wrong, words in (({"sequence": 8}, "not kept here any more"), ({"boot": None}, "names no detection")):
        place.orders.take(encode_order(order.model_copy(update={"id": words.replace(" ", "-"), **wrong}), TOPIC, KEY))
        assert words in place.told[-1]


def test_a_shelf_keeps_to_its_bytes_and_days_and_the_newest(place: Place) -> None:
    shelf = Shelf(place.outbox, EvidenceConfig(keep_mb=0.01, keep_days=2))
    for number in range(1, 41):
        shelf.keep(QueueId("b1", number), picture(600))
    kept = [row[0] for row in place.outbox.database.rows("SELECT sequence FROM kept_evidence ORDER BY sequence")]
    assert kept == list(range(41 - len(kept), 41))
    assert 0 < len(kept) < 12
    again = Shelf(place.outbox, EvidenceConfig(keep_mb=0.01, keep_days=2))
    again.keep(QueueId("b1", 41), picture(600))
    ((total,),) = place.outbox.database.rows("SELECT sum(length(payload)) FROM kept_evidence")
    assert total <= 10_000
    assert again.forget_old() == 0
    place.wall = NOW + timedelta(hours=20)
    place.outbox.timekeeper.note()
    place.wall = NOW - timedelta(days=90)
    assert again.forget_old() == 0


def test_pictures_of_last_week_go(place: Place) -> None:
    shelf = Shelf(place.outbox, EvidenceConfig(keep_days=2))
    shelf.keep(QueueId("b1", 1), picture())
    for day in range(1, 4):
        place.wall = NOW + timedelta(days=0.9 * day)
        place.outbox.timekeeper.believed_now()
    assert shelf.forget_old() == 1
    assert not Shelf(place.outbox, EvidenceConfig(keep_mb=0)).open
