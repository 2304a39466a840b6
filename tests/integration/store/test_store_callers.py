"""Who is behind a number, and which parcels are theirs on a day: both databases."""

from datetime import UTC, date, datetime

import pytest

from cloud.adapters.store.callers import Callers
from cloud.adapters.store.store import Store
from cloud.messages import Farmer, Inbound
from cloud.people.ties import Tie
from cloud.records import FarmerReference, Parcel

NOW = datetime(2026, 7, 21, 17, 30, tzinfo=UTC)
TODAY = date(2026, 7, 21)
AMINA = "+212612345678"
BRAHIM = "+212687654321"


def parcel(parcel_id: str, owner: str | None) -> Parcel:
    farmer = None if owner is None else FarmerReference(id=owner)
    return Parcel(id=parcel_id, name=f"Champ {parcel_id}", crop="olive", latitude=32.3, longitude=-6.4, farmer=farmer)


def person(farmer_id: str, number: str) -> Farmer:
    return Farmer(id=farmer_id, name=f"Invented {farmer_id}", phone_number=number, language="ary")


@pytest.fixture
def callers(store: Store) -> Callers:
    store.save_farmers([person("amina", AMINA), person("brahim", BRAHIM), person("am%na", BRAHIM)])
    owners = {"p1": "amina", "p2": "brahim", "p3": None, "p4": "am%na", "p5": 'quote"', "p6": "عائشة"}
    store.save_parcels([parcel(name, owner) for name, owner in owners.items()])
    return Callers(store)


def test_a_number_is_found_however_it_is_written(callers: Callers) -> None:
    for written in (AMINA, "0612345678", "00212 6 12 34 56 78"):
        assert [one.id for one in callers.present_farmers(written)] == ["amina"]
    for nobody in ("+212600000009", "anonymous", ""):
        assert callers.present_farmers(nobody) == ()


def test_a_number_that_two_people_share_finds_both(callers: Callers) -> None:
    assert sorted(one.id for one in callers.present_farmers(BRAHIM)) == ["am%na", "brahim"]


def test_who_gave_a_number_up_is_told_nothing_at_it(callers: Callers, store: Store) -> None:
    store.save_farmers([person("amina", "+212611111111")])
    assert callers.present_farmers(AMINA) == ()
    assert [one.id for one in callers.present_farmers("+212611111111")] == ["amina"]


def test_parcels_are_a_persons_own_and_an_id_is_no_pattern(callers: Callers) -> None:
    own = {who: callers.parcels_of(who, TODAY) for who in ("amina", "brahim", "am%na", 'quote"', "عائشة", "nobody", "")}
    assert own == {
        "amina": ("p1",),
        "brahim": ("p2",),
        "am%na": ("p4",),
        'quote"': ("p5",),
        "عائشة": ("p6",),
        "nobody": (),
        "": (),
    }


def test_a_tie_counts_on_its_days_alone(callers: Callers, store: Store) -> None:
    tie = Tie(farmer_id="amina", parcel_id="p3", role="delegate", since=TODAY, until=TODAY)
    silent = Tie(farmer_id="brahim", parcel_id="p2", role="owner", told=False, since=TODAY)
    store.save_ties([tie, silent])
    assert callers.parcels_of("amina", TODAY) == ("p1", "p3")
    assert callers.parcels_of("amina", date(2026, 7, 22)) == ("p1",)
    assert callers.parcels_of("brahim", TODAY) == ()


def test_a_parcel_is_read_in_its_latest_version(callers: Callers, store: Store) -> None:
    store.save_parcels([parcel("p1", "amina").model_copy(update={"name": "Jnan"})])
    found = callers.parcel("p1")
    assert found is not None
    assert found.label == "Jnan"
    assert callers.parcel("p9") is None
    assert callers.verdict_of("p1") is None


def test_a_language_chosen_stays_and_an_unknown_person_changes_nothing(callers: Callers, store: Store) -> None:
    for _ in range(2):
        callers.choose_language("amina", "fr")
    callers.choose_language("nobody", "fr")
    changed = store.farmer("amina")
    assert changed is not None
    assert (changed.language, changed.phone_number) == ("fr", AMINA)


def test_an_answer_is_kept_once_with_its_parcel_and_who_typed_it(callers: Callers, store: Store) -> None:
    said = Inbound(
        carrier="agronomist",
        carrier_id="s1",
        phone_number=AMINA,
        text="1",
        received_at=NOW,
        parcel_id="p1",
        entered_by="Salma",
    )
    assert callers.add_inbound(said)
    assert not callers.add_inbound(said)
    assert store.inbound_of("amina") == (said,)


def test_a_language_chosen_while_the_number_changes_keeps_the_new_number(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Farmer(id="brahim", name="Brahim", phone_number="+212600000021", language="en")
    after = before.model_copy(update={"phone_number": "+212600000022"})
    store.save_farmers([before])
    store.save_farmers([after])
    # As if it had been read the moment before the change.
    monkeypatch.setattr(store, "farmer", lambda _: before)
    Callers(store).choose_language("brahim", "fr")
    monkeypatch.undo()
    assert store.farmer("brahim") == after.model_copy(update={"language": "fr"})
