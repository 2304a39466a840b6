"""``seguia et0 --hourly`` on worked examples, in the middle of hours that are SYNTHETIC."""

import csv
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cloud.commands.et0 import app
from cloud.errors import InputError

PLACE = "# latitude: 16.2167\n# longitude: -16.25\n# elevation: 8\n"
CLOCK = "# timezone: UTC-1\n# stamp: start\n"
HEADER = "date,temp_c,rh_percent,wind_2m_m_s,radiation_mj_m2\n"
NIGHT, DAY = "2024-10-01T02:00", "2024-10-01T14:00"
# N'Diaye, FAO-56 example 19; the hours between them are made up.
KNOWN = {NIGHT: "28,90,1.9,0", DAY: "38,52,3.3,2.450"}
SUN = {7: 0.4, 8: 1.0, 9: 1.7, 10: 2.2, 11: 2.7, 12: 2.9, 13: 2.8}


def cells(hour: int) -> str:
    return KNOWN.get(f"2024-10-01T{hour:02d}:00", f"{28 + hour / 2:g},70,2.0,{SUN.get(hour, 0.0)}")


def write(path: Path, comments: str, rows: dict[str, str], header: str = HEADER) -> Path:
    text = comments + header + "".join(f"{moment},{row}\n" for moment, row in rows.items())
    path.write_text(text, encoding="utf-8")
    return path


def day(first: int = 2, last: int = 14) -> dict[str, str]:
    return {f"2024-10-01T{hour:02d}:00": cells(hour) for hour in range(first, last + 1)}


def run(path: Path, *options: str) -> tuple[Result, dict[str, dict[str, str]]]:
    done = CliRunner().invoke(app, [str(path), *options])
    return done, {row["started_at"]: row for row in csv.DictReader(done.stdout.splitlines())}


@pytest.mark.parametrize(("equation", "expected"), [("fao56", 0.63), ("asce", 0.656), ("asce-tall", 0.822)])
def test_example_19_through_the_command(tmp_path: Path, equation: str, expected: float) -> None:
    done, rows = run(write(tmp_path / "hours.csv", PLACE + CLOCK, day()), "--hourly", equation)
    assert (done.exit_code, done.stderr) == (0, "")
    assert next(iter(rows)) == "2024-10-01T02:00:00-01:00"
    assert list(rows["2024-10-01T14:00:00-01:00"]) == ["started_at", "et0_mm", "method"]
    # FAO-56 prints 0.63 and 0.00 mm/h; ASCE differs by its resistances (tall: Cn 66, Cd 0.25, G 0.04 Rn).
    assert float(rows["2024-10-01T14:00:00-01:00"]["et0_mm"]) == pytest.approx(expected, abs=0.005)
    assert float(rows["2024-10-01T02:00:00-01:00"]["et0_mm"]) == pytest.approx(0.0, abs=0.01)
    assert {row["method"].split(" ")[0] for row in rows.values()} == {"FAO-56" if equation == "fao56" else "ASCE"}


def test_a_clock_of_utc_and_stamps_at_the_end_say_the_same(tmp_path: Path) -> None:
    _, usual = run(write(tmp_path / "hours.csv", PLACE + CLOCK, day()), "--hourly", "fao56")
    told = {f"2024-10-01T{hour + 2:02d}:00+00:00": cells(hour) for hour in range(2, 15)}
    done, rows = run(write(tmp_path / "utc.csv", PLACE, told), "--hourly", "fao56")
    assert done.exit_code == 0, done.stderr
    assert next(iter(rows)) == "2024-10-01T03:00:00+00:00"
    assert [row["et0_mm"] for row in rows.values()] == [row["et0_mm"] for row in usual.values()]


def test_half_hours_make_whole_hours_and_watts_their_energy(tmp_path: Path) -> None:
    _, usual = run(write(tmp_path / "hours.csv", PLACE + CLOCK, day()), "--hourly", "asce")
    halves = {}
    for moment, row in day().items():
        *others, energy = row.split(",")
        for minute in ("00", "30"):
            halves[f"{moment[:-2]}{minute}"] = ",".join([*others, f"{float(energy) / 0.0036:.4f}"])
    header = "date,temp_c,rh_percent,wind_2m_m_s,radiation_w_m2\n"
    path = write(tmp_path / "halves.csv", PLACE + CLOCK, halves, header)
    _, rows = run(path, "--hourly", "asce")
    assert {at: float(row["et0_mm"]) for at, row in rows.items()} == pytest.approx(
        {at: float(row["et0_mm"]) for at, row in usual.items()}, abs=2e-4
    )
    # Half an hour is not an hour.
    halves.pop("2024-10-01T09:30")
    done, rows = run(write(path, PLACE + CLOCK, halves, header), "--hourly", "asce")
    assert (done.exit_code, rows["2024-10-01T09:00:00-01:00"]["et0_mm"]) == (1, "")


def test_an_hour_with_anything_missing_is_empty_and_named(tmp_path: Path) -> None:
    rows = day()
    del rows["2024-10-01T05:00"]
    rows["2024-10-01T09:00"] = "30,,2.0,1.7"
    done, found = run(write(tmp_path / "hours.csv", PLACE + CLOCK, rows), "--hourly", "fao56")
    assert done.exit_code == 1
    empty = [at for at, row in found.items() if row["et0_mm"] == ""]
    assert empty == ["2024-10-01T05:00:00-01:00", "2024-10-01T09:00:00-01:00"]
    assert {found[at]["method"] for at in empty} == {""}
    (line,) = done.stderr.splitlines()
    assert "got 2 of 13 hours with something missing, the first 2024-10-01T05:00:00-01:00, 2024-10-01T09" in line
    assert float(found["2024-10-01T14:00:00-01:00"]["et0_mm"]) == pytest.approx(0.63, abs=0.005)


def test_a_dew_point_serves_and_extremes_make_a_mean(tmp_path: Path) -> None:
    rows = {f"2024-10-01T{hour:02d}:00": f"37,39,26.5,3.3,{2.45 if hour > 12 else 1.5}" for hour in range(9, 16)}
    header = "date,tmin_c,tmax_c,dewpoint_c,wind_2m_m_s,radiation_mj_m2\n"
    done, found = run(write(tmp_path / "hours.csv", PLACE + CLOCK, rows, header), "--hourly", "fao56")
    assert done.exit_code == 0, done.stderr
    # A dew point of 26.5 degC is a relative humidity of 52 % at 38 degC.
    assert float(found["2024-10-01T14:00:00-01:00"]["et0_mm"]) == pytest.approx(0.63, abs=0.01)


DAYS = {f"2024-10-0{number}": "20,30,2" for number in range(1, 5)}


@pytest.mark.parametrize(
    ("comments", "rows", "header", "words"),
    [
        (PLACE, DAYS, "date,tmin_c,tmax_c,wind_m_s\n", "got days; leave out --hourly"),
        (PLACE + "# stamp: start\n", day(), HEADER, "add the line: the hour decides"),
        (CLOCK + "# latitude: 16\n# elevation: 8\n", day(), HEADER, "expected the longitude of the site"),
        (CLOCK + "# latitude: 16\n# longitude: -16\n", day(), HEADER, "give --elevation or a line"),
        (PLACE + CLOCK, {f"2024-10-01T{h:02d}:00": cells(h) for h in (2, 4, 6)}, HEADER, "got every 120 min"),
        (PLACE.replace("-16.25", "120") + CLOCK, day(), HEADER, "bright hours; correct the longitude"),
        (PLACE + CLOCK, day(), HEADER.replace("rh_percent", "odd"), "expected humidity or dew point"),
        (
            PLACE + CLOCK,
            {"2024-10-01T98:00": cells(2), "2024-10-01T99:00": cells(3)},
            HEADER,
            "expected at least one row with a time",
        ),
    ],
)
def test_what_cannot_be_told_by_the_hour_is_refused_with_a_way_out(
    tmp_path: Path, comments: str, rows: dict[str, str], header: str, words: str
) -> None:
    done, found = run(write(tmp_path / "hours.csv", comments, rows, header), "--hourly", "fao56")
    assert isinstance(done.exception, InputError)
    assert words in str(done.exception)
    assert found == {}


def test_a_cube_is_refused(tmp_path: Path) -> None:
    done, _ = run(tmp_path / "cube.nc", "--hourly", "asce")
    assert isinstance(done.exception, InputError)
    assert "expected a CSV of hours or minutes for --hourly" in str(done.exception)
