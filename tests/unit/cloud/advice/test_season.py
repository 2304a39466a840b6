from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from cloud.advice.prices import Prices
from cloud.advice.season import Season, season_of
from cloud.records import Parcel
from tests.district import DAY, field

MAIZE = field("plot")  # sown on 1 April: 43 days old


def season(days: int = 60, *, et0_mm: float = 5.0, rain_mm: float = 0.0) -> Season:
    """Weather of some days up to DAY, every day the same."""
    known = np.datetime64(DAY) - np.arange(days)[::-1]
    shape = (days, 1)
    return season_of(DAY, [MAIZE], known, np.full(shape, et0_mm), np.full(shape, rain_mm))


def test_needs_go_stage_by_stage_and_flowering_is_worth_most() -> None:
    later = season().later_of(MAIZE, None)
    assert [one.stage for one in later] == ["development", "flowering and yield formation", "ripening"]
    assert [one.is_next for one in later] == [True, False, False]
    worth = {one.stage: one.money_per_m3 for one in later}
    assert max(worth, key=lambda stage: worth[stage]) == "flowering and yield formation"


def test_a_warmer_season_wants_more_and_rain_takes_from_it() -> None:
    years = 4 * 365
    mild, hot, wet = (season(years, et0_mm=et0, rain_mm=rain) for et0, rain in ((4.0, 0.0), (6.0, 0.0), (6.0, 1.0)))
    volumes = [sum(one.volume_m3 for one in each.later_of(MAIZE, None)) for each in (mild, hot, wet)]
    assert volumes[1] == pytest.approx(1.5 * volumes[0], rel=1e-6)
    assert volumes[2] < volumes[1]


def test_the_need_of_the_last_days_by_hand() -> None:
    # A crop of constant coefficient 1 in every stage: (1 + 0.1) * 5 mm on each of the ten days to the harvest.
    flat = {"kcb_ini": 1.0, "kcb_mid": 1.0, "kcb_end": 1.0, "stage_lengths_days": (10, 10, 10, 10)}
    ripe = Parcel.model_validate(
        {**field("plot").model_dump(), "planted_on": date(2026, 4, 15), "crop_parameters": flat}
    )
    cheap = replace(season(4 * 365), prices=Prices(water_share=0.3))
    (ripening,) = cheap.later_of(ripe, None)
    assert (ripening.stage, ripening.is_next) == ("ripening", True)
    assert ripening.volume_m3 == pytest.approx(10.0 * 10 * 1.1 * 5.0 / 0.75, rel=1e-3)


def test_few_days_scale_the_course_of_the_sun_and_count_no_rain() -> None:
    usual, double = season(30, et0_mm=4.0), season(30, et0_mm=8.0, rain_mm=9.0)
    one, two = (sum(later.volume_m3 for later in each.later_of(MAIZE, None)) for each in (usual, double))
    assert two == pytest.approx(2.0 * one)


def test_a_quotas_last_day_bounds_the_horizon() -> None:
    whole = sum(one.volume_m3 for one in season().later_of(MAIZE, None))
    month = sum(one.volume_m3 for one in season().later_of(MAIZE, date(2026, 6, 13)))
    assert 0.0 < month < whole
    assert season().later_of(MAIZE, DAY) == ()


def test_the_soils_stock_serves_the_first_need() -> None:
    dry = season()
    full = Season(
        day=dry.day,
        days=dry.days,
        et0_mm=dry.et0_mm,
        rain_mm=dry.rain_mm,
        columns=dry.columns,
        stock_mm={"plot": 30.0},
    )
    first, second = dry.later_of(MAIZE, None)[0], full.later_of(MAIZE, None)[0]
    # 30 mm net through 75 % on one hectare.
    assert first.volume_m3 - second.volume_m3 == pytest.approx(400.0)


@pytest.mark.parametrize(
    "parcel",
    [
        field("else"),
        field("plot").model_copy(update={"planted_on": date(2026, 6, 1)}),
        field("plot").model_copy(update={"planted_on": date(2025, 1, 1)}),
    ],
)
def test_without_weather_or_outside_the_season_nothing_is_wanted(parcel: Parcel) -> None:
    assert season().later_of(parcel, None) == ()


def test_dear_water_is_kept_for_what_pays_it() -> None:
    priced = Season(
        day=DAY,
        days=season().days,
        et0_mm=season().et0_mm,
        rain_mm=season().rain_mm,
        columns={"plot": 0},
        prices=Prices(water_per_m3=5.0),
    )
    assert [one.stage for one in priced.later_of(MAIZE, None)] == ["flowering and yield formation"]
