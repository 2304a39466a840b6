"""Messages cut to a region: synthetic fields whose values say where they are, and real files."""

from pathlib import Path

import eccodes
import numpy as np
import pytest

from cloud.errors import InputError
from cloud.weather.grids.grib_messages import cut_to_region, messages_of
from cloud.weather.grids.region import Region

REGION = Region(south=32.1, west=-6.4, north=32.4, east=-5.9, timezone="UTC")
WANTED = frozenset({("2t", 0)})


def field(west: float = 350.0, *, edition: int = 2, north: float = 34.0) -> bytes:
    """17 x 25 cells of 0.25 degrees; a value is 100 x latitude + longitude (-180..180)."""
    handle = eccodes.codes_grib_new_from_samples(f"regular_ll_sfc_grib{edition}")
    rows, columns = 17, 25
    setting: dict[str, float | str] = {
        "Ni": columns,
        "Nj": rows,
        "latitudeOfFirstGridPointInDegrees": north,
        "latitudeOfLastGridPointInDegrees": north - 0.25 * (rows - 1),
        "longitudeOfFirstGridPointInDegrees": west,
        "longitudeOfLastGridPointInDegrees": (west + 0.25 * (columns - 1)) % 360.0,
        "iDirectionIncrementInDegrees": 0.25,
        "jDirectionIncrementInDegrees": 0.25,
        "shortName": "2t",
    }
    for key, one in setting.items():
        eccodes.codes_set(handle, key, one)
    latitude = north - 0.25 * np.arange(rows)
    longitude = (west + 0.25 * np.arange(columns) + 180.0) % 360.0 - 180.0
    eccodes.codes_set(handle, "bitsPerValue", 24)
    eccodes.codes_set_values(handle, (100.0 * latitude[:, None] + longitude[None, :]).ravel())
    content = bytes(eccodes.codes_get_message(handle))
    eccodes.codes_release(handle)
    return content


def cells(message: bytes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    handle = eccodes.codes_new_from_message(message)
    found = [np.asarray(eccodes.codes_get_double_array(handle, key)) for key in ("latitudes", "longitudes", "values")]
    eccodes.codes_release(handle)
    return found[0], found[1], found[2]


@pytest.mark.parametrize("west", [350.0, 352.0])
def test_the_cells_around_a_region_are_kept_with_their_values(west: float) -> None:
    whole = field(west)
    (cut,) = messages_of(cut_to_region(b"\0\0" + whole + b"\0", REGION, WANTED, "test"), "test")
    assert len(cut) < len(whole)
    latitude, longitude, values = cells(cut)
    assert (latitude.max(), latitude.min()) == (32.75, 31.75)
    east = (longitude + 180.0) % 360.0 - 180.0
    assert (east.min(), east.max()) == (-6.75, -5.5)
    assert values == pytest.approx(100.0 * latitude + east, abs=0.01)


def test_unwanted_fields_fall_out() -> None:
    assert cut_to_region(field(), REGION, frozenset({("2d", 0), ("2t", 3)}), "test") == b""


def test_a_grid_elsewhere_is_refused() -> None:
    with pytest.raises(InputError, match="lies elsewhere"):
        cut_to_region(field(north=70.0), REGION, WANTED, "test")


@pytest.mark.parametrize("damage", ["cut off", "other edition", "inside"])
def test_what_is_no_whole_message_is_refused(damage: str) -> None:
    whole = field(edition=1 if damage == "other edition" else 2)
    bad = {
        "cut off": whole[:-20],
        "other edition": whole,
        "inside": whole[:30] + bytes(len(whole) - 34) + whole[-4:],
    }[damage]
    with pytest.raises(InputError, match="not used"):
        cut_to_region(bad, REGION, WANTED, "test")


def test_a_real_file_holds_whole_messages_or_says_that_it_is_older(shared_data: Path) -> None:
    content = (shared_data / "gridded" / "cfrzr_and_cprat.grib").read_bytes()
    found = list(messages_of(content, "real"))
    assert len(found) > 1
    assert sum(len(one) for one in found) > len(content) - 100  # zeros stand between them
    assert all(one in content for one in found)
    older = (shared_data / "gridded" / "era5-levels-members.grib").read_bytes()
    with pytest.raises(InputError, match="edition 2"):
        list(messages_of(older, "real"))
