"""Weather as it comes, through the real command line: hours, folders of grids, NASA POWER's own file; synthetic."""

import csv
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from tests.command_line import seguia
from tests.synthetic_season import series

FIRST = date(2026, 1, 1)
DAYS = 150
PARCEL = (
    "id = 'one'\ncrop = 'wheat'\nplanted_on = 2026-01-05\nlatitude = 32.3\nlongitude = -6.4\nelevation_m = {height}\n"
)


def rows(lines: tuple[str, ...]) -> list[dict[str, str]]:
    return list(csv.DictReader(lines))


def grids(folder: Path) -> Path:
    """A variable a file, as E-OBS gives them, on a grid of half a degree at 400 m."""
    folder.mkdir()
    names = {"tmin_c": ("tn", "Celsius"), "tmax_c": ("tx", "Celsius"), "rain_mm": ("rr", "mm")}
    places = {"latitude": np.arange(31.0, 34.0, 0.5), "longitude": np.arange(-8.0, -5.0, 0.5)}
    days = np.datetime64(FIRST, "ns") + np.arange(DAYS) * np.timedelta64(1, "D")
    for name, (short, unit) in names.items():
        values = np.repeat(series(DAYS)[name], 36).reshape(DAYS, 6, 6)
        dims = ("time", "latitude", "longitude")
        xr.Dataset({short: (dims, values, {"units": unit})}, coords={"time": days, **places}).to_netcdf(
            folder / f"{short}.nc"
        )
    heights = (("latitude", "longitude"), np.full((6, 6), 400.0), {"units": "m"})
    xr.Dataset({"elevation": heights}, coords=places).to_netcdf(folder / "elev.nc")
    return folder


def test_a_folder_of_grids_waters_a_parcel_at_its_height(tmp_path: Path) -> None:
    folder = grids(tmp_path / "eobs")
    used = {}
    for height in (400, 1400):
        parcel = tmp_path / f"{height}.toml"
        parcel.write_text(PARCEL.format(height=height), encoding="utf-8")
        told = seguia("balance", "--parcel", parcel, "--weather", folder)
        assert told.code == 0, told.errors
        moved = [line for line in told.errors if "temperatures were moved by -6.5 degC/km" in line]
        assert len(moved) == (1 if height == 1400 else 0)
        used[height] = sum(float(row["et0_mm"]) for row in rows(told.lines))
    assert used[1400] < 0.95 * used[400]
    told = seguia("et0", folder)
    assert (told.code, told.lines) == (1, ())
    assert "several are read only where parcels are known" in told.about("eobs")


def test_a_logger_of_half_hours_is_read_like_its_days(tmp_path: Path) -> None:
    weather = series(40)
    log, days = tmp_path / "log.csv", tmp_path / "days.csv"
    half_hours, daily = [], []
    for number in range(40):
        day = FIRST + timedelta(days=number)
        low, high = round(float(weather["tmin_c"][number]), 2), round(float(weather["tmax_c"][number]), 2)
        daily.append(f"{day},{low},{high}")
        for step in range(48):
            warm = low + (high - low) * max(0.0, np.sin((step - 16) / 24.0 * np.pi))
            half_hours.append(f"{day}T{step // 2:02}:{step % 2 * 30:02};{warm:.2f}".replace(".", ","))
    head = "# latitude: 32.3\n# longitude: -6.4\n# elevation: 500\n"
    log.write_text(f"{head}# stamp: start\ndate;Température (°C)\n" + "\n".join(half_hours), encoding="utf-8")
    days.write_text(f"{head}date,tmin_c,tmax_c\n" + "\n".join(daily), encoding="utf-8")
    from_log, from_days = seguia("et0", log), seguia("et0", days)
    assert (from_log.code, from_days.code) == (0, 0), from_log.errors
    expected = [float(row["et0_mm"]) for row in rows(from_days.lines)]
    assert [float(row["et0_mm"]) for row in rows(from_log.lines)] == pytest.approx(expected, abs=0.02)


def test_nasa_powers_file_is_read_with_its_header_block(tmp_path: Path) -> None:
    path = tmp_path / "POWER_Point_Daily.csv"
    path.write_text(
        "-BEGIN HEADER-\nNASA/POWER Source Native Resolution Daily Data\n"
        "Location: latitude  32.34   longitude -6.35\n"
        "elevation from MERRA-2: Average for 0.5 x 0.625 degree lat/lon region = 715.61 meters\n"
        "ALLSKY_SFC_SW_DWN     CERES SYN1deg All Sky Surface Shortwave Downward Irradiance (MJ/m^2/day)\n-END HEADER-\n"
        "YEAR,DOY,T2M,T2M_MAX,T2M_MIN,T2MDEW,RH2M,WS2M,ALLSKY_SFC_SW_DWN,PRECTOTCORR\n"
        "2024,121,19.1,26.3,11.9,8.2,52.1,2.05,24.3,0\n2024,122,20.2,27.9,12.4,8.9,50.3,1.85,-999,0.3\n",
        encoding="utf-8",
    )
    told = seguia("et0", path)
    assert told.code == 0, told.errors
    first, second = rows(told.lines)
    assert (first["date"], first["method"]) == ("2024-04-30", "full Penman-Monteith")
    assert 4.0 < float(first["et0_mm"]) < 6.0
    assert second["method"] != first["method"]
    assert "columns t2m are not known" in told.about("ignored")
    assert "allsky_sfc_sw_dwn" in told.about("stand-in such as -99")
