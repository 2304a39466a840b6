"""From canopy temperature to index and stress, or each reason why not."""

from pathlib import Path

import numpy as np
import pytest

from edge.frame import Frame
from edge.heat import read_heat
from edge.weather import FieldWeather

DRY_NOON = FieldWeather(
    air_temperature_c=30.0, relative_humidity_percent=40.0, wind_speed_m_s=2.0, radiation_w_m2=800.0
)


def frame(*, checked: bool = True, drifts: bool = False) -> Frame:
    return Frame(
        path=Path("t.tif"),
        sha256="0" * 64,
        width=2,
        height=2,
        temperature_c=np.full((2, 2), 28.0, np.float32),
        radiometric_calibration=checked,
        thermal_drift=drifts,
    )


def test_an_evaluated_crop_gets_index_stress_and_sigma() -> None:
    fields, reasons = read_heat(frame(), 29.0, "corn", DRY_NOON)
    assert reasons == []
    assert fields["cwsi_method"] == "empirical"
    assert fields["stress_index"] == pytest.approx(fields["cwsi"])
    assert fields["stress_sigma"] >= 0.25


def test_another_crop_gets_its_index_only() -> None:
    weather = DRY_NOON.model_copy(update={"wet_reference_c": 24.0, "dry_reference_c": 36.0})
    assert read_heat(frame(), 30.0, "olive", weather) == (
        {"cwsi": 0.5, "cwsi_method": "references"},
        ["no_stress_calibration"],
    )
    fields, _ = read_heat(frame(), 31.0, "olive", DRY_NOON.model_copy(update={"canopy_height_m": 3.0}))
    assert fields["cwsi_method"] == "theoretical"


@pytest.mark.parametrize(
    ("change", "canopy_c", "crop", "reason"),
    [
        ({"radiation_w_m2": 100.0}, 29.0, "soybean", "low_sun"),
        ({"wind_speed_m_s": 9.0}, 29.0, "soybean", "too_windy"),
        ({"relative_humidity_percent": 90.0}, 29.0, "soybean", "air_too_humid"),
        ({}, 29.0, "olive", "no_cwsi_baseline"),
        ({}, 29.0, None, "crop_unknown"),
        ({}, 45.0, "soybean", "implausible_temperature"),
        ({}, 15.0, "soybean", "implausible_temperature"),
        ({"wet_reference_c": 29.0, "dry_reference_c": 30.0}, 29.0, "soybean", "no_reference"),
    ],
)
def test_outside_its_limits_the_index_is_null(
    change: dict[str, float], canopy_c: float, crop: str | None, reason: str
) -> None:
    fields, reasons = read_heat(frame(), canopy_c, crop, DRY_NOON.model_copy(update=change))
    assert (fields, reasons) == ({}, [reason, "no_stress_calibration"])


def test_what_the_camera_lacks_is_told() -> None:
    assert read_heat(frame(drifts=True), 29.0, "soybean", DRY_NOON)[1][0] == "thermal_drift"
    assert read_heat(frame(checked=False), 29.0, "soybean", DRY_NOON)[1][0] == "no_radiometric_calibration"
    assert read_heat(frame(), 29.0, "soybean", None)[1][0] == "no_weather"
    assert read_heat(frame(), None, "soybean", DRY_NOON) == ({}, ["no_stress_calibration"])


def test_pots_of_22_degrees_beside_air_of_40_are_not_believed() -> None:
    hot = DRY_NOON.model_copy(update={"air_temperature_c": 44.0})
    _, reasons = read_heat(frame(checked=False), 22.5, "soybean", hot)
    assert reasons == ["no_radiometric_calibration", "implausible_temperature", "no_stress_calibration"]


def test_limits_of_theory_that_meet_are_outside_the_window() -> None:
    humid = FieldWeather(
        air_temperature_c=22.0,
        relative_humidity_percent=65.0,
        wind_speed_m_s=5.5,
        radiation_w_m2=410.0,
        canopy_height_m=9.0,
    )
    assert read_heat(frame(), 22.0, "olive", humid)[1][0] in {"outside_cwsi_window", "no_stress_calibration"}


@pytest.mark.parametrize("references", [{}, {"wet_reference_c": 20.0, "dry_reference_c": 30.0}])
def test_without_the_sun_measured_an_index_is_no_stress(references: dict[str, float]) -> None:
    warm_night = FieldWeather(air_temperature_c=24.0, relative_humidity_percent=50.0, **references)
    fields, reasons = read_heat(frame(), 24.0, "soybean", warm_night)
    assert set(fields) == {"cwsi", "cwsi_method"}
    assert reasons == ["no_weather", "no_stress_calibration"]
