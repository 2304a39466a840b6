"""From records to the panel: need, metered water, starts, neighbours; and who was truly advised."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from cloud.errors import InputError
from cloud.impact.assemble import Assembled, assemble
from cloud.impact.compliance import block_of, compliance_of, observed_assignment
from cloud.impact.data import Advice, ParcelSeason, TrialData, TrialWeather
from cloud.impact.design import Assigned
from cloud.impact.need import effective_rain_mm, irrigation_need_mm
from cloud.records import Parcel, WaterSource
from tests.synthetic_panel import design

YEARS = {"a": 2022, "b": 2023, "c": 2024, "d": 2025}
PLAN = design()


def parcel(name: str, *, place: float = 0.0, crop: str = "maize", **more: Any) -> Parcel:  # noqa: ANN401 -- any field
    return Parcel.model_validate(
        {"id": name, "crop": crop, "planted_on": "2022-04-15", "latitude": 32.0, "longitude": -6.0 + place, **more}
    )


def rows(name: str, *, crop: str = "maize", seasons: str = "abcd", yields: float | None = 5.0) -> list[ParcelSeason]:
    return [
        ParcelSeason(
            parcel_id=name,
            season=season,
            crop=crop,
            first=date(YEARS[season], 4, 15),
            last=date(YEARS[season], 8, 12),
            area_ha=2.0,
            yield_t_ha=yields,
        )
        for season in seasons
    ]


def weather(parcels: int, rain_mm: float = 0.0) -> TrialWeather:
    days = np.arange(np.datetime64("2022-04-01"), np.datetime64("2025-09-01"))
    like = np.ones((days.size, parcels))
    return TrialWeather(
        days=days, et0_mm=6.0 * like, rain_mm=rain_mm * like, wind_m_s=2.0 * like, rh_min_percent=45.0 * like
    )


def events(name: str, depth_mm: float = 40.0) -> dict[str, list[tuple[date, float]]]:
    return {
        name: [
            (date(year, 4, 20) + timedelta(days=10 * step), depth_mm) for year in YEARS.values() for step in range(10)
        ]
    }


def data(*parcels: Parcel, **more: Any) -> TrialData:  # noqa: ANN401 -- any field
    all_events = {name: own for one in parcels for name, own in events(one.id).items()}
    plain = TrialData(
        parcels=parcels, seasons=tuple(row for one in parcels for row in rows(one.id)), events_mm=all_events
    )
    return replace(plain, **more)


def assigned(*names: str) -> list[Assigned]:
    return [
        Assigned(parcel_id=name, block=name, starts="c" if number % 2 == 0 else None)
        for number, name in enumerate(names)
    ]


def made(given: TrialData, names: Sequence[str] = ("x", "y"), sky: TrialWeather | None = None) -> Assembled:
    return assemble(given, sky or weather(len(given.parcels)), PLAN, assigned(*names))


def test_effective_rain_by_hand() -> None:
    # 50 x (125 - 10) / 125 = 46; 300 mm: 125 + 30.
    assert effective_rain_mm(np.array([0.0, 50.0, 300.0])) == pytest.approx([0.0, 46.0, 155.0])


def test_need_is_et_less_effective_rain_month_by_month() -> None:
    et, rain = np.full(60, 5.0), np.r_[np.full(30, 2.0), np.full(30, 20.0)]
    need = irrigation_need_mm(et, rain)
    # First month 150 - 60 x 113 / 125 = 95.76; the second's rain is more than its need, and saves nothing of the first.
    assert need[:30].sum() == pytest.approx(95.76)
    assert need[30:].sum() == 0.0
    assert np.isnan(irrigation_need_mm(et, np.full(60, 20.0))).all()


def test_everything_known_becomes_a_panel() -> None:
    found = made(data(parcel("x"), parcel("y")))
    panel = found.panel
    assert not found.problems
    assert panel.crops == ("maize",)
    assert panel.start.tolist() == [2, 4]
    assert panel.used_mm == pytest.approx(np.full((2, 4), 400.0))
    assert panel.area_ha.tolist() == [[2.0] * 4] * 2
    assert (found.gap_fraction == 0.0).all()
    # Maize of 120 days at 6 mm a day needs some 500 mm; the years are alike.
    assert 400.0 < panel.need_mm[0, 0] < 700.0
    assert panel.need_mm[0] == pytest.approx(np.full(4, panel.need_mm[0, 0]))
    assert not panel.near.any()


def test_rain_lowers_the_need_and_a_wet_season_has_none() -> None:
    dry, wet = made(data(parcel("x"), parcel("y"))), made(data(parcel("x"), parcel("y")), sky=weather(2, 1.0))
    assert (wet.panel.need_mm < dry.panel.need_mm).all()
    flooded = made(data(parcel("x"), parcel("y")), sky=weather(2, 60.0))
    assert np.isnan(flooded.panel.used_mm).all()
    assert "rain met the whole need" in flooded.problems[0]


def test_what_cannot_be_used_is_named_and_the_rest_goes_on() -> None:
    given = data(parcel("x"), parcel("y"), parcel("z"))
    strange = replace(given, seasons=(*rows("x"), *rows("x", seasons="d"), *rows("y", crop="moonflower"), *rows("w")))
    found = made(strange, ("x", "y", "z", "nobody"))
    text = "\n".join(found.problems)
    assert "parcel nobody: expected it in parcels.geojson" in text
    assert "parcel y season a: crop 'moonflower': expected a known crop" in text
    assert "parcel x season d: expected one row, got another" in text
    assert "parcel z: expected rows in seasons.csv, got none" in text
    assert "seasons.csv: 4 rows of other seasons or of parcels that are not in the trial" in found.notes
    assert np.isfinite(found.panel.used_mm[0]).all()
    assert (found.panel.crop[1:] == -1).all()


def test_nobody_of_the_registration_is_there() -> None:
    with pytest.raises(InputError, match=r"expected parcels that are in parcels\.geojson"):
        made(data(parcel("x")), ("nobody",))


def test_a_season_without_weather_or_meter_counts_as_lost() -> None:
    given = data(parcel("x"), parcel("y"))
    short = replace(weather(2), days=weather(2).days[:-90])
    short = TrialWeather(
        days=short.days,
        **{name: getattr(weather(2), name)[:-90] for name in ("et0_mm", "rain_mm", "wind_m_s", "rh_min_percent")},
    )
    found = made(given, sky=short)
    assert np.isnan(found.panel.used_mm[:, 3]).all()
    assert "parcel x season d: expected weather on all 120 days" in found.problems[0]
    unmetered = made(replace(given, events_mm=events("x")))
    assert np.isnan(unmetered.panel.used_mm[1]).all()
    assert "expected a meter that saw 75 % of the season, got 0 %" in unmetered.problems[0]


def test_a_gap_is_told_with_its_least_and_most_and_a_long_one_is_lost() -> None:
    given = data(parcel("x"), parcel("y"))
    out = {"x": [(date(2024, 6, 1), date(2024, 6, 12))], "y": [(date(2025, 5, 1), date(2025, 7, 15))]}
    found = made(replace(given, outages=out))
    assert found.panel.low_mm[0, 2] < found.panel.used_mm[0, 2] < found.panel.high_mm[0, 2]
    assert any("parcel x season c: 10 % of the season not metered" in note for note in found.notes)
    assert np.isnan(found.panel.used_mm[1, 3])
    assert "parcel y season d: expected a meter that saw 75 %" in found.problems[0]


def test_crops_that_are_not_the_designs_do_not_count() -> None:
    given = replace(data(parcel("x"), parcel("y")), seasons=(*rows("x"), *rows("y", crop="wheat")))
    found = assemble(given, weather(2), design(crops=("corn",)), assigned("x", "y"))
    assert found.panel.crops == ("maize",)
    assert (found.panel.crop[1] == -1).all()


def test_neighbours_of_other_blocks_are_near() -> None:
    given = data(parcel("x"), parcel("y", place=0.001), parcel("z", place=0.1))
    found = assemble(given, weather(3), design(buffer_m=500.0), assigned("x", "y", "z"))
    # 0.001 degrees at 32 N are 94 m.
    assert found.panel.near.tolist() == [[False, True, False], [True, False, False], [False, False, False]]


def test_a_widowed_partner_is_no_pair() -> None:
    pairs = [
        Assigned(parcel_id=name, block=pair, starts=start, pair=pair)
        for name, start, pair in (("x", "c", "P"), ("y", None, "P"), ("z", "c", "Q"), ("gone", None, "Q"))
    ]
    given = data(parcel("x"), parcel("y"), parcel("z"))
    found = assemble(given, weather(3), design(kind="pairs", block="pair"), pairs)
    assert found.panel.pair.tolist() == [0, 0, -1]


def test_compliance_counts_early_late_and_never() -> None:
    advice = {
        "x": Advice(since=date(2024, 5, 1), followed_fraction=0.6),
        "y": Advice(since=date(2025, 4, 1), followed_fraction=None),
    }
    given = replace(data(parcel("x"), parcel("y"), parcel("z")), advice=advice)
    found = compliance_of(given, PLAN, assigned("x", "y", "z"))
    assert found is not None
    # x as assigned in c and d; z never; y a season early.
    assert (found.assigned, found.advised_as_assigned, found.advised_before_their_turn) == (4, 2, 1)
    assert found.followed_fraction == pytest.approx(0.6)
    assert found.contrast == pytest.approx(0.5)
    assert compliance_of(data(parcel("x")), PLAN, assigned("x")) is None


def test_where_nobody_was_drawn_starts_are_those_that_came_about() -> None:
    advice = {
        "x": Advice(since=date(2024, 5, 10), followed_fraction=None),
        "y": Advice(since=date(2025, 7, 1), followed_fraction=None),
        "z": Advice(since=date(2022, 1, 1), followed_fraction=None),
    }
    given = replace(data(*(parcel(name) for name in "wxyz")), advice=advice)
    found, problems = observed_assignment(given, design(kind="observed"))
    # y was advised too late in its last season to count for it.
    assert {one.parcel_id: one.starts for one in found} == {"w": None, "x": "c", "y": None}
    assert problems == (
        "parcel z: expected seasons before the first advice, got advice from 2022-01-01 on; it is left out",
    )


def test_blocks_are_named_by_canal_and_group() -> None:
    both = parcel("x", water=WaterSource(canal="C", group="G"), farm="F")
    assert block_of(both, PLAN) == "C/G"
    assert block_of(both, design(block="farm")) == "F"
    assert block_of(both, design(block="parcel")) == "parcel x"
    assert block_of(parcel("y"), PLAN) == "parcel y"
