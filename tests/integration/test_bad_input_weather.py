"""Bad weather files through the real command line: converted when the file says its unit, refused when it does not."""

import csv
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

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


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> list[float]:
    """Depletions under the weather without any fault."""
    return depletions(balance(write_past(tmp_path_factory.mktemp("usual") / "past.csv", date(2026, 6, 9))))


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


def test_a_unit_that_is_said_is_converted(past: Path, usual: list[float]) -> None:
    assert len(usual) > 70
    for change, headers in (
        (kelvin, {"tmin_c": "tmin_k", "tmax_c": "tmax_k"}),
        (fahrenheit, {"tmin_c": "tmin_f", "tmax_c": "tmax_f"}),
        (inches, {"rain_mm": "rain_in"}),
    ):
        told = balance(rewritten(past, "other.csv", headers, change))
        assert told.code == 0
        assert not [line for line in told.errors if "other.csv" in line]
        assert depletions(told) == pytest.approx(usual, abs=0.01)


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


def test_nan_and_minus_99_are_missing_never_a_value(past: Path, usual: list[float]) -> None:
    def hole(number: int, row: Cells) -> None:
        row["rain_mm"] = {149: "-99", 151: "NaN"}.get(number, row["rain_mm"])
        row["tmin_c"] = {140: "-99", 141: "-9999"}.get(number, row["tmin_c"])

    weather = rewritten(past, "holes.csv", {}, hole)
    told = balance(weather)
    assert told.code == 0
    assert len([line for line in told.errors if "holes.csv" in line]) == 3, told.errors
    assert "got a stand-in such as -99 (2 in the file); taken as missing" in told.about(": tmin_c: ")
    assert "(1 in the file); taken as missing" in told.about(": rain_mm: ")
    assert "4 missing days" in told.about("take the mean of the days around them; the interval is wider")
    assert depletions(told) == pytest.approx(usual, abs=5.0)
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


def advise(farm: list[dict[str, object]], weather: Path, *more: object) -> Told:
    parcels = weather.with_name("farm.geojson")
    parcels.write_text(json.dumps({"type": "FeatureCollection", "features": farm}), encoding="utf-8")
    ahead = write_ahead(weather.with_name("ahead.csv"), DAY)
    return seguia("advise", "--day", DAY, "--parcels", parcels, "--weather", weather, "--forecast", ahead, *more)


def actions(told: Told) -> dict[str, str]:
    spoken = [json.loads(line)["recommendation"] for line in told.lines]
    return {one["parcel_id"]: one["action"] for one in spoken}


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


def test_weather_that_does_not_say_where_it_is_serves_every_parcel(past: Path) -> None:
    files = []
    for path in (past, write_ahead(past.with_name("ahead.csv"), DAY)):
        content = path.read_text(encoding="utf-8").splitlines()
        files.append(path.with_name(f"no_place_{path.name}"))
        files[-1].write_text("\n".join(line for line in content if "itude:" not in line), encoding="utf-8")
    far = {"type": "Polygon", "coordinates": [[[one + 3.0, two + 3.0] for one, two in square(-6.4)[0]]]}
    parcels = past.with_name("farm.geojson")
    features = [feature("one", square(-6.4)), {**feature("two", square(-6.4)), "geometry": far}]
    parcels.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    weather, ahead = files
    told = seguia("advise", "--day", DAY, "--parcels", parcels, "--weather", weather, "--forecast", ahead)
    assert "its site has no latitude; the place of parcel one is taken" in told.about("no_place_past.csv")
    assert set(actions(told)) == {"one", "two"}
    assert not [line for line in told.errors if "km away" in line or "held" in line]


def test_an_unknown_crop_of_a_single_parcel_is_refused(past: Path) -> None:
    parcel = past.with_name("odd.toml")
    parcel.write_text(PARCEL.replace("maize", "maiz"), encoding="utf-8")
    told = seguia("balance", "--parcel", parcel, "--weather", past)
    assert (told.code, told.lines) == (1, ())
    (line,) = told.errors
    assert line == "seguia: odd.toml: crop 'maiz': expected a known crop, got an unknown name; did you mean maize"


def test_a_days_highest_wind_in_km_h_is_refused_or_becomes_a_mean(past: Path, usual: list[float]) -> None:
    def highest(_: int, row: Cells) -> None:
        row["wind_m_s"] = f"{float(row['wind_m_s']) * 1.82 * 3.6:.4f}"

    told = balance(rewritten(past, "odd.csv", {}, highest))
    assert (told.code, told.lines) == (1, ())
    assert "looks like km/h; convert it, or name the column wind_km_h (wind_max_km_h where" in told.about("odd.csv")
    told = balance(rewritten(past, "told.csv", {"wind_m_s": "wind_max_km_h"}, highest))
    assert told.code == 0
    assert "wind_max_km_h is the day's highest wind; its mean is taken as 1/1.82 of it" in told.about("told.csv")
    assert depletions(told) == pytest.approx(usual, abs=0.01)


def test_days_that_stand_twice_or_not_at_all_are_named(past: Path, usual: list[float]) -> None:
    lines = past.read_text(encoding="utf-8").splitlines()
    weather = past.with_name("days.csv")
    twice = [lines[100], lines[100].replace(",", ",-", 1)]
    weather.write_text("\n".join([*lines[:100], *twice, *lines[101:130], *lines[132:]]), encoding="utf-8")
    told = balance(weather)
    assert told.code == 1
    assert "stands twice; the first row is used" in told.about("days.csv line 102")
    assert "2 missing days (2026-05-06, 2026-05-07) take the mean of the days around" in told.about("missing days")
    assert depletions(told) == pytest.approx(usual, abs=6.0)


def test_a_date_in_the_future_makes_no_year_of_gaps(past: Path, usual: list[float]) -> None:
    weather = past.with_name("slip.csv")
    lines = past.read_text(encoding="utf-8").splitlines()
    weather.write_text("\n".join([*lines, lines[-1].replace("2026-06-09", "2062-06-10")]), encoding="utf-8")
    told = balance(weather)
    assert told.code == 1
    assert "expected a day near the others, got 2062-06-10; not used" in told.about("slip.csv line 166")
    assert depletions(told) == usual


def test_weather_after_the_day_of_the_advice_is_told_and_not_used(past: Path, tmp_path: Path) -> None:
    farm = [feature("one", square(-6.4))]
    longer = write_past(tmp_path / "longer.csv", date(2026, 6, 25))
    told, plain = advise(farm, longer), advise(farm, past)
    assert "15 days after 2026-06-10 are not the past of that day" in told.about("longer.csv")
    assert actions(told) == actions(plain)


@pytest.mark.parametrize("swapped", ["weather", "parcel"])
def test_exchanged_coordinates_are_refused_by_name(past: Path, swapped: str) -> None:
    parcel = past.with_name("parcel.toml")
    weather = past
    text = PARCEL
    if swapped == "weather":
        weather = past.with_name("swapped.csv")
        content = past.read_text(encoding="utf-8")
        weather.write_text(
            content.replace("# latitude: 32.3", "# latitude: -6.4").replace("# longitude: -6.4", "# longitude: 32.3")
        )
    else:
        text = PARCEL.replace("latitude = 32.3\nlongitude = -6.4", "latitude = -6.4\nlongitude = 32.3")
    parcel.write_text(text, encoding="utf-8")
    told = seguia("balance", "--parcel", parcel, "--weather", weather)
    assert (told.code, told.lines) == (1, ())
    (line,) = told.errors
    assert "expected weather within 300 km" in line
    assert "seem exchanged: correct them" in line


def test_a_year_of_the_wrong_hemisphere_is_refused_without_parcels(tmp_path: Path) -> None:
    warm = -9.0 * np.cos((np.arange(365) - 15) / 58.1)
    rows = [f"{np.datetime64('2023-01-01') + day},{one + 8:.2f},{one + 22:.2f}" for day, one in enumerate(warm)]
    path = tmp_path / "year.csv"
    path.write_text("date,tmin_c,tmax_c\n" + "\n".join(rows), encoding="utf-8")
    assert seguia("et0", path, "--latitude", "32.3", "--longitude", "-6.4").code == 0
    told = seguia("et0", path, "--latitude=-6.4", "--longitude", "32.3")
    assert (told.code, told.lines) == (1, ())
    assert "latitude 32.3 and longitude -6.4 seem exchanged" in told.about("year.csv")


def test_values_that_cannot_be_are_set_aside_and_named(past: Path, usual: list[float]) -> None:
    def faults(number: int, row: Cells) -> None:
        row["rain_mm"] = {140: "-4"}.get(number, row["rain_mm"])
        row["rh_mean_percent"] = {141: "104", 142: "150"}.get(number, row["rh_mean_percent"])
        row["radiation_mj_m2"] = {143: "44"}.get(number, row["radiation_mj_m2"])
        if number == 144:
            row["tmin_c"], row["tmax_c"] = row["tmax_c"], row["tmin_c"]
        if number == 146:
            row["tmax_c"] = "58"

    told = balance(rewritten(past, "odd.csv", {}, faults))
    assert told.code == 1
    for words in (
        "rain_mm: expected 0 to 800 mm, got -4; taken as missing",
        "got 104, just outside 0 to 100 % (1 in the file); moved to the bound",
        "rh_mean_percent: expected 0 to 100 %, got 150; taken as missing",
        "at most 1.15 of a clear sky's, got 44 on 2026-05-24",
        "expected tmin_c below tmax_c",
        "expected days within 20 degC of each other, got 58 on 2026-05-27",
    ):
        assert "odd.csv" in told.about(words)
    assert depletions(told) == pytest.approx(usual, abs=6.0)


def test_a_stuck_sensor_is_named_and_its_days_are_unknown(past: Path) -> None:
    def stuck(number: int, row: Cells) -> None:
        if 140 <= number < 152:
            row["rh_mean_percent"] = "63.2"
        if 120 <= number < 125:
            row["tmax_c"] = "24.7"

    told = balance(rewritten(past, "stuck.csv", {}, stuck))
    assert told.code == 1
    assert "rh_mean_percent: expected it to change within 5 days, got 63.2 on 2026-05-21 to 2026-06-01" in told.about(
        "got 63.2"
    )
    assert "got 24.7 on 2026-05-01 to 2026-05-05; taken as missing" in told.about("got 24.7")
    assert "5 missing days" in told.about("take the mean of the days around them")
    # The night's temperature stands in for the humidity: another tier, and told.
    methods = {row["date"]: row["method"] for row in csv.DictReader(seguia("et0", past.with_name("stuck.csv")).lines)}
    assert methods["2026-05-25"] != methods["2026-05-15"]


def test_hours_through_the_change_of_clocks_are_days(tmp_path: Path) -> None:
    zone = ZoneInfo("Africa/Casablanca")
    first = datetime(2024, 3, 1, tzinfo=zone).astimezone(UTC)
    rows = []
    for number in range(1, 24 * 60 + 1):
        at = (first + timedelta(hours=number)).astimezone(zone)
        rows.append(
            f"{at:%Y-%m-%d %H:%M},{15 + 8 * np.sin((number % 24 - 9) / 24 * 2 * np.pi) + number % 7 / 10:.2f},0.1"
        )
    weather = tmp_path / "hours.csv"
    head = "# latitude: 32.3\n# longitude: -6.4\n# timezone: Africa/Casablanca\ntime stamp,temp_c,rain_mm\n"
    weather.write_text(head.replace("time stamp", "date") + "\n".join(rows), encoding="utf-8")
    told = seguia("et0", weather)
    # Ramadan of 2024: clocks went back on 10 March and forward on 14 April; every whole day is known.
    known = {row["date"]: row["et0_mm"] for row in csv.DictReader(told.lines)}
    assert all(known[f"2024-{day}"] for day in ("03-01", "03-09", "03-10", "03-11", "04-13", "04-14", "04-15"))
    assert told.code == 0, told.errors


def test_bad_irrigations_are_parked_and_the_others_counted(past: Path) -> None:
    events = past.with_name("events.csv")
    good = "one,2026-05-01T06:00,30\none,2026-05-20T06:00,35\n"
    bad = "one,2026-05-05T06:00,1000\none,2026-05-06T06:00,-5\ntwo,2026-05-07T06:00,20\none,2062-05-06T06:00,25\n"
    parcel = past.with_name("parcel.toml")
    parcel.write_text(PARCEL, encoding="utf-8")

    def told_of(rows: str) -> Told:
        events.write_text("parcel_id,started_at,depth_mm\n" + rows, encoding="utf-8")
        return seguia("balance", "--parcel", parcel, "--weather", past, "--irrigation", events)

    plain, told = told_of(good), told_of(good + good.splitlines()[0] + "\n" + bad)
    assert (plain.code, told.code) == (0, 1)
    assert "depth_mm: expected at most 500 mm in one event, got 1000; correct it" in told.about("got 1000")
    assert "got -5.0; correct the row" in told.about("events.csv line 6")
    assert "expected a known parcel, got 'two'" in told.about("events.csv line 7")
    assert "outside the weather's days; it was not used" in told.about("2062-05-06")
    assert "counted once" in told.about("more than once")
    assert depletions(told) == depletions(plain)


def test_one_bad_parcel_never_stops_the_others(past: Path) -> None:
    far = {"type": "Polygon", "coordinates": [[[one + 9.0, two + 5.0] for one, two in square(-6.4)[0]]]}
    abroad = {**feature("abroad", square(-6.4)), "geometry": far}
    events = past.with_name("events.csv")
    events.write_text("parcel_id,started_at,depth_mm\nthree,2026-05-05T06:00,1000\n", encoding="utf-8")
    farm = [feature("one", square(-6.4)), abroad, feature("three", square(-6.39))]
    told = advise(farm, past, "--events", events)
    assert told.code == 1
    assert "abroad 992 km from it; correct the position" in told.about("past.csv: expected weather within 300 km")
    assert "got 1000" in told.about("events.csv line 2")
    spoken = actions(told)
    assert list(spoken) == ["one", "abroad", "three"]
    assert spoken["abroad"] == "hold"
    alone = actions(advise([farm[0]], past))
    assert spoken["one"] == alone["one"] != "hold"


def test_a_result_that_cannot_be_written_is_told(past: Path) -> None:
    told = seguia("et0", past, "--out", "/proc/rows.csv")
    assert told.code == 1
    (line,) = told.errors
    assert line.startswith("seguia: /proc/rows.csv: expected a file that can be written, got ")
