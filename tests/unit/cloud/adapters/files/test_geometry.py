from typing import Any

import pytest

from cloud.adapters.files.geometry import area_ha, centre, checked_geometry, on_the_globe, swapped
from cloud.errors import InputError


def square(longitude: float, latitude: float, side: float) -> dict[str, Any]:
    corners = [(0, 0), (side, 0), (side, side), (0, side), (0, 0)]
    return {"type": "Polygon", "coordinates": [[[longitude + x, latitude + y] for x, y in corners]]}


@pytest.mark.parametrize(
    ("latitude", "expected"),
    # A degree of latitude is 111.195 km on the sphere; a degree of longitude that times the cosine of the latitude.
    [(0.0, 123.64), (32.0, 104.84), (60.0, 61.72)],
)
def test_area_on_the_sphere(latitude: float, expected: float) -> None:
    assert area_ha(square(-6.0, latitude, 0.01)) == pytest.approx(expected, rel=0.002)


def test_area_does_not_depend_on_the_direction_of_the_ring() -> None:
    forward = square(-6.0, 32.0, 0.01)
    backward = {"type": "Polygon", "coordinates": [forward["coordinates"][0][::-1]]}
    assert area_ha(backward) == pytest.approx(area_ha(forward))
    assert area_ha({"type": "Point", "coordinates": [-6.0, 32.0]}) == 0.0


def test_the_centre_lies_inside_a_bent_field() -> None:
    bent = {"type": "Polygon", "coordinates": [[[0, 0], [3, 0], [3, 1], [1, 1], [1, 3], [0, 3], [0, 0]]]}
    latitude, longitude = centre(bent)
    assert 0 < longitude < 1 or 0 < latitude < 1


def test_exchanged_coordinates_are_recognised_only_when_they_would_help() -> None:
    assert swapped(-6.35, 32.34)
    assert not swapped(32.34, -6.35)
    assert not swapped(48.0, 2.0)
    assert on_the_globe(90.0, 180.0)
    assert not on_the_globe(91.0, 0.0)


def test_a_sound_field_passes_and_nonsense_does_not() -> None:
    checked_geometry(square(-6.0, 32.0, 0.01))
    with pytest.raises(InputError, match="expected coordinates"):
        checked_geometry({"type": "Polygon", "coordinates": "everywhere"})
