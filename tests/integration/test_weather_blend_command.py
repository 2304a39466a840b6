"""``seguia cloud weather learn`` and ``blend`` on files, and what ``et0`` and ``balance`` make of the result."""

import csv
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from cloud.commands.cloud_weather import app
from cloud.commands.day_inputs import Desk
from cloud.commands.et0 import app as et0_app
from cloud.commands.weather_blend import past_of_the_night
from cloud.config import read_config
from cloud.errors import InputError, MissingDataError
from cloud.records import Parcel
from cloud.weather.blend import boosted
from cloud.weather.forcing import forcing_for
from cloud.weather.read import read_weather
from cloud.weather.scrutiny.quality import Quality, quality_of
from cloud.weather_config import WeatherBlendConfig

DAYS = np.arange(np.datetime64("2001-01-01"), np.datetime64("2003-01-01"))
WAVE = -np.cos(2.0 * np.pi * (DAYS - DAYS.astype("datetime64[Y]")).astype(float) / 365.25)
WARM = 24.0 + 9.0 * WAVE + 3.0 * np.random.default_rng(1).standard_normal(DAYS.size)


@pytest.fixture(scope="module", autouse=True)
def few_trees() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(boosted, "ROUNDS", 40)
        patch.setattr(boosted, "ROUNDS_OF_ENDS", 15)
        yield


def station(path: Path, rows: slice, shift_c: float, place: str) -> Path:
    """Weather CSV of a made-up place; the second product is some degrees warmer."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(place)
        writer = csv.writer(file)
        writer.writerow(["date", "tmin_c", "tmax_c", "rain_mm", "et0_mm"])
        for day, warm, wave in zip(DAYS[rows], WARM[rows], WAVE[rows], strict=True):
            rain = 12.0 if int(day.astype(int)) % 9 == 0 else 0.0
            own = [] if shift_c else [f"{3.8 + 2.4 * wave:.2f}"]
            low, high = f"{warm - 12 + shift_c:.1f}", f"{warm + shift_c:.1f}"
            writer.writerow([day, low, high, rain, *(own or [""])])
    return path


HERE = "# latitude: 32.34\n# longitude: -6.35\n# elevation: 550\n# synthetic: made up\n"
NEAR = "# latitude: 32.50\n# longitude: -6.35\n# elevation: 500\n# synthetic: made up\n"
FAR = "# latitude: 36.50\n# longitude: -6.35\n# elevation: 500\n# synthetic: made up\n"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reference that ends in November of the second year, a second product, and the model of both."""
    folder = tmp_path_factory.mktemp("blend")
    station(folder / "reference.csv", slice(0, 690), 0.0, HERE)
    station(folder / "second.csv", slice(0, 730), 3.0, NEAR)
    result = CliRunner().invoke(app, ["learn", *pair(folder), "--out", str(folder / "region.skops")])
    assert result.exit_code == 0, result.output
    (folder / "told.json").write_text(result.stdout)
    (folder / "said.txt").write_text(result.stderr)
    return folder


def pair(folder: Path) -> list[str]:
    return ["--reference", str(folder / "reference.csv"), "--second", str(folder / "second.csv")]


def test_learning_tells_what_years_it_never_saw_say(files: Path) -> None:
    told = json.loads((files / "told.json").read_text())
    assert told["days"] == 690
    assert told["second_sites"] == [[32.5, -6.35]]
    assert set(told["learned_from"]) == {"reference.csv", "second.csv"}
    (whole,) = [row for row in told["figures"] if row["variable"] == "tmax_c" and row["held_out"] == "all"]
    assert whole["rmse"] < 2.2 < whole["rmse_of_the_product_as_it_is"]
    assert {row["held_out"] for row in told["figures"]} == {"2001", "2002", "all"}
    said = (files / "said.txt").read_text()
    whole_rows = [row for row in told["figures"] if row["held_out"] == "all" and row["rmse_of_the_product_as_it_is"]]
    assert told["worse_than_the_product"] == [
        row["variable"] for row in whole_rows if row["rmse"] > row["rmse_of_the_product_as_it_is"]
    ]
    assert all(f"{name}: worse than the product" in said for name in told["worse_than_the_product"])
    assert said.count("temperatures in the reference's terms move the crop calendar") == 1
    assert "held out" not in said  # progress is for a terminal


def test_a_blend_is_weather_for_the_other_commands(files: Path, tmp_path: Path) -> None:
    out = tmp_path / "weather.nc"
    result = CliRunner().invoke(app, ["blend", *pair(files), "--model", str(files / "region.skops"), "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "40 days filled from the second product" in result.stderr
    assert "temperatures in the reference's terms move the crop calendar" in result.stderr
    found = CliRunner().invoke(et0_app, [str(out)])
    assert found.exit_code == 0, found.output
    rows = list(csv.DictReader(found.stdout.splitlines()))
    assert len(rows) == 730
    assert all(row["method"] == "given" for row in rows)
    december = [float(row["et0_mm"]) for row in rows[690:]]
    assert np.mean(december) == pytest.approx(3.8 + 2.4 * float(WAVE[690:].mean()), abs=0.5)


def test_a_place_with_only_the_second_product_is_corrected(files: Path, tmp_path: Path) -> None:
    out = tmp_path / "weather.nc"
    second = ["--second", str(files / "second.csv"), "--model", str(files / "region.skops")]
    result = CliRunner().invoke(app, ["blend", *second, "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "730 days corrected from the second product" in result.stderr
    assert out.stat().st_mtime == pytest.approx((files / "second.csv").stat().st_mtime, abs=1.0)


def test_everywhere_adds_the_second_products_own_place(files: Path, tmp_path: Path) -> None:
    out = tmp_path / "weather.nc"
    model = ["--model", str(files / "region.skops"), "--out", str(out), "--everywhere"]
    result = CliRunner().invoke(app, ["blend", *pair(files), *model])
    assert result.exit_code == 0, result.output
    assert "2 places, 2001-01-01 to 2002-12-31" in result.stdout


def test_a_second_product_of_elsewhere_is_refused(files: Path, tmp_path: Path) -> None:
    far = station(tmp_path / "far.csv", slice(0, 730), 3.0, FAR)
    second = ["--second", str(far), "--model", str(files / "region.skops"), "--out", str(tmp_path / "w.nc")]
    result = CliRunner().invoke(app, ["blend", *second])
    assert isinstance(result.exception, InputError)
    assert "km from the region's nearest site, at most 100 km" in str(result.exception)
    with_reference = CliRunner().invoke(app, ["blend", "--reference", str(files / "reference.csv"), *second])
    assert with_reference.exit_code == 1
    assert "not filled" in with_reference.stderr


def test_wrong_files_are_told_in_one_line(files: Path, tmp_path: Path) -> None:
    short = station(tmp_path / "short.csv", slice(0, 90), 3.0, NEAR)
    learned = CliRunner().invoke(
        app,
        ["learn", "--reference", str(files / "reference.csv"), "--second", str(short), "--out", str(tmp_path / "m")],
    )
    assert isinstance(learned.exception, MissingDataError)
    no_folder = CliRunner().invoke(app, ["learn", *pair(files), "--out", str(tmp_path / "no" / "m.skops")])
    assert "expected a file that can be written" in str(no_folder.exception)
    model = ["--model", str(files / "region.skops"), "--out", str(tmp_path / "w.txt")]
    wrong_out = CliRunner().invoke(app, ["blend", *pair(files), *model])
    assert "expected a NetCDF file such as weather.nc, got .txt" in str(wrong_out.exception)
    no_model = ["--model", str(tmp_path / "none.skops"), "--out", str(tmp_path / "w.nc")]
    assert "expected a readable model" in str(CliRunner().invoke(app, ["blend", *pair(files), *no_model]).exception)
    not_one = ["--model", str(files / "told.json"), "--out", str(tmp_path / "w.nc")]
    assert "got another file" in str(CliRunner().invoke(app, ["blend", *pair(files), *not_one]).exception)


def configured(files: Path, folder: Path, model: str, *, station_too: bool = True) -> WeatherBlendConfig:
    """The section as it stands in a configuration file."""
    section = f'[weather.blend]\nmodel_path = "{files / model}"\n'
    section += f'reference_path = "{files / "reference.csv"}"\n' if station_too else ""
    (folder / "seguia-cloud.toml").write_text(f'organisation = "test"\n{section}')
    found = read_config(folder / "seguia-cloud.toml").weather.blend
    assert found is not None
    return found


def test_a_night_takes_the_station_and_fills_it_from_what_was_fetched(files: Path, tmp_path: Path) -> None:
    fetched, desk = read_weather(files / "second.csv"), Desk()
    found = past_of_the_night(configured(files, tmp_path, "region.skops"), fetched, desk)
    assert found["latitude"].values.tolist() == [32.34, 32.5]
    assert np.isfinite(found["tmax_c"].values).all()
    assert (quality_of(found, "tmax_c")[690:, 0] == Quality.FILLED).all()
    assert [one.name for one in desk.references] == ["blend region.skops", "reference.csv"]
    assert any("40 days filled from the second product" in line for line in desk.notes)
    alone = past_of_the_night(configured(files, tmp_path, "region.skops", station_too=False), fetched, Desk())
    assert (quality_of(alone, "tmax_c") == Quality.CORRECTED).all()


def test_a_night_without_the_section_keeps_what_was_fetched(files: Path) -> None:
    fetched = read_weather(files / "second.csv")
    assert past_of_the_night(None, fetched, Desk()) is fetched


def test_a_night_whose_model_cannot_serve_goes_on_with_what_was_fetched_and_says_so(
    files: Path, tmp_path: Path
) -> None:
    fetched = read_weather(files / "second.csv")
    for model, why in (("absent.skops", "expected a readable model"), ("told.json", "got another file")):
        desk = Desk()
        assert past_of_the_night(configured(files, tmp_path, model), fetched, desk) is fetched
        (problem,) = desk.problems
        assert "weather.blend: not blended, the weather stays as it was fetched" in problem
        assert why in problem


def test_what_the_filling_may_be_off_reaches_the_balance(files: Path, tmp_path: Path) -> None:
    out = tmp_path / "weather.nc"
    CliRunner().invoke(app, ["blend", *pair(files), "--model", str(files / "region.skops"), "--out", str(out)])
    parcel = Parcel(
        id="a",
        crop="wheat",
        planted_on=date(2001, 11, 1),
        latitude=32.34,
        longitude=-6.35,
        timezone="Africa/Casablanca",
    )
    forcing = forcing_for([parcel], read_weather(out))
    assert forcing.et0_sigma is not None
    assert np.isnan(forcing.et0_sigma[:690]).all()
    assert (forcing.et0_sigma[690:] > 0.01).all()
    assert (forcing.et0_sigma[690:] < 0.6).all()
