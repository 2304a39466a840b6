import pytest

from cloud.errors import UnitError
from cloud.weather.grids.cube_names import variable_of, wind_height_m


@pytest.mark.parametrize(
    ("name", "attributes", "expected"),
    [
        ("tmin_c", {}, "tmin_c"),
        ("tmin_k", {}, "tmin_c"),
        ("Tn", {}, "tmin_c"),
        ("precip", {}, "rain_mm"),
        ("air_temperature", {"standard_name": "tmmx"}, "tmax_c"),
        ("air_temperature", {"standard_name": "air_temperature", "description": "Daily Minimum Temperature"}, "tmin_c"),
        ("air_temperature", {"standard_name": "air_temperature"}, None),
        ("relative_humidity", {"description": "Daily Maximum Relative Humidity"}, "rh_max_percent"),
        ("relative_humidity", {}, "rh_mean_percent"),
        ("precipitation_amount", {"standard_name": "pr"}, "rain_mm"),
        ("srad", {}, "radiation_mj_m2"),
        ("x", {"standard_name": "dew_point_temperature"}, "dewpoint_c"),
        ("tg", {"standard_name": "air_temperature", "long_name": "mean temperature"}, None),
        ("colour", {}, None),
    ],
)
def test_arrays_are_known_by_name_or_by_standard_name(
    name: str, attributes: dict[str, object], expected: str | None
) -> None:
    assert variable_of(name, attributes) == expected


def test_the_height_of_a_wind_is_stated_or_goes_with_the_name() -> None:
    assert wind_height_m("fg", {}, "file.nc") == 10.0
    assert wind_height_m("wind_speed", {"standard_name": "vs"}, "file.nc") == 10.0
    assert wind_height_m("wind", {"height": "2 m"}, "file.nc") == 2.0
    assert wind_height_m("fg", {"height_m": 3}, "file.nc") == 3.0
    with pytest.raises(UnitError, match="height_m"):
        wind_height_m("wind", {}, "file.nc")
