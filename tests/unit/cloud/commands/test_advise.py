from datetime import date

from cloud.commands.advise import late_for_the_judge
from cloud.records import Parcel

DAY = date(2026, 6, 10)


def planted(on: date) -> Parcel:
    return Parcel(id="one", crop="maize", planted_on=on, latitude=32.3, longitude=-6.4)


def test_weather_of_a_part_of_the_season_is_told_for_the_judge() -> None:
    (line,) = late_for_the_judge([planted(date(2026, 3, 1))], date(2026, 6, 1), DAY)
    assert "weather begins on 2026-06-01, after parcel one was planted: give the weather of the whole season" in line
    assert "2 parcels" in late_for_the_judge([planted(date(2026, 3, 1))] * 2, date(2026, 6, 1), DAY)[0]


def test_weather_of_the_season_or_of_ninety_days_is_enough() -> None:
    assert late_for_the_judge([planted(date(2026, 3, 1))], date(2026, 3, 1), DAY) == []
    assert late_for_the_judge([planted(date(2026, 1, 1))], date(2026, 3, 1), DAY) == []
