"""Ensemble GRIB: synthetic files of ECMWF's shape by hand arithmetic, and real files that hold something else."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import eccodes
import numpy as np
import pytest

from cloud.errors import ConfigurationError, InputError, MissingDataError, UnitError
from cloud.weather.forecast import read_forecast
from cloud.weather.grids import grib

ISSUED = 20260609
DAY = date(2026, 6, 9)
INSTANT, SPAN = 1, 11


class Writer:
    """Adds messages of a 2 x 2 grid around Beni Mellal to a file; all numbers are synthetic."""

    def __init__(self, path: Path, *, hour: int = 0, north: float = 32.5) -> None:
        self.path = path
        self.hour = hour
        self.north = north

    def add(self, name: str, steps: str, value: float, member: int | None = 1, day: int = ISSUED) -> None:
        kind = {"tp": "accum", "ssrd": "accum", "mx2t3": "max", "mn2t3": "min"}.get(name, "instant")
        handle = eccodes.codes_grib_new_from_samples("regular_ll_sfc_grib2")
        setting: dict[str, str | float] = {
            "dataDate": day,
            "dataTime": self.hour * 100,
            "Ni": 2,
            "Nj": 2,
            "latitudeOfFirstGridPointInDegrees": self.north,
            "latitudeOfLastGridPointInDegrees": self.north - 0.25,
            "longitudeOfFirstGridPointInDegrees": 353.5,
            "longitudeOfLastGridPointInDegrees": 353.75,
            "iDirectionIncrementInDegrees": 0.25,
            "jDirectionIncrementInDegrees": 0.25,
        }
        if member is None:
            setting |= {"productDefinitionTemplateNumber": 0, "shortName": name}
        else:
            template = INSTANT if kind == "instant" else SPAN
            setting |= {"productDefinitionTemplateNumber": template, "shortName": name, "number": member}
        setting |= {"step": int(steps)} if kind == "instant" else {"stepType": kind, "stepRange": steps}
        for key, one in setting.items():
            eccodes.codes_set(handle, key, one)
        eccodes.codes_set_values(handle, value + np.array([0.0, 0.0, 0.0, 0.0 if name == "tp" else 1.0]))
        with self.path.open("ab") as file:
            eccodes.codes_write(handle, file)
        eccodes.codes_release(handle)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ahead.grib2"


def temperatures(writer: Writer, *, member: int | None = 1, last: int = 48, every: int = 6, day: int = ISSUED) -> None:
    for step in range(0, last + 1, every):
        writer.add("2t", str(step), 285.0 + (12.0 if step % 24 == 12 else 0.0) + (member or 0), member, day)


def test_two_days_of_two_members_by_hand_arithmetic(file: Path) -> None:
    writer = Writer(file)
    for member in (1, 2):
        temperatures(writer, member=member)
        writer.add("tp", "0-24", 0.004, member)
        writer.add("tp", "0-48", 0.010 * member, member)
    ahead = read_forecast(file, DAY)
    assert ahead.sizes == {"time": 2, "member": 2, "site": 4}
    assert ahead["time"].values.astype("datetime64[D]").astype(str).tolist() == ["2026-06-09", "2026-06-10"]
    assert ahead["longitude"].values[:2].tolist() == [-6.5, -6.25]
    np.testing.assert_allclose(ahead["tmin_c"][0, :, 0], [12.85, 13.85], atol=0.01)
    np.testing.assert_allclose(ahead["tmax_c"][1, :, 3], [25.85, 26.85], atol=0.01)
    # Sums since the issue: what fell on the second day is their difference, and metres are 1,000 mm.
    np.testing.assert_allclose(ahead["rain_mm"][:, :, 0], [[4.0, 4.0], [6.0, 16.0]], atol=0.001)
    assert ahead.attrs["issued_at"] == "2026-06-09T00:00:00"
    assert ahead.attrs["notes"] == ""


def test_sums_wind_dew_point_and_extremes(file: Path) -> None:
    writer = Writer(file)
    temperatures(writer)
    for step in range(0, 49, 6):
        writer.add("10u", str(step), 3.0)
        writer.add("10v", str(step), 4.0)
        writer.add("2d", str(step), 280.15)
    for begin in range(0, 48, 3):
        writer.add("mx2t3", f"{begin}-{begin + 3}", 300.15)
        writer.add("mn2t3", f"{begin}-{begin + 3}", 280.15)
    writer.add("ssrd", "0-24", 20e6)
    writer.add("ssrd", "0-48", 45e6)
    ahead = read_forecast(file, DAY)
    np.testing.assert_allclose(ahead["tmax_c"][:, 0, 0], [27.0, 27.0], atol=0.01)
    np.testing.assert_allclose(ahead["tmin_c"][:, 0, 0], [7.0, 7.0], atol=0.01)
    np.testing.assert_allclose(ahead["dewpoint_c"][:, 0, 0], [7.0, 7.0], atol=0.01)
    np.testing.assert_allclose(ahead["radiation_mj_m2"][:, 0, 0], [20.0, 25.0], atol=0.01)
    # 5 m/s at 10 m is 3.74 m/s at 2 m (FAO-56 eq. 47).
    np.testing.assert_allclose(ahead["wind_2m_m_s"][:, 0, 0], [3.74, 3.74], atol=0.01)


def test_an_issue_at_noon_leaves_its_own_day_unknown(file: Path) -> None:
    temperatures(Writer(file, hour=12), last=60)
    ahead = read_forecast(file, DAY)
    assert np.isnan(ahead["tmin_c"].values[0]).all()
    assert not np.isnan(ahead["tmin_c"].values[1:]).any()


def test_a_forecast_without_members_is_one_member(file: Path) -> None:
    temperatures(Writer(file), member=None)
    ahead = read_forecast(file, DAY)
    assert ahead.sizes["member"] == 1
    np.testing.assert_allclose(ahead["tmin_c"][:, 0, 0], [11.85, 11.85], atol=0.01)


def test_the_newest_issue_not_after_the_day_is_used(file: Path) -> None:
    writer = Writer(file)
    temperatures(writer, last=24, day=20260608)
    temperatures(writer, last=24)
    temperatures(writer, last=24, day=20260610)
    assert read_forecast(file, DAY).attrs["issued_at"] == "2026-06-09T00:00:00"
    assert read_forecast(file, date(2026, 6, 8)).attrs["issued_at"] == "2026-06-08T00:00:00"
    with pytest.raises(MissingDataError, match="expected an issue not after 2026-06-07"):
        read_forecast(file, date(2026, 6, 7))


def test_a_member_that_is_cut_off_is_unknown_and_the_others_are_not(file: Path) -> None:
    writer = Writer(file)
    temperatures(writer, member=1)
    temperatures(writer, member=2, last=24)
    ahead = read_forecast(file, DAY)
    assert np.isnan(ahead["tmin_c"].values[1, 1]).all()
    assert not np.isnan(ahead["tmin_c"].values[:, 0]).any()


def far_apart(writer: Writer) -> None:
    temperatures(writer, every=12)


def a_gap_in_the_extremes(writer: Writer) -> None:
    for begin in (0, 3, 9, 12, 15, 18, 21):
        writer.add("mx2t3", f"{begin}-{begin + 3}", 300.15)
        writer.add("mn2t3", f"{begin}-{begin + 3}", 280.15)


def no_extremes(writer: Writer) -> None:
    writer.add("2d", "0", 280.15)


@pytest.mark.parametrize("write", [far_apart, a_gap_in_the_extremes, no_extremes])
def test_steps_that_leave_a_day_open_are_refused(write: Callable[[Writer], None], file: Path) -> None:
    write(Writer(file))
    with pytest.raises(InputError, match="got other steps; give a finer forecast"):
        read_forecast(file, DAY)


def test_rain_that_falls_back_is_no_rain_within_rounding_and_refused_beyond(file: Path) -> None:
    writer = Writer(file)
    temperatures(writer)
    writer.add("tp", "0-24", 0.02)
    writer.add("tp", "0-48", 0.02 - 30e-6)
    assert read_forecast(file, DAY)["rain_mm"].values[1, 0, 0] == 0.0
    writer.add("tp", "0-48", 0.015)
    with pytest.raises(InputError, match="rain_mm: expected 0 to 800"):
        read_forecast(file, DAY)


def test_a_day_without_any_sun_is_unknown(file: Path) -> None:
    writer = Writer(file)
    temperatures(writer)
    writer.add("ssrd", "0-24", 20e6)
    writer.add("ssrd", "0-48", 20e6)
    found = read_forecast(file, DAY)
    assert np.isnan(found["radiation_mj_m2"].values[1]).all()
    assert "at least 0.03 of the sun's, got 0 on 2026-06-10" in found.attrs["problems"]


def test_several_grids_are_refused(file: Path) -> None:
    temperatures(Writer(file))
    temperatures(Writer(file, north=33.0))
    with pytest.raises(InputError, match="expected one grid, got several"):
        read_forecast(file, DAY)


def test_a_file_too_large_for_memory_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temperatures(Writer(file))
    monkeypatch.setattr(grib, "LARGEST_FILE_VALUES", 10)
    with pytest.raises(InputError, match="expected at most 10 values, got more; cut it to your region"):
        read_forecast(file, DAY)


def test_another_unit_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temperatures(Writer(file))
    monkeypatch.setattr(grib, "_KINDS", {("2t", "instant"): ("rain_mm", "rain_mm")})
    with pytest.raises(UnitError, match="got units 'K'"):
        read_forecast(file, DAY)


def test_what_is_cut_off_absent_or_no_grib_is_refused(file: Path) -> None:
    temperatures(Writer(file))
    whole = file.read_bytes()
    file.write_bytes(whole[:-20])
    with pytest.raises(InputError, match="a file that is damaged or cut off"):
        read_forecast(file, DAY)
    file.write_bytes(b"date,tmin_c\n")
    with pytest.raises(InputError, match="expected weather at the ground such as 2t and tp, got nothing"):
        read_forecast(file, DAY)
    file.unlink()
    with pytest.raises(InputError, match="expected a readable file"):
        read_forecast(file, DAY)


def test_without_the_library_the_remedy_is_told(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temperatures(Writer(file))
    monkeypatch.setitem(__import__("sys").modules, "eccodes", None)
    with pytest.raises(ConfigurationError, match=r"pip install '\.\[grib\]'"):
        read_forecast(file, DAY)


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("era5-levels-members.grib", r"got t \(instant\), z \(instant\)"),
        ("cfrzr_and_cprat.grib", r"cfrzr \(avg\), cfrzr \(instant\), cpr \(avg\), cpr \(instant\)"),
        ("regular_ll_sfc.grib", r"got skt \(instant\)"),
        ("forecast_monthly_ukmo.grib", "got other steps; give a finer forecast"),
    ],
)
def test_real_files_of_other_things_are_told_apart(name: str, told: str, shared_data: Path) -> None:
    with pytest.raises(InputError, match=told):
        read_forecast(shared_data / "gridded" / name, date(2030, 1, 1))
