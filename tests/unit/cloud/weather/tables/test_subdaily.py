"""Rows of hours and minutes; Morocco keeps UTC+1, but UTC in Ramadan (2024: 10 March to 14 April)."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from cloud.errors import InputError, UnitError
from cloud.weather.read import read_weather
from cloud.weather.tables.stations import read_station_csv
from cloud.weather.tables.subdaily import is_subdaily
from cloud.weather.tables.table import read_table

ZONE = "Africa/Casablanca"


def logged(path: Path, first: datetime, hours: float, step: timedelta, *, header: str = "", local: bool = True) -> Path:
    """A logger's file: every row stands for the step that ends at its stamp, one millimetre an hour of rain."""
    count = int(timedelta(hours=hours) / step)
    share = step / timedelta(hours=1)
    lines = [
        f"# timezone: {ZONE}",
        "# latitude: 32.3",
        header or "date,temp_c,rh_percent,wind_m_s,rain_mm,radiation_w_m2",
    ]
    for number in range(1, count + 1):
        at = (first + number * step).astimezone(ZoneInfo(ZONE))
        text = f"{at:%Y-%m-%d %H:%M}" if local else at.astimezone(UTC).isoformat()
        warm = 20.0 + 10.0 * np.sin((at.hour + at.minute / 60.0 - 9.0) / 12.0 * np.pi)
        lines.append(f"{text},{warm:.2f},{50 + at.hour},2,{share:.4f},{400 if 6 < at.hour <= 18 else 0}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_column_that_was_gathered_into_days_is_not_called_unknown(tmp_path: Path) -> None:
    midnight = datetime(2024, 5, 1, tzinfo=ZoneInfo(ZONE))
    header = "date,temp_c,rh_percent,wind_m_s,rain_mm,battery"
    path = logged(tmp_path / "log.csv", midnight, 48, timedelta(hours=1), header=header)
    notes = str(read_weather(path).attrs["notes"])
    assert "battery" in notes
    assert "temp_c" not in notes


@pytest.mark.parametrize("minutes", [10, 15, 30, 60])
def test_steps_become_local_days(tmp_path: Path, minutes: int) -> None:
    midnight = datetime(2024, 5, 1, tzinfo=ZoneInfo(ZONE))
    path = logged(tmp_path / "log.csv", midnight, 48, timedelta(minutes=minutes))
    assert is_subdaily(read_table(path))
    dataset = read_station_csv(path)
    assert [str(day)[:10] for day in dataset["time"].values] == ["2024-05-01", "2024-05-02"]
    one = {name: float(dataset[name].values[0, 0]) for name in dataset.data_vars}
    assert one["tmin_c"] == pytest.approx(10.0, abs=0.01)
    assert one["tmax_c"] == pytest.approx(30.0, abs=0.01)
    assert one["rain_mm"] == pytest.approx(24.0, abs=0.02)
    assert one["wind_2m_m_s"] == pytest.approx(2.0)
    assert (one["rh_min_percent"], one["rh_max_percent"]) == (50.0, 73.0)
    # Twelve hours of 400 W m-2, less or more by the step at either end.
    assert one["radiation_mj_m2"] == pytest.approx(12 * 3600 * 400e-6, rel=0.05)


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2024, 3, 10), 25.0), (date(2024, 4, 14), 23.0), (date(2024, 3, 11), 24.0)]
)
@pytest.mark.parametrize("local", [True, False])
def test_days_of_ramadan_have_their_own_length(tmp_path: Path, day: date, hours: float, *, local: bool) -> None:
    zone = ZoneInfo(ZONE)
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    length = datetime(day.year, day.month, day.day + 1, tzinfo=zone).timestamp() - midnight.timestamp()
    assert length == hours * 3600.0
    path = logged(tmp_path / "log.csv", midnight, hours, timedelta(minutes=30), local=local)
    dataset = read_station_csv(path)
    assert dataset.sizes["time"] == 1
    assert float(dataset["rain_mm"].values[0, 0]) == pytest.approx(hours)
    assert dataset.attrs["problems"] == ""


def test_a_day_with_too_few_rows_is_unknown_never_less(tmp_path: Path) -> None:
    midnight = datetime(2024, 5, 1, tzinfo=ZoneInfo(ZONE))
    path = logged(tmp_path / "log.csv", midnight, 72, timedelta(hours=1))
    lines = path.read_text(encoding="utf-8").splitlines()
    # One hour of the first day and six of the second are lost.
    path.write_text("\n".join(lines[:8] + lines[9:30] + lines[36:]), encoding="utf-8")
    dataset = read_station_csv(path)
    rain, high = dataset["rain_mm"].values[:, 0], dataset["tmax_c"].values[:, 0]
    assert np.isnan(rain).tolist() == [True, True, False]
    assert np.isnan(high).tolist() == [False, True, False]


def test_rows_that_stand_twice_count_once(tmp_path: Path) -> None:
    midnight = datetime(2024, 5, 1, tzinfo=ZoneInfo(ZONE))
    path = logged(tmp_path / "log.csv", midnight, 24, timedelta(hours=1))
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines, *lines[5:8], "someday,1,1,1,1,1"]), encoding="utf-8")
    dataset = read_station_csv(path)
    assert float(dataset["rain_mm"].values[0, 0]) == pytest.approx(24.0)
    problems = dataset.attrs["problems"]
    assert "log.csv: 3 rows stand twice" in problems
    assert "expected a time like 2024-05-01T06:00, got 'someday'" in problems


def test_an_hour_column_from_1_to_24_and_starting_stamps(tmp_path: Path) -> None:
    path = tmp_path / "hours.csv"
    rows = [f"2024-05-0{day},{hour},{hour},{hour + 1},1" for day in (1, 2) for hour in range(1, 25)]
    path.write_text("date,hour,tmin_c,tmax_c,rain_mm\n" + "\n".join(rows), encoding="utf-8")
    dataset = read_station_csv(path)
    assert dataset["tmin_c"].values[:, 0].tolist() == [1.0, 1.0]
    assert dataset["tmax_c"].values[:, 0].tolist() == [25.0, 25.0]
    starts = [f"2024-05-01T{hour:02}:00,{hour},1" for hour in range(24)]
    path.write_text("# stamp: start\ndate,temp_c,rain_mm\n" + "\n".join(starts), encoding="utf-8")
    dataset = read_station_csv(path)
    assert (dataset.sizes["time"], float(dataset["tmax_c"].values[0, 0])) == (1, 23.0)


def test_values_outside_their_bounds_are_named(tmp_path: Path) -> None:
    path = tmp_path / "hours.csv"
    rows = [f"2024-05-01T{hour:02}:00,{90 if hour == 5 else hour},{-3 if hour == 7 else 0}" for hour in range(24)]
    path.write_text("# stamp: start\ndate,temp_c,rain_mm\n" + "\n".join(rows), encoding="utf-8")
    dataset = read_weather(path)
    assert float(dataset["tmax_c"].values[0, 0]) == 23.0
    assert np.isnan(dataset["rain_mm"].values).all()
    assert (
        "line 8: temp_c: expected -45 to 45 degC, got 90 (1 in the file); taken as missing" in dataset.attrs["problems"]
    )
    assert "line 10: rain_mm: expected 0 to 800 mm, got -3 (1 in the file)" in dataset.attrs["problems"]


@pytest.mark.parametrize(
    ("text", "error", "what"),
    [
        ("# timezone: Mars/Olympus\ndate,temp_c\n2024-05-01T00:00,1\n2024-05-01T01:00,2\n", InputError, "UTC\\+1, got"),
        ("date,rain_mm\n2024-05-01T00:00,1\n2024-05-01T01:00,2\n", InputError, "such as temp_c"),
        ("date,temp_c\n2024-05-01T00:00,1\n2024-05-01T12:00,2\n2024-05-02T00:00,2\n", InputError, "every 3 h or finer"),
        ("date,temp_c\n2024-05-01T00:00,290\n2024-05-01T01:00,291\n", UnitError, "kelvin"),
        ("date,hour,temp_c\nx,1,1\n", InputError, "nor any other row"),
        ("date,hour,temp_c\n2024-05-01,77,1\n", InputError, "nor any other row"),
    ],
)
def test_files_that_cannot_be_days_say_why(tmp_path: Path, text: str, error: type[InputError], what: str) -> None:
    path = tmp_path / "hours.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(error, match=what):
        read_station_csv(path)


def test_radiation_in_another_unit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "hours.csv"
    rows = [f"2024-05-01T{hour:02}:00,{hour},{400_000 if 6 < hour < 18 else 0}" for hour in range(24)]
    path.write_text("# stamp: start\ndate,temp_c,radiation_mj_m2\n" + "\n".join(rows), encoding="utf-8")
    with pytest.raises(InputError, match="expected 0 to 45 MJ m-2 d-1, got 400000 in 11 of 24 values"):
        read_station_csv(path)


def test_the_extremes_of_a_step_say_more_than_its_mean(tmp_path: Path) -> None:
    path = tmp_path / "hours.csv"
    rows = [f"2024-05-01T{hour:02}:00,{hour},{hour - 2},{hour + 2}" for hour in range(24)]
    path.write_text("# stamp: start\ndate,temp_c,tmin_c,tmax_c\n" + "\n".join(rows), encoding="utf-8")
    dataset = read_station_csv(path)
    assert (float(dataset["tmin_c"].values[0, 0]), float(dataset["tmax_c"].values[0, 0])) == (-2.0, 25.0)


def test_a_fixed_offset_is_a_time_zone(tmp_path: Path) -> None:
    path = tmp_path / "hours.csv"
    rows = [f"2024-05-01T{hour:02}:00Z,{hour}" for hour in range(24)]
    path.write_text("# timezone: UTC+01:00\n# stamp: start\ndate,temp_c\n" + "\n".join(rows), encoding="utf-8")
    dataset = read_station_csv(path)
    # The last UTC hour belongs to the next local day, which is then one hour long: unknown.
    assert dataset["tmax_c"].values[:, 0].tolist()[0] == 22.0
    assert np.isnan(dataset["tmax_c"].values[1, 0])
