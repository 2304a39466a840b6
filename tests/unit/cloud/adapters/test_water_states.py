"""Water states as files: read back to the last bit, and refused in words when they cannot serve."""

import subprocess
import sys
from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr

from cloud.adapters.water_states import FORMAT, read_state, write_state
from cloud.agronomy.carrying.carried import CarriedWater, carry
from cloud.agronomy.step import Water
from cloud.agronomy.water import WaterSettings, simulate
from cloud.errors import InputError, ServiceUnavailableError
from cloud.records import Parcel
from cloud.weather.forcing import Forcing

PARCELS = (
    Parcel(id="Parcelle é 1", crop="maize", planted_on=date(2024, 4, 1), latitude=32.3, longitude=-6.4),
    Parcel(id="olive", crop="olive", latitude=32.3, longitude=-6.4),
    Parcel(id="later", crop="potato", planted_on=date(2024, 9, 1), latitude=32.3, longitude=-6.4),
)


def forcing(days: int = 30) -> Forcing:
    shape = (days, len(PARCELS))
    return Forcing(
        days=np.datetime64("2024-04-10") + np.arange(days),
        et0_mm=np.full(shape, 4.7),
        rain_mm=np.full(shape, 0.3),
        wind_2m_m_s=np.full(shape, 2.3),
        rh_min_percent=np.full(shape, 41.0),
        tmin_c=np.full(shape, 12.0),
        tmax_c=np.full(shape, 29.0),
        radiation_mj_m2=np.full(shape, 22.0),
    )


@pytest.fixture(scope="module")
def carried() -> CarriedWater:
    history = simulate(PARCELS, forcing(), [], [], settings=WaterSettings(members=5, seed=2))
    return carry(history.state, PARCELS, seed=2, profile_depth_m=None)


def test_a_state_comes_back_to_the_last_bit(carried: CarriedWater, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "S.nc"
    write_state(path, carried, "1.2.3")
    file = read_state(path)
    again = file.carried
    assert again.parcels == carried.parcels
    assert (again.state.day, again.seed, again.profile_depth_m) == (date(2024, 5, 9), 2, 0.0)
    for field in fields(Water):
        one, other = getattr(again.state.water, field.name), getattr(carried.state.water, field.name)
        assert one.tobytes() == other.astype(np.float64).tobytes(), field.name
    for name in ("depletion_mm", "readily_available_mm", "wind_2m_m_s", "age_days", "started"):
        assert getattr(again.state, name).dtype == getattr(carried.state, name).dtype
        assert np.array_equal(getattr(again.state, name), getattr(carried.state, name), equal_nan=name != "started")
    assert [one.name for one in path.parent.iterdir()] == ["S.nc"]
    reference = file.reference(date(2024, 5, 12))
    assert (reference.name, reference.age_days, len(reference.sha256)) == ("water state S.nc", 3.0, 64)
    assert file.code_version == "1.2.3"


def test_the_same_state_is_the_same_file(carried: CarriedWater, tmp_path: Path) -> None:
    for name in ("one.nc", "two.nc"):
        write_state(tmp_path / name, carried, "1")
    assert read_state(tmp_path / "one.nc").sha256 == read_state(tmp_path / "two.nc").sha256


def test_a_file_tells_what_it_holds(carried: CarriedWater, tmp_path: Path) -> None:
    write_state(tmp_path / "S.nc", carried, "1")
    with xr.open_dataset(tmp_path / "S.nc") as dataset:
        assert (dataset.sizes["parcel"], dataset.sizes["member"]) == (3, 5)
        assert dataset.attrs["Conventions"] == "CF-1.11"
        assert dataset["depletion_mm"].attrs["units"] == "mm"
        assert dataset["water_root_depth_m"].attrs["units"] == "m"
        assert dataset["wind_2m_m_s"].attrs["units"] == "m s-1"
        assert list(dataset["parcel"].values) == [one.id for one in PARCELS]


def test_what_is_no_state_is_refused_in_words(carried: CarriedWater, tmp_path: Path) -> None:
    text, other, old, torn = (tmp_path / name for name in ("text.nc", "other.nc", "old.nc", "torn.nc"))
    with pytest.raises(InputError, match="no such file"):
        read_state(tmp_path / "none.nc")
    text.write_text("date,rain\n", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read"):
        read_state(text)
    xr.Dataset({"rain_mm": ("time", [1.0])}).to_netcdf(other)
    with pytest.raises(InputError, match="another NetCDF file"):
        read_state(other)
    write_state(torn, carried, "0.9")
    with xr.open_dataset(torn, decode_cf=False) as dataset:
        dataset.load().assign_attrs(seguia_state_format=FORMAT + 1).to_netcdf(old)
    with pytest.raises(InputError, match=f"format {FORMAT}, got format {FORMAT + 1}, made by version 0.9"):
        read_state(old)
    with xr.open_dataset(torn, decode_cf=False) as dataset:
        dataset.load().drop_vars("water_kcb_scale").to_netcdf(old)
    with pytest.raises(InputError, match="without water_kcb_scale"):
        read_state(old)


def test_a_damaged_number_is_found_by_its_checksum(carried: CarriedWater, tmp_path: Path) -> None:
    path = tmp_path / "S.nc"
    write_state(path, carried, "1")
    whole = path.read_bytes()
    place = whole.index(carried.state.water.kcb_scale.tobytes())
    path.write_bytes(whole[: place + 3] + bytes([whole[place + 3] ^ 1]) + whole[place + 4 :])
    with pytest.raises(InputError, match=r"S\.nc: expected a whole water state, got a damaged one"):
        read_state(path)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="cannot be read"):
        read_state(path)


def test_a_state_that_cannot_be_written_leaves_the_old_one(carried: CarriedWater, tmp_path: Path) -> None:
    path = tmp_path / "S.nc"
    write_state(path, carried, "1")
    before = path.read_bytes()
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    with pytest.raises(ServiceUnavailableError, match="cannot be written"):
        write_state(blocked / "S.nc", carried, "1")
    # Killed while it writes: the name still stands for the whole old file.
    code = (
        "import os, sys, cloud.adapters.water_states as w\n"
        "from cloud.adapters.water_states import read_state, write_state\n"
        "from pathlib import Path\n"
        "path = Path(sys.argv[1])\n"
        "carried = read_state(path).carried\n"
        "w._settle = lambda half: os._exit(9)\n"
        "write_state(path, carried, '2')\n"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(path)], check=False, timeout=60)
    assert killed.returncode == 9
    assert path.read_bytes() == before
    assert read_state(path).code_version == "1"


def test_some_parcels_can_be_taken(carried: CarriedWater) -> None:
    part = carried.take(np.array([2, 0]))
    assert [one.parcel_id for one in part.parcels] == ["later", "Parcelle é 1"]
    assert np.array_equal(part.state.water.root_scale, carried.state.water.root_scale[[2, 0]])
    assert replace(part, seed=1).seed == 1


def test_a_small_file_that_would_fill_the_memory_is_refused(carried: CarriedWater, tmp_path: Path) -> None:
    small, huge = tmp_path / "small.nc", tmp_path / "huge.nc"
    write_state(small, carried, "1")
    many = 400_000_000
    with netCDF4.Dataset(small) as source, netCDF4.Dataset(huge, "w") as target:
        target.setncatts({name: source.getncattr(name) for name in source.ncattrs()})
        for name, dimension in source.dimensions.items():
            target.createDimension(name, many if name == "parcel" else len(dimension))
        for name, variable in source.variables.items():
            chunks = [1_000_000 if one == "parcel" else 1 for one in variable.dimensions]
            target.createVariable(name, variable.dtype, variable.dimensions, chunksizes=chunks)
    with pytest.raises(InputError, match=r"huge\.nc: expected a whole water state, got \d+ bytes that claim to hold"):
        read_state(huge)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seguia_state_format", "abc"),
        ("seguia_state_format", np.array([1, 1])),
        ("day", "0001-01-01"),
        ("day", "9999-12-31"),
        ("profile_depth_m", np.inf),
        ("seed", np.nan),
        ("code_version", None),
        ("seed", None),
        ("depletion_mm", -1e6),
        ("water_depletion_mm", 1e300),
        ("water_depletion_mm", np.nan),
        ("water_kcb_scale", np.inf),
        ("water_root_depth_m", 0.0),
        ("water_root_depth_m", -1.0),
        ("claims", np.inf),
        ("sources", "junk{"),
        ("sources", '[["kind", "probe", 0, [1e999]]]'),
        ("concluded", "[1]"),
        ("planted_on", "2024-99-99"),
    ],
)
def test_what_no_water_can_be_is_refused_in_one_line(
    name: str, value: object, carried: CarriedWater, tmp_path: Path
) -> None:
    path = tmp_path / "S.nc"
    write_state(path, carried, "1")
    with netCDF4.Dataset(path, "a") as state:
        if value is None:
            state.delncattr(name)
        elif name not in state.variables:
            state.setncattr(name, value)
        else:
            state[name][0] = value
    with pytest.raises(InputError, match=r"^S\.nc: expected a (whole )?water state") as refused:
        read_state(path)
    assert "\n" not in str(refused.value)


def test_arrays_of_other_shapes_and_kinds_are_refused(carried: CarriedWater, tmp_path: Path) -> None:
    path, other = tmp_path / "S.nc", tmp_path / "O.nc"
    write_state(path, carried, "1")
    with xr.open_dataset(path, decode_cf=False) as dataset:
        held = dataset.load()
    held.assign(water_below_mm=held["water_below_mm"].T).to_netcdf(other)
    with pytest.raises(InputError, match="water_below_mm of float64"):
        read_state(other)
    held.assign(wind_2m_m_s=("parcel", np.array(["calm"] * 3, dtype=object))).to_netcdf(other)
    with pytest.raises(InputError, match="wind_2m_m_s of"):
        read_state(other)
