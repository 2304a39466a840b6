from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cloud.errors import InputError, UnitError
from cloud.weather.read import read_weather
from cloud.weather.scrutiny.quality import Quality, quality_of
from cloud.weather.tables.site import Site
from cloud.weather.tables.stations import read_station_csv

Write = Callable[[str], Path]
HEAD = "# latitude: 32.34\n# longitude: -6.35\n# elevation: 550 m\n"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def writer(text: str) -> Path:
        path = tmp_path / "weather.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return writer


def test_a_plain_file_is_read_with_its_place(write: Write) -> None:
    dataset = read_weather(write(HEAD + "date,tmin_c,tmax_c,rain_mm\n2024-05-01,10,25,0\n2024-05-02,11,26,4.5\n"))
    assert dict(dataset.sizes) == {"time": 2, "site": 1}
    assert dataset["rain_mm"].values[:, 0].tolist() == [0.0, 4.5]
    assert [float(dataset[name].values[0]) for name in ("latitude", "longitude", "elevation_m")] == [32.34, -6.35, 550]
    assert dataset["rain_mm"].attrs["units"] == "mm"
    assert len(dataset.attrs["sha256"]) == 64
    assert dataset.attrs["problems"] == ""


def test_options_win_over_comments(write: Write) -> None:
    path = write(HEAD + "date,tmin_c,tmax_c,wind_m_s\n2024-05-01,10,25,3.2\n")
    dataset = read_weather(path, latitude=30.0, wind_height_m=10.0)
    assert float(dataset["latitude"].values[0]) == 30.0
    # FAO-56 example 14: 3.2 m/s at 10 m is 2.4 m/s at 2 m.
    assert float(dataset["wind_2m_m_s"].values[0, 0]) == pytest.approx(2.39, abs=0.01)


def test_missing_is_never_zero(write: Write) -> None:
    rows = "\n".join(
        f"2024-05-0{day},10,25,{cell}" for day, cell in enumerate(("", "NaN", "-99", "-999.0", "NA", "0"), 1)
    )
    rain = read_station_csv(write(f"date,tmin_c,tmax_c,rain_mm\n{rows}\n"))["rain_mm"].values[:, 0]
    assert np.isnan(rain[:5]).all()
    assert rain[5] == 0.0


def test_stand_ins_for_no_value_are_named_once_for_each_column(write: Write) -> None:
    rows = "2024-05-01,-99,25,0\n2024-05-02,10,-9999,NaN\n2024-05-03,-99,25,\n"
    notes = read_station_csv(write(f"date,tmin_c,tmax_c,rain_mm\n{rows}")).attrs["notes"].splitlines()
    assert notes == [
        f"weather.csv line {line}: {header}: expected a value or an empty cell, got a stand-in such as -99"
        f" ({count} in the file); taken as missing"
        for line, header, count in ((2, "tmin_c", 2), (3, "tmax_c", 1))
    ]


def test_a_slip_in_a_year_makes_no_century_of_missing_days(write: Write) -> None:
    dataset = read_station_csv(write("date,tmin_c,tmax_c\n2024-05-01,10,25\n9999-05-02,10,25\n0024-05-03,10,25\n"))
    assert dataset.sizes["time"] == 1
    named = dataset.attrs["problems"].splitlines()
    assert [line.partition(":")[0] for line in named] == ["weather.csv line 3", "weather.csv line 4"]


def test_days_without_a_row_are_unknown(write: Write) -> None:
    dataset = read_station_csv(write("date,tmin_c,tmax_c\n2024-05-01,10,25\n2024-05-04,11,26\n"))
    assert np.isnan(dataset["tmin_c"].values[:, 0]).tolist() == [False, True, True, False]


def test_declared_units_are_converted(write: Write) -> None:
    header = "date,tmin_f,tmax_k,rain_inch,radiation_j_m2,wind_km_h\n"
    dataset = read_station_csv(write(header + "2024-05-01,50,300.15,1,20000000,36\n"))
    values = {name: float(dataset[name].values[0, 0]) for name in dataset.data_vars}
    assert values == pytest.approx(
        {"tmin_c": 10.0, "tmax_c": 27.0, "rain_mm": 25.4, "radiation_mj_m2": 20.0, "wind_2m_m_s": 10.0}
    )


@pytest.mark.parametrize(
    ("low", "high", "unit", "header"),
    [("285", "300", "kelvin", "tmin_k"), ("55", "80", "degrees Fahrenheit", "tmin_f")],
)
def test_undeclared_temperatures_are_refused_with_a_way_out(
    write: Write, low: str, high: str, unit: str, header: str
) -> None:
    with pytest.raises(UnitError, match=f"{unit}.*{header}"):
        read_station_csv(write(f"date,tmin_c,tmax_c\n2024-05-01,{low},{high}\n2024-05-02,{low},{high}\n"))


def test_undeclared_radiation_is_refused(write: Write) -> None:
    with pytest.raises(UnitError, match="radiation_j_m2"):
        read_station_csv(write("date,tmin_c,tmax_c,radiation_mj_m2\n2024-05-01,10,25,20000000\n"))
    with pytest.raises(UnitError, match="radiation_w_m2"):
        read_station_csv(write("date,tmin_c,tmax_c,radiation_mj_m2\n2024-05-01,10,25,240\n"))


def test_bad_rows_are_named_and_the_others_used(write: Write) -> None:
    rows = """2024-05-01,10,25,0,50
2024-05-01,12,27,0,50
someday,10,25,0,50
2024-05-02,30,12,0,50
2024-05-03,10,25,-4,50
2024-05-04,10,25,x,150
2024-05-05,10"""
    dataset = read_station_csv(write(f"date,tmin_c,tmax_c,rain_mm,rh_mean_percent\n{rows}\n"))
    problems = dataset.attrs["problems"].splitlines()
    for part in ("stands twice", "'someday'", "tmin_c below tmax_c", "got -4", "got 'x'", "got 150"):
        assert any(part in line for line in problems), part
    assert dataset["tmin_c"].values[0, 0] == 10.0
    assert np.isnan(dataset["tmin_c"].values[1, 0])
    assert np.isnan(dataset["rain_mm"].values[2:, 0]).all()


def test_many_bad_rows_are_summed_up(write: Write) -> None:
    rows = "\n".join(f"2024-05-{day:02d},10,25,-1" for day in range(1, 21))
    (line,) = read_station_csv(write(f"date,tmin_c,tmax_c,rain_mm\n{rows}\n")).attrs["problems"].splitlines()
    assert line == (
        "weather.csv line 2: rain_mm: expected 0 to 800 mm, got -1 (20 such rows, the first on 2024-05-01, 2024-05-02,"
        " 2024-05-03); taken as missing"
    )


def test_rain_below_zero_and_beyond_measure_are_two_kinds(write: Write) -> None:
    rows = "".join(f"2024-05-{day:02d},10,25,{-2 if day % 2 else 900}\n" for day in range(1, 7))
    filler = "".join(f"2024-06-{day:02d},10,25,0\n" for day in range(1, 31))
    problems = read_station_csv(write(f"date,tmin_c,tmax_c,rain_mm\n{rows}{filler}")).attrs["problems"].splitlines()
    assert [line.partition("got ")[2].split(" ")[0] for line in problems] == ["-2", "900"]
    assert "(3 such rows, the first on 2024-05-02, 2024-05-04, 2024-05-06)" in problems[1]


def test_nights_warmer_than_their_days_are_one_line(write: Write) -> None:
    rows = "".join(f"2024-05-{day:02d},{40 if day in {3, 4} else 10},25\n" for day in range(1, 31))
    (line,) = read_station_csv(write(f"date,tmin_c,tmax_c\n{rows}")).attrs["problems"].splitlines()
    assert line.endswith("got 40 and 25 (2 such rows, the first on 2024-05-03, 2024-05-04); both taken as missing")


def test_of_very_many_unknown_columns_a_few_are_named(write: Write) -> None:
    names = ",".join(f"flag{number}" for number in range(60))
    text = f"date,tmin_c,tmax_c,{names},rain\n2024-05-01,10,25,{','.join('0' * 61)}\n"
    (note,) = read_station_csv(write(text)).attrs["notes"].splitlines()
    # The one that lacks no more than its unit comes first.
    assert note.startswith("weather.csv: columns rain, flag0, flag1, flag2, flag3, flag4 and 55 more are not known")
    assert "unit: rain_mm, rain_in, " in note


def test_unknown_columns_are_named_and_semicolons_read(write: Write) -> None:
    dataset = read_station_csv(write("date;tmin_c;tmax_c;colour\n2024-05-01;10,5;25;red\n"))
    assert dataset["tmin_c"].values[0, 0] == 10.5
    assert dataset.attrs["notes"] == "weather.csv: columns colour are not known and were ignored"


def test_a_known_quantity_without_its_unit_is_told_how_to_say_it(write: Write) -> None:
    dataset = read_station_csv(write("date,tmin_c,tmax_c,rain\n2024-05-01,10,25,1\n"))
    assert "rain_mm" not in dataset
    assert dataset.attrs["notes"].endswith("; a column says its unit: rain_mm, rain_in, rain_inch, rain_inches, rain_m")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "empty file"),
        ("# latitude: north\ndate,tmin_c,tmax_c\n2024-05-01,1,2\n", "# latitude"),
        ("# latitude: 132\ndate,tmin_c,tmax_c\n2024-05-01,1,2\n", "-90 to 90"),
        ("day,tmin_c,tmax_c\n2024-05-01,1,2\n", "column date"),
        ("date,tmax\n2024-05-01,1\n", "tmin_c, tmax_c"),
        ("date,tmin_c,tmin_k,tmax_c\n2024-05-01,1,280,2\n", "second column tmin_k"),
        ("date,tmin_c,tmax_c\n", "no rows; expected at least one row with a date"),
        ("date,tmin_c,tmax_c\n14/07/2026,1,2\n", "line 2: expected a date like 2024-05-01, got '14/07/2026'"),
    ],
)
def test_unusable_files_say_why(write: Write, text: str, what: str) -> None:
    with pytest.raises(InputError, match=what):
        read_station_csv(write(text), Site())


def test_an_absent_or_binary_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_station_csv(tmp_path / "none.csv")
    binary = tmp_path / "binary.csv"
    binary.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(InputError, match="UTF-8"):
        read_station_csv(binary)


def test_a_file_of_given_reference_et_needs_no_temperatures(write: Write) -> None:
    dataset = read_station_csv(write("date,et0_mm,rain_mm\n2024-05-01,4.5,0\n"))
    assert dataset["et0_mm"].values[0, 0] == 4.5


def test_a_better_column_serves_and_the_other_is_told(write: Write) -> None:
    header = "YEAR,DOY,T2M_MIN,T2M_MAX,WS10M,WS2M\n"
    dataset = read_station_csv(write(header + "2024,60,5,15,3.0,2.1\n"))
    assert float(dataset["wind_2m_m_s"].values[0, 0]) == 2.1
    assert "wind_2m_m_s is read from ws2m; ws10m is not used" in dataset.attrs["notes"]
    turned = read_station_csv(write("date,tmin_c,tmax_c,WS2M,wind_max_kmh\n2024-05-01,5,15,2.1,20\n"))
    assert "ws2m; wind_max_kmh is not used" in turned.attrs["notes"]


def test_columns_that_are_exchanged_are_refused(write: Write) -> None:
    rows = "".join(f"2024-05-0{day},2{day},1{day}\n" for day in range(1, 6))
    with pytest.raises(InputError, match="got the contrary on 5 days; exchange them"):
        read_station_csv(write("date,tmin_c,tmax_c\n" + rows))


def test_decimal_commas_between_commas_are_refused(write: Write) -> None:
    with pytest.raises(
        InputError, match=r"line 2: expected 3 cells .* write decimal points, or part the columns by semi"
    ):
        read_station_csv(write("date,tmin_c,tmax_c\n2024-05-01,10,5,25,3\n"))
    assert read_station_csv(write("date,tmin_c,tmax_c\n2024-05-01,10,25,,\n")).sizes["time"] == 1


def test_values_just_outside_are_moved_and_flagged(write: Write) -> None:
    rows = "2024-05-01,10,25,102,-0.01\n2024-05-02,10,25,140,-3\n2024-05-03,30,25,,0\n"
    dataset = read_station_csv(write("date,tmin_c,tmax_c,rh_mean_percent,rain_mm\n" + rows))
    assert dataset["rh_mean_percent"].values[0, 0] == 100.0
    assert dataset["rain_mm"].values[0, 0] == 0.0
    flags = {name: quality_of(dataset, name)[:, 0].tolist() for name in ("rh_mean_percent", "rain_mm", "tmin_c")}
    assert flags == {
        "rh_mean_percent": [Quality.CORRECTED, Quality.SET_ASIDE, Quality.MISSING],
        "rain_mm": [Quality.CORRECTED, Quality.SET_ASIDE, Quality.MEASURED],
        "tmin_c": [Quality.MEASURED, Quality.MEASURED, Quality.SET_ASIDE],
    }


def test_a_town_of_model_output_is_read_for_what_it_is(shared_data: Path) -> None:
    dataset = read_weather(shared_data / "weather" / "morocco_towns" / "export-beni-mellal0.csv")
    assert float(dataset["latitude"].values[0]) == pytest.approx(32.34, abs=0.1)
    assert {"tmin_c", "tmax_c", "rain_mm", "rh_mean_percent", "wind_2m_m_s"} <= set(map(str, dataset.data_vars))
    assert 1.0 < float(dataset["wind_2m_m_s"].mean()) < 3.0
    assert (quality_of(dataset, "wind_2m_m_s") == Quality.ESTIMATED).mean() > 0.99
    assert "humidity_max_percent of historique-meteo.net behaves like a mean" in dataset.attrs["notes"]
    assert dataset.attrs["problems"] == ""


def test_nasa_powers_own_csv_is_read(shared_data: Path) -> None:
    path = shared_data / "weather" / "nasa_power_beni_mellal" / "beni_mellal_daily.csv"
    dataset = read_weather(path, latitude=32.34, longitude=-6.35, elevation_m=550.0)
    assert dataset.sizes["time"] == 10_957
    assert int(np.isnan(dataset["radiation_mj_m2"].values).sum()) == 911
    assert dataset.attrs["problems"] == ""
    assert "(911 in the file); taken as missing" in dataset.attrs["notes"]
    with pytest.raises(InputError, match=r"latitude 32\.34 and longitude -6\.35 seem exchanged"):
        read_weather(path, latitude=-6.35, longitude=32.34)


def test_a_real_fault_is_found(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "weather" / "other" / "muravera_sardinia_2006_2018.txt"
    rows = [line.split("\t") for line in source.read_text(encoding="utf-8").splitlines()[2:]]
    path = tmp_path / "muravera.csv"
    text = "".join(f"{r[3]}-{int(r[1]):02d}-{int(r[2]):02d},{r[8]},{r[7]},{r[5]}\n" for r in rows)
    path.write_text("# latitude: 39.4\ndate,tmin_f,tmax_f,rain_in\n" + text, encoding="utf-8")
    problems = read_weather(path).attrs["problems"].splitlines()
    assert len(problems) == 2
    assert all("got 0 on 2008-05-31 to 2008-06-04; taken as missing" in line for line in problems)


def test_the_sardinian_file_in_fahrenheit_and_inches(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "weather" / "other" / "muravera_sardinia_2006_2018.txt"
    lines = [line.split("\t") for line in source.read_text(encoding="utf-8").splitlines()[2:40]]
    undeclared, declared = tmp_path / "undeclared.csv", tmp_path / "declared.csv"

    def rows() -> str:
        return "".join(f"{r[3]}-{int(r[1]):02d}-{int(r[2]):02d},{r[8]},{r[7]},{r[5]}\n" for r in lines)

    undeclared.write_text("date,tmin_c,tmax_c,rain_mm\n" + rows())
    declared.write_text("date,tmin_f,tmax_f,rain_inch\n" + rows())
    with pytest.raises(UnitError, match="Fahrenheit"):
        read_station_csv(undeclared)
    dataset = read_station_csv(declared)
    assert 2.0 < float(dataset["tmin_c"].mean()) < 15.0
