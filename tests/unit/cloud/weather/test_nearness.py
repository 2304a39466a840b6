import numpy as np
import pytest
import xarray as xr

from cloud.records import Parcel
from cloud.weather.nearness import PLACED, far_lines, nearest_of


def sites(*places: tuple[float, float, float]) -> xr.Dataset:
    latitude, longitude, elevation = zip(*places, strict=True)
    return xr.Dataset(
        coords={
            "latitude": ("site", list(latitude)),
            "longitude": ("site", list(longitude)),
            "elevation_m": ("site", list(elevation)),
        },
        attrs={"source": "past.nc"},
    )


def parcel(name: str, latitude: float, longitude: float, elevation_m: float | None = None) -> Parcel:
    return Parcel(id=name, crop="olive", latitude=latitude, longitude=longitude, elevation_m=elevation_m)


HOME = parcel("home", 32.3, -6.3, 500.0)


def test_the_nearest_site_is_that_of_the_shortest_way() -> None:
    generator = np.random.default_rng(6)
    places = generator.uniform((30.0, -9.0, 0.0), (35.0, -2.0, 900.0), (40, 3))
    parcels = [parcel(str(one), *generator.uniform((30.0, -9.0), (35.0, -2.0)).tolist()) for one in range(25)]
    dataset = sites(*map(tuple, places.tolist()))
    whole = nearest_of(parcels, dataset)
    for one, place in zip(parcels, whole.site.tolist(), strict=True):
        north, east = np.radians(places[:, 0]), np.radians(places[:, 1] - one.longitude)
        here = np.radians(one.latitude)
        cosine = np.sin(north) * np.sin(here) + np.cos(north) * np.cos(here) * np.cos(east)
        assert place == int(np.argmax(cosine))


def test_a_degree_of_latitude_is_111_km() -> None:
    assert nearest_of([HOME], sites((33.3, -6.3, 0.0))).distance_km[0] == pytest.approx(111.2)


def test_weather_without_a_place_is_neither_far_nor_near() -> None:
    unknown = sites((np.nan, np.nan, np.nan))
    assert far_lines([HOME], unknown) == ([], [])
    assert not nearest_of([HOME], unknown).too_far.any()
    half = sites((np.nan, np.nan, np.nan), (32.4, -6.3, 480.0))
    assert nearest_of([HOME], half).site.tolist() == [1]
    assert far_lines([], half) == ([], [])


def test_weather_that_was_placed_at_one_parcel_serves_all() -> None:
    away = parcel("away", 38.0, -6.3)
    assert nearest_of([HOME, away], sites((32.3, -6.3, 500.0))).too_far.tolist() == [False, True]
    assert not nearest_of([HOME, away], sites((32.3, -6.3, 500.0)).assign_attrs({PLACED: 1})).too_far.any()


def test_far_weather_is_told_and_too_far_weather_refused() -> None:
    problems, notes = far_lines([HOME, parcel("away", 33.2, -6.3)], sites((32.3, -6.2, 480.0)))
    assert problems == []
    assert notes == ["past.nc: its weather is from far away for parcels away (101 km)"]
    problems, notes = far_lines([parcel("abroad", 45.0, 3.0), HOME], sites((32.3, -6.2, 480.0)))
    assert notes == []
    (line,) = problems
    assert line.startswith("past.nc: expected weather within 300 km of its parcels, got abroad 1")
    assert line.endswith(" km from it; correct the position, or give weather of the region")
    assert nearest_of([parcel("abroad", 45.0, 3.0), HOME], sites((32.3, -6.2, 480.0))).too_far.tolist() == [True, False]


def test_exchanged_coordinates_are_named_on_either_side() -> None:
    (line,), _ = far_lines([HOME], sites((-6.3, 32.3, 480.0)))
    assert "latitude -6.3 and longitude 32.3 of the weather (or those of the parcel) seem exchanged" in line
    (line,), _ = far_lines([parcel("swapped", -6.3, 32.3)], sites((32.3, -6.3, 480.0)))
    assert "seem exchanged: correct them" in line


def test_a_parcel_among_others_whose_coordinates_are_exchanged_is_named_itself() -> None:
    (line,), _ = far_lines([parcel("swapped", -6.3, 32.3), HOME], sites((32.3, -6.3, 480.0)))
    assert "got swapped " in line
    assert line.endswith("latitude -6.3 and longitude 32.3 of the parcel seem exchanged: correct them")


def test_exchange_is_not_spoken_of_where_it_would_not_help() -> None:
    # Exchanged, the weather would be 2 degrees from the parcel.
    (line,), _ = far_lines([HOME], sites((-8.3, 32.3, 480.0)))
    assert line.endswith("correct the position, or give weather of the region")


def test_many_parcels_abroad_are_one_line() -> None:
    abroad = [parcel(f"p{one}", 45.0, 3.0 + one) for one in range(7)]
    (line,), _ = far_lines([*abroad, HOME], sites((32.3, -6.2, 480.0)))
    assert "got p0 1" in line
    assert " km and 2 more from it; correct" in line


def test_a_difference_of_height_is_told() -> None:
    _, notes = far_lines([parcel("high", 32.3, -6.2, 1200.0)], sites((32.3, -6.2, 480.0)))
    assert notes == ["past.nc: its weather is from far away for parcels high (+720 m of height)"]
    many = [parcel(f"p{one}", 33.2, -6.3) for one in range(7)]
    _, (note,) = far_lines(many, sites((32.3, -6.2, 480.0)))
    assert note.endswith("p4 (101 km) and 2 more")
