from datetime import UTC, datetime, timedelta

import pytest

from edge.sun import Place, elevation_deg, solar_noon

BENI_MELLAL = Place(latitude=32.34, longitude=-6.36)


@pytest.mark.parametrize(
    ("moment", "place", "minutes"),
    [
        # Equation of time of the almanac: -14.2 min on 11 February, +16.4 min on 3 November, 0 on 15 April.
        (datetime(2025, 2, 11, 12, tzinfo=UTC), Place(latitude=0.0, longitude=0.0), 12 * 60 + 14.2),
        (datetime(2025, 11, 3, 12, tzinfo=UTC), Place(latitude=0.0, longitude=0.0), 12 * 60 - 16.4),
        (datetime(2025, 4, 15, 12, tzinfo=UTC), Place(latitude=0.0, longitude=0.0), 12 * 60),
    ],
)
def test_solar_noon_of_the_almanac(moment: datetime, place: Place, minutes: float) -> None:
    noon = solar_noon(moment, place)
    assert abs(noon.hour * 60 + noon.minute + noon.second / 60 - minutes) < 0.8


def test_noon_moves_with_the_meridian() -> None:
    moment = datetime(2025, 4, 15, 12, tzinfo=UTC)
    west = solar_noon(moment, BENI_MELLAL) - solar_noon(moment, Place(latitude=32.34, longitude=0.0))
    assert abs(west - timedelta(minutes=4 * 6.36)) < timedelta(seconds=5)


@pytest.mark.parametrize("hour", range(24))
def test_the_nearest_noon_is_never_more_than_half_a_day_away(hour: int) -> None:
    moment = datetime(2025, 7, 1, hour, 30, tzinfo=UTC)
    for longitude in (-179.0, -6.36, 0.0, 60.0, 179.0):
        noon = solar_noon(moment, Place(latitude=10.0, longitude=longitude))
        assert abs(noon - moment) <= timedelta(hours=12, minutes=1)


def test_height_at_noon_is_that_of_the_seasons() -> None:
    # 90 - latitude + declination: 23.44 at the solstices, 0 at the equinox (20 March 2025, 09:01 UTC).
    for day, declination in (
        (datetime(2025, 6, 21, 12, tzinfo=UTC), 23.44),
        (datetime(2025, 12, 21, 12, tzinfo=UTC), -23.44),
    ):
        noon = solar_noon(day, BENI_MELLAL)
        assert elevation_deg(noon, BENI_MELLAL) == pytest.approx(90 - 32.34 + declination, abs=0.1)
    equinox = datetime(2025, 3, 20, 9, 1, tzinfo=UTC)
    assert elevation_deg(solar_noon(equinox, BENI_MELLAL), BENI_MELLAL) == pytest.approx(90 - 32.34, abs=0.5)


def test_the_sun_rises_and_sets_when_the_almanac_says() -> None:
    # Casablanca, 21 June 2025: sunrise 05:21 and sunset 19:43 UTC, refraction and disc included (-0.83 degrees).
    casablanca = Place(latitude=33.57, longitude=-7.59)
    for moment in (datetime(2025, 6, 21, 5, 21, tzinfo=UTC), datetime(2025, 6, 21, 19, 43, tzinfo=UTC)):
        assert elevation_deg(moment, casablanca) == pytest.approx(-0.83, abs=0.6)
    assert elevation_deg(datetime(2025, 6, 21, 0, 30, tzinfo=UTC), casablanca) < -30
