"""What may be asked of a scene, and how stress lies over its rows."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from edge.weather import FieldWeather
from simulations.scene.settings import Camera, Crop, Fault, Shot, Sun, stress_table


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("cover_fraction", {"crop": Crop(cover_fraction=1.2)}),
        ("stress", {"crop": Crop(stress=-0.1)}),
        ("elevation", {"sun": Sun(elevation_deg=3.0)}),
        ("height", {"camera": Camera(height_m=0.5)}),
        ("uppermost ray", {"camera": Camera(tilt_deg=70.0)}),
        ("fault.stress", {"crop": Crop(faults=(Fault(rows=(1, 1), stress=2.0),))}),
        ("wind_speed_m_s", {"weather": FieldWeather(air_temperature_c=30.0, relative_humidity_percent=40.0)}),
    ],
)
def test_what_cannot_be_rendered_is_refused_by_name(field: str, change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=field):
        replace(Shot(), **change)


def test_the_upper_edge_of_the_picture_is_steeper_than_its_middle_by_half_the_view() -> None:
    camera = Camera(tilt_deg=30.0, field_of_view_deg=90.0, width_px=100, height_px=100)
    assert camera.steepest_deg == pytest.approx(75.0)


def test_a_fault_lies_on_its_rows_and_segments_and_nowhere_else() -> None:
    crop = Crop(stress=0.2, faults=(Fault(rows=(2, 3), segments=(1, 1), stress=0.9), Fault(rows=(4, 4), stress=0.5)))
    table = stress_table(crop, rows=4, segments=3)
    expected = np.array([[0.2, 0.2, 0.2], [0.2, 0.9, 0.2], [0.2, 0.9, 0.2], [0.5, 0.5, 0.5]], np.float32)
    assert np.array_equal(table, expected)


@pytest.mark.parametrize("fault", [Fault(rows=(4, 5)), Fault(rows=(0, 1)), Fault(rows=(1, 1), segments=(2, 3))])
def test_a_fault_out_of_view_is_refused(fault: Fault) -> None:
    with pytest.raises(ValueError, match="within rows 1 to 4 and segments 0 to 2"):
        stress_table(Crop(faults=(fault,)), rows=4, segments=3)
