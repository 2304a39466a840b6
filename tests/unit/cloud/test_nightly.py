"""The night of an installation: what is kept, and which messages are worth a farmer's attention."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
import xarray as xr

from cloud.adapters.store.outgoing import Queued
from cloud.advice.timely import Arrived
from cloud.conversation.reading import HeardText
from cloud.messages import Inbound, Message
from cloud.nightly import NightInputs, by_decision, coming_day, run_night
from cloud.records import (
    FarmerReference,
    IrrigationEvent,
    IrrigationSystem,
    Observation,
    Parcel,
    Quantiles,
    Recommendation,
    Soil,
    Verdict,
)
from cloud.replies import told_by
from cloud.speech.voice import Voice
from cloud.water_day import Spread, WaterDay
from edge.contract import Detection
from tests.conversation_double import Listening
from tests.instruments_double import Instrumented
from tests.telling_double import Outbox

DAY = date(2026, 7, 14)
NOW = datetime(2026, 7, 14, 17, tzinfo=UTC)


def verdict(action: str, reason: str = "soil_has_water", decision: str = "release", day: date = DAY) -> Verdict:
    irrigating = {
        "start_window": (NOW, NOW + timedelta(hours=10)),
        "depth_mm": Quantiles(p10=20, p50=25, p90=30),
        "volume_m3": 250.0,
    }
    recommendation = Recommendation.model_validate(
        {
            "parcel_id": "P01",
            "parcel_name": "Soja 1",
            "timezone": "Africa/Casablanca",
            "day": day,
            "action": action,
            "reason_code": reason,
            "code_version": "test",
            **(irrigating if action == "irrigate" else {}),
        }
    )
    return Verdict.model_validate(
        {
            "proposed": recommendation,
            "recommendation": recommendation,
            "decision": decision,
            "checks": (),
            "explanation": "made for a test",
            "valid_until": NOW + timedelta(hours=12),
        }
    )


class MemoryStore(Listening, Outbox, Instrumented):
    """A store that remembers only for the length of a test."""

    def __init__(self, parcels: Sequence[Parcel], earlier: Sequence[Verdict] = ()) -> None:
        Listening.__init__(self)
        Outbox.__init__(self)
        Instrumented.__init__(self)
        self._parcels = tuple(parcels)
        self._earlier = tuple(earlier)
        self.kept: dict[date, tuple[tuple[WaterDay, ...], tuple[Verdict, ...]]] = {}
        self.spreads: list[Spread] = []
        self.asked: list[tuple[datetime, datetime]] = []
        self.taken: list[tuple[datetime, datetime]] = []
        self.read: list[Observation] = []

    def parcels(self) -> tuple[Parcel, ...]:
        return self._parcels

    def events(self) -> tuple[IrrigationEvent, ...]:
        return tuple(self.reported)

    def observations(self, since: datetime, until: datetime) -> tuple[Observation, ...]:
        return tuple(one for one in self.read if since <= one.observed_at < until)

    def detections(self, since: datetime, until: datetime) -> tuple[Detection, ...]:
        self.asked.append((since, until))
        return ()

    def detections_taken(self, since: datetime, until: datetime) -> tuple[Arrived, ...]:
        self.taken.append((since, until))
        return ()

    def verdicts(self, day: date | None) -> tuple[Verdict, ...]:
        return tuple(verdict for verdict in self._earlier if verdict.recommendation.day == day)

    def add_events(self, events: Sequence[IrrigationEvent]) -> None:
        self.reported += events

    def save_day(self, day: date, water: Iterable[WaterDay], verdicts: Sequence[Verdict]) -> None:
        self.kept[day] = (tuple(water), tuple(verdicts))

    def save_spreads(self, spreads: Iterable[Spread]) -> None:
        self.spreads += spreads


def parcel(number: int, *, farmer: bool = True, planted_on: date = date(2026, 5, 20)) -> Parcel:
    return Parcel(
        id=f"P{number:02d}",
        name=f"Maize {number}",
        crop="maize",
        planted_on=planted_on,
        latitude=32.34,
        longitude=-6.35,
        elevation_m=500.0,
        soil=Soil(texture="sandy loam"),
        irrigation=IrrigationSystem(method="drip", efficiency=0.9, wetted_fraction=0.4, flow_m3_h=20.0),
        farmer=FarmerReference(id=f"F{number:02d}", language="fr") if farmer else None,
    )


def sky(first: date, days: int, *, member: bool = False) -> xr.Dataset:
    """Hot and dry weather of one site."""
    shape, dims = ((days, 1, 1), ("time", "member", "site")) if member else ((days, 1), ("time", "site"))
    values = {"tmin_c": 20.0, "tmax_c": 36.0, "rain_mm": 0.0, "et0_mm": 6.5}
    dataset = xr.Dataset({name: (dims, np.full(shape, value)) for name, value in values.items()})
    # A live station never stands still and never tells a week again: the judge doubts both.
    warmer = xr.DataArray(1.5 * np.sin(1.3 * np.arange(days)), dims="time")
    dataset = dataset.assign({name: dataset[name] + warmer for name in ("tmin_c", "tmax_c")})
    times = np.datetime64(first, "D") + np.arange(days)
    dataset = dataset.assign_coords(time=times.astype("datetime64[ns]"))
    for name, value in {"latitude": 32.34, "longitude": -6.35, "elevation_m": 500.0}.items():
        dataset = dataset.assign_coords({name: ("site", [value])})
    dataset.attrs["issued_at"] = f"{DAY}T05:00:00"
    dataset.attrs["source"] = "made for a test"
    dataset.attrs["sha256"] = "0" * 64
    return dataset


def inputs() -> NightInputs:
    return NightInputs(
        day=DAY,
        now=NOW,
        weather=sky(date(2026, 5, 1), 75),
        forecast=sky(DAY + timedelta(days=1), 8, member=True),
        code_version="test",
        voice=Voice(draft=True, price_per_segment=0.5),
    )


def test_the_night_keeps_water_and_verdicts_of_every_parcel() -> None:
    store = MemoryStore([parcel(1), parcel(2, planted_on=date(2026, 11, 1))])
    report = run_night(store, inputs())
    water, verdicts = store.kept[DAY]
    assert {row.parcel_id for row in water} == {"P01"}
    assert water[-1].day == DAY
    assert [(one.parcel_id, one.day) for one in store.spreads] == [("P01", DAY)]
    assert sum(store.spreads[0].shares.values()) == pytest.approx(1.0, abs=0.01)
    assert [one.recommendation.parcel_id for one in verdicts] == ["P01", "P02"]
    assert verdicts[1].recommendation.reason_code == "not_planted"
    assert report.decision.verdicts == verdicts
    assert "2 parcels of the store" in {reference.name for reference in verdicts[0].recommendation.inputs}
    assert sum(by_decision(verdicts).values()) == 2


class SeeingStore(MemoryStore):
    """A store with a photo of the day before, taken straight down."""

    def detections(self, since: datetime, until: datetime) -> tuple[Detection, ...]:
        assert super().detections(since, until) == ()
        photo = {
            "parcel_id": "P01",
            "camera_id": "cam-1",
            "taken_at": datetime(DAY.year, DAY.month, DAY.day, 11, tzinfo=UTC) - timedelta(days=1),
            "sha256": "a" * 64,
            "model": {"name": "canopy", "version": "1.0.0", "sha256": "c" * 64},
            "opinion": True,
            "canopy_cover_fraction": 0.3,
            "looks_down": True,
        }
        return (Detection.model_validate(photo),)


def test_what_a_photo_changed_is_kept_with_its_day() -> None:
    store = SeeingStore([parcel(1), parcel(2)])
    run_night(store, inputs())
    observed = [row for row in store.kept[DAY][0] if row.observations]
    assert [(row.parcel_id, row.day) for row in observed] == [("P01", DAY - timedelta(days=1))]
    (change,) = observed[0].observations
    assert (change.kind, change.source, change.seen) == ("canopy_cover_fraction", "cam-1", 0.3)
    assert change.expected > 0.3
    assert observed[0].correction_mm == pytest.approx(change.correction_mm, abs=1e-9)
    # Ground cover tells of the canopy: the water of the day stays as it was.
    assert change.correction_mm == 0.0


class ForgetfulStore(MemoryStore):
    """A store that lost one farmer."""

    def queue_messages(self, messages: Sequence[tuple[Message, str]], *, now: datetime) -> Queued:
        known = [one for one in messages if one[0].farmer_id != "F01"]
        kept = super().queue_messages(known, now=now)
        names = tuple(None if message.farmer_id == "F01" else "queued" for message, _ in messages)
        problem = "message for parcel P01: expected a known farmer, got F01; save the farmer first"
        return replace(kept, message_ids=names, problems=(problem,) if len(known) < len(messages) else ())


def test_a_message_that_cannot_be_queued_is_named_and_keeps_nobody_waiting() -> None:
    store = ForgetfulStore([parcel(1), parcel(2), parcel(3)])
    report = run_night(store, inputs())
    assert [message.farmer_id for message in report.messages] == ["F02", "F03"]
    assert [message.farmer_id for message, _ in store.queued] == ["F02", "F03"]
    assert [line.partition(":")[0] for line in report.problems] == ["message for parcel P01"]
    assert len(store.kept[DAY][1]) == 3


def test_a_thirsty_parcel_gets_one_priced_message_tied_to_its_verdict() -> None:
    store = MemoryStore([parcel(1)])
    report = run_night(store, inputs())
    ((message, digest),) = store.queued
    assert message == report.messages[0]
    assert message.farmer_id == "F01"
    assert message.language == "fr"
    assert message.cost == pytest.approx(0.5 * message.segments)
    assert digest == store.kept[DAY][1][0].digest()


def test_an_irrigation_that_was_told_is_presumed_given_until_somebody_says_otherwise() -> None:
    store = MemoryStore([parcel(1)])
    run_night(store, inputs())
    (told, _) = store.queued[0]
    heard = told_by(told, "m1", NOW, "Africa/Casablanca")
    assert heard is not None
    store.told.append(heard)
    assert store.reported == []
    again = replace(inputs(), day=DAY + timedelta(days=1))
    report = run_night(store, again)
    (event,) = store.reported
    assert (event.parcel_id, event.source) == ("P01", "inferred")
    dose = store.kept[DAY][1][0].recommendation.depth_mm
    assert dose is not None
    assert event.depth_mm == pytest.approx(0.9 * dose.p50, abs=0.06)
    assert any("presumed given" in note for note in report.notes)
    run_night(store, again)
    assert store.reported == [event]


def test_a_parcel_without_a_farmer_is_decided_and_nobody_is_told() -> None:
    store = MemoryStore([parcel(1, farmer=False)])
    run_night(store, inputs())
    assert len(store.kept[DAY][1]) == 1
    assert store.queued == []


def test_photos_of_the_last_days_only_are_looked_up() -> None:
    store = MemoryStore([parcel(1)])
    run_night(store, inputs())
    assert store.asked == [(NOW - timedelta(days=7), NOW)]


def test_after_stop_a_farmer_hears_nothing_and_the_parcel_is_still_decided() -> None:
    store = MemoryStore([parcel(1)])
    stop = Inbound(carrier="test", carrier_id="1", phone_number="+212600000001", text="STOP", received_at=NOW)
    store.inbound = [HeardText(position=1, received_at=NOW, carrier="test", farmer_ids=("F01",), inbound=stop)]
    report = run_night(store, inputs())
    assert store.queued == []
    assert len(report.decision.verdicts) == 1


def test_a_change_of_mind_since_the_last_verdict_is_told() -> None:
    wet = NightInputs(
        day=DAY,
        now=NOW,
        weather=sky(date(2026, 5, 1), 75).assign(rain_mm=lambda sky: sky["et0_mm"] * 2.0),
        forecast=sky(DAY, 9, member=True),
        code_version="test",
        voice=Voice(draft=True),
    )
    yesterday = verdict("irrigate", "stress_expected", day=DAY - timedelta(days=1))
    told, silent = MemoryStore([parcel(1)], [yesterday]), MemoryStore([parcel(1)])
    run_night(told, wet)
    run_night(silent, wet)
    assert [one.recommendation.action for one in told.kept[DAY][1]] == ["wait"]
    assert len(told.queued) == 1
    assert silent.queued == []


def test_the_same_night_twice_says_the_same() -> None:
    first, second = MemoryStore([parcel(1)]), MemoryStore([parcel(1)])
    run_night(first, inputs())
    run_night(second, inputs())
    assert first.kept == second.kept
    assert first.queued == second.queued


def test_the_coming_day_is_tomorrow_from_noon_on_where_the_farm_lies() -> None:
    late = datetime(2026, 7, 14, 23, 30, tzinfo=UTC)
    assert coming_day(late, "Africa/Casablanca") == date(2026, 7, 15)
    assert coming_day(late, "UTC") == date(2026, 7, 15)
    assert coming_day(datetime(2026, 7, 14, 4, tzinfo=UTC), "UTC") == DAY


def test_readings_of_the_season_count_and_are_named_among_the_inputs() -> None:
    def depletion(*readings: Observation) -> tuple[float, list[str]]:
        store = MemoryStore([parcel(1)])
        store.read += readings
        (verdict,) = run_night(store, inputs()).decision.verdicts
        said = verdict.recommendation.depletion_mm
        assert said is not None
        return said.p50, [one.name for one in verdict.recommendation.inputs if "observations" in one.name]

    def wet(at: datetime) -> Observation:
        return Observation(parcel_id="P01", observed_at=at, kind="depletion_mm", value=40.0, sigma=5.0, source="probe")

    dry, none = depletion()
    assert none == []
    eve = NOW - timedelta(days=1)
    assert depletion(wet(datetime(2026, 5, 10, tzinfo=UTC)), wet(NOW + timedelta(hours=1))) == (dry, [])
    moistened, names = depletion(wet(eve))
    assert moistened < dry - 5.0
    assert names == ["1 observations of the store"]
