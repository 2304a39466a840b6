from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from cloud.errors import InputError
from cloud.weather.blend.blending import Extent, blended
from cloud.weather.blend.learned import LearnedRegion
from cloud.weather.blend.normal_year import normal_year
from cloud.weather.blend.pairs import Pairs
from cloud.weather.read import read_weather
from cloud.weather.scrutiny.quality import Quality, quality_of

GAP = slice(800, 820)


def with_gap(reference: xr.Dataset, *names: str, rows: slice = GAP) -> xr.Dataset:
    changed = {}
    for name in names or tuple(map(str, reference.data_vars)):
        values = reference[name].values.copy()
        values[rows] = np.nan
        changed[name] = (("time", "site"), values)
    return reference.assign(changed)


def test_a_gap_is_filled_and_everything_else_stays_as_measured(
    reference: xr.Dataset, second: xr.Dataset, learned: LearnedRegion
) -> None:
    found = blended(with_gap(reference), second, learned)
    outside = np.r_[0:800, 820:1095]
    for name in ("tmin_c", "tmax_c", "rain_mm", "et0_mm"):
        assert found[name].values[outside] == pytest.approx(reference[name].values[outside])
        assert np.isnan(found[f"{name}_sigma"].values[outside]).all()
        flags = quality_of(found, name)[:, 0]
        assert (flags[GAP] == Quality.FILLED).all()
        assert (flags[outside] == Quality.MEASURED).all()
        assert (found[f"{name}_p10"].values[GAP] <= found[name].values[GAP]).all()
        assert (found[name].values[GAP] <= found[f"{name}_p90"].values[GAP]).all()
        assert (found[f"{name}_sigma"].values[GAP] >= 0.0).all()
    error = found["tmax_c"].values[GAP] - reference["tmax_c"].values[GAP]
    assert np.sqrt(np.mean(error**2)) < 1.5
    assert found["source"].values[GAP].tolist() == [[1]] * 20
    assert found["source"].values[0].tolist() == [0]
    assert "20 days filled from the second product" in found.attrs["notes"]


def test_days_beyond_the_reference_are_told_by_the_second_product(
    reference: xr.Dataset, second: xr.Dataset, learned: LearnedRegion
) -> None:
    found = blended(reference.isel(time=slice(100, 700)), second, learned)
    assert found.sizes["time"] == 1095
    assert np.isfinite(found["tmin_c"].values).all()
    assert (quality_of(found, "tmin_c")[700:] == Quality.FILLED).all()


def test_a_day_that_keeps_its_temperatures_keeps_its_own_reference_et(
    reference: xr.Dataset, second: xr.Dataset, learned: LearnedRegion
) -> None:
    """Reference ET is then computed from what was measured and what was filled, never told whole."""
    measured = with_gap(reference, "et0_mm")
    found = blended(measured, second, learned)
    assert np.isnan(found["et0_mm"].values[GAP]).all()


def test_a_day_of_measured_temperatures_and_filled_radiation_says_its_doubt(
    reference: xr.Dataset, second: xr.Dataset, learned: LearnedRegion
) -> None:
    windy = replace(learned, boosted={**learned.boosted, "wind_2m_m_s": learned.boosted["et0_mm"]})
    found = blended(with_gap(reference, "et0_mm"), second, windy)
    assert (found["et0_mm_sigma"].values[GAP] > 0.0).all()
    assert np.isnan(found["et0_mm_sigma"].values[0, 0])


def test_where_neither_knows_a_gap_stays(reference: xr.Dataset, second: xr.Dataset, learned: LearnedRegion) -> None:
    found = blended(with_gap(reference), with_gap(second), learned)
    assert np.isnan(found["tmax_c"].values[GAP]).all()
    assert (quality_of(found, "tmax_c")[GAP] == Quality.MISSING).all()
    assert found["source"].values[GAP].tolist() == [[-1]] * 20


def test_a_place_with_the_second_product_alone_is_corrected(second: xr.Dataset, learned: LearnedRegion) -> None:
    found = blended(None, second, learned)
    assert (quality_of(found, "et0_mm") == Quality.CORRECTED).all()
    assert np.isfinite(found["et0_mm_sigma"].values).all()
    assert "corrected from the second product" in found.attrs["notes"]


def test_a_place_outside_the_region_is_refused_by_name(second: xr.Dataset, learned: LearnedRegion) -> None:
    with pytest.raises(InputError, match=r"blend at 36\.00, -6\.40: not filled, for it lies \d+ km from the region"):
        blended(None, second.assign_coords(latitude=("site", [36.0])), learned)


def test_a_reference_outside_the_region_or_without_product_stays_as_it_is(
    reference: xr.Dataset, second: xr.Dataset, learned: LearnedRegion
) -> None:
    high = with_gap(reference).assign_coords(elevation_m=("site", [2000.0]))
    found = blended(high, second, learned)
    assert np.isnan(found["tmax_c"].values[GAP]).all()
    assert "1500 m above or below" in found.attrs["problems"]
    far = blended(with_gap(reference), second.assign_coords(latitude=("site", [36.0])), learned)
    assert np.isnan(far["tmax_c"].values[GAP]).all()
    assert "expected a site within 100 km" in far.attrs["problems"]


def test_everywhere_adds_the_second_products_places_that_lie_in_the_region(
    reference: xr.Dataset, second: xr.Dataset, learned: LearnedRegion
) -> None:
    near = second.assign_coords(latitude=("site", [32.32]))
    town = second.assign(tmax_c=second["tmax_c"] + 1.0).assign_coords(latitude=("site", [32.9]))
    away = second.assign(tmax_c=second["tmax_c"] + 2.0).assign_coords(latitude=("site", [36.0]))
    three = xr.concat([near, town, away], dim="site")
    assert blended(reference, three, learned).sizes["site"] == 1
    found = blended(reference, three, learned, Extent.REGION)
    assert found["latitude"].values.tolist() == pytest.approx([32.3, 32.9])
    assert (quality_of(found, "tmax_c")[:, 1] == Quality.CORRECTED).all()
    whole = blended(reference, three, learned, Extent.ALL)
    assert whole["latitude"].values.tolist() == pytest.approx([32.3, 32.9, 36.0])
    assert whole["tmax_c"].values[:, 2] == pytest.approx(three["tmax_c"].values[:, 2])
    assert (quality_of(whole, "tmax_c")[:, 2] == Quality.MEASURED).all()
    assert np.isnan(whole["tmax_c_sigma"].values[:, 2]).all()
    assert "36.00, -6.40: outside the region; the second product stays as it is" in whole.attrs["notes"]
    here, there = (float(blended(None, one, learned)["tmax_c_sigma"].mean()) for one in (near, town))
    assert there > 1.2 * here


def test_days_beyond_training_are_counted(second: xr.Dataset, learned: LearnedRegion) -> None:
    at = learned.names.index("tmax_c")
    span = learned.highest[at] - learned.lowest[at]
    hot = second["tmax_c"].values.copy()
    hot[560] = learned.highest[at] + 0.25 * span
    hot[561] = learned.highest[at] + 1.4 * span
    usual, found = (
        blended(None, one, learned).attrs["notes"] for one in (second, second.assign(tmax_c=(("time", "site"), hot)))
    )
    before = int(usual.partition(" of them lie beyond")[0].rpartition(" ")[2]) if "beyond" in usual else 0
    assert f"{before + 1} of them lie beyond what was seen in training" in found
    assert "1 days lie too far beyond it and are not told" in found
    assert "too far" not in usual


def test_a_product_that_left_the_natural_range_is_told(
    second: xr.Dataset, learned: LearnedRegion, pairs: Pairs
) -> None:
    usual = normal_year(*pairs.records["tmax_c"])
    assert usual is not None
    strict = replace(learned, normal={"tmax_c": replace(usual, yearly_sigma=0.01)})
    warm = second.assign(tmax_c=second["tmax_c"] + 3.0)
    found = blended(None, warm, strict)
    assert "the second product left the natural range of years; taken off: tmax_c by up to +" in found.attrs["notes"]


def test_a_file_of_it_is_read_as_weather_with_its_flags_and_errors(
    tmp_path: Path, reference: xr.Dataset, second: xr.Dataset, learned: LearnedRegion
) -> None:
    found = blended(with_gap(reference), second, learned)
    found.to_netcdf(tmp_path / "w.nc", engine="netcdf4")
    again = read_weather(tmp_path / "w.nc")
    assert again["tmax_c"].values == pytest.approx(found["tmax_c"].values)
    assert (quality_of(again, "tmax_c")[GAP] == Quality.FILLED).all()
    assert again["et0_mm_sigma"].values[GAP] == pytest.approx(found["et0_mm_sigma"].values[GAP])
    assert again.attrs["notes"] == ""
