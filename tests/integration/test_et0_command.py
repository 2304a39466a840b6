import csv
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from typer.testing import CliRunner

import seguia
from cloud.commands.et0 import app
from cloud.errors import InputError

RUN = CliRunner()
FILE = """# latitude: 50.80
# elevation: 100
date,tmin_c,tmax_c,rh_min_percent,rh_max_percent,wind_m_s,sunshine_h,rain_mm
2024-07-05,12.3,21.5,63,84,2.78,9.25,0
2024-07-06,12.3,21.5,,,,,0
2024-07-08,12.3,,,,,,0
"""


@pytest.fixture
def weather(tmp_path: Path) -> Path:
    path = tmp_path / "weather.csv"
    path.write_text(FILE, encoding="utf-8")
    return path


def test_every_day_gets_a_value_and_its_method(weather: Path) -> None:
    result = RUN.invoke(app, [str(weather), "--wind-height", "10"])
    rows = list(csv.DictReader(result.stdout.splitlines()))
    assert list(rows[0]) == ["date", "et0_mm", "method"]
    # FAO-56 example 18, one calendar day off in a leap year: 3.88 mm/d.
    assert float(rows[0]["et0_mm"]) == pytest.approx(3.88, abs=0.01)
    assert rows[0]["method"] == "Penman-Monteith (radiation from sunshine)"
    assert rows[1]["method"] == "Hargreaves"
    assert [row["et0_mm"] for row in rows[2:]] == ["", ""]
    assert result.exit_code == 1
    assert "no temperatures on 2 days, the first 2024-07-07" in result.stderr


def test_a_complete_file_leaves_with_zero_and_options_win(weather: Path, tmp_path: Path) -> None:
    weather.write_text("\n".join(FILE.splitlines()[:4]) + "\n", encoding="utf-8")
    out = tmp_path / "et0.csv"
    result = RUN.invoke(app, [str(weather), "--latitude", "32.0", "--out", str(out)])
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert float(next(csv.DictReader(out.read_text().splitlines()))["et0_mm"]) != pytest.approx(3.88, abs=0.01)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("date,tmin_c,tmax_c\n2024-07-06,285,300\n", "kelvin"),
        ("date,tmin_c,tmax_c\n2024-07-06,12,21\n", "--latitude"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_code_one(
    weather: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str, what: str
) -> None:
    weather.write_text(text, encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["seguia", "et0", str(weather)])
    with pytest.raises(SystemExit) as leaving:
        seguia.main()
    assert leaving.value.code == 1
    message = capsys.readouterr().err
    assert what in message
    assert message.count("\n") == 1


def test_a_cube_of_several_sites_is_refused_with_the_way_out(tmp_path: Path) -> None:
    two = np.array([[20.0, 21.0]])
    xr.Dataset(
        {name: (("time", "site"), two + shift, {"units": "degC"}) for name, shift in (("tmin_c", -8), ("tmax_c", 8))},
        coords={
            "time": np.array(["2024-07-05"], dtype="datetime64[ns]"),
            "latitude": ("site", [32.0, 33.0]),
            "longitude": ("site", [-6.0, -6.5]),
        },
    ).to_netcdf(tmp_path / "two.nc")
    result = RUN.invoke(app, [str(tmp_path / "two.nc")])
    assert isinstance(result.exception, InputError)
    assert str(result.exception) == "two.nc: expected one site, got 2; cut the file to one site"
