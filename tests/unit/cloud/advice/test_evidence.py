from collections.abc import Callable
from datetime import UTC, date, datetime

from cloud.advice.evidence import PHOTOS_SHOWN, of_detections, of_events, of_water
from cloud.advice.outlook import Outlook
from cloud.records import IrrigationEvent, Parcel
from edge.contract import Detection, ModelReference

DAY = date(2026, 5, 14)


def test_water_is_shown_with_its_spread_and_the_rain_counted(outlook_of: Callable[..., Outlook]) -> None:
    outlook = outlook_of([20.0, 30.0, 40.0], rain=[0.0, 6.0, 1.0])
    facts = {fact.kind: fact for fact in of_water(outlook, DAY)}
    assert facts["depletion_mm"].value == 35.0
    assert facts["depletion_mm"].sigma is not None
    assert 5.0 < facts["depletion_mm"].sigma < 8.0
    assert facts["readily_available_mm"].value == 50.0
    assert facts["forecast_rain_mm"].value == 7.0


def test_only_the_last_irrigation_is_shown(event_of: Callable[..., IrrigationEvent]) -> None:
    facts = list(of_events([event_of(day=3), event_of(day=11, depth_mm=31.26), event_of(day=7)]))
    assert [(fact.kind, fact.value, fact.source) for fact in facts] == [("last_irrigation_mm", 31.3, "meter")]
    assert facts[0].observed_at is not None
    assert facts[0].observed_at.day == 11
    assert not list(of_events([]))


def photo(index: int, *, opinion: bool = True, taken: bool = True) -> Detection:
    return Detection(
        parcel_id="plot",
        sha256=f"{index:x}" * 64,
        taken_at=datetime(2026, 5, 10, index, tzinfo=UTC) if taken else None,
        model=ModelReference(name="wilting", version="1", sha256=None),
        opinion=opinion,
        reasons=() if opinion else ("blurred",),
        wilting_score=1.5 if opinion else None,
        stress_index=0.3 if opinion else None,
        stress_sigma=0.1 if opinion else None,
    )


def test_the_newest_photos_are_shown_opinions_and_abstentions(parcel_of: Callable[..., Parcel]) -> None:
    photos = [photo(index, opinion=index != 4) for index in range(1, 5)]
    facts = list(of_detections(parcel_of(), photos))
    assert facts[0].kind == "camera_abstains"
    assert facts[0].source == "wilting: blurred"
    assert [fact.kind for fact in facts[1:]] == ["wilting_score", "stress_index"] * (PHOTOS_SHOWN - 1)
    assert facts[2].sigma == 0.1


def test_a_photo_without_a_time_comes_last_but_is_shown(parcel_of: Callable[..., Parcel]) -> None:
    facts = list(of_detections(parcel_of(), [photo(1, taken=False), photo(2)]))
    assert facts[-1].observed_at is None
    assert len(facts) == 4


def test_photos_of_other_parcels_are_not_shown(parcel_of: Callable[..., Parcel]) -> None:
    assert not list(of_detections(parcel_of("other"), [photo(1)]))
