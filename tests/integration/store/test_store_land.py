"""Land, water and people are kept; people only encrypted."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cloud.adapters.ledger import verify
from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.store import Store
from cloud.errors import InputError, IntegrityError
from cloud.messages import Farmer, Inbound
from cloud.records import IrrigationEvent, Parcel

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
ZINEB = Farmer(id="f1", name="Zineb Tazi", phone_number="+212612345678", language="fr")


def parcel(name: str, crop: str = "wheat") -> Parcel:
    return Parcel(
        id=name, crop=crop, latitude=32.34, longitude=-6.36, geometry={"type": "Point", "coordinates": [1, 2]}
    )


def inbound(carrier_id: str, number: str = "+212612345678", minutes: int = 0) -> Inbound:
    return Inbound(
        carrier="africastalking",
        carrier_id=carrier_id,
        phone_number=number,
        text="1 سقيت",
        received_at=NOW + timedelta(minutes=minutes),
    )


def test_parcels_come_back_as_they_were_saved_in_order(store: Store) -> None:
    store.save_parcels([parcel("p2"), parcel("p1")])
    assert store.parcels() == (parcel("p1"), parcel("p2"))


def test_a_changed_parcel_is_a_new_version_and_an_equal_one_is_nothing(store: Store) -> None:
    store.save_parcels([parcel("p1"), parcel("p2")])
    store.save_parcels([parcel("p1"), parcel("p2", "olive")])
    assert [p.crop for p in store.parcels()] == ["wheat", "olive"]
    assert verify(store).entries == 3
    store.save_parcels([parcel("p2")])
    assert [p.crop for p in store.parcels()] == ["wheat", "wheat"]
    assert verify(store).entries == 4


def test_a_parcel_said_twice_in_one_breath_keeps_the_last_word(store: Store) -> None:
    store.save_parcels([parcel("p1"), parcel("p1", "olive")])
    assert [p.crop for p in store.parcels()] == ["olive"]


def test_events_are_kept_once_and_come_back_oldest_first(store: Store) -> None:
    later = IrrigationEvent(parcel_id="p1", started_at=NOW, depth_mm=30.0, source="meter")
    earlier = IrrigationEvent(
        parcel_id="p1", started_at=NOW - timedelta(days=3), depth_mm=22.5, source="reply", hours=2
    )
    store.add_events([later, earlier, later])
    store.add_events([earlier])
    assert store.events() == (earlier, later)
    store.add_events([])
    assert verify(store).entries == 2


def test_a_farmer_is_found_by_id_and_by_any_writing_of_the_number(store: Store) -> None:
    store.save_farmers([ZINEB])
    assert store.farmer("f1") == ZINEB
    assert store.farmer("f2") is None
    for written in ("+212612345678", "0612345678", "00212 612-345-678", "+212 6 12 34 56 78"):
        assert store.farmer_by_phone(written) == ZINEB
    assert store.farmer_by_phone("0612345679") is None
    assert store.farmer_by_phone("not a number") is None


def test_a_farmer_with_a_new_number_is_found_only_by_it(store: Store) -> None:
    store.save_farmers([ZINEB])
    store.save_farmers([ZINEB])
    assert verify(store).entries == 1
    moved = ZINEB.model_copy(update={"phone_number": "+212712345678"})
    store.save_farmers([moved])
    assert store.farmer("f1") == moved
    assert store.farmer_by_phone("0612345678") is None
    assert store.farmer_by_phone("0712345678") == moved


def test_a_fixed_line_is_refused_without_repeating_it(store: Store) -> None:
    fixed = ZINEB.model_copy(update={"phone_number": "+212523456789"})
    with pytest.raises(InputError, match="farmer f1: expected a mobile number") as refused:
        store.save_farmers([fixed])
    assert "523456789" not in str(refused.value)
    assert store.farmer("f1") is None


def test_texts_of_farmers_are_kept_once_and_found_by_farmer(store: Store) -> None:
    store.save_farmers([ZINEB])
    assert store.add_inbound(inbound("b", minutes=5))
    assert store.add_inbound(inbound("a"))
    assert not store.add_inbound(inbound("a"))
    assert store.add_inbound(inbound("c", number="+212799999999"))
    assert [text.carrier_id for text in store.inbound_of("f1")] == ["a", "b"]
    assert store.inbound_of("f1")[0] == inbound("a")
    assert store.inbound_of("nobody") == ()


def test_a_text_from_a_sender_that_is_no_number_is_kept(store: Store) -> None:
    assert store.add_inbound(inbound("x", number="INWI"))
    assert store.inbound_of("f1") == ()


@pytest.mark.parametrize("backend", ["sqlite"])
def test_no_name_number_or_text_stands_in_the_file(backend: str, store: Store, tmp_path: Path) -> None:
    store.save_farmers([ZINEB])
    store.add_inbound(inbound("a"))
    raw = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert len(raw) > 4096
    for secret in ("Zineb", "Tazi", "612345678", "سقيت"):
        assert secret.encode() not in raw
        assert secret.encode("utf-16-le") not in raw


def test_other_keys_find_nobody_and_say_so(store: Store, url: str) -> None:
    store.save_farmers([ZINEB])
    with Store.open(url, PersonalKeys.generate()) as stranger:
        assert stranger.farmer_by_phone("0612345678") is None
        with pytest.raises(IntegrityError, match="key file belongs to this database"):
            stranger.farmer("f1")
