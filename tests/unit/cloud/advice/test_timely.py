"""Photos of days gone by: what came in time counts whenever its day is followed anew."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from cloud.advice.observe import observe
from cloud.advice.timely import measured_in_season, observed_before
from cloud.records import Observation, Parcel
from edge.contract import Detection, ModelReference

DAY = date(2026, 5, 14)
PARCELS = [Parcel(id="plot", crop="maize", latitude=32.3, longitude=-6.4)]


@dataclass(frozen=True)
class Came:
    detection: Detection
    received_at: datetime


def came(days_ago: int, *, after_days: int = 0, number: int = 1, **changes: object) -> Came:
    taken = datetime(2026, 5, 14, 12, tzinfo=UTC) - timedelta(days=days_ago)
    detection = Detection.model_validate(
        {
            "parcel_id": "plot",
            "camera_id": "cam-1",
            "taken_at": taken,
            "sha256": f"{number:064d}",
            "model": ModelReference(name="canopy", version="1.0.0", sha256="c" * 64),
            "opinion": True,
            "canopy_cover_fraction": 0.5 + number / 100,
            "looks_down": True,
            **changes,
        }
    )
    return Came(detection, taken + timedelta(days=after_days, hours=1))


def test_what_came_in_time_counts_and_what_the_day_sees_itself_does_not() -> None:
    arrived = [came(age, number=age) for age in range(8)]
    found = observed_before(arrived, PARCELS, DAY)
    assert [one.observed_at.date() for one in found] == [DAY - timedelta(days=age) for age in (7, 6, 5, 4)]
    fresh, _ = observe([one.detection for one in arrived], PARCELS, DAY)
    assert not {one.observed_at for one in fresh} & {one.observed_at for one in found}
    assert len(fresh) + len(found) == 8


def test_what_came_too_late_never_counts() -> None:
    found = observed_before([came(9, after_days=3), came(8, after_days=4, number=2)], PARCELS, DAY)
    assert [one.observed_at.date() for one in found] == [DAY - timedelta(days=9)]


def test_the_value_is_the_one_of_its_own_day() -> None:
    group = [came(9, number=1), came(9, number=7)]
    own, _ = observe([one.detection for one in group], PARCELS, DAY - timedelta(days=9))
    assert observed_before(group, PARCELS, DAY) == own


def test_strangers_and_photos_without_a_date_are_left_out() -> None:
    assert observed_before([came(9, parcel_id="nobody"), came(9, number=2, taken_at=None)], PARCELS, DAY) == ()


def test_readings_are_those_of_the_days_and_of_what_grows_there_now() -> None:
    sown = PARCELS[0].model_copy(update={"id": "sown", "planted_on": date(2026, 4, 10)})

    def read(name: str, day: date, hour: int = 9) -> Observation:
        moment = datetime(day.year, day.month, day.day, hour, 30, tzinfo=UTC)
        return Observation(parcel_id=name, observed_at=moment, kind="depletion_mm", value=9.0, sigma=2.0, source="p")

    first = date(2026, 3, 1)
    kept = [read("plot", first), read("plot", DAY), read("sown", date(2026, 4, 9), 23), read("sown", DAY)]
    others = [read("plot", date(2026, 2, 28)), read("sown", date(2026, 4, 9)), read("sown", first), read("far", DAY)]
    assert measured_in_season([*kept, *others], [*PARCELS, sown], first) == tuple(kept)
