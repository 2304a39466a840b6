"""A night's words: advice first, then notices, one a parcel; after a quiet week that somebody is still there."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
import xarray as xr

from cloud.errors import IntegrityError
from cloud.night_words import Night, heat_of, quotas_of, speak_of, thirst_of
from cloud.noticing import HotDays, NoticeRules, Sighting
from cloud.people.ties import Recipient
from cloud.records import IrrigationEvent, IrrigationSystem, Parcel, Quota, WaterSource
from cloud.speech.facts import Alive
from cloud.speech.notices import announce, speak
from cloud.telling import Telling, Told
from edge.contract import Detection
from tests.spoken import DRAFT, NO_DOSE, TUESDAY, verdict
from tests.telling_double import Outbox, Said

NOW = datetime(2026, 7, 20, 17, 0, tzinfo=UTC)
AMINA = Recipient(farmer_id="amina", language="en")
BRAHIM = Recipient(farmer_id="brahim", language="fr")
WAIT: dict[str, Any] = {**NO_DOSE, "action": "wait", "reason_code": "soil_has_water"}


def parcel(name: str = "p1", **more: Any) -> Parcel:  # noqa: ANN401 -- any field of a parcel
    content: dict[str, Any] = {
        "id": name,
        "name": f"Nord {name}",
        "crop": "maize",
        "latitude": 32.3,
        "longitude": -6.4,
        "irrigation": IrrigationSystem(method="drip"),
    }
    return Parcel.model_validate(content | more)


def photo(name: str = "p1", hours: float = 3, **seen: Any) -> Detection:  # noqa: ANN401 -- any part of a detection
    content: dict[str, Any] = {
        "parcel_id": name,
        "taken_at": NOW - timedelta(hours=hours),
        "sha256": "a" * 64,
        "model": None,
        "opinion": True,
    }
    return Detection.model_validate(content | seen)


def sky(*hottest: float, members: int = 0) -> xr.Dataset:
    values = np.array(hottest)[:, None]
    dims: tuple[str, ...] = ("time", "site")
    if members:
        values = values[:, None, :] + np.linspace(-5, 5, members)[None, :, None]
        dims = ("time", "member", "site")
    times = (np.datetime64(TUESDAY, "D") + np.arange(len(hottest))).astype("datetime64[ns]")
    place = {"latitude": ("site", [32.3]), "longitude": ("site", [-6.4]), "elevation_m": ("site", [500.0])}
    return xr.Dataset({"tmax_c": (dims, values)}, coords={"time": times, **place})


def quiet_night(*parcels: Parcel, **more: Any) -> Night:  # noqa: ANN401 -- any part of a night
    land = parcels or (parcel(),)
    waits = [verdict(**WAIT, parcel_id=one.id, parcel_name=one.label) for one in land]
    return Night(verdicts=more.pop("verdicts", waits), before={}, parcels=land, **more)


def store_for(*people: tuple[str, Recipient]) -> Outbox:
    store = Outbox()
    store.people = {name: tuple(who for other, who in people if other == name) for name, _ in people}
    return store


def spoken(store: Outbox, night: Night, now: datetime = NOW, silenced: frozenset[str] = frozenset()) -> Told:
    return speak_of(store, night, Telling(day=TUESDAY, now=now, voice=DRAFT, silenced=silenced))


def said(farmer: str, days: float, name: str = "p1") -> Said:
    facts = Alive(parcel_id=name, parcel_name="Nord", day=TUESDAY)
    text = speak(facts, language="en", farmer_id=farmer, valid_until=NOW)
    return Said(message_id=f"{farmer}{days}", message=text, state="delivered", queued_at=NOW - timedelta(days=days))


def test_a_notice_goes_to_everybody_tied_to_the_parcel_but_not_to_the_silenced() -> None:
    store = store_for(("p1", AMINA), ("p1", BRAHIM))
    night = quiet_night(detections=[photo(stress_index=0.7)])
    told = spoken(store, night, silenced=frozenset({"brahim"}))
    assert [(text.kind, text.farmer_id) for text in told.messages] == [("stress_seen", "amina")]
    assert store.queued[0][1] == ""
    again = spoken(store, night)
    assert [(text.kind, text.farmer_id) for text in again.messages] == []


def test_advice_and_a_notice_may_come_in_one_night() -> None:
    store = store_for(("p1", AMINA))
    night = quiet_night(verdicts=[verdict()], forecast=sky(45, 45))
    assert [text.kind for text in spoken(store, night).messages] == ["irrigate", "heat"]


def test_heat_is_told_once_to_each_person_whatever_they_own() -> None:
    store = store_for(("p1", AMINA), ("p2", AMINA), ("p2", BRAHIM))
    night = quiet_night(parcel("p1"), parcel("p2"), forecast=sky(30, 44, 45, 46))
    told = spoken(store, night)
    assert [(text.kind, text.farmer_id, text.parcel_id) for text in told.messages] == [
        ("heat", "amina", "p1"),
        ("heat", "brahim", "p2"),
    ]
    assert spoken(store, night, NOW + timedelta(days=1)).messages == []
    later = [text.farmer_id for text in spoken(store, night, NOW + timedelta(days=1, minutes=1)).messages]
    assert later == []


def test_after_a_quiet_week_one_message_a_person_says_that_somebody_is_there() -> None:
    store = store_for(("p1", AMINA), ("p2", AMINA), ("p2", BRAHIM))
    store.said = [said("amina", 7.5), said("brahim", 6.5)]
    told = spoken(store, quiet_night(parcel("p1"), parcel("p2")))
    assert [(text.kind, text.farmer_id, text.parcel_id) for text in told.messages] == [("alive", "amina", "p1")]


def test_whoever_hears_something_tonight_needs_no_sign_of_life() -> None:
    store = store_for(("p1", AMINA), ("p2", AMINA))
    store.said = [said("amina", 9)]
    night = quiet_night(parcel("p1"), parcel("p2"))
    busy = replace(night, verdicts=[night.verdicts[0], verdict(parcel_id="p2")])
    assert [text.kind for text in spoken(store, busy).messages] == ["irrigate"]


def test_a_night_of_a_day_gone_by_gives_no_notices() -> None:
    store = store_for(("p1", AMINA))
    night = quiet_night(forecast=sky(45, 45))
    assert spoken(store, night, NOW + timedelta(days=5)).messages == []


def test_a_silent_field_and_dry_rows_are_looked_up_in_the_store() -> None:
    store = store_for(("p1", AMINA), ("p2", BRAHIM))
    store.seen = {"p1": NOW - timedelta(days=6), "p2": NOW}
    store.sightings = [Sighting(parcel_id="p2", taken_at=NOW - timedelta(hours=2), dry_rows=(4,))]
    told = spoken(store, quiet_night(parcel("p1"), parcel("p2")))
    assert [(text.kind, text.farmer_id) for text in told.messages] == [
        ("offline", "amina"),
        ("blocked_emitters", "brahim"),
    ]


def test_a_notice_that_cannot_be_made_is_named_and_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_for(("p1", AMINA), ("p2", BRAHIM))
    night = quiet_night(parcel("p1"), parcel("p2"), forecast=sky(45, 45))

    def fail_once(facts: Any, **how: Any) -> Any:  # noqa: ANN401 -- passes on whatever it is given
        if how["farmer_id"] == "amina":
            raise IntegrityError("parcel p1: no words")
        return announce(facts, **how)

    monkeypatch.setattr("cloud.night_words.announce", fail_once)
    told = spoken(store, night)
    assert told.problems == ["parcel p1: no words"]
    assert [text.farmer_id for text in told.messages] == ["brahim"]


@pytest.mark.parametrize(
    ("photos", "thirsty"),
    [
        ([photo(stress_index=0.5)], True),
        ([photo(stress_index=0.49)], False),
        ([photo(wilting_low=2, wilting_high=3)], True),
        ([photo(wilting_low=1, wilting_high=3)], False),
        ([photo(stress_index=0.9, hours=49)], False),
        ([photo(stress_index=0.9, opinion=False, reasons=("dark",))], False),
        ([photo(stress_index=0.9, hours=20), photo(stress_index=0.1, hours=2)], False),
        ([photo(stress_index=0.9, hours=2), photo(stress_index=0.1, hours=20)], True),
        ([photo(stress_index=0.9, hours=20), photo(hours=2)], True),
        ([photo(stress_index=0.9, taken_at=None)], False),
    ],
)
def test_the_last_photo_with_an_opinion_on_it_says_whether_a_field_is_thirsty(
    photos: list[Detection],
    thirsty: bool,  # noqa: FBT001 -- a test parameter
) -> None:
    assert [one.parcel_id for one in thirst_of(photos, NOW)] == (["p1"] if thirsty else [])


def test_heat_is_the_middle_of_the_members_within_three_days_of_one_spell() -> None:
    def hot(*values: float, members: int = 0, rules: NoticeRules | None = None) -> HotDays | None:
        night = quiet_night(forecast=sky(*values, members=members), rules=rules or NoticeRules())
        return dict(heat_of(night, TUESDAY)).get("p1")

    wednesday, thursday = TUESDAY + timedelta(days=1), TUESDAY + timedelta(days=2)
    assert hot(41.9, 41, 30) is None
    assert hot(30, 42, 43.6, 50) == HotDays(first=wednesday, last=thursday, temperature_c=44)
    assert hot(43, 30, 45) == HotDays(first=TUESDAY, last=TUESDAY, temperature_c=43)
    assert hot(30, 30, 30, 48) is None
    assert hot(43, 30, 30, members=3) == HotDays(first=TUESDAY, last=TUESDAY, temperature_c=43)
    assert hot(38, 30, rules=NoticeRules(heat_c=38.0)) is not None
    assert dict(heat_of(quiet_night(), TUESDAY)) == {}
    assert dict(heat_of(quiet_night(forecast=sky(45).drop_vars("tmax_c")), TUESDAY)) == {}


def test_only_a_parcels_own_quota_with_its_dates_is_counted_and_water_once() -> None:
    dates = {"valid_from": date(2026, 4, 1), "valid_to": date(2026, 9, 30)}
    quotas = [
        Quota(parcel_id="p1", volume_m3=1000.0, **dates),
        Quota(parcel_id="p1", volume_m3=5000.0, **dates),
        Quota(canal="C1", volume_m3=10.0, **dates),
    ]
    given = IrrigationEvent(
        parcel_id="p1", started_at=datetime(2026, 6, 1, 8, tzinfo=UTC), depth_mm=80.0, source="meter"
    )
    twice = given.model_copy(update={"source": "reply"})
    land = parcel(area_ha=1.0, water=WaterSource(canal="C1", quota_m3=50.0))
    left = dict(quotas_of(quiet_night(land, quotas=quotas, events=[given, twice]), TUESDAY))["p1"]
    assert (left.volume_m3, left.left_m3, left.until) == (1000.0, 200.0, date(2026, 9, 30))
    assert dict(quotas_of(quiet_night(land, quotas=quotas[2:]), TUESDAY)) == {}
    assert dict(quotas_of(quiet_night(parcel("p9"), quotas=quotas), TUESDAY)) == {}
