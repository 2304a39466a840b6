"""Whom a parcel's words are for."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from cloud.people.ties import Recipient, Tie, recipients_of
from cloud.records import FarmerReference, Language, Parcel

DAY = date(2026, 5, 2)


def parcel(parcel_id: str, farmer: str | None = None) -> Parcel:
    own = None if farmer is None else FarmerReference(id=farmer, language="fr")
    return Parcel(id=parcel_id, crop="wheat", latitude=32, longitude=-6, farmer=own)


def tie(farmer_id: str, parcel_id: str = "p1", **changed: Any) -> Tie:  # noqa: ANN401 -- any field
    content = {"farmer_id": farmer_id, "parcel_id": parcel_id, "role": "worker", "since": DAY}
    return Tie.model_validate({**content, **changed})


def told(parcels: list[Parcel], *ties: Tie, day: date = DAY, erased: frozenset[str] = frozenset()) -> dict[str, str]:
    languages: dict[str, Language] = {"f2": "ar"}
    found = recipients_of(parcels, ties, languages, day=day, erased=erased)
    return {key: " ".join(f"{one.farmer_id}:{one.language}" for one in some) for key, some in found.items()}


def test_a_parcels_own_farmer_comes_first_and_each_hears_their_own_language() -> None:
    assert told([parcel("p1", "f9"), parcel("p2")], tie("f2"), tie("f1")) == {"p1": "f9:fr f1:fr f2:ar", "p2": ""}


def test_a_person_is_told_once_however_often_they_are_tied() -> None:
    assert told([parcel("p1", "f2")], tie("f2", role="owner")) == {"p1": "f2:ar"}


def test_a_tie_that_is_not_told_or_has_ended_silences_even_the_files_own_farmer() -> None:
    assert told([parcel("p1", "f1")], tie("f1", told=False)) == {"p1": ""}
    assert told([parcel("p1", "f1")], tie("f1", until=DAY - timedelta(days=1))) == {"p1": ""}
    assert told([parcel("p1", "f1")], tie("f2", until=DAY), day=DAY + timedelta(days=1)) == {"p1": "f1:fr"}
    assert told([parcel("p1", "f1")], tie("f2"), day=DAY - timedelta(days=1)) == {"p1": "f1:fr"}


def test_an_erased_person_is_nobodys_recipient_and_a_tie_to_no_parcel_is_harmless() -> None:
    assert told([parcel("p1", "f1")], tie("f2"), tie("f3", "p9"), erased=frozenset({"f1"})) == {"p1": "f2:ar"}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"until": DAY - timedelta(days=2)}, "must not be before since"),
        ({"role": "delegate"}, "a delegate needs until"),
        ({"role": "king"}, "Input should be"),
    ],
)
def test_a_tie_that_cannot_be_is_refused(changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        tie("f1", **changed)


@settings(max_examples=60)
@given(st.integers(-5, 5), st.integers(-1, 5), st.integers(-10, 10))
def test_a_tie_holds_from_its_first_day_to_its_last_and_on_no_other(first: int, length: int, asked: int) -> None:
    since = DAY + timedelta(days=first)
    made = tie("f1", since=since, until=since + timedelta(days=length))
    assert made.holds(DAY + timedelta(days=asked)) == (first <= asked <= first + length)
    assert tie("f1", since=since).holds(DAY + timedelta(days=asked)) == (first <= asked)


def test_a_recipient_shows_an_id_alone() -> None:
    assert "f1" in repr(Recipient(farmer_id="f1", language="fr"))
