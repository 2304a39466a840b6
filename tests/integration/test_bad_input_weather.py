"""Bad weather files through the real command line: converted when the file says its unit, refused when it does not."""

import csv
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from tests.command_line import Told, seguia
from tests.synthetic_season import write_ahead, write_past

DAY = date(2026, 6, 10)
Cells = dict[str, str]
Change = Callable[[int, Cells], None]
PARCEL = "id = 'one'\ncrop = 'maize'\nplanted_on = 2026-03-25\nlatitude = 32.3\nlongitude = -6.4\n"


@pytest.fixture
def past(tmp_path: Path) -> Path:
    return write_past(tmp_path / "past.csv", date(2026, 6, 9))


def rewritten(past: Path, name: str, headers: dict[str, str], change: Change) -> Path:
    """The same days with other headers and cells."""
    lines = past.read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    for number, row in enumerate(rows):
        change(number, row)
    content = [line for line in lines if line.startswith("#")]
    content.append(",".join(headers.get(header, header) for header in rows[0]))
    content += [",".join(row.values()) for row in rows]
    path = past.with_name(name)
    path.write_text("\n".join(content) + "\n", encoding="utf-8")
    return path


def kelvin(_: int, row: Cells) -> None:
    for name in ("tmin_c", "tmax_c"):
        row[name] = f"{float(row[name]) + 273.15:.3f}"


def fahrenheit(_: int, row: Cells) -> None:
    for name in ("tmin_c", "tmax_c"):
        row[name] = f"{float(row[name]) * 1.8 + 32.0:.4f}"


def inches(_: int, row: Cells) -> None:
    row["rain_mm"] = f"{float(row['rain_mm']) / 25.4:.7f}"


def balance(weather: Path) -> Told:
    parcel = weather.with_name("parcel.toml")
    parcel.write_text(PARCEL, encoding="utf-8")
    return seguia("balance", "--parcel", parcel, "--weather", weather)


def depletions(told: Told) -> list[float]:
    return [float(row["depletion_mm"]) for row in csv.DictReader(told.lines)]


@pytest.mark.parametrize(
    ("change", "looks_like", "header"), [(kelvin, "kelvin", "tmin_k"), (fahrenheit, "degrees Fahrenheit", "tmin_f")]
)
def test_an_unsaid_temperature_unit_is_refused_with_the_way_out(
    past: Path, change: Change, looks_like: str, header: str
) -> None:
    told = balance(rewritten(past, "odd.csv", {}, change))
    assert (told.code, told.lines) == (1, ())
    (line,) = told.errors
    assert line.startswith("seguia: odd.csv: tmin_c: expected -45 to 45 degC, got ")
    assert line.endswith(f"which looks like {looks_like}; convert it, or name the column {header}")


def test_a_unit_that_is_said_is_converted(past: Path) -> None:
    expected = depletions(balance(past))
    assert len(expected) > 70
    for change, headers in (
        (kelvin, {"tmin_c": "tmin_k", "tmax_c": "tmax_k"}),
        (fahrenheit, {"tmin_c": "tmin_f", "tmax_c": "tmax_f"}),
        (inches, {"rain_mm": "rain_in"}),
    ):
        told = balance(rewritten(past, "other.csv", headers, change))
        assert (told.code, told.errors) == (0, ())
        assert depletions(told) == pytest.approx(expected, abs=0.01)


def test_rain_without_a_unit_is_not_guessed(past: Path) -> None:
    told = balance(rewritten(past, "odd.csv", {"rain_mm": "rain"}, inches))
    assert (told.code, told.lines) == (1, ())
    assert "rain_mm, rain_in" in told.about("odd.csv: columns rain are not known")
    assert "expected temperature and rain on every day of the season" in told.about("complete the file")


@pytest.mark.parametrize(("unit", "factor", "offset"), [("K", 1.0, 273.15), ("degF", 1.8, 32.0), ("furlong", 1.0, 0.0)])
def test_a_cube_is_read_in_the_unit_it_declares(tmp_path: Path, unit: str, factor: float, offset: float) -> None:
    xr.Dataset(
        {
            name: (("time", "site"), np.array([[celsius]]) * factor + offset, {"units": unit})
            for name, celsius in (("tmin_c", 12.3), ("tmax_c", 21.5))
        },
        coords={
            "time": np.array(["2024-07-05"], dtype="datetime64[ns]"),
            "latitude": ("site", [50.8]),
            "longitude": ("site", [4.3]),
        },
    ).to_netcdf(tmp_path / "cube.nc")
    told = seguia("et0", tmp_path / "cube.nc", "--elevation", "100")
    if unit == "furlong":
        assert (told.code, told.lines) == (1, ())
        assert "got units 'furlong'" in told.about("declare the units")
        return
    assert (told.code, told.errors) == (0, ())
    (row,) = csv.DictReader(told.lines)
    # Hargreaves, FAO-56 eq. 52, with 41.1 MJ m-2 d-1 outside the atmosphere: 0.0023 (16.9 + 17.8) 9.2^0.5 41.1 / 2.45.
    assert float(row["et0_mm"]) == pytest.approx(4.06, abs=0.03)


def test_nan_and_minus_99_are_missing_never_a_value(past: Path) -> None:
    def hole(number: int, row: Cells) -> None:
        row["rain_mm"] = {149: "-99", 151: "NaN"}.get(number, row["rain_mm"])
        row["tmin_c"] = {140: "-99", 141: "-9999"}.get(number, row["tmin_c"])

    weather = rewritten(past, "holes.csv", {}, hole)
    told = balance(weather)
    assert told.code == 0
    assert len(told.errors) == 3, told.errors
    assert "got a stand-in such as -99 (2 in the file); taken as missing" in told.about(": tmin_c: ")
    assert "(1 in the file); taken as missing" in told.about(": rain_mm: ")
    assert "4 missing days" in told.about("take the mean of the days around them; the interval is wider")
    assert depletions(told) == pytest.approx(depletions(balance(past)), abs=5.0)
    reference = seguia("et0", weather)
    assert reference.code == 1
    assert "no temperatures on 2 days, the first 2026-05-21; left empty" in reference.about("left empty")
    rows = {row["date"]: row for row in csv.DictReader(reference.lines)}
    assert (rows["2026-05-21"]["et0_mm"], rows["2026-05-21"]["method"]) == ("", "missing")
    assert float(rows["2026-05-20"]["et0_mm"]) > 3.0


def test_weather_full_of_holes_is_refused_by_date(past: Path) -> None:
    def gone(number: int, row: Cells) -> None:
        row["rain_mm"] = "NaN" if number >= 120 else row["rain_mm"]

    told = balance(rewritten(past, "gone.csv", {}, gone))
    assert (told.code, told.lines) == (1, ())
    assert "got none on 2026-05-01, 2026-05-02" in told.about("complete the file")


def square(west: float) -> list[list[list[float]]]:
    east = west + 0.001
    return [[[west, 32.3], [east, 32.3], [east, 32.301], [west, 32.301], [west, 32.3]]]


CROSSING = [[[-6.4, 32.3], [-6.39, 32.31], [-6.39, 32.3], [-6.4, 32.31], [-6.4, 32.3]]]


def feature(name: str, coordinates: object, crop: str = "maize") -> dict[str, object]:
    properties = {"id": name, "crop": crop, "planted_on": "2026-03-25", "soil": {"texture": "loam"}}
    geometry = {"type": "Polygon", "coordinates": coordinates}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (feature("bad", CROSSING), ("parcel bad: geometry: expected edges that do not cross", "redraw the outline")),
        (feature("bad", square(-6.38), "maiz"), ("parcel bad: crop 'maiz': expected a known crop", "mean maize")),
    ],
    ids=["crossing edges", "unknown crop"],
)
def test_a_bad_parcel_is_named_and_the_others_are_advised(
    past: Path, bad: dict[str, object], words: tuple[str, str]
) -> None:
    farm = past.with_name("farm.geojson")
    features = [feature("one", square(-6.4)), bad, feature("two", square(-6.39))]
    farm.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    ahead = write_ahead(past.with_name("ahead.csv"), DAY)
    told = seguia("advise", "--day", DAY, "--parcels", farm, "--weather", past, "--forecast", ahead)
    assert told.code == 1
    line = told.about("parcel bad")
    assert all(word in line for word in words), line
    assert [json.loads(verdict)["recommendation"]["parcel_id"] for verdict in told.lines] == ["one", "two"]


def test_an_unknown_crop_of_a_single_parcel_is_refused(past: Path) -> None:
    parcel = past.with_name("odd.toml")
    parcel.write_text(PARCEL.replace("maize", "maiz"), encoding="utf-8")
    told = seguia("balance", "--parcel", parcel, "--weather", past)
    assert (told.code, told.lines) == (1, ())
    (line,) = told.errors
    assert line == "seguia: odd.toml: crop 'maiz': expected a known crop, got an unknown name; did you mean maize"


def test_a_result_that_cannot_be_written_is_told(past: Path) -> None:
    told = seguia("et0", past, "--out", "/proc/rows.csv")
    assert told.code == 1
    (line,) = told.errors
    assert line.startswith("seguia: /proc/rows.csv: expected a file that can be written, got ")
