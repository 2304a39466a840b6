import numpy as np
import pytest
import xarray as xr

from cloud.errors import InputError, MissingDataError
from cloud.variables import Days
from cloud.weather.blend.pairs import Pairs, around, joined, pairs_of


def test_rows_are_the_days_that_both_know(reference: xr.Dataset, second: xr.Dataset, days: Days) -> None:
    late = second.isel(time=slice(400, None))
    values = late["tmax_c"].values.copy()
    values[0, 0] = np.nan
    found = pairs_of(reference, late.assign(tmax_c=(("time", "site"), values)))
    assert found.days[0] == days[401]
    assert found.days.size == days.size - 401
    assert found.targets["tmax_c"] == pytest.approx(reference["tmax_c"].values[401:, 0])
    assert found.plain["tmax_c"] == pytest.approx(second["tmax_c"].values[401:, 0])
    assert found.features.shape == (found.days.size, len(found.names))


def test_the_reference_keeps_its_gaps_and_its_whole_record(reference: xr.Dataset, second: xr.Dataset) -> None:
    gappy = reference["tmax_c"].values.copy()
    gappy[500:520] = np.nan
    found = pairs_of(reference.assign(tmax_c=(("time", "site"), gappy)), second.isel(time=slice(300, None)))
    assert int(np.isnan(found.targets["tmax_c"]).sum()) == 20
    assert found.records["tmax_c"][1].size == reference.sizes["time"]


def test_reference_et_is_learned_only_where_nothing_in_it_was_assumed(
    reference: xr.Dataset, second: xr.Dataset, pairs: Pairs
) -> None:
    assert "et0_mm" in pairs.targets
    assert "et0_mm" not in pairs_of(reference.drop_vars("et0_mm"), second).targets
    ones = np.ones((reference.sizes["time"], 1))
    full = reference.drop_vars("et0_mm").assign(
        rh_mean_percent=(("time", "site"), 50.0 * ones),
        wind_2m_m_s=(("time", "site"), 2.0 * ones),
        radiation_mj_m2=(("time", "site"), 18.0 * ones),
    )
    assert np.isfinite(pairs_of(full, second).targets["et0_mm"]).all()


def test_several_sites_of_a_reference_are_rows_of_one_region(reference: xr.Dataset, second: xr.Dataset) -> None:
    other = reference.assign_coords(latitude=("site", [32.6]))
    found = pairs_of(xr.concat([reference, other], dim="site"), second)
    assert found.site.tolist() == [0] * 1095 + [1] * 1095
    assert found.region.latitude.tolist() == [32.3, 32.6]
    assert len(found.products) == 2


def test_too_few_common_days_are_refused(reference: xr.Dataset, second: xr.Dataset) -> None:
    with pytest.raises(MissingDataError, match="at least 180 days that both know, got 100"):
        pairs_of(reference, second.isel(time=slice(0, 100)))


def test_a_product_that_is_far_away_or_has_no_temperature_is_refused(reference: xr.Dataset, second: xr.Dataset) -> None:
    with pytest.raises(InputError, match=r"expected a site within 100 km of 32\.30, -6\.40, got none"):
        pairs_of(reference, second.assign_coords(latitude=("site", [40.0])))
    with pytest.raises(InputError, match="expected variable tmin_c"):
        pairs_of(reference, second.drop_vars("tmin_c"))
    unknown = np.full((second.sizes["time"], 1), np.nan)
    with pytest.raises(MissingDataError, match="days with tmin_c and tmax_c, got none"):
        pairs_of(reference, second.assign(tmax_c=(("time", "site"), unknown)))


def test_a_reference_without_place_is_refused(reference: xr.Dataset, second: xr.Dataset) -> None:
    with pytest.raises(
        InputError, match=r"latitude and longitude of every site, .* --latitude --longitude --elevation"
    ):
        pairs_of(reference.assign_coords(latitude=("site", [np.nan])), second)


def test_one_dataset_is_joined_with_nothing(second: xr.Dataset) -> None:
    assert joined([second]) is second


def test_datasets_are_joined_site_by_site_with_gaps_where_one_is_silent(second: xr.Dataset) -> None:
    early = second.isel(time=slice(0, 200)).drop_vars("wind_2m_m_s")
    late = second.isel(time=slice(250, 400)).assign_coords(
        latitude=("site", [32.9]), tmax_c_quality=(("time", "site"), np.ones((150, 1), dtype=np.int8))
    )
    both = joined([early, late])
    assert both.sizes["time"] == 400
    assert both["latitude"].values.tolist() == pytest.approx([32.4, 32.9])
    assert np.isnan(both["tmax_c"].values[200:250]).all()
    assert np.isnan(both["wind_2m_m_s"].values[:, 0]).all()
    assert np.isfinite(both["wind_2m_m_s"].values[250:, 1]).all()
    assert both.attrs["sha256"] == "00\n00"


def test_a_product_around_a_place_is_the_mean_of_its_sites(second: xr.Dataset) -> None:
    other = second.assign(tmax_c=second["tmax_c"] + 2.0).assign_coords(longitude=("site", [-6.2]))
    found = around(joined([second, other]), 32.3, -6.4, 500.0, 100.0)
    assert found.series["tmax_c"] == pytest.approx(second["tmax_c"].values[:, 0] + 1.0)
    nearest = around(joined([second, other]), 32.3, -6.4, 500.0, 12.0)
    assert nearest.series["tmax_c"] == pytest.approx(second["tmax_c"].values[:, 0])
