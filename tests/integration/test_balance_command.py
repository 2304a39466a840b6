import csv
import json
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from cloud.commands.balance import app
from cloud.errors import InputError, MissingDataError
from tests.command_line import seguia

RUN = CliRunner()
COLUMNS = [
    "date",
    "et0_mm",
    "kcb",
    "ke",
    "ks",
    "etc_adj_mm",
    "rain_mm",
    "irrigation_mm",
    "runoff_mm",
    "deep_percolation_mm",
    "capillary_rise_mm",
    "root_growth_mm",
    "correction_mm",
    "root_depth_m",
    "field_capacity_fraction",
    "wilting_point_fraction",
    "total_available_mm",
    "readily_available_mm",
    "depletion_mm",
    "depletion_p10_mm",
    "depletion_p90_mm",
    "root_zone_water_mm",
    "root_zone_water_p10_mm",
    "root_zone_water_p90_mm",
]
PROFILE = ["profile_water_mm", "profile_water_p10_mm", "profile_water_p90_mm"]


class Farm:
    """A folder with the files of one parcel."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("parcel.toml", "crop = 'maize'\nplanted_on = 2024-04-01\nlatitude = 32.34\nlongitude = -6.35\n")
        self.write("weather.csv", self.weather(90))

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def weather(self, days: int, without: range = range(0), first: date = date(2024, 3, 20)) -> str:
        rows = [
            f"{first + timedelta(days=day)},{10 + day % 5},{26 + day % 7},{6 if day % 17 == 0 else 0}"
            for day in range(days)
            if day not in without
        ]
        return "date,tmin_c,tmax_c,rain_mm\n" + "\n".join(rows) + "\n"

    def run(self, *options: str) -> tuple[list[dict[str, str]], str, int]:
        parcel, weather = str(self.folder / "parcel.toml"), str(self.folder / "weather.csv")
        result = RUN.invoke(app, ["--parcel", parcel, "--weather", weather, *options])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return list(csv.DictReader(result.stdout.splitlines())), result.stderr, result.exit_code


@pytest.fixture
def farm(tmp_path: Path) -> Farm:
    return Farm(tmp_path)


def test_the_columns_of_the_contract_in_their_order(farm: Farm) -> None:
    rows, _, code = farm.run()
    assert list(rows[0]) == COLUMNS
    assert (rows[0]["date"], rows[-1]["date"], code) == ("2024-04-01", "2024-06-17", 0)
    rows, _, _ = farm.run("--profile-depth", "1.0")
    assert list(rows[0]) == COLUMNS + PROFILE


def test_irrigation_is_net_and_the_identity_closes_in_the_file(farm: Farm) -> None:
    events = farm.write(
        "events.csv", "started_at,depth_mm,source\n2024-05-10T06:00,40,meter\n2024-05-20T06:00,,meter\n"
    )
    seen = farm.write("seen.csv", "observed_at,kind,value,sigma\n2024-06-01T12:00,depletion_mm,20,5\n")
    rows, told, code = farm.run("--irrigation", str(events), "--observations", str(seen))
    assert code == 1
    assert "events.csv line 3" in told
    by_day = {row["date"]: {name: float(row[name]) for name in COLUMNS[1:]} for row in rows}
    assert by_day["2024-05-10"]["irrigation_mm"] == pytest.approx(24.0)
    assert by_day["2024-06-01"]["correction_mm"] != 0.0
    values = list(by_day.values())
    for before, row in pairwise(values):
        expected = before["depletion_mm"] - (row["rain_mm"] - row["runoff_mm"]) - row["irrigation_mm"]
        expected += row["etc_adj_mm"] + row["deep_percolation_mm"] + row["root_growth_mm"] + row["correction_mm"]
        assert expected - row["capillary_rise_mm"] == pytest.approx(row["depletion_mm"], abs=1e-9)


def test_fixed_parameters_have_no_interval_and_no_correction(farm: Farm) -> None:
    seen = farm.write("seen.csv", "observed_at,kind,value,sigma\n2024-06-01T12:00,depletion_mm,20,5\n")
    rows, _, _ = farm.run("--fixed-parameters", "--observations", str(seen))
    assert {row["correction_mm"] for row in rows} == {"0.0"}
    assert all(row["depletion_p10_mm"] == row["depletion_mm"] == row["depletion_p90_mm"] for row in rows)


def test_short_gaps_are_told_and_long_ones_refused_by_date(farm: Farm) -> None:
    farm.write("weather.csv", farm.weather(90, range(40, 43)))
    _, told, code = farm.run()
    assert "3 missing days (2024-04-29, 2024-04-30, 2024-05-01)" in told
    assert code == 0
    farm.write("weather.csv", farm.weather(90, range(40, 60)))
    with pytest.raises(MissingDataError, match=r"2024-04-29, .* and 15 more"):
        farm.run()


def test_what_made_a_gap_is_told_before_the_refusal(farm: Farm) -> None:
    stuck = "".join(
        f"{date(2024, 3, 20) + timedelta(days=day)},{12 if 40 <= day < 60 else 10 + day % 5},"
        f"{27 if 40 <= day < 60 else 26 + day % 7},{6 if day % 17 == 0 else 0}\n"
        for day in range(90)
    )
    path = farm.write("weather.csv", "date,tmin_c,tmax_c,rain_mm\n" + stuck)
    told = seguia("balance", "--parcel", farm.folder / "parcel.toml", "--weather", path)
    assert (told.code, told.lines) == (1, ())
    assert "both taken as missing" in told.errors[0]
    assert told.errors[-1].startswith("seguia: parcel parcel: weather: expected temperature and rain on every day")
    assert "gaps of up to 5 days are bridged" in told.errors[-1]


def test_rows_after_the_season_are_told_once(farm: Farm) -> None:
    farm.write("weather.csv", farm.weather(400))
    rows, told, code = farm.run()
    assert (len(rows), code) == (388, 0)
    (line,) = [line for line in told.splitlines() if "season ended" in line]
    assert "by the table (by warmth)" in line
    farm.write("weather.csv", farm.weather(60))
    assert "season ended" not in farm.run()[1]


def test_weather_of_another_year_is_refused_with_both_dates(farm: Farm) -> None:
    farm.write("weather.csv", farm.weather(40, first=date(2025, 4, 3)))
    with pytest.raises(InputError, match=r"planted on 2024-04-01, got weather that begins on 2025-04-03"):
        farm.run()


def test_weather_that_starts_late_is_told(farm: Farm) -> None:
    farm.write("weather.csv", farm.weather(40, first=date(2024, 4, 11)))
    rows, told, code = farm.run()
    assert (rows[0]["date"], code) == ("2024-04-11", 0)
    assert "10 days between planting" in told


def test_a_season_to_come_is_an_error_with_a_way_out(farm: Farm) -> None:
    farm.write("parcel.toml", "crop = 'maize'\nplanted_on = 2025-04-01\nlatitude = 32.34\nlongitude = -6.35\n")
    with pytest.raises(InputError, match="give later weather"):
        farm.run()


def test_unknown_fields_are_named_once_and_a_file_can_be_written(farm: Farm, tmp_path: Path) -> None:
    text = (tmp_path / "parcel.toml").read_text(encoding="utf-8")
    farm.write("parcel.toml", "colour = 'red'\n" + text)
    out = tmp_path / "balance.csv"
    rows, told, code = farm.run("--out", str(out))
    assert rows == []
    assert code == 0
    assert told.count("colour") == 1
    assert len(out.read_text(encoding="utf-8").splitlines()) == 79
    with pytest.raises(InputError, match="choose another"):
        farm.run("--out", str(tmp_path / "none" / "balance.csv"))


# --- one plot of the Maricopa 2018 cotton experiment (USDA-ARS), from measured weather and irrigation -----------------

PLOT = "p05-1"
DEPTHS_CM = (10, 30, 50, 70, 90)


def maricopa_files(source: Path, folder: Path) -> dict[date, float]:
    """Write the plot's files in the contract's formats; return water in 0-1.0 m by visit [mm]."""
    weather = ["# latitude: 33.069", "# longitude: -111.97", "# elevation: 361", "# wind_height: 3"]
    weather.append("date,tmin_c,tmax_c,rh_min_percent,rh_max_percent,dewpoint_c,wind_m_s,radiation_mj_m2,rain_mm")
    for line in (source / "cotton2018.wth").read_text().splitlines():
        cells = line.split()
        if len(cells) == 12 and cells[0][:5] == "2018-":
            radiation, tmax, tmin, _, dew, most, least, wind, rain = cells[1:10]
            weather.append(f"{day_of(cells[0])},{tmin},{tmax},{least},{most},{dew},{wind},{radiation},{rain}")
    (folder / "weather.csv").write_text("\n".join(weather), encoding="utf-8")
    with (source / "irrigation.csv").open() as file:
        events = [(day_of(f"2018-{row['DOY']}"), float(row[PLOT])) for row in csv.DictReader(file)]
    lines = [f"{day}T06:00,{depth},meter" for day, depth in events if depth > 0.0]
    (folder / "events.csv").write_text("started_at,depth_mm,source\n" + "\n".join(lines), encoding="utf-8")
    with (source / "waterlimits.csv").open() as file:
        limits = next(row for row in csv.DictReader(file) if row["PlotID"] == PLOT)
    layers = ", ".join(
        f"{{ depth_m = {int(depth) / 100}, field_capacity = {limits['SDUL' + depth]},"
        f" wilting_point = {limits['SLLL' + depth]} }}"
        for depth in ("040", "080", "120", "160", "200")
    )
    (folder / "parcel.toml").write_text(
        "crop = 'cotton'\nplanted_on = 2018-04-18\nlatitude = 33.069\nlongitude = -111.97\n"
        "[irrigation]\nmethod = 'sprinkler'\nefficiency = 1.0\nwetted_fraction = 1.0\n"
        "[crop_parameters]\nkcb_ini = 0.15\nkcb_mid = 1.13\nkcb_end = 0.52\nstage_lengths_days = [32, 47, 37, 35]\n"
        "height_m = 1.2\nroot_depth_min_m = 0.18\nroot_depth_max_m = 0.828\ndepletion_fraction = 0.65\n"
        f"[soil]\nlayers = [{layers}]\n",
        encoding="utf-8",
    )
    features = json.loads((source / "neutronswc.geojson").read_text())["features"]
    readings = next(one["properties"]["SWLD"] for one in features if "p" + one["properties"]["tb_label"] == PLOT)
    return write_visits(readings, folder)


def write_visits(readings: dict[str, dict[str, float]], folder: Path) -> dict[date, float]:
    """Write every second visit as observations; return the water of every visit."""
    water, rows = {}, ["observed_at,kind,value,sigma,depth_from_m,depth_to_m,source"]
    for place, (key, layers) in enumerate(sorted(readings.items())):
        day = day_of(f"{key[:4]}-{key[4:]}")
        water[day] = sum(200.0 * layers[str(depth)] for depth in DEPTHS_CM)
        if place % 2 == 0:
            rows.extend(
                f"{day}T12:00,soil_water_fraction,{layers[str(depth)]},0.015,"
                f"{depth / 100 - 0.1},{depth / 100 + 0.1},neutron"
                for depth in DEPTHS_CM
            )
    (folder / "seen.csv").write_text("\n".join(rows), encoding="utf-8")
    return water


def day_of(year_and_day: str) -> date:
    year, day = year_and_day.split("-")
    return date(int(year), 1, 1) + timedelta(days=int(day) - 1)


def test_a_maricopa_plot_runs_and_learns_from_its_readings(farm: Farm, tmp_path: Path, shared_data: Path) -> None:
    measured = maricopa_files(shared_data / "field" / "maricopa2018", tmp_path)
    options = ["--irrigation", str(tmp_path / "events.csv"), "--profile-depth", "1.0"]
    blind, told, code = farm.run(*options)
    learned, _, _ = farm.run(*options, "--observations", str(tmp_path / "seen.csv"))
    # Deficit irrigation was the purpose, and it was watched beyond the harvest; nothing else is worth a word.
    assert code == 0
    assert len(told.splitlines()) == 2
    assert "its season ended on 2018-" in told
    assert "of a crop never short of water: initial" in told
    assert len(blind) == len(learned) == 196

    def errors(rows: list[dict[str, str]]) -> tuple[float, float]:
        modelled = {date.fromisoformat(row["date"]): float(row["profile_water_mm"]) for row in rows}
        scored = [day for place, day in enumerate(sorted(measured)) if place % 2 and day in modelled]
        difference = np.array([modelled[day] - measured[day] for day in scored])
        return float(np.sqrt((difference**2).mean())), len(scored)

    without, visits = errors(blind)
    with_readings, _ = errors(learned)
    assert visits == 10
    assert with_readings < 0.5 * without
    assert with_readings < 20.0
