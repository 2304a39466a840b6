import numpy as np
import xarray as xr

from cloud.weather.scrutiny.quality import Quality, quality_of, with_quality


def dataset() -> xr.Dataset:
    values = np.array([[1.0], [np.nan], [3.0]])
    return xr.Dataset(
        {"rain_mm": (("time", "site"), values), "tmin_c": (("time", "site"), values)},
        coords={"time": np.array(["2024-05-01", "2024-05-02", "2024-05-03"], dtype="datetime64[ns]")},
    )


def test_without_flags_a_value_is_measured_or_missing() -> None:
    plain = dataset()
    assert quality_of(plain, "rain_mm")[:, 0].tolist() == [Quality.MEASURED, Quality.MISSING, Quality.MEASURED]
    assert list(with_quality(plain, {"rain_mm": quality_of(plain, "rain_mm")}).coords) == ["time"]


def test_flags_travel_with_the_values_and_say_what_they_mean() -> None:
    flags = np.array([[Quality.CORRECTED], [Quality.SET_ASIDE], [Quality.MEASURED]], dtype=np.int8)
    told = with_quality(dataset(), {"rain_mm": flags})
    assert quality_of(told, "rain_mm")[:, 0].tolist() == [3, 4, 1]
    assert quality_of(told.isel(time=[1, 2]), "rain_mm")[:, 0].tolist() == [4, 1]
    attributes = told["rain_mm_quality"].attrs
    meanings = dict(zip(attributes["flag_values"].tolist(), attributes["flag_meanings"].split(), strict=True))
    assert meanings[4] == "set_aside"
    assert len(meanings) == len(Quality)


def test_days_added_later_are_missing() -> None:
    flags = np.full((3, 1), Quality.CORRECTED, dtype=np.int8)
    told = with_quality(dataset(), {"rain_mm": flags})
    longer = told.reindex(time=np.arange("2024-05-01", "2024-05-06", dtype="datetime64[D]").astype("datetime64[ns]"))
    assert quality_of(longer, "rain_mm")[:, 0].tolist() == [3, 3, 3, 0, 0]
