from datetime import date

import pytest

from cloud.agronomy.crops.calendars import REGIONS, calendar_notes, region_of, sowing_window
from cloud.agronomy.crops.crop_table import CROPS
from cloud.records import Parcel


def parcel(crop: str, planted_on: date | None, latitude: float = 32.4, longitude: float = -6.5) -> Parcel:
    return Parcel(id="p", crop=crop, planted_on=planted_on, latitude=latitude, longitude=longitude)


@pytest.mark.parametrize(
    ("latitude", "longitude", "name"),
    [(32.34, -6.35, "Tadla"), (30.42, -9.6, "Souss"), (34.26, -6.58, "Gharb"), (34.92, -2.32, "Moulouya")],
)
def test_towns_lie_in_their_regions(latitude: float, longitude: float, name: str) -> None:
    # Beni Mellal, Agadir, Kenitra, Berkane.
    region = region_of(latitude, longitude)
    assert region is not None
    assert region.name == name


def test_a_place_far_away_has_no_region() -> None:
    assert region_of(48.85, 2.35) is None
    assert calendar_notes([parcel("wheat", date(2024, 6, 1), 48.85, 2.35)], ["wheat"]) == ()


def test_every_region_has_windows_with_sources() -> None:
    annuals = [name for name, crop in CROPS.items() if not crop.is_perennial]
    for region in REGIONS:
        windows = [window for name in annuals if (window := sowing_window(name, region)) is not None]
        assert len(windows) >= 15
        assert all(window.source and window.harvest for window in windows)
    assert len({sowing_window("tomato", region) for region in REGIONS}) == 2


def test_a_window_may_pass_the_new_year() -> None:
    window = sowing_window("wheat", REGIONS[0])
    assert window is not None
    assert window.holds(date(2023, 11, 20))
    assert window.holds(date(2024, 1, 10))
    assert not window.holds(date(2024, 1, 11))
    assert not window.holds(date(2023, 10, 14))
    spring = sowing_window("melon", REGIONS[0])
    assert spring is not None
    assert spring.holds(date(2024, 4, 1))
    assert not spring.holds(date(2024, 9, 1))


def test_only_an_unusual_date_is_questioned() -> None:
    places = [
        parcel("wheat", date(2024, 6, 1)),
        parcel("wheat", date(2023, 11, 20)),
        parcel("cotton", date(2023, 12, 20)),
        parcel("olive", None),
    ]
    (line,) = calendar_notes(places, ["wheat", "wheat", "cotton", "olive"])
    assert line == (
        "parcel p: planted_on 2024-06-01: wheat is usually sown from 15/10 to 10/01 (day/month) in the Tadla;"
        " check the date"
    )
